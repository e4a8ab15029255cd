"""A layout as the columns of an SQLite table, and the values of records in them.

A member of a member is called `a.b`, an element of an array `a[0]`. A table has few columns in
SQLite: where there would be more, arrays, the largest first, are one column of JSON each. So are
located arrays of numbers.

Values are exact. Integers that SQLite's 64 signed bits do not hold are text, of as many digits as
the largest of their type has, so that they sort behind all others and among each other; such
addresses are hexadecimal. Their columns have no declared type, as SQLite would make floats of them.
"""

from __future__ import annotations

import sqlite3
from itertools import pairwise

import numpy

from prettify import model
from prettify.compilers import columns, values
from prettify.compilers.columns import Place
from prettify.core.emitter import render
from prettify.core.rows import ROW, fill_rows
from prettify.dialects.json import compile_lines
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.layout import Layout, decimals
from prettify.paths import WHOLE, moved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from prettify.compilers.columns import Array, Block
    from prettify.core.program import Program
    from prettify.layout import Node

# As SQLite is built by default; a statement of older ones has no more than 999 parameters.
MAX_COLUMNS = 2000 if sqlite3.sqlite_version_info >= (3, 32) else 999
MAX_INTEGER = (1 << 63) - 1
DIGITS = {columns.INTEGER: 20, columns.WIDE: 39}  # of the largest unsigned integer

INTEGER, REAL, TEXT, BLOB, ANY = "INTEGER", "REAL", "TEXT", "BLOB", ""


class SqlColumn:
    """A column: its name, the type it is declared with, and how its values are read.

    start, end: which bytes of a record it is of. cut: the value in a record that ends between
    these, of the value there would be if zeroes were behind it and how many bytes there are.
    """

    __slots__ = ("cut", "declared", "end", "name", "read", "start")

    def __init__(
        self,
        name: str,
        declared: str,
        read: Callable[[Block], list[Any]],
        start: int,
        end: int,
        cut: Callable[[Any, int], Any],
    ) -> None:
        self.name = name
        self.declared = declared
        self.read = read
        self.start = start
        self.end = end
        self.cut = cut

    def __repr__(self) -> str:
        return f"<SqlColumn {self.name} {self.declared}>"

    def read_short(self, block: Block, ends: Sequence[int]) -> list[Any]:
        """The values of records that end at these bytes, where there are zeroes behind them."""
        found = list(self.read(block))
        for at, end in enumerate(ends):
            if end <= self.start < self.end:
                found[at] = None
            elif end < self.end:
                found[at] = self.cut(found[at], end - self.start)
        return found


def columns_of(layout: Layout, byte_order: str) -> list[SqlColumn]:
    """The columns of a table of records in that byte order.

    Raises UsageError where the type has no size or no members, or too many of them.
    """
    title = values.title_of(layout.type)
    if layout.root.kind not in model.SIZED:
        raise UsageError(f"{title} is a {layout.root.kind}, which has no size")
    limit = MAX_COLUMNS
    while limit and _width(layout.root, limit) > MAX_COLUMNS:
        limit //= 2
    width = _width(layout.root, limit)
    if width > MAX_COLUMNS:
        raise UsageError(
            f"{title} has {width} members, an SQLite table at most {MAX_COLUMNS} columns: take "
            f"fewer with --select"
        )
    if not width:
        raise UsageError(f"{title} has no members, nothing that would be a column")
    taken: set[str] = set()
    found = []
    for name, node, shift in _flattened(layout.root, "", 0, limit):
        kind = columns.leaf_of(node)
        if kind is None:
            declared, read = TEXT, _json(layout, node, byte_order)
        elif kind == columns.LOCATED:
            declared, read = TEXT, _located_json(layout, moved(node, 8 * shift), byte_order)
        else:
            declared, read = _LEAVES[kind](Place(node, shift=shift))
        start, end = node.offset + shift, ((node.bit_offset + node.bit_size + 7) >> 3) + shift
        cut = _CUTS[kind](node) if kind in _CUTS else _nothing
        found.append(SqlColumn(unique(name or WHOLE, taken), declared, read, start, end, cut))
    return found


def unique(name: str, taken: set[str]) -> str:
    """A name that is not taken, `name` or that with a number; then it is. Case tells none apart."""
    found, number = name, 1
    while found.lower() in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found.lower())
    return found


def _width(node: Node, limit: int | None) -> int:
    """How many columns a node is, arrays of more than `limit` columns being one."""
    if columns.leaf_of(node) is not None:
        return 1
    if node.element is not None:
        full = node.count * _width(node.element, None)
        return full if limit is None or full <= limit else 1
    return sum(_width(child, limit) for _, child in values.table(node).values())


def _flattened(
    node: Node, name: str, shift: int, limit: int | None
) -> Iterator[tuple[str, Node, int]]:
    """(name, node, bytes to add to its offset) of each column, arrays of JSON among them.

    limit: as for `_width`; None within an array that is within the limit, as all in it is.
    """
    if columns.leaf_of(node) is not None:
        yield name, node, shift
    elif node.element is not None:
        if limit is not None and _width(node, None) > limit:
            yield name, node, shift
            return
        for index in range(node.count if _width(node.element, None) else 0):
            inner = f"{name or WHOLE}[{index}]"
            yield from _flattened(node.element, inner, shift + index * node.stride, None)
    else:
        for member, (_, child) in values.table(node).items():
            yield from _flattened(child, f"{name}.{member}" if name else member, shift, limit)


