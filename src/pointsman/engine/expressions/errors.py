"""What is wrong with an expression, told so that its author can mend it.

The rule here: every message is a full sentence with the position in it, and the caret shows the place.
Must not know: who asked, and which HTTP status the answer gets.
"""

# A caret line is for people: of a very long line only this many characters around the place are shown.
CARET_WINDOW = 72


class ExpressionError(ValueError):
    """An expression that cannot be understood; `position` counts characters of `source` from 0.

    The sentence comes without its full stop, which follows the position.
    """

    def __init__(self, sentence: str, source: str, position: int) -> None:
        self.source = source
        self.position = position
        self.message = f"{sentence} ({self._place()})."
        super().__init__(self.message)

    @property
    def line(self) -> int:
        """The line of the place, counted from 1."""
        return self.source.count("\n", 0, self.position) + 1

    @property
    def column(self) -> int:
        """The place within its line, counted from 1."""
        return self.position - self._line_start() + 1

    @property
    def caret(self) -> str:
        """The line of the source (a window of it when it is long) with a caret below the place."""
        start = self._line_start()
        end = self.source.find("\n", self.position)
        end = len(self.source) if end < 0 else end
        left = max(start, self.position - CARET_WINDOW // 2)
        line = self.source[left : min(end, left + CARET_WINDOW)]
        # Tabs and the like would shift the caret in a terminal; every control character is one space.
        shown = "".join(character if character.isprintable() else " " for character in line)
        return f"{shown}\n{' ' * (self.position - left)}^"

    def _line_start(self) -> int:
        return self.source.rfind("\n", 0, self.position) + 1

    def _place(self) -> str:
        if "\n" in self.source:
            return f"line {self.line}, position {self.column}"
        return f"position {self.column}"


def shortened(text: str) -> str:
    """A piece of a source as a message quotes it: at most 40 characters of it."""
    return text if len(text) <= 40 else f"{text[:39]}…"
