"""`pointsman serve` as a real process: health, ports, settings and signals."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from pointsman.auth.credentials import basic_authorization
from tests.program import Program, pointsman, running_server
from tests.server import ACCOUNT, ACCOUNT_SID, AUTH_TOKEN, a_server

_BEGUN = (
    "POST /v1/Workspaces HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
    f"Authorization: {basic_authorization(ACCOUNT_SID, AUTH_TOKEN)}\r\n\r\n"
).encode()
"""A request whose body never comes. Without credentials it would be answered before its body."""


def test_a_server_says_that_it_is_well_and_ready(tmp_path: Path) -> None:
    """A started server answers health and readiness, and counts its requests."""
    with running_server(tmp_path) as server:
        assert httpx.get(f"{server.address}/healthz").status_code == 200
        assert httpx.get(f"{server.address}/readyz").text == "ready\n"
        metrics = httpx.get(f"{server.address}/metrics")

        assert 'pointsman_requests_total{method="GET",status="2xx"}' in metrics.text
        assert metrics.headers["content-type"].startswith("text/plain; version=")


@pytest.mark.feature(290)
def test_port_0_takes_a_free_port_and_prints_it(tmp_path: Path) -> None:
    """With port 0 the address that is printed is the one that answers."""
    with running_server(tmp_path) as server:
        assert server.port > 0
        assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").text == "ok\n"


@pytest.mark.feature(290)
def test_a_taken_port_ends_with_a_sentence(tmp_path: Path) -> None:
    """A port that somebody has already is told in one sentence, with status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = pointsman("serve", f"--port={port}", "--data=.", folder=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"Cannot listen on 127.0.0.1 port {port} (Address already in use); "
        "is another server running there? Choose with --host and --port.\n"
    )


@pytest.mark.feature(290)
def test_a_taken_data_folder_ends_with_a_sentence(tmp_path: Path) -> None:
    """A second server on the same folder ends with status 2 and says who has it."""
    with running_server(tmp_path) as server:
        ended = pointsman("serve", "--port=0", f"--data={tmp_path}", folder=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"The data folder {tmp_path} is in use by another server (process {server.process.pid}); "
        "stop that one, or choose another folder with --data.\n"
    )


@pytest.mark.feature(286)
def test_a_folder_without_its_key_ends_with_a_sentence(tmp_path: Path) -> None:
    """Where the key of the sealed secrets is missing, the server says so and does not start."""
    with running_server(tmp_path) as server:
        server.stop()
    (tmp_path / "secret.key").unlink()
    ended = pointsman("serve", "--port=0", f"--data={tmp_path}", folder=tmp_path)

    assert ended.returncode == 2
    assert "secret.key is not there" in ended.stderr


def test_a_record_that_cannot_be_read_ends_with_a_sentence(tmp_path: Path) -> None:
    """A database with a damaged record is told with its SID, and the server does not start."""
    with a_server(tmp_path) as server:
        sid = server.client().taskrouter.v1.workspaces.create(friendly_name="Support").sid
        server.program.stop()
    with contextlib.closing(sqlite3.connect(tmp_path / "pointsman.db")) as database, database:
        database.execute("UPDATE record SET body = '{' WHERE sid = ?", (sid,))
    ended = pointsman("serve", "--port=0", f"--data={tmp_path}", folder=tmp_path)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert str(sid) in ended.stderr


@pytest.mark.feature(284)
def test_the_first_start_shows_its_account_once(tmp_path: Path) -> None:
    """The first start prints an account that works; the second start prints none."""
    with running_server(tmp_path) as server:
        shown = re.search(r"Account SID  (AC\w+)\nAuth token   (\w+)", server.output)
        assert shown is not None
        answer = httpx.get(f"{server.address}/v1/Workspaces", auth=(shown[1], shown[2]))
        assert answer.status_code == 200
        server.stop()
    with running_server(tmp_path) as server:
        assert "Account SID" not in server.output
        answer = httpx.get(f"{server.address}/v1/Workspaces", auth=(shown[1], shown[2]))
        assert answer.status_code == 200


