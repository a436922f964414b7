"""Which capability tokens are let in, and with what answer the others are not."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from pointsman.auth import AuthError, check_channel
from pointsman.auth.capability import verify
from pointsman.auth.signing import TOKEN_MAX_LENGTH, signatures
from tests.auth.builders import (
    AC,
    AUTH_TOKEN,
    BASE,
    CHANNELS,
    NOW_S,
    OTHER_AC,
    OTHER_AUTH_TOKEN,
    OTHER_WK,
    OTHER_WS,
    QUEUE,
    SK,
    WK,
    WORKER,
    WQ,
    WS,
    a_policy,
    a_token,
    changed_claims,
    read,
    segment,
    signed,
    some_claims,
)

pytestmark = pytest.mark.feature(20, 240)


def refusal(text: str, now_s: float = NOW_S) -> tuple[int, int]:
    """Status and code with which the token is refused."""
    with pytest.raises(AuthError) as caught:
        read(text, now_s)
    return caught.value.status, caught.value.code


@pytest.mark.parametrize(
    ("channel", "worker_sid", "task_queue_sid", "resource"),
    [(WK, WK, None, WORKER), (WQ, None, WQ, QUEUE), (WS, None, None, BASE)],
)
def test_a_token_says_whose_it_is(
    channel: str, worker_sid: str | None, task_queue_sid: str | None, resource: str
) -> None:
    """A verified token names account, workspace, channel and its own resource."""
    token = read(signed(some_claims(channel)))

    assert (token.account_sid, token.workspace_sid, token.channel_sid) == (AC, WS, channel)
    assert (token.worker_sid, token.task_queue_sid) == (worker_sid, task_queue_sid)
    assert token.expires_at == (NOW_S + 3600) * 1000
    assert token.resource_path == resource
    assert token.channel_path == f"/v1/wschannels/{AC}/{channel}"


def test_sids_are_read_in_either_case() -> None:
    """A token made with upper-case SIDs is the token of the same worker."""
    loud = {k: v[:2] + v[2:].upper() for k, v in some_claims().items() if k in
            {"iss", "account_sid", "workspace_sid", "channel", "worker_sid"}}  # fmt: skip

    assert read(signed(some_claims(**loud))) == read(signed(some_claims()))


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": NOW_S - 60}, None),
        ({"exp": NOW_S - 61}, (401, 20104)),
        ({"exp": 0}, (401, 20104)),
        ({"nbf": NOW_S + 60}, None),
        ({"nbf": NOW_S + 61}, (401, 20104)),
        ({"iat": NOW_S + 60}, None),
        ({"iat": NOW_S + 61}, (401, 20104)),
        ({"nbf": 0, "iat": NOW_S}, None),
        ({"exp": NOW_S + 0.5}, None),
        ({"exp": "tomorrow"}, (403, 20101)),
        ({"exp": True}, (403, 20101)),
        ({"exp": -1}, (403, 20101)),
        ({"exp": 1e300}, (403, 20101)),
        ({"exp": 10**400}, (403, 20101)),
        ({"nbf": 1e18}, (403, 20101)),
    ],
)
def test_times_are_compared_with_a_minute_of_skew(
    claims: dict[str, Any], code: tuple[int, int] | None
) -> None:
    """An expired token and one from the future are 401; a time that is none is malformed."""
    text = signed(changed_claims(claims))

    if code is None:
        assert read(text)
    else:
        assert refusal(text) == code


def test_a_token_needs_an_end() -> None:
    """Without `exp` a token is malformed: it would be good for ever."""
    assert refusal(signed(changed_claims({"exp": None}))) == (403, 20101)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"iss": OTHER_AC}, 20101),
        ({"account_sid": OTHER_AC}, 20101),
        ({"iss": OTHER_AC, "account_sid": OTHER_AC}, 20107),
        ({"iss": "AC" + "0" * 32, "account_sid": "AC" + "0" * 32}, 20101),
        ({"iss": SK}, 20101),
        ({"iss": None}, 20101),
        ({"iss": 5}, 20101),
        ({"account_sid": None}, 20101),
        ({"workspace_sid": None}, 20101),
        ({"workspace_sid": WK}, 20101),
        ({"workspace_sid": f"{WS}/Tasks"}, 20101),
        ({"channel": None}, 20101),
        ({"channel": "WK12"}, 20101),
        ({"channel": "WT" + "0" * 32, "worker_sid": None}, 20101),
        ({"channel": OTHER_WS, "worker_sid": None}, 20101),
        ({"worker_sid": OTHER_WK}, 20101),
        ({"taskqueue_sid": WQ}, 20101),
        ({"policies": "all"}, 20101),
        ({"policies": ["all"]}, 20101),
        ({"policies": [a_policy("/v1/*/Tasks")]}, 20101),
    ],
)
def test_claims_that_do_not_agree_are_refused(claims: dict[str, Any], code: int) -> None:
    """Another account, or claims that are missing, misshapen or at odds, are 403."""
    assert refusal(signed(changed_claims(claims))) == (403, code)


@pytest.mark.parametrize("policies", [None, []])
def test_a_token_without_policies_allows_nothing(policies: list[Any] | None) -> None:
    """It is a good token that every request is refused to."""
    token = read(signed(some_claims() | {"policies": policies}))

    assert not token.policies.allow("GET", WORKER, {})


@pytest.mark.parametrize(
    "text",
    [
        *["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.é.é", "\ud800.a.b", " ", "null", "[" * 5000],
        f"{segment(b'[]')}.{segment({})}.x",
        f"{segment({'alg': 'HS256'})}.{segment(b'{')}.{segment(b'x')}",
        f"{segment({'alg': 'HS256'})}.{segment(b'[' * 4000)}.{segment(b'x')}",
        f"{segment({'alg': 'HS256'})}.{segment(bytes([255]))}.{segment(b'x')}",
        f"{segment({'alg': 'HS256', 'b64': False, 'crit': ['b64']})}..{segment(b'x')}",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_what_is_not_a_token_is_refused(text: str) -> None:
    """Text of any other shape is 403/20101, and nothing breaks."""
    assert refusal(text) == (403, 20101)


def test_an_oversize_token_is_refused_unread() -> None:
    """The limit is 8 kB; a token of the same kind below it is read."""
    fits = signed(some_claims(note="x" * 4000))
    too_long = signed(some_claims(note="x" * 8000))

    assert len(fits) < TOKEN_MAX_LENGTH < len(too_long)
    assert read(fits)
    assert refusal(too_long) == (403, 20101)


@pytest.mark.feature(241, partly=True)
@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512", "hs256", "", None, ["HS256"]])
def test_another_algorithm_in_the_header_is_refused(algorithm: object) -> None:
    """Only HS256 is known, whatever the header says and whether or not a signature follows."""
    good = signed(some_claims()).split(".")
    header = segment({"typ": "JWT", "alg": algorithm})

    assert refusal(f"{header}.{good[1]}.{good[2]}") == (403, 20107)
    assert refusal(f"{header}.{good[1]}.") == (403, 20107)


def test_other_real_signatures_are_refused() -> None:
    """HS384 under the right secret and RS256 under a stranger's key are 403/20107."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    assert refusal(jwt.encode(some_claims(), AUTH_TOKEN * 2, algorithm="HS384")) == (403, 20107)
    assert refusal(jwt.encode(some_claims(), pem, algorithm="RS256")) == (403, 20107)


