"""Numbers as options take them: C integers, `$header.a.b`, and + - * / with parentheses.

expression = term { ("+" | "-") term }
term       = factor { ("*" | "/") factor }
factor     = "-" factor | "(" expression ")" | number | "$header." path
number     = decimal, 0x hexadecimal, 0b binary, or octal with a leading 0
"""

from __future__ import annotations

import re

from prettify.errors import UsageError
from prettify.records.query.numbers import (
    MAX_DEPTH,
    MAX_LENGTH,
    REFERENCE,
    header_member,
    integer_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = re.compile(rf"\s*(?:({REFERENCE})|(\w+)|([-+*/()]))")


def evaluate(text: str, option: str, header: Callable[[str], int] | None = None) -> int:
    """The number that an option's text means, never negative.

    header: gives the integer of a header's member by its path; None where there is no header.
    Raises UsageError naming the option and the place in its text.
    """
    value = _Parser(text, option, header).parse()
    if value < 0:
        raise UsageError(f"{option} {text!r}: {value} is negative")
    return value


class _Parser:
    __slots__ = ("depth", "header", "option", "position", "text")

    def __init__(self, text: str, option: str, header: Callable[[str], int] | None) -> None:
        self.text = text
        self.option = option
        self.header = header
        self.position = 0
        self.depth = 0

    def parse(self) -> int:
        if len(self.text) > MAX_LENGTH:
            raise UsageError(f"{self.option}: an expression of over {MAX_LENGTH} characters")
        value = self._sum()
        if self.text[self.position :].strip():
            raise self._error("an operator")
        return value

    def _error(self, wanted: str) -> UsageError:
        column = self.position + 1
        return UsageError(f"{self.option} {self.text!r}: {wanted} expected at column {column}")

    def _next(self, symbols: str) -> str:
        """The next token if it is one of these symbols, which is then consumed."""
        match = TOKEN.match(self.text, self.position)
        if match is not None and match[3] and match[3] in symbols:
            self.position = match.end()
            return match[3]
        return ""

    def _sum(self) -> int:
        value = self._product()
        while symbol := self._next("+-"):
            other = self._product()
            value = value + other if symbol == "+" else value - other
        return value

    def _product(self) -> int:
        value = self._factor()
        while symbol := self._next("*/"):
            other = self._factor()
            if symbol == "*":
                value *= other
            elif other:
                value //= other
            else:
                raise UsageError(f"{self.option} {self.text!r}: division by zero")
        return value

    def _factor(self) -> int:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UsageError(f"{self.option}: an expression nested over {MAX_DEPTH} levels deep")
        try:
            if self._next("-"):
                return -self._factor()
            if self._next("("):
                value = self._sum()
                if not self._next(")"):
                    raise self._error("')'")
                return value
            match = TOKEN.match(self.text, self.position)
            if match is None or match[3]:
                raise self._error("a number")
            value = self._reference(match[1]) if match[1] else self._number(match[2])
            self.position = match.end()
            return value
        finally:
            self.depth -= 1

    def _number(self, word: str) -> int:
        number = integer_of(word)
        if number is None:
            raise UsageError(f"{self.option} {self.text!r}: {word!r} is no number")
        return number

    def _reference(self, word: str) -> int:
        try:
            return header_member(word, self.header)
        except UsageError as error:
            raise UsageError(f"{self.option} {self.text!r}: {error}") from error
