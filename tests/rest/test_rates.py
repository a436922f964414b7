"""Rate limits: who floods is told to wait, and nobody else notices."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from pointsman.ambient import VirtualAmbient
from pointsman.api.errors import Refused
from pointsman.app import rates
from pointsman.auth.credentials import basic_authorization
from pointsman.auth.principal import account_principal, api_key_principal
from pointsman.rest.asgi import Rest
from pointsman.rest.rates import Rates
from pointsman.settings import Settings
from tests.inside import ACCOUNT, API_KEY, OTHER_ACCOUNT, Answer, Inside

OURS = {"authorization": basic_authorization(ACCOUNT.sid, ACCOUNT.auth_token)}
KEY = {"authorization": basic_authorization(API_KEY.sid, API_KEY.secret)}
THEIRS = {"authorization": basic_authorization(OTHER_ACCOUNT.sid, OTHER_ACCOUNT.auth_token)}


def limited(server: Inside, account_per_s: int, key_per_s: int) -> None:
    """From now on the server has these limits."""
    limits = Rates(account_per_s, key_per_s, server.ambient.monotonic)
    server.rest = Rest(server.api, server.accounts, ambient=server.ambient, rates=limits)


def ask(server: Inside, headers: dict[str, str]) -> Answer:
    return server.get("/v1/Workspaces", headers=headers)


def told(answer: Answer) -> tuple[str | None, ...]:
    return tuple(
        answer.headers.get(f"x-rate-limit-{name}") for name in ("limit", "remaining", "config")
    )


def test_off_by_default(server: Inside) -> None:
    """Without a setting nobody is limited and no answer speaks of limits."""
    settings = Settings()

    assert (settings.rate_limit_account_per_s, settings.rate_limit_key_per_s) == (0, 0)
    answers = [ask(server, OURS) for _ in range(50)]
    assert {answer.status for answer in answers} == {200}
    assert told(answers[-1]) == (None, None, None)


def test_the_settings_are_the_limits(tmp_path: Path) -> None:
    """What the operator sets is what holds."""
    settings = dataclasses.replace(
        Settings(data=tmp_path), rate_limit_account_per_s=2, rate_limit_key_per_s=1
    )
    made = rates(settings, VirtualAmbient())

    made.count(api_key_principal(ACCOUNT.sid, API_KEY.sid))
    with pytest.raises(Refused):
        made.count(api_key_principal(ACCOUNT.sid, API_KEY.sid))
    made.count(account_principal(ACCOUNT.sid))
    with pytest.raises(Refused):
        made.count(account_principal(ACCOUNT.sid))


@pytest.mark.feature(17)
def test_a_flood(server: Inside) -> None:
    """Every answer tells what is left; beyond the limit it is 429 until some time has passed."""
    limited(server, 3, 0)
    answers = [ask(server, OURS) for _ in range(4)]

    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [told(answer) for answer in answers] == [
        ("3", left, "account=3/s") for left in ("2", "1", "0", "0")
    ]
    refusal = answers[-1]
    assert (refusal.json["code"], refusal.json["status"]) == (20429, 429)
    assert refusal.headers["retry-after"] == "1"
    assert refusal.headers["access-control-allow-origin"] == "*"
    server.ambient.advance(400)
    assert [ask(server, OURS).status for _ in range(2)] == [200, 429]
    server.ambient.advance(5_000)
    assert [ask(server, OURS).status for _ in range(4)] == [200, 200, 200, 429]


def test_nothing_is_carried_out_beyond_the_limit(server: Inside) -> None:
    """A refused POST has made nothing; refusals of other kinds tell what is left too."""
    limited(server, 2, 0)
    missing = server.get("/v1/Workspaces/WS" + "0" * 32, headers=OURS)
    unread = server.send("POST", "/v1/Workspaces", body=b"%ff=1", headers=OURS)
    beyond = server.post("/v1/Workspaces", headers=OURS, FriendlyName="A")
    server.ambient.advance(1_000)

    assert (missing.status, told(missing)[1]) == (404, "1")
    assert (unread.status, told(unread)[1]) == (400, "0")
    assert beyond.status == 429
    assert ask(server, OURS).json["workspaces"] == []


@pytest.mark.feature(283)
def test_accounts_are_apart(server: Inside) -> None:
    """One account floods; another is served as if it were alone."""
    limited(server, 2, 0)
    flood = [ask(server, OURS).status for _ in range(20)]

    assert flood == [200] * 2 + [429] * 18
    assert [ask(server, THEIRS).status for _ in range(2)] == [200, 200]


@pytest.mark.feature(283)
def test_keys_are_apart(server: Inside) -> None:
    """A key that floods uses up its own limit; the account's token goes on, within the account's."""
    limited(server, 6, 2)
    flood = [ask(server, KEY) for _ in range(4)]

    assert [answer.status for answer in flood] == [200, 200, 429, 429]
    assert told(flood[0]) == ("2", "1", "account=6/s, key=2/s")
    assert [ask(server, OURS).status for _ in range(5)] == [200] * 4 + [429]


def test_who_is_not_known_counts_for_nobody(server: Inside) -> None:
    """Wrong credentials use up nobody's limit."""
    limited(server, 1, 0)
    wrong = {"authorization": basic_authorization(ACCOUNT.sid, "wrong")}

    assert [ask(server, wrong).status for _ in range(5)] == [401] * 5
    assert ask(server, OURS).status == 200
