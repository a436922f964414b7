"""`pointsman backup` and `pointsman restore` as an operator types them."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import httpx
import pytest

from tests.program import PATIENCE_S, pointsman
from tests.server import a_server


@pytest.mark.feature(192, 293)
def test_a_running_server_is_backed_up_and_goes_on_elsewhere(tmp_path: Path) -> None:
    """A backup beside a working server, restored with its key, is served with tasks and timers."""
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "copy.db"
    here.mkdir()
    with a_server(here) as server:
        workspaces = server.client().taskrouter.v1.workspaces
        made = workspaces.create(friendly_name="Support")
        workspace = workspaces(str(made.sid))
        routing = {"default_filter": {"queue": workspace.task_queues.create("Everybody").sid}}
        workspace.workflows.create("All", json.dumps({"task_routing": routing}))
        kept = workspace.tasks.create(attributes=json.dumps({"n": 1}))
        short = workspace.tasks.create(timeout=4)
        told = pointsman("backup", str(file), f"--data={here}", folder=tmp_path)
        assert told.returncode == 0, told.stderr
        assert f"it is {here / 'secret.key'}. Keep it elsewhere." in told.stdout
        assert httpx.get(f"{server.address}/readyz").status_code == 200

    put_back = pointsman("restore", str(file), f"--data={there}", folder=tmp_path)
    assert (put_back.returncode, put_back.stderr) == (0, "")
    assert f"put the secret.key that belongs to it into {there}" in put_back.stdout
    shutil.copy(here / "secret.key", there)

    with a_server(there) as server:
        workspace = server.client().taskrouter.v1.workspaces(str(made.sid))
        until = time.monotonic() + PATIENCE_S
        while workspace.tasks(str(short.sid)).fetch().assignment_status != "canceled":
            assert time.monotonic() < until
        found = workspace.tasks(str(kept.sid)).fetch()
        assert (found.assignment_status, found.attributes) == ("pending", kept.attributes)


@pytest.mark.feature(293)
def test_a_backup_that_cannot_be_restored_ends_with_a_sentence(tmp_path: Path) -> None:
    """Status 2 and one sentence for a folder in use, a missing backup, and a file that is there."""
    here, file = tmp_path / "here", tmp_path / "copy.db"
    pointsman("account", "create", f"--data={here}", folder=tmp_path)
    made = pointsman("backup", str(file), f"--data={here}", folder=tmp_path)
    full = pointsman("restore", str(file), f"--data={here}", folder=tmp_path)
    absent = pointsman("restore", "nothing.db", "--data=there", folder=tmp_path)
    again = pointsman("backup", str(file), f"--data={here}", folder=tmp_path)
    key = {"POINTSMAN_SECRET_KEY": "a-long-key-of-the-environment-0123456789"}
    sealed = pointsman("backup", "other.db", f"--data={here}", folder=tmp_path, **key)

    assert made.returncode == 0
    assert "it is the POINTSMAN_SECRET_KEY of the server" in sealed.stdout
    assert [full.returncode, absent.returncode, again.returncode] == [2, 2, 2]
    assert full.stderr.startswith(f"The data folder {here} is not empty (it has pointsman.db")
    assert absent.stderr == "There is no file nothing.db.\n"
    assert again.stderr == f"{file} is there already; name a file that is not.\n"
