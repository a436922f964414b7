"""What both kinds of signed tokens share: HMAC signatures, lengths, times.

Nothing of a token is believed before its signature is verified; it is read before only to learn
whose key to use. Times are compared with the time that is given, never by the JWT library's own
clock. What the claims mean is not known here.
"""

from __future__ import annotations

from typing import Any, Protocol

import jwt
from jwt.algorithms import HMACAlgorithm

from pointsman.auth.errors import badly_signed, not_now, wrong_token

TOKEN_MAX_LENGTH = 8192
SKEW_S = 60
_LAST_SECOND = 253_402_300_799  # the end of the year 9999; what lies beyond is no date
_HASHES = {
    "HS256": HMACAlgorithm.SHA256,
    "HS384": HMACAlgorithm.SHA384,
    "HS512": HMACAlgorithm.SHA512,
}


class Timed(Protocol):
    """A token and the span in which it is valid, in epoch ms."""

    @property
    def expires_at(self) -> int: ...
    @property
    def valid_from(self) -> int: ...


class _AnyLength(HMACAlgorithm):
    """HMAC for any secret: the operator chooses an account's auth token, and its length."""

    def check_key_length(self, key: bytes) -> str | None:
        return None


def signatures(*algorithms: str) -> jwt.PyJWS:
    """The JWT library, knowing these algorithms only."""
    jws = jwt.PyJWS(algorithms=[])
    for algorithm in algorithms:
        jws.register_algorithm(algorithm, _AnyLength(_HASHES[algorithm]))
    return jws


_JWS = signatures(*_HASHES)


def unverified(text: str) -> tuple[dict[str, Any], bytes]:
    """Header and claims, not yet to be believed; refuses (403/20101) what is too long or no token."""
    if len(text) > TOKEN_MAX_LENGTH:
        raise wrong_token(f"The token is longer than {TOKEN_MAX_LENGTH} characters")
    try:
        parts = _JWS.decode_complete(text, options={"verify_signature": False})
    except (jwt.PyJWTError, UnicodeError, RecursionError):
        raise wrong_token("The token is not a signed JSON Web Token") from None
    return parts["header"], parts["payload"]


def check_algorithm(header: dict[str, Any], *algorithms: str) -> str:
    """The header's algorithm, if it is one of these; refuses (403/20107) any other."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in algorithms:
        raise badly_signed(f"The token must be signed with {' or '.join(algorithms)}")
    return algorithm


def check_signature(text: str, key: str, algorithm: str, whose: str) -> None:
    """Refuses (403/20107) a token that was not signed with this key."""
    try:
        _JWS.decode(text, key, algorithms=[algorithm])
    except jwt.PyJWTError:
        raise badly_signed(f"The token's signature does not match its {whose}") from None


def check_time(token: Timed, now_s: float) -> None:
    """Refuses (401/20104) a token that expired or is not yet valid, with 60 s of skew allowed."""
    late_s = now_s - token.expires_at / 1000
    if late_s > SKEW_S:
        raise not_now(f"The token expired {late_s:.0f} s ago; make a new one")
    early_s = token.valid_from / 1000 - now_s
    if early_s > SKEW_S:
        raise not_now(f"The token is not valid for another {early_s:.0f} s; compare the clocks")


def instant(claim: str, seconds: float | None) -> int:
    """A claim in epoch seconds as epoch ms; 0 for one that is not there."""
    seconds = seconds or 0
    if not 0 <= seconds <= _LAST_SECOND:
        raise wrong_token(f"The token's {claim} is not a time in epoch seconds")
    return int(seconds * 1000)
