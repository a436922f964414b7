"""Records → replies: how each noun is found, what it is called in lists, and how it looks.

The shapes themselves are made by `pointsman.wire`: `resources` for the two views that speak the
public representation (REST and the legacy live channel), `bridge` for the internal one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from pointsman.api.calls import Call, Reply
from pointsman.api.errors import Refused
from pointsman.engine.records import Record
from pointsman.engine.state import State
from pointsman.wire import bridge, resources

__all__ = [
    "ACTIVITY",
    "RESERVATION_OF_TASK",
    "RESERVATION_OF_WORKER",
    "TASK",
    "TASK_CHANNEL",
    "TASK_QUEUE",
    "WORKER",
    "WORKER_CHANNEL",
    "WORKFLOW",
    "WORKSPACE",
    "Noun",
    "etag",
]

Names = Mapping[str, str]


def _not_internal(record: Any, state: State, now: int) -> dict[str, Any]:
    """The newer SDK never asks for these, so they have no internal form."""
    raise _not_offered()


def _not_offered() -> Refused:
    return Refused(404, 20404, "This resource is not offered on this path of the live channel")


class Noun(Struct, frozen=True):
    """One kind of resource: `key` names its lists, `find` looks the path's record up."""

    key: str
    find: Callable[[State, Names], Any]
    show: Callable[[Any, State, str, int], dict[str, Any]]
    """(record, state, base, now) → its JSON."""
    internal: Callable[[Any, State, int], dict[str, Any]] = _not_internal
    """(record, state, now) → its JSON on the newer live channel."""
    versioned: bool = False

    def shown(self, record: Any, state: State, call: Call, now: int) -> dict[str, Any]:
        """The record's JSON in the view of whoever asks."""
        if call.request.view == "bridge_m":
            return self.internal(record, state, now)
        return self.show(record, state, call.origin, now)

    def check_shown(self, call: Call) -> None:
        """Refuse, before anything is done, what could not be shown to whoever asks."""
        if call.request.view == "bridge_m" and self.internal is _not_internal:
            raise _not_offered()

    def reply(self, record: Any, state: State, call: Call, now: int, status: int = 200) -> Reply:
        """The record as an answer, with its version where clients may ask for it back."""
        body = self.shown(record, state, call, now)
        return Reply(status, body, {"ETag": etag(record)} if self.versioned else {})


def etag(record: Any) -> str:
    """The version of a task, worker or reservation as an entity tag."""
    return f'"{record.version}"'


def _table(table: Callable[[State], Mapping[str, Record]], name: str) -> Any:
    return lambda state, names: table(state).get(names[name])


def _worker_channel(state: State, names: Names) -> Any:
    """By its own SID, or by the SID or unique name of its task channel."""
    key = names["worker_channel"]
    channel = state.worker_channels.get(key)
    if channel is not None:
        return channel if channel.worker_sid == names["worker_sid"] else None
    kind = state.task_channel(key)
    return None if kind is None else state.worker_channel(names["worker_sid"], kind.sid)


def _reservation(owner: str) -> Any:
    """A reservation is found below its own task or worker only."""

    def find(state: State, names: Names) -> Any:
        found = state.reservations.get(names["reservation_sid"])
        return found if found is not None and getattr(found, owner) == names[owner] else None

    return find


WORKSPACE = Noun(
    "workspaces",
    lambda state, names: state.workspace,
    lambda record, state, base, now: resources.workspace(record, state, base),
)
ACTIVITY = Noun(
    "activities",
    _table(lambda state: state.activities, "activity_sid"),
    lambda record, state, base, now: resources.activity(record, state, base),
    bridge.activity,
)
TASK_CHANNEL = Noun(
    "channels",
    lambda state, names: state.task_channel(names["task_channel"]),
    lambda record, state, base, now: resources.task_channel(record, state, base),
)
WORKER = Noun(
    "workers",
    _table(lambda state: state.workers, "worker_sid"),
    lambda record, state, base, now: resources.worker(record, state, base),
    bridge.worker,
    versioned=True,
)
WORKER_CHANNEL = Noun(
    "channels",
    _worker_channel,
    lambda record, state, base, now: resources.worker_channel(record, state, base),
    bridge.worker_channel,
)
TASK_QUEUE = Noun(
    "task_queues",
    _table(lambda state: state.task_queues, "task_queue_sid"),
    lambda record, state, base, now: resources.task_queue(record, state, base),
    bridge.task_queue,
)
WORKFLOW = Noun(
    "workflows",
    _table(lambda state: state.workflows, "workflow_sid"),
    lambda record, state, base, now: resources.workflow(record, state, base),
)
TASK = Noun(
    "tasks",
    _table(lambda state: state.tasks, "task_sid"),
    resources.task,
    bridge.task,
    versioned=True,
)
RESERVATION_OF_TASK = Noun(
    "reservations",
    _reservation("task_sid"),
    lambda record, state, base, now: resources.reservation(record, state, base, "task"),
    bridge.reservation,
    versioned=True,
)
RESERVATION_OF_WORKER = Noun(
    "reservations",
    _reservation("worker_sid"),
    lambda record, state, base, now: resources.reservation(record, state, base, "worker"),
    bridge.reservation,
    versioned=True,
)
