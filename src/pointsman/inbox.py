"""Commands that wait to be executed, in the order in which they were asked.

The rule: nobody overtakes. While the inbox is held, whatever is asked waits. What a command means
is not known here.
"""

from __future__ import annotations

from asyncio import Future
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from pointsman.directory import Owned
from pointsman.engine.commands import Command
from pointsman.engine.engine import Outcome
from pointsman.engine.state import State
from pointsman.store import AnswerRow

__all__ = ["Asked", "Inbox", "Keep", "Render"]

T = TypeVar("T")
Render = Callable[[State, Outcome], T]
"""Says what is told of an outcome, right after the execution."""
Keep = Callable[[T], AnswerRow]
"""Makes the row that keeps what is told; it is written with what was changed."""


class Asked(Generic[T]):
    """A command, who is told what of it, and how."""

    __slots__ = ("command", "future", "keep", "owned", "render")

    def __init__(
        self,
        owned: Owned,
        command: Command,
        render: Render[T],
        future: Future[T],
        keep: Keep[T] | None = None,
    ) -> None:
        self.owned = owned
        self.command = command
        self.render = render
        self.future = future
        self.keep = keep


class Inbox:
    """First come, first served; nobody while `held`."""

    def __init__(self) -> None:
        self.held = False
        self._waiting: deque[Asked[Any]] = deque()

    def __bool__(self) -> bool:
        """Whether there is something to execute now."""
        return bool(self._waiting) and not self.held

    def put(self, asked: Asked[Any]) -> None:
        self._waiting.append(asked)

    def take(self, most: int) -> list[Asked[Any]]:
        """The first ones, no more than so many."""
        if not self:
            return []
        return [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
