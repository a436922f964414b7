"""The life of the Python SDK's connection, on a clock that is a number."""

from __future__ import annotations

import math

import pytest

from pointsman.sdk.errors import Evicted, TokenExpired, TokenRefused, WorkerDeleted, WorkerError
from pointsman.sdk.session import Connect, HangUp, Over, Renew, Rest, Session


def a_session(life_s: float = 3600, *, renews: bool = True, random: float = 1.0) -> Session:
    return Session(0.0, life_s, lambda: random, renews=renews)


def an_open_session(life_s: float = 3600, *, renews: bool = True, random: float = 1.0) -> Session:
    session = a_session(life_s, renews=renews, random=random)
    assert session.next(0) == Connect()
    session.opened(0)
    return session


def test_it_connects_at_once_and_rests_while_it_hears_something() -> None:
    """A new session connects, then waits for a minute of silence, counted from what it heard last."""
    session = a_session()
    assert session.next(0) == Connect()
    assert not session.is_open
    session.opened(1)

    assert session.is_open
    assert session.next(1) == Rest(61)
    session.heard(40)
    assert session.next(61) == Rest(100)


def test_a_silent_server_is_given_up() -> None:
    """After a minute without a frame it hangs up; a socket that never opens ends the same way."""
    assert an_open_session().next(60) == HangUp("The server was silent for 60 seconds")
    session = a_session()
    session.next(0)
    assert isinstance(session.next(60), HangUp)


def test_it_comes_back_later_and_later() -> None:
    """The span before the next connection doubles up to half a minute, and starts anew when settled."""
    session, now, spans = an_open_session(life_s=math.inf), 0.0, []
    for _ in range(7):
        session.closed(now, 1006, "lost")
        step = session.next(now)
        assert isinstance(step, Rest)
        spans.append(step.until - now)
        now = step.until
        assert session.next(now) == Connect()

    assert spans == [1, 2, 4, 8, 16, 30, 30]
    session.opened(now)
    session.settle()
    session.closed(now, 1012, "the server is restarting")
    assert session.next(now) == Rest(now + 1)


def test_many_do_not_come_back_together() -> None:
    """The span is a drawn part of the whole one."""
    untils = []
    for drawn in (0.0, 0.25, 0.9):
        session = an_open_session(random=drawn)
        session.closed(10, 1006, "lost")
        step = session.next(10)
        untils.append(step.until if isinstance(step, Rest) else 10)

    assert untils == [10, 10.25, 10.9]


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (1000, "closed by a newer session", Evicted),
        (4403, "the token is refused", TokenRefused),
        (4404, "the worker does not exist", WorkerDeleted),
    ],
)
def test_final_closes(code: int, reason: str, error: type[WorkerError]) -> None:
    """After an eviction, a refused token or a deleted worker nothing is to be done ever again."""
    session = an_open_session()
    session.closed(5, code, reason)
    step = session.next(5)

    assert isinstance(step, Over) and type(step.error) is error
    assert (step.error.code, step.error.reason) == (code, reason)
    session.closed(6, 1006, "lost")
    session.renewed(7, 3600)
    assert session.next(8) == step


@pytest.mark.parametrize("code", [1000, 1001, 1012, 1013, 4408, 1006])
def test_passing_closes(code: int) -> None:
    """After every other close it connects again, a plain 1000 included."""
    session = an_open_session()
    session.closed(5, code, "later")

    assert session.next(5) == Rest(6)
    assert session.next(6) == Connect()


def test_without_a_source_an_expired_token_is_the_end() -> None:
    """A token that nobody can renew is not renewed; its expiry ends the session."""
    session = an_open_session(life_s=10, renews=False)
    assert session.next(59) == Rest(60)
    session.closed(70, 4401, "the token expired")
    step = session.next(70)

    assert isinstance(step, Over) and type(step.error) is TokenExpired


@pytest.mark.parametrize(
    ("life_s", "renewed_at"), [(3600, 3540), (60, 40), (3, 2), (0.5, 1), (-9, 1)]
)
def test_a_token_is_renewed_in_time(life_s: float, renewed_at: float) -> None:
    """It is renewed a minute or a third of its life before its end, and never all the time."""
    session = an_open_session(life_s)
    session.heard(renewed_at - 1)

    step = session.next(renewed_at - 0.01)
    assert isinstance(step, Rest)
    session.heard(renewed_at)
    assert session.next(renewed_at) == Renew()
    assert session.next(renewed_at) == Rest(renewed_at + 60)
    session.renewed(renewed_at, 30)
    assert session.next(renewed_at) == Rest(renewed_at + 20)


def test_a_source_that_fails_is_asked_again() -> None:
    """Without a new token it asks again, later and later, while the socket lives on."""
    session = an_open_session(life_s=30)
    assert session.next(20) == Renew()
    session.not_renewed(20)
    assert session.next(20) == Rest(21)
    assert session.next(21) == Renew()
    session.not_renewed(21)
    assert session.next(21) == Rest(23)
    assert session.is_open


def test_an_expired_token_is_renewed_before_the_next_connection() -> None:
    """After a close for expiry there is no connection without another token."""
    session = an_open_session()
    session.closed(5, 4401, "the token expired")
    assert session.next(5) == Rest(6)
    assert session.next(6) == Renew()
    session.not_renewed(6)
    assert session.next(6) == Rest(7)
    assert session.next(7) == Renew()
    session.renewed(7, 3600)

    assert session.next(7) == Connect()
