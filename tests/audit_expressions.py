"""The auditor's own reader of the small family of expressions that walks use."""

from __future__ import annotations

import json
import re
from typing import Any

COMPARISON = re.compile(r"(\S+?)(?: (HAS) | ?(==|!=|>=|<=|>|<) ?)(\S+)")


def compare(text: str, names: dict[str, Any]) -> bool:
    """Whether one comparison holds."""
    match = COMPARISON.fullmatch(text)
    assert match is not None, f"the auditor cannot read {text!r}"
    left, right = _value(match[1], names), _value(match[4], names)
    operator = match[2] or match[3]
    if operator == "HAS":
        return isinstance(left, list) and right in left
    if operator in ("==", "!="):
        return (left == right) is (operator == "==")
    if not isinstance(left, int) or not isinstance(right, int):
        return False
    return {">=": left >= right, "<=": left <= right, ">": left > right, "<": left < right}[
        operator
    ]


def _value(text: str, names: dict[str, Any]) -> Any:
    if text[0] in '"0123456789':
        return json.loads(text)
    value: Any = names
    for step in text.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
