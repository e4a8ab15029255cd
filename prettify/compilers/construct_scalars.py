"""The scalars of a layout as constructs: numbers, bools, enums, pointers, bytes of no type.

Every part has a fixed size and works in place, at an offset of the whole record's bytes, which
takes a single call per level and member. Each is also a `construct.Construct` in its own right, to
be used in constructs of one's own.
"""

from __future__ import annotations

import math
import operator
import struct
from abc import ABCMeta, abstractmethod

import construct
from construct.core import stream_read, stream_write

from prettify import model
from prettify.compilers import values
from prettify.errors import DataError, one_line
from prettify.layout import (
    DOUBLE,
    HALF,
    SINGLE,
    X87,
    Node,
    decimals,
    float_format,
    is_bool,
    is_signed,
    name_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    Order = Literal["little", "big"]

MARKS = {"little": "<", "big": ">"}
INTEGER_CODES = {1: "b", 2: "h", 4: "l", 8: "q"}  # of struct, signed; the unsigned are capitals
FLOAT_CODES = {HALF: "e", SINGLE: "f", DOUBLE: "d"}
SHOWN = 60  # characters of a value that an error message shows


class Misfit(Exception):
    """A value that cannot be written; `steps` is the path of its member, last step first."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
        self.steps: list[str] = []


def shown(value: object) -> str:
    """A value as error messages show it: on one line, not too long."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # an integer of thousands of digits
        text = "a huge number"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


class Part(construct.Construct, metaclass=ABCMeta):  # type: ignore[misc]
    """A construct of `size` bytes that also reads and writes at an offset of a whole record."""

    size: int
    title = "the value"  # how errors call the whole
    to_end = False  # whether what is behind these bytes belongs to the record: arrays are there

    @abstractmethod
    def decode(self, data: bytes, at: int) -> Any:
        """The value of the bytes there, all of which are there."""

    @abstractmethod
    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        """Write a value to `out` at that offset unless it is what `base` has there.

        They are two so that what one member of a union writes does not look like a change of the
        others. Raises Misfit.
        """

    def base(self, value: Any) -> bytes:
        """The bytes that building a value starts from."""
        return bytes(self.size)

    def built(self, value: Any) -> bytearray:
        """The bytes of a value. Raises Misfit."""
        base = self.base(value)
        out = bytearray(base)
        self.patch(out, base, 0, value)
        return out

    def _parse(self, stream: Any, context: Any, path: str) -> Any:
        data = bytes(stream_read(stream, self.size, path))
        return self.decode(data + stream.read() if self.to_end else data, 0)

    def _build(self, obj: Any, stream: Any, context: Any, path: str) -> Any:
        try:
            out = bytes(self.built(obj))
        except Misfit as misfit:
            where = "".join(reversed(misfit.steps)).removeprefix(".")
            what = one_line(f"{where or self.title}: {misfit.what}")
            raise DataError(what) from None
        stream_write(stream, out, len(out), path)
        return obj

    def _sizeof(self, context: Any, path: str) -> int:
        return self.size


# Numbers.


def _ranged(value: Any, bits: int, signed: bool) -> int:
    """An integer that fits, from a value. Raises Misfit."""
    try:
        number = operator.index(value)
    except TypeError:
        raise Misfit(f"{shown(value)} is no integer") from None
    low, high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
    if not low <= number < high:
        sign = "signed" if signed else "unsigned"
        raise Misfit(f"{shown(number)} does not fit in {bits} bits {sign}")
    return number


def _real(value: Any) -> float:
    """A float, from a value. Raises Misfit."""
    try:
        if isinstance(value, (str, bytes, bytearray)):
            raise TypeError
        return float(value)
    except (TypeError, ValueError):
        raise Misfit(f"{shown(value)} is no number") from None
    except OverflowError:
        raise Misfit(f"{shown(value)} does not fit in a float") from None


def _same_real(one: float, other: float) -> bool:
    """Whether two floats are alike: any two NaN are, zeroes of different sign are not."""
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

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        number = _ranged(value, 8 * self.size, self.signed)
        if number != self.unpack_from(base, at)[0]:
            struct.pack_into(self.fmtstr, out, at, number)


class Real(Whole):
    """A half, single or double precision float; None, JSON's word for NaN, leaves what is there."""

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        if value is None:
            return
        number = _real(value)
        if not _same_real(self.unpack_from(base, at)[0], number):
            try:
                struct.pack_into(self.fmtstr, out, at, number)
            except OverflowError:
                raise Misfit(f"{shown(value)} does not fit in {8 * self.size} bits") from None


class Wide(Part, construct.BytesInteger):  # type: ignore[misc]
    """An integer of any other number of bytes."""

    def __init__(self, size: int, signed: bool, byte_order: Order) -> None:
        construct.BytesInteger.__init__(self, size, signed, byte_order == "little")
        self.size = size
        self.byte_order: Order = byte_order

    def decode(self, data: bytes, at: int) -> Any:
        return int.from_bytes(data[at : at + self.size], self.byte_order, signed=self.signed)

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
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

    def decode(self, data: bytes, at: int) -> Any:
        whole = int.from_bytes(data[at : at + self.size], self.byte_order)
        number = whole >> self.down & self.mask
        return values.as_signed(number, self.bits) if self.signed else number

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
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

    @abstractmethod
    def value(self, number: int) -> Any:
        """What a number stands for."""

    @abstractmethod
    def number(self, value: Any) -> Any:
        """The number that stands for a value; Misfit where there is none."""

    def decode(self, data: bytes, at: int) -> Any:
        return self.value(self.subcon.decode(data, at))

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        # Several numbers may stand for one value: the one that is there stays.
        old = self.decode(base, at)
        if type(old) is not type(value) or old != value:
            self.subcon.patch(out, base, at, self.number(value))


class Truth(Adapted):
    """A bool: any number but 0 is True."""

    def value(self, number: int) -> bool:
        return number != 0

    def number(self, value: Any) -> int:
        boolean = type(value).__name__ in ("bool", "bool_")  # numpy's, too, which are no integers
        if not boolean and not (isinstance(value, int) and value in (0, 1)):
            raise Misfit(f"{shown(value)} is neither true nor false")
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
                self.numbers.setdefault(name_of(enumerator.name), enumerator.value)

    def value(self, number: int) -> str | int:
        return self.names.get(number, number)

    def number(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if value not in self.numbers:
            raise Misfit(f"{shown(value)} is no enumerator of {self.enum}")
        return self.numbers[value]


class Address(Adapted):
    """A pointer: an integer, or a string such as "0x1f" where one is built."""

    def value(self, number: int) -> int:
        return number

    def number(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return int(value, 0)
        except ValueError:
            raise Misfit(f"{shown(value)} is no address") from None


class Pointed(Adapted):
    """An integer of which so many digits are behind a point: the float next to that number."""

    def __init__(self, subcon: Part, digits: int) -> None:
        super().__init__(subcon)
        self.unit: int = 10**digits

    def value(self, number: int) -> float:
        return number / self.unit

    def number(self, value: Any) -> int:
        try:
            return round(_real(value) * self.unit)
        except (OverflowError, ValueError):
            raise Misfit(f"{shown(value)} is not finite") from None


class OddReal(Adapted):
    """A float of a format that Python's `struct` has not: bfloat16, x87, quad."""

    def __init__(self, subcon: Part, size: int, form: str) -> None:
        super().__init__(subcon)
        self.size = size  # more than the number has, for x87
        self.form = form

    def value(self, number: int) -> float:
        return values.float_of(number, self.form)

    def number(self, value: Any) -> int:
        try:
            return values.float_bits(_real(value), self.form)
        except OverflowError:
            raise Misfit(f"{shown(value)} does not fit in {self.form} precision") from None

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        if value is None:
            return
        if not _same_real(self.decode(base, at), _real(value)):
            self.subcon.patch(out, base, at, self.number(value))


# What is no number.


class Opaque(Part):
    """Bytes of no type: Python's, or a string of their hexadecimal digits where one is built."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def decode(self, data: bytes, at: int) -> bytes:
        return bytes(data[at : at + self.size])

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        raw = self._raw(value)
        if len(raw) != self.size:
            raise Misfit(f"{shown(value)} has {len(raw)} bytes, not {self.size}")
        if raw != base[at : at + self.size]:
            out[at : at + self.size] = raw

    def _raw(self, value: Any) -> bytes:
        if isinstance(value, (bytes, bytearray, memoryview)):
            return bytes(value)
        try:
            return bytes.fromhex(value)
        except (TypeError, ValueError):
            raise Misfit(f"{shown(value)} is neither bytes nor hexadecimal digits") from None


# From nodes to parts.


def _integer(node: Node, byte_order: Order) -> Part:
    digits = decimals(node)
    if digits:
        return Pointed(_stored(node, byte_order), digits)
    part = _stored(node, byte_order)
    return Truth(part) if is_bool(node) else part


def _enum(node: Node, byte_order: Order) -> Part:
    return Named(_stored(node, byte_order), node)


def _pointer(node: Node, byte_order: Order) -> Part:
    return Address(_stored(node, byte_order))


def _stored(node: Node, byte_order: Order) -> Part:
    """The part of an integer, enum or pointer as a number."""
    signed = is_signed(node) and not is_bool(node)  # a bool of one bit is 1, not -1
    if node.bitfield:
        bits = node.bit_size
        _, size, shift = values.bit_span(node.bit_offset, bits)
        down = values.bits_down(size, shift, bits, byte_order)
        return Bits(size, down, bits, signed, byte_order)
    code = INTEGER_CODES.get(node.size)
    if code is None:
        return Wide(node.size, signed, byte_order)
    return Whole(MARKS[byte_order], code if signed else code.upper())


def _opaque(node: Node, byte_order: Order) -> Part:
    return Opaque(node.size)


def _float(node: Node, byte_order: Order) -> Part:
    form = float_format(node)
    code = FLOAT_CODES.get(form)
    if code is not None:
        return Real(MARKS[byte_order], code)
    size = values.X87_SIZE if form == X87 else node.size
    return OddReal(Wide(size, False, byte_order), node.size, form)


SCALARS: dict[str, Callable[[Node, Order], Part]] = {
    model.INT: _integer,
    model.ENUM: _enum,
    model.POINTER: _pointer,
    model.FLOAT: _float,
    model.BYTES: _opaque,
}
