"""How many calls an account may begin in a minute: the fence against dialling at the operator's expense.

Counted is what is dialled, whatever becomes of it: by instructions, by REST, and by `<Dial>`. Whoever
dials too often is refused until a minute has passed since the oldest of those calls; the developer is
told once a minute. Whom one may dial at all is the provider's to say (`addresses`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from pointsman.voice.pace import Pace
from pointsman.voice.provider import ProviderGone

__all__ = ["TOO_MANY_CALLS", "Tolls", "TooManyCalls"]

TOO_MANY_CALLS = 20429
MINUTE_MS = 60_000

Alert = Callable[[str, int, str, str], None]
"""Account, code, message, resource."""


class TooManyCalls(ProviderGone):
    """The account dialled too often; nothing was dialled now."""


class Tolls:
    """What the accounts of one server dialled within the last minute."""

    def __init__(self, per_minute: int, pace: Pace, alert: Alert) -> None:
        """`per_minute` 0 is no limit."""
        self._per_minute = per_minute
        self._pace = pace
        self._alert = alert
        self._began: dict[str, deque[int]] = {}
        self._told: dict[str, int] = {}

    def count(self, account_sid: str) -> None:
        """Count a call that is about to be dialled. Raises `TooManyCalls`, and counts none then."""
        if not self._per_minute:
            return
        now, began = self._pace.now, self._began.setdefault(account_sid, deque())
        while began and began[0] <= now - MINUTE_MS:
            began.popleft()
        if len(began) >= self._per_minute:
            told = f"More than {self._per_minute} calls were dialled within a minute"
            self._tell(account_sid, told, now)
            raise TooManyCalls(told)
        began.append(now)

    def _tell(self, account_sid: str, told: str, now: int) -> None:
        if self._told.get(account_sid, now - MINUTE_MS) <= now - MINUTE_MS:
            self._told[account_sid] = now
            advice = "POINTSMAN_VOICE_DIALS_PER_MINUTE allows more"
            self._alert(account_sid, TOO_MANY_CALLS, f"{told}; {advice}", account_sid)
