"""Parameters of a request ↔ fields of a command, decided once from the command's annotations.

A parameter's name is the field's name in CamelCase without its unit (`friendly_name` is
`FriendlyName`, `task_reservation_timeout_s` is `TaskReservationTimeout`); the few exceptions are
listed here. Values come as text from forms and query strings, and as JSON values from the live
channel: numbers may be text, objects become the JSON text they stand for, null means "not
mentioned", and unknown names are ignored. Ranges and meaning are the engine's to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec
import orjson

from pointsman.auth.credentials import canonical_sid
from pointsman.engine.commands import Command
from pointsman.engine.errors import Invalid

__all__ = [
    "Params",
    "decode",
    "instant",
    "json_text",
    "many",
    "one",
    "sid_text",
    "text",
    "truth",
    "whole",
    "wire_name",
]

Params = Mapping[str, Any]
"""Name → text, list of texts, or any JSON value."""

_Command = TypeVar("_Command", bound=Command)
_Convert = Callable[[str, Any], Any]

_NAMES = {"virtual_start_at": "VirtualStartTime"}
_OTHER_SPELLINGS = {"task_channel": ("TaskChannelUniqueName", "TaskChannelSid")}
"""What the browser clients send instead."""

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_TOO_LONG = re.compile(r"[+-]?[0-9]{19,}")
_TRUE = frozenset({"true", "1", "yes"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class _Field(msgspec.Struct, frozen=True):
    name: str
    wire: str
    other_spellings: tuple[str, ...]
    convert: _Convert
    required: bool
    takes_lists: bool


def decode(command: type[_Command], params: Params, fixed: dict[str, Any]) -> _Command:
    """The command that the parameters describe; `fixed` are the fields that the request itself gives.

    Raises `Invalid`, naming the parameter, when one is missing or is not of the right kind.
    """
    values = dict(fixed)
    for field in _fields(command):
        if field.name in fixed:
            continue
        value = params.get(field.wire)
        if isinstance(value, list) or (value is None and field.other_spellings):
            value = _mentioned(params, field)
        if value is not None:
            values[field.name] = field.convert(field.wire, value)
        elif field.required:
            raise Invalid(field.wire, f"{field.wire} field is required")
    return command(**values)


def wire_name(field: str) -> str:
    """The parameter's name for a field's."""
    stem = field.removesuffix("_s")
    return _NAMES.get(field) or "".join(word.capitalize() for word in stem.split("_"))


def one(params: Params, name: str) -> Any:
    """The value of a parameter that may be given once; of a repeated one the last. None: absent."""
    value = params.get(name)
    if isinstance(value, list):
        return value[-1] if value else None
    return value


def many(params: Params, name: str) -> list[str]:
    """The values of a list parameter: repeated, or one text with commas or spaces between them."""
    value = params.get(name)
    if value is None:
        return []
    pieces = value if isinstance(value, list) else [value]
    words = (text(name, piece).replace(",", " ").split() for piece in pieces if piece is not None)
    return [word for group in words for word in group]


# --- kinds of values ---------------------------------------------------------------------------


def text(name: str, value: Any) -> str:
    """Text as it is; numbers and booleans as JSON writes them."""
    if isinstance(value, str):
        if "\0" in value:
            raise Invalid(name, f"{name} may not contain the character NUL")
        return value
    if isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    raise Invalid(name, f"{name} has to be text")


def json_text(name: str, value: Any) -> str:
    """JSON text as the client wrote it; a JSON object becomes compact text."""
    if isinstance(value, str):
        return text(name, value)
    try:
        return orjson.dumps(value).decode()
    except TypeError as error:  # nested too deeply
        raise Invalid(name, f"{name} cannot be written as JSON: {error}") from error


def sid_text(name: str, value: Any) -> str:
    """A SID in the case it was issued in, or a name as it is."""
    return canonical_sid(text(name, value))


def whole(name: str, value: Any) -> int:
    """A whole number, also as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    too_long = isinstance(value, str) and _TOO_LONG.fullmatch(value.strip())
    bound = " of at most 18 digits" if too_long else ""
    raise Invalid(name, f"{name} has to be a whole number{bound}")


def truth(name: str, value: Any) -> bool:
    """`true`, `1` and `yes` in any case are true, everything else is false."""
    if not isinstance(value, str | bool | int | float):
        raise Invalid(name, f"{name} has to be true or false")
    return text(name, value).strip().lower() in _TRUE


def instant(name: str, value: Any) -> int:
    """An ISO 8601 date or date and time as epoch milliseconds; without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(text(name, value).strip())
        aware = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MS
    except (Invalid, ValueError, OverflowError) as error:
        told = f"{name} has to be a date and time such as 2024-05-31T09:30:00Z"
        raise Invalid(name, told) from error


def _comma_text(name: str, value: Any) -> str | None:
    return ",".join(many({name: value}, name)) or None


def _or_none(convert: _Convert) -> _Convert:
    """Where None means "clear it", empty text does too."""
    return lambda name, value: None if value == "" else convert(name, value)


# --- from annotations --------------------------------------------------------------------------

_BY_NAME: dict[str, _Convert] = {
    "attributes": json_text,
    "configuration": json_text,
    "events_filter": _comma_text,
    "task_channel": sid_text,
    "virtual_start_at": instant,
}
_TAKE_LISTS = frozenset({"attributes", "configuration", "events_filter"})
_BY_TYPE: dict[type, _Convert] = {str: text, int: whole, bool: truth}


@cache
def _fields(command: type[Command]) -> tuple[_Field, ...]:
    hints = get_type_hints(command)
    return tuple(
        _Field(
            field.name,
            wire_name(field.name),
            _OTHER_SPELLINGS.get(field.name, ()),
            _converter(field.name, hints[field.name]),
            field.required,
            field.name in _TAKE_LISTS,
        )
        for field in msgspec.structs.fields(command)
        if field.name not in ("actor", "if_match")
    )


def _converter(name: str, hint: Any) -> _Convert:
    kinds = get_args(hint) or (hint,)
    convert = _BY_NAME.get(name)
    if convert is None and name.endswith("_sid"):
        convert = sid_text
    if convert is None:
        convert = next(_BY_TYPE[kind] for kind in kinds if kind in _BY_TYPE)
    return _or_none(convert) if type(None) in kinds else convert


def _mentioned(params: Params, field: _Field) -> Any:
    for spelling in (field.wire, *field.other_spellings):
        value = params.get(spelling)
        if isinstance(value, list) and not field.takes_lists:
            value = value[-1] if value else None
        if value is not None:
            return value
    return None
