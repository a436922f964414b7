"""docs/live-channel.md: its example runs, and its tables and numbers are those of the source."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.engine.events import EventType
from pointsman.gateway import session, sockets
from pointsman.gateway.bridge import ANSWER_WITHIN_S
from pointsman.gateway.channels import EVICTED_TOKEN_S
from pointsman.gateway.endpoint import BODY_MAX_BYTES
from pointsman.settings import Settings
from pointsman.wire import events
from tests.gateway.live import AC, ALL, a_live_channel

PAGE = Path(__file__).resolve().parents[2] / "docs" / "live-channel.md"
TEXT = PAGE.read_text(encoding="utf-8")
WORDS = " ".join(TEXT.split())


def test_the_example_accepts_a_task(tmp_path: Path) -> None:
    """The page's Python, run as it stands beside a server, takes the task that it is offered."""
    example = re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert example is not None
    source = example[1]

    async def story() -> tuple[bytes, bytes]:
        async with a_live_channel(tmp_path, VirtualAmbient(machine_wall=True)) as live:
            program = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                source,
                env={
                    **os.environ,
                    "SERVER": f"127.0.0.1:{live.port}",
                    "TOKEN": live.token(**ALL),
                    "ACCOUNT_SID": AC,
                    "WORKER_SID": live.names["alice"],
                    "WORKSPACE_SID": live.names["workspace"],
                },
                stdout=asyncio.subprocess.PIPE,
            )
            assert program.stdout is not None
            async with asyncio.timeout(60):
                first = await program.stdout.readline()
                await live.add_task(Attributes='{"language":"es"}')
                rest = await program.stdout.read()
                assert await program.wait() == 0
            return first, rest

    first, rest = asyncio.run(story())

    assert first == b"alice is Available\n"
    assert rest == b'{"language":"es"} accepted\n'


def test_every_frame_is_in_the_table() -> None:
    """The event types that the page lists are those that a worker's socket gets."""
    table = TEXT.split("| `event_type` | `payload` |")[1].split("\n\n")[0]
    told = set(re.findall(r"`((?:reservation|worker)\.[a-z.]+)`", table))

    assert told == {kind.value for kind in EventType if kind in events._PAYLOADS}


def test_every_close_is_in_the_table() -> None:
    """The codes that the page lists are those that the server closes with."""
    told = {int(code) for code in re.findall(r"^\| (\d{4}) \|", TEXT, re.MULTILINE)}
    closes = [
        value
        for module in (session, sockets)
        for value in vars(module).values()
        if isinstance(value, session.Close)
    ]

    assert told == {close.code for close in closes} | set(sockets._REFUSED_CODES.values())


@pytest.mark.parametrize(
    "sentence",
    [
        f"after {Settings().heartbeat_s:.0f} seconds without an event",
        f"{session.EXPIRY_GRACE_S:.0f} seconds after its time",
        f"gone for {Settings().disconnect_grace_s} seconds",
        f"does not read for {sockets.WRITE_WITHIN_S:.0f} seconds",
        f"At most {session.QUEUE_MAX_LENGTH // 1024} k characters",
        f"within {ANSWER_WITHIN_S:.0f} seconds",
        f"at most {BODY_MAX_BYTES // 1024**2} MiB",
        f"sockets {session.HOLD_S * 1000:.0f} milliseconds after its answer",
    ],
)
def test_the_page_s_numbers_are_those_of_the_source(sentence: str) -> None:
    """Each number of the page is the one in force."""
    assert sentence in WORDS


def test_the_page_tells_how_long_an_evicted_token_is_remembered() -> None:
    """Five minutes are what the source says."""
    assert "for five minutes" in WORDS and EVICTED_TOKEN_S == 5 * 60
