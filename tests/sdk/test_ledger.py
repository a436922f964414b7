"""What is told of reservations, whatever order frames, replays and lists come in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pointsman.sdk import ledger
from pointsman.sdk.ledger import Event, Ledger

LIVES = (
    ("created",),
    ("created", "accepted"),
    ("created", "accepted", "wrapup", "completed"),
    ("created", "accepted", "completed"),
    ("created", "timeout"),
    ("created", "rejected"),
    ("created", "canceled"),
    ("created", "rescinded"),
)
STATUSES = {"created": "pending", "wrapup": "wrapping"}


class Nobody:
    """A worker who is asked nothing."""

    sid = "WK1"

    async def ask(self, method: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        raise AssertionError("a ledger asks nobody")

    async def activity_sid_of(self, activity: str) -> str:
        raise AssertionError("a ledger asks nobody")


def a_task(sid: str, **more: Any) -> dict[str, Any]:
    fields = {
        "sid": f"WT{sid}",
        "attributes": '{"language": "es"}',
        "assignment_status": "reserved",
        "reason": None,
        "priority": 0,
        "task_channel_unique_name": "default",
    }
    return {**fields, "reservation_sid": f"WR{sid}", **more}


def told(events: list[Event | None]) -> list[str]:
    return [
        f"{each.reservation.sid} {each.type.partition('.')[2]}"
        for each in events
        if each is not None and each.reservation is not None
    ]


@given(st.data())
def test_each_step_is_told_once_and_in_order(draw: st.DataObject) -> None:
    """With frames doubled and lists of any age between them, each step is told exactly once."""
    lives = draw.draw(st.lists(st.sampled_from(LIVES), min_size=1, max_size=4))
    steps = {f"WR{i}": list(life) for i, life in enumerate(lives)}
    history: list[tuple[str, str]] = []
    while any(steps.values()):
        sid = draw.draw(st.sampled_from([sid for sid, left in steps.items() if left]))
        history.append((sid, steps[sid].pop(0)))
    ours, seen = Ledger(Nobody()), list[str]()
    for i, (sid, step) in enumerate(history):
        past = draw.draw(st.integers(0, i))
        for again, before in [*history[past:i], (sid, step)]:  # a replay, then the news
            event = ours.frame(f"reservation.{before}", a_task(again[2:]))
            seen += told([event])
        then = dict(history[: draw.draw(st.integers(0, i + 1))])
        for listed, last in then.items():
            status = STATUSES.get(last, last)
            seen += told([ours.listed(listed, status, a_task(listed[2:]))])

    assert seen == [f"{sid} {step}" for sid, step in history]
    alive = {
        sid for sid, life in zip(steps, lives, strict=True) if life[-1] in ("created", "accepted")
    }
    assert {each.sid for each in ours.held} == alive


def test_a_list_tells_what_was_slept_through() -> None:
    """Of a reservation that moved on while nobody listened, the step where it stands now is told."""
    ours = Ledger(Nobody())
    ours.frame("reservation.created", a_task("1"))
    before = ours.sids()
    seen = told([ours.listed("WR2", "pending", a_task("2"))])

    assert seen == ["WR2 created"]
    assert ours.missing(before, ["WR2"]) == ["WR1"]
    assert told([ours.listed("WR1", "timeout")]) == ["WR1 timeout"]
    assert ours.missing(before, ["WR2"]) == []
    assert told([ours.frame("reservation.timeout", a_task("1"))]) == []


def test_what_began_after_the_list_was_asked_for_is_not_missing() -> None:
    """A reservation that a frame brought while a list was on its way is not taken for ended."""
    ours = Ledger(Nobody())
    before = ours.sids()
    ours.frame("reservation.created", a_task("1"))

    assert ours.missing(before, []) == []


def test_work_of_an_earlier_run_is_held_and_no_news() -> None:
    """A reservation that was accepted before the program began is held; its next step is told."""
    ours = Ledger(Nobody())
    ours.take("WR1", "accepted", a_task("1"))

    assert [each.sid for each in ours.held] == ["WR1"]
    assert told([ours.frame("reservation.accepted", a_task("1"))]) == []
    assert told([ours.frame("reservation.wrapup", a_task("1"))]) == ["WR1 wrapup"]


def test_a_task_is_as_it_was_told_last() -> None:
    """A later frame brings the task's fields with it; attributes that are no object are empty."""
    ours = Ledger(Nobody())
    created = ours.frame("reservation.created", a_task("1"))
    assert created is not None and created.reservation is not None
    task = created.reservation.task
    assert (task.attributes, task.status) == ({"language": "es"}, "reserved")
    ours.frame("reservation.accepted", a_task("1", assignment_status="assigned", attributes="[1]"))

    assert (task.attributes, task.status) == ({}, "assigned")


def test_memory_of_what_ended_is_bounded() -> None:
    """Of a program that runs for years only the last thousand ended reservations are remembered."""
    ours = Ledger(Nobody())
    for i in range(ledger.ENDED_KEPT + 5):
        ours.frame("reservation.created", a_task(str(i)))
        ours.frame("reservation.rejected", a_task(str(i)))

    assert not ours.knows("WR4")
    assert ours.knows("WR5")
    assert ours.held == []


def test_other_frames_are_passed_on() -> None:
    """What is not about a reservation is told as it comes."""
    event = Ledger(Nobody()).frame("worker.activity.update", {"sid": "WK1"})

    assert event == Event("worker.activity.update", payload={"sid": "WK1"})
