"""Who is told of committed events, and of workspaces that were loaded.

The rule: each is told in turn, and one that fails keeps nothing from the others. What an event means
is not known here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from pointsman.engine.events import Event

__all__ = ["Listener", "Listeners"]

log = logging.getLogger(__name__)

Listener = Callable[[str, tuple[Event, ...]], None]
"""Is given a workspace's SID and its events."""
LoadListener = Callable[[str], None]


class Listeners:
    """Those who asked to be told."""

    def __init__(self) -> None:
        self._of_events: list[Listener] = []
        self._of_loads: list[LoadListener] = []

    def add(self, listener: Listener) -> Callable[[], None]:
        """Tell it every event; the answer ends that."""
        self._of_events.append(listener)
        return partial(self._of_events.remove, listener)

    def add_for_loads(self, listener: LoadListener) -> Callable[[], None]:
        """Tell it of every load; the answer ends that."""
        self._of_loads.append(listener)
        return partial(self._of_loads.remove, listener)

    def tell(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        for listener in list(self._of_events):
            try:
                listener(workspace_sid, events)
            except Exception:  # a listener's mistake is not the others', nor the commit's
                log.exception("A listener failed on events of %s", workspace_sid)

    def tell_of_load(self, workspace_sid: str) -> None:
        for listener in list(self._of_loads):
            listener(workspace_sid)
