"""Arithmetic and comparisons on columns of numbers that never overflow and never round.

Integers are mathematical ones. Each column of them comes with the range its numbers are in, and
each operation works out the range of its results: what fits in a machine word is computed in the
smallest that holds it, by numpy; only the rest as Python's integers. Floats are doubles.

A number may have no value: a quotient by zero, a shift by a negative count. NaN is no value
either. What is said of no value is neither true nor false, nor is `not` of it; `and` and `or` are
true or false where one side alone decides that. `null` marks such records, None where there are
none; what data holds for them means nothing, except that truths are then False.
"""

from __future__ import annotations

import math
import operator
from functools import reduce

import numpy

from prettify.records.query.rules import ARITHMETIC, EQUALITIES, MAX_SHIFT, ORDERS, SHIFTS, real

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Array = numpy.ndarray[Any, numpy.dtype[Any]]
    Dtype = numpy.dtype[Any]
    Nulls = Array | None
    Range = tuple[int, int]


OBJECT = numpy.dtype(object)
WORDS = tuple(
    (int(numpy.iinfo(code).min), int(numpy.iinfo(code).max), numpy.dtype(code))
    for code in ("u1", "i1", "u2", "i2", "u4", "i4", "i8", "u8")
)
UNSIGNED = numpy.dtype("u8")
EXACT_FLOATS = 1 << 53  # integers up to there are floats
FINITE = 1 << 1023  # integers up to there are finite floats


class Integers:
    """Integers, each from `low` to `high`: one for all records, or an array of one for each."""

    __slots__ = ("data", "high", "low", "null")

    def __init__(self, data: int | Array, low: int, high: int, null: Nulls = None) -> None:
        self.data = data
        self.low = low
        self.high = high
        self.null = null

    @property
    def wide(self) -> bool:
        """Whether these are Python's integers."""
        return isinstance(self.data, numpy.ndarray) and self.data.dtype == OBJECT


class Floats:
    """Doubles: one for all records, or an array of one for each."""

    __slots__ = ("data", "null")

    def __init__(self, data: float | Array, null: Nulls = None) -> None:
        self.data = data
        self.null = null


class Truth:
    """True or false: once for all records, or in an array once for each."""

    __slots__ = ("data", "null")

    def __init__(self, data: Any, null: Nulls = None) -> None:
        self.data = data
        self.null = null


if TYPE_CHECKING:
    Numbers = Integers | Floats
    Value = Integers | Floats | Truth


def constant(number: bool | int | float) -> Value:
    """The value of a number, the same for all records."""
    if isinstance(number, bool):
        return Truth(numpy.bool_(number))
    if isinstance(number, int):
        return Integers(number, number, number)
    return Floats(number)


# From one kind of values to another.


def integers(value: Truth | Integers) -> Integers:
    """A truth as 0 and 1."""
    if isinstance(value, Integers):
        return value
    if isinstance(value.data, numpy.ndarray):
        return Integers(value.data.view("u1"), 0, 1, value.null)
    number = int(value.data)
    return Integers(number, number, number, value.null)


def floats(value: Value) -> Floats:
    """Numbers as the nearest doubles, infinite where they are beyond the largest."""
    if isinstance(value, Floats):
        return value
    value = integers(value)
    if isinstance(value.data, int):
        return Floats(real(value.data), value.null)
    if value.low > -FINITE and value.high < FINITE:
        return Floats(value.data.astype("f8"), value.null)
    return Floats(numpy.array([real(n) for n in value.data.tolist()], "f8"), value.null)


def truth(value: Value) -> Truth:
    """Whether numbers are not 0."""
    if isinstance(value, Truth):
        return value
    return compare("!=", value, Integers(0, 0, 0))


# Machine words.


def _word(low: int, high: int) -> Dtype:
    """The smallest machine word that holds all integers of a range, OBJECT where none does."""
    for least, most, dtype in WORDS:
        if least <= low and high <= most:
            return dtype
    return OBJECT


