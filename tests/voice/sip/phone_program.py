"""Telephones for tests, in a process of their own: each has a tone and tells which tones it hears.

Orders come as JSON lines on standard input, what happens leaves as JSON lines on standard output. It
speaks SIP and RTP by itself and imports nothing of what it tests.
"""

import asyncio
import json
import sys

import numpy as np
from baresip import Account, AudioNotActive, AudioRestarted, BaresipError, Config, Event
from baresip.runtime import Runtime
from baresip.ua import UserAgent

RATE, FRAME = 8000, 160
VOICES = {"caller": 440, "worker": 880, "third": 1320}
TONES = (*VOICES.values(), 600, 720)
WINDOW = RATE // 4
PEAK = 12_000


def tell(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def levels(samples):
    """The amplitude at each tone, by a one-bin transform; and how loud it is altogether."""
    times = np.arange(len(samples)) / RATE
    sound = samples.astype(float)
    found = {
        hz: round(float(2 * abs(np.dot(sound, np.exp(-2j * np.pi * hz * times))) / len(samples)))
        for hz in TONES
    }
    return {**found, "all": round(float(np.sqrt(np.mean(sound**2))))}


class Sound:
    """One call's sound: sends a tone, and tells four times a second what it heard."""

    def __init__(self, name, call, hz):
        self.name, self.call, self.hz = name, call, hz
        self.sent, self.heard, self.packets = 0, bytearray(), 0
        self.primed = self.silent = False

    def tick(self):
        try:
            if not self.silent:
                self.call.audio.write(self.tone(3 if not self.primed else 1))
                self.primed = True
            self.heard += self.call.audio.read(FRAME * 20)
        except (AudioNotActive, AudioRestarted):
            self.primed = False
        if len(self.heard) >= WINDOW * 2:
            samples = np.frombuffer(bytes(self.heard[: WINDOW * 2]), dtype="<i2")
            del self.heard[: WINDOW * 2]
            tell(event="heard", phone=self.name, levels=levels(samples))

    def tone(self, frames):
        index = np.arange(self.sent, self.sent + frames * FRAME)
        self.sent += frames * FRAME
        return (PEAK * np.sin(2 * np.pi * self.hz * index / RATE)).astype("<i2").tobytes()


class Phones:
    """All are there from the beginning, each with its manner: picked up at once, busy, or ringing."""

    def __init__(self, port):
        self.port = port
        self.runtime = Runtime()
        self.agents, self.calls, self.sounds, self.by_handle = {}, {}, {}, {}

    async def start(self):
        listen = f"sip_listen 127.0.0.1:{self.port}\n"
        await self.runtime.start(
            Config(net_interface="127.0.0.1", max_concurrent_calls=None, extra_config_text=listen)
        )
        self.runtime.subscribe(self.on_event)
        for name in VOICES:
            for manner in ("", ".busy", ".rings"):
                await self.add(name, manner)

    async def add(self, name, manner):
        account = Account(user=name + manner, domain="127.0.0.1", password="", reg_interval=0)
        agent = self.agents[name + manner] = await UserAgent.create(self.runtime, account)
        agent.on_incoming(lambda call: asyncio.ensure_future(self.ring(name, manner, call)))

    async def ring(self, name, manner, call):
        self.adopt(name, call)
        tell(event="rings", phone=name, from_=call.peer)
        try:
            if manner == ".busy":
                await call.reject()
            elif not manner:
                await call.answer()
        except BaresipError as problem:
            tell(event="missed", phone=name, told=str(problem))

    def adopt(self, name, call):
        self.calls[name] = call
        self.by_handle[call.handle] = name
        call.on_dtmf(lambda digit: tell(event="digit", phone=name, digit=digit.digit))

    async def dial(self, name, uri):
        call = await self.agents[name].dial(uri)
        self.adopt(name, call)

    async def hang_up(self, name):
        try:
            await self.calls[name].hangup()
        except BaresipError as problem:
            tell(event="missed", phone=name, told=str(problem))

    async def press(self, name, digits):
        await self.calls[name].send_dtmf(digits)

    async def transfer(self, name, uri):
        """Ask the other side to call somebody else (REFER), and tell what it answers."""
        try:
            await self.calls[name].transfer(uri, timeout=5)
        except BaresipError as problem:
            tell(event="refused", phone=name, told=str(problem))
        else:
            tell(event="transferred", phone=name)

    async def silence(self, name):
        """From now on this phone sends no sound that means anything."""
        self.sounds[self.calls[name].handle].silent = True

    def on_event(self, event):
        name = self.by_handle.get(event.call)
        if name is None:
            return
        if event.event is Event.CALL_ESTABLISHED:
            self.sounds[event.call] = Sound(name, self.calls[name], VOICES[name])
            tell(event="talks", phone=name)
        elif event.event is Event.CALL_RINGING:
            tell(event="ringback", phone=name)
        elif event.event is Event.CALL_CLOSED:
            self.sounds.pop(event.call, None)
            packets = event.stats.get("rx", {}).get("packets", 0)
            tell(event="ended", phone=name, told=event.text, received=packets)

    async def clock(self):
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due += FRAME / RATE
            await asyncio.sleep(max(0.0, due - loop.time()))
            for sound in list(self.sounds.values()):
                sound.tick()


async def main():
    phones = Phones(int(sys.argv[1]))
    await phones.start()
    clock = asyncio.create_task(phones.clock())
    tell(event="ready")
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        order = json.loads(line)
        await getattr(phones, order.pop("do"))(**order)
    clock.cancel()
    await phones.runtime.close()


asyncio.run(main())
