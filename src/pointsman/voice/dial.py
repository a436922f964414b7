"""The verb `<Dial>`: call others and connect the first who answers, a queue's caller, or a conference."""

from __future__ import annotations

import asyncio
from typing import Any

from pointsman.voice.calls import CallStatus, Direction, StatusCallback
from pointsman.voice.conference import MOST_PARTICIPANTS
from pointsman.voice.fetching import NoTwiml
from pointsman.voice.lines import Bridge, BridgeOver, Line, Moved, RoomOver
from pointsman.voice.numbers import compared
from pointsman.voice.provider import Builtin, ProviderGone, SipAuth
from pointsman.voice.script import End, Goto, Run, Wait
from pointsman.voice.twiml import Element
from pointsman.voice.verbs import WAIT_VERBS, is_trimmed, recording_callback

__all__ = ["dial"]

NOT_CALLED = 13223
BAD_CALLER = 13214
NO_RESERVATION = 14217
NOT_COACHED = 13240
PHONES = ("Number", "Client", "Sip")
LONGEST_TALK_S = 14_400
SCREEN_VERBS = {name: act for name, act in WAIT_VERBS.items() if name != "Leave"}
"""What the document of a called phone may do before it is connected."""


async def dial(run: Run, verb: Element) -> Wait:
    """Connect the caller; afterwards `action` is told how it went, or the next verb runs."""
    for nested in verb.children:
        if nested.name in ("Conference", "Queue") and not await run.answered():
            return End()
        if nested.name == "Conference":
            return _after(run, verb, await _conference(run, verb, nested))
        if nested.name == "Queue":
            return _after(run, verb, await _queue(run, verb, nested))
    nouns = [one for one in verb.children if one.name in PHONES]
    if verb.text:
        nouns.append(Element("Number", {}, [], [verb.text]))
    return _after(run, verb, await _Dialling(run, verb).phones(nouns))


def _after(run: Run, verb: Element, fields: dict[str, str]) -> Wait:
    action = run.link(verb)
    return None if action is None else Goto(action, fields)


def _recording(run: Run, verb: Element) -> dict[str, Any] | None:
    """How the talk is recorded; None: it is not."""
    asked, capabilities = verb.get("record", "do-not-record"), run.board.provider.capabilities
    if asked in ("do-not-record", "false") or "record" not in capabilities:
        return None
    options: dict[str, Any] = {"callback": recording_callback(run, verb)}
    if asked.endswith("-dual") and "record_dual" in capabilities:
        options["dual"] = True
    if is_trimmed(run, verb):
        options["trim"] = True
    return options


