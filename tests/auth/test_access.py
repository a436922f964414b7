"""Which access tokens are let in, and with what answer the others are not."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from twilio.jwt.access_token import AccessToken as StockToken
from twilio.jwt.access_token.grants import TaskRouterGrant

from pointsman.auth import (
    AccessToken,
    AuthError,
    PrincipalKind,
    Role,
    check_channel,
    check_own_channel,
)
from pointsman.auth.accounts import Accounts
from pointsman.auth.principal import token_principal
from pointsman.auth.signing import TOKEN_MAX_LENGTH
from tests.auth.builders import (
    AC,
    NOW_S,
    OTHER_AC,
    OTHER_WK,
    SECRET,
    SK,
    WK,
    WQ,
    WS,
    Rows,
    a_token,
    an_account,
    an_api_key,
    segment,
    some_accounts,
    some_rows,
)

pytestmark = pytest.mark.feature(22)

CTY = "twilio-fpa;v=1"
NONE: Any = object()


def access_claims(grant: Any = None, **more: Any) -> dict[str, Any]:
    """A worker's claims, as the stock libraries write them; NONE leaves a claim out."""
    grant = {"workspace_sid": WS, "worker_sid": WK, "role": "worker"} if grant is None else grant
    claims = {
        "jti": f"{SK}-{NOW_S}",
        "iss": SK,
        "sub": AC,
        "exp": NOW_S + 3600,
        "grants": {"identity": "alice", "task_router": grant},
        **more,
    }
    return {name: value for name, value in claims.items() if value is not NONE}


def signed(claims: dict[str, Any], key: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key * 3, algorithm=algorithm, headers={"cty": CTY})


def accounts() -> Accounts:
    """One account with a key that is long enough for every algorithm."""
    rows = some_rows()
    rows.api_keys = [an_api_key(secret=SECRET * 3)]
    return Accounts(rows.load)


def read(text: str, now_s: float = NOW_S) -> AccessToken:
    token = accounts().verify_token(text, now_s)
    assert isinstance(token, AccessToken)
    return token


def refusal(text: str, now_s: float = NOW_S) -> tuple[int, int]:
    """Status and code with which the token is refused."""
    with pytest.raises(AuthError) as caught:
        accounts().verify_token(text, now_s)
    return caught.value.status, caught.value.code


def test_the_stock_librarys_token_is_read() -> None:
    """A token that the stock library made names account, workspace, worker, role and key."""
    made = StockToken(AC, SK, SECRET * 3, identity="alice", ttl=3600, nbf=int(time.time()))
    made.add_grant(TaskRouterGrant(workspace_sid=WS, worker_sid=WK, role="supervisor"))
    token = read(made.to_jwt(), time.time())

    assert (token.account_sid, token.workspace_sid, token.worker_sid) == (AC, WS, WK)
    assert (token.role, token.api_key_sid) == (Role.SUPERVISOR, SK)
    assert (token.channel_sid, token.task_queue_sid) == (WK, None)
    assert token.resource_path == f"/v1/Workspaces/{WS}/Workers/{WK}"
    assert token_principal(token).actor_sid == WK


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_three_hashes_are_known(algorithm: str) -> None:
    """Node's library can sign with HS256, HS384 and HS512."""
    assert read(signed(access_claims(), algorithm=algorithm)).role is Role.WORKER


def test_an_admin_needs_no_worker() -> None:
    """A token for workspace queries names no worker: its channel is the workspace's."""
    token = read(signed(access_claims({"workspace_sid": WS, "role": "admin"})))

    assert (token.worker_sid, token.channel_sid) == (None, WS)
    assert token.resource_path == f"/v1/Workspaces/{WS}"
    assert token_principal(token).actor_type == "account"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        (access_claims(exp=NOW_S - 60), None),
        (access_claims(exp=NOW_S - 61), (401, 20104)),
        (access_claims(nbf=NOW_S + 60), None),
        (access_claims(nbf=NOW_S + 61), (401, 20104)),
        (access_claims(iat=NOW_S + 61), (401, 20104)),
        (access_claims(exp=NONE), (403, 20101)),
        (access_claims(iss="SK" + "0" * 32), (403, 20101)),
        (access_claims(iss=AC), (403, 20101)),
        (access_claims(sub=OTHER_AC), (403, 20101)),
        (access_claims(sub=NONE), (403, 20101)),
        (access_claims(grants=NONE), (403, 20101)),
        (access_claims(grants={"identity": "alice", "chat": {}}), (403, 20101)),
        (access_claims({"worker_sid": WK, "role": "worker"}), (403, 20101)),
        (access_claims({"workspace_sid": WS, "worker_sid": WK}), (403, 20101)),
        (access_claims({"workspace_sid": WS, "worker_sid": WK, "role": "boss"}), (403, 20101)),
        (access_claims({"workspace_sid": WS, "worker_sid": WQ, "role": "admin"}), (403, 20101)),
        (access_claims({"workspace_sid": WS, "role": "worker"}), (403, 20101)),
    ],
)
def test_what_claims_may_say(claims: dict[str, Any], code: tuple[int, int] | None) -> None:
    """Times have a minute of skew; key, account and grant must be there and fit together."""
    text = signed(claims)

    if code is None:
        assert read(text)
    else:
        assert refusal(text) == code


