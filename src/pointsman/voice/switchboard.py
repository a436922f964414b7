"""The whole of voice: its parts put together, started and stopped with the server.

It hears two sides, the provider's events and the runtime's, and hands each on to the part that owns
it. No rule of a call, a queue or an instruction is here.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pointsman.ambient import Ambient
from pointsman.auth import Accounts
from pointsman.engine.events import Event
from pointsman.outbound.client import Poster
from pointsman.outbound.safety import LookUp, parse_reach
from pointsman.runtime import Runtime
from pointsman.settings import Settings
from pointsman.store import VoiceNote
from pointsman.voice.caller_ids_rest import CallerIdsRest
from pointsman.voice.calls import Call, Source, Waiting
from pointsman.voice.calls_rest import CallsRest
from pointsman.voice.conferences_rest import ConferencesRest
from pointsman.voice.desk import Desk
from pointsman.voice.dial import dial
from pointsman.voice.enqueue import enqueue
from pointsman.voice.exchange import Exchange
from pointsman.voice.fetching import Fetcher, NoTwiml
from pointsman.voice.forgetting import Forgetting
from pointsman.voice.handovers import hear_of_task
from pointsman.voice.instructions import Instructions
from pointsman.voice.lines import Line, Lost
from pointsman.voice.numbers import CallerId, Number, compared
from pointsman.voice.numbers_rest import NumbersRest
from pointsman.voice.old_api import Door
from pointsman.voice.pace import Pace
from pointsman.voice.parking import Parking
from pointsman.voice.provider import VoiceProvider
from pointsman.voice.queues_rest import QueuesRest
from pointsman.voice.recordings_rest import RecordingsRest
from pointsman.voice.restart import Restart
from pointsman.voice.rooms import Rooms
from pointsman.voice.script import run_call
from pointsman.voice.simulator import Simulator
from pointsman.voice.softphone import Softphones
from pointsman.voice.staging import Staging
from pointsman.voice.status import Status
from pointsman.voice.tolls import Tolls
from pointsman.voice.twilio.asked import AnswerCarrier
from pointsman.voice.verbs import ASIDE_VERBS, NOT_ASIDE, PLAIN_VERBS
from pointsman.voice.waiting import wait

__all__ = ["Switchboard"]

log = logging.getLogger(__name__)
PROVIDER_DOWN = 32011
_LOST = frozenset(
    {
        "reservation.canceled",
        "reservation.rescinded",
        "reservation.timeout",
        "reservation.rejected",
    }
)


class Switchboard:
    """Voice of one server."""

    def __init__(
        self,
        provider: VoiceProvider,
        runtime: Runtime,
        accounts: Accounts,
        settings: Settings,
        ambient: Ambient,
        pace: Pace,
        names: LookUp,
    ) -> None:
        self.provider = provider
        self.runtime = runtime
        self.accounts = accounts
        self.settings = settings
        self.ambient = ambient
        self.pace = pace
        self.desk = Desk(runtime, ambient, pace)
        reach = parse_reach(settings.callback_addresses)
        self._poster = Poster(reach, look_up=names, ambient=ambient)
        self.fetcher = Fetcher(self._poster, accounts, ambient, settings.voice_twiml_s)
        exchange = self.exchange = Exchange(provider, pace, ambient, self._remember)
        self.status = Status(
            self._poster,
            accounts,
            pace,
            ambient,
            self.desk.alert_account,
            settings.origin,
            settings.event_callback_s,
        )
        exchange.tidings, exchange.incoming, exchange.run = self.status, self._come_in, self._run
        exchange.fell.append(self._fell)
        exchange.tolls = Tolls(settings.voice_dials_per_minute, pace, self.desk.alert_account)
        self._forgetting = Forgetting(runtime, exchange, settings.retention_days)
        self.parking = Parking(exchange)
        self.rooms = Rooms(exchange, self.status.send, self._aside)
        self.caller_ids: dict[str, CallerId] = {}
        """By SID."""
        self.callers: dict[str, Line] = {}
        """By reservation: the line that is told when the reservation is lost."""
        self.redirected: dict[str, tuple[str, str]] = {}
        """By reservation: workspace and task of a caller who was sent elsewhere before it was accepted."""
        self.instructions = Instructions(self)
        self.doors = self._doors()
        """What is asked of voice over REST."""
        self.answer_carrier: AnswerCarrier | None = None
        """Answers the requests of a carrier that asks us what its calls shall do."""
        self._verbs = PLAIN_VERBS | {"Enqueue": enqueue, "Dial": dial}
        runtime.subscribe(self._hear)

    def _doors(self) -> list[Door | Staging | Softphones]:
        settings = self.settings
        rest = (
            NumbersRest,
            CallerIdsRest,
            CallsRest,
            QueuesRest,
            ConferencesRest,
            RecordingsRest,
        )
        doors: list[Door | Staging | Softphones] = [door(self) for door in rest]
        if settings.softphone_url:
            doors.append(Softphones(self, settings.softphone_url, settings.softphone_secret))
        if isinstance(self.provider, Simulator):
            doors.append(Staging(self.provider, self.exchange))
        return doors

    # --- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take up what was remembered, then connect; calls that did not live on are ended."""
        restart = Restart(self)
        await restart.load()
        await self._forgetting.start()
        self.exchange.is_up = True  # unless the provider tells otherwise while it starts
        legs = await self.provider.start(self.exchange.hear)
        if self.exchange.is_up or "survives_restart" not in self.provider.capabilities:
            await restart.settle(legs)
        else:  # calls may live on, although nobody can say so yet
            self.exchange.awaited = lambda legs: self.exchange.spawn(self._late(restart, legs))

    async def _late(self, restart: Restart, legs: frozenset[str]) -> None:
        await restart.settle(legs)
        self.exchange.is_up = True

    async def stop(self) -> None:
        """Nothing is heard or said any more."""
        await self.pace.stop()
        await self.provider.stop()
        await self._poster.close()

    # --- what others of voice use ------------------------------------------------------------------

    def recording_url(self, account_sid: str, sid: str) -> str:
        return self.status.recording_url(account_sid, sid)

    def tell_document(self, source: Source, fields: Mapping[str, str], call: Call) -> None:
        """Ask for a document that nobody will hear, so that the application knows."""

        async def ask() -> None:
            try:
                await self.fetcher.fetch(source, fields, call.account_sid)
            except NoTwiml as nothing:
                self.desk.alert_account(call.account_sid, nothing.code, str(nothing), call.sid)

        self.pace.spawn(ask())

    def may_call_as(self, account_sid: str, from_: str, dialled: str | None) -> bool:
        """Whether the account may show this number as its own; `dialled`: what its caller dialled."""
        if self.settings.voice_caller_id == "any":
            return True
        if dialled is not None and compared(from_) == compared(dialled):
            return True
        return self.owns(account_sid, from_)

    def owns(self, account_sid: str, phone_number: str) -> bool:
        """Whether it is a number of the account, or one that it has verified."""
        own: list[Number | CallerId] = [*self.exchange.numbers.values(), *self.caller_ids.values()]
        return any(
            one.account_sid == account_sid and compared(one.phone_number) == compared(phone_number)
            for one in own
        )

    def put_caller_id(self, caller_id: CallerId) -> None:
        """Keep a verified number as it is now; one that is not live is nobody's any more."""
        self.caller_ids.pop(caller_id.sid, None)
        if caller_id.is_live:
            self.caller_ids[caller_id.sid] = caller_id
        self.exchange.remember("caller_id", caller_id.sid, caller_id)

    def put_number(self, number: Number) -> None:
        """Keep a number as it is now; one that is not live is answered no more."""
        others = {
            compared(n.phone_number): n
            for n in self.exchange.numbers.values()
            if n.sid != number.sid
        }
        self.exchange.numbers = others
        if number.is_live:
            self.exchange.numbers[compared(number.phone_number)] = number
        self.exchange.remember("number", number.sid, number)

    # --- what is heard -----------------------------------------------------------------------------

    def _remember(self, note: VoiceNote) -> None:
        self.runtime.note([note])
        self._forgetting.remembered(note)

    def _come_in(self, line: Line, number: Number) -> None:
        self.exchange.start_script(line, number.source)

    async def _run(self, line: Line, source: Source) -> None:
        await run_call(self, line, self._verbs, source)

    def resume(self, line: Line, waiting: Waiting) -> None:
        """Let a caller wait, or talk, on as before a restart."""
        source, entry = line.call.source, self.parking.restore_entry(line, waiting)
        before = None if entry is None else (waiting, entry)
        self.exchange.occupy(line, run_call(self, line, self._verbs, source, before))

    def _fell(self, reason: str) -> None:
        told = f"The voice provider {self.provider.name} is down: {reason}"
        for account in self.accounts.all():
            if self.runtime.workspaces_of(account.sid):
                self.desk.alert_account(account.sid, PROVIDER_DOWN, told, account.sid, "error")

    async def _aside(self, line: Line, source: Source | None) -> None:
        """What a participant of a conference hears beside the talk."""
        await wait(self, line, source, ASIDE_VERBS, unknown=NOT_ASIDE)

    def _hear(self, workspace_sid: str, events: tuple[Event, ...]) -> None:
        """What was committed: a reservation that is lost ends the call that was made for it."""
        for event in events:
            hear_of_task(self, workspace_sid, event)
            if event.reservation is None:
                continue
            sid = event.reservation.sid
            if event.type in _LOST and sid in self.callers:
                self.callers.pop(sid).control.put(Lost(sid))
            if sid in self.redirected and event.type != "reservation.created":
                workspace, task_sid = self.redirected.pop(sid)
                if event.type in _LOST:
                    self.pace.spawn(self.desk.cancel_task(workspace, task_sid, "redirected"))
