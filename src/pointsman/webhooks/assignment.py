"""Assignment callbacks: an offer is posted, and the answer becomes a command.

The application has its seconds to answer, then the fallback URL is asked. When neither can be asked
the offer is canceled and the task rests a while. An answer that was not handled, because the server
stopped or could not store it, is asked for again while the reservation is pending. Instructions go
through the api, as if the application had posted them itself.
"""

from __future__ import annotations

import logging
from typing import Any

from msgspec.structs import replace

from pointsman.ambient import Ambient
from pointsman.api import Api, Reply, Request
from pointsman.auth import Account, Accounts
from pointsman.auth.principal import account_principal
from pointsman.engine.commands import CancelReservation
from pointsman.engine.errors import EngineError
from pointsman.engine.events import Event
from pointsman.engine.records import Actor, Alert, Reservation, ReservationStatus
from pointsman.engine.state import State
from pointsman.metrics import Metrics
from pointsman.outbound.client import Failed, Post, Poster
from pointsman.runtime import Runtime, Unavailable
from pointsman.settings import Settings
from pointsman.store import AlertNote, CallbackNote
from pointsman.webhooks.forms import Forms
from pointsman.webhooks.lanes import Lanes
from pointsman.webhooks.pump import Pump
from pointsman.webhooks.replies import Instruction, Verdict, instruction_params, judge
from pointsman.wire.callbacks import assignment_form
from pointsman.wire.outbox import Callback

__all__ = ["Assignments"]

log = logging.getLogger(__name__)

SENT_AT_ONCE = 64
"""Posts that one receiver gets at the same time."""
AGAIN_MS = 1_000
"""After an answer that could not be stored."""
_WARNINGS = frozenset({40000, 40001, 40005})


class Assignments:
    """Asks workflows' AssignmentCallbackUrls, and does what they say."""

    def __init__(
        self,
        runtime: Runtime,
        api: Api,
        accounts: Accounts,
        poster: Poster,
        forms: Forms,
        settings: Settings,
        ambient: Ambient,
        metrics: Metrics,
    ) -> None:
        self._runtime = runtime
        self._api = api
        self._accounts = accounts
        self._poster = poster
        self._forms = forms
        self._settings = settings
        self._ambient = ambient
        self._metrics = metrics
        self.pump = Pump(Lanes(SENT_AT_ONCE), self._send, ambient)
        metrics.callbacks_waiting.labels("assignment").set_function(self.pump.lanes.__len__)

    def owe(self, callback: Callback, event: Event | None = None) -> None:
        self._forms.keep(callback, event)
        self.pump.lanes.add(callback)

    async def _send(self, callback: Callback) -> Callback | None:
        try:
            account = self._accounts.current(callback.account_sid, self._ambient.wall())
            if account is not None and self._is_pending(callback):
                await self._decide(callback, account)
        except Unavailable:
            return replace(callback, next_at=self._ambient.now() + AGAIN_MS)
        self._runtime.note([CallbackNote(callback, done=True)])
        return None

    async def _decide(self, callback: Callback, account: Account) -> None:
        """Ask at the URL, then at the fallback; carry out what comes back."""
        form = await self._forms.of(callback, assignment_form)
        for url in (callback.url, callback.fallback_url):
            if not url:
                continue
            verdict = await self._ask(url, form, callback, account)
            if verdict.code:
                self._alert(callback, verdict.code, f"{url}: {verdict.message}")
            result = "failed" if verdict.failed else "arrived"
            log.debug("the assignment callback of %s %s", callback.resource_sid, result)
            self._metrics.callbacks.labels("assignment", result).inc()
            if not verdict.failed:
                lag_s = (self._ambient.now() - callback.since) / 1000
                self._metrics.callback_lag_seconds.labels("assignment").observe(lag_s)
                if verdict.instruction is not None:
                    await self._instruct(callback, form["TaskSid"], verdict.instruction)
                return
            form = form | {"ErrorCode": str(verdict.code), "ErrorUrl": url}
        await self._cancel(callback)

    async def _ask(
        self, url: str, form: dict[str, str], callback: Callback, account: Account
    ) -> Verdict:
        post = Post(
            url=url,
            form=form,
            message_sid=callback.resource_sid,
            auth_token=account.auth_token,
            trusted=account.bootstrap,
            limit_s=self._settings.assignment_callback_s,
        )
        try:
            return judge(await self._poster.post(post))
        except Failed as failed:
            return Verdict(None, failed.failure.code, failed.failure.message, failed=True)

    async def _cancel(self, callback: Callback) -> None:
        actor = Actor("workspace", callback.workspace_sid, "twilio")
        command = CancelReservation(actor=actor, reservation_sid=callback.resource_sid)
        try:
            await self._runtime.execute(
                callback.workspace_sid, command, lambda state, outcome: None
            )
        except EngineError:
            return  # it is over already: nothing is left to cancel

    # --- instructions ------------------------------------------------------------------------------

    async def _instruct(self, callback: Callback, task_sid: str, instruction: Instruction) -> None:
        params = instruction_params(instruction)
        if instruction.kind == "reject":
            activity_sid = instruction.fields.get("activity_sid")
            if activity_sid:
                params["WorkerActivitySid"] = str(activity_sid)
            else:
                told = "The instruction reject has no activity_sid; the worker keeps his activity"
                self._alert(callback, 40100, told)
        reply = await self._answer(callback, task_sid, params)
        if reply.status < 400 or not self._is_pending(callback):
            return  # what came too late has left its alert, where there is a code for it
        assert reply.body is not None
        code = 40100 if instruction.kind == "reject" else reply.body["code"]
        if code in (20001, 40100, 55555):  # other codes were noted by the api
            self._alert(callback, code, reply.body["message"])

    async def _answer(self, callback: Callback, task_sid: str, params: Any) -> Reply:
        """What the api says to the instruction, posted as by the account itself."""
        home = f"/v1/Workspaces/{callback.workspace_sid}/Tasks/{task_sid}"
        reply = await self._api.call(
            Request(
                method="POST",
                path=f"{home}/Reservations/{callback.resource_sid}",
                params=params,
                principal=account_principal(callback.account_sid),
                base=self._settings.public_url,
            )
        )
        if reply.status == 503:
            raise Unavailable("The instruction could not be stored")
        return reply

    def _is_pending(self, callback: Callback) -> bool:
        sid = callback.resource_sid

        def found(state: State) -> Reservation | None:
            return state.reservations.get(sid)

        try:
            reservation = self._runtime.glance(callback.workspace_sid, found)
        except EngineError:
            return False  # the workspace is gone
        status = None if reservation is None else reservation.reservation_status
        return status is ReservationStatus.PENDING

    def _alert(self, callback: Callback, code: int, message: str) -> None:
        alert = Alert(
            sid=self._ambient.new_sid("NO"),
            code=code,
            level="warning" if code in _WARNINGS else "error",
            message=message,
            at=self._ambient.now(),
            resource_sid=callback.resource_sid,
        )
        self._runtime.note([AlertNote(callback.workspace_sid, alert)])
