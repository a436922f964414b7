"""A fake of Asterisk's REST interface: the requests and sequences of events of a real one, and no sound.

What its phones hear is worked out from what it was asked to do. It shows that the adapter asks the right
things and copes with what comes back; it is no proof that an Asterisk was tested.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from tests.voice.asterisk.channels import APP, Channel, World

BUSY, NORMAL, NO_ANSWER, NOT_FOUND = 17, 16, 19, 3
Plan = dict[str, Any]


class FakeAsterisk(World):
    """One server; phones do as their plans say."""

    def __init__(self) -> None:
        super().__init__()
        self.bridges: set[str] = set()
        self.recording: dict[str, tuple[str, float, frozenset[str]]] = {}
        self.stored: dict[str, frozenset[str]] = {}
        self.plans: dict[str, Plan] = {}
        self.asked: list[str] = []
        self.variables: dict[str, dict[str, str]] = {}
        self.callers: dict[str, str] = {}
        self.repeat = 1
        """Every event is sent so many times."""
        self._sockets: set[web.WebSocketResponse] = set()
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self.url = ""
        self._port = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/ari/events", self._events)
        app.router.add_route("*", "/ari/{path:.*}", self._request)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await self._site.start()
        self._port = self._runner.addresses[0][1]  # the same one when it is started again
        self.url = f"http://127.0.0.1:{self._port}/ari"
        self._sending = asyncio.create_task(self._send())

    async def stop(self) -> None:
        for channel in self.channels.values():
            for timer in channel.timers:
                timer.cancel()
        self._sending.cancel()
        await self._runner.cleanup()

    # --- what happens at the phones ------------------------------------------------------------

    def call(self, name: str, phone: str, exten: str) -> str:
        channel = self.channels[name] = Channel(name, phone, [], exten=exten)
        self.tell("StasisStart", channel=channel.shown(), args=[])
        return name

    def hang_up(self, name: str) -> None:
        self._end(self.channels[name], NORMAL)

    def press(self, name: str, digit: str) -> None:
        self.tell("ChannelDtmfReceived", channel=self.channels[name].shown(), digit=digit)

    async def drop_sockets(self) -> None:
        """The event connection breaks; calls go on."""
        for socket in list(self._sockets):
            await socket.close()

    # --- events --------------------------------------------------------------------------------

    def tell(self, kind: str, **fields: Any) -> None:
        for _ in range(self.repeat):
            self._queue.put_nowait(json.dumps({"type": kind, "application": APP, **fields}))

    async def _send(self) -> None:
        while True:
            event = await self._queue.get()
            for socket in list(self._sockets):
                with contextlib.suppress(ConnectionError):
                    await socket.send_str(event)

    async def _events(self, request: web.Request) -> web.WebSocketResponse:
        assert request.query["app"] == APP
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        await socket.send_str('{"type": "ChannelVarset", "variable": "X"}')
        async for message in socket:
            assert message.type is WSMsgType.TEXT
        self._sockets.discard(socket)
        return socket

    # --- requests ------------------------------------------------------------------------------

    async def _request(self, request: web.Request) -> web.Response:
        parts = request.match_info["path"].split("/")
        verb = f"{request.method} {_shape(parts)}"
        self.asked.append(f"{request.method} {request.match_info['path']}")
        if request.headers.get("Authorization") is None:
            return web.json_response({"message": "Authentication required"}, status=401)
        body = await request.json() if request.can_read_body else {}
        function = REQUESTS.get(verb)
        assert function is not None, f"the fake does not know {verb}"
        return function(self, parts, dict(request.query), body)

    def _channel(self, name: str) -> Channel | None:
        return self.channels.get(name)

    def _list(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        return web.json_response([channel.shown() for channel in self.channels.values()])

    def _list_bridges(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        shown = [
            {"id": b, "channels": [c.name for c in self.channels.values() if c.bridge == b]}
            for b in self.bridges
        ]
        return web.json_response(shown)

    def _originate(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        phone = query["endpoint"].removeprefix("PJSIP/out/")
        plan = self.plans.get(phone)
        if plan is None:
            return web.json_response({"message": "Allocation failed"}, status=400)
        name = query["channelId"]
        self.variables[name], self.callers[name] = body["variables"], query["callerId"]
        channel = self.channels[name] = Channel(
            name, phone, [query["appArgs"]], "Down", in_app=False
        )
        self._soon(channel, 0.01, lambda: self._follow(channel, plan, float(query["timeout"])))
        return web.json_response(channel.shown())

    def _follow(self, channel: Channel, plan: Plan, timeout_s: float) -> None:
        outcome = plan.get("outcome", "answer")
        self.tell("Dial", dialstatus="", peer=channel.shown())
        if outcome == "failed":
            self._end(channel, NOT_FOUND)
            return
        self._become(channel, "Ringing")
        self.tell("Dial", dialstatus="RINGING", peer=channel.shown())
        if outcome in ("busy", "declined"):
            self._soon(channel, 0.02, lambda: self._end(channel, BUSY))
        elif outcome == "answer":
            self._soon(channel, 0.02, lambda: self._pick_up(channel))
        else:
            self._soon(channel, timeout_s, lambda: self._end(channel, NO_ANSWER))

    def ring(self, name: str, phone: str) -> None:
        """A phone rings, by whomever it was called."""
        self.channels[name] = Channel(name, phone, ["called"], "Ringing", in_app=False)

    def pick_up(self, name: str) -> None:
        """A phone that rings is answered."""
        self._pick_up(self.channels[name])

    def _pick_up(self, channel: Channel) -> None:
        self._become(channel, "Up")
        self.tell("Dial", dialstatus="ANSWER", peer=channel.shown())
        channel.in_app = True
        self.tell("StasisStart", channel=channel.shown(), args=channel.args)

    def _become(self, channel: Channel, state: str) -> None:
        channel.state = state
        self.tell("ChannelStateChange", channel=channel.shown())

    def _end(self, channel: Channel, cause: int) -> None:
        if self.channels.get(channel.name) is not channel:
            return
        for spy in [one for one in self.channels.values() if one.spies_on == channel.name]:
            self._end(spy, cause)
        for timer in channel.timers:
            timer.cancel()
        self.tell("ChannelHangupRequest", channel=channel.shown(), cause=cause)
        for playback in [p for p, (target, _) in self.playing.items() if target == channel.name]:
            self._finish_playback(playback)
        for recording in [
            r for r, (target, _, _) in self.recording.items() if target == channel.name
        ]:
            self._finish_recording(recording)
        self._leave(channel)
        if channel.in_app:
            self.tell("StasisEnd", channel=channel.shown())
        del self.channels[channel.name]
        self.tell("ChannelDestroyed", channel=channel.shown(), cause=cause, cause_txt="ended")

    def _leave(self, channel: Channel) -> None:
        if channel.bridge is not None:
            bridge, channel.bridge = channel.bridge, None
            self.tell("ChannelLeftBridge", channel=channel.shown(), bridge={"id": bridge})

    def _soon(self, channel: Channel, seconds: float, act: Callable[[], None]) -> None:
        channel.timers.append(asyncio.get_running_loop().call_later(seconds, act))

    def _answer(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        channel = self._channel(parts[1])
        if channel is None:
            return gone()
        self._become(channel, "Up")
        return done()

    def _hangup(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        channel = self._channel(parts[1])
        if channel is None:
            return gone()
        self._end(channel, NORMAL)
        return done()

    def _play(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        target, playback, media = parts[1], parts[3], query["media"]
        if target not in self.channels and target not in self.bridges:
            return gone()
        self.playing[playback] = (target, media)
        self.tell("PlaybackStarted", playback={"id": playback, "state": "playing"})
        seconds = 0.25 * len(media.split(","))
        asyncio.get_running_loop().call_later(seconds, self._finish_playback, playback)
        return web.json_response({"id": playback})

    def _finish_playback(self, playback: str) -> None:
        if self.playing.pop(playback, None) is not None:
            self.tell("PlaybackFinished", playback={"id": playback, "state": "done"})

    def _stop_playback(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        if parts[1] not in self.playing:
            return gone()
        self._finish_playback(parts[1])
        return done()

    def _music_on(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        return self._set(parts[1], "music", True)

    def _music_off(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        return self._set(parts[1], "music", False)

    def _mute(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        assert query["direction"] == "in"
        return self._set(parts[1], "muted", True)

    def _unmute(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        return self._set(parts[1], "muted", False)

    def _set(self, name: str, what: str, value: bool) -> web.Response:
        channel = self._channel(name)
        if channel is None:
            return gone()
        setattr(channel, what, value)
        return done()

    def _snoop(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        whom, name = parts[1], parts[3]
        if whom not in self.channels:
            return gone()
        assert (query["spy"], query.get("whisper", "none")) in (("both", "out"), ("both", "none"))
        spy = self.channels[name] = Channel(name, "", [], "Up", spies_on=whom)
        self.tell("StasisStart", channel=spy.shown(), args=[])
        return web.json_response(spy.shown())

    def _create_bridge(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        assert query["type"] == "mixing"
        self.bridges.add(parts[1])
        return web.json_response({"id": parts[1]})

    def _destroy_bridge(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        if parts[1] not in self.bridges:
            return gone()
        self.bridges.discard(parts[1])
        for channel in self.channels.values():
            if channel.bridge == parts[1]:
                self._leave(channel)
        return done()

    def _add_channel(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        if parts[1] not in self.bridges:
            return gone()
        for name in query["channel"].split(","):
            channel = self._channel(name)
            if channel is None:
                return web.json_response({"message": "Channel not found"}, status=400)
            if not channel.in_app:
                return web.json_response({"message": "Channel not in Stasis"}, status=422)
            self._leave(channel)
            channel.bridge = parts[1]
            self.tell("ChannelEnteredBridge", channel=channel.shown(), bridge={"id": parts[1]})
        return done()

    def _remove_channel(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        channel = self._channel(query["channel"])
        if channel is None or channel.bridge != parts[1]:
            return web.json_response({"message": "Channel not in this bridge"}, status=422)
        self._leave(channel)
        return done()

    def _record(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        target, name = parts[1], query["name"]
        if target not in self.channels and target not in self.bridges:
            return gone()
        now = asyncio.get_running_loop().time()
        self.recording[name] = (target, now, self._said_at(target))
        self.tell("RecordingStarted", recording={"name": name})
        if int(query["maxDurationSeconds"]):
            longest = float(query["maxDurationSeconds"])
            asyncio.get_running_loop().call_later(longest, self._finish_recording, name)
        return web.json_response({"name": name}, status=201)

    def _said_at(self, target: str) -> frozenset[str]:
        if target in self.channels:
            return self.said_on(self.channels[target])
        return self.said_in(target)

    def _finish_recording(self, name: str) -> None:
        found = self.recording.pop(name, None)
        if found is not None:
            self.stored[name] = found[2] | self._said_at(found[0])
            seconds = round(asyncio.get_running_loop().time() - found[1])
            self.tell("RecordingFinished", recording={"name": name, "duration": seconds})

    def _stop_recording(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        if parts[2] not in self.recording:
            return gone()
        self._finish_recording(parts[2])
        return done()

    def _fetch_recording(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        if parts[2] not in self.stored:
            return gone()
        return web.Response(body=b"RIFF....WAVE", content_type="audio/wav")

    def _delete_recording(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        return done() if self.stored.pop(parts[2], None) is not None else gone()

    def _dtmf(self, parts: list[str], query: dict[str, str], body: Any) -> web.Response:
        channel = self._channel(parts[1])
        if channel is None:
            return gone()
        channel.digits += query["dtmf"]
        return done()


def gone() -> web.Response:
    return web.json_response({"message": "Channel not found"}, status=404)


def done() -> web.Response:
    return web.Response(status=204)


def _shape(parts: list[str]) -> str:
    """The path with `*` for names."""
    fixed = "channels bridges playbacks recordings live stored stop file answer play moh mute snoop"
    known = {*fixed.split(), "addChannel", "removeChannel", "record", "dtmf"}
    return "/".join(part if part in known else "*" for part in parts)


REQUESTS: dict[str, Callable[..., web.Response]] = {
    "GET channels": FakeAsterisk._list,
    "POST channels": FakeAsterisk._originate,
    "DELETE channels/*": FakeAsterisk._hangup,
    "POST channels/*/answer": FakeAsterisk._answer,
    "POST channels/*/play/*": FakeAsterisk._play,
    "POST channels/*/moh": FakeAsterisk._music_on,
    "DELETE channels/*/moh": FakeAsterisk._music_off,
    "POST channels/*/mute": FakeAsterisk._mute,
    "DELETE channels/*/mute": FakeAsterisk._unmute,
    "POST channels/*/snoop/*": FakeAsterisk._snoop,
    "POST channels/*/record": FakeAsterisk._record,
    "POST channels/*/dtmf": FakeAsterisk._dtmf,
    "GET bridges": FakeAsterisk._list_bridges,
    "POST bridges/*": FakeAsterisk._create_bridge,
    "DELETE bridges/*": FakeAsterisk._destroy_bridge,
    "POST bridges/*/addChannel": FakeAsterisk._add_channel,
    "POST bridges/*/removeChannel": FakeAsterisk._remove_channel,
    "POST bridges/*/play/*": FakeAsterisk._play,
    "POST bridges/*/record": FakeAsterisk._record,
    "DELETE playbacks/*": FakeAsterisk._stop_playback,
    "POST recordings/live/*/stop": FakeAsterisk._stop_recording,
    "GET recordings/stored/*/file": FakeAsterisk._fetch_recording,
    "DELETE recordings/stored/*": FakeAsterisk._delete_recording,
}
