"""Text to tokens.

The rule here: every character belongs to a token or to white space, else an ExpressionError says which
does not. Keywords stay names: only the parser knows where a name is a keyword.
Must not know: the grammar.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from pointsman.engine.expressions.errors import ExpressionError, shortened
from pointsman.engine.expressions.meaning import MOST_DIGITS, to_number
from pointsman.engine.expressions.tree import Scalar


class Kind(Enum):
    """What a token is."""

    STRING = auto()
    NUMBER = auto()
    NAME = auto()
    SYMBOL = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the source: its text as written, and where it begins."""

    kind: Kind
    text: str
    position: int
    value: Scalar = None

    @property
    def end(self) -> int:
        """The position after it."""
        return self.position + len(self.text)

    @property
    def word(self) -> str:
        """The keyword it may be: a name in capitals; nothing for other tokens."""
        return self.text.upper() if self.kind is Kind.NAME else ""


# A `-` directly before a digit belongs to the number, so `x >-5` compares and `x >- 5` is HAS.
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"[^"\\]*(?:\\.[^"\\]*)*" | '[^'\\]*(?:\\.[^'\\]*)*')
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
      | (?P<name>(?:[^\W\d]|\$)[\w$]*)
      | (?P<foreign>&&|\|\||===|!==|<>|=>|=<|!(?!=)|[\u201c\u201d\u2018\u2019])
      | (?P<symbol>==|!=|>=|<=|>-(?![0-9])|<-(?![0-9])|[=<>()\[\].,])
    """,
    re.VERBOSE | re.DOTALL,
)

# What people bring along from other languages, and what to write here.
_FOREIGN = {
    "&&": "AND",
    "||": "OR",
    "!": "NOT",
    "<>": "!=",
    "===": "==",
    "!==": "!=",
    "=>": ">=",
    "=<": "<=",
}

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_ESCAPE = re.compile(r"(?P<units>(?:\\u[0-9a-fA-F]{4})+)|\\(?P<single>.)", re.DOTALL)


def tokens(source: str) -> list[Token]:
    """All tokens of the source, with an END behind them."""
    found: list[Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None or match.lastgroup == "foreign":
            foreign = match.group() if match else ""
            raise _unreadable(source, position, foreign, found)
        if match.lastgroup != "space":
            found.append(_token(source, position, match.lastgroup or "", match.group()))
        position = match.end()
    found.append(Token(Kind.END, "", position))
    return found


def _token(source: str, position: int, group: str, text: str) -> Token:
    if group == "string":
        return Token(Kind.STRING, text, position, _unescaped(source, position, text))
    if group == "number":
        return Token(Kind.NUMBER, text, position, _number(source, position, text))
    return Token(Kind.NAME if group == "name" else Kind.SYMBOL, text, position)


def _number(source: str, position: int, text: str) -> int | float:
    """The number written; leading zeros mean nothing (0800 is 800)."""
    number = to_number(text)
    if number is None:
        sentence = f"A number may have at most {MOST_DIGITS} digits on each side of its point"
        raise ExpressionError(sentence, source, position)
    return number


def _unescaped(source: str, position: int, text: str) -> str:
    """The string between the quotes, with its escapes resolved."""

    def character(escape: re.Match[str]) -> str:
        place = position + 1 + escape.start()
        if escape["units"]:
            return _code_points(source, place, escape["units"])
        if escape["single"].isalnum() and escape["single"] not in _ESCAPES:
            sentence = f"'{escape[0]}' is no escape; write '\\\\' for a backslash"
            raise ExpressionError(sentence, source, place)
        return _ESCAPES.get(escape["single"], escape["single"])

    inner = text[1:-1]
    return _ESCAPE.sub(character, inner) if "\\" in inner else inner


def _code_points(source: str, place: int, escapes: str) -> str:
    """The characters of a run of \\u escapes, which are UTF-16 units; half a pair is no character."""
    units = bytes.fromhex(escapes.replace("\\u", ""))
    try:
        return units.decode("utf-16-be")
    except UnicodeDecodeError as error:
        sentence = f"'{shortened(escapes)}' holds half of a surrogate pair, which is no character"
        raise ExpressionError(sentence, source, place) from error


def _unreadable(source: str, position: int, foreign: str, before: list[Token]) -> ExpressionError:
    """The error for a place where no token begins, with the advice that fits the character."""
    character = source[position]
    if foreign in _FOREIGN:
        sentence = f"'{foreign}' is not an operator here; write {_FOREIGN[foreign]} instead"
    elif foreign:
        sentence = f"{character} is a typographic quote; write a straight \" or ' instead"
    elif character in "\"'":
        sentence = f"The string that begins here has no closing {character}"
    elif character == "-":
        sentence = hyphen_sentence(before[-1] if before and before[-1].end == position else None)
    else:
        sentence = f"{character!r} cannot stand in an expression outside quotes"
    return ExpressionError(sentence, source, position)


def hyphen_sentence(name: Token | None) -> str:
    """What to say about a hyphen directly behind `name`, or elsewhere."""
    if name is not None and name.kind is Kind.NAME:
        return (
            f"'-' is not allowed in names, so '{shortened(name.text)}-…' cannot be read;"
            " rename the attribute, for instance with '_'"
        )
    return "'-' may only stand directly before the digits of a number"
