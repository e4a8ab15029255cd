"""Assembles raw CTF in memory, so that a test can say in a few lines which types it reads.

    w = CtfWriter()
    number = w.int("int", 4, signed=True)
    w.struct("pair", 8, [("a", number, 0), ("b", number, 32)])
    blob = w.bytes()

FORMS has the versions it can write. Almost nothing is checked: a test may well want types that make
no sense. Formats: "The CTF File Format" of binutils; <sys/ctf.h> of illumos and FreeBSD.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from word_writer import Bytes, Endian, Int, WordWriter

Name: TypeAlias = "str | bytes | int"
"""A name; bytes are taken as they are, and a number is a string offset of itself."""
Member: TypeAlias = "tuple[Name, int, int]"
"""(name, type id, offset in bits)."""

(
    KIND_UNKNOWN,
    KIND_INTEGER,
    KIND_FLOAT,
    KIND_POINTER,
    KIND_ARRAY,
    KIND_FUNCTION,
    KIND_STRUCT,
    KIND_UNION,
    KIND_ENUM,
    KIND_FORWARD,
    KIND_TYPEDEF,
    KIND_VOLATILE,
    KIND_CONST,
    KIND_RESTRICT,
    KIND_SLICE,
) = range(15)

SINGLE, DOUBLE, COMPLEX, DOUBLE_COMPLEX, LONG_DOUBLE_COMPLEX, LONG_DOUBLE = range(1, 7)
INTERVAL, DOUBLE_INTERVAL, LONG_DOUBLE_INTERVAL, IMAGINARY = range(7, 11)

COMPRESSED, NEW_FUNCTIONS, SORTED, DYNAMIC_STRINGS, ORDERED_ARRAYS = 1, 2, 4, 8, 16
ARCHIVE_MAGIC = 0x8B47F2A4D7623EEB
EXTERNAL = 1 << 31


class Form:
    """A version: magic and number, 16-bit records or 32-bit ones, how members are ordered."""

    def __init__(
        self, magic: int, version: int, *, wide: bool, sections: str, offset_first: bool = False
    ) -> None:
        self.magic = magic
        self.version = version
        self.wide = wide
        self.sections = sections.split()
        self.offset_first = offset_first

    @property
    def child_bit(self) -> int:
        return 0x80000000 if self.wide else 0x8000

    @property
    def threshold(self) -> int:
        """The size of structs from which on members are large."""
        return 1 << 29 if self.wide else 1 << 13

    @property
    def header_size(self) -> int:
        names = 3 if "unit_name" in self.sections else 2
        return 4 + 4 * (names + len([s for s in self.sections if s != "unit_name"]) + 1)


FORMS = {
    "libctf-1": Form(
        0xDFF2, 1, wide=False, sections="labels objects functions variables types strings"
    ),
    "libctf-2": Form(
        0xDFF2,
        3,
        wide=True,
        sections="labels objects functions variables types strings",
        offset_first=True,
    ),
    "libctf-3": Form(
        0xDFF2,
        4,
        wide=True,
        sections="unit_name labels objects functions object_names function_names variables types "
        "strings",
        offset_first=True,
    ),
    "solaris-2": Form(0xCFF1, 2, wide=False, sections="labels objects functions types strings"),
    "freebsd-3": Form(0xCFF1, 3, wide=True, sections="labels objects functions types strings"),
}


class CtfWriter(WordWriter):
    """Collects types; every method that adds one returns its id, counted from 1.

    parent_name: makes it a child dictionary, whose own ids have the child bit.
    """

    TYPEDEF, VOLATILE, CONST, RESTRICT = KIND_TYPEDEF, KIND_VOLATILE, KIND_CONST, KIND_RESTRICT

    def __init__(
        self,
        form: str = "libctf-3",
        endian: Endian = "little",
        *,
        parent_name: Name = "",
        unit_name: Name = "",
    ) -> None:
        self.form = FORMS[form]
        super().__init__(endian)
        self._types: list[Bytes] = []
        self._strings = bytearray(b"\0")
        self._offsets: dict[Bytes, Int] = {b"": 0}
        self._variables = b""
        self._objects = b""
        self._object_names = b""
        self._parent = self.string(parent_name)
        self._unit = self.string(unit_name)
        self._first = 1 | (self.form.child_bit if self._parent else 0)

    @property
    def next_id(self) -> Int:
        """The id that the next type gets, for types that refer to later ones."""
        return self._first + len(self._types)

    def string(self, name: Name) -> Int:
        """The offset of a name in the string section; equal names share one."""
        if isinstance(name, int):
            return name
        raw = name.encode() if isinstance(name, str) else name
        if raw not in self._offsets:
            self._offsets[raw] = len(self._strings)
            self._strings += raw + b"\0"
        return self._offsets[raw]

    def halves(self, *values: Int) -> Bytes:
        """16-bit words."""
        return struct.pack(f"{self._order}{len(values)}H", *(v & 0xFFFF for v in values))

    def ids(self, *values: Int) -> Bytes:
        """Type ids, of the width that they have in this version."""
        return self.words(*values) if self.form.wide else self.halves(*values)

    def info(self, kind: Int, count: Int = 0, root: bool = True) -> Int:
        """The `info` word of a type."""
        if self.form.wide:
            return kind << 26 | root << 25 | count
        return kind << 11 | root << 10 | count

    def bytes(
        self,
        *,
        compress: bool = False,
        flags: Int | None = None,
        header: Mapping[str, Int] | None = None,
        level: Int = 9,
    ) -> Bytes:
        """The whole dictionary. header: what of its numbers is to be something else."""
        body = {
            "objects": self._objects,
            "object_names": self._object_names,
            "variables": self._variables,
            "types": b"".join(self._types),
            "strings": bytes(self._strings),
        }
        sections = [name for name in self.form.sections if name != "unit_name"]
        numbers = {"parent_label": 0, "parent_name": self._parent}
        if "unit_name" in self.form.sections:
            numbers["unit_name"] = self._unit
        at = 0
        for name in sections:
            numbers[name] = at
            at += len(body.get(name, b""))
        numbers["strings_length"] = len(self._strings)
        numbers |= header or {}
        content = b"".join(body.get(name, b"") for name in sections)
        if flags is None:
            flags = NEW_FUNCTIONS if self.form.version == 4 else 0
        if compress:
            flags |= COMPRESSED
            content = zlib.compress(content, level)
        start = struct.pack(f"{self._order}HBB", self.form.magic, self.form.version, flags)
        return start + self.words(*numbers.values()) + content

    # --- The ways to add a type ---

    def raw_type(self, name: Int, info: Int, value: Int, tail: Bytes = b"") -> Int:
        """Any three numbers and any bytes behind them."""
        self._types.append(self.words(name) + self.ids(info, value) + tail)
        return self.next_id - 1

    def _add(
        self,
        kind: Int,
        name: Name,
        value: Int,
        tail: Bytes = b"",
        count: Int = 0,
        *,
        root: bool = True,
    ) -> Int:
        return self.raw_type(self.string(name), self.info(kind, count, root), value, tail)

    def unknown(self) -> Int:
        """A type that CTF cannot express."""
        return self._add(KIND_UNKNOWN, "", 0)

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
        root: bool = True,
    ) -> Int:
        """An integer of `size` bytes, of which `bits` (by default all) count from bit `offset`."""
        width = 8 * size if bits is None else bits
        encoding = signed | char << 1 | boolean << 2
        tail = self.words(encoding << 24 | offset << 16 | width)
        return self._add(KIND_INTEGER, name, size, tail, root=root)

    def float(self, name: Name, size: Int, encoding: Int = DOUBLE) -> Int:
        """A floating point number, or two of them: see the encodings above."""
        return self._add(KIND_FLOAT, name, size, self.words(encoding << 24 | 8 * size))

    def ptr(self, to: Int) -> Int:
        """A pointer; `to` 0 is void, as for all kinds that refer to another type."""
        return self._add(KIND_POINTER, "", to)

    def array(self, element: Int, count: Int, index: Int = 0) -> Int:
        """An array of `count` elements."""
        return self._add(KIND_ARRAY, "", 0, self.ids(element, index) + self.words(count))

    def function(self, returns: Int, arguments: Sequence[Int] = ()) -> Int:
        """The type of a function; a last argument 0 stands for variable arguments."""
        tail = self.ids(*arguments)
        multiple = 4 if self.form.magic == 0xCFF1 or not self.form.wide else 8
        tail += bytes(-len(tail) % multiple)
        return self._add(KIND_FUNCTION, "", returns, tail, len(arguments))

    def struct(self, name: Name, size: Int, members: Sequence[Member], *, root: bool = True) -> Int:
        """A struct of `size` bytes."""
        return self._composite(KIND_STRUCT, name, size, members, root)

    def union(self, name: Name, size: Int, members: Sequence[Member], *, root: bool = True) -> Int:
        """A union of `size` bytes."""
        return self._composite(KIND_UNION, name, size, members, root)

    def _composite(
        self, kind: Int, name: Name, size: Int, members: Sequence[Member], root: bool
    ) -> Int:
        tail = b""
        sentinel = 0xFFFFFFFF if self.form.wide else 0xFFFF
        value = size
        if size >= sentinel:
            value = sentinel
            tail += self.words(size >> 32, size)
        for label, type_id, offset in members:
            tail += self.words(self.string(label))
            if size < self.form.threshold:
                if self.form.offset_first:
                    tail += self.words(offset, type_id)
                else:
                    tail += self.ids(type_id, offset)
            elif not self.form.wide:
                tail += self.halves(type_id, 0) + self.words(offset >> 32, offset)
            elif self.form.offset_first:
                tail += self.words(offset >> 32, type_id, offset)
            else:
                tail += self.words(type_id, offset >> 32, offset)
        return self._add(kind, name, value, tail, len(members), root=root)

    def enum(
        self, name: Name, values: Sequence[tuple[Name, Int]], *, size: Int = 4, root: bool = True
    ) -> Int:
        """An enum of `size` bytes; of each value the low 32 bits are written."""
        tail = b"".join(self.words(self.string(label), value) for label, value in values)
        return self._add(KIND_ENUM, name, size, tail, len(values), root=root)

    def forward(self, name: Name, kind: Int = KIND_STRUCT) -> Int:
        """A struct, union or enum of which only the name is known."""
        return self._add(KIND_FORWARD, name, kind)

    def slice(self, of: Int, bits: Int, *, offset: Int = 0, size: Int = 4) -> Int:
        """Some bits of another type."""
        return self._add(KIND_SLICE, "", size, self.words(of) + self.halves(offset, bits))

    # --- What is no type ---

    def variable(self, name: Name, type_id: Int) -> None:
        """A variable."""
        self._variables += self.words(self.string(name), type_id)

    def object(self, name: Name, type_id: Int) -> None:
        """A data object, with its name."""
        self._objects += self.words(type_id)
        self._object_names += self.words(self.string(name))


def archive(members: Mapping[str, bytes], *, model: int = 2, count: int | None = None) -> bytes:
    """An archive of these dictionaries; `count` where its header lies about their number."""
    start = 40 + 16 * len(members)
    names = bytearray()
    dictionaries = bytearray()
    rows = []
    for name, data in members.items():
        rows.append((len(names), len(dictionaries)))
        names += name.encode() + b"\0"
        dictionaries += struct.pack("<Q", len(data)) + data + bytes(-len(data) % 8)
    header = struct.pack(
        "<QQQQQ",
        ARCHIVE_MAGIC,
        model,
        len(members) if count is None else count,
        start + len(dictionaries),
        start,
    )
    table = b"".join(struct.pack("<QQ", *row) for row in rows)
    return header + table + bytes(dictionaries) + bytes(names)
