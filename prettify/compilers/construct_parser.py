"""A layout as a construct: bytes in, Python values out, and back again.

It knows what each place's value is in Python; where records come from and how they are shown as
text is known elsewhere. Values are those of the JSON form, but for pointers, which are integers,
and floats, which may be NaN and infinite.
"""

from __future__ import annotations

import struct

from prettify import model
from prettify.compilers import values
from prettify.compilers.construct_scalars import SCALARS, Misfit, Opaque, Part, Whole, shown
from prettify.errors import DataError, UsageError
from prettify.layout import locates, room_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    import construct

    from prettify.compilers.construct_scalars import Order
    from prettify.layout import Layout, Node

    Values = dict[str, Any]


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

    What is located in a record lies behind the type's bytes: there a record goes on to the end of
    what is parsed. Located arrays change in place, within their room.

    Raises UsageError where the type has no size, or the byte order is neither.
    """
    name = values.title_of(layout.type)
    order = _ORDERS.get(byte_order)
    if order is None:
        raise UsageError(f"byte order {byte_order!r} is neither 'little' nor 'big'")
    if layout.root.kind not in model.SIZED:
        raise UsageError(f"{name} is a {layout.root.kind}, which has no size")
    part = _part(layout.root, order)
    part.title = name
    part.to_end = locates(layout)
    return part


def unpack(layout: Layout, byte_order: str, data: bytes | bytearray | memoryview) -> Any:
    """The value at the start of data. Raises DataError where it is too short, and UsageError."""
    if len(data) < layout.size:
        name = values.title_of(layout.type)
        raise DataError(f"{len(data)} bytes are too few for {name}, which has {layout.size}", 0)
    if not locates(layout):
        data = data[: layout.size]
    return compile_construct(layout, byte_order).parse(data)


def pack(layout: Layout, byte_order: str, value: Any) -> bytes:
    """The bytes of a value, the inverse of `unpack`. Raises DataError and UsageError."""
    return bytes(compile_construct(layout, byte_order).build(value))


# What has parts.


class Text(Part):
    """An array of `char`; a flexible one is built of what there is `room` for, in bytes."""

    def __init__(self, size: int, room: int) -> None:
        super().__init__()
        self.size = size
        self.room = room

    def decode(self, data: bytes, at: int) -> Any:
        return values.text_of(bytes(data[at : at + self.size]))

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        if isinstance(value, str) and value == self.decode(base, at):
            return
        raw = self._encoded(value)
        if len(raw) > self.room:
            raise Misfit(f"{shown(value)} has {len(raw)} bytes, the array {self.room}")
        # Only the bytes that change, so that what another member of a union says of the bytes
        # behind the text is not overwritten.
        for index, byte in enumerate(raw.ljust(self.size, b"\0"), at):
            if byte != base[index]:
                out[index] = byte

    def _encoded(self, value: Any) -> bytes:
        if isinstance(value, (bytes, bytearray)):
            return bytes(value)
        if not isinstance(value, str):
            raise Misfit(f"{shown(value)} is no text")
        if "\0" in value:
            raise Misfit(f"{shown(value)} has a NUL, which ends a text")
        try:
            return values.text_bytes(value, self.room)
        except UnicodeEncodeError:
            raise Misfit(f"{shown(value)} is not valid Unicode") from None


class Elements(Part):
    """An array: `count` of one part, `stride` bytes from one to the next.

    A flexible one is built of as many as there is `room` for.
    """

    def __init__(self, subcon: Part, count: int, stride: int, room: int) -> None:
        super().__init__()
        self.subcon = subcon
        self.count = count
        self.stride = stride
        self.room = room
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

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        if not isinstance(value, (list, tuple)):
            raise Misfit(f"{shown(value)} is no list")
        if len(value) > self.room:
            raise Misfit(f"{len(value)} elements, the array has {self.room}")
        index = 0
        try:
            for index, element in enumerate(value):
                self.subcon.patch(out, base, at + index * self.stride, element)
        except Misfit as misfit:
            misfit.steps.append(f"[{index}]")
            raise


class Located(Part):
    """An array that the word here locates, as the part that `make` gives for so many bytes.

    before: from the byte that the word counts from to the word.
    """

    def __init__(self, size: int, before: int, order: Order, make: Callable[[int], Part]) -> None:
        """size: of the word, 0 where there is none."""
        super().__init__()
        self.size = size
        self.before = before
        self.byte_order: Order = order
        self.make = make

    def _place(self, data: bytes, at: int) -> tuple[int, int]:
        """Where the array begins, and its bytes: none where it is not within the data."""
        if not self.size:
            return at, len(data) - at
        word = int.from_bytes(data[at : at + self.size], self.byte_order)
        start, length = at - self.before + (word & 0xFFFF), word >> 16
        return (start, length) if start + length <= len(data) else (at, 0)

    def decode(self, data: bytes, at: int) -> Any:
        start, length = self._place(data, at)
        return self.make(length).decode(data, start)

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        start, length = self._place(base, at)
        self.make(length).patch(out, base, start, value)


class Members(Part):
    """A struct, union or section: by name the offset and part of each member."""

    def __init__(self, size: int, name: str) -> None:
        super().__init__()
        self.size = size
        self.title = name
        self.members: dict[str, tuple[int, Part]] = {}

    def base(self, value: Any) -> bytes:
        if isinstance(value, Record):
            length = len(value.raw)
            if length == self.size or (self.to_end and length > self.size):
                return value.raw
        return bytes(self.size)

    def decode(self, data: bytes, at: int) -> Any:
        record = Record.__new__(Record)
        record.raw = data[at:] if self.to_end else data[at : at + self.size]
        for name, (offset, part) in self.members.items():
            record[name] = part.decode(data, at + offset)
        return record

    def patch(self, out: bytearray, base: bytes, at: int, value: Any) -> None:
        if not isinstance(value, dict):
            raise Misfit(f"{shown(value)} is no dict of members")
        end = at + self.size
        if isinstance(value, Record) and value.raw != base[at:end] and len(value.raw) == self.size:
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
        raise Misfit(f"{shown(name)} is no member of {self.title}")


# From nodes to parts.


_ORDERS: dict[str, Order] = {"little": "little", "big": "big"}


def _part(node: Node, byte_order: Order) -> Part:
    return _PARTS[node.kind](node, byte_order)


def _array(node: Node, byte_order: Order) -> Part:
    assert node.element is not None
    if node.of_chars:
        return Text(node.count, room_for(node))
    part = _part(node.element, byte_order)
    return Elements(part, node.count, node.stride, room_for(node))


def _located(node: Node, byte_order: Order) -> Part:
    element, stride = node.located, node.stride
    assert element is not None
    if element.kind == model.BYTES:
        make: Callable[[int], Part] = Opaque
    elif node.locates_chars:

        def make(length: int) -> Part:
            return Text(length, length)
    else:
        part = _part(element, byte_order)

        def make(length: int) -> Part:
            return Elements(part, length // stride, stride, length // stride)

    return Located(node.size, values.before_word(node), byte_order, make)


def _members(node: Node, byte_order: Order) -> Part:
    part = Members(node.size, model.spelled(node.type) if node.type.name else "the struct")
    for name, (_, child) in values.table(node).items():
        part.members[name] = (child.offset - node.offset, _part(child, byte_order))
    return part


_PARTS: dict[str, Callable[[Node, Order], Part]] = {
    **SCALARS,
    model.ARRAY: _array,
    model.LOCATED: _located,
    model.STRUCT: _members,
    model.UNION: _members,
    model.SECTION: _members,
}
