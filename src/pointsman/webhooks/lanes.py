"""Which callback may be sent now: in order for each resource, a bounded number to each endpoint.

A lane holds the callbacks of one resource to one endpoint (an account's scheme, host and port);
its head goes first, and while the head waits for its next attempt the others wait behind it. Lanes
and endpoints do not wait for each other. Nothing here sends, stores or knows the time.
"""

from __future__ import annotations

from collections import deque
from urllib.parse import urlsplit

from pointsman.engine.indexes.heaps import Deadlines
from pointsman.wire.outbox import Callback

__all__ = ["Lanes", "endpoint_of"]

MOST_WAITING = 100_000
"""Callbacks that may wait for one endpoint; a receiver that is dead for long must not fill memory."""


def endpoint_of(callback: Callback) -> str:
    """What shares a bound: two accounts never do."""
    parts = urlsplit(callback.url)
    return f"{callback.account_sid} {parts.scheme}://{parts.netloc}"


class _Lane:
    """The callbacks of one resource to one endpoint, oldest first; the head may be on its way."""

    __slots__ = ("callbacks", "endpoint", "name")

    def __init__(self, name: str, endpoint: _Endpoint) -> None:
        self.name = name
        self.endpoint = endpoint
        self.callbacks: deque[Callback] = deque()


class _Endpoint:
    """What one receiver is sent now, and which lanes have something for it."""

    __slots__ = ("name", "ready", "sending", "waiting")

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[_Lane] = deque()
        self.sending = 0
        self.waiting = 0


class Lanes:
    """Everything that is owed to anybody and not given up."""

    def __init__(self, sent_at_once: int) -> None:
        """`sent_at_once` is how many posts one endpoint gets at the same time."""
        self._sent_at_once = sent_at_once
        self._lanes: dict[str, _Lane] = {}
        self._endpoints: dict[str, _Endpoint] = {}
        self._able: dict[_Endpoint, None] = {}
        """Endpoints with something ready and room for it."""
        self._deadlines = Deadlines()

    def __len__(self) -> int:
        return sum(endpoint.waiting for endpoint in self._endpoints.values())

    def has_room(self, callback: Callback) -> bool:
        """Whether one more may wait for this endpoint."""
        endpoint = self._endpoints.get(endpoint_of(callback))
        return endpoint is None or endpoint.waiting < MOST_WAITING

    def add(self, callback: Callback) -> None:
        """It is owed, after everything else of its resource."""
        name = _lane_name(callback)
        lane = self._lanes.get(name)
        if lane is None:
            endpoint_name = endpoint_of(callback)
            endpoint = self._endpoints.get(endpoint_name)
            if endpoint is None:
                endpoint = self._endpoints[endpoint_name] = _Endpoint(endpoint_name)
            lane = self._lanes[name] = _Lane(name, endpoint)
        lane.callbacks.append(callback)
        lane.endpoint.waiting += 1
        if len(lane.callbacks) == 1:
            self._deadlines.set(name, callback.next_at)

    def take(self, now: int) -> list[Callback]:
        """What is to be sent now; each is to be ended or tried again."""
        while (head := self._deadlines.next()) is not None and head[0] <= now:
            self._deadlines.set(head[1], None)
            lane = self._lanes[head[1]]
            lane.endpoint.ready.append(lane)
            self._mark(lane.endpoint)
        taken = []
        for endpoint in list(self._able):
            while endpoint.ready and endpoint.sending < self._sent_at_once:
                endpoint.sending += 1
                taken.append(endpoint.ready.popleft().callbacks[0])
            self._mark(endpoint)
        return taken

    def end(self, callback: Callback) -> None:
        """It was sent, or given up: the next one of its lane may go."""
        lane = self._lanes[_lane_name(callback)]
        lane.callbacks.popleft()
        endpoint = lane.endpoint
        endpoint.sending -= 1
        endpoint.waiting -= 1
        self._mark(endpoint)
        if lane.callbacks:
            self._deadlines.set(lane.name, lane.callbacks[0].next_at)
            return
        del self._lanes[lane.name]
        if not endpoint.waiting:
            del self._endpoints[endpoint.name]

    def try_again(self, callback: Callback) -> None:
        """It was sent in vain and is kept as it is told here; its lane waits for it."""
        lane = self._lanes[_lane_name(callback)]
        lane.callbacks[0] = callback
        lane.endpoint.sending -= 1
        self._mark(lane.endpoint)
        self._deadlines.set(lane.name, callback.next_at)

    def next_at(self) -> int | None:
        """When `take` has something that it does not have now."""
        head = self._deadlines.next()
        return None if head is None else head[0]

    def _mark(self, endpoint: _Endpoint) -> None:
        if endpoint.ready and endpoint.sending < self._sent_at_once:
            self._able[endpoint] = None
        else:
            self._able.pop(endpoint, None)


def _lane_name(callback: Callback) -> str:
    return f"{endpoint_of(callback)} {callback.resource_sid}"