def _wrapped(value: Integers, dtype: Dtype) -> Any:
    """The lowest bits of integers as words of that dtype; integers that fit stay what they are.

    Not for Python's integers in an array.
    """
    if isinstance(value.data, int):
        if dtype == OBJECT:
            return value.data
        bits = 8 * dtype.itemsize
        low = numpy.array(value.data & ((1 << bits) - 1), f"u{dtype.itemsize}")
        return low.view(dtype.newbyteorder("="))[()]
    return value.data.astype(dtype, copy=False)


def _either(*nulls: Nulls) -> Nulls:
    """Where one of several values is none."""
    marked = [null for null in nulls if null is not None]
    return reduce(operator.or_, marked) if marked else None


def _tight(value: Integers) -> Integers:
    """The same integers with the range they are really in."""
    if isinstance(value.data, int) or value.wide:
        return value
    return Integers(value.data, int(value.data.min()), int(value.data.max()), value.null)


# Operations on integers.


def _computed(
    operation: Callable[[Any, Any], Any],
    interval: Callable[[Integers, Integers], Range],
    x: Integers,
    y: Integers,
    modular: bool,
) -> Integers:
    """The results of an operation, in the smallest words that do.

    modular: whether the lowest bits of a result depend on the lowest bits of the operands alone.
    """
    null = _either(x.null, y.null)
    if isinstance(x.data, int) and isinstance(y.data, int):
        number = operation(x.data, y.data)
        return Integers(number, number, number, null)
    low, high = interval(x, y)
    dtype = OBJECT
    if not (x.wide or y.wide):
        dtype = _enough(low, high, x, y, modular)
        if dtype == OBJECT:
            x, y = _tight(x), _tight(y)
            low, high = interval(x, y)
            dtype = _enough(low, high, x, y, modular)
    data = operation(_wrapped(x, dtype), _wrapped(y, dtype))
    if dtype == OBJECT:
        data = data.astype(_word(low, high), copy=False)
    return Integers(data, low, high, null)


def _enough(low: int, high: int, x: Integers, y: Integers, modular: bool) -> Dtype:
    """The words that an operation with results of that range can be computed in."""
    if modular:
        return _word(low, high)
    return _word(min(low, x.low, y.low), max(high, x.high, y.high))


def _sums(x: Integers, y: Integers) -> Range:
    return x.low + y.low, x.high + y.high


def _differences(x: Integers, y: Integers) -> Range:
    return x.low - y.high, x.high - y.low


def _products(x: Integers, y: Integers) -> Range:
    corners = [a * b for a in (x.low, x.high) for b in (y.low, y.high)]
    return min(corners), max(corners)


def _bits(*values: Integers) -> int:
    """How many bits, without the sign, the largest of these integers has."""
    ends = [end for value in values for end in (value.low, value.high)]
    return max((~end if end < 0 else end).bit_length() for end in ends)


def _common_bits(x: Integers, y: Integers) -> Range:
    tops = [value.high for value in (x, y) if value.low >= 0]
    if tops:
        return 0, min(tops)
    bits = _bits(x, y)
    return -1 << bits, (1 << bits) - 1


def _all_bits(x: Integers, y: Integers) -> Range:
    bits = _bits(x, y)
    return (0 if x.low >= 0 and y.low >= 0 else -1 << bits), (1 << bits) - 1


_RING: dict[str, Callable[[Integers, Integers], Range]] = {
    "+": _sums,
    "-": _differences,
    "*": _products,
    "&": _common_bits,
    "|": _all_bits,
    "^": _all_bits,
}


