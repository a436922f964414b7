"""What an operator sees of queues and offers at /metrics, over a whole server on a virtual clock."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.receiver import Receiver, a_receiver
from tests.webhooks.scene import Scene, a_scene


async def metric(scene: Scene, name: str) -> float:
    """The value of this metric; of labelled ones the labels are part of its name."""
    lines = (await scene.http.get("/metrics")).text.splitlines()
    [value] = [float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} ")]
    return value


async def of_queue(scene: Scene) -> tuple[float, float]:
    """How many tasks wait in the workspace's queue, and how long the oldest has."""
    [queue] = (await scene.get(f"{scene.home}/TaskQueues"))["task_queues"]
    labels = f'{{task_queue_sid="{queue["sid"]}",workspace_sid="{scene.workspace_sid}"}}'
    waiting = await metric(scene, f"pointsman_tasks_waiting{labels}")
    return waiting, await metric(scene, f"pointsman_oldest_wait_seconds{labels}")


async def ended(scene: Scene, result: str) -> float:
    return await metric(scene, f'pointsman_offers_ended_total{{result="{result}"}}')


@pytest.mark.feature(294)
def test_queues_offers_callbacks_and_commits_are_measured(tmp_path: Path) -> None:
    """Depth and oldest wait of a queue, offers and what became of them, lags and commits are told."""

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path) as scene:
            await furnish(scene, receiver)
            assert await of_queue(scene) == (2, 30)
            assert await metric(scene, "pointsman_offers_total") == 0

            worker = await scene.a_worker()
            await scene.pass_time(30)
            assert await of_queue(scene) == (1, 50)
            await scene.pass_time(30)
            assert await of_queue(scene) == (2, 90)
            assert await metric(scene, "pointsman_offers_total") == 1
            assert await ended(scene, "timeout") == 1
            available = await scene.activity("Available")
            await scene.post(f"{scene.home}/Workers/{worker}", ActivitySid=available)
            [offer] = await pending(scene, worker)
            path = f"{scene.home}/Workers/{worker}/Reservations/{offer}"
            await scene.post(path, ReservationStatus="accepted")
            assert await ended(scene, "accepted") == 1
            assert [await ended(scene, each) for each in ("rejected", "rescinded")] == [0, 0]
            await scene.quiet()
            assert await metric(scene, 'pointsman_callback_lag_seconds_count{kind="event"}') == 2
            commits = await metric(scene, "pointsman_commit_seconds_count")
            assert commits == await metric(scene, "pointsman_group_size_count") > 0
            kept = scene.workspace_sid
        async with a_scene(tmp_path, scene.ambient) as again:
            again.workspace_sid = kept
            assert await of_queue(again) == (1, 80)
            for task in (await again.get(f"{again.home}/Tasks"))["tasks"]:
                await again.http.delete(f"{again.home}/Tasks/{task['sid']}")
            assert await of_queue(again) == (0, 0)

    asyncio.run(story())


async def furnish(scene: Scene, receiver: Receiver) -> None:
    """A workspace in which one task waits for 30 s, and another one for 20 s; offers last 60 s."""
    await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter="reservation.created")
    workflow = f"{scene.home}/Workflows/{scene.workflow_sid}"
    await scene.post(workflow, TaskReservationTimeout="60")
    await scene.a_task()
    await scene.pass_time(10)
    await scene.a_task()
    await scene.pass_time(20)


async def pending(scene: Scene, worker_sid: str) -> list[str]:
    path = f"{scene.home}/Workers/{worker_sid}/Reservations"
    found = (await scene.get(path, ReservationStatus="pending"))["reservations"]
    return [offer["sid"] for offer in found]
