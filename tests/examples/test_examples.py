"""The applications in `examples/`: each runs as a user starts it, and ends as its story says.

They share one server with a virtual clock, so that ten seconds and nine o'clock come when the test wants
them. The page with the browser SDK is in `tests/browser/test_help_button.py`.
"""

from __future__ import annotations

import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hatch_build import node_folder
from tests.program import PATIENCE_S, environment
from tests.server import ACCOUNT_SID, AUTH_TOKEN, Server, a_server

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BEGIN = "2026-03-02T08:59:00Z"


class Example:
    """A running example: what it says, and how it ends."""

    def __init__(self, command: list[str], server: Server, folder: Path) -> None:
        self._server = server
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(
                POINTSMAN_URL=server.address,
                POINTSMAN_ACCOUNT_SID=ACCOUNT_SID,
                POINTSMAN_AUTH_TOKEN=AUTH_TOKEN,
            ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def says(self) -> str:
        """The next line; waits for it."""
        line = self._lines.get(timeout=PATIENCE_S)
        assert line is not None, "it ended"
        return line

    def ends(self) -> list[str]:
        """The lines that are left, once it has ended well."""
        lines = []
        while (line := self._lines.get(timeout=PATIENCE_S)) is not None:
            lines.append(line)
        assert self.process.wait(PATIENCE_S) == 0, "\n".join(lines)
        return lines

    def advance(self, seconds: int) -> None:
        """Let time pass on the server."""
        answer = httpx.post(
            f"{self._server.address}/pointsman/v1/Clock",
            data={"advance_s": seconds},
            auth=(ACCOUNT_SID, AUTH_TOKEN),
            timeout=PATIENCE_S,
        )
        answer.raise_for_status()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(PATIENCE_S)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server a minute before nine."""
    folder = tmp_path_factory.mktemp("data")
    with a_server(folder, "--virtual-clock", f"--start={BEGIN}") as running:
        yield running


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples as after `npm install` in their folder."""
    folder = tmp_path_factory.mktemp("node")
    for script in EXAMPLES.glob("*.mjs"):
        (folder / script.name).write_text(script.read_text())
    (folder / "node_modules").symlink_to(ROOT / "web" / "node_modules")
    return folder


@pytest.fixture
def start(server: Server, node: Path) -> Iterator[Any]:
    """Starts an example by its file's name."""
    running: list[Example] = []

    def started(name: str, *arguments: str) -> Example:
        if name.endswith(".mjs"):
            command, folder = [str(node_folder(node) / "node"), name, *arguments], node
        else:
            command, folder = [sys.executable, name, *arguments], EXAMPLES
        running.append(Example(command, server, folder))
        return running[-1]

    yield started
    for example in running:
        example.close()


def the_workspace(server: Server, name: str) -> Any:
    [found] = server.client().taskrouter.v1.workspaces.list(friendly_name=name)
    return found


@pytest.mark.feature(271)
def test_business_hours(start: Any, server: Server) -> None:
    """A question of the night waits through its minutes, and is offered at nine."""
    example = start("business_hours.py")
    assert example.says() == "08:59: we are closed; your question waits"
    example.advance(60)

    assert example.ends() == ["09:00: Jo is asked"]
    [task] = the_workspace(server, "Business hours").tasks.list()
    assert task.assignment_status == "reserved"


@pytest.mark.feature(271)
def test_call_centre(start: Any) -> None:
    """Callers reach who speaks their language; who has to wait gets the first who is done."""
    example = start("call_centre.py")
    page = (EXAMPLES / "README.md").read_text()
    [shown] = re.findall(r"^```\n\n```\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    said = example.ends()

    assert said == shown.splitlines()
    assert said == [
        "Zoe presses 1: Alice",
        "Luis presses 2: Bob",
        "Marta presses 2: please hold the line",
        "Luis hangs up, and Bob writes down what was said",
        "Bob is done; Marta now speaks with Bob",
        "3 calls were answered, 0 were lost",
    ]


@pytest.mark.feature(271)
def test_ticket_triage(start: Any) -> None:
    """The tickets are done by urgency, and those of equal urgency by age."""
    assert start("ticket_triage.py").ends() == [
        "priority 30: We are all locked out",
        "priority 20: Our shop is down",
        "priority 10: Wrong invoice",
        "priority  0: A letter",
        "priority  0: How do I print?",
    ]


@pytest.mark.feature(271)
def test_known_worker(start: Any) -> None:
    """The customer meets the same worker again, and somebody else only when that one has gone."""
    example = start("known_worker.py")
    said = [example.says() for _ in range(4)]
    assert said == [*["Mr Ito is helped by Emil"] * 3, "Emil goes home"]
    example.advance(10)

    assert example.ends() == ["Mr Ito is helped by Fay after 10 seconds"]


@pytest.mark.feature(271)
def test_escalation(start: Any) -> None:
    """Each step is entered after ten seconds with its priority, and the last one finds somebody."""
    example = start("escalation.py")
    assert example.says() == "second  0: First line, priority 1: nobody is free"
    example.advance(10)
    assert example.says() == "second 10: nobody answers in First line"
    assert example.says() == "second 10: Second line, priority 5: nobody is free"
    example.advance(10)

    assert example.ends() == [
        "second 20: nobody answers in Second line",
        "second 20: The whole house, priority 9: Ivo",
    ]


@pytest.mark.feature(271)
def test_bot(start: Any, server: Server) -> None:
    """The bot answers what it knows, and a person is offered what it does not know."""
    assert sorted(start("bot.py").ends()) == [
        "meaning of life? Kim will tell you.",
        "opening hours? From nine to five.",
        "price? Nothing, it is free software.",
    ]
    tasks = the_workspace(server, "Bot").tasks.list()
    assert sorted((task.assignment_status, task.reason or "") for task in tasks) == [
        ("completed", "answered"),
        ("completed", "answered"),
        ("completed", "handed over"),
        ("reserved", ""),
    ]


@pytest.mark.feature(271)
def test_first_come(start: Any, server: Server) -> None:
    """Of five who accept at once one gets the ride."""
    assert start("first_come.mjs").ends() == [
        "5 drivers are asked",
        "1 drives, 4 hear that the ride is gone",
    ]
    [ride] = the_workspace(server, "Taxi").tasks.list()
    statuses = sorted(offer.reservation_status for offer in ride.reservations.list())
    assert statuses == ["accepted", *["rescinded"] * 4]


@pytest.mark.feature(271)
def test_channels(start: Any) -> None:
    """Chats and calls have capacities of their own, and a closed channel is offered nothing."""
    assert start("channels.mjs").ends() == [
        "two chats come: 2 of 3 chat, 0 of 1 voice; 0 wait",
        "two calls and a chat come: 2 of 3 chat, 1 of 1 voice; 2 wait",
        "she takes chats again: 3 of 3 chat, 1 of 1 voice; 1 wait",
    ]


@pytest.mark.feature(271)
def test_reviews(start: Any) -> None:
    """Reviews go round among who knows the language, and never to the author."""
    assert start("reviews.mjs").ends() == [
        "Faster start by Wim: Sam reviews",
        "Fewer copies by Wim: Tea reviews",
        "Typo by Wim: Udo reviews",
        "New parser by Tea: Sam reviews",
        "Safer lock by Sam: Tea reviews",
        "More tests by Udo: Sam reviews",
    ]


@pytest.mark.feature(271)
def test_board(start: Any, server: Server) -> None:
    """The board shows who works, who waits how long, and what came lately."""
    start("call_centre.py").ends()
    centre = the_workspace(server, "Call centre")
    for _ in range(3):
        centre.tasks.create(task_channel="voice", attributes='{"selected_language": "es"}')
    waiting = start("board.mjs", "Call centre")
    waiting.advance(45)
    waiting.ends()

    assert start("board.mjs", "Call centre").ends() == [
        "CALL CENTRE",
        "  Available              2 workers",
        "  English                0 wait",
        "  Spanish                3 wait, the first for 45 s",
        "  15 minutes: 6 came, 3 done, 0 lost; answered after 0 s",
    ]


def test_the_page_names_every_example() -> None:
    """Each application is on the page, which links to nothing that is not there."""
    linked = set(re.findall(r"\]\(([\w./]+)\)", (EXAMPLES / "README.md").read_text()))
    files = {path.name for path in EXAMPLES.iterdir() if path.suffix in {".py", ".mjs"}}

    assert files - linked == set()
    assert [path for path in linked if not (EXAMPLES / path).exists()] == []
