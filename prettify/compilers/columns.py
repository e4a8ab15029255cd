"""Records as numpy columns: of one place of a layout, its values in all records.

A place is a leaf: a scalar, a text (`char` array) or octets (an array of unsigned bytes, or bytes
of no type), in any number of arrays. A column has one dimension (the elements of arrays one after
the other, record by record), this machine's byte order and memory of its own. It is read straight
from the records, so it does not matter what else they hold: the members of a layout need not cover
them.
"""

from __future__ import annotations

from itertools import pairwise

import numpy

from prettify import model
from prettify.compilers import values
from prettify.compilers.numpy_dtype import MARKS, WORD_SIZES, bits_of, count_of
from prettify.errors import UsageError
from prettify.layout import (
    BFLOAT,
    DOUBLE,
    HALF,
    SINGLE,
    X87,
    Layout,
    decimals,
    float_format,
    is_bool,
    is_char,
    is_signed,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from prettify.layout import Node

    Array = numpy.ndarray[Any, numpy.dtype[Any]]
    Buffer = bytes | bytearray | memoryview
    Order = Literal["little", "big"]

# What a leaf is to those who make columns of it.
INTEGER = "integer"  # of up to 64 bits
WIDE = "wide"  # an integer of more
BOOL = "bool"
ENUM = "enum"
POINTER = "pointer"
FLOAT = "float"
TEXT = "text"
OCTETS = "octets"
POINTED = "number with a point"
LOCATED_TEXT = "located text"
LOCATED_OCTETS = "located octets"
LOCATED = "located array"  # of other elements

WORD_BITS = 64
WORD_BYTES = 8
FLOATS = {HALF: "f2", SINGLE: "f4", DOUBLE: "f8"}
SINGLE_SHIFT = 16  # from a bfloat16 to the single precision number of the same value


def leaf_of(node: Node) -> str | None:
    """What a leaf is; None for structs, unions, sections and arrays that are no leaves."""
    element = node.element
    if element is not None:
        if node.of_chars:
            return TEXT
        return OCTETS if _is_octet(element) else None
    if node.located is not None:
        return _located_leaf(node, node.located)
    if is_bool(node):
        return BOOL
    if node.kind == model.INT:
        if decimals(node):
            return POINTED
        return WIDE if node.bit_size > WORD_BITS else INTEGER
    return _LEAVES.get(node.kind)


_LEAVES = {model.ENUM: ENUM, model.POINTER: POINTER, model.FLOAT: FLOAT, model.BYTES: OCTETS}


def _located_leaf(node: Node, element: Node) -> str:
    if node.locates_chars:
        return LOCATED_TEXT
    octets = element.kind == model.BYTES or _is_octet(element)
    return LOCATED_OCTETS if octets else LOCATED


def _is_octet(node: Node) -> bool:
    plain = node.kind == model.INT and node.size == 1
    return plain and not (is_signed(node) or is_bool(node) or is_char(node))


class Place:
    """A leaf's place in a record: `shift` bytes behind where its node says, in these arrays.

    arrays: (count, bytes from one element to the next) of each, the outermost first.
    """

    __slots__ = ("arrays", "node", "shift")

    def __init__(self, node: Node, arrays: tuple[tuple[int, int], ...] = (), shift: int = 0):
        self.node = node
        # Arrays of one would take up numpy's few dimensions.
        self.arrays = tuple(array for array in arrays if array[0] != 1)
        self.shift = shift

    def __repr__(self) -> str:
        return f"<Place of {self.node!r} in {self.arrays} +{self.shift}>"


class Rows:
    """Records of any length as rows of one: `data` has two dimensions, zeroes behind those that are
    shorter. lengths: of each, an array of int64.
    """

    __slots__ = ("data", "lengths")

    def __init__(self, data: memoryview, lengths: Array) -> None:
        self.data = data
        self.lengths = lengths

    def __repr__(self) -> str:
        return f"<{len(self.lengths)} Rows>"


class Block:
    """Records of one size side by side in memory: `count` of them, `size` bytes each.

    lengths: of each record, where they are not all of that size. What has two dimensions is rows:
    the bytes of one record, which are more than its type's where something is located behind these.
    """

    __slots__ = ("byte_order", "count", "data", "lengths", "size")

    def __init__(self, layout: Layout, byte_order: Order, data: Buffer | Rows) -> None:
        """Raises UsageError where the type has 0 bytes; DataError where the last is cut short."""
        self.byte_order = byte_order
        records = memoryview(data.data if isinstance(data, Rows) else data)
        self.data = records.cast("B")
        if records.ndim == 2 and records.shape is not None:
            self.count, self.size = records.shape
        else:
            self.count = count_of(layout, self.data.nbytes)
            self.size = layout.size
        self.lengths: int | Array = data.lengths if isinstance(data, Rows) else self.size

    def view(self, place: Place, dtype: str, offset: int, length: int = 0) -> Array:
        """What is at that byte of each place, of shape (records, *arrays), without a copy.

        length: give so many of it side by side, as one more dimension.
        """
        arrays = place.arrays
        if length:
            arrays = (*arrays, (length, numpy.dtype(dtype).itemsize))
        shape = (self.count, *(count for count, _ in arrays))
        if 0 in shape:
            return numpy.empty(shape, dtype)
        strides = (self.size, *(stride for _, stride in arrays))
        start = offset + place.shift
        found: Array = numpy.ndarray(shape, dtype, self.data, start, strides)
        return found

    def octets(self, place: Place, offset: int, length: int) -> Array:
        """That many bytes at that byte of each place: a column of rows, of shape (n, length)."""
        if not length:
            return numpy.empty((self._values(place), 0), "u1")
        return numpy.array(self.view(place, "u1", offset, length), order="C").reshape(-1, length)

    def _values(self, place: Place) -> int:
        found = self.count
        for count, _ in place.arrays:
            found *= count
        return found


def order_of(layout: Layout, byte_order: str | None) -> Order:
    """The byte order of data as one asks for it, None being that of the type's source.

    Raises UsageError where it is neither.
    """
    order = byte_order or layout.byte_order
    if order not in MARKS:
        raise UsageError(f"byte order {order!r} is neither 'little' nor 'big'")
    return "little" if order == "little" else "big"


# Columns.


def integer_code(node: Node) -> str:
    """numpy's code of the smallest integer of a leaf's sign that holds its bits: `u2`, `i8`."""
    size = next(size for size in WORD_SIZES if node.bit_size <= 8 * size)
    return f"{'i' if is_signed(node) else 'u'}{size}"


def integers(block: Block, place: Place) -> Array:
    """The numbers of an integer of up to 64 bits, an enum or a pointer, as `integer_code` says."""
    node = place.node
    code = integer_code(node)
    if node.bitfield or node.size not in WORD_SIZES:
        first, length, shift = values.bit_span(node.bit_offset, node.bit_size)
        raw = block.view(place, "u1", first, length)
        return bits_of(raw, shift, block.byte_order, node).astype(code).reshape(-1)
    stored = block.view(place, MARKS[block.byte_order] + code, node.offset)
    return _copied(stored, code)


def words(block: Block, place: Place) -> Array:
    """The two's complement of integers of 65 to 128 bits: rows of (low, high), unsigned."""
    node = place.node
    first, length, shift = values.bit_span(node.bit_offset, node.bit_size)
    raw = block.octets(place, first, length)
    padded = numpy.zeros((len(raw), 3 * WORD_BYTES), "u1")
    padded[:, :length] = raw if block.byte_order == "little" else raw[:, ::-1]
    down = values.bits_down(length, shift, node.bit_size, block.byte_order)
    found = _shifted(padded.view("<u8").astype("u8"), down)[:, :2]
    unused = 2 * WORD_BITS - node.bit_size
    high = found[:, 1] << numpy.uint64(unused)
    if is_signed(node):
        found[:, 1] = (high.view("i8") >> numpy.int64(unused)).view("u8")
    else:
        found[:, 1] = high >> numpy.uint64(unused)
    return found


def _shifted(parts: Array, down: int) -> Array:
    """Rows of words, lowest first, shifted right by less than a byte."""
    if not down:
        return parts
    above = numpy.zeros_like(parts)
    above[:, :-1] = parts[:, 1:] << numpy.uint64(WORD_BITS - down)
    shifted: Array = parts >> numpy.uint64(down) | above
    return shifted


def wide_integers(block: Block, place: Place) -> list[int]:
    """The numbers of an integer of more than 64 bits."""
    signed = is_signed(place.node)
    found = words(block, place)
    highs = found[:, 1].view("i8") if signed else found[:, 1]
    return [high << WORD_BITS | low for low, high in zip(found[:, 0].tolist(), highs.tolist())]


def truths(block: Block, place: Place) -> Array:
    """Whether bools are not 0, as numpy's bools."""
    node = place.node
    if node.bitfield:
        if node.bit_size > WORD_BITS:
            return numpy.asarray(words(block, place).any(axis=1))
        return numpy.asarray(integers(block, place) != 0)
    return numpy.asarray(block.octets(place, node.offset, node.size).any(axis=1))


def floats(block: Block, place: Place) -> Array:
    """Floats of half, single and double precision as they are, bfloat16 as single, and those that
    numpy cannot hold as the nearest double.
    """
    node = place.node
    form = float_format(node)
    mark = MARKS[block.byte_order]
    code = FLOATS.get(form)
    if code is not None:
        return _copied(block.view(place, mark + code, node.offset), code)
    if form == BFLOAT:
        high = _copied(block.view(place, mark + "u2", node.offset), "u4")
        single: Array = (high << numpy.uint32(SINGLE_SHIFT)).view("f4")
        return single
    size = values.X87_SIZE if form == X87 else node.size
    raw = block.octets(place, node.offset, size).tobytes()
    numbers = (
        int.from_bytes(raw[at : at + size], block.byte_order) for at in range(0, len(raw), size)
    )
    return numpy.array([values.float_of(number, form) for number in numbers], "f8")


def texts(block: Block, place: Place) -> tuple[Array, Array]:
    """(offsets, bytes) of texts: each from one offset to the next, up to its first NUL.

    They are bytes as they stand in the records, UTF-8 or not. Offsets are int64, one more than
    there are texts.
    """
    node = place.node
    raw = block.octets(place, node.offset, node.count)
    offsets = numpy.zeros(len(raw) + 1, "i8")
    if not raw.size:
        return offsets, raw.reshape(-1)
    ends = raw == 0
    lengths = ends.argmax(axis=1)
    lengths[(lengths == 0) & ~ends[:, 0]] = node.count  # no NUL at all
    lengths.cumsum(out=offsets[1:])
    # Most texts are far shorter than their room.
    width = int(lengths.max())
    return offsets, raw[:, :width][numpy.arange(width) < lengths[:, numpy.newaxis]]


def split(offsets: Array, data: Array) -> list[str]:
    """What `texts` gives as strings, which `values.text_of` reads."""
    raw = data.tobytes()
    bounds = offsets.tolist()
    if raw.isascii():
        whole = raw.decode("ascii")
        return [whole[start:end] for start, end in pairwise(bounds)]
    return [values.text_of(raw[start:end]) for start, end in pairwise(bounds)]


def is_utf8(offsets: Array, data: Array) -> bool:
    """Whether each of the texts is valid UTF-8, for itself."""
    if not len(data) or data.max() < 0x80:
        return True
    starts = offsets[:-1][numpy.diff(offsets) > 0]
    if ((data[starts] & 0xC0) == 0x80).any():  # a sequence that begins in one text and ends here
        return False
    try:
        data.tobytes().decode()
    except UnicodeDecodeError:
        return False
    return True


# Located arrays.


def located(block: Block, place: Place) -> tuple[Array, Array]:
    """(offsets, bytes) of located arrays: each from one offset to the next, whole elements alone.

    Those that are not within their record are empty. Offsets are int64, one more than there are
    arrays.
    """
    node = place.node
    starts = numpy.arange(block.count, dtype="i8") * block.size
    ends = starts + block.lengths
    for count, step in place.arrays:
        starts = (starts[:, numpy.newaxis] + numpy.arange(count) * step).reshape(-1)
        ends = numpy.repeat(ends, count)
    starts = starts + place.shift + node.offset
    lengths = numpy.maximum(ends - starts, 0)
    if node.size:
        words = _copied(block.view(place, MARKS[block.byte_order] + "u4", node.offset), "i8")
        starts += (words & 0xFFFF) - values.before_word(node)
        lengths = words >> 16
        lengths[starts + lengths > ends] = 0
    lengths -= lengths % node.stride
    return _gathered(numpy.frombuffer(block.data, "u1"), starts, lengths)


def located_texts(block: Block, place: Place) -> tuple[Array, Array]:
    """(offsets, bytes) of located texts, as `texts` gives them."""
    offsets, data = located(block, place)
    nuls = numpy.append(numpy.flatnonzero(data == 0), len(data))
    firsts = nuls[numpy.searchsorted(nuls, offsets[:-1])]
    return _gathered(data, offsets[:-1], numpy.minimum(firsts, offsets[1:]) - offsets[:-1])


def located_elements(block: Block, place: Place) -> tuple[Array, Block]:
    """(offsets in elements, the elements as records of a block of their own)."""
    node = place.node
    assert node.located is not None
    offsets, data = located(block, place)
    elements = Block(Layout(node.located.type, node.located), block.byte_order, data.data)
    return offsets // node.stride, elements


def _gathered(data: Array, starts: Array, lengths: Array) -> tuple[Array, Array]:
    """(offsets, bytes) of parts of data, one behind the other."""
    offsets = numpy.zeros(len(lengths) + 1, "i8")
    lengths.cumsum(out=offsets[1:])
    places = numpy.repeat(starts - offsets[:-1], lengths) + numpy.arange(offsets[-1])
    return offsets, data[places]


def _copied(view: Array, code: str) -> Array:
    """The values of a view one after the other, in this machine's byte order."""
    return numpy.array(view, dtype=code, order="C").reshape(-1)
