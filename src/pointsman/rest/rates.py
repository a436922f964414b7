"""How many requests an account and each of its keys may make in a second; off unless it is set.

A limit is a bucket that holds one second's worth of requests and fills evenly. Whoever floods empties
his own bucket: no other account notices, and another key of his account only when the account's
bucket is empty too. What is asked is not known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from pointsman.api.errors import Refused

if TYPE_CHECKING:
    from pointsman.auth import Principal

__all__ = ["Rates"]


class _Bucket:
    """Requests that may be made now; `level` counts them."""

    __slots__ = ("_at", "level", "name", "per_s")

    def __init__(self, name: str, per_s: int, at: float) -> None:
        self.name = name
        self.per_s = per_s
        self.level = float(per_s)
        self._at = at

    def fill(self, at: float) -> None:
        self.level = min(self.per_s, self.level + max(0.0, at - self._at) * self.per_s)
        self._at = at


class Rates:
    """The limits of one server; 0 is no limit."""

    def __init__(self, account_per_s: int, key_per_s: int, clock: Callable[[], float]) -> None:
        self._account_per_s = account_per_s
        self._key_per_s = key_per_s
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def count(self, principal: Principal) -> dict[str, str]:
        """Count a request; gives the headers that tell where its maker stands.

        Raises `Refused` with 429 when one of the buckets is empty, and takes from none.
        """
        buckets = self._of(principal)
        if not buckets:
            return {}
        now = self._clock()
        for bucket in buckets:
            bucket.fill(now)
        tightest = min(buckets, key=lambda bucket: bucket.level)
        if tightest.level < 1:
            wait_s = math.ceil((1 - tightest.level) / tightest.per_s)
            told = f"There were more than {tightest.per_s} requests in a second; please wait"
            headers = {**_headers(buckets, tightest), "Retry-After": str(wait_s)}
            raise Refused(429, 20429, told, headers)
        for bucket in buckets:
            bucket.level -= 1
        return _headers(buckets, tightest)

    def _of(self, principal: Principal) -> list[_Bucket]:
        found = []
        if self._account_per_s:
            found.append(self._bucket(principal.account_sid, "account", self._account_per_s))
        if self._key_per_s and principal.api_key_sid is not None:
            found.append(self._bucket(principal.api_key_sid, "key", self._key_per_s))
        return found

    def _bucket(self, sid: str, name: str, per_s: int) -> _Bucket:
        bucket = self._buckets.get(sid)
        if bucket is None:
            bucket = self._buckets[sid] = _Bucket(name, per_s, self._clock())
        return bucket


def _headers(buckets: list[_Bucket], tightest: _Bucket) -> dict[str, str]:
    return {
        "X-Rate-Limit-Limit": str(tightest.per_s),
        "X-Rate-Limit-Remaining": str(int(tightest.level)),
        "X-Rate-Limit-Config": ", ".join(f"{bucket.name}={bucket.per_s}/s" for bucket in buckets),
    }
