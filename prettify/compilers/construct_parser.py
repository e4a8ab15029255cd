"""A layout as a construct: bytes in, Python values out, and back again.

It knows what each place's value is in Python; where records come from and how they are shown as
text is known elsewhere. Values are those of the JSON form, but for pointers, which are integers,
and floats, which may be NaN and infinite.

Every part of the tree has a fixed size and works in place, at an offset of the whole record's
bytes, which takes a single call per level and member. Each is also a `construct.Construct` in its
own right, to be used in constructs of one's own.
"""

from __future__ import annotations

import math
import operator
import struct

import construct
from construct.core import stream_read, stream_write

from prettify import model
from prettify.compilers import values
from prettify.errors import DataError, UsageError
from prettify.layout import (
    DOUBLE,
    HALF,
    SINGLE,
    X87,
    Layout,
    Node,
    float_format,
    is_bool,
    is_signed,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Literal

    Values = dict[str, Any]
    Order = Literal["little", "big"]

MARKS = {"little": "<", "big": ">"}
INTEGER_CODES = {1: "b", 2: "h", 4: "l", 8: "q"}  # of struct, signed; the unsigned are capitals
FLOAT_CODES = {HALF: "e", SINGLE: "f", DOUBLE: "d"}
SHOWN = 60  # characters of a value that an error message shows


class Record(dict):  # type: ignore[type-arg]
    """The members of a struct or union by name; `raw` holds the bytes they were parsed from.

    Building it starts from these bytes, so padding and all else that no value tells survives.
    """

    __slots__ = ("raw",)

    def __init__(self, values: Values | Iterable[tuple[str, Any]] = (), raw: bytes = b"") -> None:
        super().__init__(values)
        self.raw = raw

    def copy(self) -> Record:
        """A shallow copy, raw bytes included."""
        return Record(self, self.raw)


def compile_construct(layout: Layout, byte_order: str) -> construct.Construct:
    """The construct of a type, for data of that byte order ("little" or "big").

    `parse` gives a Record for structs, unions and sections, else a plain value; StreamError where
    the data is too short. `build` takes the same, or plain dicts and lists (as from JSON: pointers
    may be "0x..." strings, floats None, enums numbers), and starts from a Record's raw bytes, else
    from zeroes; only members that are there and differ from these bytes are written, so an
    unchanged Record gives the same bytes back, and of a union the changed member counts. DataError
    names the member that has no place or a value that does not fit.

    Raises UsageError where the type has no size, or the byte order is neither.
    """
    name = model.spelled(layout.type)
    if byte_order not in MARKS:
        raise UsageError(f"byte order {byte_order!r} is neither 'little' nor 'big'")
    if layout.root.kind not in model.SIZED:
        raise UsageError(f"{name} is a {layout.root.kind}, which has no size")
    part = _part(layout.root, byte_order, layout.root.bit_offset)
    part.title = name
    return part


def unpack(layout: Layout, byte_order: str, data: bytes | bytearray | memoryview) -> Any:
    """The value at the start of data. Raises DataError where it is too short, and UsageError."""
    if len(data) < layout.size:
        name = model.spelled(layout.type)
        raise DataError(f"{len(data)} bytes are too few for {name}, which has {layout.size}", 0)
    return compile_construct(layout, byte_order).parse(data[: layout.size])


def pack(layout: Layout, byte_order: str, values: Any) -> bytes:
    """The bytes of a value, the inverse of `unpack`. Raises DataError and UsageError."""
    return bytes(compile_construct(layout, byte_order).build(values))


class Misfit(Exception):
    """A value that cannot be written; `steps` is the path of its member, last step first."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps: list[str] = []


def _shown(value: object) -> str:
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # an integer of thousands of digits
        text = "a huge number"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


class Part(construct.Construct):  # type: ignore[misc]
    """A construct of `size` bytes that also reads and writes at an offset of a whole record."""

    size: int
    title = "the value"  # how errors call the whole

    def decode(self, data: bytes, at: int) -> Any:
        """The value of the bytes there, all of which are there."""
        raise NotImplementedError

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        """Write a value to `out` at that offset unless it is what `base` has there.

        They are two so that what one member of a union writes does not look like a change of the
        others. Raises Misfit.
        """
        raise NotImplementedError

    def built(self, value: Any) -> bytearray:
        """The bytes of a value. Raises Misfit."""
        base = value.raw if isinstance(value, Record) else b""
        if len(base) != self.size:
            base = bytes(self.size)
        out = bytearray(base)
        self.patch(out, base, 0, value)
        return out

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        return self.decode(bytes(stream_read(stream, self.size, path)), 0)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        try:
            out = bytes(self.built(obj))
        except Misfit as misfit:
            where = "".join(reversed(misfit.steps)).removeprefix(".")
            raise DataError(f"{where or self.title}: {misfit.what}") from None
        stream_write(stream, out, self.size, path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return self.size


# Numbers.


def _ranged(value: Any, bits: int, signed: bool) -> int:
    """An integer that fits, from a value. Raises Misfit."""
    try:
        number = operator.index(value)
    except TypeError:
        raise Misfit(f"{_shown(value)} is no integer") from None
    low, high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
    if not low <= number < high:
        sign = "signed" if signed else "unsigned"
        raise Misfit(f"{_shown(number)} does not fit in {bits} bits {sign}")
    return number


def _real(value: Any, bits: int, fits: Callable[[float], object]) -> float:
    """A float that `fits` does not raise OverflowError for, from a value. Raises Misfit."""
    try:
        if isinstance(value, (str, bytes, bytearray)):
            raise TypeError
        number = float(value)
        fits(number)
    except (TypeError, ValueError):
        raise Misfit(f"{_shown(value)} is no number") from None
    except OverflowError:
        raise Misfit(f"{_shown(value)} does not fit in {bits} bits of float") from None
    return number


def _same_real(one: float, other: Any) -> bool:
    """Whether a value is that float: for NaN any other, for zeroes one of the same sign.

    None is the same as all: what JSON has in place of NaN and infinity.
    """
    if not isinstance(other, float):
        return other is None
    if one != one or other != other:
        return one != one and other != other
    return one == other and math.copysign(1.0, one) == math.copysign(1.0, other)


class Whole(Part, construct.FormatField):  # type: ignore[misc]
    """An integer of 1, 2, 4 or 8 bytes."""

    def __init__(self, mark: str, code: str) -> None:
        construct.FormatField.__init__(self, mark, code)
        self.size = self.length
        self.signed = code.islower()
        self.unpack_from = struct.Struct(self.fmtstr).unpack_from

    def decode(self, data: bytes, at: int) -> Any:
        return self.unpack_from(data, at)[0]

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        number = _ranged(value, 8 * self.size, self.signed)
        if number != self.unpack_from(base, at)[0]:
            struct.pack_into(self.fmtstr, out, at, number)


class Real(Whole):
    """A half, single or double precision float."""

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        if not _same_real(self.unpack_from(base, at)[0], value):
            number = _real(value, 8 * self.size, lambda number: struct.pack(self.fmtstr, number))
            struct.pack_into(self.fmtstr, out, at, number)


class Wide(Part, construct.BytesInteger):  # type: ignore[misc]
    """An integer of any other number of bytes."""

    def __init__(self, size: int, signed: bool, byte_order: Order) -> None:
        construct.BytesInteger.__init__(self, size, signed, byte_order == "little")
        self.size = size
        self.byte_order: Order = byte_order

    def decode(self, data: bytes | bytearray, at: int) -> Any:
        return int.from_bytes(data[at : at + self.size], self.byte_order, signed=self.signed)

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        number = _ranged(value, 8 * self.size, self.signed)
        if number != self.decode(base, at):
            out[at : at + self.size] = number.to_bytes(
                self.size, self.byte_order, signed=self.signed
            )


class Bits(Part):
    """A bitfield: `bits` bits in `size` bytes, `down` bits above their lowest."""

    def __init__(self, size: int, down: int, bits: int, signed: bool, byte_order: Order) -> None:
        super().__init__()
        self.size = size
        self.down = down
        self.bits = bits
        self.mask = (1 << bits) - 1
        self.signed = signed
        self.byte_order: Order = byte_order

    def decode(self, data: bytes | bytearray, at: int) -> Any:
        whole = int.from_bytes(data[at : at + self.size], self.byte_order)
        number = whole >> self.down & self.mask
        return values.as_signed(number, self.bits) if self.signed else number

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        number = _ranged(value, self.bits, self.signed)
        if number != self.decode(base, at):
            whole = int.from_bytes(out[at : at + self.size], self.byte_order)
            whole &= ~(self.mask << self.down)
            whole |= (number & self.mask) << self.down
            out[at : at + self.size] = whole.to_bytes(self.size, self.byte_order)


# Numbers that are shown as something else.


class Adapted(Part):
    """What is stored as the number of another part."""

    def __init__(self, subcon: Part) -> None:
        super().__init__()
        self.subcon = subcon
        self.size = subcon.size

    def value(self, number: int) -> Any:
        """What a number stands for."""
        raise NotImplementedError

    def number(self, value: Any) -> Any:
        """The number that stands for a value; Misfit where there is none."""
        raise NotImplementedError

    def decode(self, data: bytes, at: int) -> Any:
        return self.value(self.subcon.decode(data, at))

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        # Several numbers may stand for one value: the one that is there stays.
        old = self.value(self.subcon.decode(base, at))  # type: ignore[arg-type]
        if type(old) is not type(value) or old != value:
            self.subcon.patch(out, base, at, self.number(value))


class Truth(Adapted):
    """A bool: any number but 0 is True."""

    def value(self, number: int) -> bool:
        return number != 0

    def number(self, value: Any) -> int:
        # numpy's bools are no integers, but equal to ours.
        if isinstance(value, str) or value not in (0, 1):
            raise Misfit(f"{_shown(value)} is neither true nor false")
        return int(value)


class Named(Adapted):
    """An enum: its first enumerator's name, or the number where no name fits."""

    def __init__(self, subcon: Part, node: Node) -> None:
        super().__init__(subcon)
        self.enum = model.spelled(node.type) if node.type.name else "the enum"
        self.names = values.names(node)
        self.numbers = {name: number for number, name in reversed(list(self.names.items()))}
        # Enumerators of a value that has another name already.
        for enumerator in node.type.enumerators:  # type: ignore[attr-defined]
            if enumerator.value in self.names:
                self.numbers.setdefault(enumerator.name, enumerator.value)

    def value(self, number: int) -> str | int:
        return self.names.get(number, number)

    def number(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in self.numbers:
            raise Misfit(f"{_shown(value)} is no enumerator of {self.enum}")
        return self.numbers[value]


class Address(Adapted):
    """A pointer: an integer, or a string such as "0x1f" where one is built."""

    def value(self, number: int) -> int:
        return number

    def number(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return int(value, 16 if value[:2] in ("0x", "0X") else 10)
        except ValueError:
            raise Misfit(f"{_shown(value)} is no address") from None


class OddReal(Adapted):
    """A float of a format that Python's `struct` has not: bfloat16, x87, quad."""

    def __init__(self, subcon: Part, form: str) -> None:
        super().__init__(subcon)
        self.form = form

    def value(self, number: int) -> float:
        return values.float_of(number, self.form)

    def number(self, value: Any) -> int:
        real = _real(value, 8 * self.size, lambda number: values.float_bits(number, self.form))
        return values.float_bits(real, self.form)

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        old = self.value(self.subcon.decode(base, at))  # type: ignore[arg-type]
        if not _same_real(old, value):
            self.subcon.patch(out, base, at, self.number(value))


# What has parts.


class Text(Part):
    """An array of `char`."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def decode(self, data: bytes | bytearray, at: int) -> Any:
        return values.text_of(bytes(data[at : at + self.size]))

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        if value == self.decode(base, at):
            return
        raw = self._encoded(value)
        if len(raw) > self.size:
            raise Misfit(f"{_shown(value)} has {len(raw)} bytes, the array {self.size}")
        # Only the bytes that change, so that what another member of a union says of the bytes
        # behind the text is not overwritten.
        for index, byte in enumerate(raw.ljust(self.size, b"\0"), at):
            if byte != base[index]:
                out[index] = byte

    def _encoded(self, value: Any) -> bytes:
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        if not isinstance(value, str):
            raise Misfit(f"{_shown(value)} is no text")
        if "\0" in value:
            raise Misfit(f"{_shown(value)} has a NUL, which ends a text")
        try:
            return values.text_bytes(value, self.size)
        except UnicodeEncodeError:
            raise Misfit(f"{_shown(value)} is not valid Unicode") from None


class Elements(Part):
    """An array: `count` of one part, `stride` bytes from one to the next."""

    def __init__(self, subcon: Part, count: int, stride: int) -> None:
        super().__init__()
        self.subcon = subcon
        self.count = count
        self.stride = stride
        self.size = count * stride
        # Plain numbers at one go.
        self.bulk = None
        if isinstance(subcon, Whole):
            self.bulk = struct.Struct(f"{subcon.fmtstr[0]}{count}{subcon.fmtstr[1]}")

    def decode(self, data: bytes, at: int) -> Any:
        if self.bulk is not None:
            return list(self.bulk.unpack_from(data, at))
        decode, stride = self.subcon.decode, self.stride
        return [decode(data, at + index * stride) for index in range(self.count)]

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        if not isinstance(value, (list, tuple)):
            raise Misfit(f"{_shown(value)} is no list")
        if len(value) > self.count:
            raise Misfit(f"{len(value)} elements, the array has {self.count}")
        index = 0
        try:
            for index, element in enumerate(value):
                self.subcon.patch(out, base, at + index * self.stride, element)
        except Misfit as misfit:
            misfit.steps.append(f"[{index}]")
            raise


class Members(Part):
    """A struct, union or section: by name the offset and part of each member."""

    def __init__(self, size: int, name: str) -> None:
        super().__init__()
        self.size = size
        self.title = name
        self.members: dict[str, tuple[int, Part]] = {}

    def decode(self, data: bytes, at: int) -> Any:
        record = Record.__new__(Record)
        record.raw = data[at : at + self.size]
        for name, (offset, part) in self.members.items():
            record[name] = part.decode(data, at + offset)
        return record

    def patch(self, out: bytearray, base: bytes | bytearray, at: int, value: Any) -> None:
        if not isinstance(value, dict):
            raise Misfit(f"{_shown(value)} is no dict of members")
        end = at + self.size
        if isinstance(value, Record) and len(value.raw) == self.size:
            if value.raw != base[at:end]:
                # A record from elsewhere comes with its padding.
                out[at:end] = self.built(value)
                return
        name = ""
        try:
            for name, member in value.items():
                if name not in self.members:
                    break
                offset, part = self.members[name]
                part.patch(out, base, at + offset, member)
            else:
                return
        except Misfit as misfit:
            misfit.steps.append(f".{name}")
            raise
        raise Misfit(f"{_shown(name)} is no member of {self.title}")


# From nodes to parts. `start` is the bit offset of the struct or array around the node.


def _part(node: Node, byte_order: Order, start: int) -> Part:
    return _PARTS[node.kind](node, byte_order, start)


def _integer(node: Node, byte_order: Order, start: int) -> Part:
    part = _stored(node, byte_order, start)
    return Truth(part) if is_bool(node) else part


def _enum(node: Node, byte_order: Order, start: int) -> Part:
    return Named(_stored(node, byte_order, start), node)


def _pointer(node: Node, byte_order: Order, start: int) -> Part:
    return Address(_stored(node, byte_order, start))


def _stored(node: Node, byte_order: Order, start: int) -> Part:
    """The part of an integer, enum or pointer as a number."""
    signed = is_signed(node)
    if node.bitfield:
        bits = node.bit_size
        _, size, shift = values.bit_span(node.bit_offset - start, bits)
        down = values.bits_down(size, shift, bits, byte_order)
        return Bits(size, down, bits, signed, byte_order)
    code = INTEGER_CODES.get(node.size)
    if code is None:
        return Wide(node.size, signed, byte_order)
    return Whole(MARKS[byte_order], code if signed else code.upper())


def _float(node: Node, byte_order: Order, start: int) -> Part:
    form = float_format(node)
    code = FLOAT_CODES.get(form)
    if code is not None:
        return Real(MARKS[byte_order], code)
    size = values.X87_SIZE if form == X87 else node.size
    return OddReal(Wide(size, False, byte_order), form)


def _array(node: Node, byte_order: Order, start: int) -> Part:
    assert node.element is not None
    if node.of_chars:
        return Text(node.count)
    part = _part(node.element, byte_order, node.bit_offset)
    return Elements(part, node.count, node.stride)


def _members(node: Node, byte_order: Order, start: int) -> Part:
    part = Members(node.size, model.spelled(node.type) if node.type.name else "the struct")
    for owner, child in values.members(node):
        within = _part(child, byte_order, owner.bit_offset)
        part.members[child.name] = ((child.bit_offset - node.bit_offset) >> 3, within)
    return part


_PARTS: dict[str, Callable[[Node, Order, int], Part]] = {
    model.INT: _integer,
    model.ENUM: _enum,
    model.POINTER: _pointer,
    model.FLOAT: _float,
    model.ARRAY: _array,
    model.STRUCT: _members,
    model.UNION: _members,
    model.SECTION: _members,
}