@pytest.mark.feature(285)
def test_a_rotated_token_works_while_the_server_runs(tmp_path: Path) -> None:
    """After `account rotate` beside the server, the new token works and the old one fails."""
    with running_server(tmp_path) as server:
        shown = re.search(r"Account SID  (AC\w+)\nAuth token   (\w+)", server.output)
        assert shown is not None
        url, old = f"{server.address}/v1/Workspaces", (shown[1], shown[2])
        assert httpx.get(url, auth=old).status_code == 200
        told = pointsman("account", "rotate", old[0], f"--data={tmp_path}", folder=tmp_path)
        rotated_at = time.monotonic()
        new = (old[0], told.stdout.split()[5])
        assert httpx.get(url, auth=new).status_code == 200
        while httpx.get(url, auth=old).status_code != 401:
            assert time.monotonic() - rotated_at < 1


@pytest.mark.feature(236)
def test_a_demo_for_others_needs_a_key(tmp_path: Path) -> None:
    """A demo on an address that others reach is refused without POINTSMAN_DEMO_KEY."""
    ended = pointsman("serve", "--demo", "--host=0.0.0.0", "--port=0", folder=tmp_path)

    assert ended.returncode == 2
    assert "set POINTSMAN_DEMO_KEY" in ended.stderr


@pytest.mark.feature(236)
def test_a_demo_for_others_starts_with_a_key(tmp_path: Path) -> None:
    """With POINTSMAN_DEMO_KEY the same demo starts."""
    with running_server(
        tmp_path, "--demo", "--host=0.0.0.0", POINTSMAN_DEMO_KEY="open sesame"
    ) as server:
        assert httpx.get(f"http://127.0.0.1:{server.port}/healthz").status_code == 200


def test_a_bad_setting_ends_with_a_sentence(tmp_path: Path) -> None:
    """A setting that cannot be used is told in one sentence, with status 2."""
    ended = pointsman("serve", folder=tmp_path, POINTSMAN_PORT="http")

    assert ended.returncode == 2
    assert ended.stderr == "POINTSMAN_PORT is 'http'; it has to be a whole number.\n"


def test_a_misspelt_setting_is_named(tmp_path: Path) -> None:
    """A variable that no setting reads is named at the start, and the server runs."""
    with running_server(tmp_path, POINTSMAN_PROT="1") as server:
        server.stop()

    assert "POINTSMAN_PROT is not a setting" in server.output


@pytest.mark.feature(289)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_in_peace(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C drain and exit 0, without a traceback."""
    with running_server(tmp_path) as server:
        httpx.get(f"{server.address}/healthz")
        server.process.send_signal(number)

        assert server.wait() == 0
        assert "Traceback" not in server.output


@pytest.mark.feature(289)
def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    """While a request keeps the server from ending, a second signal ends it with status 1."""
    with running_server(tmp_path, POINTSMAN_DRAIN_S="60", **ACCOUNT) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(_BEGUN)
            httpx.get(f"{server.address}/healthz")
            server.process.send_signal(signal.SIGTERM)
            _wait_until_it_drains(server)
            server.process.send_signal(signal.SIGTERM)

            assert server.wait() == 1


@pytest.mark.feature(289)
def test_a_client_that_never_ends_its_request_delays_the_end_only_so_long(
    tmp_path: Path,
) -> None:
    """After POINTSMAN_DRAIN_S the server ends with 0; a request that is still open is answered 503."""
    with running_server(tmp_path, POINTSMAN_DRAIN_S="1", **ACCOUNT) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(_BEGUN)
            httpx.get(f"{server.address}/healthz")

            assert server.stop() == 0
            assert client.recv(1000).startswith(b"HTTP/1.1 503 ")
            assert "Traceback" not in server.output


def _wait_until_it_drains(server: Program) -> None:
    with contextlib.suppress(httpx.TransportError):
        while httpx.get(f"{server.address}/readyz").status_code == 200:
            pass
