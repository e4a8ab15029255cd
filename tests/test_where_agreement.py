"""Filters against Python: random expressions over random records, and the arithmetic below them.

Python's own parser reads the expressions here, so that precedence is not judged by one's own.
"""

from __future__ import annotations

import ast
import math
import operator
import random
from typing import Any

import numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import examples
from prettify import layout as layouts
from prettify import model
from prettify.compilers import values
from prettify.compilers.construct_parser import compile_construct
from prettify.errors import UsageError
from prettify.layout import Layout, Node
from prettify.records.catalogue.scope import Scope
from prettify.records.query import exact
from prettify.records.query.enumerators import Enumerators
from prettify.records.query.exact import Integers
from prettify.records.query.scalar import NoValueError, compile_condition
from prettify.records.query.where import Where, compile_where
from strategies import record_bytes, record_layouts

property_test = settings(
    max_examples=examples(250), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)

OPERATORS: dict[str, Any] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv,
    "%": operator.mod, "&": operator.and_, "|": operator.or_, "^": operator.xor,
    "<<": operator.lshift, ">>": operator.rshift, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
SYMBOLS = [symbol for symbol in OPERATORS if symbol not in COMPARISONS]
NUMBER_KINDS = [
    *("number", "number", "constant", "binary", "binary", "binary", "sign", "parentheses"),
    *("truth", "name"),
]
TRUTH_KINDS = [
    *("compare", "compare", "compare", "chain", "and", "or", "not", "in", "text", "parentheses"),
    "number",
]


class Plain:
    """What an expression is for one record, by Python's parser and numbers. None is no value."""

    def __init__(self, layout: Layout, record: Any, enumerators: dict[str, int]) -> None:
        self.layout = layout
        self.record = record
        self.enumerators = enumerators

    def __call__(self, node: ast.AST) -> Any:
        return getattr(self, type(node).__name__)(node)

    def Constant(self, node: ast.Constant) -> Any:  # noqa: N802
        return node.value

    def Name(self, node: ast.Name) -> Any:  # noqa: N802
        if node.id in self.enumerators:
            return self.enumerators[node.id]
        return self.member(node)

    def Attribute(self, node: ast.Attribute) -> Any:  # noqa: N802
        return self.member(node)

    def Subscript(self, node: ast.Subscript) -> Any:  # noqa: N802
        return self.member(node)

    def member(self, node: ast.AST) -> Any:
        place, value = self.placed(node)
        if place.kind == model.ENUM and isinstance(value, str):
            numbers = {name: number for number, name in values.names(place).items()}
            return numbers[value]
        return value.hex() if place.kind == model.BYTES else value

    def placed(self, node: Any) -> tuple[Node, Any]:
        if isinstance(node, ast.Subscript):
            outer, value = self.placed(node.value)
            assert outer.element is not None
            return outer.element, value[node.slice.value]  # type: ignore[attr-defined]
        if isinstance(node, ast.Attribute):
            outer, value = self.placed(node.value)
            return values.table(outer)[node.attr][1], value[node.attr]
        if self.layout.root.kind not in layouts.NESTED:
            return self.layout.root, self.record
        return values.table(self.layout.root)[node.id][1], self.record[node.id]

    def UnaryOp(self, node: ast.UnaryOp) -> Any:  # noqa: N802
        value = self(node.operand)
        if value is None:
            return None
        if isinstance(node.op, ast.Not):
            return None if value != value else not value
        if isinstance(node.op, ast.USub):
            return -value
        return +value if isinstance(node.op, ast.UAdd) else ~int(value)

    def BoolOp(self, node: ast.BoolOp) -> Any:  # noqa: N802
        found = [self(part) for part in node.values]
        known = [bool(v) for v in found if v is not None and v == v]
        decisive = isinstance(node.op, ast.Or)
        if decisive in known:
            return decisive
        return None if len(known) < len(found) else not decisive

    def Compare(self, node: ast.Compare) -> Any:  # noqa: N802
        left, truths = self(node.left), []
        for operation, right in zip(node.ops, node.comparators):
            if isinstance(operation, (ast.In, ast.NotIn)):
                assert isinstance(right, ast.Tuple)
                found = [self.pair(ast.Eq(), left, self(item)) for item in right.elts]
                truth = True if True in found else None if None in found else False
                if isinstance(operation, ast.NotIn) and truth is not None:
                    truth = not truth
                truths.append(truth)
            else:
                value = self(right)
                truths.append(self.pair(operation, left, value))
                left = value
        return False if False in truths else None if None in truths else True

    def pair(self, operation: ast.cmpop, left: Any, right: Any) -> Any:
        if left is None or right is None or left != left or right != right:
            return None
        kind = type(operation)
        if kind in (ast.Eq, ast.NotEq):
            return (left == right) is (kind is ast.Eq)
        if kind in (ast.Lt, ast.GtE):
            return (left < right) is (kind is ast.Lt)
        return (left > right) is (kind is ast.Gt)

    def BinOp(self, node: ast.BinOp) -> Any:  # noqa: N802
        left, right = self(node.left), self(node.right)
        if left is None or right is None:
            return None
        kind = type(node.op)
        if kind in (ast.LShift, ast.RShift):
            if right < 0 or (kind is ast.LShift and right > exact.MAX_SHIFT):
                return None
            return left << right if kind is ast.LShift else left >> min(right, 10_000)
        if isinstance(left, float) or isinstance(right, float):
            left, right = as_float(left), as_float(right)
            if kind is ast.Div:
                return left / right if right else None
        if kind in (ast.Div, ast.FloorDiv):
            return left // right if right else None
        if kind is ast.Mod:
            return left % right if right else None
        return OPERATIONS[kind](left, right)


