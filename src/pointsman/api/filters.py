"""Filters of lists: a parameter's value → a question about a record.

Each list of the table names its filters by parameter. An absent or empty value filters nothing; a
value that can match nothing by its shape is refused, because a silent empty list looks like an
answer. Names are compared with what they are at the moment of reading.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from pointsman.api.lists import Keep
from pointsman.api.params import Params, many, one, sid_text, text, truth, whole
from pointsman.auth.credentials import is_sid
from pointsman.engine.errors import Invalid
from pointsman.engine.state import State

__all__ = [
    "Filter",
    "Filters",
    "flag",
    "keeps",
    "related",
    "routing_target",
    "same_number",
    "same_sid",
    "same_text",
    "task_queue_sid",
    "words",
]

Filter = Callable[[str, Params], Keep]
"""(name of the parameter, all parameters) → which records stay."""
Filters = Mapping[str, Filter]


def keeps(filters: Filters, params: Params) -> list[Keep]:
    """The questions that these parameters ask."""
    return [
        make(name, params) for name, make in filters.items() if one(params, name) not in (None, "")
    ]


# Differs from Twilio (GET AssignmentStatus, GET ReservationStatus, GET Priority):
# a filter whose value no record can have, such as an unknown status or a malformed SID, is refused
# rather than answered with an empty list, which would look like an answer.
def sid_asked(name: str, params: Params, prefix: str) -> str:
    """A SID parameter of the right shape."""
    sid = sid_text(name, one(params, name))
    if not is_sid(sid, prefix):
        raise Invalid(name, f"{name} {sid!r} is not a SID that begins with {prefix}")
    return sid


def words_asked(name: str, params: Params, allowed: type[StrEnum]) -> frozenset[str]:
    """One or many words of an enumeration."""
    asked = frozenset(many(params, name))
    known = frozenset(member.value for member in allowed)
    for word in sorted(asked - known):
        told = ", ".join(member.value for member in allowed)
        raise Invalid(name, f"{name} {word!r} is not one of {told}")
    return asked


def same_text(field: str) -> Filter:
    """The field has exactly this text."""

    def make(name: str, params: Params) -> Keep:
        wanted = text(name, one(params, name))
        return lambda record, state, now: bool(getattr(record, field) == wanted)

    return make


def same_number(field: str, least: int, most: int) -> Filter:
    """The field is this number, which lies within its bounds."""

    def make(name: str, params: Params) -> Keep:
        wanted = whole(name, one(params, name))
        if not least <= wanted <= most:
            raise Invalid(name, f"{name} must be a whole number from {least} to {most}")
        return lambda record, state, now: bool(getattr(record, field) == wanted)

    return make


def same_sid(field: str, prefix: str) -> Filter:
    """The field is this SID."""

    def make(name: str, params: Params) -> Keep:
        wanted = sid_asked(name, params, prefix)
        return lambda record, state, now: bool(getattr(record, field) == wanted)

    return make


def routing_target(name: str, params: Params) -> Keep:
    """The task was made for this worker, queue or workflow."""
    wanted = sid_text(name, one(params, name))
    if not any(is_sid(wanted, prefix) for prefix in ("WK", "WQ", "WW")):
        raise Invalid(name, f"{name} {wanted!r} is not the SID of a worker, queue or workflow")
    return lambda record, state, now: bool(record.routing_target == wanted)


def task_queue_sid(name: str, params: Params) -> Keep:
    """The task is, or was last, in this queue."""
    wanted = sid_asked(name, params, "WQ")
    return lambda record, state, now: bool(record.target.queue_sid == wanted)


def words(field: str, allowed: type[StrEnum]) -> Filter:
    """The field is one of these words."""

    def make(name: str, params: Params) -> Keep:
        asked = words_asked(name, params, allowed)
        return lambda record, state, now: getattr(record, field) in asked

    return make


def related(find: Callable[[Any, State], Any], field: str) -> Filter:
    """The record that this one belongs to, if it still exists, has this text in its field."""

    def make(name: str, params: Params) -> Keep:
        wanted = text(name, one(params, name))
        return lambda record, state, now: bool(getattr(find(record, state), field, None) == wanted)

    return make


def flag(find: Callable[[Any, State], bool]) -> Filter:
    """True, 1 or yes keeps those for which it holds, any other value the rest."""

    def make(name: str, params: Params) -> Keep:
        wanted = truth(name, one(params, name))
        return lambda record, state, now: find(record, state) == wanted

    return make
