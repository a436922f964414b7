"""The lines of a hosts file, between two marks, at the file's beginning.

The rule: taking the lines out again leaves every other byte as it was. At the beginning they need no
line break that the file did not have, and win over lines for the same names below.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["block", "with_block", "without_block"]

_BEGIN = b"# pointsman hosts: begin\n"
_END = b"# pointsman hosts: end\n"


def block(address: str, names: Iterable[str]) -> bytes:
    """What leads these names to the address."""
    lines = "".join(f"{address} {name}\n" for name in names)
    return _BEGIN + lines.encode("ascii") + _END


def with_block(content: bytes, lines: bytes) -> bytes:
    """The file's content with these lines instead of those from before."""
    return lines + without_block(content)


def without_block(content: bytes) -> bytes:
    """The file's content without our lines, wherever somebody put them."""
    while True:
        before, begin, rest = content.partition(_BEGIN)
        _, end, after = rest.partition(_END)
        if not begin or not end:
            return content
        content = before + after
