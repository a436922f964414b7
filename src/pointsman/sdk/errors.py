"""What can go wrong between a worker's program and the server, by what the program can do about it."""

from __future__ import annotations

__all__ = [
    "ChannelEnded",
    "Evicted",
    "Refused",
    "TokenExpired",
    "TokenRefused",
    "Unanswered",
    "WorkerDeleted",
    "WorkerError",
]


class WorkerError(Exception):
    """Every error of the worker's SDK."""


class Refused(WorkerError):
    """The server understood and said no: the reservation is over, a right is missing, a value is bad."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{message} ({status}, {code})")
        self.status = status
        """The HTTP status, such as 403 or 410."""
        self.code = code
        """The error's code, such as 20003."""
        self.message = message
        """The server's sentence."""


class Unanswered(WorkerError):
    """The server did not answer, though it was asked again and again; what was asked may have happened."""


class ChannelEnded(WorkerError):
    """The live channel ended for good: no more reservations come through this `Worker`."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{reason} ({code})")
        self.code = code
        """The code that the server closed with."""
        self.reason = reason
        """The server's reason."""


class Evicted(ChannelEnded):
    """A newer session of the same worker asked for the others to be closed."""


class TokenExpired(ChannelEnded):
    """The token ended, and there was no other; give a function that makes tokens to go on for ever."""


class TokenRefused(ChannelEnded):
    """The server does not accept the token: another account's, or signed with another secret."""


class WorkerDeleted(ChannelEnded):
    """The worker does not exist, or not any more."""
