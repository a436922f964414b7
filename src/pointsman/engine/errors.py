"""Refusals: what the engine answers when a command may not be carried out.

A refusal has a stable kind (its class), a full sentence without blame, and has touched nothing.
What HTTP status and code it becomes is decided in `pointsman.api.errors`, not here.
"""

from __future__ import annotations


class EngineError(Exception):
    """A command was refused; `message` is the sentence for whoever asked."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(EngineError):
    """The record that the command is about does not exist (any more)."""

    def __init__(self, noun: str, sid: str) -> None:
        super().__init__(f"The {noun} {sid} was not found")
        self.noun = noun
        self.sid = sid


class Invalid(EngineError):
    """A parameter is missing, malformed, out of range or names something that is not there."""

    def __init__(self, parameter: str, message: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class IllegalMove(EngineError):
    """The record's status does not allow what was asked."""


class ReservationOver(EngineError):
    """The reservation was rescinded, timed out, canceled or rejected: any answer comes too late."""

    def __init__(self, sid: str, status: str) -> None:
        super().__init__(f"The reservation {sid} is {status}; it can no longer be answered")
        self.sid = sid
        self.reservation_status = status


class InUse(EngineError):
    """The record cannot be deleted while something refers to it."""


class LimitReached(EngineError):
    """The workspace already holds as many records of this kind as it may."""


class VersionMismatch(EngineError):
    """`if_match` named another version than the record has."""

    def __init__(self, sid: str, wanted: int, version: int) -> None:
        super().__init__(f"{sid} has version {version}; the request was made for version {wanted}")
        self.sid = sid
        self.wanted = wanted
        self.version = version