# What is in them.


def _json(layout: Layout, node: Node, byte_order: str) -> Callable[[Block], list[str]]:
    part = Layout(layout.type, node)
    part.size = layout.size
    program = compile_lines(part, Options(byte_order=byte_order))
    return lambda block: _lines(program, block)


def _located_json(layout: Layout, node: Node, byte_order: str) -> Callable[[Block], list[str]]:
    """The same of what is located in records, each of which has a length of its own."""
    part = Layout(layout.type, node)
    part.size = layout.size
    program = compile_lines(part, Options(byte_order=byte_order))

    def read(block: Block) -> list[str]:
        rows = numpy.zeros((block.count, ROW), "i8")
        rows[:, 1] = numpy.arange(block.count) * block.size
        rows[:, 3] = numpy.asarray(block.lengths) << 1
        numbers = memoryview(bytearray(rows.tobytes())).cast("q")
        pieces = fill_rows([program], bytes(block.data), numbers, [])
        text = b"".join(bytes(memoryview(out)[:written]) for out, written in pieces)
        return text.decode().split("\n")[: block.count]

    return read


def _lines(program: Program, block: Block) -> list[str]:
    text = b"".join(render(program, bytes(block.data), 0, block.count, True))
    return text.decode().split("\n")[: block.count]


# What is left of them where the record ends within.


def _nothing(_value: object, _there: int) -> None:
    """A number that is not there in full is not there."""


def _cut_json(node: Node) -> Callable[[str, int], str]:
    """Elements that are there in full."""

    def cut(text: str, there: int) -> str:
        from json import dumps, loads

        elements = loads(text)[: there // max(node.stride, 1)]
        return dumps(elements, ensure_ascii=False, separators=(",", ":"))

    return cut


_CUTS: dict[str | None, Callable[[Node], Callable[[Any, int], Any]]] = {
    columns.TEXT: lambda _: lambda text, _there: text,  # what follows is 0 as it is
    columns.OCTETS: lambda _: lambda octets, there: octets[:there],
    None: _cut_json,
}


def _exact(numbers: list[int], digits: int) -> list[int | str]:
    """Integers, those that SQLite does not hold as text."""
    if not numbers or (max(numbers) <= MAX_INTEGER and min(numbers) >= ~MAX_INTEGER):
        return numbers  # type: ignore[return-value]
    return [_exact_one(number, digits) for number in numbers]


def _exact_one(number: int, digits: int) -> int | str:
    if ~MAX_INTEGER <= number <= MAX_INTEGER:
        return number
    return f"{number:0{digits + (number < 0)}}"


if TYPE_CHECKING:
    Made = tuple[str, Callable[[Block], list[Any]]]


def _integer(place: Place) -> Made:
    if columns.integer_code(place.node) == "u8" and place.node.bit_size == columns.WORD_BITS:
        digits = DIGITS[columns.INTEGER]
        return ANY, lambda block: _exact(columns.integers(block, place).tolist(), digits)
    return INTEGER, lambda block: columns.integers(block, place).tolist()


def _wide(place: Place) -> Made:
    digits = DIGITS[columns.WIDE]
    return ANY, lambda block: _exact(columns.wide_integers(block, place), digits)


def _bool(place: Place) -> Made:
    return INTEGER, lambda block: columns.truths(block, place).view("u1").tolist()


def _enum(place: Place) -> Made:
    names = values.names(place.node)
    return ANY, lambda block: [
        names[number] if number in names else _exact_one(number, DIGITS[columns.INTEGER])
        for number in columns.integers(block, place).tolist()
    ]


def _pointer(place: Place) -> Made:
    digits = 2 * place.node.size
    return ANY, lambda block: [
        address if address <= MAX_INTEGER else f"0x{address:0{digits}x}"
        for address in columns.integers(block, place).tolist()
    ]


def _float(place: Place) -> Made:
    return REAL, lambda block: columns.floats(block, place).tolist()


def _text(place: Place) -> Made:
    return TEXT, lambda block: columns.split(*columns.texts(block, place))


def _pointed(place: Place) -> Made:
    unit = 10 ** decimals(place.node)
    return REAL, lambda block: [number / unit for number in columns.integers(block, place).tolist()]


def _located_text(place: Place) -> Made:
    return TEXT, lambda block: columns.split(*columns.located_texts(block, place))


def _located_octets(place: Place) -> Made:
    return BLOB, lambda block: _parts(*columns.located(block, place))


def _parts(offsets: Array, data: Array) -> list[bytes]:
    raw = data.tobytes()
    return [raw[start:end] for start, end in pairwise(offsets.tolist())]


def _octets(place: Place) -> Made:
    return BLOB, lambda block: _blobs(block, place)


def _blobs(block: Block, place: Place) -> list[bytes]:
    size = place.node.size
    raw = block.octets(place, place.node.offset, size).tobytes()
    return [raw[at * size : (at + 1) * size] for at in range(block.count)]


_LEAVES: dict[str, Callable[[Place], Made]] = {
    columns.INTEGER: _integer,
    columns.WIDE: _wide,
    columns.BOOL: _bool,
    columns.ENUM: _enum,
    columns.POINTER: _pointer,
    columns.FLOAT: _float,
    columns.TEXT: _text,
    columns.OCTETS: _octets,
    columns.POINTED: _pointed,
    columns.LOCATED_TEXT: _located_text,
    columns.LOCATED_OCTETS: _located_octets,
}
