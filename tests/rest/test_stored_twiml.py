"""Stored TwiML over real sockets: made, listed, changed, read by calls, deleted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.program import running_server

SID, TOKEN = "AC" + "1" * 32, "f" * 32
HELLO = "<Response><Say>Hello {{Caller}}, {{ Unknown }}you are {{CallStatus}}</Say></Response>"
PATH = "/pointsman/v1/TwiML"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[httpx.Client]:
    account = {"POINTSMAN_ACCOUNT_SID": SID, "POINTSMAN_AUTH_TOKEN": TOKEN}
    with (
        running_server(folder, **account) as program,
        httpx.Client(base_url=program.address, auth=(SID, TOKEN)) as made,
    ):
        yield made


def create(client: httpx.Client, name: str, text: str = HELLO) -> dict[str, Any]:
    answer = client.post(PATH, data={"FriendlyName": name, "Twiml": text})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


@pytest.mark.feature(202)
def test_a_document_from_its_creation_to_its_end(client: httpx.Client) -> None:
    """It is made, found, listed, changed, read by anybody, and gone when it is deleted."""
    made = create(client, "Hello")
    assert made["sid"][:2] == "EH" and made["twiml"] == HELLO
    assert client.get(made["url"]).json() == made
    listed = client.get(PATH, params={"PageSize": 1000}).json()
    assert made in listed["twiml"] and listed["meta"]["key"] == "twiml"
    changed = client.post(made["url"], data={"FriendlyName": "Greeting"}).json()
    assert (changed["friendly_name"], changed["twiml"]) == ("Greeting", HELLO)
    served = made["links"]["served"]
    assert served.endswith(f"/twiml/{made['sid']}")
    assert client.delete(made["url"]).status_code == 204
    assert client.get(made["url"]).status_code == 404
    assert client.post(made["url"], data={"Twiml": HELLO}).status_code == 404
    assert httpx.get(served).status_code == 404


@pytest.mark.feature(202)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_call_reads_it_with_its_places_filled(client: httpx.Client, method: str) -> None:
    """Names are filled from the query or the form, as text that cannot become markup."""
    served = create(client, "Hello")["links"]["served"]
    fields = {"Caller": '<b>"Ann" & Co</b>', "CallStatus": "ringing"}
    how = {"params": fields} if method == "GET" else {"data": fields}
    answer = httpx.request(method, served, **how)  # type: ignore[arg-type]
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text == (
        "<Response><Say>Hello &lt;b&gt;&quot;Ann&quot; &amp; Co&lt;/b&gt;, "
        "you are ringing</Say></Response>"
    )


@pytest.mark.feature(202)
def test_a_document_may_have_64_kilobytes_and_not_one_byte_more(client: httpx.Client) -> None:
    """The limit is in bytes of the stored text."""
    frame = len("<Response></Response>")
    longest = f"<Response>{'x' * (64 * 1024 - frame)}</Response>"
    made = create(client, "Long", longest)
    assert httpx.get(made["links"]["served"]).text == longest
    answer = client.post(
        PATH, data={"FriendlyName": "Longer", "Twiml": longest.replace("x", "xx", 1)}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert "65536 bytes" in answer.json()["message"]


@pytest.mark.feature(202, 215, partly=True)
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Twiml": HELLO}, "FriendlyName field is required"),
        ({"FriendlyName": "x" * 65, "Twiml": HELLO}, "FriendlyName may have"),
        ({"FriendlyName": "x"}, "Twiml field is required"),
        (
            {"FriendlyName": "x", "Twiml": "<Response><Say></Response>"},
            "Twiml is no XML: mismatched",
        ),
        ({"FriendlyName": "x", "Twiml": "<Html/>"}, "has to be a <Response>"),
        (
            {
                "FriendlyName": "x",
                "Twiml": '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><Response>&a;</Response>',
            },
            "may not have a DOCTYPE",
        ),
        ({"FriendlyName": "x", "Twiml": "<Response>&a;</Response>"}, "undefined entity"),
    ],
)
def test_what_no_call_could_run_is_refused(
    client: httpx.Client, fields: dict[str, str], told: str
) -> None:
    """The sentence says what is wrong, and nothing is stored."""
    before = client.get(PATH, params={"PageSize": 1000}).json()["twiml"]
    answer = client.post(PATH, data=fields)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert told in answer.json()["message"]
    assert client.get(PATH, params={"PageSize": 1000}).json()["twiml"] == before


@pytest.mark.feature(202)
def test_documents_outlive_the_server(tmp_path: Path) -> None:
    """After a kill -9 what was acknowledged is served."""
    account = {"POINTSMAN_ACCOUNT_SID": SID, "POINTSMAN_AUTH_TOKEN": TOKEN}
    with running_server(tmp_path, **account) as program:
        with httpx.Client(base_url=program.address, auth=(SID, TOKEN)) as client:
            sid = create(client, "Kept")["sid"]
        program.kill()
    with running_server(tmp_path, **account) as program:
        assert httpx.get(f"{program.address}/twiml/{sid}").text.startswith("<Response>")


def test_a_body_that_no_call_would_send_is_refused(client: httpx.Client) -> None:
    """Too long, or of another kind: a sentence and no document."""
    served = create(client, "Hello")["links"]["served"]
    assert httpx.post(served, content=b"x" * 70_000).status_code == 413
    answer = httpx.post(served, content=b"<a/>", headers={"Content-Type": "text/xml"})
    assert answer.status_code == 415
