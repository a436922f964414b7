"""The telephone process: orders in, messages out, and every 20 ms a frame for everybody.

It does nothing else, so that nothing holds up its clock. A late tick is made up for at once; after a
stall longer than that, the clock starts anew rather than playing everything too fast.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from pointsman.ambient import REAL
from pointsman.voice.sip import wires
from pointsman.voice.sip.clock import until
from pointsman.voice.sip.mixer import Mixer
from pointsman.voice.sip.phone import CannotListen, Phone, PhoneEvent
from pointsman.voice.sip.recording import Recording
from pointsman.voice.sip.sound import Sound, Unreadable, frame_of, read_sound
from pointsman.voice.sip.wires import Message, Order

__all__ = ["Engine", "main"]

log = logging.getLogger(__name__)

GONE = "gone"
"""Why an order is refused whose leg or bridge is not there any more."""
TICK_S = 0.02
STALL_S = 0.2


class Engine:
    """One telephone exchange: the stack's legs and what they hear."""

    def __init__(self, tell: Callable[[Message], None], died: Callable[[], None]) -> None:
        self._tell = tell
        self._died = died
        self._mixer = Mixer()
        self._phone: Phone | None = None
        self._recordings = Path()
        self._tasks: set[asyncio.Task[None]] = set()
        self._carry_out: dict[type[Any], Callable[[Any], Awaitable[str] | str]] = {
            wires.Begin: self._begin,
            wires.Dial: self._dial,
            wires.Answer: self._answer,
            wires.Hangup: self._hangup,
            wires.Play: self._play,
            wires.Stop: self._stop,
            wires.HoldMusic: self._hold_music,
            wires.WhileHeld: self._while_held,
            wires.Connect: self._connect,
            wires.Add: self._add,
            wires.Remove: self._remove,
            wires.Destroy: self._destroy,
            wires.Mute: self._mute,
            wires.Coach: self._coach,
            wires.Record: self._record,
            wires.SendDigits: self._send_digits,
        }

    async def order(self, order: Order) -> None:
        """Carry it out, and say so."""
        done = self._carry_out[type(order)](order)
        refused = done if isinstance(done, str) else await done
        self._tell(wires.Done(order.number, refused))

    async def run_clock(self) -> None:
        """Tick until it is cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += TICK_S
            late_s = loop.time() - due
            if late_s > STALL_S:
                log.warning("the clock of the sound stood still for %.0f ms", late_s * 1000)
                due = loop.time()
            await until(due)
            self._tick()

    async def close(self) -> None:
        """Hang up everybody."""
        for task in self._tasks:
            task.cancel()
        if self._phone is not None:
            await self._phone.close()
        self._mixer.close()

    def _tick(self) -> None:
        if self._phone is None:
            return
        phone = self._phone
        said = {leg: frame_of(pcm) for leg in phone.live() if (pcm := phone.read(leg))}
        for leg, frame in self._mixer.tick(said).items():
            phone.write(leg, frame.tobytes())
        self._tell_ended()

    def _tell_ended(self) -> None:
        for ended in self._mixer.ended():
            if ended.is_recording:
                self._tell(wires.Recorded(ended.name, ended.duration_s, ended.digit))
            else:
                self._tell(wires.Played(ended.name))

    def _happened(self, event: PhoneEvent) -> None:
        """Keep the mixer in step with the stack, then pass it on."""
        if isinstance(event, wires.Answered):
            self._mixer.open_leg(event.leg)
        elif isinstance(event, wires.Pressed):
            self._mixer.press(event.leg, event.digit)
            for other in self._mixer.hearers_of(event.leg):  # sound alone does not carry keys
                self._start(self._the_phone.send_digits(other, event.digit))
        elif isinstance(event, wires.Closed):
            bridge = self._mixer.close_leg(event.leg)
            if bridge is not None:
                self._tell(wires.Left(bridge, event.leg))
        self._tell_ended()
        self._tell(event)

    async def _begin(self, order: wires.Begin) -> str:
        self._recordings = Path(order.recordings)
        phone = Phone(order.settings, self._happened, lambda: REAL.new_sid("CA"))
        try:
            await phone.start(self._died)
        except CannotListen as problem:
            return str(problem)
        self._phone = phone
        return ""

    def _dial(self, order: wires.Dial) -> str:
        # Its outcome comes as events; the order is done when it was understood.
        self._start(
            self._the_phone.dial(
                order.leg,
                order.uri,
                order.from_,
                order.timeout_s,
                order.headers,
                (order.username, order.password),
            )
        )
        return ""

    async def _answer(self, order: wires.Answer) -> str:
        await self._the_phone.answer(order.leg)
        return ""

    async def _hangup(self, order: wires.Hangup) -> str:
        await self._the_phone.hangup(order.leg, order.cause)
        return ""

    def _play(self, order: wires.Play) -> str:
        try:
            sounds = [_sound(path) for path in order.paths]
        except Unreadable as problem:
            return str(problem)
        if not self._mixer.play(order.playback, order.target, sounds, order.loop):
            return GONE
        self._tell_ended()
        return ""

    def _stop(self, order: wires.Stop) -> str:
        self._mixer.stop(order.name)
        self._tell_ended()
        return ""

    def _hold_music(self, order: wires.HoldMusic) -> str:
        try:
            self._mixer.hold_music(order.leg, [_sound(path) for path in order.paths])
        except Unreadable as problem:
            return str(problem)
        return ""

    def _while_held(self, order: wires.WhileHeld) -> str:
        try:
            self._mixer.while_held(order.leg, [_sound(path) for path in order.paths])
        except Unreadable as problem:
            return str(problem)
        return ""

    def _connect(self, order: wires.Connect) -> str:
        self._mixer.create_bridge(order.bridge)
        return ""

    def _add(self, order: wires.Add) -> str:
        before = self._mixer.bridge_of(order.leg)
        if not self._mixer.add(order.bridge, order.leg, mute=order.mute, coach=order.coach):
            return GONE
        if before != order.bridge:
            if before is not None:
                self._tell(wires.Left(before, order.leg))
            self._tell(wires.Joined(order.bridge, order.leg))
        return ""

    def _remove(self, order: wires.Remove) -> str:
        if self._mixer.bridge_of(order.leg) == order.bridge:
            self._mixer.remove(order.leg)
            self._tell(wires.Left(order.bridge, order.leg))
        return ""

    def _destroy(self, order: wires.Destroy) -> str:
        for leg in self._mixer.destroy_bridge(order.bridge):
            self._tell(wires.Left(order.bridge, leg))
        self._tell_ended()
        return ""

    def _mute(self, order: wires.Mute) -> str:
        self._mixer.mute(order.leg, on=order.on)
        return ""

    def _coach(self, order: wires.Coach) -> str:
        self._mixer.coach(order.leg, order.whom)
        return ""

    def _record(self, order: wires.Record) -> str:
        if not self._mixer.is_here(order.target):
            return GONE
        try:
            recording = Recording(
                self._recordings / f"{order.name}.wav",
                max_s=order.max_s,
                silence_s=order.silence_s,
                finish_on=order.finish_on,
                channels=2 if order.dual else 1,
                trim=order.trim,
            )
        except OSError as problem:
            return f"The recording cannot be written: {problem}"
        self._mixer.record(
            order.name, order.target, recording, with_beep=order.beep, both=order.both
        )
        return ""

    def _send_digits(self, order: wires.SendDigits) -> str:
        self._start(self._the_phone.send_digits(order.leg, order.digits))
        return ""

    @property
    def _the_phone(self) -> Phone:
        assert self._phone is not None, "Begin comes first"
        return self._phone

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _sound(path: str) -> Sound:
    return read_sound(Path(path))


async def serve(descriptor: int) -> None:
    """Live until the server closes its end, or the stack dies."""
    connection = socket.socket(fileno=descriptor)
    reader, writer = await asyncio.open_connection(sock=connection)
    dead = asyncio.Event()
    engine = Engine(lambda message: writer.write(wires.encode(message)), dead.set)
    clock = asyncio.create_task(engine.run_clock())
    dying = asyncio.create_task(dead.wait())
    try:
        while not dead.is_set():
            reading = asyncio.create_task(reader.readline())
            await asyncio.wait([reading, dying, clock], return_when=asyncio.FIRST_COMPLETED)
            if clock.done():
                clock.result()
            if not reading.done() or not (line := reading.result()):
                reading.cancel()
                break
            await engine.order(wires.decode_order(line))
    finally:
        clock.cancel()
        dying.cancel()
        await engine.close()
        writer.close()


def go_first() -> None:
    """Have the thread of the clock served before everything else, where the machine has that and allows it.

    It works for a fraction of each 20 ms; sound that comes late is no sound.
    """
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(PermissionError):  # then it waits its turn like everybody
            os.sched_setscheduler(0, os.SCHED_RR | os.SCHED_RESET_ON_FORK, os.sched_param(1))


def main() -> None:
    """`python -m pointsman.voice.sip DESCRIPTOR`: started by the server, and by nobody else."""
    logging.basicConfig(level=logging.WARNING, format="sip: %(message)s", stream=sys.stderr)
    go_first()
    asyncio.run(serve(int(sys.argv[1])))
