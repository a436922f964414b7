"""Numbers over REST, by the stock library and a real server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from tests.program import Program, running_server

SID, TOKEN = "AC" + "1" * 32, "f" * 32
ACCOUNT = {
    "POINTSMAN_ACCOUNT_SID": SID,
    "POINTSMAN_AUTH_TOKEN": TOKEN,
    "POINTSMAN_VOICE": "simulator",
}
URL = "https://app.example/voice"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    with running_server(tmp_path_factory.mktemp("data"), **ACCOUNT) as program:
        yield program


@pytest.fixture
def client(server: Program) -> Client:
    return stock(server)


def stock(server: Program) -> Client:
    client = Client(SID, TOKEN)
    client.api.base_url = server.address
    return client


@pytest.mark.feature(200, partly=True)
def test_a_number_from_its_naming_to_its_end(client: Client) -> None:
    """The stock library names, finds, changes and removes it."""
    made = client.incoming_phone_numbers.create(
        phone_number="+4930111", voice_url=URL, voice_method="GET", friendly_name="Hotline"
    )
    assert made.sid is not None and made.sid[:2] == "PN"
    assert (made.phone_number, made.voice_url, made.voice_method) == ("+4930111", URL, "GET")
    assert isinstance(made.date_created, datetime) and made.date_created.tzinfo is UTC
    (found,) = client.incoming_phone_numbers.list(phone_number="+4930111")
    assert (found.sid, found.friendly_name) == (made.sid, "Hotline")
    changed = client.incoming_phone_numbers(made.sid).update(
        status_callback="https://app.example/status", voice_fallback_url=f"{URL}/fallback"
    )
    assert changed.voice_url == URL and changed.voice_fallback_url == f"{URL}/fallback"
    assert client.incoming_phone_numbers(made.sid).fetch().status_callback is not None
    assert client.incoming_phone_numbers(made.sid).delete()
    assert client.incoming_phone_numbers.list(phone_number="+4930111") == []
    with pytest.raises(TwilioRestException) as caught:
        client.incoming_phone_numbers(made.sid).fetch()
    assert (caught.value.status, caught.value.code) == (404, 20404)


@pytest.mark.feature(200, partly=True)
def test_numbers_are_listed_page_by_page(client: Client) -> None:
    """The library follows the pages of the old api, and finds each number once."""
    for number in range(7):
        client.incoming_phone_numbers.create(phone_number=f"+493000{number}", voice_url=URL)
    found = [each.phone_number for each in client.incoming_phone_numbers.list(page_size=3)]
    assert [f"+493000{number}" for number in range(7)] == [n for n in found if "+493000" in str(n)]


@pytest.mark.feature(200, partly=True)
@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"VoiceUrl": URL}, 21421),
        ({"PhoneNumber": "hotline"}, 21421),
        ({"PhoneNumber": "+4930222", "VoiceUrl": "/voice"}, 21402),
        ({"PhoneNumber": "+4930222", "VoiceMethod": "PUT"}, 20001),
        ({"PhoneNumber": "+4930333"}, 21422),
    ],
)
def test_what_is_no_number_of_ours_is_refused(
    server: Program, client: Client, fields: dict[str, str], code: int
) -> None:
    """Nonsense, addresses that cannot be asked, and a number that is taken."""
    if not client.incoming_phone_numbers.list(phone_number="+4930333"):
        client.incoming_phone_numbers.create(phone_number="+4930333")
    path = f"{server.address}/2010-04-01/Accounts/{SID}/IncomingPhoneNumbers.json"
    answer = httpx.post(path, data=fields, auth=(SID, TOKEN))
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_other_accounts_numbers_are_nowhere(server: Program) -> None:
    """Another account's path is 404, as is a path that does not exist."""
    for path in (
        f"Accounts/AC{'2' * 32}/IncomingPhoneNumbers.json",
        f"Accounts/{SID}/Nothing.json",
    ):
        answer = httpx.get(f"{server.address}/2010-04-01/{path}", auth=(SID, TOKEN))
        assert (answer.status_code, answer.json()["code"]) == (404, 20404)


@pytest.mark.feature(200, partly=True)
def test_numbers_outlive_the_server(tmp_path: Path) -> None:
    """After a kill -9 an acknowledged number is there."""
    with running_server(tmp_path, **ACCOUNT) as program:
        sid = stock(program).incoming_phone_numbers.create(phone_number="+4930444").sid
        program.kill()
    with running_server(tmp_path, **ACCOUNT) as program:
        assert sid is not None
        assert stock(program).incoming_phone_numbers(sid).fetch().phone_number == "+4930444"
