"""docs/webhooks.md: its tables are what is sent, and its examples accept it."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import Any

import pytest

from pointsman.engine.events import EventType
from pointsman.outbound.client import Post, Poster
from pointsman.outbound.safety import parse_reach
from pointsman.settings import Settings, variable
from pointsman.wire.callbacks import assignment_form, event_form
from pointsman.wire.events import event_data
from tests.receiver import Received, a_receiver
from tests.wire.small_workspace import ACCOUNT, ALICE, AVAILABLE, RESERVATION, TASK, an_event

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
TOKEN = "fedcba9876543210" * 2


def fields(name: str) -> set[str]:
    """The fields in the first column of one of the page's tables."""
    text = PAGE.read_text(encoding="utf-8")
    table = text.split(f"<!-- {name}: begin -->\n")[1].split(f"<!-- {name}: end -->")[0]
    cells = [line.strip("|").split("|")[0] for line in table.splitlines()[2:]]
    return set(re.findall(r"`(\w+)`", " ".join(cells)))


def example(name: str, environment: dict[str, str], patch: pytest.MonkeyPatch) -> Any:
    """What the example that defines this function makes of it."""
    for key, value in environment.items():
        patch.setenv(key, value)
    text = PAGE.read_text(encoding="utf-8")
    [code] = [c for c in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if f"def {name}(" in c]
    names: dict[str, Any] = {}
    exec(code, names)  # the page's own code
    return names[name]


def test_the_common_fields_are_told() -> None:
    """The table names exactly the fields that every event has."""
    event = an_event(EventType.WORKSPACE_UPDATED)

    assert fields("event") == set(event_form(event, event_data(event), ACCOUNT))


def test_the_fields_of_an_assignment_are_told() -> None:
    """The table names exactly the fields that an assignment callback has."""
    event = an_event(
        EventType.RESERVATION_CREATED,
        task=TASK,
        reservation=RESERVATION,
        worker=ALICE,
        activity=AVAILABLE,
    )

    assert fields("assignment") == set(assignment_form(event, event_data(event), ACCOUNT))


def test_the_settings_it_names_exist() -> None:
    """Each variable on the page is one that the server reads."""
    known = {variable(name) for name in Settings.__dataclass_fields__}

    assert set(re.findall(r"POINTSMAN_[A-Z_]+", PAGE.read_text(encoding="utf-8"))) <= known


@pytest.mark.feature(281, 299)
def test_the_examples_accept_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both signatures of a real post satisfy the page's code, and neither does with another secret."""
    got = posted({"ReservationSid": "WR1", "TaskAttributes": '{"name": "Zoë"}'})
    right, wrong = {"POINTSMAN_AUTH_TOKEN": TOKEN}, {"POINTSMAN_AUTH_TOKEN": TOKEN[::-1]}

    for environment, status in ((right, 200), (wrong, 403)):
        answer = example("answer", environment, monkeypatch)
        assert answer(got.url, got.form, got.headers)[0] == status
        is_genuine = example("is_genuine", environment, monkeypatch)
        assert is_genuine(got.headers, got.body) is (status == 200)


def posted(form: dict[str, str]) -> Received:
    """The form as a receiver gets it."""

    async def story() -> Received:
        poster = Poster(parse_reach("any"))
        async with a_receiver() as receiver:
            url = f"{receiver.url}/assignment?from=here"
            await poster.post(Post(url, form, "WR1", TOKEN, False, 5.0))
            await poster.close()
            return receiver.received[0]

    began_s = time.time()
    received = asyncio.run(story())
    assert abs(int(received.headers["webhook-timestamp"]) - began_s) < 60
    return received
