"""A layout as an Arrow schema, and records as record batches of it.

Columns are the record's members, those of anonymous structs and unions among them as in JSON; what
is no struct is one column, `value`. Types are those of the table in docs/columns.md. All columns
are made with numpy and no Python for each record, but for floats that numpy does not have.
"""

from __future__ import annotations

import sys
import threading
from abc import ABCMeta, abstractmethod
from itertools import islice

import numpy

from prettify import model
from prettify.compilers import columns, values
from prettify.compilers.columns import Block, Place
from prettify.compilers.numpy_dtype import count_of
from prettify.errors import UsageError
from prettify.layout import BFLOAT, DOUBLE, HALF, NESTED, SINGLE, decimals, float_format, is_signed
from prettify.paths import WHOLE

try:
    import pyarrow
except ImportError:
    raise UsageError("Arrow and Parquet need pyarrow: pip install 'prettify[arrow]'") from None

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from prettify.compilers.columns import Array, Buffer, Order, Rows
    from prettify.layout import Layout, Node

MAX_BATCH = (1 << 30) - 1  # bytes of records: texts, twice as long at most, have 32-bit offsets
MAX_LEVELS = 48  # of lists and structs: Parquet readers give up at 100, a list being two
TABLE_BATCH = 1 << 24  # bytes of records in one batch of a table
DECIMAL_BITS = 126  # of an integer that 38 digits always hold
DECIMAL_DIGITS = 38
POINTED_DIGITS = {False: 20, True: 19}  # of any of 64 bits, by whether it is signed
WIDE_DIGITS = 39  # of any integer of 128 bits
WIDE_WORDS = 4  # of a decimal of so many digits


class ArrowColumns:
    """Makes record batches of one schema of records of one type.

    Its batches may be made in several threads at a time. Columns of enums have one dictionary each,
    which all batches share and which grows where a batch has numbers that no name fits.
    """

    __slots__ = ("_columns", "_layout", "_order", "schema")

    def __init__(self, layout: Layout, byte_order: str | None = None) -> None:
        """byte_order: of the data; None is that of the type's source.

        Raises UsageError where the type has no size or no members, or is too much for Arrow.
        """
        name = values.title_of(layout.type)
        if layout.root.kind not in model.SIZED:
            raise UsageError(f"{name} is a {layout.root.kind}, which has no size")
        if layout.size > MAX_BATCH:
            raise UsageError(f"{name} has {layout.size} bytes, an Arrow batch at most {MAX_BATCH}")
        whole = _column(layout.root, (), 1)
        if whole is None:
            raise UsageError(f"{name} has no members, nothing that would be a column")
        if whole.levels > MAX_LEVELS:
            raise UsageError(f"{name} nests deeper than {MAX_LEVELS} levels, too deep for Arrow")
        self._layout = layout
        self._order: Order = columns.order_of(layout, byte_order)
        members = whole.members if isinstance(whole, Members) else {WHOLE: whole}
        self._columns = list(members.values())
        self.schema = pyarrow.schema([(n, column.type) for n, column in members.items()])

    def __repr__(self) -> str:
        return f"<ArrowColumns of {values.title_of(self._layout.type)}>"

    def batch(self, records: Buffer | Rows) -> pyarrow.RecordBatch:
        """The records, all of them whole, as a record batch that does not refer to their memory.

        Raises DataError where the last is cut short; UsageError where the type has 0 bytes and
        for more than MAX_BATCH bytes.
        """
        block = Block(self._layout, self._order, records)
        if block.data.nbytes > MAX_BATCH:
            raise UsageError(
                f"{block.data.nbytes} bytes of records, an Arrow batch at most {MAX_BATCH}"
            )
        arrays = [column.array(block) for column in self._columns]
        return pyarrow.RecordBatch.from_arrays(arrays, schema=self.schema)


