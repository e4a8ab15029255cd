"""What an expression computes for one record: its tree made into a function of a frame.

A frame is whatever the names of the expression are read from: a `Scope` knows. Values are Python's
integers, floats, bools and texts; the rules are those of `compiler`, which does the same for
columns of many records. Kinds are settled here, so that what cannot work is refused before any
data is read; parts that are the same for all frames are worked out here too. What is of integers
alone becomes a program of `core.measure` as well, for those who have many records to look at.
"""

from __future__ import annotations

import operator

from prettify.core import measure
from prettify.errors import UsageError
from prettify.records.query import parser, rules
from prettify.records.query.rules import FLOAT, INTEGER, TEXT, TRUTH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Protocol

    from prettify.core.measure import Ops
    from prettify.records.query.parser import Tree

    Run = Callable[[Any], Any]

    class Scope(Protocol):
        """What names mean in an expression. Each raises UsageError for one that means nothing."""

        def name(self, tree: parser.Name) -> Code:
            """A plain name: a member, or an enumerator."""

        def reference(self, tree: parser.Reference) -> Code:
            """A name with a `$`."""

        def function(self, name: str) -> Function | None:
            """A function of its own, that reads from the frame."""


class NoValueError(Exception):
    """An expression has no value for this frame: a division by zero, a shift by -1 …"""


class Code:
    """A part of an expression: its kind of value, and what gives that for a frame.

    constant: whether it is the same for all frames; then `run` may be given None. ops: the program
    of `core.measure` that computes the same, None where there is none.
    """

    __slots__ = ("constant", "kind", "ops", "run")

    def __init__(
        self, kind: str, run: Run, ops: Ops | None = None, *, constant: bool = False
    ) -> None:
        self.kind = kind
        self.run = run
        self.ops = ops
        self.constant = constant


class Function:
    """A function: the kinds of its arguments and of its result.

    own: whether it takes the frame before its arguments, and so is never the same for all. ops:
    what does the same to its arguments on the stack, where something does.
    """

    __slots__ = ("kinds", "ops", "own", "result", "run")

    def __init__(
        self,
        kinds: Sequence[str],
        result: str,
        run: Callable[..., Any],
        ops: Ops | None = None,
        *,
        own: bool = False,
    ) -> None:
        self.kinds = tuple(kinds)
        self.result = result
        self.run = run
        self.ops = ops
        self.own = own


def value(kind: str, constant: Any) -> Code:
    """The code of something that is the same for all frames."""
    small = kind in (INTEGER, TRUTH) and abs(constant) < measure.MOST
    ops = (measure.PUSH, int(constant)) if small else None
    return Code(kind, lambda _: constant, ops, constant=True)


def _program(op: int, *parts: Code) -> Ops | None:
    """What does that to the values of these parts."""
    ops: list[int] = []
    for part in parts:
        if part.ops is None:
            return None
        ops += part.ops
    return (*ops, op)


def _branch(condition: Code, yes: Code, no: Code) -> Ops | None:
    if condition.ops is None or yes.ops is None or no.ops is None:
        return None
    return measure.branch(condition.ops, yes.ops, no.ops)


def compile_number(text: str, option: str, scope: Scope) -> Code:
    """The integer that an expression means; computing it may raise NoValueError.

    Raises UsageError, naming the option and the column, where the expression is wrong.
    """
    compiler = _Compiler(text, option, scope)
    tree = compiler.parse()
    code = compiler.as_number(compiler.code(tree), tree)
    if code.kind == FLOAT:
        raise compiler.fault("an integer expected, not a float,", tree.column)
    return code


def compile_condition(text: str, option: str, scope: Scope) -> Code:
    """Whether an expression is true; else as `compile_number`."""
    compiler = _Compiler(text, option, scope)
    tree = compiler.parse()
    return compiler.as_truth(compiler.code(tree), tree)


