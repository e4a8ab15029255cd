"""What expressions mean, whichever compiler they go through: kinds of values, operators, faults.

`compiler` makes functions of blocks of records, `scalar` functions of single frames. Both ask here
what goes together, so that what one refuses the other refuses too, in the same words.
"""

from __future__ import annotations

import math
import operator

from prettify.records.query import parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from prettify.errors import UsageError

# The kinds of values that parts of an expression have.
INTEGER, FLOAT, TRUTH, TEXT = "an integer", "a float", "true or false", "text"
KINDS: dict[type, str] = {bool: TRUTH, int: INTEGER, float: FLOAT}

MAX_SHIFT = 4096  # bits to the left: no number of any record needs more
REAL = frozenset(("+", "-", "*", "/"))  # what floats take part in
DIVISIONS = frozenset(("/", "//", "%"))
SHIFTS = frozenset(("<<", ">>"))
EQUALITIES = frozenset(("==", "!="))
OF_TEXTS = EQUALITIES | {"in"}

# Divisions are not here: they round down, and by 0 they have no value.
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "|": operator.or_,
    "^": operator.xor,
    "&": operator.and_,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
ORDERS: dict[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

# The method of a compiler that makes code of a tree of each class.
_METHODS: dict[type[parser.Tree], str] = {
    parser.Number: "number",
    parser.String: "string",
    parser.Reference: "reference",
    parser.Name: "name",
    parser.Call: "call",
    parser.Choice: "choice",
    parser.Unary: "unary",
    parser.Chain: "chain",
    parser.Comparison: "comparison",
}


class Rules:
    """What a compiler of one expression goes by. All but `fault` raise the UsageError they find."""

    __slots__ = ("option", "text")

    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option

    def parse(self) -> parser.Tree:
        """The expression's tree."""
        return parser.parse(self.text, self.option)

    def visit(self, tree: parser.Tree) -> Any:
        """What the compiler's method for that class of trees makes of it."""
        return getattr(self, _METHODS[type(tree)])(tree)

    def fault(self, what: str, column: int, more: str = "") -> UsageError:
        """The error of something that is wrong at a column."""
        return parser.fault(self.option, self.text, what, column, more)

    def need_number(self, kind: str, column: int) -> None:
        """Text is no number."""
        if kind == TEXT:
            raise self.fault("a number expected, not text,", column)

    def need_condition(self, kind: str, column: int) -> None:
        """Text is neither true nor false."""
        if kind == TEXT:
            raise self.fault("a condition expected, not text,", column)

    def check_sign(self, symbol: str, kind: str, column: int) -> None:
        """Floats have no bits to invert."""
        if kind == FLOAT and symbol == "~":
            raise self.fault("'~' is for integers, not for a float,", column)

    def result(
        self, symbol: str, column: int, left: str, right: str, number: int | float | None
    ) -> str:
        """The kind of what an operator makes of numbers of two kinds.

        number: the right operand where that is the same always, else None.
        """
        kind = FLOAT if FLOAT in (left, right) else INTEGER
        if kind == FLOAT and symbol not in REAL:
            raise self.fault(f"{symbol!r} is for integers, not for floats,", column)
        if number is not None:
            if symbol in DIVISIONS and number == 0:
                raise self.fault("division by zero", column)
            if symbol in SHIFTS and not 0 <= number <= MAX_SHIFT:
                raise self.fault(f"a shift by {number}, not by 0 to {MAX_SHIFT},", column)
        return kind

    def check_texts(self, symbol: str, column: int, other: str, more: str = "") -> None:
        """A text is compared with something of that other kind."""
        if other != TEXT:
            raise self.fault(f"{symbol!r} between text and {other}", column, more)
        if symbol not in OF_TEXTS:
            raise self.fault(f"{symbol!r} between texts, which are equal or not,", column)


def real(number: int | float) -> float:
    """The nearest double, infinite beyond the largest."""
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def pattern(text: str) -> Callable[[str], bool]:
    """What tells whether a text is `like` that one: of a shell's pattern."""
    from fnmatch import translate
    from re import compile as compile_pattern

    match = compile_pattern(translate(text)).match
    return lambda found: match(found) is not None