def as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


OPERATIONS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.BitAnd: lambda a, b: int(a) & int(b),
    ast.BitOr: lambda a, b: int(a) | int(b),
    ast.BitXor: lambda a, b: int(a) ^ int(b),
}


def scalar_paths(node: Node, path: str) -> list[tuple[str, Node]]:
    """The paths of all scalars, of arrays the first and last element, and of texts."""
    if node.of_chars:
        return [(path, node)]
    if node.element is not None:
        ends = sorted({0, node.count - 1}) if node.count else []
        return [p for i in ends for p in scalar_paths(node.element, f"{path}[{i}]")]
    if node.kind in layouts.NESTED:
        found = []
        for name, _, child in values.members(node):
            found += scalar_paths(child, f"{path}.{name}" if path else name)
        return found
    return [(path, node)]


NUMBERS = [0, 1, 2, 3, 7, 8, 63, 64, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**32]
NUMBERS += [2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**127, 2**128]
REALS = [
    "0.5",
    "1.0",
    "1e9",
    "1e300",
    "9007199254740992.0",
    "18446744073709551616.0",
    "0.1",
    "1e999",
]


class Expressions:
    """Random expressions that Python and the filter both understand."""

    def __init__(self, chooser: random.Random, layout: Layout) -> None:
        self.chooser = chooser
        self.numbers: list[str] = []
        self.floats: list[str] = []
        self.texts: list[tuple[str, tuple[str, ...]]] = []  # and what they may be compared with
        meanings: dict[str, set[int]] = {}
        root = "" if layout.root.kind in layouts.NESTED else "value"
        for path, node in scalar_paths(layout.root, root):
            if node.of_chars:
                self.texts.append((path, ("", "a", "B", "aB")))
            elif node.kind == model.BYTES:
                digits = "00" * node.size
                self.texts.append(
                    (path, (digits, "ff" * node.size, digits[:-1] + "1" if digits else ""))
                )
            else:
                (self.floats if node.kind == model.FLOAT else self.numbers).append(path)
            if isinstance(node.type, model.Enum):
                for one in node.type.enumerators:
                    meanings.setdefault(one.name, set()).add(one.value)
        # A name of several values is refused.
        self.enumerators = {name: min(v) for name, v in meanings.items() if len(v) == 1}

    def number(self, depth: int) -> str:
        choose = self.chooser.choice
        kind = choose(NUMBER_KINDS)
        if not depth or kind in ("number", "constant", "name"):
            if kind == "name" and self.enumerators:
                return choose(list(self.enumerators))
            if self.numbers and kind != "constant":
                return choose(self.numbers)
            number = choose(NUMBERS)
            return hex(number) if self.chooser.random() < 0.5 else str(number)
        if kind == "binary":
            symbol = choose(["/", *SYMBOLS])
            return f"{self.number(depth - 1)} {symbol} {self.number(depth - 1)}"
        if kind == "sign":
            return f"{choose('-+~')}{self.number(depth - 1)}"
        inner = self.truth(depth - 1) if kind == "truth" else self.number(depth - 1)
        return f"({inner})"

    def real(self, depth: int) -> str:
        choose = self.chooser.choice
        if not depth or self.chooser.random() < 0.4:
            return choose(self.floats) if self.floats and choose((1, 1, 0)) else choose(REALS)
        left, right = (choose((self.real, self.real, self.number))(depth - 1) for _ in "lr")
        return f"({left}) {choose('+-*/')} ({right})"

    def truth(self, depth: int) -> str:
        choose = self.chooser.choice
        kind = choose(TRUTH_KINDS)
        order = choose(COMPARISONS)
        if kind == "text" and self.texts:
            path, others = choose(self.texts)
            return f'{path} {choose(("==", "!="))} "{choose(others)}"'
        if not depth or kind in ("compare", "text"):
            below = max(depth - 1, 0)
            left, right = (choose((self.number, self.number, self.real))(below) for _ in "lr")
            return f"{left} {order} {right}"
        if kind == "chain":
            ends = [self.number(depth - 1) for _ in range(3)]
            return f"{ends[0]} {order} {ends[1]} {choose(('<', '==', '>='))} {ends[2]}"
        if kind in ("and", "or"):
            return f"{self.truth(depth - 1)} {kind} {self.truth(depth - 1)}"
        if kind == "in":
            items = ", ".join(self.number(depth - 1) for _ in range(self.chooser.randint(2, 4)))
            return f"{self.number(depth - 1)} {choose(('in', 'not in'))} ({items})"
        if kind == "not":
            return f"not {self.truth(depth - 1)}"
        return self.number(depth - 1) if kind == "number" else f"({self.truth(depth - 1)})"