class _Compiler(rules.Rules):
    __slots__ = ("scope",)

    def __init__(self, text: str, option: str, scope: Scope) -> None:
        super().__init__(text, option)
        self.scope = scope

    def code(self, tree: Tree) -> Code:
        code: Code = self.visit(tree)
        if code.constant and not isinstance(tree, (parser.Number, parser.String)):
            try:
                return value(code.kind, code.run(None))
            except NoValueError as error:
                if isinstance(tree, parser.Comparison):  # with what is no number: of no record true
                    return Code(code.kind, code.run)
                raise self.fault(str(error), tree.column) from None
        return code

    # Kinds.

    def as_number(self, code: Code, tree: Tree) -> Code:
        """An integer or float; truths are 0 and 1."""
        self.need_number(code.kind, tree.column)
        if code.kind == TRUTH:
            run = code.run
            return Code(INTEGER, lambda frame: int(run(frame)), code.ops, constant=code.constant)
        return code

    def as_truth(self, code: Code, tree: Tree) -> Code:
        self.need_condition(code.kind, tree.column)
        if code.kind == TRUTH:
            return code
        run = code.run
        if code.kind == FLOAT:
            return Code(TRUTH, lambda frame: _known(run(frame)) != 0, constant=code.constant)
        ops = _program(measure.TRUTH, code)
        return Code(TRUTH, lambda frame: run(frame) != 0, ops, constant=code.constant)

    # What stands for itself, and names.

    def number(self, tree: parser.Number) -> Code:
        return value(rules.KINDS[type(tree.value)], tree.value)

    def string(self, tree: parser.String) -> Code:
        return value(TEXT, tree.text)

    def name(self, tree: parser.Name) -> Code:
        return self._scoped(self.scope.name, tree)

    def reference(self, tree: parser.Reference) -> Code:
        return self._scoped(self.scope.reference, tree)

    def _scoped(self, find: Callable[[Any], Code], tree: Tree) -> Code:
        try:
            return find(tree)
        except UsageError as error:
            raise UsageError(f"{self.option} {self.text!r}: {error}") from error

    def call(self, tree: parser.Call) -> Code:
        function = self.scope.function(tree.name) or FUNCTIONS.get(tree.name)
        if function is None:
            raise self.fault(f"no function {tree.name!r}", tree.column)
        if len(tree.arguments) != len(function.kinds):
            wanted = len(function.kinds)
            raise self.fault(
                f"{tree.name}() of {len(tree.arguments)} values, not {wanted},", tree.column
            )
        codes = []
        for argument, kind in zip(tree.arguments, function.kinds):
            code = self.code(argument)
            if kind == INTEGER:
                code = self.as_number(code, argument)
            if code.kind != kind:
                raise self.fault(f"{kind} expected, not {code.kind},", argument.column)
            codes.append(code)
        run, runs = function.run, [code.run for code in codes]
        ops: Ops | None = None
        if function.ops is not None:
            ops = _program(function.ops[0], *codes)
            ops = None if ops is None else (*ops, *function.ops[1:])
        if function.own:
            return Code(function.result, lambda frame: run(frame, *(r(frame) for r in runs)), ops)
        return Code(
            function.result,
            lambda frame: run(*(r(frame) for r in runs)),
            ops,
            constant=all(code.constant for code in codes),
        )

    # Operators.

    def choice(self, tree: parser.Choice) -> Code:
        condition = self.as_truth(self.code(tree.condition), tree.condition)
        yes, no = self.code(tree.yes), self.code(tree.no)
        if yes.kind != no.kind:
            if TEXT in (yes.kind, no.kind):
                raise self.fault(f"{yes.kind} or {no.kind}, by an 'if',", tree.place)
            yes, no = self.as_number(yes, tree.yes), self.as_number(no, tree.no)
        kind = FLOAT if FLOAT in (yes.kind, no.kind) else yes.kind
        holds, this, other = condition.run, yes.run, no.run
        return Code(
            kind,
            lambda frame: this(frame) if holds(frame) else other(frame),
            _branch(condition, yes, no),
            constant=condition.constant and yes.constant and no.constant,
        )

    def unary(self, tree: parser.Unary) -> Code:
        operand = self.code(tree.operand)
        if tree.operator == "not":
            operand = self.as_truth(operand, tree.operand)
            kind = TRUTH
        else:
            operand = self.as_number(operand, tree.operand)
            kind = operand.kind
            self.check_sign(tree.operator, kind, tree.column)
        function, run = _UNARY[tree.operator], operand.run
        op = _OPS_OF_ONE[tree.operator]
        ops = operand.ops if op is None else _program(op, operand)
        return Code(kind, lambda frame: function(run(frame)), ops, constant=operand.constant)

    def chain(self, tree: parser.Chain) -> Code:
        left, before = self.code(tree.first), tree.first
        for symbol, column, right in tree.links:
            left = self._combined(symbol, column, left, before, self.code(right), right)
            before = right
        return left

    def _combined(
        self, symbol: str, column: int, left: Code, before: Tree, right: Code, behind: Tree
    ) -> Code:
        constant = left.constant and right.constant
        if symbol in ("and", "or"):
            left, right = self.as_truth(left, before), self.as_truth(right, behind)
            one, other = left.run, right.run
            if symbol == "and":
                ops = _branch(left, right, value(TRUTH, False))
                return Code(TRUTH, lambda f: one(f) and other(f), ops, constant=constant)
            ops = _branch(left, value(TRUTH, True), right)
            return Code(TRUTH, lambda f: one(f) or other(f), ops, constant=constant)
        left, right = self.as_number(left, before), self.as_number(right, behind)
        number = right.run(None) if right.constant else None
        kind = self.result(symbol, column, left.kind, right.kind, number)
        function = _checked(symbol, kind)
        one, other = left.run, right.run
        ops = None if kind == FLOAT else _program(_OPS_OF_TWO[symbol], left, right)
        if right.constant:
            # What numbers of files are combined with is most often one of these.
            return Code(kind, lambda frame: function(one(frame), number), ops, constant=constant)
        return Code(kind, lambda frame: function(one(frame), other(frame)), ops, constant=constant)

    # Comparisons.

    def comparison(self, tree: parser.Comparison) -> Code:
        left, before = self.code(tree.first), tree.first
        codes = []
        for symbol, column, right in tree.links:
            items = right.items if isinstance(right, parser.Items) else (right,)
            others = [self.code(item) for item in items]
            codes.append(self._compared(symbol, column, left, before, others, items))
            left, before = others[0], items[0]
        if len(codes) == 1:
            return codes[0]
        runs = [code.run for code in codes]
        return Code(
            TRUTH,
            lambda frame: all(run(frame) for run in runs),
            _all(codes),
            constant=all(code.constant for code in codes),
        )

    def _compared(
        self,
        symbol: str,
        column: int,
        left: Code,
        before: Tree,
        others: Sequence[Code],
        items: Sequence[Tree],
    ) -> Code:
        negated = symbol.startswith("not ")
        symbol = symbol.removeprefix("not ")
        constant = left.constant and all(code.constant for code in others)
        if symbol == "like":
            if left.kind != TEXT:
                raise self.fault("'like' is for texts,", column)
            matches = rules.pattern(others[0].run(None))
            one = left.run
            return Code(TRUTH, lambda frame: matches(one(frame)) != negated, constant=constant)
        kinds = {left.kind, *(code.kind for code in others)}
        if TEXT in kinds:
            self.check_texts(symbol, column, next(iter(kinds - {TEXT}), TEXT))
        else:
            left = _comparable(self.as_number(left, before))
            others = [_comparable(self.as_number(c, item)) for c, item in zip(others, items)]
        one = left.run
        if symbol == "in":
            if all(code.constant for code in others):
                there = frozenset(code.run(None) for code in others)
                return Code(
                    TRUTH,
                    lambda frame: (one(frame) in there) != negated,
                    _among(left, others, negated=negated),
                    constant=constant,
                )
            runs = [code.run for code in others]
            return Code(
                TRUTH,
                lambda frame: (one(frame) in [run(frame) for run in runs]) != negated,
                constant=constant,
            )
        function, other = rules.ORDERS[symbol], others[0].run
        ops = _program(_OPS_OF_TWO[symbol], left, others[0])
        return Code(TRUTH, lambda frame: function(one(frame), other(frame)), ops, constant=constant)


