"""BTF, the BPF Type Format: raw bytes in, a lazy type graph out.

Format: the kernel's documentation, "BPF Type Format (BTF)", sections 2 and 4. `info` is read with
the masks of 2026 (24 bits of count, 7 of kind, 1 of kind_flag), which old files satisfy too, and
the header's optional layout section is used to step over kinds this reader does not know.
"""

from __future__ import annotations

import struct

from prettify import model
from prettify.core import btf_scan
from prettify.core.tables import table
from prettify.description import Description, Origin
from prettify.errors import TypeInfoError, UsageError, one_line
from prettify.sources.btf_kinds import (
    INT,
    KINDS,
    NAMELESS,
    READERS,
    SECTION,
    STRUCT,
    TAILS,
    Record,
)
from prettify.sources.strings import MAX_NAME, name_at

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ORDERS = {b"\x9f\xeb": "little", b"\xeb\x9f": "big"}  # the magic in each byte order
HEADER = struct.Struct("<HBBIIIII")
HEADER_WITH_LAYOUT = 32  # bytes from which on a header has layout_off and layout_len
VERSION = 1
# Of these the common record holds the size.
SAID_SIZES = frozenset(
    (model.INT, model.FLOAT, model.STRUCT, model.UNION, model.ENUM, model.SECTION)
)
KINDS_IN_INFO = 128

# What the scanner is told of records (section 2.2): no sizes of two words, no large elements.
SHAPE = (4, 24, KINDS_IN_INFO - 1, 0xFFFFFF, -1, 1 << 62)