def table(layout: Layout, byte_order: str | None, data: Buffer) -> pyarrow.Table:
    """The records in data as an Arrow table that does not refer to its memory.

    byte_order: as for ArrowColumns. Raises what ArrowColumns and its `batch` raise.
    """
    made = ArrowColumns(layout, byte_order)
    records = memoryview(data).cast("B")
    count_of(layout, records.nbytes)
    step = max(TABLE_BATCH // layout.size, 1) * layout.size
    batches = [made.batch(records[at : at + step]) for at in range(0, records.nbytes, step)]
    return pyarrow.Table.from_batches(batches, schema=made.schema)


# Columns.


class Column(metaclass=ABCMeta):
    """One node of a layout in all records. `levels` of nesting in its Arrow type."""

    __slots__ = ("levels", "type")

    def __init__(self, type_: pyarrow.DataType, levels: int) -> None:
        self.type = type_
        self.levels = levels

    @abstractmethod
    def array(self, block: Block) -> pyarrow.Array:
        """Its values, `block.count` times the number that each record has of them."""


class Leaf(Column):
    """A scalar, text or octets."""

    __slots__ = ("make", "place")

    def __init__(
        self,
        type_: pyarrow.DataType,
        place: Place,
        make: Callable[[Block, Place, pyarrow.DataType], pyarrow.Array],
    ) -> None:
        super().__init__(type_, 1)
        self.place = place
        self.make = make

    def array(self, block: Block) -> pyarrow.Array:
        return self.make(block, self.place, self.type)


class Members(Column):
    """A struct, union or section; `each`: how many of it a record has."""

    __slots__ = ("each", "members")

    def __init__(self, members: dict[str, Column], each: int) -> None:
        fields = [(name, column.type) for name, column in members.items()]
        levels = 1 + max(column.levels for column in members.values())
        super().__init__(pyarrow.struct(fields), levels)
        self.members = members
        self.each = each

    def array(self, block: Block) -> pyarrow.Array:
        arrays = [column.array(block) for column in self.members.values()]
        return _nested(self.type, block.count * self.each, [None], arrays)


class Elements(Column):
    """An array of `count` elements; `each`: how many of it a record has.

    One without elements is a list of any length, as few readers know lists of fixed length 0.
    """

    __slots__ = ("count", "each", "element")

    def __init__(self, element: Column, count: int, each: int) -> None:
        kind = pyarrow.list_(element.type, count) if count else pyarrow.list_(element.type)
        super().__init__(kind, 1 + element.levels)
        self.element = element
        self.count = count
        self.each = each

    def array(self, block: Block) -> pyarrow.Array:
        length = block.count * self.each
        buffers = [None] if self.count else [None, _buffer(numpy.zeros(length + 1, "i4"))]
        return _nested(self.type, length, buffers, [self.element.array(block)])


class Located(Column):
    """A located array, as a list of any length."""

    __slots__ = ("element", "place")

    def __init__(self, element: Column, place: Place) -> None:
        super().__init__(pyarrow.list_(element.type), 1 + element.levels)
        self.element = element
        self.place = place

    def array(self, block: Block) -> pyarrow.Array:
        offsets, elements = columns.located_elements(block, self.place)
        buffers = [None, _buffer(offsets.astype("i4"))]
        return _nested(self.type, len(offsets) - 1, buffers, [self.element.array(elements)])


def _nested(
    type_: pyarrow.DataType, length: int, buffers: list[Any], children: list[pyarrow.Array]
) -> pyarrow.Array:
    return pyarrow.Array.from_buffers(type_, length, buffers, children=children)


def _column(node: Node, arrays: tuple[tuple[int, int], ...], each: int) -> Column | None:
    """The column of a node in these arrays; None where it holds no leaf at all.

    What holds none would be a struct without fields, which Parquet does not have.
    """
    kind = columns.leaf_of(node)
    if kind == columns.LOCATED and node.located is not None:
        element = _column(node.located, (), 1)
        return element and Located(element, Place(node, arrays))
    if kind is not None:
        return _LEAVES[kind](Place(node, arrays), bool(arrays) and not node.member)
    if node.element is not None:
        inside = (*arrays, (node.count, node.stride))
        element = _column(node.element, inside, each * node.count)
        return element and Elements(element, node.count, each)
    assert node.kind in NESTED
    found = {
        name: column
        for name, (_, child) in values.table(node).items()
        if (column := _column(child, arrays, each)) is not None
    }
    return Members(found, each) if found else None


# Leaves.


class Dictionary:
    """The names of an enum's numbers, as the dictionary of a column, which only grows.

    It begins with the enumerators in the order of their values; behind them come, as text, the
    numbers that were met and have no name. Indices stay what they are, so what was made with a
    shorter dictionary is right with a longer one too.
    """

    __slots__ = ("_indices", "_known", "_lock")

    def __init__(self, node: Node) -> None:
        names = sorted(values.names(node).items())
        self._lock = threading.Lock()
        self._indices: dict[str, int] = {}  # by text; two values of an enum may have one name
        self._known = _Known(
            numpy.array([number for number, _ in names], columns.integer_code(node)),
            numpy.array([self._index(name) for _, name in names], "i4"),
            pyarrow.array(list(self._indices), pyarrow.string()),
        )

    def encoded(self, numbers: Array) -> pyarrow.DictionaryArray:
        """Numbers, of the dtype that `columns.integer_code` says, as an array of their names."""
        known = self._known
        found, missing = known.look_up(numbers)
        if missing is not None:
            with self._lock:
                self._add(numpy.unique(numbers[missing]))
                known = self._known
            found, _ = known.look_up(numbers)
        indices = _plain(found, pyarrow.int32())
        return pyarrow.DictionaryArray.from_arrays(indices, known.texts, safe=False)

    def _index(self, text: str) -> int:
        return self._indices.setdefault(text, len(self._indices))

    def _add(self, numbers: Array) -> None:
        """Learn numbers that are new, or that another thread has just learned."""
        known = self._known
        _, missing = known.look_up(numbers)
        if missing is None:
            return
        before = len(self._indices)
        new = numbers[missing]
        indices = [self._index(text) for text in map(str, new.tolist())]
        texts = pyarrow.array(list(islice(self._indices, before, None)), pyarrow.string())
        all_numbers = numpy.concatenate((known.numbers, new))
        order = all_numbers.argsort()
        self._known = _Known(
            all_numbers[order],
            numpy.concatenate((known.indices, numpy.array(indices, "i4")))[order],
            pyarrow.concat_arrays([known.texts, texts]),
        )


class _Known:
    """What a dictionary holds at one time: numbers, sorted, and for each its index in texts."""

    __slots__ = ("indices", "numbers", "texts")

    def __init__(self, numbers: Array, indices: Array, texts: pyarrow.Array) -> None:
        self.numbers = numbers
        self.indices = indices
        self.texts = texts

    def look_up(self, numbers: Array) -> tuple[Array, Array | None]:
        """(indices, where a number is not known); None where all are, else indices mean nothing."""
        if not len(self.numbers):
            return numpy.zeros(len(numbers), "i4"), numpy.ones(len(numbers), bool)
        places = self.numbers.searchsorted(numbers)
        places = numpy.minimum(places, len(self.numbers) - 1)
        missing = self.numbers[places] != numbers
        return self.indices[places], missing if missing.any() else None


def _buffer(array: Array) -> pyarrow.Buffer:
    return pyarrow.py_buffer(numpy.ascontiguousarray(array))


def _plain(array: Array, type_: pyarrow.DataType) -> pyarrow.Array:
    """The numbers, or rows of words or bytes, of a numpy array, without a copy."""
    return pyarrow.Array.from_buffers(type_, len(array), [None, _buffer(array)])


def _integer(place: Place, element: bool) -> Column:
    type_ = pyarrow.from_numpy_dtype(numpy.dtype(columns.integer_code(place.node)))
    return Leaf(type_, place, lambda block, at, t: _plain(columns.integers(block, at), t))


def _wide(place: Place, element: bool) -> Column:
    if place.node.bit_size <= DECIMAL_BITS:
        return Leaf(pyarrow.decimal128(DECIMAL_DIGITS, 0), place, _decimals)
    return Leaf(pyarrow.decimal256(WIDE_DIGITS, 0), place, _wide_decimals)


def _decimals(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    return _plain(_in_order(columns.words(block, place)), type_)


def _wide_decimals(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    found = columns.words(block, place)
    wide = numpy.zeros((len(found), WIDE_WORDS), "u8")
    wide[:, :2] = found
    if is_signed(place.node):
        wide[:, 2:] = (found[:, 1:].view("i8") >> numpy.int64(columns.WORD_BITS - 1)).view("u8")
    return _plain(_in_order(wide), type_)


def _in_order(found: Array) -> Array:
    """Rows of words, lowest first, as this machine has them in memory."""
    return found if sys.byteorder == "little" else found[:, ::-1]


def _bool(place: Place, element: bool) -> Column:
    return Leaf(pyarrow.bool_(), place, _truths)


def _truths(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    found = columns.truths(block, place)
    packed = _buffer(numpy.packbits(found, bitorder="little"))
    return pyarrow.Array.from_buffers(type_, len(found), [None, packed])


def _enum(place: Place, element: bool) -> Column:
    dictionary = Dictionary(place.node)
    return Leaf(
        pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
        place,
        lambda block, at, _: dictionary.encoded(columns.integers(block, at)),
    )


def _float(place: Place, element: bool) -> Column:
    type_ = _FLOATS.get(float_format(place.node), pyarrow.float64())
    return Leaf(type_, place, lambda block, at, t: _plain(columns.floats(block, at), t))


_FLOATS = {
    HALF: pyarrow.float16(),
    BFLOAT: pyarrow.float32(),
    SINGLE: pyarrow.float32(),
    DOUBLE: pyarrow.float64(),
}


def _text(place: Place, element: bool) -> Column:
    return Leaf(pyarrow.string(), place, _strings)


def _strings(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    return _texts(*columns.texts(block, place), type_)


def _texts(offsets: Array, data: Array, type_: pyarrow.DataType) -> pyarrow.Array:
    if not columns.is_utf8(offsets, data):
        return pyarrow.array(columns.split(offsets, data), type_)
    buffers = [None, _buffer(offsets.astype("i4")), _buffer(data)]
    return pyarrow.Array.from_buffers(type_, len(offsets) - 1, buffers)


def _pointed(place: Place, element: bool) -> Column:
    digits = POINTED_DIGITS[is_signed(place.node)]
    return Leaf(pyarrow.decimal128(digits, decimals(place.node)), place, _pointed_decimals)


def _pointed_decimals(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    numbers = columns.integers(block, place)
    wide = numpy.zeros((len(numbers), 2), "u8")
    wide[:, 0] = numbers.astype("i8" if is_signed(place.node) else "u8").view("u8")
    if is_signed(place.node):
        wide[:, 1] = (numbers.astype("i8") >> numpy.int64(columns.WORD_BITS - 1)).view("u8")
    return _plain(_in_order(wide), type_)


def _located_text(place: Place, element: bool) -> Column:
    return Leaf(pyarrow.string(), place, _located_strings)


def _located_strings(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    return _texts(*columns.located_texts(block, place), type_)


def _located_octets(place: Place, element: bool) -> Column:
    return Leaf(pyarrow.binary(), place, _located_binaries)


def _located_binaries(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    offsets, data = columns.located(block, place)
    buffers = [None, _buffer(offsets.astype("i4")), _buffer(data)]
    return pyarrow.Array.from_buffers(type_, len(offsets) - 1, buffers)


def _octets(place: Place, element: bool) -> Column:
    # Few readers know fixed-size binaries of 0 bytes, and pandas none in a list.
    if element or not place.node.size:
        return Leaf(pyarrow.binary(), place, _binaries)
    return Leaf(
        pyarrow.binary(place.node.size),
        place,
        lambda block, at, t: _plain(block.octets(at, at.node.offset, at.node.size), t),
    )


def _binaries(block: Block, place: Place, type_: pyarrow.DataType) -> pyarrow.Array:
    size = place.node.size
    found = block.octets(place, place.node.offset, size)
    offsets = _buffer(numpy.arange(len(found) + 1, dtype="i4") * numpy.int32(size))
    return pyarrow.Array.from_buffers(type_, len(found), [None, offsets, _buffer(found)])


_LEAVES: dict[str, Callable[[Place, bool], Column]] = {
    columns.INTEGER: _integer,
    columns.WIDE: _wide,
    columns.BOOL: _bool,
    columns.ENUM: _enum,
    columns.POINTER: _integer,
    columns.FLOAT: _float,
    columns.TEXT: _text,
    columns.OCTETS: _octets,
    columns.POINTED: _pointed,
    columns.LOCATED_TEXT: _located_text,
    columns.LOCATED_OCTETS: _located_octets,
}
