"""One CTF dictionary: its header, its sections, and where its types begin."""

from __future__ import annotations

import struct

from prettify.core import btf_scan
from prettify.core.tables import table
from prettify.errors import TypeInfoError
from prettify.sources.ctf.forms import (
    COMPRESSED,
    DYNAMIC_STRINGS,
    FORMS,
    LIBCTF_MAGIC,
    NAMES,
    ORDERED_ARRAYS,
    PREAMBLE,
    SOLARIS_MAGIC,
    Form,
    Records,
)
from prettify.sources.strings import MAX_NAME, name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Strings = Callable[[bool], bytes | None]
    """The string table of the ELF file around a dictionary; True asks for that of the loader."""

EXTERNAL = 1 << 31  # from there on a string offset is one into the ELF file's string table
MAX_UNPACKED = 1 << 28  # bytes of a compressed dictionary; kernels have 10 to 20 million
MAX_RATIO = 64  # of compressed ones; zlib makes a quarter of real ones, and a thousandth of zeroes
VARIABLE = 8  # bytes in the section of variables: name, type
WORD = 4  # bytes in the sections of data objects: a name in one, a type in the other

MAGICS = {
    magic.to_bytes(2, order): (order, magic)
    for order in ("little", "big")
    for magic in (LIBCTF_MAGIC, SOLARIS_MAGIC)
}


class Record:
    """The common part of a type's record, decoded.

    id: in the whole graph. name: string offset. value: a size in bytes or a type id of the
    dictionary, as the kind says. at, tail: where in the data the record and what follows begin.
    """

    __slots__ = ("at", "count", "dictionary", "id", "kind", "name", "root", "tail", "value")

    def __init__(self, dictionary: Dictionary, type_id: int, at: int) -> None:
        records = dictionary.records
        self.dictionary = dictionary
        self.id = type_id
        self.at = at
        self.name, info, self.value = dictionary.beginning.unpack_from(dictionary.data, at)
        self.kind: int = info >> records.kind_shift & records.kind_mask
        self.root = bool(info & records.root_bit)
        self.count: int = info & records.count_mask
        self.tail = at + dictionary.beginning.size
        if self.value == records.sentinel:
            self.value = dictionary.word(self.tail) << 32 | dictionary.word(self.tail + 4)
            self.tail += 8


