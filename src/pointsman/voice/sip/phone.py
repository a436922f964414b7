"""The SIP stack as legs: calls in and out, keys, and sound in frames.

The library is used here and nowhere else. Three of its habits are dealt with: an event that arrives
before `dial` returned the call it belongs to is kept and applied then (the library loses it when the
loop is busy); the address of a caller comes from the trace (`origin`); a re-INVITE restarts the audio,
and one frame is lost. A call from an address that is no trunk's is refused, and so is every REFER.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from baresip import Account, AudioNotActive, AudioRestarted, BaresipError, Config, Event, StackEvent
from baresip.call import Call, DigitEvent
from baresip.runtime import Runtime
from baresip.ua import UserAgent

from pointsman.voice.sip.clock import until
from pointsman.voice.sip.origin import Origins
from pointsman.voice.sip.settings import PhoneSettings
from pointsman.voice.sip.silence import Silence
from pointsman.voice.sip.sound import FRAME_BYTES, SILENCE
from pointsman.voice.sip.wires import Answered, Closed, Held, Incoming, Pressed, Ringing, Sounded

__all__ = ["CannotListen", "Phone", "PhoneEvent"]

log = logging.getLogger(__name__)

ORIGIN_WITHIN_S = 1.0
CLOSED_WITHIN_S = 1.0
"""So long a call that we hung up may take to say that it is over, and how its sound went."""
WAIT_S = 0.5
BETWEEN_DIGITS_S = 0.12
_AHEAD = 2
"""Frames that wait for the stack's transmit clock; fewer run dry when our clock is late."""
_BEHIND = 5
"""Received frames that may wait for us; more of them would only be delay."""

PhoneEvent = Incoming | Ringing | Answered | Closed | Held | Pressed | Sounded


class CannotListen(Exception):
    """The stack does not start, most likely because its port is taken; the message says why."""


class _Line:
    """A leg and its call; `cause` is set once we end it ourselves."""

    def __init__(self, leg: str, call: Call | None = None) -> None:
        self.leg = leg
        self.call = call
        self.is_answered = False
        self.is_incoming = call is not None
        self.is_primed = False
        self.has_rung = False
        self.cause = ""
        self.received = bytearray()
        self.silence = Silence()
        self.timer: asyncio.TimerHandle | None = None


