"""Voice queues and who waits in them, as records.

A queue is made when somebody first waits in it, and found by its friendly name; for tasks that is the
workflow's SID. Positions count from 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

__all__ = ["DEFAULT_MAX_SIZE", "LARGEST_MAX_SIZE", "Member", "Queue", "average_wait_s"]

DEFAULT_MAX_SIZE = 100
LARGEST_MAX_SIZE = 5_000


class Queue(Struct, frozen=True, kw_only=True):
    """A named line of parked calls."""

    sid: str
    account_sid: str
    friendly_name: str
    date_created: int
    date_updated: int
    max_size: int = DEFAULT_MAX_SIZE
    is_live: bool = True


class Member(Struct, frozen=True, kw_only=True):
    """A parked call."""

    queue_sid: str
    call_sid: str
    date_enqueued: int
    task_sid: str | None = None


def average_wait_s(members: Sequence[Member], now: int) -> int:
    """How long those who wait have waited, on average."""
    if not members:
        return 0
    return sum(now - member.date_enqueued for member in members) // len(members) // 1000
