"""An event loop whose time does not pass but jumps: waiting costs nothing, and one clock rules all.

Only what runs inside of the process may be waited for. A loop that waits for nothing is a mistake.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from pointsman.ambient import VirtualAmbient

T = TypeVar("T")


class _Jump(selectors.SelectSelector):
    """A selector that lets the time pass for which it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        found = super().select(0)
        if not found:
            assert timeout is not None, "nothing is left that could happen"
            self.seconds += max(0.0, timeout)
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop, and the ambient that has the same time."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)
        self.ambient = LoopAmbient(self)

    def time(self) -> float:
        return self._jump.seconds


class LoopAmbient(VirtualAmbient):
    """Domain time is the loop's."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def now(self) -> int:
        return self._start_ms + round(self._loop.time() * 1000)


def run(story: Coroutine[Any, Any, T], loop: VirtualLoop) -> T:
    """Run the story to its end."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(story)
