"""Backups: taken beside a server that works, restored elsewhere with everything that was live."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from pointsman.store import StoreError
from pointsman.store.backup import back_up, restore
from pointsman.store.sqlite import DATABASE_FILE
from tests.api.builders import Place
from tests.inside import a_server_inside


@pytest.mark.feature(293)
def test_live_tasks_and_timers_go_on_elsewhere(tmp_path: Path) -> None:
    """In a restored folder every live resource is as it was, and a timer fires when it is due."""
    with a_server_inside(tmp_path / "here") as server:
        place = Place(server, TaskReservationTimeout="30")
        place.a_worker()
        place.post("/Workers", FriendlyName="Bea", Attributes='{"level": 2}')
        task, waiting = place.a_task(Attributes='{"n": 1}'), place.a_task(Timeout="600")
        back_up(tmp_path / "here" / DATABASE_FILE, tmp_path / "copy.db")
        place.a_task()  # after the backup, and so not in it
        before = {path: place.get(path).json for path in (f"/Tasks/{task}", "/Workers")}
    restore(tmp_path / "copy.db", tmp_path / "there" / DATABASE_FILE)

    with a_server_inside(tmp_path / "there") as server:
        place.server = server
        after = {path: place.get(path).json for path in before}
        found = [one["sid"] for one in place.get("/Tasks").json["tasks"]]
        offers = [place.offers(task)[0]["reservation_status"]]
        server.wait(30)
        offers.append(place.offers(task)[0]["reservation_status"])
        server.wait(570)
        assert (after, sorted(found)) == (before, sorted([task, waiting]))
        assert offers == ["pending", "timeout"]
        assert place.status(waiting) == "canceled"


@pytest.mark.feature(293)
def test_a_backup_is_one_whole_file_closed_to_others(tmp_path: Path) -> None:
    """The copy needs no log beside it, is readable by its owner alone, and replaces nothing."""
    with a_server_inside(tmp_path / "here") as server:
        Place(server)
        back_up(tmp_path / "here" / DATABASE_FILE, tmp_path / "copy.db")
        with pytest.raises(StoreError, match=r"copy\.db is there already; name a file that is not"):
            back_up(tmp_path / "here" / DATABASE_FILE, tmp_path / "copy.db")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "here"]
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with contextlib.closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def a_foreign_database(path: Path) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (x)")
    return path


def a_text(path: Path) -> Path:
    path.write_text("This is a letter, long enough to be looked at as a database." * 20)
    return path


def a_newer_database(path: Path) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE shard (x)")
        database.execute("PRAGMA user_version = 9999")
    return path


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: path, "There is no file"),
        (a_text, "is not a backup of Pointsman: file is not a database"),
        (a_foreign_database, "is not a backup of Pointsman"),
        (a_newer_database, "was made by a newer version of Pointsman"),
    ],
)
def test_what_is_no_backup_is_refused(tmp_path: Path, make: object, told: str) -> None:
    """A file that is missing, foreign or newer is told, and no folder is made for it."""
    assert callable(make)
    with pytest.raises(StoreError, match=told):
        restore(make(tmp_path / "file.db"), tmp_path / "there" / DATABASE_FILE)

    assert not (tmp_path / "there").exists()


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    """A backup with broken pages is told before anything is put in place."""
    with a_server_inside(tmp_path / "here") as server:
        Place(server).a_worker()
        back_up(tmp_path / "here" / DATABASE_FILE, tmp_path / "copy.db")
    whole = (tmp_path / "copy.db").read_bytes()
    middle = len(whole) // 2
    (tmp_path / "copy.db").write_bytes(whole[:4096] + b"\xff" * middle + whole[4096 + middle :])
    with pytest.raises(StoreError, match=r"copy\.db is (damaged|not a backup)"):
        restore(tmp_path / "copy.db", tmp_path / "there" / DATABASE_FILE)


def test_a_folder_that_has_something_is_refused(tmp_path: Path) -> None:
    """A folder with anything but a key in it is left as it was."""
    with a_server_inside(tmp_path / "here") as server:
        Place(server)
        back_up(tmp_path / "here" / DATABASE_FILE, tmp_path / "copy.db")
    there = tmp_path / "there"
    there.mkdir()
    (there / "letter.txt").write_text("mine")
    with pytest.raises(StoreError, match=r"there is not empty \(it has letter\.txt\)"):
        restore(tmp_path / "copy.db", there / DATABASE_FILE)

    assert [path.name for path in there.iterdir()] == ["letter.txt"]


def test_a_copy_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A target that cannot be written is told in a sentence."""
    with a_server_inside(tmp_path / "here") as server:
        Place(server)
        with pytest.raises(StoreError, match="could not be copied to"):
            back_up(tmp_path / "here" / DATABASE_FILE, tmp_path / "nowhere" / "copy.db")
    with pytest.raises(StoreError, match=r"There is no database in .*nobody"):
        back_up(tmp_path / "nobody" / DATABASE_FILE, tmp_path / "copy.db")