class Btf:
    """A BTF object as a type graph. `base` is what a split one continues.

    BTF that is complete, which its first string, the empty one, shows, has no use for a base.
    Raises TypeInfoError, here for a bad header or types that are cut short, later for each type
    that is asked for and is bad.
    """

    __slots__ = (
        "_offsets",
        "_pointer_size",
        "_strings",
        "_strings_length",
        "_types",
        "_words",
        "base",
        "byte_order",
        "cache",
        "data",
        "first_id",
        "first_string",
        "origin",
        "path",
        "stripped",
        "unqualified",
    )

    def __init__(
        self, data: bytes, path: str, base: Btf | None = None, pointer_size: int = 0
    ) -> None:
        self.data = data
        self.path = path
        self.base = base
        self.origin = Origin()
        self.cache: dict[int, model.Type] = {}
        self.stripped: dict[int, model.Type] = {}
        self.unqualified: dict[int, model.Type] = {}
        self._pointer_size = pointer_size
        self.byte_order, types_length, layout = self._read_header()
        if self._strings_length and not data[self._strings]:
            base = self.base = None
        if base is not None and base.byte_order != self.byte_order:
            raise TypeInfoError(
                f"{self.byte_order}-endian, but its base {base.path} is {base.byte_order}-endian",
                path,
                0,
            )
        self._words = struct.Struct(("<" if self.byte_order == "little" else ">") + "III")
        self.first_id: int = base.first_id + len(base._offsets) if base else 1
        self.first_string: int = base.first_string + base._strings_length if base else 0
        tails = _tails(layout)
        self._offsets: memoryview
        self._offsets, end = btf_scan.scan(
            data,
            self._types,
            types_length,
            self.byte_order == "big",
            table("q", SHAPE),
            tails,
        )
        if end != types_length:
            raise self._scan_error(end, types_length, tails)

    # What a graph is asked for.

    @property
    def pointer_size(self) -> int:
        """Bytes in a pointer: the ELF file's class, else the size of `long`, else a guess."""
        if not self._pointer_size:
            if self.base:
                self._pointer_size = self.base.pointer_size
            else:
                from prettify.sources.pointer_size import guessed_pointer_size

                self._pointer_size = guessed_pointer_size(
                    self, self._of_kind(INT), self._of_kind(STRUCT)
                )
        return self._pointer_size

    def by_id(self, type_id: int) -> model.Type:
        """The type of that id; 0 is void. Raises TypeInfoError."""
        known = self.cache.get(type_id)
        if known is not None:
            return known
        if self.base is not None and type_id < self.first_id:
            return self.base.by_id(type_id)
        if type_id == 0:
            made: model.Type = model.Void(self, 0)
        else:
            made = self._read(type_id)
        self.cache[type_id] = made
        return made

    def all_ids(self) -> range:
        """Every type id but void's, the base's too."""
        return range(1, self.first_id + len(self._offsets))

    def ids(self, name: str) -> list[int]:
        """The ids of all types of that exact name, in order, the base's first."""
        if not name or "\0" in name:
            return []
        wanted = name.encode("utf-8", "surrogateescape") + b"\0"
        found = self.base.ids(name) if self.base else []
        own: list[int] = []
        text: Btf | None = self
        while text is not None:  # types of split BTF have the names that the base has from there
            own += btf_scan.named(
                self.data,
                self._types,
                self.byte_order == "big",
                self._offsets,
                text.data,
                text._strings,
                text._strings_length,
                text.first_string,
                wanted,
            )
            text = text.base
        return found + [self.first_id + index for index in sorted(own)]

    def summary(self, type_id: int) -> tuple[str, str]:
        """(kind, name) of a type, without building it."""
        if self.base is not None and type_id < self.first_id:
            return self.base.summary(type_id)
        offset = self._offset(type_id)
        name, info, _ = self._words.unpack_from(self.data, offset)
        number = info >> 24 & 0x7F
        return KINDS.get(number, f"kind {number}"), self._name(number, name, offset)

    def size(self, type_id: int) -> int:
        """Bytes of a type, -1 where it has none; of most kinds without building it."""
        if self.base is not None and type_id < self.first_id:
            return self.base.size(type_id)
        _, info, size = self._words.unpack_from(self.data, self._offset(type_id))
        if KINDS.get(info >> 24 & 0x7F) in SAID_SIZES:
            return int(size)
        return model.size_of(self.by_id(type_id))

    def describe(self) -> Description:
        """What this source is; the types are its own, without its base's."""
        kinds: dict[int, int] = {}
        read, start = self._words.unpack_from, self._types
        for offset in self._offsets:
            number = read(self.data, start + offset)[1] >> 24 & 0x7F
            kinds[number] = kinds.get(number, 0) + 1
        return Description(
            self.path,
            "split BTF" if self.base else "BTF",
            self.origin,
            byte_order=self.byte_order,
            pointer_size=self.pointer_size,
            kinds=model.count_by_word(
                (KINDS.get(number, f"kind {number}"), count) for number, count in kinds.items()
            ),
            base=self.base.path if self.base else "",
        )

    def definition(self, forward: model.Forward) -> model.Type:
        """The declaration itself: BTF has one only of what it does not define."""
        return forward

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, saying where in the file it stands."""
        if self.base is not None and type_id < self.first_id:
            return self.base.error(what, type_id)
        index = type_id - self.first_id
        known = 0 <= index < len(self._offsets)
        return TypeInfoError(one_line(what), self.path, self._offset(type_id) if known else None)

    # The header and the sections (section 2.1).

    def _read_header(self) -> tuple[str, int, bytes]:
        data, path = self.data, self.path
        if len(data) < HEADER.size:
            raise TypeInfoError(
                f"not BTF: {len(data)} bytes, the header alone has {HEADER.size}", path, 0
            )
        order = ORDERS.get(data[:2])
        if order is None:
            raise TypeInfoError(f"not BTF: it begins with {data[:4].hex(' ')}", path, 0)
        mark = "<" if order == "little" else ">"
        _, version, _, header_length, types_at, types_length, strings_at, strings_length = (
            struct.unpack_from(mark + HEADER.format[1:], data)
        )
        if version != VERSION:
            raise TypeInfoError(f"BTF version {version}, only 1 is known", path, 2)
        if not HEADER.size <= header_length <= len(data):
            raise TypeInfoError(
                f"the header says it has {header_length} bytes, of {len(data)} in all", path, 4
            )
        self._types = self._section("type", 8, header_length, types_at, types_length)
        self._strings = self._section("string", 16, header_length, strings_at, strings_length)
        self._strings_length = strings_length
        if strings_length and data[self._strings + strings_length - 1]:
            raise TypeInfoError(
                "the string section does not end in a NUL", path, self._strings + strings_length - 1
            )
        if self.base is None and strings_length and data[self._strings]:
            raise TypeInfoError(
                "the first string is not empty: this is split BTF, which needs its base "
                "(--btf-base FILE)",
                path,
                self._strings,
            )
        layout = b""
        if header_length >= HEADER_WITH_LAYOUT:
            layout_at, layout_length = struct.unpack_from(mark + "II", data, HEADER.size)
            start = self._section("layout", HEADER.size, header_length, layout_at, layout_length)
            layout = data[start : start + layout_length]
        return order, types_length, layout

    def _section(self, name: str, field: int, header: int, start: int, length: int) -> int:
        """The offset in the data of a section that the header puts at `start` behind itself."""
        if header + start + length > len(self.data):
            raise TypeInfoError(
                f"the {name} section, {length} bytes at {header + start:#x}, "
                f"runs past the end at {len(self.data):#x}",
                self.path,
                field,
            )
        return header + start

    def _scan_error(self, end: int, types_length: int, tails: memoryview) -> TypeInfoError:
        where = self._types + end
        type_id = self.first_id + len(self._offsets)
        left = types_length - end
        if left < 12:
            return TypeInfoError(
                f"type {type_id} is cut short: {left} bytes left, a type has at least 12",
                self.path,
                where,
            )
        info = self._words.unpack_from(self.data, where)[1]
        kind = info >> 24 & 0x7F
        if tails[4 * kind] >= 0:
            return TypeInfoError(
                f"type {type_id}, kind {kind} ({KINDS.get(kind, 'unknown')}) of "
                f"{info & 0xFFFFFF} elements, runs past the end of the type section",
                self.path,
                where,
            )
        return TypeInfoError(f"type {type_id} is of unknown kind {kind}", self.path, where)

    # Types and strings.

    def _offset(self, type_id: int) -> int:
        index = type_id - self.first_id
        if not 0 <= index < len(self._offsets):
            raise TypeInfoError(
                f"type id {type_id} does not exist, the last is {self.all_ids().stop - 1}",
                self.path,
            )
        return self._types + self._offsets[index]

    def string(self, offset: int, referrer: int) -> str:
        if self.base is not None and offset < self.first_string:
            return self.base.string(offset, referrer)
        start = self._strings + offset - self.first_string
        stop = self._strings + self._strings_length
        if start >= stop and offset:
            raise TypeInfoError(
                f"string offset {offset:#x} is past the end of the strings, "
                f"{self.first_string + self._strings_length:#x}",
                self.path,
                referrer,
            )
        name = name_at(self.data, start, stop)
        if name is None:
            raise TypeInfoError(
                f"the name at string offset {offset:#x} has more than {MAX_NAME} bytes",
                self.path,
                referrer,
            )
        return name

    def _name(self, kind: int, name: int, offset: int) -> str:
        """The name of a type of that kind; `offset` is where in the data it is."""
        return "" if kind in NAMELESS else self.string(name, offset)

    def _read(self, type_id: int) -> model.Type:
        offset = self._offset(type_id)
        name, info, value = self._words.unpack_from(self.data, offset)
        kind = info >> 24 & 0x7F
        reader = READERS.get(kind)
        if reader is None:
            raise TypeInfoError(f"type {type_id} is of unknown kind {kind}", self.path, offset)
        return reader(
            self,
            Record(
                type_id,
                self._name(kind, name, offset),
                info & 0xFFFFFF,
                bool(info >> 31),
                value,
                offset + 12,
            ),
        )

    def known_id(self, type_id: int, offset: int) -> int:
        """`type_id`, if there is such a type; `offset` is where in the data it is named."""
        if type_id >= self.first_id + len(self._offsets):
            raise TypeInfoError(
                f"type id {type_id} does not exist, the last is {self.all_ids().stop - 1}",
                self.path,
                offset,
            )
        return type_id

    def word(self, offset: int) -> int:
        """The 32-bit unsigned integer at that offset of the data."""
        return int.from_bytes(self.data[offset : offset + 4], self.byte_order)  # type: ignore[arg-type]

    def triples(self, record: Record) -> list[tuple[int, int, int, int]]:
        """The elements of a record of three words each, behind the offset of each."""
        unpack, start = self._words.unpack_from, record.tail
        return [
            (offset, *unpack(self.data, offset))
            for offset in range(start, start + 12 * record.count, 12)
        ]

    def pairs(self, record: Record) -> list[tuple[int, int, int]]:
        """The elements of a record of two words each, behind the offset of each."""
        return [
            (offset, self.word(offset), self.word(offset + 4))
            for offset in range(record.tail, record.tail + 8 * record.count, 8)
        ]

    def sections(self) -> Iterator[int]:
        """The ids of this object's own data sections, in order."""
        return self._of_kind(SECTION)

    def with_sections(self, sections: Iterable[model.Section]) -> Btf:
        """The same BTF, but for these sections: with other sizes, and other places of variables."""
        data = bytearray(self.data)
        pack = self._words.pack_into
        for section in sections:
            offset = self._offset(section.id)
            name, info, _ = self._words.unpack_from(data, offset)
            pack(data, offset, name, info, section.size)
            for entry in section.entries:
                offset += 12
                pack(data, offset, entry.type_id, entry.offset, entry.size)
        other = Btf(bytes(data), self.path, self.base, self._pointer_size)
        other.origin = self.origin
        return other

    def _of_kind(self, kind: int) -> Iterator[int]:
        """The ids of this object's own types of that kind, in order."""
        for index in btf_scan.of_kind(
            self.data, self._types, self.byte_order == "big", self._offsets, kind
        ):
            yield self.first_id + index