def _all(codes: Sequence[Code]) -> Ops | None:
    """The program that is true where all of these are."""
    ops, nothing = codes[-1].ops, value(TRUTH, False).ops
    for code in reversed(codes[:-1]):
        if ops is None or code.ops is None or nothing is None:
            return None
        ops = measure.branch(code.ops, ops, nothing)
    return ops


def _among(code: Code, others: Sequence[Code], *, negated: bool) -> Ops | None:
    """The program of `in` a list, which computes the value again for each of its items."""
    if len(others) > MAX_ITEMS:
        return None
    ops: list[int] = []
    for other in others:
        equal = _program(measure.EQUAL, code, other)
        if equal is None:
            return None
        ops += (*equal, measure.OR) if ops else equal
    return (*ops, measure.NOT) if negated else tuple(ops)


def _comparable(code: Code) -> Code:
    """A number, which has no value where it is a float that is none."""
    if code.kind != FLOAT:
        return code
    run = code.run
    return Code(FLOAT, lambda frame: _known(run(frame)), constant=code.constant)


def _checked(symbol: str, kind: str) -> Callable[[Any, Any], Any]:
    if kind == FLOAT:
        calculate = _divided if symbol == "/" else rules.ARITHMETIC[symbol]
        return lambda x, y: calculate(rules.real(x), rules.real(y))
    if symbol in rules.DIVISIONS:
        function = operator.mod if symbol == "%" else operator.floordiv
        return lambda x, y: function(x, y) if y else _none("division by zero")
    if symbol in rules.SHIFTS:
        shift, most = rules.ARITHMETIC[symbol], rules.MAX_SHIFT
        return lambda x, y: shift(x, y) if 0 <= y <= most else _none(f"a shift by {y}")
    return rules.ARITHMETIC[symbol]


