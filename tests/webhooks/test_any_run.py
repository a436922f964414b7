"""Runs drawn from a seed: requests, a moody receiver, time, and ends of the server at any moment.

Whatever happens, each event arrives, and the first arrivals of one resource keep their order.
"""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from aiohttp import web

from pointsman.ambient import VirtualAmbient
from tests.receiver import HungUp, Received, Receiver, a_receiver
from tests.webhooks.scene import Scene, a_scene

FILTER = "task.created,task.updated,task.canceled,worker.created,worker.attributes.update"


class Run:
    """One seed: what is asked, how the receiver feels, and what arrived so far."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.ambient = VirtualAmbient(seed=seed)
        self.moody = True
        self.workspace_sid = ""
        self.arrived: list[tuple[str, str]] = []
        self.tasks: list[str] = []
        self.workers: list[str] = []

    async def answer(self, got: Received) -> web.StreamResponse:
        mood = self.chance.random() if self.moody else 1.0
        if mood < 0.25:
            return web.Response(status=self.chance.choice([302, 404, 500, 503]))
        if mood < 0.3:
            raise HungUp
        self.arrived.append((got.form["ResourceSid"], got.form["Sid"]))
        return web.Response(status=204)

    async def live(self, scene: Scene, receiver: Receiver) -> None:
        """Some requests, some time; then the server may end with anything on its way."""
        if not self.workspace_sid:
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter=FILTER)
            self.workspace_sid = scene.workspace_sid
        scene.workspace_sid = self.workspace_sid
        for _ in range(12):
            await self.chance.choice([self.work, self.work, self.staff, self.wait])(scene)

    async def work(self, scene: Scene) -> None:
        if not self.tasks or self.chance.random() < 0.5:
            self.tasks.append(await scene.a_task())
            return
        change = self.chance.choice([{"Attributes": '{"a":1}'}, {"AssignmentStatus": "canceled"}])
        await scene.http.post(f"{scene.home}/Tasks/{self.chance.choice(self.tasks)}", data=change)

    async def staff(self, scene: Scene) -> None:
        if not self.workers or self.chance.random() < 0.3:
            name = f"worker {len(self.workers)}"
            made = await scene.post(f"{scene.home}/Workers", FriendlyName=name)
            self.workers.append(made["sid"])
            return
        attributes = f'{{"skill":{self.chance.randrange(5)}}}'
        worker_sid = self.chance.choice(self.workers)
        await scene.post(f"{scene.home}/Workers/{worker_sid}", Attributes=attributes)

    async def wait(self, scene: Scene) -> None:
        await scene.pass_time(self.chance.choice([0.1, 1, 5, 30]))

    async def told(self, scene: Scene) -> list[tuple[str, str]]:
        """Resource and SID of every event of the filter, in order."""
        events, page = [], f"{scene.home}/Events?PageSize=1000&Minutes=100000"
        while page:
            found = await scene.get(page)
            events += found["events"]
            page = found["meta"]["next_page_url"]
        wanted = FILTER.split(",")
        return [(e["resource_sid"], e["sid"]) for e in events if e["event_type"] in wanted]


@pytest.mark.feature(169, 279, partly=True)
@pytest.mark.parametrize("seed", range(6))
def test_every_event_arrives_in_the_order_of_its_resource(seed: int, tmp_path: Path) -> None:
    """Through failures, hang-ups and three lives of the server, nothing is lost or overtaken."""

    async def story() -> None:
        run = Run(seed)
        async with a_receiver(run.answer) as receiver:
            for _ in range(3):
                async with a_scene(tmp_path, run.ambient) as scene:
                    await run.live(scene, receiver)
            run.moody = False
            async with a_scene(tmp_path, run.ambient) as scene:
                scene.workspace_sid = run.workspace_sid
                await scene.pass_time(4_000)
                told = await run.told(scene)
                assert scene.callbacks.next_at() is None

        first = list(dict.fromkeys(run.arrived))
        assert set(first) == set(told)
        for resource_sid in {resource for resource, _ in told}:
            order = [sid for resource, sid in told if resource == resource_sid]
            assert [sid for resource, sid in first if resource == resource_sid] == order

    asyncio.run(story())