def test_another_accounts_secret_is_refused() -> None:
    """A token is verified with the secret of the account that it names, and no other."""
    assert refusal(signed(some_claims(), OTHER_AUTH_TOKEN)) == (403, 20107)


def test_a_short_secret_verifies_too() -> None:
    """The operator chooses the auth token; a short one raises no warning."""
    claims = json.dumps(some_claims()).encode()
    text = signatures("HS256").encode(claims, "short", algorithm="HS256")

    assert verify(text, {AC: "short"}.get, NOW_S).account_sid == AC


@pytest.mark.feature(241)
def test_no_flipped_bit_passes() -> None:
    """Every bit of a token's text matters."""
    text = signed(some_claims(policies=[a_policy(WORKER)]))
    for place, letter in enumerate(text):
        for bit in range(7):
            flipped = text[:place] + chr(ord(letter) ^ (1 << bit)) + text[place + 1 :]

            assert refusal(flipped)[0] == 403


@pytest.mark.parametrize(
    ("account_sid", "channel_sid", "verb", "code"),
    [
        (AC, WK, "GET", None),
        ("AC" + AC[2:].upper(), "WK" + WK[2:].upper(), "GET", None),
        (AC, WK, "POST", 20003),
        (OTHER_AC, WK, "GET", 20101),
        (AC, OTHER_WK, "GET", 20101),
        (AC, WS, "GET", 20101),
    ],
)
def test_a_channel_takes_its_own_token_with_a_policy_for_the_verb(
    account_sid: str, channel_sid: str, verb: str, code: int | None
) -> None:
    """Another account or channel is 20101; a verb without policy is 20003 and names the helper."""
    token = a_token([a_policy(f"{CHANNELS}/{AC}/{WK}", "GET")])
    if code is None:
        check_channel(token, account_sid, channel_sid, verb)
        return
    with pytest.raises(AuthError) as caught:
        check_channel(token, account_sid, channel_sid, verb)

    assert (caught.value.status, caught.value.code) == (403, code)
    if code == 20003:
        assert "allow_web_sockets" in caught.value.message
