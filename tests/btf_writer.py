"""Assembles raw BTF in memory, so that a test can say in a few lines which types it reads.

    w = BtfWriter()
    number = w.int("int", 4, signed=True)
    node = w.next_id
    w.struct("node", 16, [("next", node + 1, 0), ("value", number, 64)])
    w.ptr(node)
    blob = w.bytes()

Almost nothing is checked: a test may well want types that make no sense.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TypeAlias

from word_writer import Bytes, Endian, Int, WordWriter

Name: TypeAlias = "str | bytes"
"""A name; bytes are taken as they are, "" is the empty string at offset 0."""
Member: TypeAlias = "tuple[Name, int, int] | tuple[Name, int, int, int]"
"""(name, type id, offset in bits) and, for a bitfield, its width in bits."""

KIND_INT = 1
KIND_PTR = 2
KIND_ARRAY = 3
KIND_STRUCT = 4
KIND_UNION = 5
KIND_ENUM = 6
KIND_FWD = 7
KIND_TYPEDEF = 8
KIND_VOLATILE = 9
KIND_CONST = 10
KIND_RESTRICT = 11
KIND_FUNC = 12
KIND_FUNC_PROTO = 13
KIND_VAR = 14
KIND_DATASEC = 15
KIND_FLOAT = 16
KIND_DECL_TAG = 17
KIND_TYPE_TAG = 18
KIND_ENUM64 = 19

STATIC = 0
"""Linkage of a function or variable that only its own file sees."""
GLOBAL = 1
"""Linkage of a function or variable that other files see."""
EXTERN = 2
"""Linkage of a function or variable that another file defines."""

_MAGIC = 0xEB9F
_VERSION = 1
_HEADER_SIZE = 24
_INT_SIGNED, _INT_CHAR, _INT_BOOL = 1, 2, 4


def type_info(kind: int, vlen: int = 0, kind_flag: bool = False) -> int:
    """The `info` word of a type: its kind, number of entries and flag.

    Raises ValueError when they do not fit into their bits.
    """
    if not 0 <= kind < 32 or not 0 <= vlen < 1 << 16:
        raise ValueError(f"no room for kind {kind} with {vlen} entries")
    return int(kind_flag) << 31 | kind << 24 | vlen


class BtfWriter(WordWriter):
    """Collects types; every method that adds one returns its id, counted from 1.

    With `base` the result is split BTF: ids and string offsets go on where those of the base
    end, and names that the base has are taken from it. The base must be complete by then.
    """

    TYPEDEF, VOLATILE, CONST, RESTRICT = KIND_TYPEDEF, KIND_VOLATILE, KIND_CONST, KIND_RESTRICT

    def __init__(self, endian: Endian | None = None, *, base: BtfWriter | None = None) -> None:
        """Start with no types; the byte order is that of `base` unless given, else little."""
        self._base = base
        super().__init__(endian or (base.endian if base else "little"))
        self._types: list[Bytes] = []
        self._first_id: Int = base.next_id if base else 1
        self._strings = bytearray() if base else bytearray(b"\0")
        self._strings_start: Int = base.strings_end if base else 0
        self._offsets: dict[Bytes, Int] = {b"": 0}
        self._array_index: Int | None = base._array_index if base else None

    @property
    def next_id(self) -> Int:
        """The id that the next type gets, for types that refer to later ones.

        An array without an index type may add one before itself: see `array`.
        """
        return self._first_id + len(self._types)

    @property
    def strings_end(self) -> Int:
        """The offset that the next new string gets, counted through the base."""
        return self._strings_start + len(self._strings)

    def string(self, name: Name) -> Int:
        """The offset of a name in the string section; equal names share one."""
        raw = name.encode() if isinstance(name, str) else name
        offset = self._find_string(raw)
        if offset is None:
            offset = self._offsets[raw] = self.strings_end
            self._strings += raw + b"\0"
        return offset

    def _find_string(self, raw: Bytes) -> Int | None:
        if self._base is not None:
            offset = self._base._find_string(raw)
            if offset is not None:
                return offset
        return self._offsets.get(raw)

    def bytes(self) -> Bytes:
        """The whole BTF: header, types and strings.

        Raises RuntimeError if the base has grown since this writer was made.
        """
        base = self._base
        if base and (base.next_id, base.strings_end) != (self._first_id, self._strings_start):
            raise RuntimeError("the base has changed after split BTF was started on it")
        types = b"".join(self._types)
        header = struct.pack(
            f"{self._order}HBBIIIII",
            _MAGIC,
            _VERSION,
            0,  # flags
            _HEADER_SIZE,
            0,  # the types begin right behind the header
            len(types),
            len(types),
            len(self._strings),
        )
        return header + types + self._strings

    # --- The ways to add a type ---

    def raw_type(self, name_off: Int, info: Int, size_or_type: Int, tail: Bytes = b"") -> Int:
        """Any three words and any bytes behind them; see `type_info` and `words`."""
        self._types.append(self.words(name_off, info, size_or_type) + tail)
        return self.next_id - 1

    def _add(
        self,
        kind: Int,
        name: Name,
        size_or_type: Int,
        entries: Sequence[tuple[Int, ...]] = (),
        *,
        kind_flag: bool = False,
    ) -> Int:
        """A type whose tail is a list of entries, all of the same number of words."""
        tail = b"".join(self.words(*entry) for entry in entries)
        info = type_info(kind, len(entries), kind_flag)
        return self.raw_type(self.string(name), info, size_or_type, tail)

    def int(
        self,
        name: Name,
        size: Int,
        *,
        signed: bool = False,
        char: bool = False,
        boolean: bool = False,
        bits: Int | None = None,
        offset: Int = 0,
    ) -> Int:
        """An integer of `size` bytes, of which `bits` (by default all) count from bit `offset`."""
        encoding = signed * _INT_SIGNED | char * _INT_CHAR | boolean * _INT_BOOL
        width = size * 8 if bits is None else bits
        tail = self.words(encoding << 24 | offset << 16 | width)
        return self.raw_type(self.string(name), type_info(KIND_INT), size, tail)

    def float(self, name: Name, size: Int) -> Int:
        """A floating point number of `size` bytes."""
        return self._add(KIND_FLOAT, name, size)

    def ptr(self, to: Int) -> Int:
        """A pointer; `to` 0 is void, as for all kinds that refer to another type."""
        return self._add(KIND_PTR, "", to)

    def array(self, element: Int, count: Int, *, index: Int | None = None) -> Int:
        """An array of `count` elements.

        Without `index` the index type is an int named `__ARRAY_SIZE_TYPE__`, which the first
        such array adds just before itself.
        """
        if index is None:
            if self._array_index is None:
                self._array_index = self.int("__ARRAY_SIZE_TYPE__", 4)
            index = self._array_index
        tail = self.words(element, index, count)
        return self.raw_type(0, type_info(KIND_ARRAY), 0, tail)

    def struct(
        self, name: Name, size: Int, members: Sequence[Member], *, kind_flag: bool | None = None
    ) -> Int:
        """A struct of `size` bytes.

        With the kind flag, which is set when a member has a bitfield width unless given, a
        member's width is written above its offset; without it, widths are left out.
        """
        return self._composite(KIND_STRUCT, name, size, members, kind_flag)

    def union(
        self, name: Name, size: Int, members: Sequence[Member], *, kind_flag: bool | None = None
    ) -> Int:
        """A union of `size` bytes; everything else as for `struct`."""
        return self._composite(KIND_UNION, name, size, members, kind_flag)

    def _composite(
        self, kind: Int, name: Name, size: Int, members: Sequence[Member], kind_flag: bool | None
    ) -> Int:
        if kind_flag is None:
            kind_flag = any(len(member) == 4 for member in members)
        entries = []
        for member in members:
            member_name, type_id, location = member[:3]
            if kind_flag and len(member) == 4:
                location |= member[3] << 24
            entries.append((self.string(member_name), type_id, location))
        return self._add(kind, name, size, entries, kind_flag=kind_flag)

    def enum(
        self,
        name: Name,
        values: Sequence[tuple[Name, Int]],
        *,
        size: Int = 4,
        signed: bool = False,
    ) -> Int:
        """An enum of `size` bytes; of each value the low 32 bits are written."""
        entries = [(self.string(label), value) for label, value in values]
        return self._add(KIND_ENUM, name, size, entries, kind_flag=signed)

    def enum64(
        self,
        name: Name,
        values: Sequence[tuple[Name, Int]],
        *,
        size: Int = 8,
        signed: bool = False,
    ) -> Int:
        """An enum of `size` bytes whose values have 64 bits."""
        entries = [(self.string(label), value, value >> 32) for label, value in values]
        return self._add(KIND_ENUM64, name, size, entries, kind_flag=signed)

    def fwd(self, name: Name, *, union: bool = False) -> Int:
        """A struct, or else a union, of which only the name is known."""
        return self._add(KIND_FWD, name, 0, kind_flag=union)

    def func_proto(self, returns: Int, parameters: Sequence[tuple[Name, Int]] = ()) -> Int:
        """The type of a function; a last parameter ("", 0) stands for variable arguments."""
        entries = [(self.string(name), type_id) for name, type_id in parameters]
        return self._add(KIND_FUNC_PROTO, "", returns, entries)

    def func(self, name: Name, proto: Int, linkage: Int = STATIC) -> Int:
        """A function; STATIC, GLOBAL or EXTERN."""
        # The linkage takes the place of the number of entries.
        return self.raw_type(self.string(name), type_info(KIND_FUNC, linkage), proto)

    def var(self, name: Name, type_id: Int, linkage: Int = STATIC) -> Int:
        """A variable; STATIC, GLOBAL or EXTERN."""
        return self.raw_type(self.string(name), type_info(KIND_VAR), type_id, self.words(linkage))

    def datasec(self, name: Name, size: Int, variables: Sequence[tuple[Int, Int, Int]]) -> Int:
        """A section of `size` bytes; each variable is (var id, offset, size), in bytes."""
        return self._add(KIND_DATASEC, name, size, variables)

    def decl_tag(self, name: Name, of: Int, component: Int = -1, *, kind_flag: bool = False) -> Int:
        """A tag on a declaration or, with a `component` from 0, on its member or parameter.

        With the kind flag it is an attribute of the compiler, and the name is its text.
        """
        info = type_info(KIND_DECL_TAG, kind_flag=kind_flag)
        return self.raw_type(self.string(name), info, of, self.words(component))

    def type_tag(self, name: Name, of: Int, *, kind_flag: bool = False) -> Int:
        """A tag on a type; with the kind flag an attribute of the compiler."""
        return self._add(KIND_TYPE_TAG, name, of, kind_flag=kind_flag)
