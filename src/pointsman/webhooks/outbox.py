"""Event callbacks: sent at least once, in order for each resource, until they arrive or are given up.

An attempt in vain is made again, later each time; what does not arrive within a day becomes a dead
letter, which can be redriven. Delays are domain time; the time that one post may take is the
machine's. What is told is the event's, whenever it is sent.
"""

from __future__ import annotations

import logging

from msgspec import Struct
from msgspec.structs import replace

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.engine.events import Event
from pointsman.metrics import Metrics
from pointsman.outbound.client import FORBIDDEN, Failed, Post, Poster
from pointsman.runtime import Runtime, Unavailable
from pointsman.settings import Settings
from pointsman.store import CallbackNote
from pointsman.webhooks.forms import Forms
from pointsman.webhooks.lanes import Lanes
from pointsman.webhooks.pump import Pump
from pointsman.wire.callbacks import event_form
from pointsman.wire.outbox import Callback

__all__ = ["InVain", "Outbox", "next_attempt"]

# Differs from Twilio (EventCallbackUrl): an event callback that is not answered with 2xx is tried again for a day, and
# the events of one resource arrive in order.
log = logging.getLogger(__name__)

FIRST_DELAY_MS = 1_000
SENT_AT_ONCE = 16
"""Posts that one receiver gets at the same time."""


class InVain(Struct, frozen=True):
    """Why an attempt failed; a hopeless one would fail again however often it is made."""

    reason: str
    hopeless: bool = False


def next_attempt(callback: Callback, now: int, failure: InVain, settings: Settings) -> Callback:
    """The callback after an attempt in vain: due again, twice as late as before, or a dead letter.

    The last attempt is made when its time is over, not before.
    """
    attempts = callback.attempts + 1
    over_at = callback.since + int(settings.event_retry_s * 1000)
    tried = replace(callback, attempts=attempts, reason=failure.reason)
    if failure.hopeless or now >= over_at:
        return replace(tried, next_at=now, dead=True)
    longest_ms = int(settings.event_retry_longest_s * 1000)
    delay_ms = min(FIRST_DELAY_MS << min(attempts - 1, 30), longest_ms)
    return replace(tried, next_at=min(now + delay_ms, over_at))


class Outbox:
    """Sends what is owed to workspaces' EventCallbackUrls."""

    def __init__(
        self,
        runtime: Runtime,
        accounts: Accounts,
        poster: Poster,
        forms: Forms,
        settings: Settings,
        ambient: Ambient,
        metrics: Metrics,
    ) -> None:
        self._runtime = runtime
        self._accounts = accounts
        self._poster = poster
        self._forms = forms
        self._settings = settings
        self._ambient = ambient
        self._metrics = metrics
        self.pump = Pump(Lanes(SENT_AT_ONCE), self._send, ambient)
        metrics.callbacks_waiting.labels("event").set_function(self.pump.lanes.__len__)

    def owe(self, callback: Callback, event: Event | None = None) -> None:
        """Send it in its turn; with too many waiting for its endpoint it is given up at once."""
        if self.pump.lanes.has_room(callback):
            self._forms.keep(callback, event)
            self.pump.lanes.add(callback)
        else:
            told = "Too many callbacks wait for this receiver"
            self._give_up(replace(callback, next_at=self._ambient.now(), reason=told, dead=True))

    def redrive(self, letter: Callback) -> Callback:
        """A dead letter is owed anew, with as much time as at first."""
        now = self._ambient.now()
        callback = replace(letter, since=now, next_at=now, attempts=0, reason="", dead=False)
        self._runtime.note([CallbackNote(callback)])
        self.owe(callback)
        self.pump.wake()
        return callback

    async def _send(self, callback: Callback) -> Callback | None:
        """One attempt; None when it arrived or was given up."""
        try:
            failure = await self._attempt(callback)
        except Exception:  # counts as an attempt in vain, so that it ends as a dead letter
            log.exception("The callback of %s could not be sent", callback.event_sid)
            failure = InVain("The server made a mistake; it was logged")
        if failure is None:
            log.debug("the callback of %s arrived", callback.event_sid)
            self._runtime.note([CallbackNote(callback, done=True)])
            self._count("arrived")
            lag_s = (self._ambient.now() - callback.since) / 1000
            self._metrics.callback_lag_seconds.labels("event").observe(lag_s)
            return None
        tried = next_attempt(callback, self._ambient.now(), failure, self._settings)
        if tried.dead:
            self._give_up(tried)
            return None
        self._runtime.note([CallbackNote(tried)])
        self._count("failed")
        return tried

    async def _attempt(self, callback: Callback) -> InVain | None:
        """Post it once; why it did not arrive, None when it did."""
        account = self._accounts.current(callback.account_sid, self._ambient.wall())
        if account is None:
            return InVain("The account is gone", hopeless=True)
        try:
            post = Post(
                url=callback.url,
                form=await self._forms.of(callback, event_form),
                message_sid=callback.event_sid,
                auth_token=account.auth_token,
                trusted=account.bootstrap,
                limit_s=self._settings.event_callback_s,
            )
            answer = await self._poster.post(post)
        except Unavailable:
            return InVain("The event could not be read")
        except Failed as failed:
            return InVain(failed.failure.message, hopeless=failed.failure.code == FORBIDDEN)
        if 200 <= answer.status < 300:
            return None
        return InVain(f"It answered with status {answer.status}")

    def _give_up(self, letter: Callback) -> None:
        log.warning("gave up the callback of %s: %s", letter.event_sid, letter.reason)
        self._runtime.note([CallbackNote(letter)])
        self._count("given_up")

    def _count(self, result: str) -> None:
        self._metrics.callbacks.labels("event", result).inc()
