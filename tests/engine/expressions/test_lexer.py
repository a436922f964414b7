"""Strings, numbers, names and the advice for what is none of them."""

import pytest

from pointsman.engine.expressions import ExpressionError, Place, compile_expression
from pointsman.engine.expressions.lexer import Kind, tokens


@pytest.mark.feature(112)
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('"plain"', "plain"),
        ("'plain'", "plain"),
        ('"it\'s"', "it's"),
        ("'say \"hi\"'", 'say "hi"'),
        (r"'it\'s'", "it's"),
        (r'"say \"hi\""', 'say "hi"'),
        (r'"\n\t\r\b\f\/\\"', "\n\t\r\b\f/\\"),
        (r'"\u00e9\u0041"', "éA"),
        (r'"\ud83d\ude00!"', "😀!"),
        (r'"\\u0041"', r"\u0041"),
        ('"a\nb"', "a\nb"),
        ('""', ""),
        ('"größe 💥"', "größe 💥"),
        ("'x AND y'", "x AND y"),
    ],
)
def test_strings(written: str, value: str) -> None:
    """Both quote styles and the escapes of JSON give the text meant."""
    assert [(token.kind, token.value) for token in tokens(written)] == [
        (Kind.STRING, value),
        (Kind.END, None),
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("7", 7),
        ("-7", -7),
        ("0800", 800),
        ("2.50", 2.5),
        ("-0.5", -0.5),
        ("9" * 300, int("9" * 300)),
    ],
)
def test_numbers(written: str, value: float) -> None:
    """Numbers may be negative and decimal and begin with zeros."""
    assert tokens(written)[0].value == value


def test_positions() -> None:
    """Each token knows where it begins and ends."""
    found = tokens(" a >=\n'x'")

    assert [(t.kind, t.text, t.position, t.end) for t in found] == [
        (Kind.NAME, "a", 1, 2),
        (Kind.SYMBOL, ">=", 3, 5),
        (Kind.STRING, "'x'", 6, 9),
        (Kind.END, "", 9, 9),
    ]


@pytest.mark.feature(58, 118, 277)
@pytest.mark.parametrize(
    ("source", "position", "advice"),
    [
        ("skill-level > 3", 5, "'-' is not allowed in names, so 'skill-…' cannot be read; rename"),
        ("skill-2 > 3", 5, "'-' is not allowed in names, so 'skill-…' cannot be read; rename"),
        ("3 < skill-2", 9, "'-' is not allowed in names, so 'skill-…' cannot be read; rename"),
        ("a == -b", 5, "'-' may only stand directly before the digits of a number"),
        ("- a == 1", 0, "'-' may only stand directly before the digits of a number"),
        ("a == 'b' && c == 1", 9, "'&&' is not an operator here; write AND instead"),
        ("a == 1 || b == 1", 7, "'||' is not an operator here; write OR instead"),
        ("!(a == 1)", 0, "'!' is not an operator here; write NOT instead"),
        ("a <> 1", 2, "'<>' is not an operator here; write != instead"),
        ("a === 1", 2, "'===' is not an operator here; write == instead"),
        ("a !== 1", 2, "'!==' is not an operator here; write != instead"),
        ("a => 1", 2, "'=>' is not an operator here; write >= instead"),
        ("a =< 1", 2, "'=<' is not an operator here; write <= instead"),
        ("a == “x”", 5, "“ is a typographic quote; write a straight"),
        ("a == 'x", 5, "The string that begins here has no closing '"),
        ("a == \"x'", 5, 'The string that begins here has no closing "'),
        ("a == 'x\\'", 5, "The string that begins here has no closing '"),
        ("a == #", 5, "'#' cannot stand in an expression outside quotes"),
        ("a == \x00", 5, "'\\x00' cannot stand in an expression outside quotes"),
        ("a == \ud800", 5, "'\\ud800' cannot stand in an expression outside quotes"),
        (r"a == 'C:\dir'", 8, r"'\d' is no escape; write '\\' for a backslash"),
        (r"a == '\u12'", 6, r"'\u' is no escape"),
        (r"a == '\ud83d'", 6, r"'\ud83d' holds half of a surrogate pair"),
        (r"a == 'x\ude00\ud83d'", 7, r"'\ude00\ud83d' holds half of a surrogate pair"),
        ("a == " + "9" * 301, 5, "A number may have at most 300 digits"),
        ("a == 1." + "9" * 301, 5, "A number may have at most 300 digits"),
    ],
)
def test_advice(source: str, position: int, advice: str) -> None:
    """What cannot be read is pointed at, with a sentence that says what to write instead."""
    with pytest.raises(ExpressionError) as caught:
        compile_expression(source, Place.QUEUE)

    assert caught.value.message.startswith(advice)
    assert caught.value.position == position