def _quotients(x: Integers, y: Integers) -> Range:
    divisors = [b for b in {y.low, y.high, -1, 1} if b and y.low <= b <= y.high]
    corners = [a // b for a in (x.low, x.high) for b in divisors]
    return min(corners), max(corners)


def _remainders(x: Integers, y: Integers) -> Range:
    low, high = min(y.low + 1, 0), max(y.high - 1, 0)
    if x.low >= 0 and y.low >= 0:
        high = min(high, x.high)
    return low, high


_DIVISIONS = {"/": (operator.floordiv, _quotients), "%": (operator.mod, _remainders)}


def _divide(symbol: str, x: Integers, y: Integers) -> Integers:
    operation, interval = _DIVISIONS[symbol]
    null = None
    if y.low <= 0 <= y.high:
        null = numpy.asarray(y.data == 0)
        y = Integers(_filled(y.data, null, 1), y.low, max(y.high, 1), y.null)
    found = _computed(operation, interval, x, y, modular=False)
    found.null = _either(null, found.null)
    return found


def _shift(symbol: str, x: Integers, y: Integers) -> Integers:
    left = symbol == "<<"
    null = None
    if y.low < 0 or (left and y.high > MAX_SHIFT):
        null = numpy.asarray(y.data < 0)
        if left and y.high > MAX_SHIFT:
            null |= numpy.asarray(y.data > MAX_SHIFT)
        y = Integers(_filled(y.data, null, 0), max(y.low, 0), max(y.high, 0), y.null)
    # Further to the right there is nothing left, and further to the left no value.
    most = MAX_SHIFT if left else _bits(x) + 1
    if y.high > most:
        counts = min(y.data, most) if isinstance(y.data, int) else numpy.minimum(y.data, most)
        y = Integers(counts, min(y.low, most), most, y.null)
    operation = ARITHMETIC[symbol]
    found = _computed(operation, _shifted(operation), x, y, modular=False)
    found.null = _either(null, found.null)
    return found


def _filled(data: Any, null: Array, number: int) -> Any:
    """Data with that number where it is to be no value."""
    if isinstance(data, int):
        return number if null else data
    if not null.any():
        return data
    filled = data.copy()
    filled[null] = number
    return filled


def _shifted(operation: Callable[[int, int], int]) -> Callable[[Integers, Integers], Range]:
    def interval(x: Integers, y: Integers) -> Range:
        corners = [operation(a, b) for a in (x.low, x.high) for b in (y.low, y.high)]
        return min(corners), max(corners)

    return interval


def calculate(symbol: str, x: Integers, y: Integers) -> Integers:
    """`+ - * / // % & | ^ << >>` of integers; `/` and `//` are the same, rounded down."""
    if symbol in _RING:
        return _computed(ARITHMETIC[symbol], _RING[symbol], x, y, modular=True)
    if symbol in SHIFTS:
        return _shift(symbol, x, y)
    return _divide(symbol.replace("//", "/"), x, y)


def negative(x: Integers) -> Integers:
    """`-x`."""
    return calculate("-", Integers(0, 0, 0), x)


def inverted(x: Integers) -> Integers:
    """`~x`, which is -x - 1."""
    return calculate("-", Integers(-1, -1, -1), x)


# Operations on floats.


def calculate_floats(symbol: str, x: Numbers, y: Numbers) -> Floats:
    """`+ - * /` of doubles, which integers are made before."""
    x, y = floats(x), floats(y)
    null = _either(x.null, y.null)
    if symbol != "/":
        return Floats(ARITHMETIC[symbol](x.data, y.data), null)
    zero = numpy.asarray(y.data == 0)
    if not zero.any():
        return Floats(x.data / y.data, null)
    return Floats(x.data / numpy.where(zero, 1.0, y.data), _either(null, zero))


def negative_floats(x: Floats) -> Floats:
    """`-x`."""
    return Floats(-x.data, x.null)


# Comparisons.

_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_UPWARDS = frozenset(("<", "<="))
_FROM_ABOVE = frozenset(("<", ">="))


def compare(symbol: str, x: Numbers, y: Numbers) -> Truth:
    """Numbers compared as such, whatever they are stored as."""
    null = _either(x.null, y.null, _not_a_number(x), _not_a_number(y))
    if isinstance(x, Floats) and isinstance(y, Integers):
        symbol, x, y = _FLIPPED[symbol], y, x
    if isinstance(x, Integers) and isinstance(y, Floats) and isinstance(y.data, float):
        y = _integer_bound(symbol, y)
    order = ORDERS[symbol]
    if isinstance(x, Integers) and isinstance(y, Integers):
        data: Any = _decided(symbol, x, y)
        if data is None:
            data = _compared(order, x, y)
    elif _all_are_floats(x) and _all_are_floats(y):
        data = order(floats(x).data, floats(y).data)
    else:
        data = order(_objects(x), _objects(y))
        if isinstance(data, numpy.ndarray):
            data = data.astype(bool)
    if not isinstance(data, numpy.ndarray):
        data = numpy.bool_(data)
    return Truth(data if null is None else data & ~null, null)


def compare_any(symbol: str, x: Numbers, others: Sequence[Numbers]) -> Truth:
    """Whether numbers compare so with any of the others."""
    return reduce(disjunction, (compare(symbol, x, y) for y in others))


def _not_a_number(x: Numbers) -> Nulls:
    if isinstance(x, Integers):
        return None
    marks = numpy.asarray(numpy.isnan(x.data))
    return marks if marks.any() else None


def _integer_bound(symbol: str, number: Floats) -> Numbers:
    """An integer that integers compare with as they do with that number; itself if none does."""
    if not math.isfinite(number.data):
        return number
    whole = (math.ceil if symbol in _FROM_ABOVE else math.floor)(number.data)
    if symbol in EQUALITIES and whole != number.data:
        return number
    return Integers(whole, whole, whole, number.null)


def _decided(symbol: str, x: Integers, y: Integers) -> bool | None:
    """What the ranges alone say."""
    order = ORDERS[symbol]
    if symbol in EQUALITIES:
        if x.high < y.low or y.high < x.low:
            return symbol == "!="
        return symbol == "==" if x.low == x.high == y.low == y.high else None
    # The pair that is the least likely to be ordered so, and the one that is the most.
    hard, easy = (x.high, y.low), (x.low, y.high)
    if symbol not in _UPWARDS:
        hard, easy = easy, hard
    if order(*hard):
        return True
    return None if order(*easy) else False


def _compared(order: Callable[[Any, Any], Any], x: Integers, y: Integers) -> Any:
    if x.wide or y.wide:
        return order(_objects(x), _objects(y)).astype(bool)
    # One column and a number that it could hold.
    if isinstance(y.data, int):
        return order(x.data, _wrapped(y, x.data.dtype))  # type: ignore[union-attr]
    if isinstance(x.data, int):
        return order(_wrapped(x, y.data.dtype), y.data)
    dtype = _word(min(x.low, y.low), max(x.high, y.high))
    if dtype != OBJECT:
        return order(_wrapped(x, dtype), _wrapped(y, dtype))
    # 64 bits each, one with a sign and one without: below 0 that decides.
    if x.low < 0:
        above = order(_wrapped(x, UNSIGNED), y.data)
        return numpy.where(x.data < 0, order(-1, 0), above)
    above = order(x.data, _wrapped(y, UNSIGNED))
    return numpy.where(y.data < 0, order(0, -1), above)


def _all_are_floats(x: Numbers) -> bool:
    """Whether the nearest doubles are these very numbers."""
    if isinstance(x, Floats):
        return True
    if isinstance(x.data, int):
        return real(x.data) == x.data
    return x.low >= -EXACT_FLOATS and x.high <= EXACT_FLOATS


def _objects(x: Numbers) -> Any:
    """Python's numbers, which it compares exactly."""
    return x.data.astype(object) if isinstance(x.data, numpy.ndarray) else x.data


# Logic.


def negation(x: Truth) -> Truth:
    """`not x`."""
    return Truth(~x.data if x.null is None else ~(x.data | x.null), x.null)


def conjunction(x: Truth, y: Truth) -> Truth:
    """`x and y`."""
    data = x.data & y.data
    if x.null is None and y.null is None:
        return Truth(data)
    return Truth(data, _possible(x) & _possible(y) & ~data)


def disjunction(x: Truth, y: Truth) -> Truth:
    """`x or y`."""
    data = x.data | y.data
    null = _either(x.null, y.null)
    return Truth(data, null if null is None else null & ~data)


def _possible(x: Truth) -> Any:
    """Where it is not false."""
    return x.data if x.null is None else x.data | x.null
