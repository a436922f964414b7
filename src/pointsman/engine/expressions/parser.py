"""Text to tree: one function for each rule of the grammar, the rule in its docstring.

The rule here: whatever the text is, the answer is a tree or an ExpressionError, and nesting is bounded,
so that neither this parser nor Python's own can run out of stack.
Must not know: how a comparison is decided.
"""

from collections.abc import Callable

from pointsman.engine.expressions.cursor import Cursor
from pointsman.engine.expressions.errors import ExpressionError, shortened
from pointsman.engine.expressions.lexer import Kind, Token
from pointsman.engine.expressions.places import Place, bind
from pointsman.engine.expressions.tree import (
    And,
    Comparison,
    ListLiteral,
    Literal,
    Node,
    Not,
    Operand,
    Operator,
    Or,
    Scalar,
)

MAX_DEPTH = 100

_SYMBOLS = {
    "==": Operator.EQUAL,
    "=": Operator.EQUAL,
    "!=": Operator.NOT_EQUAL,
    "<": Operator.LESS,
    "<=": Operator.LESS_OR_EQUAL,
    ">": Operator.GREATER,
    ">=": Operator.GREATER_OR_EQUAL,
    ">-": Operator.HAS,
    "<-": Operator.IN,
}
_WORDS = {"CONTAINS": Operator.CONTAINS, "HAS": Operator.HAS, "IN": Operator.IN}
_CONSTANTS: dict[str, Scalar] = {"TRUE": True, "FALSE": False, "NULL": None}
_KEYWORDS = frozenset({"AND", "OR", "NOT", *_WORDS})
_OPERATORS_HINT = "==, !=, <, <=, >, >=, CONTAINS, HAS, IN or NOT IN"


def parse(source: str, place: Place) -> Node:
    """The tree of the source as read in this place; ExpressionError with position and advice."""
    return _Parser(source, place).whole()


class _Parser:
    def __init__(self, source: str, place: Place) -> None:
        self._cursor = Cursor(source)
        self._place = place
        self._depth = 0

    def whole(self) -> Node:
        """Grammar: whole = expression , end of the text ;"""
        if self._cursor.at_end():
            raise self._cursor.error(
                "The expression is empty; write a comparison such as level >= 3"
            )
        node = self._or_expression()
        if not self._cursor.at_end():
            raise self._no_end()
        return node

    def _or_expression(self) -> Node:
        """Grammar: or_expr = and_expr , { "OR" , and_expr } ;"""
        terms = self._terms("OR", self._and_expression, Or)
        return terms[0] if len(terms) == 1 else Or(terms)

    def _and_expression(self) -> Node:
        """Grammar: and_expr = unary , { "AND" , unary } ;"""
        terms = self._terms("AND", self._unary, And)
        return terms[0] if len(terms) == 1 else And(terms)

    def _terms(
        self, keyword: str, rule: Callable[[], Node], chain: type[And] | type[Or]
    ) -> tuple[Node, ...]:
        """Grammar: rule , { keyword , rule } ; a term that is such a chain itself is spliced in."""
        terms: list[Node] = []
        while True:
            term = rule()
            terms.extend(term.terms if isinstance(term, chain) else (term,))
            if not self._cursor.skip(keyword):
                return tuple(terms)

    def _unary(self) -> Node:
        """Grammar: unary = [ "NOT" ] , primary ;"""
        return Not(self._primary()) if self._cursor.skip("NOT") else self._primary()

    def _primary(self) -> Node:
        """Grammar: primary = "(" , expression , ")" | comparison ;"""
        opening = self._cursor.token
        if not self._cursor.skip("("):
            return self._comparison()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._cursor.error(f"Parentheses may be nested at most {MAX_DEPTH} deep", opening)
        node = self._or_expression()
        if self._cursor.at_end():
            raise self._cursor.error("The '(' that opens here is never closed", opening)
        if not self._cursor.skip(")"):
            raise self._no_end()
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        """Grammar: comparison = operand , operator , operand ;"""
        start = self._cursor.token
        left = self._operand()
        operator = self._operator(start)
        right = self._operand()
        if operator is Operator.NOT_EQUAL and Literal(None) in (left, right):
            # `x != null` asks whether x is present. It holds for lists too, which `!=` refuses.
            return Not(Comparison(Operator.EQUAL, left, right))
        return Comparison(operator, left, right)

    def _operator(self, start: Token) -> Operator:
        """Grammar: operator = symbol | "CONTAINS" | "HAS" | "IN" | "NOT" , "IN" ;"""
        token = self._cursor.token
        if self._cursor.skip("NOT"):
            if not self._cursor.skip("IN"):
                raise self._cursor.error("IN is expected after NOT here, as in x NOT IN list")
            return Operator.NOT_IN
        operator = _SYMBOLS.get(token.text) if token.kind is Kind.SYMBOL else _WORDS.get(token.word)
        if operator is None:
            raise self._no_operator(start)
        self._cursor.take()
        return operator

    def _operand(self) -> Operand:
        """Grammar: operand = scalar | list | reference ;"""
        token = self._cursor.token
        if self._cursor.skip("["):
            return self._list(token)
        if token.kind is Kind.NAME and token.word not in _CONSTANTS:
            if token.word in _KEYWORDS:
                raise self._cursor.error(f"A value is expected here, but {token.text} is a keyword")
            return bind(self._place, self._cursor.path())
        return Literal(self._scalar("A value"))

    def _list(self, opening: Token) -> ListLiteral:
        """Grammar: list = "[" , [ scalar , { "," , scalar } ] , "]" ; the bracket is taken."""
        items: list[Scalar] = []
        if self._cursor.skip("]"):
            return ListLiteral(())
        while True:
            items.append(self._scalar("A string, number, true, false or null"))
            if self._cursor.skip("]"):
                return ListLiteral(tuple(items))
            if self._cursor.at_end():
                raise self._cursor.error("The '[' that opens here is never closed", opening)
            if not self._cursor.skip(","):
                raise self._cursor.unexpected("A ',' or ']'")

    def _scalar(self, expected: str) -> Scalar:
        """Grammar: scalar = string | number | "true" | "false" | "null" ;"""
        token = self._cursor.token
        if token.kind in (Kind.STRING, Kind.NUMBER):
            return self._cursor.take().value
        if token.word in _CONSTANTS:
            return _CONSTANTS[self._cursor.take().word]
        raise self._cursor.unexpected(expected)

    def _no_operator(self, start: Token) -> ExpressionError:
        """What is wrong with an operand that no operator follows."""
        token = self._cursor.token
        if token.kind is Kind.END or token.text == ")" or token.word in ("AND", "OR"):
            written = self._cursor.source[start.position : token.position].strip()
            sentence = f"A comparison is required; write for instance {shortened(written)} == true"
            return self._cursor.error(sentence, start)
        return self._cursor.unexpected(f"An operator ({_OPERATORS_HINT})")

    def _no_end(self) -> ExpressionError:
        """What is wrong with a token that follows a complete comparison."""
        if self._depth == 0 and self._cursor.skip(")"):
            return self._cursor.error("This ')' closes nothing", self._cursor.before)
        return self._cursor.unexpected("AND, OR or the end")
