"""A layout as a numpy dtype, and arrays of records that know what numpy does not: bitfields.

A dtype has exactly the type's size and each member at its place. numpy knows no bits, so each
bitfield lies in a storage unit, a field of its own that several bitfields may share:
`bits@OFFSET:SIZE` (both in bytes, from the start of the struct), an unsigned integer of the
bitfield's declared type, at a multiple of its size; or, where the bitfield does not lie in such a
place or that place not in the struct, `bytes@OFFSET:SIZE`, the bytes that hold it. No C name can
be one of these; should a member be called so, the unit's name has `@` behind it.

A bool is an unsigned integer in the dtype, so that bytes other than 0 and 1 survive; `Records`
gives it as numpy bools, true where it is not 0. A 128-bit integer is two words, `low` and `high`,
in the order in which they lie in memory.
"""

from __future__ import annotations

import sys

import numpy

from prettify import model
from prettify.compilers import values
from prettify.errors import DataError, UsageError
from prettify.layout import (
    BFLOAT,
    DOUBLE,
    HALF,
    NESTED,
    SINGLE,
    X87,
    float_format,
    innermost,
    is_bool,
    is_signed,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    from prettify.layout import Layout, Node

    Dtype = numpy.dtype[Any]
    Array = numpy.ndarray[Any, Dtype]
    Base = numpy.ndarray[Any, Dtype]
    Order = Literal["little", "big"]
else:
    Base = numpy.ndarray

MARKS = {"little": "<", "big": ">"}
MAX_SIZE = (1 << 31) - 1  # bytes of a dtype
WORD_SIZES = (1, 2, 4, 8)
FLOAT_CODES = {HALF: "f2", SINGLE: "f4", DOUBLE: "f8", BFLOAT: "u2"}


def compile_dtype(layout: Layout, byte_order: str) -> Dtype:
    """The dtype of a type for data of that byte order; `itemsize` is the type's size in bytes.

    Structs, unions and sections have their members as fields, those of anonymous ones in their
    parent, and units for bitfields; arrays are subarrays, `char` arrays bytes; enums and pointers
    integers; integers and floats that numpy does not have, and bytes of no type, are `V`. A located
    array is its word, and of a number with a point the integer is there.

    Raises UsageError where the type has no size or is more than numpy can hold.
    """
    name = values.title_of(layout.type)
    if byte_order not in MARKS:
        raise UsageError(f"byte order {byte_order!r} is neither 'little' nor 'big'")
    if layout.root.kind not in model.SIZED:
        raise UsageError(f"{name} is a {layout.root.kind}, which has no size")
    if layout.size > MAX_SIZE:
        raise UsageError(f"{name} has {layout.size} bytes, a numpy dtype at most {MAX_SIZE}")
    try:
        return _dtype(layout.root, byte_order)
    except ValueError as error:  # too many dimensions
        raise UsageError(f"numpy cannot hold {name}: {error}") from None


def view(
    layout: Layout,
    byte_order: str,
    data: bytes | bytearray | memoryview,
    dtype: Dtype | None = None,
) -> Records:
    """The records in `data` as an array of shape (n,), without a copy, writable where data is.

    dtype: what `compile_dtype` made of the same arguments, where one has it.
    Raises UsageError as that does and where the type has 0 bytes; DataError where data is no whole
    number of records.
    """
    if dtype is None:
        dtype = compile_dtype(layout, byte_order)
    count_of(layout, memoryview(data).nbytes)
    records = numpy.frombuffer(data, dtype=dtype).view(Records)
    records._describe(innermost(layout.root), byte_order)
    return records


def count_of(layout: Layout, size: int) -> int:
    """How many records that many bytes are.

    Raises UsageError where the type has 0 bytes; DataError where they are no whole number.
    """
    name = values.title_of(layout.type)
    if not layout.size:
        raise UsageError(f"{name} has 0 bytes: no telling how many of them there are")
    count, left = divmod(size, layout.size)
    if left:
        raise DataError(
            f"{left} bytes left over behind {count} records of {name}, {layout.size} bytes each",
            size - left,
        )
    return count


# From nodes to dtypes.


def _dtype(node: Node, byte_order: str) -> Dtype:
    return _DTYPES[node.kind](node, byte_order)


def _integer(node: Node, byte_order: str) -> Dtype:
    size = node.size
    if size in WORD_SIZES:
        sign = "i" if is_signed(node) and not is_bool(node) else "u"
        return numpy.dtype(f"{MARKS[byte_order]}{sign}{size}")
    if size == 16:
        words = ("low", "high") if byte_order == "little" else ("high", "low")
        return numpy.dtype([(word, f"{MARKS[byte_order]}u8") for word in words])
    return numpy.dtype(f"V{size}")


def _float(node: Node, byte_order: str) -> Dtype:
    form = float_format(node)
    code = FLOAT_CODES.get(form)
    if code is not None:
        return numpy.dtype(MARKS[byte_order] + code)
    if form == X87 and byte_order == sys.byteorder and _platform_has_x87(node.size):
        return numpy.dtype(numpy.longdouble)
    return numpy.dtype(f"V{node.size}")


def _platform_has_x87(size: int) -> bool:
    """Whether numpy's longdouble is the x87 number in that many bytes."""
    return (
        numpy.dtype(numpy.longdouble).itemsize == size and numpy.finfo(numpy.longdouble).nmant == 63
    )


def _opaque(node: Node, byte_order: str) -> Dtype:
    # numpy takes V0, as S0, for a size that is not known yet.
    return numpy.dtype(f"V{node.size}") if node.size else numpy.dtype(("V1", (0,)))


def _word(node: Node, byte_order: str) -> Dtype:
    return _integer(node, byte_order) if node.size else _opaque(node, byte_order)


def _array(node: Node, byte_order: str) -> Dtype:
    shape = []
    # All dimensions at once: numpy's subarrays have one shape, and levels of ours stay few.
    while node.element is not None and not node.of_chars:
        shape.append(node.count)
        node = node.element
    if node.element is None:
        inner = _dtype(node, byte_order)
        if inner.subdtype is not None:  # nothing at all
            inner, none = inner.subdtype
            shape += none
    elif node.count:
        inner = numpy.dtype(f"S{node.count}")
    else:
        shape.append(0)
        inner = numpy.dtype("S1")
    return numpy.dtype((inner, tuple(shape))) if shape else inner


def _members(node: Node, byte_order: str) -> Dtype:
    found = values.table(node)
    fields: dict[str, tuple[Dtype, int]] = {}
    for name, (owner, child) in found.items():
        if child.bitfield:
            unit, offset = _unit(owner, child, byte_order)
            offset -= node.offset
            kind = "bytes" if unit.kind == "V" else "bits"
            name = f"{kind}@{offset}:{unit.itemsize}"
            while name in found:
                name += "@"
            fields[name] = (unit, offset)
        else:
            fields[name] = (_dtype(child, byte_order), child.offset - node.offset)
    return numpy.dtype(
        {
            "names": list(fields),
            "formats": [dtype for dtype, _ in fields.values()],
            "offsets": [offset for _, offset in fields.values()],
            "itemsize": node.size,
        }
    )


def _unit(owner: Node, child: Node, byte_order: str) -> tuple[Dtype, int]:
    """A bitfield's storage unit, and where it begins in the record, in bytes."""
    size = getattr(child.type, "size", 0)
    if size in WORD_SIZES:
        bits = 8 * size
        start = (child.bit_offset - owner.bit_offset) // bits * bits + owner.bit_offset
        end = start + bits
        if child.bit_offset + child.bit_size <= end <= owner.bit_offset + owner.bit_size:
            return numpy.dtype(f"{MARKS[byte_order]}u{size}"), start >> 3
    first, length, _ = values.bit_span(child.bit_offset, child.bit_size)
    return numpy.dtype(f"V{length}"), first


_DTYPES: dict[str, Callable[[Node, str], Dtype]] = {
    model.INT: _integer,
    model.ENUM: _integer,
    model.POINTER: _integer,
    model.FLOAT: _float,
    model.BYTES: _opaque,
    model.ARRAY: _array,
    model.LOCATED: _word,
    model.STRUCT: _members,
    model.UNION: _members,
    model.SECTION: _members,
}


# Arrays of records.


class Records(Base):
    """An array of records whose bitfields have names too.

    `records["name"]`, and `records["a.b"]` for a member of a member, gives for a bitfield its
    values (uint64 or int64, of more than 64 bits Python integers; a copy), for a bool, bitfield or
    not, numpy bools (a copy), for a struct or union Records, for anything else what numpy gives: a
    view. Arrays add their dimensions. Arrays made by slicing and masking can do the same; those of
    another dtype, such as `records[["a", "b"]]`, are numpy's alone.
    """

    _node: Node | None = None
    _byte_order: Order = "little"
    _described: Dtype | None = None

    def __array_finalize__(self, obj: Any) -> None:
        self._node = getattr(obj, "_node", None)
        self._byte_order = getattr(obj, "_byte_order", "little")
        self._described = getattr(obj, "_described", None)

    def _describe(self, node: Node, byte_order: str) -> None:
        self._node = node
        self._byte_order = "little" if byte_order == "little" else "big"
        self._described = self.dtype

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        found = self._find(key)
        if found is None:
            return super().__getitem__(key)
        holder, within, name, child = found
        if child.bitfield:
            column = self._bitfield(holder, within, child)
            return column != 0 if is_bool(child) else column
        column = holder[name]
        inner = innermost(child)
        if inner.kind in NESTED:
            records = column.view(Records)
            records._describe(inner, self._byte_order)
            return records
        return _truth(column) if is_bool(inner) else column

    def integers(self, path: str) -> Array:
        """The integers of a member as Python ints, exact at any width, in an array of objects.

        For integers, enums, pointers, bools and bitfields of all sizes; of pointers the address, of
        enums the number. Raises ValueError for other members and where there is no such member.
        """
        found = self._find(path)
        if found is None:
            raise ValueError(f"no field of name {path}")
        holder, within, name, child = found
        inner = innermost(child)
        if inner.kind not in (model.INT, model.ENUM, model.POINTER) or _is_text(child):
            raise ValueError(f"field {path} holds no integers")
        if child.bitfield:
            column = self._bitfield(holder, within, child)
        else:
            column = bits_of(_bytes(holder[name], 0, inner.size), 0, self._byte_order, inner)
        return column.astype(object)

    def _bitfield(self, holder: Array, within: Node, child: Node) -> Array:
        """The values of a bitfield in an array of the structs that `within` is."""
        first, length, shift = values.bit_span(child.bit_offset, child.bit_size)
        raw = _bytes(holder, first - within.offset, length)
        return bits_of(raw, shift, self._byte_order, child)

    def _find(self, path: str) -> tuple[Array, Node, str, Node] | None:
        """(array of the structs that have a member, their node, the member's name, its node)."""
        node = self._node
        # A view may have got another dtype since.
        if node is None or self.dtype != self._described:
            return None
        array = self.view(numpy.ndarray)
        while node.kind in NESTED:
            members = values.table(node)
            if path in members:
                return array, node, path, members[path][1]
            # Not all names are C's: one with dots goes before a path, and a long one first.
            name = path
            while name not in members:
                name = name.rpartition(".")[0]
                if not name:
                    return None
            child = members[name][1]
            if child.bitfield:
                return None
            array, path, node = array[name], path[len(name) + 1 :], innermost(child)
        return None


def _is_text(node: Node) -> bool:
    """Whether this is an array of `char`, or one of such arrays."""
    while node.element is not None and not node.of_chars:
        node = node.element
    return node.of_chars


def _bytes(array: Array, start: int, length: int) -> Array:
    """That many bytes of each element, from `start` on, as one more dimension, without a copy."""
    field: Array = array.getfield(numpy.dtype(("u1", (length,))), start)
    return field


def _truth(column: Array) -> Array:
    """Where bools that are stored as numbers of any dtype are not 0."""
    if column.dtype.kind == "u":
        return numpy.asarray(column != 0)
    return numpy.asarray(_bytes(column, 0, column.dtype.itemsize).any(axis=-1))


def bits_of(raw: Array, shift: int, byte_order: Order, node: Node) -> Array:
    """The integers of node.bit_size bits in arrays of bytes, the last dimension of `raw`."""
    bits = node.bit_size
    signed = is_signed(node) and not is_bool(node)
    if bits > 64:
        return _wide_bits(raw, shift, bits, signed, byte_order)
    size = raw.shape[-1]
    found = numpy.zeros(raw.shape[:-1], numpy.uint64)
    left = bits
    for index in range(size):
        skip = shift if index == 0 else 0
        take = min(8 - skip, left)
        down = skip if byte_order == "little" else 8 - skip - take
        part = (raw[..., index] >> numpy.uint8(down)) & numpy.uint8((1 << take) - 1)
        # Both operands typed: numpy 1 makes floats of uint64 and an int.
        if byte_order == "little":
            found |= part.astype(numpy.uint64) << numpy.uint64(bits - left)
        else:
            found = found << numpy.uint64(take) | part
        left -= take
    if not signed:
        return found
    unused = 64 - bits
    extended: Array = (found << numpy.uint64(unused)).view(numpy.int64) >> numpy.int64(unused)
    return extended


def _wide_bits(raw: Array, shift: int, bits: int, signed: bool, byte_order: Order) -> Array:
    size = raw.shape[-1]
    down = values.bits_down(size, shift, bits, byte_order)
    mask = (1 << bits) - 1
    found = numpy.empty(raw.shape[:-1], object)
    packed = numpy.ascontiguousarray(raw).tobytes()
    for index in range(found.size):
        whole = int.from_bytes(packed[index * size : (index + 1) * size], byte_order)
        number = whole >> down & mask
        found.flat[index] = values.as_signed(number, bits) if signed else number
    return found
