"""The lines in a hosts file, in and out again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.hosts.lines import block, with_block, without_block

OURS = block("127.0.0.1", ["taskrouter.twilio.com"])
LINES = st.lists(
    st.sampled_from([b"127.0.0.1 localhost", b"# a remark", b"", b"\xff\x00", b"\r"])
).map(b"\n".join)


def test_the_lines_stand_between_marks() -> None:
    """A block is one line a name, and says where it begins and ends."""
    assert block("::1", ["a.example", "b.example"]) == (
        b"# pointsman hosts: begin\n::1 a.example\n::1 b.example\n# pointsman hosts: end\n"
    )


@pytest.mark.feature(261)
@given(LINES)
def test_what_was_put_in_comes_out_byte_for_byte(content: bytes) -> None:
    """Putting lines in, twice even, and taking them out leaves the file as it was."""
    once = with_block(content, OURS)
    other = with_block(once, block("10.0.0.1", ["api.twilio.com"]))

    assert once == OURS + content
    assert b"taskrouter" not in other
    assert without_block(once) == without_block(other) == without_block(content) == content


@given(LINES, LINES)
def test_lines_that_somebody_put_elsewhere_come_out_too(before: bytes, after: bytes) -> None:
    """Pasted into the middle, or twice, the lines are found; a mark without its end stays."""
    begin = OURS.splitlines(keepends=True)[0]

    assert without_block(before + b"\n" + OURS + OURS + after) == before + b"\n" + after
    assert without_block(before + b"\n" + begin) == before + b"\n" + begin