def checked_base(base: model.TypeGraph | None) -> Btf | None:
    """What split BTF is to continue, if it is BTF; else a UsageError."""
    if base is None or isinstance(base, Btf):
        return base
    raise UsageError(f"{base.path} is no BTF: split BTF needs BTF as its base")


def is_split(data: bytes) -> bool:
    """Whether BTF needs a base: its first string is not the empty one. False for what is no BTF."""
    if len(data) < HEADER.size or data[:2] not in ORDERS:
        return False
    mark = "<" if ORDERS[data[:2]] == "little" else ">"
    header_length, *_, strings_at, strings = struct.unpack_from(f"{mark}5I", data, 4)
    start: int = header_length + strings_at
    return strings > 0 and start < len(data) and data[start] != 0


def _tails(layout: bytes) -> memoryview:
    """The bytes behind each kind's common record, and per element, for the scanner.

    `layout` is the layout section: for each kind from 0 on one byte each of both, and flags.
    """
    tails = table("q", [-1, 0, 0, 1] * KINDS_IN_INFO)
    for kind in range(1, min(len(layout) // 4, KINDS_IN_INFO)):
        tails[4 * kind] = layout[4 * kind]
        tails[4 * kind + 1] = layout[4 * kind + 1]
    for kind, (extra, per_element) in TAILS.items():
        tails[4 * kind] = extra
        tails[4 * kind + 1] = per_element
    return tails
