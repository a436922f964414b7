"""Random walks: callers, workers and an application do as they like at once, and nothing is left behind.

Each walk is a seed. After every step the audit looks; at the end everybody has hung up, and then there is
no call, bridge, room, place in a queue, waiting task or task of voice any more.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pointsman.voice.phones import Plan
from tests.voice.scene import HOTLINE, VoiceScene, told
from tests.webhooks.scene import ACCOUNT_SID

ROOT = f"/2010-04-01/Accounts/{ACCOUNT_SID}"
BOB = "+15550002222"
WORKERS = ("alice", "carol", "dave")
OUTCOMES = ("answer", "answer", "answer", "busy", "no-answer", "failed")
STEPS = 60
OVER = {"canceled", "completed", "wrapping"}


class Walk:
    """One walk through what people and programs do."""

    def __init__(self, scene: VoiceScene, seed: int) -> None:
        self.scene = scene
        self.chance = random.Random(seed)
        self.done: list[str] = []
        scene.application.documents |= {
            "/say": "<Say>Hello</Say><Pause length='3'/>",
            "/door": "<Enqueue action='/say'>door</Enqueue>",
            "/work": f"<Enqueue workflowSid='{scene.workflow_sid}' action='/say'/>",
            "/dial": f"<Dial action='/say' timeout='10'><Number>{BOB}</Number></Dial>",
            "/room": "<Dial action='/say'><Conference>room</Conference></Dial>",
            "/first": "<Dial><Queue>door</Queue></Dial>",
            "/record": "<Record action='/say' maxLength='9'/>",
            "/end": "<Hangup/>",
        }

    @property
    def steps(self) -> list[Callable[[], Awaitable[str]]]:
        return [
            self.call_in,
            self.call_in,
            self.call_out,
            self.hang_up,
            self.instruct,
            self.instruct,
            self.redirect,
            self.redirect,
            self.end,
            self.take_out,
            self.invite,
            self.meddle,
            self.fall,
            self.wait,
            self.wait,
        ]

    async def take(self) -> None:
        """One step; what it was is kept for whoever looks at a walk that failed."""
        self.done.append(await self.chance.choice(self.steps)())
        await self.scene.pass_time(0)

    def url(self) -> str:
        paths = ("say", "door", "work", "work", "dial", "room", "room", "first", "record", "end")
        return f"{self.scene.application.url}/{self.chance.choice(paths)}"

    def plan(self) -> Plan:
        """What a phone that is called does."""
        talks = self.chance.choice((None, None, 2_000, 15_000))
        return Plan(outcome=self.chance.choice(OUTCOMES), hangs_up_after_ms=talks)

    async def call_in(self) -> str:
        number = f"+1555100{self.chance.randrange(10_000):04}"
        self.scene.world.call(
            number, HOTLINE, Plan(hangs_up_after_ms=self.plan().hangs_up_after_ms)
        )
        return f"{number} calls in"

    async def call_out(self) -> str:
        self.scene.world.plan(BOB, self.plan())
        fields = {"To": BOB, "From": HOTLINE, "Url": self.url(), "Timeout": "10"}
        await self.scene.post(f"{ROOT}/Calls.json", **fields)
        return f"called out: {fields['Url']}"

    async def hang_up(self) -> str:
        legs = [leg.name for leg in self.scene.world.legs.values() if not leg.ended]
        if not legs:
            return "nobody to hang up"
        leg = self.chance.choice(legs)
        self.scene.world.hang_up(leg)
        return f"{leg} hangs up"

    async def instruct(self) -> str:
        found = await self.scene.get(f"{self.scene.home}/Tasks", AssignmentStatus="reserved")
        if not found["tasks"]:
            return "no offer"
        task = self.chance.choice(found["tasks"])
        path = f"{self.scene.home}/Tasks/{task['sid']}/Reservations"
        offer = (await self.scene.get(path))["reservations"][-1]["sid"]
        kind = self.chance.choice(("dequeue", "dequeue", "conference", "call", "redirect"))
        for name in WORKERS:
            self.scene.world.plan(f"client:{name}", self.plan())
        queue = f"<Dial><Queue reservationSid='{offer}'/></Dial>"
        self.scene.application.documents["/reserved"] = queue
        url = f"{self.scene.application.url}/reserved"
        call_sid = next(
            (
                line.sid
                for line in self.scene.exchange.lines.values()
                if line.sid in task["attributes"]
            ),
            "CA" + "0" * 32,
        )
        fields = {
            "dequeue": {"DequeueTimeout": "10"},
            "conference": {"Timeout": "10", "EndConferenceOnExit": "true"},
            "call": {"CallFrom": HOTLINE, "CallUrl": url},
            "redirect": {"RedirectCallSid": call_sid, "RedirectUrl": self.url()},
        }[kind]
        answer = await self.scene.http.post(f"{path}/{offer}", data={"Instruction": kind, **fields})
        assert answer.status_code in (200, 400, 410), answer.text
        return f"{kind} of {offer}: {answer.status_code}"

    async def redirect(self) -> str:
        return await self.update(Url=self.url())

    async def end(self) -> str:
        return await self.update(Status=self.chance.choice(("completed", "canceled")))

    async def update(self, **fields: str) -> str:
        if not self.scene.exchange.lines:
            return "no call"
        sid = self.chance.choice(list(self.scene.exchange.lines))
        answer = await self.scene.http.post(f"{ROOT}/Calls/{sid}.json", data=fields)
        assert answer.status_code in (200, 400), answer.text
        return f"{sid} {fields}: {answer.status_code}"

    async def take_out(self) -> str:
        for queue in (await self.scene.get(f"{ROOT}/Queues.json"))["queues"]:
            path = f"{ROOT}/Queues/{queue['sid']}/Members/Front.json"
            answer = await self.scene.http.post(path, data={"Url": self.url()})
            assert answer.status_code in (200, 404), answer.text
        return "the first of each queue is taken out"

    async def invite(self) -> str:
        self.scene.world.plan(BOB, self.plan())
        fields = {"To": BOB, "From": HOTLINE, "Timeout": "10"}
        path = f"{ROOT}/Conferences/room/Participants.json"
        answer = await self.scene.http.post(path, data=fields)
        assert answer.status_code in (201, 503), answer.text
        return f"invited: {answer.status_code}"

    async def meddle(self) -> str:
        """Hold, mute or kick somebody in some conference, or end it."""
        rooms = [room for room in self.scene.board.rooms.rooms(ACCOUNT_SID) if room.lines]
        if not rooms:
            return "no conference"
        room = self.chance.choice(rooms)
        path = f"{ROOT}/Conferences/{room.sid}"
        whom = f"{path}/Participants/{self.chance.choice(list(room.lines))}.json"
        match self.chance.choice(("hold", "mute", "kick", "end")):
            case "hold":
                await self.scene.http.post(
                    whom, data={"Hold": self.chance.choice(("true", "false"))}
                )
            case "mute":
                await self.scene.http.post(whom, data={"Muted": "true"})
            case "kick":
                await self.scene.http.delete(whom)
            case _:
                await self.scene.http.post(f"{path}.json", data={"Status": "completed"})
        return f"meddled with {room.sid}"

    async def fall(self) -> str:
        """The engine dies with all its calls, and is back a moment later."""
        if self.chance.random() < 0.7:
            return "all is well"
        self.scene.world.fall()
        await self.scene.pass_time(self.chance.choice((0, 3)))
        self.scene.world.rise()
        return "the engine was away"

    async def wait(self) -> str:
        seconds = self.chance.choice((0.5, 1, 3, 11))
        await self.scene.pass_time(seconds)
        return f"{seconds} s pass"


async def nothing_is_left(scene: VoiceScene) -> None:
    """Everybody hangs up, and a while later voice has forgotten them all."""
    for name in WORKERS:
        scene.world.plan(f"client:{name}", Plan(outcome="busy"))
    scene.world.plan(BOB, Plan(outcome="busy"))
    for _ in range(5):
        for leg in list(scene.world.legs.values()):
            if not leg.ended:
                scene.world.hang_up(leg.name)
        await scene.pass_time(30)
    await scene.pass_time(
        3_600
    )  # an offer that was redirected may be accepted until its clock runs out
    board = scene.board
    assert scene.exchange.lines == {}
    assert board.rooms.rooms(ACCOUNT_SID) == []
    assert [board.parking.members(queue.sid) for queue in board.parking.queues(ACCOUNT_SID)] in (
        [],
        [[]],
        [[], []],
    )
    assert scene.exchange.recorder.running == {}
    assert scene.exchange.bridges._bridges == {}
    assert {task["assignment_status"] for task in await scene.tasks()} <= OVER
    assert board.pace._tasks == set()


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_left_behind(tmp_path: Path, seed: int) -> None:
    """Whatever callers, workers and the application do, no call, task or place is forgotten."""

    async def story(scene: VoiceScene) -> None:
        await scene.number("<Redirect>/work</Redirect>")
        for name in WORKERS:
            await scene.a_phone(name)
        walk = Walk(scene, seed)
        for _ in range(STEPS):
            await walk.take()
        await nothing_is_left(scene)

    told(tmp_path, story)
