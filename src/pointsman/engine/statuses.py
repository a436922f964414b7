"""The words that say where a record stands, as they are on the wire, each with who moves it on.

Which of them may follow which is in `lifecycle`.
"""

from __future__ import annotations

from enum import StrEnum


class TaskOrder(StrEnum):
    """Which waiting task of a queue is offered first."""

    FIFO = "FIFO"
    LIFO = "LIFO"


class TaskStatus(StrEnum):
    """Where a task stands."""

    PENDING = "pending"
    """It waits in a queue; `routing.reserve`, a cancellation or a timer moves it on."""
    RESERVED = "reserved"
    """It is offered to one or more workers; their answers, its time to live or a cancellation move it on."""
    ASSIGNED = "assigned"
    """A worker accepted it; he or the application wraps it up or completes it, or a day passes."""
    WRAPPING = "wrapping"
    """The talking is over, the work is not; completing it or the end of the day moves it on."""
    COMPLETED = "completed"
    """Done; five minutes later it leaves memory."""
    CANCELED = "canceled"
    """It ended without being accepted; five minutes later it leaves memory."""


class ReservationStatus(StrEnum):
    """Where an offer of one task to one worker stands."""

    PENDING = "pending"
    """The worker is asked; his answer, the clock, a sibling or the task's end moves it on."""
    ACCEPTED = "accepted"
    """He took it; wrapping up or completing moves it on."""
    WRAPPING = "wrapping"
    """He finishes up; completing moves it on."""
    COMPLETED = "completed"
    """He is done with it. Final."""
    REJECTED = "rejected"
    """He said no. Final."""
    TIMEOUT = "timeout"
    """He did not answer in time. Final."""
    CANCELED = "canceled"
    """The task, the worker or the means to reach him went away. Final."""
    RESCINDED = "rescinded"
    """A sibling was accepted first. Final."""


class TransferMode(StrEnum):
    """Whether whoever transfers a task stays until it is taken."""

    WARM = "WARM"
    """He stays with it until he leaves by himself."""
    COLD = "COLD"
    """He leaves at once: his reservation wraps up when the transfer begins."""


class TransferStatus(StrEnum):
    """Where the transfer of a task stands."""

    INITIATED = "initiated"
    """The task is on its way; an acceptance, a refusal, its end or the initiator moves it on."""
    COMPLETE = "complete"
    """Somebody took the task. Final."""
    FAILED = "failed"
    """Nobody took it. Final."""
    CANCELED = "canceled"
    """The initiator called it off, or the task ended. Final."""


class VanishedPending(StrEnum):
    """What becomes of an offer whose worker vanished."""

    KEEP = "keep"
    """Its clock goes on."""
    REJECT = "reject"
    """As if he had rejected it."""
    CANCEL = "cancel"
    """As if he could not be asked: the task rests before it is offered again."""


class VanishedAccepted(StrEnum):
    """What becomes of what a worker had accepted who vanished."""

    KEEP = "keep"
    """It stays his."""
    WRAPUP = "wrapup"
    """It is wrapped up."""
    COMPLETE = "complete"
    """It is completed."""
    REQUEUE = "requeue"
    """It is completed, and a new task like it waits in its place."""


OPEN_TASK = frozenset(
    {TaskStatus.PENDING, TaskStatus.RESERVED, TaskStatus.ASSIGNED, TaskStatus.WRAPPING}
)
LIVE_RESERVATION = frozenset(
    {ReservationStatus.PENDING, ReservationStatus.ACCEPTED, ReservationStatus.WRAPPING}
)
