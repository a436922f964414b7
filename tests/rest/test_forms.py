"""Forms and JSON bodies are read completely or refused; nothing in them is a fault of the server."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pointsman.api.errors import Refused
from pointsman.rest.forms import MOST_PARAMETERS, parse_body, parse_form

FORM = b"application/x-www-form-urlencoded"


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_a_form_is_read_as_it_was_written(params: dict[str, str]) -> None:
    """Whatever the standard library writes as a form comes back as it was."""
    assert parse_form(urlencode(params).encode()) == params


@given(st.text(alphabet='%27bBdD+&={}":, aé'))
def test_any_form_means_what_the_standard_library_says(text: str) -> None:
    """Shortcuts for usual escapes change nothing, not even in malformed text."""
    encoded = text.encode()
    try:
        expected = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=999)
    except UnicodeDecodeError:
        with pytest.raises(Refused):
            parse_form(encoded)
        return

    found = {k: v if isinstance(v, list) else [v] for k, v in parse_form(encoded).items()}

    assert found == expected


@given(st.binary(max_size=200), st.sampled_from([FORM, b"application/json; charset=utf-8"]))
def test_no_bytes_break_it(body: bytes, content_type: bytes) -> None:
    """Any bytes are either parameters or a refusal with status 400."""
    assert status_of(body, content_type) in (200, 400)


def status_of(body: bytes, content_type: bytes) -> int:
    """200 for what is read."""
    try:
        assert isinstance(parse_body(body, content_type), dict)
    except Refused as refusal:
        return refusal.status
    return 200


@pytest.mark.feature(13)
def test_repeated_names_make_a_list() -> None:
    """A name that comes more than once has all its values, in order."""
    assert parse_form(b"a=1&b=2&a=3&a=") == {"a": ["1", "3", ""], "b": "2"}


def test_odd_forms() -> None:
    """Empty pairs are passed over, a name without `=` is empty, and `+` is a space."""
    assert parse_form(b"&&a&=b&c=d=e+f&%41=%zz%") == {"a": "", "": "b", "c": "d=e f", "A": "%zz%"}


def test_too_many_parameters() -> None:
    """A form of a million names is refused before it is taken apart."""
    with pytest.raises(Refused, match="more than 1000"):
        parse_form(b"a=1&" * MOST_PARAMETERS)


def test_unreadable_bodies() -> None:
    """Text that is not UTF-8, JSON that is no object, and other types of body are refused."""
    cases = [
        (b"a=%ff", FORM, 400, "UTF-8"),
        (b"[1]", b"application/json", 400, "object"),
        (b'{"a": ', b"application/json", 400, "not JSON"),
        (b"[" * 100_000, b"application/json", 400, "not JSON"),
        (b"<a/>", b"text/xml", 415, "application/json"),
    ]
    for body, kind, status, told in cases:
        with pytest.raises(Refused, match=told) as refusal:
            parse_body(body, kind)
        assert refusal.value.status == status


def test_no_body_is_no_parameters() -> None:
    """An empty body of any type has no parameters."""
    assert parse_body(b"", b"text/xml") == {}
    assert parse_body(b"", b"application/json") == {}
