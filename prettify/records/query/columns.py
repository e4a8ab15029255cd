"""Scalars of records as columns: numbers with their ranges, texts, bytes, read where they lie.

A column is a strided view on the records' memory wherever numpy has numbers of that kind, so that
what is not asked for is not touched, and records that numpy could not hold as a whole are read too.
"""

from __future__ import annotations

import numpy

from prettify import model
from prettify.compilers import columns, values
from prettify.compilers.numpy_dtype import FLOAT_CODES, MARKS, WORD_SIZES, bits_of
from prettify.layout import BFLOAT, X87, Layout, decimals, float_format, is_bool, is_signed
from prettify.records.query.exact import Floats, Integers, compare, integers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from prettify.layout import Node
    from prettify.records.query.exact import Array

    Order = Literal["little", "big"]
    Reader = Callable[["Block"], Integers | Floats]


class Block:
    """`count` records of `size` bytes, from byte `start` of `data` on.

    lengths: of each, where some are shorter.
    """

    __slots__ = ("count", "data", "lengths", "size", "start")

    def __init__(
        self, data: memoryview, start: int, count: int, size: int, lengths: Array | None = None
    ) -> None:
        self.data = data
        self.start = start
        self.count = count
        self.size = size
        self.lengths = lengths

    def column(self, dtype: str, offset: int) -> Array:
        """What lies at that byte of each record; shape (count,), without a copy."""
        column: Array = numpy.ndarray(
            (self.count,), dtype, self.data, self.start + offset, strides=(self.size,)
        )
        return column

    def bytes(self, offset: int, length: int) -> Array:
        """That many bytes of each record; shape (count, length), without a copy."""
        raw: Array = numpy.ndarray(
            (self.count, length), "u1", self.data, self.start + offset, strides=(self.size, 1)
        )
        return raw


def number_reader(node: Node, bit_offset: int, size: int, byte_order: str) -> Reader:
    """What reads an integer, enum, pointer, bool or float from blocks of records.

    bit_offset: where it begins in a record of `size` bytes, which for elements of arrays is not
    where the layout has the first one.
    """
    order: Order = "big" if byte_order == "big" else "little"
    if node.kind == model.FLOAT:
        return _floats(node, bit_offset >> 3, order)
    if decimals(node):
        whole = _integers(node, bit_offset, size, order, signed=is_signed(node))
        unit = float(10 ** decimals(node))
        return lambda block: Floats(numpy.asarray(whole(block).data, "f8") / unit)
    if is_bool(node):
        stored = _integers(node, bit_offset, size, order, signed=False)
        nothing = Integers(0, 0, 0)
        return lambda block: integers(compare("!=", stored(block), nothing))
    return _integers(node, bit_offset, size, order, signed=is_signed(node))


# Integers.


def _integers(
    node: Node, bit_offset: int, size: int, byte_order: Order, signed: bool
) -> Callable[[Block], Integers]:
    bits = node.bit_size
    offset, length, shift = values.bit_span(bit_offset, bits)
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    mark = MARKS[byte_order]
    whole = not shift and bits == 8 * length
    if whole and length in WORD_SIZES:
        dtype = f"{mark}{'i' if signed else 'u'}{length}"
        return lambda block: Integers(block.column(dtype, offset), low, high)
    if whole and length == 16:
        return _two_words(offset, signed, byte_order)
    word = next((w for w in WORD_SIZES if length <= w <= size), 0)
    if not word:
        return lambda block: Integers(
            bits_of(block.bytes(offset, length), shift, byte_order, node), low, high
        )
    # Some word around the bits that does not reach out of the record.
    start = min(offset, size - word)
    dtype = f"{mark}u{word}"
    down = values.bits_down(word, 8 * (offset - start) + shift, bits, byte_order)
    up = 8 * word - down - bits
    read = _signed_bits if signed else _unsigned_bits
    return lambda block: Integers(read(block.column(dtype, start), up, bits), low, high)


def _unsigned_bits(words: Array, up: int, bits: int) -> Array:
    """The `bits` bits of words that lie below their `up` highest ones."""
    number = words.dtype.type
    found: Array = (words << number(up)) >> number(8 * words.dtype.itemsize - bits)
    return found


def _signed_bits(words: Array, up: int, bits: int) -> Array:
    size = words.dtype.itemsize
    signed = numpy.dtype(f"i{size}")
    found: Array = (words << words.dtype.type(up)).view(signed) >> signed.type(8 * size - bits)
    return found


