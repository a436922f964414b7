"""Clients that close each other's sessions, over a minute of the sessions' clock."""

from __future__ import annotations

import heapq

import pytest

from pointsman.gateway.channels import Channels
from pointsman.gateway.session import EVICTED, Session
from tests.gateway.builders import HEARTBEAT_S, an_opening

MODERN_S, LEGACY_S = 0.9, 1.0
"""How long the stock clients wait after a connection that had opened."""


def evictions_in_a_minute(tokens: list[str], delay_s: float) -> tuple[list[float], int]:
    """When sessions were evicted, if every client that is comes back and asks to close the others;
    and how many sessions are open at the end.
    """
    channels = Channels(HEARTBEAT_S)
    due = [(float(number), number) for number in range(len(tokens))]
    opened: dict[int, Session] = {}
    evicted: list[float] = []
    while due and due[0][0] < 60.0:
        now, number = heapq.heappop(due)
        opening = an_opening(token=tokens[number], close_existing=True)
        opened[number] = channels.open(opening, now, lambda: None)
        for each, session in list(opened.items()):
            if session.closing is not None:
                assert session.closing == EVICTED
                channels.gone(session, now)
                del opened[each]
                evicted.append(now)
                heapq.heappush(due, (now + delay_s, each))
    return evicted, len(opened)


@pytest.mark.feature(248)
@pytest.mark.parametrize("delay_s", [MODERN_S, LEGACY_S])
@pytest.mark.parametrize("tokens", [["a", "b"], ["a", "a"], ["a", "b", "c"]])
def test_clients_that_evict_each_other_come_to_rest(tokens: list[str], delay_s: float) -> None:
    """Each client is evicted at most once, in the first seconds, and then all of them stay."""
    evicted, open_at_the_end = evictions_in_a_minute(tokens, delay_s)

    assert 1 <= len(evicted) <= len(tokens)
    assert max(evicted) < 5.0
    assert open_at_the_end == len(tokens)
