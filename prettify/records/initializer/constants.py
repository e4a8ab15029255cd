"""Constants and expressions of them, for one place of a layout after the other.

A number is one of C, of any base, with its suffixes and operators; a character; an enumerator; a
word that C or a dialect has for a number. Types in parentheses before it mean nothing.
"""

from __future__ import annotations

from prettify import model
from prettify.compilers import values
from prettify.errors import UsageError, one_line
from prettify.layout import Node, is_signed, name_of
from prettify.paths import choices
from prettify.records.initializer import fitting, literals
from prettify.records.initializer.fitting import (
    BITS,
    DECIMAL,
    INVERTED,
    REALS,
    WORDS,
    Misfit,
    what_of,
)
from prettify.records.initializer.literals import ADDRESSES, Unreadable
from prettify.records.query.enumerators import Enumerators
from prettify.sources.search import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from prettify.layout import Layout
    from prettify.records.query.parser import Token

BUILTIN = "__builtin_"
MAX_PARENTHESES = 40  # within each other
SHOWN = 80  # characters of a text that messages repeat

_VALUES = frozenset(("number", "float", "word", "string", "character", *ADDRESSES))
_BEFORE_VALUES = frozenset("({-+~")
_IN_TYPES = frozenset("*[](),") | {"..."}  # symbols in names of types
_OPERATORS = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))  # loosest first
_LEVELS = {symbol: level for level, symbols in enumerate(_OPERATORS) for symbol in symbols}


def shown(text: str) -> str:
    """A text as messages repeat it."""
    return repr(text) if len(text) <= SHOWN else f"{text[: SHOWN - 1]!r}…"