def _two_words(offset: int, signed: bool, byte_order: Order) -> Callable[[Block], Integers]:
    """128 bits: Python's integers, but where all of a block's numbers fit in 64."""
    mark = MARKS[byte_order]
    upper, lower = (offset + 8, offset) if byte_order == "little" else (offset, offset + 8)
    kind = "i" if signed else "u"
    least, most = (-1 << 127, (1 << 127) - 1) if signed else (0, (1 << 128) - 1)
    small = numpy.iinfo(f"{kind}8")

    def read(block: Block) -> Integers:
        high = block.column(f"{mark}{kind}8", upper)
        low = block.column(f"{mark}{kind}8", lower)
        extension = low >> low.dtype.type(63) if signed else numpy.uint64(0)
        if (high == extension).all():
            return Integers(low, int(small.min), int(small.max))
        low = block.column(f"{mark}u8", lower)
        return Integers(high.astype(object) << 64 | low.astype(object), least, most)

    return read


# Floats.


def _floats(node: Node, offset: int, byte_order: Order) -> Callable[[Block], Floats]:
    form = float_format(node)
    code = FLOAT_CODES.get(form)
    if code is None:
        length = values.X87_SIZE if form == X87 else node.size
        return lambda block: Floats(_odd_floats(block.bytes(offset, length), form, byte_order))
    dtype = MARKS[byte_order] + code
    if form == BFLOAT:  # the upper half of a single
        return lambda block: Floats(
            (block.column(dtype, offset).astype("u4") << numpy.uint32(16)).view("f4").astype("f8")
        )
    return lambda block: Floats(block.column(dtype, offset).astype("f8", copy=False))


def _odd_floats(raw: Array, form: str, byte_order: Order) -> Array:
    """The doubles nearest to numbers of a format that numpy has not."""
    length = raw.shape[1]
    packed = raw.tobytes()
    numbers = (
        values.float_of(int.from_bytes(packed[at : at + length], byte_order), form)
        for at in range(0, len(packed), length)
    )
    return numpy.fromiter(numbers, "f8", raw.shape[0])


# Texts.


def texts(block: Block, offset: int, length: int) -> list[str]:
    """The texts of a `char` array, as `values.text_of` reads them."""
    if not length:
        return [""] * block.count
    packed = block.bytes(offset, length).tobytes()
    return [values.text_of(packed[at : at + length]) for at in range(0, len(packed), length)]


def text_is(block: Block, offset: int, length: int, text: str) -> Any:
    """Where the text of a `char` array is that one; array of bool, or one bool for all records."""
    if not text.isascii():  # several sequences of bytes may be this text
        return numpy.array([found == text for found in texts(block, offset, length)], bool)
    raw = text.encode()
    if len(raw) > length or b"\0" in raw:
        return numpy.bool_(False)
    if not length:
        return numpy.bool_(True)
    # With the NUL behind it, where there is room for one; numpy strips it.
    found: Array = block.column(f"S{min(len(raw) + 1, length)}", offset) == raw
    return found


def located_texts(block: Block, node: Node, shift: int, byte_order: Order) -> list[str]:
    """The texts that the words of a located array of `char` lead to, `shift` bytes further on."""
    data = block.data[block.start : block.start + block.count * block.size]
    rows = data.cast("B", (block.count, block.size))
    known = rows if block.lengths is None else columns.Rows(rows, block.lengths)
    whole = columns.Block(Layout(node.type, node), byte_order, known)
    return columns.split(*columns.located_texts(whole, columns.Place(node, shift=shift)))


# Bytes of no type.


def digits(block: Block, offset: int, length: int) -> list[str]:
    """The hexadecimal digits of so many bytes there."""
    if not length:
        return [""] * block.count
    packed = block.bytes(offset, length).tobytes().hex()
    return [packed[at : at + 2 * length] for at in range(0, len(packed), 2 * length)]


def bytes_are(block: Block, offset: int, raw: bytes) -> Any:
    """Where the bytes there are these: array of bool."""
    wanted = numpy.frombuffer(raw, "u1")
    return (block.bytes(offset, len(raw)) == wanted).all(axis=1)


__all__ = [
    "Block",
    "bytes_are",
    "digits",
    "located_texts",
    "number_reader",
    "text_is",
    "texts",
]
