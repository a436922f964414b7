"""A task that is passed on, as the application hears of it: at its EventCallbackUrl and in Events."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import TaskRouterGrant

from tests.receiver import a_receiver
from tests.webhooks.scene import ACCOUNT_SID, AUTH_TOKEN, Scene, a_scene

KEY_SID, KEY_SECRET = "SK" + "5e" * 16, "a secret of thirty-two characters"
KEY = {"api_key_sid": KEY_SID, "api_key_secret": KEY_SECRET}
TRANSFERS = [
    f"task.transfer-{word}"
    for word in ("initiated", "attempt-failed", "failed", "canceled", "completed")
]


class Colleagues:
    """Alice, who has a task, and Bob; what each does with the newer SDK."""

    def __init__(self, scene: Scene, alice: str, bob: str, task: str, own: str) -> None:
        self.scene, self.alice, self.bob, self.task, self.own = scene, alice, bob, task, own

    async def ask(self, worker_sid: str, path: str, **params: Any) -> dict[str, Any]:
        """A POST as the newer SDK sends it; its payload."""
        now_s = int(self.scene.ambient.wall())
        token = AccessToken(ACCOUNT_SID, KEY_SID, KEY_SECRET, nbf=now_s, valid_until=now_s + 600)
        token.add_grant(TaskRouterGrant(self.scene.workspace_sid, worker_sid, "worker"))
        url = f"Workspaces/{self.scene.workspace_sid}/Workers/{worker_sid}/{path}"
        told = {"url": url, "method": "POST", "params": params, "token": token.to_jwt()}
        answer = await self.scene.http.post(
            "/v1/wschannels", content=json.dumps(told), headers={"apiVersion": "v2"}
        )
        assert answer.status_code == 200, answer.text
        payload: dict[str, Any] = answer.json()["payload"]
        return payload

    async def pass_on(self, to: str, mode: str = "WARM") -> str:
        told = {"TaskSid": self.task, "ReservationSid": self.own, "To": to, "Mode": mode}
        return str((await self.ask(self.alice, "Transfers", **told))["sid"])

    async def cancel(self, transfer_sid: str) -> None:
        told = {"TaskSid": self.task, "TransferStatus": "canceled"}
        await self.ask(self.alice, f"Transfers/{transfer_sid}", **told)

    async def answer(self, status: str) -> None:
        """What Bob says to his offer."""
        path = f"{self.scene.home}/Tasks/{self.task}/Reservations"
        found = await self.scene.get(path, ReservationStatus="pending", WorkerSid=self.bob)
        [offer] = found["reservations"]
        await self.ask(self.bob, f"Reservations/{offer['sid']}", ReservationStatus=status)


async def colleagues(scene: Scene) -> Colleagues:
    alice = await scene.a_worker("alice")
    task = await scene.a_task()
    [offer] = await scene.offers(task)
    path = f"{scene.home}/Workers/{alice}/Reservations/{offer['sid']}"
    await scene.post(path, ReservationStatus="accepted")
    return Colleagues(scene, alice, await scene.a_worker("bob"), task, offer["sid"])


@pytest.mark.feature(164, 186, partly=True)
def test_each_step_of_a_transfer_arrives_signed_and_in_order(tmp_path: Path) -> None:
    """To a worker who rejects, taken back, to a queue where one rejects and then accepts: the five
    events arrive in the order in which Events tells them, signed, with the fields of the task.
    """

    async def story() -> None:
        async with a_receiver() as receiver, a_scene(tmp_path, **KEY) as scene:
            await scene.furnish(EventCallbackUrl=receiver.url, EventsFilter=",".join(TRANSFERS))
            they = await colleagues(scene)
            await they.pass_on(they.bob)
            await they.answer("rejected")
            await they.cancel(await they.pass_on(they.bob))
            queue = await scene.post(
                f"{scene.home}/TaskQueues", FriendlyName="Bob", TargetWorkers="name == 'bob'"
            )
            await scene.post(f"{scene.home}/Workers/{they.bob}", Attributes='{"name": "bob"}')
            await they.pass_on(queue["sid"])
            await they.answer("rejected")
            await they.answer("accepted")
            await scene.quiet()

            received = receiver.received
            assert [got.form["EventType"].removeprefix("task.transfer-") for got in received] == [
                *("initiated", "attempt-failed", "failed"),
                *("initiated", "canceled"),
                *("initiated", "attempt-failed", "completed"),
            ]
            assert all(got.is_signed_by(AUTH_TOKEN) for got in received)
            assert {got.form["ResourceSid"] for got in received} == {they.task}
            assert {got.form["TaskSid"] for got in received} == {they.task}
            events = (await scene.get(f"{scene.home}/Events", TaskSid=they.task))["events"]
            told = [event for event in events if "transfer" in event["event_type"]]
            assert [got.form["Sid"] for got in received] == [event["sid"] for event in told]
            assert {event["actor_type"] for event in told} == {"worker"}

    asyncio.run(story())
