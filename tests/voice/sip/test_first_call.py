"""docs/voice.md: what it says of a first call is done, and the call is heard."""

from __future__ import annotations

import asyncio
import re
import subprocess
from pathlib import Path

import pytest

from tests.program import environment, running_server
from tests.server import ACCOUNT, ACCOUNT_SID, AUTH_TOKEN
from tests.voice.sip.stage import Telephones, free_ports, words

pytestmark = pytest.mark.alone

PAGE = (Path(__file__).parents[3] / "docs/voice.md").read_text()
SECTION = PAGE.split("## A first call\n")[1].split("\n## ")[0]
START, SHELL = re.findall(r"^```sh\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)
[CALLED] = re.findall(r"`(sip:\+\d+@127\.0\.0\.1:5080)`", SECTION)


@pytest.mark.feature(305, 200, 206, partly=True)
def test_a_first_call_as_the_page_tells_it(tmp_path: Path) -> None:
    """The commands name a document and a number; a telephone that calls it hears the words."""
    chosen = dict(re.findall(r"(POINTSMAN_VOICE|POINTSMAN_SIP_\w+)=(\S+)", START))
    port = free_ports(4)
    ports = {"POINTSMAN_SIP_PORT": str(port), "POINTSMAN_SIP_RTP_FROM": str(free_ports(32))}
    ports |= {"POINTSMAN_SIP_RTP_PORTS": "32"}
    with running_server(tmp_path, **ACCOUNT, **chosen, **ports) as program:
        ran = subprocess.run(
            ["sh", "-ec", SHELL.replace("http://127.0.0.1:8080", program.address)],
            cwd=tmp_path,
            env=environment(POINTSMAN_ACCOUNT_SID=ACCOUNT_SID, POINTSMAN_AUTH_TOKEN=AUTH_TOKEN),
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0 and '"voice_url":"http' in ran.stdout, ran

        async def call() -> None:
            async with Telephones(free_ports(4)) as telephones:
                uri = CALLED.replace("5080", str(port))
                telephones.do("dial", name="caller", uri=uri)
                await telephones.until(
                    lambda told: told["event"] == "heard" and words(told["levels"]) == {"say"}
                )

        asyncio.run(call())
