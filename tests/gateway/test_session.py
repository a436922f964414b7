"""One socket's life, on a clock that the test moves."""

from __future__ import annotations

import pytest

from pointsman.gateway.session import (
    EVICTED,
    EXPIRED,
    EXPIRY_GRACE_S,
    HEARTBEAT,
    HOLD_S,
    QUEUE_MAX_LENGTH,
    SNAPSHOT_WITHIN_S,
    STOPPING,
    TOO_SLOW,
    Close,
    Hold,
    Session,
)
from tests.gateway.builders import HEARTBEAT_S, a_session


def written(session: Session, now: float) -> list[object]:
    """Everything the session writes at this moment, up to and including its close."""
    writes: list[object] = []
    while (write := session.next_write(now)) is not None:
        writes.append(write)
        if session.closing is not None:
            break
    return writes


def test_frames_leave_at_once_and_in_order() -> None:
    """Frames that no POST caused are written in the order they came, without delay."""
    session = a_session()
    session.push("one")
    session.push("two")

    assert written(session, 0.0) == ["one", "two"]


@pytest.mark.feature(242)
def test_a_silent_socket_gets_a_blank_text_frame() -> None:
    """After 15 s without a frame a blank one is written, and again after 15 s more."""
    session = a_session()

    assert session.wake_at() == HEARTBEAT_S
    assert written(session, 14.9) == []
    assert written(session, 15.0) == [HEARTBEAT]
    assert HEARTBEAT.strip() == "" and HEARTBEAT != ""
    assert session.wake_at() == 30.0
    assert written(session, 29.9) == []
    assert written(session, 30.0) == [HEARTBEAT]


@pytest.mark.feature(242)
def test_an_event_counts_as_a_heartbeat() -> None:
    """The clock of the heartbeat starts anew with every frame."""
    session = a_session()
    session.push("event")
    written(session, 10.0)

    assert written(session, 24.9) == []
    assert written(session, 25.0) == [HEARTBEAT]


@pytest.mark.feature(183)
@pytest.mark.parametrize(
    ("now", "writes"),
    [
        (20.0, []),
        (20.0 + EXPIRY_GRACE_S - 0.1, []),
        (20.0 + EXPIRY_GRACE_S, [EXPIRED]),
    ],
)
def test_an_expired_token_closes_after_a_grace_period(now: float, writes: list[object]) -> None:
    """A socket whose token expired is closed with 4401 two minutes later, not before."""
    session = a_session(expires_at=20.0, heartbeat_s=1e6)

    assert session.wake_at() == 20.0 + EXPIRY_GRACE_S
    assert written(session, now) == writes
    assert (EXPIRED.code, bool(EXPIRED.reason)) == (4401, True)


def test_a_held_frame_waits_for_the_response_and_20_ms() -> None:
    """What a POST caused is written 20 ms after its response, what nothing holds at once."""
    session = a_session()
    hold = Hold()
    session.push("caused by the POST", hold)

    assert written(session, 1.0) == []

    hold.release(1.0)

    assert session.wake_at() == 1.0 + HOLD_S
    assert written(session, 1.019) == []
    assert written(session, 1.0 + HOLD_S) == ["caused by the POST"]


def test_later_frames_queue_behind_a_held_one() -> None:
    """No frame overtakes another on one socket, whatever caused it."""
    session = a_session()
    session.push("before")
    hold, other = Hold(), Hold()
    session.push("held", hold)
    session.push("after")
    session.push("held by another POST", other)

    assert written(session, 0.0) == ["before"]

    other.release(0.0)
    assert written(session, 1.0) == []

    hold.release(1.0)
    assert written(session, 1.1) == ["held", "after", "held by another POST"]


def test_the_answer_of_a_post_wakes_the_sockets_that_it_holds() -> None:
    """A socket with a held frame sleeps until the response was written, then is woken."""
    woken: list[str] = []
    session = a_session(wake=lambda: woken.append("woken"))
    hold = Hold()
    session.push("held", hold)
    assert woken == []

    hold.release(1.0)
    assert woken == ["woken"]