class Phone:
    """One SIP stack; there can be one in a process."""

    def __init__(
        self,
        settings: PhoneSettings,
        tell: Callable[[PhoneEvent], None],
        new_leg: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._tell = tell
        self._new_leg = new_leg
        self._trunks = _networks(settings.trunks)
        self._runtime = Runtime()
        self._origins = Origins()
        self._lines: dict[str, _Line] = {}
        self._by_handle: dict[int, _Line] = {}
        self._early: defaultdict[int, list[StackEvent]] = defaultdict(list)
        self._dialling = 0
        self._agents: dict[tuple[str, tuple[str, str]], UserAgent] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, died: Callable[[], None]) -> None:
        """Listen; `died` is called if the stack's thread ends by itself. Raises `CannotListen`."""
        chosen = self._settings
        low, high = chosen.rtp_ports
        listen = f"sip_listen {chosen.interface}:{chosen.port}\nrtp_ports {low}-{high}\n"
        self._origins.attach()
        self._runtime.on_dead = died  # type: ignore[assignment]  # declared as None only
        config = Config(
            net_interface=chosen.interface,
            max_concurrent_calls=chosen.max_calls,
            rtp_timeout=chosen.rtp_timeout_s,
            sip_trace=True,
            extra_config_text=listen,
        )
        try:
            await self._runtime.start(config)
        except BaresipError as problem:
            told = f"{problem} ({chosen.interface} port {chosen.port})"
            raise CannotListen(told) from problem
        self._runtime.subscribe(self._on_event)
        await self._agent("pointsman", extra=("catchall=yes",))

    async def close(self) -> None:
        """Hang up and stop listening."""
        for line in list(self._lines.values()):
            await self.hangup(line.leg, "")
        for task in self._tasks:
            task.cancel()
        await self._runtime.close()

    def live(self) -> list[str]:
        """The legs whose sound flows; not of those that were hung up and still say goodbye."""
        return [line.leg for line in self._lines.values() if line.is_answered and not line.cause]

    async def dial(
        self,
        leg: str,
        uri: str,
        from_: str,
        timeout_s: float,
        headers: Mapping[str, str],
        login: tuple[str, str] = ("", ""),
    ) -> None:
        """Call somebody; everything that becomes of it is told as events of the leg.

        `login` is user name and password for who asks for them.
        """
        line = self._lines[leg] = _Line(leg)
        self._dialling += 1
        try:
            agent = await self._agent(from_, login)
            call = await agent.dial(uri, dict(headers))
        except (BaresipError, ValueError, TypeError) as problem:
            self._close(line, line.cause or "failed", str(problem))
            return
        finally:
            self._dialling -= 1
        line.call, self._by_handle[call.handle] = call, line
        call.on_dtmf(lambda digit: self._pressed(leg, digit))
        line.timer = asyncio.get_running_loop().call_later(timeout_s, self._give_up, line)
        for event in self._early.pop(call.handle, []):
            self._apply(line, event)
        if not self._dialling:
            self._early.clear()
        if line.cause and leg in self._lines:  # hung up while it was being dialled
            await self._end(line)

    async def answer(self, leg: str) -> None:
        """Take an incoming call; nothing happens if it is over."""
        line = self._lines.get(leg)
        if line is not None and line.call is not None and not line.is_answered:
            try:
                await line.call.answer()
            except BaresipError as problem:
                self._close(line, "failed", str(problem))

    async def hangup(self, leg: str, cause: str) -> None:
        """End a leg, which will be told as ended for this cause; nothing happens if it is over.

        Without a cause it is completed if it was answered, else canceled.
        """
        line = self._lines.get(leg)
        if line is not None and not line.cause:
            line.cause = cause or ("completed" if line.is_answered else "canceled")
            if line.is_primed and line.call is not None:
                with contextlib.suppress(AudioRestarted):
                    line.silence.count(line.call.audio)
            if line.call is not None:
                await self._end(line)

    async def send_digits(self, leg: str, digits: str) -> None:
        """Press keys, one after the other; `w` waits half a second. Ends with the leg."""
        line, loop = self._lines.get(leg), asyncio.get_running_loop()
        for digit in digits:
            if line is None or line.call is None or leg not in self._lines:
                return
            if digit in "wW":
                await until(loop.time() + WAIT_S)
                continue
            try:
                await line.call.send_dtmf(digit)
            except (BaresipError, ValueError) as problem:
                log.warning("a key could not be pressed: %s", problem)
                return
            await until(loop.time() + BETWEEN_DIGITS_S)

    def read(self, leg: str) -> bytes:
        """What came from the leg, one frame at most; less when there is not enough."""
        line = self._lines[leg]
        assert line.call is not None
        try:
            line.received += line.call.audio.read(FRAME_BYTES * _BEHIND)
        except (AudioNotActive, AudioRestarted):
            return b""
        if len(line.received) > FRAME_BYTES * _BEHIND:
            del line.received[: -FRAME_BYTES * _AHEAD]
        frame = bytes(line.received[:FRAME_BYTES])
        del line.received[:FRAME_BYTES]
        return frame

    def write(self, leg: str, pcm: bytes) -> None:
        """Send one frame to the leg, unless it is being hung up."""
        line = self._lines[leg]
        if line.cause:
            return
        assert line.call is not None
        audio = line.call.audio
        try:
            if not line.is_primed:
                line.silence.begin(audio)
                audio.write(SILENCE.tobytes() * _AHEAD)
                line.is_primed = True
            audio.write(pcm)
            line.silence.wrote(audio)
        except (AudioNotActive, AudioRestarted):
            line.is_primed = False

    async def _agent(
        self, name: str, login: tuple[str, str] = ("", ""), extra: tuple[str, ...] = ()
    ) -> UserAgent:
        """The user agent that calls under this name: the number a phone shows."""
        if (name, login) not in self._agents:
            account = Account(
                user=name,
                domain=self._settings.interface,
                password=login[1],
                auth_user=login[0] or None,
                reg_interval=0,
                extra_params=extra,
            )
            agent = await UserAgent.create(self._runtime, account, transfer_policy="reject")
            agent.on_incoming(self._incoming)
            self._agents[name, login] = agent
        return self._agents[name, login]

    def _incoming(self, call: Call) -> None:
        task = asyncio.ensure_future(self._judge(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _judge(self, call: Call) -> None:
        """Take a call from a trunk, and refuse every other."""
        invited = await self._origins.of(call.call_id or "", ORIGIN_WITHIN_S)
        if invited is None or not self._is_trunk(invited.address):
            log.warning("a call from %s is refused: no trunk", invited and invited.address)
            await _quietly(call.reject)
            return
        line = _Line(self._new_leg(), call)
        self._lines[line.leg] = self._by_handle[call.handle] = line
        call.on_dtmf(lambda digit: self._pressed(line.leg, digit))
        peer = call.peer or ""
        self._tell(Incoming(line.leg, peer, invited.uri, invited.address, call.call_id or ""))
        if call.state.value == "closed":  # the caller left while we looked him up
            self._close(line, "canceled", "left")

    def _is_trunk(self, address: str) -> bool:
        parsed = ip_address(address)
        return any(parsed in network for network in self._trunks)

    def _on_event(self, event: StackEvent) -> None:
        line = self._by_handle.get(event.call)
        if line is not None:
            self._apply(line, event)
        elif self._dialling and event.call:
            self._early[event.call].append(event)

    def _apply(self, line: _Line, event: StackEvent) -> None:
        if event.event in (Event.CALL_RINGING, Event.CALL_PROGRESS) and not line.has_rung:
            line.has_rung = True
            self._tell(Ringing(line.leg))
        elif event.event is Event.CALL_ESTABLISHED and not line.is_answered:
            line.is_answered = True
            self._forget_timer(line)
            self._tell(Answered(line.leg))
        elif event.event in (Event.CALL_HOLD, Event.CALL_RESUME):
            self._tell(Held(line.leg, event.event is Event.CALL_HOLD))
        elif event.event is Event.CALL_CLOSED:
            told = event.text or ""
            self._tell_sounded(line, event.stats)
            self._close(line, line.cause or _cause(told, line), told)

    def _close(self, line: _Line, cause: str, told: str) -> None:
        if self._lines.pop(line.leg, None) is None:
            return
        self._forget_timer(line)
        if line.call is not None:
            self._by_handle.pop(line.call.handle, None)
        self._tell(Closed(line.leg, cause, told))

    def _tell_sounded(self, line: _Line, stats: Mapping[str, Mapping[str, int]]) -> None:
        """How the sound went, of a call that had any."""
        if line.is_answered and line.leg in self._lines and "tx" in stats:
            sent, received = stats["tx"].get("packets", 0), stats.get("rx", {}).get("packets", 0)
            self._tell(Sounded(line.leg, sent, line.silence.frames, received))

    def _give_up(self, line: _Line) -> None:
        """Nobody answered within the time."""
        line.timer = None
        if not line.cause:
            line.cause = "no-answer" if line.has_rung else "failed"
            task = asyncio.ensure_future(self._end(line))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _end(self, line: _Line) -> None:
        assert line.call is not None
        await _quietly(line.call.hangup)
        # A call that was never answered by anybody may report no end: then this is it.
        if not line.is_answered:
            self._close(line, line.cause, "ended by us")
        else:
            loop = asyncio.get_running_loop()
            loop.call_later(CLOSED_WITHIN_S, self._close, line, line.cause, "ended by us")

    def _pressed(self, leg: str, digit: DigitEvent) -> None:
        self._tell(Pressed(leg, digit.digit))

    @staticmethod
    def _forget_timer(line: _Line) -> None:
        if line.timer is not None:
            line.timer.cancel()
            line.timer = None


def _cause(told: str, line: _Line) -> str:
    """The call status for the stack's closing words, such as `486 Busy Here`."""
    if line.is_answered:
        return "completed"
    if line.is_incoming:
        return "canceled"
    status = int(told[:3]) if told[:3].isdigit() else 0
    if status in (486, 600, 603):
        return "busy"
    if status in (408, 480, 487) and line.has_rung:
        return "no-answer"
    return "failed"


def _networks(texts: Sequence[str]) -> list[IPv4Network | IPv6Network]:
    return [ip_network(text) for text in texts]


async def _quietly(end: Callable[[], object]) -> None:
    """End a call that may be over already."""
    try:
        await end()  # type: ignore[misc]
    except BaresipError as problem:
        log.debug("the call was over: %s", problem)
