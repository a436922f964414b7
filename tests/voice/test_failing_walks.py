"""Random walks through failures: the provider dies and comes back, events are told again, the server restarts.

Workers answer their offers in every way meanwhile, and callers come and go. After every step the audit
is asked. At the end nobody does anything any more: then no call is left, no offer is open, and no task
waits for a caller who is gone.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine.state import State
from pointsman.voice.phones import Plan
from pointsman.voice.provider import Event, LegIncoming
from tests.voice.scene import VoiceScene, a_server, an_application, told

STEPS = 60
WORKERS = ("alice", "bob")
SPANS_S = (0, 0, 0.2, 1, 1, 3, 20, 90)
PLANS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"answers_after_ms": 0},
    {"answers_after_ms": 1_000, "hangs_up_after_ms": 1_000},
    {"outcome": "busy"},
    {"outcome": "no-answer"},
    {"outcome": "never"},
    {"outcome": "failed"},
)


class Walk:
    """One walk through a scene."""

    def __init__(self, scene: VoiceScene, seed: int) -> None:
        self.scene = scene
        self.chance = random.Random(seed)
        self.seen: list[Event] = []
        self.callers = 0
        self.by_hand: set[str] = set()
        """Offers that were accepted without a call, whose work nobody's hang-up ends."""

    async def furnish(self) -> None:
        for name in WORKERS:
            await self.scene.a_phone(name)
        await self.take_up(self.scene)

    async def take_up(self, scene: VoiceScene) -> None:
        """Go on with this server, the first one or the next."""
        self.scene = scene
        await scene.number(f'<Enqueue workflowSid="{scene.workflow_sid}" action="/after"/>')
        scene.application.documents["/mail"] = "<Record playBeep='false' maxLength='5'/>"
        hear = scene.exchange.hear

        def listen(event: Event) -> None:
            self.seen.append(event)
            hear(event)

        scene.world._sink = listen

    async def step(self) -> None:
        await self.chance.choice(
            (
                self.call_in,
                self.instruct,
                self.instruct,
                self.instruct,
                self.answer,
                self.hang_up,
                self.complete,
                self.wait,
                self.wait,
                self.replay,
                self.send_to_mail,
                self.fall_and_rise,
            )
        )()
        await self.scene.pass_time(self.chance.choice((0, 0, 0.2)))

    async def call_in(self) -> None:
        """Another caller, if there are not many."""
        if len(self.on_the_line()) < 5 and not self.scene.world.down:
            self.callers += 1
            self.scene.world.call(f"+1555900{self.callers:04}", "+15550001111")

    async def instruct(self) -> None:
        """An offer is answered with one of the four, or with a word; the phone does as it likes."""
        offer = self.an_offer("pending")
        if offer is None:
            return
        for name in WORKERS:
            self.scene.world.plan(f"client:{name}", Plan(**self.chance.choice(PLANS)))
        kind = self.chance.choice(
            ("dequeue", "dequeue", "conference", "redirect", "call", "reject")
        )
        params = {"Instruction": kind}
        url = f"{self.scene.application.url}/mail"
        if kind == "redirect":
            call_sid = self.of_state(lambda state: state.tasks[offer[0]].attributes)
            params |= {"RedirectCallSid": call_sid.partition('call_sid":"')[2][:34]}
            params |= {"RedirectUrl": url}
        elif kind == "call":
            params |= {"CallFrom": "+15550001111", "CallUrl": url}
        elif kind == "conference":
            params |= {"EndConferenceOnExit": self.chance.choice(("true", "false"))}
        await self.post(offer, params)

    async def answer(self) -> None:
        offer = self.an_offer("pending")
        if offer is not None:
            status = self.chance.choice(("accepted", "rejected", "accepted"))
            self.by_hand.add(offer[1])
            await self.post(offer, {"ReservationStatus": status})

    async def complete(self) -> None:
        for status in ("wrapping", "accepted"):
            offer = self.an_offer(status)
            if offer is not None:
                await self.post(offer, {"ReservationStatus": "completed"})
                return

    async def hang_up(self) -> None:
        if legs := self.on_the_line():
            self.scene.world.hang_up(self.chance.choice(legs))

    async def wait(self) -> None:
        await self.scene.pass_time(self.chance.choice(SPANS_S))

    async def replay(self) -> None:
        """Something that happened is told again."""
        old = [event for event in self.seen if not isinstance(event, LegIncoming)]
        if old and not self.scene.world.down:
            ended = [
                event for event in old if type(event).__name__ not in ("ProviderDown", "ProviderUp")
            ]
            if ended:
                self.scene.exchange.hear(self.chance.choice(ended))

    async def send_to_mail(self) -> None:
        """An application moves a call."""
        if sids := list(self.scene.exchange.lines):
            path = f"/2010-04-01/Accounts/{self.scene.board.accounts.all()[0].sid}/Calls"
            url = f"{self.scene.application.url}/mail"
            sid = self.chance.choice(sids)
            await self.scene.http.post(f"{path}/{sid}.json", data={"Url": url})

    async def fall_and_rise(self) -> None:
        """The provider dies, now and then, and comes back."""
        if self.scene.world.down:
            self.scene.world.rise()
        elif self.chance.random() < 0.2:
            self.scene.world.fall()

    async def end(self) -> None:
        """Everybody hangs up, and all work is done."""
        if self.scene.world.down:
            self.scene.world.rise()
        for _ in range(3):
            for leg in self.on_the_line():
                self.scene.world.hang_up(leg)
            await self.scene.pass_time(3_700)
        assert self.scene.exchange.lines == {}
        assert self.scene.board.callers == {}
        assert self.scene.board.instructions.sessions == {}
        assert self.scene.exchange.recorder.running == {}
        working = self.of_state(
            lambda state: [
                offer.sid
                for offer in state.reservations.values()
                if offer.reservation_status == "accepted" and offer.sid not in self.by_hand
            ]
        )
        assert working == [], "those who talked do not wrap up"
        left = self.of_state(
            lambda state: [
                (task.assignment_status.value, task.attributes)
                for task in state.tasks.values()
                if task.assignment_status in ("pending", "reserved")
            ]
        )
        assert left == [], "tasks of callers who are gone"

    def on_the_line(self) -> list[str]:
        return [leg.name for leg in self.scene.world.legs.values() if not leg.ended]

    def an_offer(self, status: str) -> tuple[str, str] | None:
        """Task and reservation of one that stands so."""
        found = self.of_state(
            lambda state: [
                (offer.task_sid, offer.sid)
                for offer in state.reservations.values()
                if offer.reservation_status == status
            ]
        )
        return self.chance.choice(found) if found else None

    def of_state(self, question: Any) -> Any:
        def ask(state: State) -> Any:
            return question(state)

        assert self.scene.app._parts is not None
        return self.scene.app._parts.runtime.glance(self.scene.workspace_sid, ask)

    async def post(self, offer: tuple[str, str], params: dict[str, str]) -> None:
        """Ask for it; whatever is refused is refused."""
        path = f"{self.scene.home}/Tasks/{offer[0]}/Reservations/{offer[1]}"
        answer = await self.scene.http.post(path, data=params)
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("seed", range(5))
def test_a_walk(tmp_path: Path, seed: int) -> None:
    """Whatever happens, no call is without an owner, no offer on hold for ever, no worker over capacity."""

    async def story(scene: VoiceScene) -> None:
        walk = Walk(scene, seed)
        await walk.furnish()
        for _ in range(STEPS):
            await walk.step()
        await walk.end()

    told(tmp_path, story, voice_dials_per_minute=0)


@pytest.mark.parametrize("seed", range(100, 103))
def test_a_walk_through_restarts(tmp_path: Path, seed: int) -> None:
    """The same, with a server that ends and starts again on the way, whose calls end with it."""

    async def run() -> None:
        ambient = VirtualAmbient()
        walk: Walk | None = None
        workspace_sid = workflow_sid = ""
        async with an_application() as application:
            for _ in range(3):
                async with a_server(
                    tmp_path, application, ambient, voice_dials_per_minute=0
                ) as scene:
                    if walk is None:
                        await scene.furnish()
                        walk = Walk(scene, seed)
                        await walk.furnish()
                        workspace_sid, workflow_sid = scene.workspace_sid, scene.workflow_sid
                    else:
                        scene.workspace_sid, scene.workflow_sid = workspace_sid, workflow_sid
                        await scene.pass_time(0)
                        await walk.take_up(scene)
                    for _ in range(STEPS // 3):
                        await walk.step()
            async with a_server(tmp_path, application, ambient) as scene:
                scene.workspace_sid = workspace_sid
                assert walk is not None
                walk.scene = scene
                await scene.pass_time(0)
                await walk.end()

    asyncio.run(run())