# What is refused since no record decides it.
REFUSED = ("division by zero", "a shift by", "is for integers", "of over 1000")


def unless_refused(text: str, layout: Layout) -> Where | None:
    try:
        return compile_where(text, layout, layout.byte_order)
    except UsageError as error:
        if any(reason in str(error) for reason in REFUSED):
            return None
        raise


@property_test
@given(record_layouts(), st.data())
def test_random_expressions_are_what_python_says(layout: Layout, data: st.DataObject) -> None:
    if not layout.size:
        return
    order = layout.byte_order
    count = data.draw(st.integers(1, 6))
    raw = b"".join(data.draw(record_bytes(layout.size)) for _ in range(count))
    parser = compile_construct(layout, order)
    size = layout.size
    records = [parser.parse(raw[at : at + size]) for at in range(0, len(raw), size)]
    chooser = random.Random(data.draw(st.integers(0, 1 << 32)))
    expressions = Expressions(chooser, layout)
    for _ in range(8):
        text = expressions.truth(chooser.randint(0, 4))
        where = unless_refused(text, layout)
        if where is None:
            continue
        tree = ast.parse(text, mode="eval").body
        expected = [Plain(layout, record, expressions.enumerators)(tree) for record in records]
        matched = [v is not None and v == v and bool(v) for v in expected]
        assert where.mask(raw).tolist() == matched, text
        # To a declaration, an array of no size goes on to the record's end.
        alone = [] if layouts.flexible_tail(layout.root) else one_by_one(text, layout, raw)
        for at, (one, wanted) in enumerate(zip(alone, matched)):
            assert one in (None, wanted), (text, at)
        kept = b"".join(raw[i * size : (i + 1) * size] for i, m in enumerate(matched) if m)
        assert where.filter(memoryview(raw)) == kept


def one_by_one(text: str, layout: Layout, raw: bytes) -> list[bool | None]:
    """The same by what computes expressions for one record. None where some part has no value."""
    tables = {"record": (0, layout)}
    scope = Scope(tables, layout.byte_order, Enumerators(layout), "record", members=True)
    run = compile_condition(text, "--where", scope).run
    found: list[bool | None] = []
    for at in range(0, len(raw), layout.size):
        try:
            found.append(bool(run({0: raw[at : at + layout.size]})))
        except NoValueError:
            found.append(None)
    return found


