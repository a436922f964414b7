"""The port for instructions that need a call, and the provider that has none.

An instruction comes here checked. A provider answers within 3 s: `Begun` when it took the
instruction (what rings and who answers come back as commands), `NotBegun` with the code of the
refusal. Here it is not known who asked, nor over which protocol.
"""

from __future__ import annotations

from typing import Any, Protocol

from msgspec import Struct

from pointsman.engine.records import Reservation, Task

__all__ = ["Begun", "Instruction", "NoProvider", "NotBegun", "Provider"]


class Instruction(Struct, frozen=True):
    """What to do: `kind` is dequeue, call, redirect, conference or supervise, or call control:
    update-participant, hold-customer, hold-worker or kick-worker.
    """

    kind: str
    reservation: Reservation
    task: Task
    fields: dict[str, Any]
    """Its checked parameters in snake case, defaults filled in."""
    workspace_sid: str = ""


class Begun(Struct, frozen=True):
    """The provider took the instruction."""


class NotBegun(Struct, frozen=True):
    """The provider refuses; no leg was begun, so the reservation stays as it is."""

    code: int
    message: str


class Provider(Protocol):
    """What carries out an instruction."""

    async def begin(self, instruction: Instruction) -> Begun | NotBegun: ...


_NO_CALL = {
    "dequeue": 40133,
    "call": 40113,
    "redirect": 40122,
    "conference": 40145,
    "supervise": 40148,
}
_NO_CONFERENCE = 20001
"""Of call control, for which no code is documented."""


class NoProvider:
    """The provider `none`: this server places no calls, and says so with the documented codes."""

    async def begin(self, instruction: Instruction) -> Begun | NotBegun:
        told = f"The instruction {instruction.kind} needs a call, and this server has no telephony"
        return NotBegun(_NO_CALL.get(instruction.kind, _NO_CONFERENCE), told)
