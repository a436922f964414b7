"""A place in a list of tokens, with the steps that both little languages share.

The rule here: reading never goes beyond the END token, and every error points at a token.
Must not know: operators, keywords and roots.
"""

from pointsman.engine.expressions.errors import ExpressionError, shortened
from pointsman.engine.expressions.lexer import Kind, Token, hyphen_sentence, tokens
from pointsman.engine.expressions.tree import Path

# A list of a billion members does not fit into an attribute document.
_HIGHEST_INDEX_DIGITS = 9


class Cursor:
    """Reads the tokens of one source from left to right."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tokens = tokens(source)
        self._index = 0

    @property
    def token(self) -> Token:
        """The next token, not yet taken."""
        return self._tokens[self._index]

    def at_end(self) -> bool:
        """Whether everything is read."""
        return self.token.kind is Kind.END

    @property
    def before(self) -> Token:
        """The token taken last."""
        return self._tokens[self._index - 1]

    def take(self) -> Token:
        """The next token, taken; END stays where it is."""
        token = self.token
        if not self.at_end():
            self._index += 1
        return token

    def skip(self, text: str) -> bool:
        """Take the next token if it is this symbol or keyword (in capitals), and say so."""
        token = self.token
        found = text in (token.word, token.text if token.kind is Kind.SYMBOL else None)
        if found:
            self.take()
        return found

    def error(self, sentence: str, token: Token | None = None) -> ExpressionError:
        """What to raise, pointing at the token (default: the next one)."""
        return ExpressionError(sentence, self.source, (token or self.token).position)

    def unexpected(self, expected: str) -> ExpressionError:
        """What to raise when the next token is not what is expected."""
        token, before = self.token, self.before
        if token.text.startswith("-") and before.end == token.position:
            # Somebody wrote skill-2; the tokens of that are skill and -2.
            return self.error(hyphen_sentence(before))
        shown = f"'{token.text}'" if token.kind is Kind.SYMBOL else shortened(token.text)
        found = f"instead of {shown}" if token.text else "but the expression ends"
        return self.error(f"{expected} is expected here {found}")

    def path(self) -> Path:
        """Grammar: path = ident , { "." , ident | "[" , integer , "]" } ; begins at the ident."""
        steps: list[str | int] = [self.take().text]
        while True:
            if self.skip("."):
                if self.token.kind is not Kind.NAME:
                    raise self.unexpected("A name")
                steps.append(self.take().text)
            elif self.skip("["):
                steps.append(self._index_step())
            else:
                return tuple(steps)

    def _index_step(self) -> int:
        """The integer of "[" , integer , "]" with its closing bracket."""
        token = self.take()
        if token.kind is not Kind.NUMBER or not token.text.isdecimal():
            raise self.error("An index is a whole number from 0, such as [0]", token)
        if len(token.text) > _HIGHEST_INDEX_DIGITS:
            raise self.error(f"An index may have at most {_HIGHEST_INDEX_DIGITS} digits", token)
        if not self.skip("]"):
            raise self.unexpected("The ']' of the index")
        return int(token.text)