EDGES = [0, 1, -1, 2, -2, 63, 64, 65, 255, -128, 2**31, -(2**31), 2**32, 2**53, 2**63 - 1]
EDGES += [2**63, -(2**63), 2**64 - 1, 2**64, -(2**64), 2**127, -(2**127)]
NEAR = st.one_of(st.sampled_from(EDGES), st.integers(-300, 300), st.integers(-(2**65), 2**65))


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[int], Integers]:
    """Integers as Python has them and as an array of some dtype, within some range."""
    numbers = draw(st.lists(NEAR, min_size=3, max_size=3))
    low, high = min(numbers), max(numbers)
    fitting = [dtype for least, most, dtype in exact.WORDS if least <= low and high <= most]
    dtype = draw(st.sampled_from([*fitting, exact.OBJECT]))
    if draw(st.booleans()) and dtype != exact.OBJECT:
        low, high = next((a, b) for a, b, word in exact.WORDS if word == dtype)
        dtype = dtype.newbyteorder(draw(st.sampled_from("<>")))
    return numbers, Integers(numpy.array(numbers, dtype), low, high)


@settings(max_examples=examples(1500), deadline=None)
@given(columns(), columns(), st.sampled_from(SYMBOLS), st.booleans())
def test_arithmetic_is_exact(
    one: tuple[list[int], Integers], other: tuple[list[int], Integers], symbol: str, fixed: bool
) -> None:
    (left, x), (right, y) = one, other
    if fixed:
        right = [right[0]] * 3
        y = Integers(right[0], right[0], right[0])
    if symbol in ("<<", ">>"):
        right = [number % 200 - 2 for number in right]
        y = Integers(numpy.array(right, "i2"), -2, 197)
    found = exact.calculate(symbol, x, y)
    null = numpy.broadcast_to(False if found.null is None else found.null, 3).tolist()
    for index, (a, b) in enumerate(zip(left, right)):
        nothing = (b == 0 and symbol in ("//", "%")) or (b < 0 and symbol in ("<<", ">>"))
        assert null[index] == nothing
        if not nothing:
            expected = OPERATORS[symbol](a, b)
            assert int(found.data[index]) == expected
            assert found.low <= expected <= found.high


@settings(max_examples=examples(1500), deadline=None)
@given(columns(), columns(), st.sampled_from(COMPARISONS), st.booleans())
def test_comparisons_are_exact(
    one: tuple[list[int], Integers], other: tuple[list[int], Integers], symbol: str, fixed: bool
) -> None:
    (left, x), (right, y) = one, other
    if fixed:
        right = [right[0]] * 3
        y = Integers(right[0], right[0], right[0])
    found = numpy.broadcast_to(exact.compare(symbol, x, y).data, 3).tolist()
    again = numpy.broadcast_to(exact.compare(exact._FLIPPED[symbol], y, x).data, 3).tolist()
    pairs = [OPERATORS[symbol](a, b) for a, b in zip(left, right)]
    assert found == again == pairs


@settings(max_examples=examples(600), deadline=None)
@given(columns(), st.lists(st.floats(), min_size=3, max_size=3), st.sampled_from(COMPARISONS))
def test_integers_and_floats_compare_exactly(
    one: tuple[list[int], Integers], reals: list[float], symbol: str
) -> None:
    numbers, x = one
    near = [float(n) if -(2**1000) < n < 2**1000 else 0.0 for n in numbers]
    for others in (reals, near, [math.nextafter(f, 0.0) for f in near]):
        with numpy.errstate(all="ignore"):
            found = exact.compare(symbol, x, exact.Floats(numpy.array(others)))
            alone = exact.compare(symbol, x, exact.Floats(others[0]))
        for truth, bounds in ((found, others), (alone, others[:1] * 3)):
            expected = [f == f and OPERATORS[symbol](a, f) for a, f in zip(numbers, bounds)]
            assert numpy.broadcast_to(truth.data, 3).tolist() == expected
