"""What becomes of calls and tasks when something dies: real SIP and RTP, real processes, and SIGKILL."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.program import Program, running_server
from tests.voice.sip.stage import WITHIN_S, Telephones, free_ports, words
from tests.voice.sip.test_server import (
    HOTLINE,
    SID,
    TOKEN,
    a_workspace,
    becomes,
    post,
    telephony,
    the_offer,
)

pytestmark = pytest.mark.alone

PROVIDER_DOWN, LOST = 32011, 12200


class Office:
    """A server and its hotline, whose callers wait for ann."""

    def __init__(self, client: httpx.Client, sip_port: int, telephones: Telephones) -> None:
        self.client = client
        self.telephones = telephones
        self.hotline = f"sip:{HOTLINE}@127.0.0.1:{sip_port}"
        self.path = ""

    async def furnish(self) -> None:
        self.path, workflow = await asyncio.to_thread(a_workspace, self.client)
        twiml = f"<Response><Enqueue workflowSid='{workflow}'/></Response>"
        document = await self.post("/pointsman/v1/TwiML", FriendlyName="Queue", Twiml=twiml)
        numbers = f"/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json"
        await self.post(numbers, PhoneNumber=HOTLINE, VoiceUrl=document["links"]["served"])

    async def post(self, path: str, **fields: str) -> dict[str, Any]:
        return await asyncio.to_thread(post, self.client, path, **fields)

    async def get(self, path: str) -> dict[str, Any]:
        answer = await asyncio.to_thread(self.client.get, path)
        found: dict[str, Any] = answer.json()
        return found

    async def call_in(self, name: str) -> None:
        """A telephone calls the hotline and hears its music."""
        since = len(self.telephones.told)
        self.telephones.do("dial", name=name, uri=self.hotline)
        await self.telephones.until(heard(name, {"music"}), since)

    async def talk(self, workers: Telephones | None = None, **dequeue: str) -> str:
        """The caller waits, and talks with the worker; the path of the reservation."""
        workers = workers or self.telephones
        await self.call_in("caller")
        offer = await asyncio.to_thread(the_offer, self.client, self.path)
        worker = f"sip:worker@127.0.0.1:{workers.port}"
        await self.post(offer, Instruction="dequeue", DequeueTo=worker, **dequeue)
        await self.telephones.until(heard("caller", {"worker"}))
        await workers.until(heard("worker", {"caller"}))
        assert await asyncio.to_thread(becomes, self.client, offer, "accepted")
        return offer

    async def until(self, path: str, right: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What is told at the path, once it is right."""
        async with asyncio.timeout(WITHIN_S):
            while not right(found := await self.get(path)):
                pass
        return found

    async def codes(self) -> set[int]:
        """The codes of all alerts."""
        return {alert["error_code"] for alert in (await self.get("/pointsman/v1/Alerts"))["alerts"]}


@contextlib.contextmanager
def an_office(
    folder: Path, sip_port: int, telephones: Telephones, port: int = 0, **settings: str
) -> Iterator[tuple[Program, Office]]:
    """A running server with telephony, and its office."""
    chosen = telephony(folder, sip_port) | settings
    with (
        running_server(folder, port=port, **chosen) as program,
        httpx.Client(base_url=program.address, auth=(SID, TOKEN), timeout=20) as client,
    ):
        yield program, Office(client, sip_port, telephones)


def heard(name: str, sources: set[str]) -> Callable[[dict[str, Any]], bool]:
    """Whether a telephone tells that it hears just this."""
    return lambda told: (
        told["event"] == "heard" and told["phone"] == name and words(told["levels"]) == sources
    )


def left(name: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a telephone tells that its call is over."""
    return lambda told: told["event"] == "ended" and told["phone"] == name


def telephone_process(program: Program) -> int:
    """The number of the server's telephone process."""
    server = program.process.pid
    (child,) = Path(f"/proc/{server}/task/{server}/children").read_text().split()
    return int(child)


def ended(statuses: set[tuple[str, str | None]]) -> Callable[[dict[str, Any]], bool]:
    """Whether the tasks stand so, each with its reason."""
    return lambda told: (
        {(task["assignment_status"], task["reason"]) for task in told["tasks"]} == statuses
    )


@pytest.mark.feature(223)
@pytest.mark.feature(224, partly=True)
def test_the_telephone_process_is_killed(tmp_path: Path) -> None:
    """Those who wait lose their tasks, those who talked wrap up, an alert says why, and the next call works."""

    async def story(telephones: Telephones, port: int) -> None:
        with an_office(tmp_path, port, telephones) as (program, office):
            await office.furnish()
            offer = await office.talk()
            await office.call_in("third")
            os.kill(telephone_process(program), signal.SIGKILL)
            over = ended({("wrapping", None), ("canceled", "hangup")})
            await office.until(f"{office.path}/Tasks", over)
            assert (await office.get(offer))["reservation_status"] == "wrapping"
            assert PROVIDER_DOWN in await office.codes()
            await asyncio.to_thread(program.says, "The voice provider sip is back")
            await office.post(offer, ReservationStatus="completed")
            await office.call_in("third")
            tasks = (await office.get(f"{office.path}/Tasks"))["tasks"]
            assert tasks[-1]["assignment_status"] == "reserved"

    played(story)


@pytest.mark.feature(223, partly=True)
def test_the_server_is_killed(tmp_path: Path) -> None:
    """Started again at once, it has ended its calls, nobody waits in vain, and the next call works."""

    async def story(telephones: Telephones, port: int) -> None:
        web = free_ports(1)
        with an_office(tmp_path, port, telephones, web) as (program, office):
            await office.furnish()
            offer = await office.talk()
            await office.call_in("third")
            program.kill()
        with an_office(tmp_path, port, telephones, web) as (program, again):
            again.path = office.path
            over = ended({("wrapping", None), ("canceled", "hangup")})
            await again.until(f"{office.path}/Tasks", over)
            assert (await again.get(offer))["reservation_status"] == "wrapping"
            assert LOST in await again.codes()
            for name in ("caller", "worker", "third"):
                await telephones.until(left(name))
            await again.call_in("third")

    played(story)


@pytest.mark.feature(226)
def test_a_phone_that_is_dead(tmp_path: Path) -> None:
    """A phone that says no more, not even goodbye, is noticed: the other is let go, and the work ends."""

    async def story(telephones: Telephones, port: int) -> None:
        timeout = {"POINTSMAN_SIP_RTP_TIMEOUT_S": "2"}
        async with Telephones(free_ports(4)) as workers:
            with an_office(tmp_path, port, telephones, **timeout) as (_, office):
                await office.furnish()
                offer = await office.talk(workers)
                workers.do("dial", name="third", uri=office.hotline)
                await workers.until(heard("third", {"music"}))
                workers.kill()
                await telephones.until(left("caller"))
                assert await asyncio.to_thread(becomes, office.client, offer, "wrapping")
                over = ended({("wrapping", None), ("canceled", "hangup")})
                await office.until(f"{office.path}/Tasks", over)

    played(story)


def played(story: Callable[[Telephones, int], Awaitable[None]]) -> None:
    """Play it with telephones, and a port for the server's."""

    async def run() -> None:
        async with Telephones(free_ports(4)) as telephones:
            await story(telephones, free_ports(4))

    asyncio.run(run())
