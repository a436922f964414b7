"""docs/demo.md says who is in the demo and what a session tells."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from tests.server import a_server

PAGE = (Path(__file__).parents[2] / "docs/demo.md").read_text()
SPOKEN = {"en": "English", "es": "Spanish"}


@pytest.mark.feature(235)
def test_the_demo_is_as_the_page_says(tmp_path: Path) -> None:
    """The workers, the session's fields and the reservation's timeout are those of the page."""
    [method, path, body] = re.findall(
        r"^(POST) (\S+)\n.*?\n(\{.*?\})$", PAGE, re.MULTILINE | re.DOTALL
    )[0]
    with a_server(tmp_path, "--demo") as server:
        people = httpx.get(server.address + path).json()["workers"]
        session = httpx.request(method, server.address + path, json=json.loads(body)).json()

    rows = [
        tuple(row) for row in re.findall(r"^\| (\w+) \| ([\w, ]+) \| (\d) \|$", PAGE, re.MULTILINE)
    ]
    assert rows == [
        row_of(each["friendly_name"], json.loads(each["attributes"])) for each in people
    ]
    fields = "".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", fields)) == set(session)
    assert f"An offer stands {session['reservation_timeout']} seconds" in PAGE


def row_of(name: str, attributes: dict[str, object]) -> tuple[str, str, str]:
    languages = attributes["languages"]
    assert isinstance(languages, list)
    return name, ", ".join(SPOKEN[each] for each in languages), str(attributes["level"])
