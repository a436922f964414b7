"""What an answer to an assignment callback means: nothing, an instruction, or a failure. Pure.

The rules are those of docs/webhooks.md, with the original's codes for what is wrong. Whether an
instruction can be carried out is not known here.
"""

from __future__ import annotations

from typing import Any

import orjson
from msgspec import Struct

from pointsman.outbound.client import Answer

__all__ = ["Instruction", "Verdict", "instruction_params", "judge"]


class Instruction(Struct, frozen=True):
    """What the application decided; `fields` as it wrote them, beside `instruction`."""

    kind: str
    fields: dict[str, Any]


class Verdict(Struct, frozen=True):
    """`code` is the alert's (0: none); a failure is tried at the fallback URL."""

    instruction: Instruction | None = None
    code: int = 0
    message: str = ""
    failed: bool = False


def judge(answer: Answer) -> Verdict:
    """Read the answer as the documentation says."""
    if not 200 <= answer.status < 300:
        return Verdict(None, 11200, f"It answered with status {answer.status}", failed=True)
    if not answer.body.strip():
        return Verdict()
    if answer.content_type != "application/json":
        told = f"The answer is {answer.content_type or 'of no type'} instead of application/json"
        return Verdict(None, 40000, told, failed=True)
    try:
        value = orjson.loads(answer.body)
    except orjson.JSONDecodeError as problem:
        return Verdict(None, 40001, f"The answer is not JSON: {problem}")
    if value == {}:
        return Verdict()
    if not isinstance(value, dict) or "instruction" not in value:
        return Verdict(None, 40005, "The answer is JSON without an instruction")
    fields = {name: field for name, field in value.items() if name != "instruction"}
    return Verdict(Instruction(str(value["instruction"]), fields))


_PREFIXES = {
    "dequeue": "Dequeue",
    "call": "Call",
    "redirect": "Redirect",
    "conference": "",
    "supervise": "",
}


def instruction_params(instruction: Instruction) -> dict[str, str | list[str]]:
    """The same instruction as parameters of the reservation: `to` of a dequeue is `DequeueTo`."""
    prefix = _PREFIXES.get(instruction.kind)
    params: dict[str, str | list[str]] = {"Instruction": instruction.kind}
    if prefix is None:
        return params
    for name, value in instruction.fields.items():
        if value is not None:
            camel = "".join(word.capitalize() for word in name.split("_"))
            values = [_text(each) for each in value] if isinstance(value, list) else _text(value)
            params[prefix + camel] = values
    return params


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else orjson.dumps(value).decode()
