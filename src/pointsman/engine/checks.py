"""Checks of single values, used by the command functions: each returns the value or refuses with a sentence."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Any, TypeVar

from pointsman.engine.errors import Invalid
from pointsman.engine.records import TaskOrder, read_json
from pointsman.engine.transaction import Transaction

Word = TypeVar("Word", bound=StrEnum)

_ADDRESS = re.compile(r"https?://[^\s/?#]+([/?#]\S*)?", re.IGNORECASE)
UNIQUE_NAME = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
EARLIEST_START = -2_208_988_800_000  # 1900-01-01


def friendly_name(tx: Transaction, value: str) -> str:
    """1 to 64 characters."""
    longest = tx.limits.friendly_name_length
    if not 1 <= len(value) <= longest:
        raise Invalid("FriendlyName", f"FriendlyName must have 1 to {longest} characters")
    return value


def attributes(tx: Transaction, text: str) -> str:
    """The text of a JSON object of at most 4096 characters."""
    longest = tx.limits.attributes_length
    if len(text) > longest:
        raise Invalid(
            "Attributes", f"Attributes has {len(text)} characters; at most {longest} are allowed"
        )
    try:
        value: Any = read_json(text)
    except ValueError as problem:
        raise Invalid("Attributes", f"Attributes is not valid JSON: {problem}") from problem
    if not isinstance(value, dict):
        raise Invalid("Attributes", 'Attributes must be a JSON object, such as {"language": "en"}')
    return text


def whole_number(parameter: str, value: int, low: int, high: int) -> int:
    """A whole number within its bounds."""
    if not low <= value <= high:
        raise Invalid(parameter, f"{parameter} must be a whole number from {low} to {high}")
    return value


def one_of(words: type[Word], parameter: str, value: str) -> Word:
    """One of a few words."""
    try:
        return words(value)
    except ValueError as problem:
        *others, last = [word.value for word in words]
        told = f"{parameter} must be {', '.join(others)} or {last}"
        raise Invalid(parameter, told) from problem


def task_order(parameter: str, value: str) -> TaskOrder:
    """FIFO or LIFO."""
    return one_of(TaskOrder, parameter, value)


def url(parameter: str, value: str) -> str:
    """An absolute http or https address, or nothing at all."""
    if not value:
        return ""
    if not _ADDRESS.fullmatch(value):
        raise Invalid(parameter, f"{parameter} must be an absolute http or https address")
    return value


def activity(tx: Transaction, parameter: str, sid: str) -> str:
    """The SID of an activity of this workspace."""
    if sid not in tx.state.activities:
        raise Invalid(parameter, f"{parameter} {sid} is not an activity of this workspace")
    return sid


def optional_activity(tx: Transaction, parameter: str, sid: str | None) -> str | None:
    """The SID of an activity of this workspace, or none."""
    return activity(tx, parameter, sid) if sid else None


def virtual_start(tx: Transaction, at: int) -> int:
    """An instant that is neither in the future nor before 1900."""
    if at > tx.now:
        raise Invalid("VirtualStartTime", "VirtualStartTime must not be in the future")
    if at < EARLIEST_START:
        raise Invalid("VirtualStartTime", "VirtualStartTime must not be before 1900")
    return at
