"""Both kinds of callbacks together: what is owed is learnt once, before anything new is done.

The order of a start: `load` while nothing runs yet, the runtime's start, then `start`. From the
moment of `load` on, what is committed is owed as soon as it is published.
"""

from __future__ import annotations

from pointsman.ambient import Ambient
from pointsman.api import Api
from pointsman.auth import Accounts
from pointsman.engine.events import Event
from pointsman.metrics import Metrics
from pointsman.outbound.client import Poster
from pointsman.outbound.safety import LookUp, parse_reach
from pointsman.runtime import Runtime
from pointsman.settings import Settings
from pointsman.webhooks.assignment import Assignments
from pointsman.webhooks.forms import Forms
from pointsman.webhooks.outbox import Outbox
from pointsman.wire.outbox import Callback, CallbackKind, outbox

__all__ = ["Callbacks"]


class Callbacks:
    """The callbacks of one server."""

    def __init__(
        self,
        runtime: Runtime,
        accounts: Accounts,
        settings: Settings,
        ambient: Ambient,
        api: Api,
        metrics: Metrics | None = None,
        look_up: LookUp | None = None,
    ) -> None:
        """`look_up` finds the addresses of hosts; without it the loop's own threads do."""
        self._runtime = runtime
        reach = parse_reach(settings.callback_addresses)
        self._poster = Poster(reach, look_up=look_up, ambient=ambient)
        forms = Forms(runtime)
        parts = (accounts, self._poster, forms, settings, ambient, metrics or Metrics())
        self.events = Outbox(runtime, *parts)
        self.assignments = Assignments(runtime, api, *parts)
        api.redrive_by(self.events.redrive)

    async def load(self) -> None:
        """Take up what was owed when the server stopped, and listen from now on."""
        for callback in await self._runtime.history(lambda history: history.waiting_callbacks()):
            self._owe(callback)
        self._runtime.subscribe(self._hear)

    def start(self) -> None:
        """Begin to send."""
        self.events.pump.start()
        self.assignments.pump.start()

    async def stop(self) -> None:
        """Send no more; what did not arrive is sent after the next start."""
        await self.assignments.pump.stop()
        await self.events.pump.stop()
        await self._poster.close()

    def clock_changed(self) -> None:
        """Domain time was set: look at once what is due."""
        self.events.pump.wake()
        self.assignments.pump.wake()

    def next_at(self) -> int | None:
        """When something is due by itself; None when nothing waits for its time."""
        due = (self.events.pump.lanes.next_at(), self.assignments.pump.lanes.next_at())
        return min((at for at in due if at is not None), default=None)

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        await self.assignments.pump.settled()
        await self.events.pump.settled()

    def _hear(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        owed = outbox(events)
        if owed:
            by_sid = {event.sid: event for event in events}
            for callback in owed:
                self._owe(callback, by_sid[callback.event_sid])
            self.clock_changed()

    def _owe(self, callback: Callback, event: Event | None = None) -> None:
        if callback.kind is CallbackKind.ASSIGNMENT:
            self.assignments.owe(callback, event)
        else:
            self.events.owe(callback, event)
