"""`pointsman doctor` on a data folder in which somebody has damaged rows by hand."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from pointsman.store.sqlite import DATABASE_FILE
from tests.api.builders import Place
from tests.inside import a_server_inside
from tests.program import pointsman


def damage(folder: Path, sid: str, **fields: Any) -> None:
    """Change a live record's fields in the file; without fields, take it out of what is live."""
    with contextlib.closing(sqlite3.connect(folder / DATABASE_FILE)) as database, database:
        [(body,)] = database.execute("SELECT body FROM record WHERE sid = ?", (sid,)).fetchall()
        if not fields:
            database.execute("UPDATE record SET live = 0 WHERE sid = ?", (sid,))
            return
        changed = json.dumps(json.loads(body) | fields)
        database.execute("UPDATE record SET body = ? WHERE sid = ?", (changed, sid))


def a_folder(folder: Path, tasks: int) -> tuple[Place, list[str], list[str]]:
    """A folder where so many tasks are offered to Ana; the tasks, and their offers."""
    with a_server_inside(folder) as server:
        place = Place(server)
        ana = place.a_worker()
        place.post(f"/Workers/{ana}/Channels/default", Capacity=str(tasks))
        made = [place.a_task() for _ in range(tasks)]
        return place, made, [place.offers(task)[0]["sid"] for task in made]


@pytest.mark.feature(268)
def test_stuck_tasks_are_listed_and_repaired(tmp_path: Path) -> None:
    """Each planted fault is listed with its reason, repaired, and not found again."""
    folder = tmp_path / "here"
    place, tasks, offers = a_folder(folder, 5)
    damage(folder, offers[0])
    damage(folder, tasks[1])
    damage(folder, tasks[2], assignment_status="assigned")
    damage(folder, offers[3], reservation_status="accepted", expires_at=None)
    listed, repaired, again = (
        pointsman("doctor", f"--data={folder}", *more, folder=tmp_path)
        for more in ([], ["--repair"], [])
    )

    assert listed.stdout.splitlines() == [
        f"{place.sid} {tasks[0]}: It is reserved, and nobody is asked; it has to wait again.",
        f"{place.sid} {tasks[2]}: It is assigned, and nobody has it; it has to be completed.",
        f"{place.sid} {tasks[3]}: It is reserved, and nobody is asked; it has to wait again.",
        f"{place.sid} {offers[1]}: It is pending, and its task is gone; it has to go too.",
        f"{place.sid} {offers[2]}: It is pending, and its task is assigned; it has to be canceled.",
        f"{place.sid} {offers[3]}: It is accepted, and its task is reserved; it has to be completed.",
        "Found: 6. Say --repair to have them go on.",
    ]
    assert repaired.stdout.splitlines() == [*listed.stdout.splitlines()[:-1], "Repaired: 6."]
    assert again.stdout == "Nothing is stuck.\n"
    assert (listed.returncode, repaired.returncode, again.returncode) == (1, 0, 0)
    with a_server_inside(folder) as server:
        place.server = server
        ways = [place.status(task) for task in (tasks[0], tasks[2], tasks[3], tasks[4])]
        assert ways == ["reserved", "completed", "reserved", "reserved"]
        assert place.get(f"/Tasks/{tasks[2]}").json["reason"] == "Nobody had it any more"
        server.wait(120)
        assert place.status(tasks[0]) == "pending"


@pytest.mark.feature(268)
def test_a_sound_folder_is_left_alone(tmp_path: Path) -> None:
    """Where nothing is stuck the doctor says so; a folder without a database is told."""
    folder = tmp_path / "here"
    a_folder(folder, 1)
    sound = pointsman("doctor", f"--data={folder}", "--repair", folder=tmp_path)
    absent = pointsman("doctor", "--data=there", folder=tmp_path)

    assert (sound.returncode, sound.stdout) == (0, "Nothing is stuck.\n")
    assert absent.returncode == 2
    assert absent.stderr == "There is no database in there; choose the data folder with --data.\n"