class ConstantReader:
    """Reads constants from a text. `option` is what messages call it."""

    __slots__ = (
        "_parentheses",
        "enumerators",
        "layout",
        "option",
        "position",
        "spelling",
        "text",
        "tokens",
    )

    def __init__(self, text: str, layout: Layout, option: str) -> None:
        self.text = text
        self.layout = layout
        self.option = option
        self.enumerators = Enumerators(layout)
        self.tokens: list[Token] = []
        self.position = 0
        self.spelling = DECIMAL  # how the number that is read is written
        self._parentheses = 0  # around the place where the reader is

    # Where the reader is.

    def read_tokens(self, text: str, offset: int) -> list[Token]:
        """The tokens of a text that begins at an offset of the whole."""
        try:
            found = literals.tokens(text)
        except Unreadable as fault:
            raise self.fault(fault.what, offset + fault.offset + 1) from None
        for token in found:
            token.column += offset
        return found

    @property
    def path(self) -> str:
        """The member whose value is being read, empty where it is the whole."""
        return ""

    @property
    def next(self) -> Token:
        """The token that has not been consumed yet."""
        return self.tokens[self.position]

    def sees(self, *symbols: str) -> bool:
        """Whether the next tokens are these symbols."""
        ahead = self.tokens[self.position : self.position + len(symbols)]
        return [t.text if t.kind == "symbol" else "" for t in ahead] == list(symbols)

    def take(self, symbol: str) -> bool:
        """Whether the next token is that symbol, which is then consumed."""
        if not self.sees(symbol):
            return False
        self.position += 1
        return True

    def end_of_items(self, end: str) -> None:
        """Consume that symbol, which has to be next."""
        if not self.take(end):
            raise self.wanted(f"{end!r}")

    def between_items(self, end: str) -> None:
        """What follows an item: a comma, or the end, which is left to be consumed."""
        if not self.take(",") and not self.sees(end):
            raise self.wanted(f"',' or {end!r}")

    def fault(self, what: str, column: int, more: str = "") -> UsageError:
        """The error that something is wrong at a column of the whole text, counted from 1."""
        member = f"{self.path}: " if self.path else ""
        before = self.text[: column - 1]
        line = before.count("\n")
        where = f"line {line + 1}, column" if line else "column"
        column -= before.rfind("\n") + 1
        place = f"{self.option} {shown(self.text)}: {member}"
        return UsageError(one_line(f"{place}{what} at {where} {column}{more}"))

    def wanted(self, what: str, node: Node | None = None) -> UsageError:
        """The error that something else is expected where the reader is, for a node perhaps."""
        of = f" for {what_of(node)}" if node is not None else ""
        return self.fault(f"{what} expected{of}", self.next.column)

    def fitted(self, column: int, make: Callable[[], Any]) -> Any:
        """What is made of the constant at that column, where it fits."""
        try:
            return make()
        except (Misfit, UsageError) as misfit:
            raise self.fault(f"{misfit},", column) from None

    def unquoted(self, token: Token) -> str:
        try:
            return literals.string(token.text, token.column - 1)
        except Unreadable as fault:
            raise self.fault(fault.what, fault.offset + 1) from None

    # Numbers.

    def number(self, node: Node) -> Any:
        """The number that comes next, as the value of a node."""
        column = self.next.column
        if self.next.text == "null" and node.kind in (model.FLOAT, model.POINTER):
            self.position += 1
            return None if node.kind == model.FLOAT else 0
        self.spelling = DECIMAL
        value = self.expression(node)
        return self.fitted(column, lambda: fitting.number(node, value, self.spelling))

    def expression(self, node: Node, least: int = 0) -> int | float:
        """The number of operands, and operators that bind as tightly as that, for a node."""
        left = self._unary(node)
        while (level := _LEVELS.get(self.next.text, -1)) >= least:
            symbol, column = self.next.text, self.next.column
            self.position += 1
            right = self.expression(node, level + 1)
            left = self.fitted(column, lambda: fitting.calculated(symbol, left, right))  # noqa: B023
        return left

    def _unary(self, node: Node) -> int | float:
        signs = []
        self.skip_casts(node)
        while self.next.text in ("-", "+", "~"):
            signs.append(self.next)
            self.position += 1
            self.skip_casts(node)
        value = self._primary(node)
        for sign in reversed(signs):
            if sign.text == "-":
                value = -value
            elif sign.text == "~":
                if isinstance(value, float):
                    raise self.fault("'~' is for integers", sign.column)
                value = ~value
                self.spelling = INVERTED
        return value

    def _primary(self, node: Node) -> int | float:
        token = self.next
        if self.take("("):
            self._parentheses += 1
            if self._parentheses > MAX_PARENTHESES:
                raise self.fault(f"more than {MAX_PARENTHESES} parentheses", token.column)
            value = self.expression(node)
            self._parentheses -= 1
            self.end_of_items(")")
            return value
        if token.kind not in _CONSTANTS:
            raise self.wanted("a number", node)
        self.position += 1
        if token.text[0] == "0" and len(token.text) > 1 and self.spelling == DECIMAL:
            self.spelling = BITS  # hexadecimal, binary or octal
        number = _CONSTANTS[token.kind](self, token, node)
        if number is None:
            raise self.fault(f"{fitting.shown(token.text)} is no number", token.column)
        return number

    def _character(self, token: Token, node: Node) -> int:
        raw = literals.raw_bytes(self.unquoted(token))
        if len(raw) != 1:
            raise self.fault(f"{token.text} is {len(raw)} bytes, not one,", token.column)
        signed = is_signed(node) and node.bit_size == 8
        return values.as_signed(raw[0], 8) if signed else raw[0]

    def _word(self, token: Token, node: Node) -> int | float:
        """A word's number: of an enumerator, or one that C or a dialect has a word for."""
        name = token.text
        if node.kind == model.FLOAT:
            if name.startswith(BUILTIN):
                return self._builtin(token)
            if name.lower() in REALS:
                return REALS[name.lower()]
        if node.kind == model.ENUM:
            own = self.fitted(token.column, lambda: fitting.enumerator(node, name_of(name)))
            if own is not None:
                return int(own)
        found = WORDS.get(name)
        if found is None:
            found = self.fitted(token.column, lambda: self.enumerators.value(name))
        if found is not None:
            return int(found)
        if node.kind == model.ENUM:
            there = choices(name, fitting.enumerators(node))
            title = f"{what_of(node)} has no {fitting.shown(name)}"
            raise self.fault(title, token.column, f"; {there}")
        near = closest(name, self.enumerators.near)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        title = f"{fitting.shown(name)} is neither a number nor an enumerator"
        raise self.fault(title, token.column, hint)

    def _builtin(self, token: Token) -> float:
        """What C has no other constants for: `__builtin_inff()`, `__builtin_nan("0x1")`."""
        name = token.text.removeprefix(BUILTIN)
        if not self.take("("):
            raise self.wanted("'('")
        if self.next.kind == "string":
            self.position += 1  # what else the bits of a NaN are, which Python's has not
        self.end_of_items(")")
        for word in ("inf", "nan"):
            if name.startswith(word):
                return REALS[word]
        raise self.fault(f"{token.text!r} is no number", token.column)

    # Casts.

    def skip_casts(self, node: Node) -> None:
        while self.sees("("):
            end = self._cast_end(node)
            if not end:
                return
            self.position = end

    def _cast_end(self, node: Node) -> int:
        """Where what is behind a type in parentheses begins, 0 where there is no such type."""
        position = self.position + 1
        first = self.tokens[position]
        if first.kind != "word" or self._is_constant(first.text, node):
            return 0
        depth = 1
        while depth:
            token = self.tokens[position]
            if token.kind == "symbol":
                if token.text not in _IN_TYPES:
                    return 0
                depth += (token.text == "(") - (token.text == ")")
            elif token.kind not in ("word", "number"):
                return 0
            position += 1
        behind = self.tokens[position]
        follows = behind.kind in _VALUES or behind.text in _BEFORE_VALUES
        return position if follows else 0

    def _is_constant(self, word: str, node: Node) -> bool:
        if word in WORDS or word in self.enumerators.near or word.startswith(BUILTIN):
            return True
        return node.kind == model.FLOAT and word.lower() in REALS


# What a token of each kind stands for; None where that is no number.
_CONSTANTS: dict[str, Callable[[ConstantReader, Token, Node], int | float | None]] = {
    "number": lambda reader, token, node: literals.integer(token.text),
    "float": lambda reader, token, node: literals.real(token.text),
    "character": ConstantReader._character,
    "word": ConstantReader._word,
}