def test_an_answered_post_holds_no_longer_than_20_ms() -> None:
    """An event that is published after the response was written leaves when its 20 ms are over."""
    woken: list[str] = []
    session = a_session(wake=lambda: woken.append("woken"))
    hold = Hold()
    hold.release(1.0)
    session.push("late", hold)

    assert woken == ["woken"]
    assert written(session, 1.01) == []
    assert written(session, 1.0 + HOLD_S) == ["late"]


@pytest.mark.feature(249)
def test_a_slow_reader_is_cut_off_and_its_queue_dropped() -> None:
    """What one socket may keep in memory is bounded: beyond 256 k characters it closes with 4408."""
    session = a_session()
    frame = "x" * 1024
    for _ in range(QUEUE_MAX_LENGTH // 1024):
        session.push(frame)
    assert session.closing is None

    session.push(frame)

    assert session.closing == TOO_SLOW
    assert session.queued_length == 0
    assert written(session, 0.0) == [TOO_SLOW]


def test_written_frames_no_longer_count() -> None:
    """A reader who keeps up may get any number of frames."""
    session = a_session()
    for _ in range(10):
        session.push("x" * (QUEUE_MAX_LENGTH - 1))
        written(session, 0.0)

    assert session.closing is None


def test_a_close_comes_before_what_is_queued_and_its_first_reason_stands() -> None:
    """After a close was decided nothing else is written, and no second reason replaces the first."""
    session = a_session()
    session.push("frame")
    session.close(EVICTED)
    session.close(STOPPING)
    session.push("another")

    assert written(session, 0.0) == [EVICTED]


@pytest.mark.parametrize("how", [EVICTED, EXPIRED, STOPPING, TOO_SLOW])
def test_every_close_has_a_reason_that_fits_its_frame(how: Close) -> None:
    """Some clients show only the reason; a close frame has room for 123 bytes of it."""
    assert 0 < len(how.reason.encode()) <= 123


# --- a client that begins by asking for everything -----------------------------------------------


def test_a_modern_client_hears_nothing_before_its_snapshot() -> None:
    """After its first frame all others wait, in order, until it saw what it asks for, and 20 ms."""
    session = a_session()
    session.begin("init", 0.0)
    session.push("one", seq=5)
    session.push("two", seq=6)
    assert written(session, 0.0) == ["init"]
    assert written(session, 4.9) == []
    session.saw(4, 4.9)

    assert session.wake_at() == pytest.approx(4.9 + HOLD_S)
    assert written(session, 4.9 + HOLD_S) == [HEARTBEAT, "one", "two"]
    assert not session.is_starting


def test_what_a_snapshot_shows_is_not_told_again() -> None:
    """Of the events that it shows, only what is left of them is told; all later ones are."""
    session = a_session()
    session.begin("init", 0.0)
    session.push("shown", seq=5)
    session.push("offered", seq=6, kept="how he is")
    session.push("later", seq=8)
    session.saw(7, 1.0)
    session.push("late, but shown", seq=7)
    session.push("last", seq=9, kept="not needed")

    assert written(session, 2.0) == ["init", HEARTBEAT, "how he is", "later", "last"]
    assert session.queued_length == 0


def test_who_never_asks_for_a_snapshot_is_told_all() -> None:
    """After 5 seconds the frames leave without it; one that comes then changes nothing any more."""
    session = a_session()
    session.begin("init", 0.0)
    session.push("one", seq=5)
    assert written(session, SNAPSHOT_WITHIN_S) == ["init", HEARTBEAT, "one"]
    session.saw(9, SNAPSHOT_WITHIN_S + 1)
    session.push("two", seq=10)

    assert written(session, SNAPSHOT_WITHIN_S + 2) == ["two"]


def test_a_second_snapshot_drops_nothing() -> None:
    """A client that asks for the same list later is told on as before."""
    session = a_session()
    session.begin("init", 0.0)
    session.saw(4, 0.0)
    session.push("one", seq=5)
    session.saw(5, 0.5)

    assert written(session, 1.0) == ["init", HEARTBEAT, "one"]
