"""The worker's SDK for Python: a worker whose work is done by a program, over the live channel.

`Worker` is also `pointsman.Worker`. It needs nothing of the server but its address.
"""

from __future__ import annotations

from pointsman.sdk.errors import (
    ChannelEnded,
    Evicted,
    Refused,
    TokenExpired,
    TokenRefused,
    Unanswered,
    WorkerDeleted,
    WorkerError,
)
from pointsman.sdk.ledger import Event
from pointsman.sdk.work import Reservation, Task
from pointsman.sdk.worker import Worker

__all__ = [
    "ChannelEnded",
    "Event",
    "Evicted",
    "Refused",
    "Reservation",
    "Task",
    "TokenExpired",
    "TokenRefused",
    "Unanswered",
    "Worker",
    "WorkerDeleted",
    "WorkerError",
]