class Dictionary:
    """A dictionary, of which `data` is all, unpacked: offsets in errors are those in there.

    `first_id` is the graph's id of its first type; the graph sets it, and the parent.
    Raises TypeInfoError for a bad header, bad compression, and types that are cut short.
    """

    __slots__ = (
        "_sections",
        "beginning",
        "byte_order",
        "child",
        "data",
        "external",
        "first_id",
        "flags",
        "form",
        "mark",
        "objects",
        "offsets",
        "parent",
        "parent_name",
        "path",
        "records",
        "variables",
    )

    def __init__(self, data: bytes, path: str, strings: Strings | None = None) -> None:
        self.path = path
        self.first_id = 1
        self.parent: Dictionary | None = None
        self.byte_order, self.form, self.flags = _preamble(data, path)
        self.mark = "<" if self.byte_order == "little" else ">"
        self.records: Records = self.form.records
        self.beginning = struct.Struct(self.mark + "I" + ("HH", "II")[self.records.word == 4])
        self.data, header = self._unpacked(data)
        self.external = strings(bool(self.flags & DYNAMIC_STRINGS)) if strings else None
        start, length = self.section("strings")
        if length and self.data[start + length - 1]:
            raise TypeInfoError(
                "the string section does not end in a NUL", path, start + length - 1
            )
        # Without a name of its own a parent is none: the format says so by an offset of 0.
        self.child = bool(header["parent_name"])
        self.parent_name = self.known_name(header["parent_name"])
        start, length = self.section("types")
        self.offsets: memoryview
        self.offsets, end = btf_scan.scan(
            self.data,
            start,
            length,
            self.byte_order == "big",
            self.records.shape,
            self.records.tails,
        )
        if end != length:
            raise self._scan_error(start + end, length - end)
        self.variables = self._entries("variables", VARIABLE)
        names = self.section("object_names")[1]
        # Without names, objects are those of the ELF file's symbols, in order.
        self.objects = self._entries("objects" if names else "", WORD)
        if len(self.objects) * WORD > names:
            self.objects = self.objects[: names // WORD]

    @property
    def count(self) -> int:
        """How many ids it takes: types, then variables, then data objects."""
        return len(self.offsets) + len(self.variables) + len(self.objects)

    @property
    def arrays_in_order(self) -> bool:
        """Whether it says that arrays of several dimensions are as they should be."""
        return bool(self.flags & ORDERED_ARRAYS)

    def section(self, name: str) -> tuple[int, int]:
        """(offset in the data, length) of a section; of length 0 where this version has none."""
        return self._sections.get(name, (0, 0))

    def record(self, index: int) -> Record:
        """The record of the type of that index, counted from 0."""
        return Record(self, self.first_id + index, self.section("types")[0] + self.offsets[index])

    def word(self, offset: int) -> int:
        """The 32-bit unsigned integer at that offset of the data."""
        return int.from_bytes(self.data[offset : offset + 4], self.byte_order)  # type: ignore[arg-type]

    def rows(self, form: str, start: int, count: int) -> list[tuple[int, ...]]:
        """So many rows of numbers, in `struct`'s letters; the offset of each stands before it."""
        row = struct.Struct(self.mark + form)
        return [
            (offset, *row.unpack_from(self.data, offset))
            for offset in range(start, start + row.size * count, row.size)
        ]

    def global_id(self, type_id: int, offset: int) -> int:
        """The graph's id of a type of this dictionary or its parent.

        `offset` is where in the data it is named. Raises TypeInfoError where there is none.
        """
        if not type_id:
            return 0
        owner: Dictionary | None = self
        own = bool(type_id & self.records.child_bit) == self.child
        if not own:
            owner = self.parent if self.child else None
            if owner is None and self.child:
                raise TypeInfoError(
                    f"type id {type_id} is one of the parent dictionary "
                    f"{self.parent_name!r}, which is not here (--btf-base FILE)",
                    self.path,
                    offset,
                )
        index = type_id & ~self.records.child_bit
        if owner is None or not 0 < index <= len(owner.offsets):
            raise TypeInfoError(f"type id {type_id:#x} does not exist", self.path, offset)
        return owner.first_id + index - 1

    def array(self, record: Record) -> tuple[int, int, int]:
        """(element's id, index type's id, count) of an array, the ids as the graph has them."""
        [(at, element, index, count)] = self.rows(self.records.array, record.tail, 1)
        return self.global_id(element, at), self.global_id(index, at), count

    def string(self, offset: int, referrer: int) -> str:
        """The name at a string offset; `referrer` is where in the data it is named."""
        start, length = self.section("strings")
        data = self.data
        if offset >= EXTERNAL:
            if self.external is None:
                raise TypeInfoError(
                    f"the name at string offset {offset:#x} is in the ELF file that this CTF is "
                    f"from: name that file",
                    self.path,
                    referrer,
                )
            data, start, length = self.external, 0, len(self.external)
        at = offset & ~EXTERNAL
        if at >= length and offset:
            raise TypeInfoError(
                f"string offset {offset:#x} is past the end of the strings, {length:#x}",
                self.path,
                referrer,
            )
        name = name_at(data, start + at, start + length)
        if name is None:
            raise TypeInfoError(
                f"the name at string offset {offset:#x} has more than {MAX_NAME} bytes",
                self.path,
                referrer,
            )
        return name

    def known_name(self, offset: int, referrer: int = 0) -> str:
        """As `string`, but empty where the name is in an ELF file that is not here."""
        missing = offset >= EXTERNAL and self.external is None
        return "" if missing else self.string(offset, referrer)

    # The header and the sections.

    def _unpacked(self, data: bytes) -> tuple[bytes, dict[str, int]]:
        """All of the dictionary, not compressed, and its header; the sections become known."""
        fields = self.form.header
        row = struct.Struct(f"{self.mark}{len(fields)}I")
        header = PREAMBLE.size + row.size
        if len(data) < header:
            raise TypeInfoError(
                f"not CTF: {len(data)} bytes, the header alone has {header}", self.path, 0
            )
        values = dict(zip(fields, row.unpack_from(data, PREAMBLE.size)))
        end = values["strings"] + values["strings_length"]
        body = len(data) - header
        if self.flags & COMPRESSED:
            data = data[:header] + self._inflated(data[header:], end)
        elif end > body:
            raise TypeInfoError(
                f"the sections have {end} bytes, but only {body} follow the header",
                self.path,
                PREAMBLE.size + 4 * fields.index("strings"),
            )
        places = [name for name in fields if name not in NAMES]
        self._sections: dict[str, tuple[int, int]] = {}
        for index, name in enumerate(places[:-1]):
            # Each ends where the next begins; only of the strings, the last, is a length said.
            behind = places[index + 1]
            start = values[name]
            length = values[behind] - (0 if name == "strings" else start)
            if length < 0:
                raise TypeInfoError(
                    f"section {name} begins at {start:#x}, behind section {behind} at "
                    f"{values[behind]:#x}",
                    self.path,
                    PREAMBLE.size + 4 * fields.index(name),
                )
            self._sections[name] = (header + start, length)
        return data, values

    def _inflated(self, packed: bytes, length: int) -> bytes:
        """The sections, which the header says have `length` bytes, unpacked."""
        if length > min(MAX_UNPACKED, MAX_RATIO * len(packed)):
            raise TypeInfoError(
                f"{len(packed)} compressed bytes cannot hold {length} of sections", self.path, 3
            )
        import zlib

        unpacker = zlib.decompressobj()
        try:
            # Never more than asked for, whatever the compressed bytes would still give.
            unpacked = unpacker.decompress(packed, length) if length else b""
        except zlib.error as error:
            raise TypeInfoError(f"bad compression: {error}", self.path, 3) from error
        if len(unpacked) < length:
            raise TypeInfoError(
                f"the sections have {length} bytes, but only {len(unpacked)} are compressed",
                self.path,
                3,
            )
        return unpacked

    def _entries(self, section: str, size: int) -> memoryview:
        """The offsets in a section of the entries that it is made of."""
        return table("I", range(0, self.section(section)[1] // size * size, size))

    def _scan_error(self, at: int, left: int) -> TypeInfoError:
        what = f"type {len(self.offsets) + 1}"
        if left < self.beginning.size:
            return TypeInfoError(
                f"{what} is cut short: {left} bytes left, a type has at least "
                f"{self.beginning.size}",
                self.path,
                at,
            )
        info = self.beginning.unpack_from(self.data, at)[1]
        kind = info >> self.records.kind_shift & self.records.kind_mask
        if self.records.tails[4 * kind] < 0:
            return TypeInfoError(f"{what} is of unknown kind {kind}", self.path, at)
        return TypeInfoError(
            f"{what}, kind {kind} of {info & self.records.count_mask} elements, runs past the end "
            f"of the type section",
            self.path,
            at,
        )


def _preamble(data: bytes, path: str) -> tuple[str, Form, int]:
    """(byte order, version, flags)."""
    known = MAGICS.get(data[:2])
    if known is None or len(data) < PREAMBLE.size:
        raise TypeInfoError(f"not CTF: it begins with {data[:4].hex(' ')}", path, 0)
    order, magic = known
    version, flags = data[2:4]
    form = FORMS.get((magic, version))
    if form is None:
        versions = " and ".join(str(v) for m, v in FORMS if m == magic)
        raise TypeInfoError(
            f"CTF of magic {magic:#x} and version {version}; known are {versions}", path, 2
        )
    if flags & ~form.flags:
        raise TypeInfoError(f"unknown flags {flags & ~form.flags:#x}", path, 3)
    return order, form, flags