def _divided(x: float, y: float) -> float:
    return x / y if y else _none("division by zero")


def _known(number: float) -> float:
    """The same, if it is a number."""
    return number if number == number else _none("not a number")


def _none(why: str) -> Any:
    raise NoValueError(why)


def _spelled(base: int, digits: str) -> Callable[[str], int]:
    """What reads the number that a text spells in that base."""

    def read(text: str) -> int:
        word = text.strip(" \0")
        if not word:
            return 0
        if not set(word.lower()) <= set(digits) or len(word) > MAX_DIGITS:
            return int(_none(f"{word[:MAX_DIGITS]!r} is no number in base {base}"))
        return int(word, base)

    return read


def _aligned(number: int, to: int) -> int:
    return -(-number // to) * to if to > 0 else int(_none(f"an alignment of {to}"))


MAX_ITEMS = 16  # of a list that a program looks through
MAX_DIGITS = 40  # of a number that is spelled out in a record
FUNCTIONS: Mapping[str, Function] = {
    "octal": Function((TEXT,), INTEGER, _spelled(8, "01234567")),
    "decimal": Function((TEXT,), INTEGER, _spelled(10, "0123456789")),
    "hexadecimal": Function((TEXT,), INTEGER, _spelled(16, "0123456789abcdef")),
    "align": Function((INTEGER, INTEGER), INTEGER, _aligned, (measure.ALIGN,)),
    "min": Function((INTEGER, INTEGER), INTEGER, min, (measure.LEAST,)),
    "max": Function((INTEGER, INTEGER), INTEGER, max, (measure.GREATEST,)),
}

_UNARY: dict[str, Callable[[Any], Any]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "not": operator.not_,
}
_OPS_OF_ONE: dict[str, int | None] = {
    "-": measure.NEGATE,
    "+": None,
    "~": measure.INVERT,
    "not": measure.NOT,
}
_OPS_OF_TWO: dict[str, int] = {
    "+": measure.ADD,
    "-": measure.SUBTRACT,
    "*": measure.MULTIPLY,
    "/": measure.DIVIDE,
    "//": measure.DIVIDE,
    "%": measure.MODULO,
    "<<": measure.LEFT,
    ">>": measure.RIGHT,
    "&": measure.AND,
    "|": measure.OR,
    "^": measure.XOR,
    "==": measure.EQUAL,
    "!=": measure.UNEQUAL,
    "<": measure.LESS,
    "<=": measure.LESS_EQUAL,
    ">": measure.GREATER,
    ">=": measure.GREATER_EQUAL,
}
