"""`pointsman serve --virtual-clock` as a process of its own, with an application that it calls."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp import web

from tests.program import pointsman, running_server
from tests.receiver import Received, Receiver, a_receiver
from tests.server import ACCOUNT_SID, AUTH_TOKEN, a_server

LINES = ("First line", "Second line", "Third line", "Everybody")
BEGIN, BEGIN_S = "2026-03-01T09:00:00Z", 1772355600


def seed(receiver: str) -> str:
    """A task goes on to the next line every ten seconds; Ana works in the third one."""
    return json.dumps(
        {
            "friendly_name": "Support",
            "event_callback_url": f"{receiver}/events",
            "task_queues": [
                {"friendly_name": line, "target_workers": f"line == {number}"}
                for number, line in enumerate(LINES, 1)
            ],
            "workflows": [
                {
                    "friendly_name": "Escalation",
                    "assignment_callback_url": f"{receiver}/assign",
                    "task_reservation_timeout": 10,
                    "configuration": {
                        "task_routing": {
                            "filters": [
                                {
                                    "expression": "1==1",
                                    "targets": [{"queue": x, "timeout": 10} for x in LINES[:3]]
                                    + [{"queue": LINES[3]}],
                                }
                            ]
                        }
                    },
                }
            ],
            "workers": [
                {"friendly_name": "ana", "activity": "Available", "attributes": {"line": 3}}
            ],
        }
    )


class Application:
    """What the server calls: it fails the first time, and lets Ana take what she is offered."""

    def __init__(self, accepts: bool = True, fails: int = 0) -> None:
        self.accepts = accepts
        self.fails = fails

    async def answer(self, received: Received) -> web.StreamResponse:
        if received.url.endswith("/assign"):
            return web.json_response({"instruction": "accept"} if self.accepts else {})
        if self.fails:
            self.fails -= 1
            return web.Response(status=500)
        return web.Response(status=204)


def told(receiver: Receiver) -> list[tuple[int, str]]:
    """Event types and the seconds after the beginning at which they happened, as they came."""
    forms = [one.form for one in receiver.received if one.url.endswith("/events")]
    return [(int(form["Timestamp"]) - BEGIN_S, form["EventType"]) for form in forms]


async def asked(http: httpx.AsyncClient, path: str, **fields: Any) -> Any:
    answer = await http.post(path, data=fields)
    assert answer.is_success, answer.text
    return answer.json()


def story(folder: Path, application: Application, tell: Any) -> None:
    """Run it against a server that begins with the seed, and the application that it calls."""

    async def run() -> None:
        async with a_receiver(application.answer) as receiver:
            file = folder / "workspace.json"
            file.write_text(seed(receiver.url))
            options = ("--virtual-clock", f"--start={BEGIN}", f"--seed-file={file}")
            with contextlib.ExitStack() as running:
                server = await asyncio.to_thread(running.enter_context, a_server(folder, *options))
                credentials = (ACCOUNT_SID, AUTH_TOKEN)
                url = server.address
                async with httpx.AsyncClient(base_url=url, auth=credentials, timeout=30) as http:
                    await tell(http, receiver)

    asyncio.run(run())


@pytest.mark.feature(266)
def test_an_escalation_by_rest_fires_every_timer_and_callback_in_order(tmp_path: Path) -> None:
    """One advance over 10, 20 and 30 s: when it is answered, all that was due was told, in order."""

    async def tell(http: httpx.AsyncClient, receiver: Receiver) -> None:
        made = (await asked(http, "/pointsman/v1/Reset"))["workspace"]
        path = f"/v1/Workspaces/{made['workspace_sid']}"
        worker = f"{path}/Workers/{made['workers']['ana']}"
        await asked(http, worker, ActivitySid=made["activities"]["Offline"])
        task = await asked(http, f"{path}/Tasks", Timeout="60")
        assert (await asked(http, "/pointsman/v1/Clock", advance_s="65"))["now"][-9:] == "09:01:05Z"

        happened = [(at, kind) for at, kind in told(receiver) if kind.startswith("task") and at]
        assert [at for at, _ in happened] == sorted(at for at, _ in happened)
        moved = ("task-queue.timeout", "task-queue.moved", "task-queue.entered")
        expected = [(at, kind) for at in (10, 20, 30) for kind in moved]
        assert sorted(happened) == sorted([*expected, (60, "task.canceled")])
        assert (await http.get(f"{path}/Tasks/{task['sid']}")).json()["reason"]

    story(tmp_path, Application(), tell)


@pytest.mark.feature(266)
def test_an_instruction_is_carried_out_at_the_moment_of_its_callback(tmp_path: Path) -> None:
    """Time waits for the application: what it answers happens at the second at which it was asked."""

    async def tell(http: httpx.AsyncClient, receiver: Receiver) -> None:
        made = (await asked(http, "/pointsman/v1/Reset"))["workspace"]
        path = f"/v1/Workspaces/{made['workspace_sid']}"
        task = await asked(http, f"{path}/Tasks")
        await asked(http, "/pointsman/v1/Clock", advance_s="300")

        assert [one for one in told(receiver) if one[1].startswith("reservation")] == [
            (20, "reservation.created"),
            (20, "reservation.accepted"),
        ]
        status = (await http.get(f"{path}/Tasks/{task['sid']}")).json()["assignment_status"]
        assert status == "assigned"

    story(tmp_path, Application(), tell)


@pytest.mark.feature(266)
def test_a_callback_is_tried_again_by_the_virtual_clock(tmp_path: Path) -> None:
    """What failed is sent again, with the same SID, only when the clock has moved on."""

    async def tell(http: httpx.AsyncClient, receiver: Receiver) -> None:
        made = (await asked(http, "/pointsman/v1/Reset"))["workspace"]
        await asked(http, "/pointsman/v1/Clock", advance_s="0")
        application.fails = 1
        before = len(receiver.received)
        path = f"/v1/Workspaces/{made['workspace_sid']}"
        await asked(http, f"{path}/Activities", FriendlyName="Lunch")
        await asked(http, "/pointsman/v1/Clock", advance_s="0")
        assert len(receiver.received) == before + 1
        await asked(http, "/pointsman/v1/Clock", advance_s="5")
        first, second = [one.form["Sid"] for one in receiver.received[before:]]
        assert first == second

    application = Application()
    story(tmp_path, application, tell)


def test_a_server_says_that_its_time_stands_still(tmp_path: Path) -> None:
    """The start tells the time; a folder keeps to its kind of time from then on."""
    options = ("--virtual-clock", f"--start={BEGIN}")
    virtual, real = tmp_path / "virtual", tmp_path / "real"
    virtual.mkdir()
    real.mkdir()
    with running_server(virtual, *options) as server:
        server.stop()
        assert f"Its time is {BEGIN} and moves only when it is told to.\n" in server.output
    with running_server(real) as server:
        server.stop()
    moved = pointsman("serve", "--port=0", f"--data={virtual}", folder=tmp_path)
    owned = pointsman("serve", "--port=0", f"--data={real}", *options, folder=tmp_path)

    assert (moved.returncode, owned.returncode) == (2, 2)
    assert moved.stderr.startswith(f"The time of the data folder {virtual} was moved; choose")
    assert owned.stderr.startswith(f"The data folder {real} belongs to a server whose time is")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--start=2026-03-01"], "--start and --seed-file go with --virtual-clock"),
        (["--seed-file=x.yaml"], "--start and --seed-file go with --virtual-clock"),
        (["--virtual-clock", "--start=soon"], "--start has to be a date and time such as"),
        (["--virtual-clock", "--seed-file=x.yaml"], "The seed file x.yaml cannot be read"),
        (["--virtual-clock", "--seed-file=bad.yaml"], "The seed file bad.yaml cannot be used: Obj"),
    ],
)
def test_what_cannot_be_begun_ends_with_a_sentence(
    tmp_path: Path, options: list[str], sentence: str
) -> None:
    """Status 2 and one sentence for a start or a seed that cannot be used."""
    (tmp_path / "bad.yaml").write_text("friendly_name: x\ncolour: red\n")
    ended = pointsman("serve", "--port=0", "--data=there", *options, folder=tmp_path)

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith(sentence)


@pytest.mark.feature(170, partly=True)
def test_a_server_forgets_after_the_days_of_its_setting(tmp_path: Path) -> None:
    """With the setting, events are gone a day and an hour later on the server's own clock."""
    options = ("--virtual-clock", f"--start={BEGIN}")
    credentials = (ACCOUNT_SID, AUTH_TOKEN)
    with (
        a_server(tmp_path, *options, POINTSMAN_RETENTION_DAYS="1") as server,
        httpx.Client(base_url=server.address, auth=credentials, timeout=30) as http,
    ):
        made = http.post("/v1/Workspaces", data={"FriendlyName": "Support"}).json()
        counts = []
        for advance_s in ("86400", "3600"):
            http.post("/pointsman/v1/Clock", data={"advance_s": advance_s}).raise_for_status()
            asked = {"StartDate": BEGIN}
            told = http.get(f"/v1/Workspaces/{made['sid']}/Events", params=asked).json()["events"]
            counts.append(len(told))

        assert counts[0] > 0
        assert counts[1] == 0
