"""What figures are asked for: a window of the past, a task channel, thresholds of waiting.

A window is the last 15 minutes unless minutes or dates say otherwise; it may begin only so long ago
as the settings allow. Nothing is counted here (docs/statistics.md).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from msgspec import Struct

from pointsman.api.errors import Refused
from pointsman.api.events import window
from pointsman.api.params import Params, many, one, sid_text, whole
from pointsman.engine.errors import Invalid
from pointsman.engine.records import Alert
from pointsman.engine.state import State
from pointsman.store import AlertNote

if TYPE_CHECKING:
    from pointsman.api.calls import Call

__all__ = ["Pace", "StatisticsLimits", "Window", "task_channel_asked", "window_asked"]

_DAY_MS = 86_400_000
_LATEST = 253_402_300_799_999
"""The last instant that can be written as a date."""
TOO_OLD = 14241
MOST_THRESHOLDS = 100


class StatisticsLimits(Struct, frozen=True):
    """What may be asked for (docs/settings.md); 0 is no limit."""

    window_days: int = 30
    workers: int = 0
    """Workers of a workspace, above which figures of workers are refused."""
    bulk_per_s: int = 5


class Pace:
    """How often somebody may ask within a second."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s
        self._asked_at: dict[str, deque[float]] = {}

    def check(self, account_sid: str, wall: float) -> None:
        """Count a request; 429 when there were enough of them in the last second."""
        if self._per_s == 0:
            return
        last = self._asked_at.setdefault(account_sid, deque(maxlen=self._per_s))
        if len(last) == self._per_s and wall - last[0] < 1.0:
            told = f"This may be asked for {self._per_s} times in a second; please wait"
            raise Refused(429, 20429, told, {"Retry-After": "1"})
        last.append(wall)


class Window(Struct, frozen=True):
    """The part of the past that cumulative figures are of, both moments included, in epoch ms."""

    start: int
    end: int
    now: int
    thresholds_s: tuple[int, ...] = ()

    @property
    def until(self) -> int:
        """The last moment of which anything can be known."""
        return min(self.end, self.now)


def window_asked(call: Call) -> Window:
    """The window that Minutes, or StartDate and EndDate, ask for, with SplitByWaitTime."""
    now = call.ambient.now()
    start, end = window(call.params, now)
    assert start is not None
    start, end = max(start, 0), now if end is None else end
    if end < start:
        raise Invalid("StartDate", "StartDate lies after the window's end")
    if end > _LATEST:
        raise Invalid("EndDate", "EndDate lies beyond the year 9999")
    days = call.statistics.window_days
    if days and start < now - days * _DAY_MS:
        told = f"Statistics reach {days} days back; StartDate or Minutes asks for more"
        _warn(call, told)
        raise Refused(400, TOO_OLD, told)
    return Window(start, end, now, _thresholds_s(call.params))


def task_channel_asked(params: Params, state: State) -> str | None:
    """SID of the task channel that TaskChannel names, by SID or unique name; None: all of them."""
    value = one(params, "TaskChannel")
    if value in (None, ""):
        return None
    asked = sid_text("TaskChannel", value)
    found = state.task_channel(asked)
    if found is None:
        raise Invalid("TaskChannel", f"TaskChannel {asked} is not a task channel of this workspace")
    return found.sid


def _thresholds_s(params: Params) -> tuple[int, ...]:
    """Positive whole numbers, each once, in the order given."""
    asked = [whole("SplitByWaitTime", word) for word in many(params, "SplitByWaitTime")]
    if any(threshold_s < 1 for threshold_s in asked):
        raise Invalid("SplitByWaitTime", "SplitByWaitTime has to be seconds, 1 or more each")
    if len(asked) > MOST_THRESHOLDS:
        told = f"SplitByWaitTime has more than {MOST_THRESHOLDS} thresholds"
        raise Invalid("SplitByWaitTime", told)
    return tuple(dict.fromkeys(asked))


def _warn(call: Call, told: str) -> None:
    sid = call.ambient.new_sid("NO")
    alert = Alert(sid, TOO_OLD, "warning", told, call.ambient.now(), call.workspace_sid)
    call.runtime.note([AlertNote(call.workspace_sid, alert)])
