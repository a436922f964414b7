"""The bodies of the POST bridge."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from pointsman.api.errors import Refused
from pointsman.gateway.envelope import error_bytes, parse, success_bytes
from tests.gateway.builders import ALICE, WORKSPACE

WORKER = f"/v1/Workspaces/{WORKSPACE}/Workers/{ALICE}"


def a_body(**told: Any) -> bytes:
    whole = {"url": WORKER, "method": "GET", "token": "a.b.c", **told}
    return orjson.dumps({name: value for name, value in whole.items() if value is not ...})


@pytest.mark.parametrize(
    "url",
    [
        f"https://taskrouter.twilio.com{WORKER}",
        f"http://127.0.0.1:8080{WORKER}",
        f"https://router.example.com/some/prefix{WORKER}",
        f"Workspaces/{WORKSPACE}/Workers/{ALICE}",
        f"/Workspaces/{WORKSPACE}/Workers/{ALICE}",
        WORKER,
        f"https://taskrouter.twilio.com{WORKER}/",
        f"https://taskrouter.twilio.com{WORKER}//",
    ],
)
def test_the_address_is_taken_for_its_path(url: str) -> None:
    """Absolute or relative, with any host and with a trailing slash, it names the same resource."""
    assert parse(a_body(url=url)).path == WORKER


@pytest.mark.parametrize("url", ["", "https://x/v1/Elsewhere", "https://x/v1/NoWorkspaces", "/"])
def test_an_address_outside_workspaces_names_nothing(url: str) -> None:
    """What is no workspace's resource becomes a path that no operation has."""
    assert parse(a_body(url=url)).path == "/v1"


def test_a_query_in_the_address_becomes_parameters() -> None:
    """The links of a list are fetched as they are, and `params` win over their query."""
    url = f"https://x{WORKER}/Reservations?PageSize=2&PageToken=PAx&Status=a&Status=b&Empty="
    asked = parse(a_body(url=url, params={"PageSize": 5}))

    assert asked.path == f"{WORKER}/Reservations"
    assert asked.params == {
        "PageSize": 5,
        "PageToken": "PAx",
        "Status": ["a", "b"],
        "Empty": "",
    }


def test_a_post_takes_its_parameters_from_params_alone() -> None:
    """What an address says after its question mark is no form parameter."""
    asked = parse(a_body(url=f"{WORKER}?ActivitySid=WAx", method="POST", params={"A": "b"}))

    assert asked.params == {"A": "b"}


def test_null_means_absent() -> None:
    """A parameter that is null was not given; other JSON values stay what they are."""
    params = {"A": None, "B": False, "C": 0, "D": {"deep": None}, "E": ["x", None]}

    assert parse(a_body(method="post", params=params)).params == {
        "B": False,
        "C": 0,
        "D": {"deep": None},
        "E": ["x", None],
    }


@pytest.mark.parametrize(
    ("told", "kept"), [("ready", "ready"), (None, None), (7, None), (..., None)]
)
def test_the_event_type_is_kept_for_the_answer(told: Any, kept: str | None) -> None:
    """The answer repeats a textual event type; anything else counts as none."""
    assert parse(a_body(event_type=told)).event_type == kept


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", 400, "JSON"),
        (b"{", 400, "JSON"),
        (b"[]", 400, "object"),
        (b'"text"', 400, "object"),
        (b"\xff\xfe", 400, "JSON"),
        (a_body(token=...), 401, "token"),
        (a_body(token=""), 401, "token"),
        (a_body(token=5), 401, "token"),
        (a_body(url=...), 400, "url"),
        (a_body(url=["x"]), 400, "url"),
        (a_body(url="http://[broken/v1"), 400, "url"),
        (a_body(method=...), 405, "method"),
        (a_body(method="PATCH"), 405, "method"),
        (a_body(params=[1]), 400, "params"),
        (a_body(params="x"), 400, "params"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    body: bytes, status: int, word: str
) -> None:
    """A malformed envelope is a refusal that says what to mend."""
    with pytest.raises(Refused) as caught:
        parse(body)

    assert caught.value.status == status
    assert word in caught.value.message


def test_answers_are_json() -> None:
    """Success wraps the payload with its event type; an error is the documented body."""
    assert orjson.loads(success_bytes("ready", {"sid": ALICE})) == {
        "event_type": "ready",
        "payload": {"sid": ALICE},
    }
    assert success_bytes(None, None) == b'{"event_type":null,"payload":null}'
    error = orjson.loads(error_bytes(404, 20404, "Not found"))
    assert (error["status"], error["code"], error["message"]) == (404, 20404, "Not found")
