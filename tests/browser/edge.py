"""The edge of softphones, as an operator runs it: Kamailio with the project's file, and rtpengine.

Both are Debian's. They listen on ports of their own on loopback, and are there when they answer.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from tests.program import PATIENCE_S
from tests.voice.sip.stage import free_ports

DEPLOY = Path(__file__).parents[2] / "deploy" / "softphone"
SECRET = "shared-by-the-edge-and-the-server"
SOUND_PORTS = 40
ANSWER_WITHIN_S = 0.2
OPTIONS = (
    "OPTIONS sip:pointsman@127.0.0.1:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{own};rport;branch=z9hG4bK{number}\r\n"
    "From: <sip:test@127.0.0.1>;tag={number}\r\n"
    "To: <sip:pointsman@127.0.0.1>\r\n"
    "Call-ID: {number}@127.0.0.1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 10\r\nContent-Length: 0\r\n\r\n"
)


class Edge(NamedTuple):
    """Where browsers register, and where calls to them are sent."""

    url: str
    sip_port: int


@contextlib.contextmanager
def an_edge(folder: Path) -> Iterator[Edge]:
    """Both programs, gone when this ends."""
    first = free_ports(4 + SOUND_PORTS)
    sip, web, control, sound = first, first + 1, first + 2, first + 4
    relay = [
        "rtpengine",
        f"--config-file={DEPLOY / 'rtpengine.conf'}",
        "--interface=127.0.0.1",
        f"--listen-ng=127.0.0.1:{control}",
        f"--port-min={sound}",
        f"--port-max={sound + SOUND_PORTS - 1}",
        "--foreground",
        "--log-stderr",
        "--log-level=4",
    ]
    chosen = {
        "EDGE_SIP": f"udp:127.0.0.1:{sip}",
        "EDGE_WS": f"tcp:127.0.0.1:{web}",
        "EDGE_RTPENGINE": f'"udp:127.0.0.1:{control}"',
        "EDGE_SECRET": f'"{SECRET}"',
    }
    definitions = [word for name, value in chosen.items() for word in ("-A", f"{name}={value}")]
    proxy = ["kamailio", "-DD", "-E", "-f", str(DEPLOY / "kamailio.cfg"), "-Y", str(folder)]
    with (
        running(relay, folder / "rtpengine.log"),
        answers(control, lambda own, number: f"{number} d7:command4:pinge"),
        running(
            [*proxy, *definitions, "-P", str(folder / "kamailio.pid")], folder / "kamailio.log"
        ),
        answers(sip, lambda own, number: OPTIONS.format(port=sip, own=own, number=number)),
    ):
        yield Edge(f"ws://127.0.0.1:{web}", sip)


@contextlib.contextmanager
def running(command: list[str], log: Path) -> Iterator[None]:
    """A program of Debian, which is told to end when this ends."""
    with log.open("w") as told:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=told, stderr=told)
        try:
            yield
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


@contextlib.contextmanager
def answers(port: int, question: Callable[[int, int], str]) -> Iterator[None]:
    """Ask by UDP until there is an answer: then it listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.bind(("127.0.0.1", 0))
        asking.settimeout(ANSWER_WITHIN_S)
        for number in range(round(PATIENCE_S / ANSWER_WITHIN_S)):
            text = question(asking.getsockname()[1], number)
            asking.sendto(text.encode(), ("127.0.0.1", port))
            with contextlib.suppress(TimeoutError):
                asking.recv(4096)
                break
        else:
            raise AssertionError(f"nothing answers at port {port}")
    yield