class _Dialling:
    """Phones that ring together, or one after the other, for one caller."""

    def __init__(self, run: Run, verb: Element) -> None:
        self.run = run
        self.verb = verb
        self.lines: dict[str, Line] = {}
        self.nouns: dict[str, Element] = {}
        """By call."""
        self.status = CallStatus.FAILED

    async def phones(self, nouns: list[Element]) -> dict[str, str]:
        """Ring them; the first who answers is connected, the others are left alone."""
        run, exchange = self.run, self.run.board.exchange
        from_ = compared(self.verb.get("callerId") or run.line.call.from_)
        if not self._may_show(from_, nouns):
            run.warn(BAD_CALLER, f"<Dial>: the account may not show {from_} as its number")
            return {"DialCallStatus": "failed"}
        try:
            if run.line.is_up:
                await exchange.play(run.line, [Builtin("ring")], 0)
            answered = await self._found(nouns, from_)
            await exchange.quiet(run.line)
            if answered is None:
                return {"DialCallStatus": self.status.value, "DialBridged": "false"}
            return await self._talk(answered)
        finally:
            for line in self.lines.values():
                exchange.spawn(exchange.dismiss(line))

    def _may_show(self, from_: str, nouns: list[Element]) -> bool:
        """Own numbers, both of the caller's, and to phones that are no numbers any client."""
        call = self.run.line.call
        if from_.startswith("client:") and all(noun.name != "Number" for noun in nouns):
            return True
        dialled = call.to if call.direction is Direction.INBOUND else None
        is_caller = from_ == compared(call.from_)
        return is_caller or self.run.board.may_call_as(call.account_sid, from_, dialled)

    async def _found(self, nouns: list[Element], from_: str) -> Line | None:
        """Who is to be connected; None: nobody."""
        rounds = [[noun] for noun in nouns] if self.verb.flag("sequential") else [nouns]
        for called in rounds:
            for noun in called:
                await self._call(noun, from_)
            answered = await self._first()
            if answered is not None and await self._is_willing(answered):
                return answered
            if answered is not None:
                self.status = CallStatus.NO_ANSWER
        return None

    async def _is_willing(self, answered: Line) -> bool:
        """Press his keys and run his document, in which he may hang up; whether he is still there."""
        run, noun = self.run, self.nouns[answered.sid]
        provider, exchange = run.board.provider, run.board.exchange
        digits = noun.get("sendDigits")
        if digits and "digits" in provider.capabilities:
            await exchange.attempt(provider.send_digits(answered.call.leg, digits.lower()))
        source = run.link(noun, "url")
        if source is None:
            return answered.is_up
        for line in self.lines.values():
            if line is not answered:
                await exchange.hang_up(line)
        try:
            end = await Run(run.board, answered, SCREEN_VERBS).follow(source)
        except NoTwiml:
            return answered.is_up  # he was warned of it, and the caller waits
        if end.why:
            await exchange.hang_up(answered)
        return answered.is_up and not end.why

    async def _call(self, noun: Element, from_: str) -> None:
        call = self.run.line.call
        callback = self.run.link(noun, "statusCallback")
        events = tuple(noun.get("statusCallbackEvent", "completed").replace(",", " ").split())
        try:
            line = await self.run.board.exchange.place(
                account_sid=call.account_sid,
                to=address_of(noun),
                from_=from_,
                direction=Direction.OUTBOUND_DIAL,
                timeout_s=self.verb.whole("timeout", 30),
                parent_call_sid=call.sid,
                auth=_login(noun),
                callback=None
                if callback is None
                else StatusCallback(callback.url, callback.method, events),
            )
        except ProviderGone as gone:
            self.run.warn(NOT_CALLED, f"<Dial>: {gone}")
            return
        self.lines[line.sid], self.nouns[line.sid] = line, noun
        line.watchers.append(self.run.line.control)

    async def _first(self) -> Line | None:
        """The first who answers; None when all have ended."""
        open_sids = set()
        for line in self.lines.values():
            if line.is_up:
                return line
            if line.call.is_live:
                open_sids.add(line.sid)
            else:
                self.status = line.call.status
        while open_sids:
            letter = await self.run.line.control.next()
            if not isinstance(letter, Moved) or letter.call_sid not in open_sids:
                continue
            if letter.status is CallStatus.IN_PROGRESS:
                return self.lines[letter.call_sid]
            if not self.lines[letter.call_sid].call.is_live:
                open_sids.discard(letter.call_sid)
                self.status = letter.status
        return None

    async def _talk(self, answered: Line) -> dict[str, str]:
        run, exchange = self.run, self.run.board.exchange
        for line in self.lines.values():
            if line is not answered:
                await exchange.hang_up(line)
        recording, bridge = _recording(run, self.verb), None
        if await run.answered():
            bridge = await exchange.bridges.connect(
                run.line, answered, record=recording is not None, **recording or {}
            )
        fields = {"DialCallSid": answered.sid, "DialBridged": "true"}
        if bridge is None:
            return fields | {"DialCallStatus": "failed", "DialBridged": "false"}
        return fields | await _talked(run, self.verb, bridge)


