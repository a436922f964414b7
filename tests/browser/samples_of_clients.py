"""The samples of docs/browser-sdk.md for what every client can do, in the form of `samples`."""

from __future__ import annotations

from tests.browser.samples import Row
from tests.browser.stage import Stage

WORKER = "const worker = new Twilio.TaskRouter.Worker(WORKER_TOKEN, false);"


def listeners(stage: Stage) -> None:
    stage.show("listeners", setup=WORKER)
    assert stage.lines(5) == ["2", "true", "only once", "true", "false"]


def pages(stage: Stage) -> None:
    stage.show("pages of a list", setup=WORKER)
    assert stage.lines(3) == ["2 true", "1 true", "Offline"]


def away_and_back(stage: Stage) -> None:
    stage.show("disconnect and reconnect", setup=WORKER)
    assert stage.lines(2) == ["alice", "back"]


def without_fetching(stage: Stage) -> None:
    stage.show("setSkipFetchReservation", setup=WORKER)
    stage.be_ready()
    task_sid = stage.place.task()
    [offer] = stage.place.workspace.tasks(task_sid).reservations.list()
    assert stage.lines(2) == [offer.sid, task_sid]


def older_calls(stage: Stage) -> None:
    stage.show("older calls", setup=WORKER)
    assert set(stage.lines(2)) == {"Offline", "3"}


CLIENTS: list[tuple[str, Row]] = [
    ("listeners", listeners),
    ("pages of a list", pages),
    ("disconnect and reconnect", away_and_back),
    ("setSkipFetchReservation", without_fetching),
    ("older calls", older_calls),
]
