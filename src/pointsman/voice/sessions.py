"""One instruction on its way: its reservation and task, and what it asks of the desk and the exchange."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pointsman.api.telephony import Instruction
from pointsman.engine.records import Reservation, Task, read_json
from pointsman.voice.calls import Call, Direction, Instructed, StatusCallback
from pointsman.voice.parking import Entry
from pointsman.voice.provider import SipAuth
from pointsman.voice.unhonoured import UNHONOURED, left_out, unhonoured

if TYPE_CHECKING:
    from pointsman.voice.lines import Line
    from pointsman.voice.switchboard import Switchboard

__all__ = ["Session"]


class Session:
    """An instruction and everything it is about."""

    def __init__(self, board: Switchboard, instruction: Instruction) -> None:
        self.board = board
        self.kind = instruction.kind
        self.reservation: Reservation = instruction.reservation
        self.task: Task = instruction.task
        self.fields: dict[str, Any] = instruction.fields
        self.workspace_sid = instruction.workspace_sid
        self.account_sid = board.runtime.account_of(self.workspace_sid) or ""
        self.activity_sid: str | None = self.fields.get("post_work_activity_sid")
        told = read_json(self.task.attributes)
        self.attributes: dict[str, Any] = told if isinstance(told, dict) else {}
        self.entry: Entry | None = None
        """The caller, when he was taken out of his queue."""
        self.bridge: str | None = None
        """Where those who talk hear each other, while they do."""
        self.worker_leg: str | None = None
        self.listeners: list[Line] = []
        self.recording: dict[str, Any] = {}
        """How the talk is recorded, if it is."""

    @classmethod
    def of_reservation(
        cls, board: Switchboard, account_sid: str, reservation_sid: str
    ) -> Session | None:
        """A session for what TwiML does with a reservation."""
        found = board.desk.find_reservation(account_sid, reservation_sid)
        if found is None:
            return None
        workspace_sid, reservation, task = found
        return cls(board, Instruction("call", reservation, task, {}, workspace_sid))

    # --- the router's side -------------------------------------------------------------------------

    def is_pending(self) -> bool:
        return self.board.desk.is_pending(self.workspace_sid, self.reservation.sid)

    async def hold(self, at_most_s: int) -> bool:
        return await self.board.desk.hold(self.workspace_sid, self.reservation.sid, at_most_s)

    async def hold_remaining(self) -> None:
        """At the end of its clock the offer is canceled instead of timing out: the worker stays as he is."""
        expires_at = self.reservation.expires_at
        if expires_at is not None:
            await self.hold(max(1, (expires_at - self.board.pace.now) // 1000))

    async def accept(self) -> bool:
        return await self.board.desk.accept(self.workspace_sid, self.reservation.sid)

    async def cancel(self, code: int | None) -> None:
        await self.board.desk.cancel(self.workspace_sid, self.reservation.sid, code)

    async def cancel_task(self, reason: str) -> None:
        await self.board.desk.cancel_task(self.workspace_sid, self.task.sid, reason)

    async def note(self, **members: object) -> None:
        await self.board.desk.note(self.workspace_sid, self.task.sid, **members)

    async def wrap_up(self) -> None:
        await self.board.desk.wrap_up(self.workspace_sid, self.reservation.sid, self.activity_sid)

    def alert(self, code: int, message: str) -> None:
        self.board.desk.alert(
            self.workspace_sid, code, message, self.reservation.sid, level="error"
        )

    def warn(self, code: int, message: str) -> None:
        self.board.desk.alert(self.workspace_sid, code, message, self.reservation.sid)

    def warn_unhonoured(self) -> None:
        """Warn of every parameter that was given and that the provider cannot honour."""
        provider = self.board.provider
        for name in unhonoured(self.fields, provider.capabilities):
            self.warn(UNHONOURED, left_out(name, provider.name))

    # --- the calls' side ---------------------------------------------------------------------------

    def may_call_as(self, from_: str) -> bool:
        """Whether a call for the task may show this number: an own one, or what its caller dialled."""
        call = self.call()
        is_inbound = call is not None and call.direction is Direction.INBOUND
        dialled = call.to if call is not None and is_inbound else None
        return self.board.may_call_as(self.account_sid, from_, dialled)

    def call(self) -> Call | None:
        """The task's live call, as it really is: attributes can be written by anybody."""
        line = self.line(str(self.attributes.get("call_sid")))
        return None if line is None else line.call

    def caller(self) -> Entry | None:
        """The task's caller, while he waits; not while he waits with another task by now."""
        call = self.call()
        entry = None if call is None else self.board.parking.entry_of(call.sid)
        is_other = entry is not None and entry.member.task_sid not in (None, self.task.sid)
        return None if is_other else entry

    def line(self, call_sid: str) -> Line | None:
        """A live call of the task's account."""
        line = self.board.exchange.lines.get(call_sid)
        return None if line is None or line.call.account_sid != self.account_sid else line

    async def call_worker(
        self,
        *,
        record: bool = False,
        callback: StatusCallback | None = None,
        **fields: Any,
    ) -> Line:
        """Call the worker; raises `ProviderGone`."""
        return await self.board.exchange.place(
            account_sid=self.account_sid,
            to=self.fields["to"],
            from_=self.fields["from"],
            timeout_s=self.fields["timeout_s"],
            headers={"X-Task": self.task.sid, "X-Reservation": self.reservation.sid},
            workspace_sid=self.workspace_sid,
            task_sid=self.task.sid,
            reservation_sid=self.reservation.sid,
            callback=callback or self.leg_callback(),
            auth=self._auth(),
            record=record,
            instructed=Instructed(self.kind, _without_secrets(self.fields)),
            **fields,
        )

    def _auth(self) -> SipAuth | None:
        username = self.fields.get("SipAuthUsername")
        return SipAuth(username, self.fields.get("SipAuthPassword") or "") if username else None

    async def place(self, to: str, from_: str, timeout_s: int, **fields: Any) -> Line:
        """Call somebody else for the task; raises `ProviderGone`."""
        return await self.board.exchange.place(
            account_sid=self.account_sid,
            to=to,
            from_=from_,
            timeout_s=timeout_s,
            workspace_sid=self.workspace_sid,
            **fields,
        )

    def leg_callback(self) -> StatusCallback | None:
        """Who is told of the worker's leg, as a dequeue or a conference asks."""
        fields, call_sid = self.fields, self.attributes.get("call_sid")
        task_call = (("taskCallSid", call_sid),) if isinstance(call_sid, str) else ()
        if fields.get("status_callback_url"):
            events = tuple(fields.get("status_callback_events") or ("completed",))
            return StatusCallback(fields["status_callback_url"], "GET", events, task_call)
        if fields.get("StatusCallback"):
            events = tuple(fields.get("StatusCallbackEvent") or ("completed",))
            method = fields.get("StatusCallbackMethod") or "POST"
            return StatusCallback(fields["StatusCallback"], method, events, task_call)
        return None


def _without_secrets(fields: dict[str, Any]) -> dict[str, Any]:
    """What may be remembered of an instruction: a phone that was called is not called again."""
    return {name: value for name, value in fields.items() if not name.startswith("SipAuth")}
