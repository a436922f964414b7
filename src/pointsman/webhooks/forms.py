"""What callbacks tell: from the event while it is at hand, else from the store.

Events of callbacks that were just made are kept until they were sent once, up to a bound; what is
tried again, or owed since before a restart, is read. Both give the same form.
"""

from __future__ import annotations

from collections.abc import Callable

from pointsman import logs
from pointsman.engine.events import Event
from pointsman.runtime import Runtime, Unavailable
from pointsman.wire.events import event_data
from pointsman.wire.field_groups import Fields
from pointsman.wire.outbox import Callback, CallbackKind
from pointsman.wire.resources import Told

__all__ = ["Forms"]

MOST_KEPT = 10_000
Render = Callable[[Told, Fields, str], dict[str, str]]


class Forms:
    """The forms of callbacks that are owed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._events: dict[tuple[str, CallbackKind], Event] = {}

    def keep(self, callback: Callback, event: Event | None) -> None:
        """Have the event at hand for the first attempt, if there is room."""
        if event is not None and len(self._events) < MOST_KEPT:
            self._events[callback.event_sid, callback.kind] = event

    async def of(self, callback: Callback, render: Render) -> dict[str, str]:
        """The form; raises `Unavailable` when its event cannot be read now.

        From then on the sending is on behalf of the request that caused the event.
        """
        event = self._events.pop((callback.event_sid, callback.kind), None)
        if event is not None:
            logs.request_id.set(event.actor.request_id or "")
            return render(event, event_data(event), callback.account_sid)
        workspace_sid, event_sid = callback.workspace_sid, callback.event_sid
        stored = await self._runtime.history(
            lambda history: history.event(workspace_sid, event_sid)
        )
        if stored is None:
            raise Unavailable(f"The event {event_sid} is not stored")
        logs.request_id.set(stored.actor.request_id or "")
        return render(stored, stored.event_data, callback.account_sid)
