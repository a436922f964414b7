"""TwiML text → verbs, safely: no entities, no document type, no network, bounded size and depth.

Only the shape is judged here; what a verb means is the interpreter's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from xml.parsers import expat

from msgspec import Struct, field

__all__ = ["LONGEST_DOCUMENT", "BadTwiml", "Element", "parse"]

LONGEST_DOCUMENT = 64 * 1024
DEEPEST = 16
MOST_ELEMENTS = 2_000


class BadTwiml(Exception):
    """The text is no TwiML; the message is a sentence with the place."""


class Element(Struct):
    """An element of the document: a verb, or a noun inside of one."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its own text, without that of its children, trimmed."""
        return "".join(self.pieces).strip()

    @property
    def spoken(self) -> str:
        """All text in it; markup for speech is taken out."""
        return " ".join(" ".join(self._texts()).split())

    def _texts(self) -> Iterator[str]:
        yield from self.pieces
        for child in self.children:
            yield from child._texts()

    def get(self, name: str, otherwise: str = "") -> str:
        return self.attributes.get(name, otherwise)

    def whole(self, name: str, otherwise: int) -> int:
        """An attribute that is a whole number; anything else counts as not given."""
        text = self.attributes.get(name, "").strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else otherwise

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        text = self.attributes.get(name, "").strip().lower()
        return otherwise if text not in ("true", "false") else text == "true"


def parse(text: bytes) -> list[Element]:
    """The verbs of a document, in order. Raises `BadTwiml`."""
    if len(text) > LONGEST_DOCUMENT:
        raise BadTwiml(f"The document is longer than {LONGEST_DOCUMENT} bytes")
    reading = _Reading()
    try:
        reading.parser.Parse(text, True)
    except expat.ExpatError as problem:
        raise BadTwiml(f"The document is not XML: {problem}") from problem
    root = reading.root
    if root is None or root.name != "Response":
        raise BadTwiml("The document's element has to be <Response>")
    return root.children


class _Reading:
    """One document while it is read."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._count = 0
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MOST_ELEMENTS or len(self._open) >= DEEPEST:
            raise BadTwiml(
                f"The document has more than {MOST_ELEMENTS} elements, or more than {DEEPEST} "
                "inside of each other"
            )
        element = Element(name, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].pieces.append(text)

    def _refuse(self, *_: object) -> int:
        raise BadTwiml("The document declares a type or entities, which TwiML has not")
