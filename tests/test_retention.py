"""What is older than the setting says is forgotten, by domain time and by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pointsman.api.clock import VirtualClock
from pointsman.retention import HOUR_MS, Retention
from pointsman.store import StoreError
from tests.api.builders import Place
from tests.inside import Inside, a_server_inside

DAY_S = 86_400


class Disk:
    """Runs what is asked at once; `trouble` is raised instead, once."""

    def __init__(self) -> None:
        self.trouble: StoreError | None = None
        self.count = 0

    async def __call__(self, function: Callable[[], Any], /) -> Any:
        self.count += 1
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble
        return function()


class Kept:
    """A server with a workspace, whose history is kept for some days."""

    def __init__(self, server: Inside, days: int) -> None:
        self.server = server
        self.disk = Disk()
        self.place = Place(server)
        runtime, ambient = server.runtime, server.ambient
        self.retention = Retention(runtime, server.store, self.disk, ambient, days)
        self.clock = VirtualClock(runtime, ambient, [self.retention])
        server.run(self.retention.start())

    def wait(self, seconds: int) -> None:
        self.server.run(self.clock.advance(seconds * 1000))

    def created(self) -> list[str]:
        """The tasks whose making is still told."""
        asked = {"EventType": "task.created", "StartDate": "2020-01-01"}
        found = self.place.get("/Events", **asked).json["events"]
        return [one["resource_sid"] for one in found]

    def counted(self) -> int:
        """How many tasks were made, as far as figures know."""
        body = self.place.get("/CumulativeStatistics", Minutes=str(29 * 24 * 60)).json
        return int(body["tasks_created"])


@contextlib.contextmanager
def kept(folder: Path, days: int) -> Iterator[Kept]:
    with a_server_inside(folder) as server:
        found = Kept(server, days)
        yield found
        server.run(found.retention.stop())


def ended_task(desk: Kept) -> tuple[str, str]:
    """A task that was accepted and completed, and its reservation."""
    task = desk.place.a_task()
    [offer] = desk.place.offers(task)
    path = f"/Tasks/{task}/Reservations/{offer['sid']}"
    assert desk.place.post(path, ReservationStatus="accepted").status == 200
    assert desk.place.post(f"/Tasks/{task}", AssignmentStatus="completed").status == 200
    return task, offer["sid"]


@pytest.mark.feature(170)
def test_history_is_kept_for_as_long_as_the_setting_says(tmp_path: Path) -> None:
    """After so many days, and at most an hour, events and what is over are gone from lists and figures."""
    with kept(tmp_path / "store", 2) as desk:
        worker = desk.place.a_worker()
        task, offer = ended_task(desk)
        desk.wait(DAY_S)
        later, _ = ended_task(desk)
        before = (desk.created(), desk.counted())
        desk.wait(DAY_S - 1)
        still = desk.created()
        desk.wait(3601)
        path = f"/Workers/{worker}/Reservations"

        assert before == ([task, later], 2)
        assert still == [task, later]
        assert (desk.created(), desk.counted()) == ([later], 1)
        assert offer not in [one["sid"] for one in desk.place.get(path).json["reservations"]]
        assert desk.place.get(f"{path}/{offer}").status == 404
        assert desk.place.get(f"/Workers/{worker}").json["activity_name"] == "Available"


@pytest.mark.feature(170)
def test_without_the_setting_history_is_kept_for_ever(tmp_path: Path) -> None:
    """Years later everything is told as it was, and nothing ever looked."""
    with kept(tmp_path / "store", 0) as desk:
        worker = desk.place.a_worker()
        task, offer = ended_task(desk)
        desk.wait(3 * 365 * DAY_S)
        path = f"/Workers/{worker}/Reservations"

        assert (desk.disk.count, desk.retention.next_at()) == (0, None)
        assert desk.created() == [task]
        assert [one["sid"] for one in desk.place.get(path).json["reservations"]] == [offer]


@pytest.mark.feature(170, partly=True)
def test_nobody_looks_before_there_is_something_to_forget(tmp_path: Path) -> None:
    """While nothing is old enough the store is left alone, whatever happens."""
    with kept(tmp_path / "store", 7) as desk:
        asked = desk.disk.count
        desk.place.a_worker()
        desk.wait(6 * DAY_S)
        ended_task(desk)

        assert desk.disk.count == asked
        at = desk.retention.next_at()
        assert at is not None and at % HOUR_MS == 0
        assert 0 < at - desk.server.ambient.now() <= DAY_S * 1000 + HOUR_MS


@pytest.mark.feature(170, partly=True)
def test_a_disk_in_trouble_is_asked_again_an_hour_later(tmp_path: Path) -> None:
    """What could not be forgotten is forgotten the next time, and the server goes on meanwhile."""
    with kept(tmp_path / "store", 1) as desk:
        desk.place.a_worker()
        task, _ = ended_task(desk)
        desk.disk.trouble = StoreError("disk I/O error")
        desk.wait(DAY_S + 3600)
        before = desk.created()
        desk.wait(3600)

        assert (before, desk.created()) == ([task], [])


@pytest.mark.feature(170, partly=True)
def test_what_grew_old_while_the_server_was_down_goes_at_the_start(tmp_path: Path) -> None:
    """A start forgets at once what is too old by then, without waiting for the hour."""
    with kept(tmp_path / "store", 0) as desk:
        desk.place.a_worker()
        ended_task(desk)
        desk.server.ambient.advance(2 * DAY_S * 1000)
        runtime, ambient = desk.server.runtime, desk.server.ambient
        awake = Retention(runtime, desk.server.store, desk.disk, ambient, 1)

        async def start() -> None:
            await awake.start()
            await awake.settled()
            await awake.stop()

        desk.server.run(start())
        assert desk.created() == []
