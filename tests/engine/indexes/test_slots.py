"""Counted slots against counting anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.engine.indexes.slots import Slots
from pointsman.engine.records import LIVE_RESERVATION, Reservation, ReservationStatus
from tests.engine.test_lifecycle import a_reservation


def reservation(number: int, worker: str, channel: str, status: ReservationStatus) -> Reservation:
    return Reservation(
        sid=f"WR{number:02}",
        task_sid="WT1",
        worker_sid=worker,
        worker_name=worker,
        workflow_sid="WW1",
        queue_sid="WQ1",
        task_channel_sid=channel,
        reservation_status=status,
        timeout_s=120,
        date_created=0,
        date_updated=0,
    )


@pytest.mark.feature(56, 139, 140)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 15), st.one_of(st.none(), st.sampled_from(list(ReservationStatus)))
        ),
        max_size=100,
    )
)
def test_slots_count_what_is_live(steps: list[tuple[int, ReservationStatus | None]]) -> None:
    """Used and accepted slots and the lists of live reservations are those of a recount."""
    slots, plain = Slots(), dict[int, Reservation]()
    for number, status in steps:
        worker, channel = f"WK{number % 3}", f"TC{number % 2}"
        after = None if status is None else reservation(number, worker, channel, status)
        slots.change(plain.pop(number, None), after)
        if after is not None:
            plain[number] = after
    live = [r for r in plain.values() if r.reservation_status in LIVE_RESERVATION]
    for worker in ("WK0", "WK1", "WK2"):
        his = [r for r in live if r.worker_sid == worker]
        assert slots.live_of(worker) == sorted(r.sid for r in his)
        assert slots.has_work(worker) == bool(his)
        for channel in ("TC0", "TC1"):
            here = [r for r in his if r.task_channel_sid == channel]
            assert slots.used[worker, channel] == len(here)
            accepted = [r for r in here if r.reservation_status == "accepted"]
            assert slots.accepted[worker, channel] == len(accepted)


def test_what_was_never_there_uses_nothing() -> None:
    """A reservation that is over already takes no slot."""
    slots = Slots()
    slots.change(None, a_reservation(ReservationStatus.REJECTED))

    assert not slots.has_work("WK1")
    assert slots.live_of("WK1") == []