@pytest.mark.feature(241, partly=True)
@pytest.mark.parametrize("algorithm", ["none", "None", "RS256", "ES256", "hs256", "", None])
def test_another_algorithm_in_the_header_is_refused(algorithm: object) -> None:
    """No algorithm but the three is known, whatever follows as a signature."""
    good = signed(access_claims()).split(".")
    header = segment({"typ": "JWT", "cty": CTY, "alg": algorithm})

    assert refusal(f"{header}.{good[1]}.{good[2]}") == (403, 20107)
    assert refusal(f"{header}.{good[1]}.") == (403, 20107)


@pytest.mark.feature(241, partly=True)
def test_other_real_signatures_are_refused() -> None:
    """RS256 under a stranger's key, and another secret, are 403/20107."""
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = stranger.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    confused = jwt.encode(access_claims(), pem, algorithm="RS256", headers={"cty": CTY})

    assert refusal(confused) == (403, 20107)
    assert refusal(signed(access_claims(), "another secret")) == (403, 20107)


@pytest.mark.feature(241)
@pytest.mark.parametrize("algorithm", ["HS256", "HS512"])
def test_no_flipped_bit_passes(algorithm: str) -> None:
    """Every bit of an access token's text matters."""
    known, text = accounts(), signed(access_claims(), algorithm=algorithm)
    for place, letter in enumerate(text):
        for bit in range(7):
            flipped = text[:place] + chr(ord(letter) ^ (1 << bit)) + text[place + 1 :]
            with pytest.raises(AuthError) as caught:
                known.verify_token(flipped, NOW_S)

            assert caught.value.status == 403


@pytest.mark.feature(241, partly=True)
def test_an_oversized_token_is_refused() -> None:
    """A token that was well signed and is too long is 403/20101."""
    assert refusal(signed(access_claims(padding="x" * TOKEN_MAX_LENGTH))) == (403, 20101)


def test_rest_takes_it_as_a_bearer() -> None:
    """`Authorization: Bearer` with an access token stands for its worker, as on the live channel."""
    principal = accounts().authenticate(f"Bearer {signed(access_claims())}", NOW_S)

    assert (principal.kind, principal.actor_sid) == (PrincipalKind.TOKEN, WK)
    assert isinstance(principal.token, AccessToken)


def test_a_rotated_secret_ends_its_tokens() -> None:
    """A token that was seen before is refused once its key has another secret, or is gone."""
    rows = Rows([an_account()], [an_api_key(secret=SECRET * 3)])
    known, text = Accounts(rows.load, rows.stored_version), signed(access_claims())
    assert known.verify_token(text, NOW_S)
    for now_s, keys, code in (
        (NOW_S + 5, [an_api_key(secret="new" * 20)], 20107),
        (NOW_S + 10, [], 20101),
    ):
        rows.api_keys, rows.version = keys, rows.version + 1
        with pytest.raises(AuthError) as caught:
            known.verify_token(text, now_s)

        assert caught.value.code == code


@pytest.mark.feature(22)
def test_a_token_opens_the_channel_of_its_worker() -> None:
    """Its own worker's channel of its own account, by path or without one; no other."""
    token = read(signed(access_claims()))
    check_channel(token, AC, WK, "GET")
    check_own_channel(token, "GET")
    check_own_channel(token, "POST")
    for account_sid, channel_sid in ((OTHER_AC, WK), (AC, OTHER_WK), (AC, WS)):
        with pytest.raises(AuthError) as caught:
            check_channel(token, account_sid, channel_sid, "GET")

        assert (caught.value.status, caught.value.code) == (403, 20101)


def test_only_a_workers_token_opens_a_socket_without_a_channel_in_its_path() -> None:
    """An admin's commands are carried out; a socket of his would hear nothing, and is refused."""
    admin = read(signed(access_claims({"workspace_sid": WS, "role": "admin"})))
    check_own_channel(admin, "POST")
    with pytest.raises(AuthError, match="names no worker"):
        check_own_channel(admin, "GET")


def test_a_capability_token_needs_its_policy_there_too() -> None:
    """Without allow_web_sockets a capability token opens the path without a channel neither."""
    with pytest.raises(AuthError, match="allow_web_sockets"):
        check_own_channel(a_token(), "GET")


def test_a_header_without_its_content_type_is_no_access_token() -> None:
    """The kind of a token is told by its header: an access token without it is refused."""
    assert refusal(jwt.encode(access_claims(), SECRET * 3)) == (403, 20101)
    with pytest.raises(AuthError):
        some_accounts().verify_token("no token at all", NOW_S)