async def _talked(run: Run, verb: Element, bridge: Bridge) -> dict[str, str]:
    """Let two talk until one of them is gone, the time is up, or the caller pressed his star."""
    bridges, pace, began = run.board.exchange.bridges, run.board.pace, run.board.pace.now
    bridge.make()
    stars = verb.flag("hangupOnStar") and "bridge_digits" in run.board.provider.capabilities
    star = pace.spawn(_on_star(run, bridge)) if stars else None
    try:
        await _until(run, BridgeOver, _limit(run, verb))
    except asyncio.CancelledError:
        pace.spawn(bridges.disconnect(bridge))
        raise
    finally:
        if star is not None:
            star.cancel()
            await asyncio.wait({star})
    await bridges.disconnect(bridge)
    fields = {"DialCallStatus": "completed", "DialCallDuration": str((pace.now - began) // 1000)}
    if bridge.recording_sid is not None:
        url = run.board.recording_url(run.line.call.account_sid, bridge.recording_sid)
        fields |= {"RecordingUrl": url, "RecordingSid": bridge.recording_sid}
    return fields


async def _on_star(run: Run, bridge: Bridge) -> None:
    while await run.digit(None) != "*":
        pass
    await run.board.exchange.bridges.disconnect(bridge)


def _limit(run: Run, verb: Element) -> int:
    return run.board.pace.now + verb.whole("timeLimit", LONGEST_TALK_S) * 1000


async def _until(run: Run, kind: type[Any], until: int | None = None) -> bool:
    """Whether it was told before that moment."""
    while (letter := await run.line.control.next(until)) is not None:
        if isinstance(letter, kind):
            return True
    return False


def _login(noun: Element) -> SipAuth | None:
    user = noun.get("username")
    return SipAuth(user, noun.get("password")) if user else None


def address_of(noun: Element) -> str:
    """Whom a noun names, in the form of the port."""
    text = noun.text
    if noun.name == "Client":
        identity = next((one.text for one in noun.children if one.name == "Identity"), text)
        return identity if identity.startswith("client:") else f"client:{identity}"
    if noun.name == "Sip":
        return text if text.startswith(("sip:", "sips:")) else f"sip:{text}"
    return compared(text)


async def _queue(run: Run, verb: Element, noun: Element) -> dict[str, str]:
    """Connect with a parked caller: the one of a reservation, or the first of the queue."""
    board, line = run.board, run.line
    reservation_sid = noun.get("reservationSid")
    if reservation_sid:
        return await board.instructions.take_reserved(
            run, reservation_sid, noun.get("postWorkActivitySid") or None, _recording(run, verb)
        )
    queue = board.parking.queue(line.call.account_sid, noun.text)
    entry = board.parking.first(queue.sid)
    if entry is None or not await board.parking.take(entry):
        return {"DialCallStatus": "no-answer", "DialBridged": "false"}
    recording = _recording(run, verb)
    bridge = await board.exchange.bridges.connect(
        entry.line, line, record=recording is not None, **recording or {}
    )
    if bridge is None:
        board.parking.put_back(entry)
        return {"DialCallStatus": "failed", "DialBridged": "false"}
    told = {"DialBridged": "true", "DialCallSid": entry.line.sid}
    return told | await _talked(run, verb, bridge)


def _is_there(run: Run, noun: Element, call_sid: str) -> bool:
    room = run.board.rooms.named(run.line.call.account_sid, noun.text or "default")
    return room is not None and call_sid in room.lines


async def _conference(run: Run, verb: Element, noun: Element) -> dict[str, str]:
    if verb.flag("hangupOnStar"):
        run.warn(12200, "<Dial hangupOnStar> changes nothing for a <Conference>")
    callback = run.link(noun, "statusCallback")
    events = tuple(noun.get("statusCallbackEvent", "start end").replace(",", " ").split())
    coached = noun.get("coach")
    if coached and not _is_there(run, noun, coached):
        run.warn(NOT_COACHED, f"<Conference coach> {coached} is no call of this conference")
        return {"DialCallStatus": "failed"}
    wait = noun.attributes.get("waitUrl")
    room = await run.board.rooms.enter(
        run.line,
        noun.text or "default",
        {
            "muted": noun.flag("muted"),
            "start_conference_on_enter": noun.flag("startConferenceOnEnter", otherwise=True),
            "end_conference_on_exit": noun.flag("endConferenceOnExit"),
            "beep": noun.get("beep", "true"),
            "label": noun.get("participantLabel"),
            "coaching": bool(coached),
            "call_sid_to_coach": coached or None,
            "wait_url": run.document.link(wait) if wait else wait,
            "wait_method": noun.get("waitMethod", "POST").upper(),
        },
        {
            "max_participants": noun.whole("maxParticipants", MOST_PARTICIPANTS),
            "record": noun.get("record") in ("record-from-start", "true"),
            "trim": is_trimmed(run, noun),
            "callback": callback and StatusCallback(callback.url, callback.method, events),
            "recording_callback": recording_callback(run, noun),
        },
    )
    if room is None:
        return {"DialCallStatus": "failed"}
    began = run.board.pace.now
    if not await _until(run, RoomOver, _limit(run, verb)):
        await run.board.rooms.remove(room, run.line.sid, told=False)
    seconds = (run.board.pace.now - began) // 1000
    return {
        "DialCallStatus": "completed",
        "DialCallDuration": str(seconds),
        "ConferenceSid": room.sid,
    }
