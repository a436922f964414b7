"""The lanes on their own: order for each resource, a bound for each endpoint, nobody in the way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from pointsman.settings import Settings
from pointsman.webhooks import lanes as module
from pointsman.webhooks.lanes import Lanes
from pointsman.webhooks.outbox import InVain, next_attempt
from pointsman.wire.outbox import Callback, CallbackKind

START = 1_700_000_000_000


def owed(number: int, resource: int = 1, host: str = "a.example", account: int = 1) -> Callback:
    return Callback(
        event_sid=f"EV{number:032x}",
        kind=CallbackKind.EVENT,
        account_sid=f"AC{account:032x}",
        workspace_sid=f"WS{1:032x}",
        resource_sid=f"WT{resource:032x}",
        url=f"https://{host}/events",
        since=START,
        next_at=START,
    )


@pytest.mark.feature(169, 279, partly=True)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.sampled_from("ab"), st.integers(1, 2)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_each_resource_keeps_its_order(asked: list[tuple[int, str, int]], chance: object) -> None:
    """However posts end, every callback arrives once, in the order of its resource, within the bound."""
    choose = chance.random  # type: ignore[attr-defined]
    lanes, now = Lanes(2), START
    callbacks = [owed(n, r, f"{h}.example", a) for n, (r, h, a) in enumerate(asked)]
    for callback in callbacks:
        lanes.add(callback)
    arrived: list[Callback] = []
    sending: list[Callback] = []
    while len(lanes):
        sending += lanes.take(now)
        endpoints = [module.endpoint_of(callback) for callback in sending]
        assert all(endpoints.count(name) <= 2 for name in endpoints)
        if not sending:
            at = lanes.next_at()
            assert at is not None and at > now, "something waits, and nothing is due"
            now = at
            continue
        callback = sending.pop(int(choose() * len(sending)))
        if choose() < 0.3:
            lanes.try_again(replace(callback, next_at=now + 1_000))
        else:
            lanes.end(callback)
            arrived.append(callback)

    assert sorted(each.event_sid for each in arrived) == [each.event_sid for each in callbacks]
    for lane in {(module.endpoint_of(each), each.resource_sid) for each in callbacks}:
        sids = [
            each.event_sid
            for each in arrived
            if (module.endpoint_of(each), each.resource_sid) == lane
        ]
        assert sids == sorted(sids)


def test_two_accounts_share_no_bound() -> None:
    """The same receiver, called for two accounts, gets its bound for each of them."""
    lanes = Lanes(1)
    for number, account in enumerate((1, 1, 2, 2)):
        lanes.add(owed(number, resource=number, account=account))

    assert [each.account_sid[-1] for each in lanes.take(START)] == ["1", "2"]


def test_an_endpoint_holds_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """When too many wait there is no room for one more, and room again when one has gone."""
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    lanes = Lanes(1)
    lanes.add(owed(1))
    assert lanes.has_room(owed(2))
    lanes.add(owed(2))
    assert not lanes.has_room(owed(3))
    assert lanes.has_room(owed(3, host="b.example"))
    [first] = lanes.take(START)
    lanes.end(first)

    assert lanes.has_room(owed(3))


def test_what_was_refused_is_not_tried_again() -> None:
    """An address that may not be called makes a dead letter of the first attempt."""
    tried = next_attempt(owed(1), START, InVain("not allowed", hopeless=True), Settings())

    assert (tried.dead, tried.attempts, tried.reason) == (True, 1, "not allowed")


def test_the_last_attempt_is_made_when_the_time_is_over() -> None:
    """The delay before it is cut, so that it comes neither earlier nor later than said."""
    settings = Settings(event_retry_s=10)
    late = replace(owed(1), attempts=5)

    assert next_attempt(late, START + 5_000, InVain("no"), settings).next_at == START + 10_000
    assert next_attempt(late, START + 10_000, InVain("no"), settings).dead
