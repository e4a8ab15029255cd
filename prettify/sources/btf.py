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
from prettify.errors import TypeInfoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAGIC = 0xEB9F
HEADER = struct.Struct("<HBBIIIII")
HEADER_WITH_LAYOUT = 32  # bytes from which on a header has layout_off and layout_len
VERSION = 1
MAX_NAME = 4096  # bytes; a file may name any number of things with one long string
MAX_GAPS = 1000  # structs that are searched for the size of a pointer
MAX_MODIFIERS = 8  # between a member and the pointer that it is, in that search

# The kinds that have no name, whatever is in its place: pointers, arrays, qualifiers, prototypes.
NAMELESS = frozenset((2, 3, 9, 10, 11, 13))

# The encoding bits of INT (section 2.2.1).
INT_SIGNED, INT_CHAR, INT_BOOL = 1, 2, 4

LONG_NAMES = frozenset(
    " ".join(words)
    for words in (
        ("long",),
        ("long", "int"),
        ("int", "long"),
        ("unsigned", "long"),
        ("long", "unsigned"),
        ("unsigned", "long", "int"),
        ("long", "unsigned", "int"),
        ("long", "int", "unsigned"),
    )
)


class Record:
    """The common part of a type record, decoded.

    value: a size in bytes or a type id, as the kind says. tail: the offset in the data of what
    follows.
    """

    __slots__ = ("count", "id", "kind_flag", "name", "tail", "value")

    def __init__(
        self, type_id: int, name: str, count: int, kind_flag: bool, value: int, tail: int
    ) -> None:
        self.id = type_id
        self.name = name
        self.count = count
        self.kind_flag = kind_flag
        self.value = value
        self.tail = tail


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
        "path",
    )

    def __init__(
        self, data: bytes, path: str, base: Btf | None = None, pointer_size: int = 0
    ) -> None:
        self.data = data
        self.path = path
        self.base = base
        self.cache: dict[int, model.Type] = {}
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
        self._offsets, end = btf_scan.scan(
            data, self._types, types_length, self.byte_order == "big", tails
        )
        if end != types_length:
            raise self._scan_error(end, types_length, tails)

    # What a graph is asked for.

    @property
    def pointer_size(self) -> int:
        """Bytes in a pointer: the ELF file's class, else the size of `long`, else a guess."""
        if not self._pointer_size:
            self._pointer_size = (
                self.base.pointer_size if self.base else self._size_of_long() or self._pointer_gap()
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
        return _KINDS.get(number, f"kind {number}"), self._name(number, name, offset)

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, saying where in the file it stands."""
        if self.base is not None and type_id < self.first_id:
            return self.base.error(what, type_id)
        index = type_id - self.first_id
        known = 0 <= index < len(self._offsets)
        # Names come from the file, and the message must stay one line whatever is in them.
        line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in what)
        return TypeInfoError(line, self.path, self._offset(type_id) if known else None)

    # The header and the sections (section 2.1).

    def _read_header(self) -> tuple[str, int, bytes]:
        data, path = self.data, self.path
        if len(data) < HEADER.size:
            raise TypeInfoError(
                f"not BTF: {len(data)} bytes, the header alone has {HEADER.size}", path, 0
            )
        orders = {MAGIC: "little", (MAGIC & 0xFF) << 8 | MAGIC >> 8: "big"}
        order = orders.get(struct.unpack_from("<H", data)[0])
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
        if tails[2 * kind] >= 0:
            return TypeInfoError(
                f"type {type_id}, kind {kind} ({_KINDS.get(kind, 'unknown')}) of "
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

    def _string(self, offset: int, referrer: int) -> str:
        if self.base is not None and offset < self.first_string:
            return self.base._string(offset, referrer)
        start = self._strings + offset - self.first_string
        stop = self._strings + self._strings_length
        if start >= stop and offset:
            raise TypeInfoError(
                f"string offset {offset:#x} is past the end of the strings, "
                f"{self.first_string + self._strings_length:#x}",
                self.path,
                referrer,
            )
        end = self.data.find(b"\0", start, min(stop, start + MAX_NAME + 1))
        if end < 0 and start < stop:
            raise TypeInfoError(
                f"the name at string offset {offset:#x} has more than {MAX_NAME} bytes",
                self.path,
                referrer,
            )
        return self.data[start : max(start, end)].decode("utf-8", "surrogateescape")

    def _name(self, kind: int, name: int, offset: int) -> str:
        """The name of a type of that kind; `offset` is where in the data it is."""
        return "" if kind in NAMELESS else self._string(name, offset)

    def _read(self, type_id: int) -> model.Type:
        offset = self._offset(type_id)
        name, info, value = self._words.unpack_from(self.data, offset)
        kind = info >> 24 & 0x7F
        reader = _READERS.get(kind)
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

    # The size of a pointer, which BTF itself does not hold.

    def _size_of_long(self) -> int:
        for index in btf_scan.of_kind(
            self.data, self._types, self.byte_order == "big", self._offsets, 1
        ):
            offset = self._types + self._offsets[index]
            name, _, size = self._words.unpack_from(self.data, offset)
            if size in (4, 8) and self._string(name, offset) in LONG_NAMES:
                return int(size)
        return 0

    def _pointer_gap(self) -> int:
        """4 where some struct leaves a pointer member only that much room, else 8."""
        for index in btf_scan.of_kind(
            self.data, self._types, self.byte_order == "big", self._offsets, 4
        )[:MAX_GAPS]:
            try:
                aggregate = self.by_id(self.first_id + index)
            except TypeInfoError:
                continue  # it may not be the one that is asked for
            assert isinstance(aggregate, model.Aggregate)
            bounds = [m.bit_offset for m in aggregate.members] + [8 * aggregate.size]
            for member, end in zip(aggregate.members, bounds[1:], strict=True):
                if end - member.bit_offset == 32 and self._is_pointer(member.type_id):
                    return 4
        return 8

    def _is_pointer(self, type_id: int) -> bool:
        """Whether a type is a pointer, behind a few typedefs and qualifiers at most."""
        for _ in range(MAX_MODIFIERS):
            try:
                type_ = self.by_id(type_id)
            except TypeInfoError:
                return False
            if type_.kind not in model.MODIFIERS:
                return type_.kind == model.POINTER
            assert isinstance(type_, model.Reference)
            type_id = type_.target_id
        return False


def _tails(layout: bytes) -> memoryview:
    """The bytes behind each kind's common record, and per element, for the scanner.

    `layout` is the layout section: for each kind from 0 on one byte each of both, and flags.
    """
    tails = table("q", [-1] * 256)
    for kind in range(1, min(len(layout) // 4, 128)):
        tails[2 * kind] = layout[4 * kind]
        tails[2 * kind + 1] = layout[4 * kind + 1]
    for kind, (extra, per_element) in _TAILS.items():
        tails[2 * kind] = extra
        tails[2 * kind + 1] = per_element
    return tails


# One reader per kind (section 2.2).


def _read_int(btf: Btf, record: Record) -> model.Type:
    encoding = btf.word(record.tail)
    flags, bit_offset, bits = encoding >> 24 & 0xF, encoding >> 16 & 0xFF, encoding & 0xFF
    if not 1 <= record.value <= 16:
        raise btf.error(f"integer {record.name!r} has {record.value} bytes", record.id)
    if bit_offset + bits > 8 * record.value or not bits:
        raise btf.error(
            f"integer {record.name!r} has {bits} bits at bit {bit_offset} of {record.value} bytes",
            record.id,
        )
    return model.Integer(
        btf,
        record.id,
        record.name,
        record.value,
        bits,
        bit_offset,
        signed=bool(flags & INT_SIGNED),
        character=bool(flags & INT_CHAR),
        boolean=bool(flags & INT_BOOL),
    )


def _read_array(btf: Btf, record: Record) -> model.Type:
    element, index, count = (btf.word(record.tail + 4 * i) for i in range(3))
    btf.known_id(element, record.tail)
    btf.known_id(index, record.tail + 4)
    return model.Array(btf, record.id, element, index, count)


def _read_members(btf: Btf, record: Record) -> tuple[model.Member, ...]:
    members = []
    for offset, name, type_id, where in btf.triples(record):
        # kind_flag: the top 8 bits of the offset are the bitfield's width (section 2.2.4).
        bit_offset, bit_size = (where & 0xFFFFFF, where >> 24) if record.kind_flag else (where, 0)
        members.append(
            model.Member(
                btf._string(name, offset), btf.known_id(type_id, offset + 4), bit_offset, bit_size
            )
        )
    return tuple(members)


def _read_struct(btf: Btf, record: Record) -> model.Type:
    return model.Struct(btf, record.id, record.name, record.value, _read_members(btf, record))


def _read_union(btf: Btf, record: Record) -> model.Type:
    return model.Union(btf, record.id, record.name, record.value, _read_members(btf, record))


def _checked_enum_size(btf: Btf, record: Record) -> int:
    if record.value not in (1, 2, 4, 8):
        raise btf.error(f"enum {record.name!r} has {record.value} bytes", record.id)
    return record.value


def _read_enum(btf: Btf, record: Record) -> model.Type:
    size = _checked_enum_size(btf, record)
    signed = record.kind_flag
    enumerators = tuple(
        model.Enumerator(
            btf._string(name, offset), value - (1 << 32) if signed and value >> 31 else value
        )
        for offset, name, value in btf.pairs(record)
    )
    return model.Enum(btf, record.id, record.name, size, enumerators, signed=signed)


def _read_enum64(btf: Btf, record: Record) -> model.Type:
    size = _checked_enum_size(btf, record)
    signed = record.kind_flag
    enumerators = []
    for offset, name, low, high in btf.triples(record):
        value = high << 32 | low
        enumerators.append(
            model.Enumerator(
                btf._string(name, offset), value - (1 << 64) if signed and high >> 31 else value
            )
        )
    return model.Enum(
        btf, record.id, record.name, size, tuple(enumerators), signed=signed, wide=True
    )


def _read_forward(btf: Btf, record: Record) -> model.Type:
    return model.Forward(btf, record.id, record.name, union=record.kind_flag)


def _read_prototype(btf: Btf, record: Record) -> model.Type:
    parameters = tuple(
        model.Parameter(btf._string(name, offset), btf.known_id(type_id, offset + 4))
        for offset, name, type_id in btf.pairs(record)
    )
    return model.Prototype(btf, record.id, btf.known_id(record.value, record.tail - 4), parameters)


def _read_function(btf: Btf, record: Record) -> model.Type:
    target = btf.known_id(record.value, record.tail - 4)
    return model.Function(btf, record.id, record.name, target, record.count)


def _read_variable(btf: Btf, record: Record) -> model.Type:
    target = btf.known_id(record.value, record.tail - 4)
    return model.Variable(btf, record.id, record.name, target, btf.word(record.tail))


def _read_section(btf: Btf, record: Record) -> model.Type:
    entries = tuple(
        model.SectionEntry(btf.known_id(type_id, offset), start, size)
        for offset, type_id, start, size in btf.triples(record)
    )
    return model.Section(btf, record.id, record.name, record.value, entries)


def _read_float(btf: Btf, record: Record) -> model.Type:
    if record.value not in (2, 4, 8, 10, 12, 16):
        raise btf.error(f"float {record.name!r} has {record.value} bytes", record.id)
    return model.Float(btf, record.id, record.name, record.value)


def _read_decl_tag(btf: Btf, record: Record) -> model.Type:
    target = btf.known_id(record.value, record.tail - 4)
    component = btf.word(record.tail)
    if component >> 31:
        component -= 1 << 32
    return model.DeclTag(btf, record.id, record.name, target, component)


def _reference(made: type[model.Reference]) -> Callable[[Btf, Record], model.Type]:
    def read(btf: Btf, record: Record) -> model.Type:
        target = btf.known_id(record.value, record.tail - 4)
        return made(btf, record.id, record.name, target)

    return read


# Kind number: its name in the model, its reader, bytes behind the common record, bytes per element.
_ROWS: dict[int, tuple[str, Callable[[Btf, Record], model.Type], int, int]] = {
    1: (model.INT, _read_int, 4, 0),
    2: (model.POINTER, _reference(model.Pointer), 0, 0),
    3: (model.ARRAY, _read_array, 12, 0),
    4: (model.STRUCT, _read_struct, 0, 12),
    5: (model.UNION, _read_union, 0, 12),
    6: (model.ENUM, _read_enum, 0, 8),
    7: (model.FORWARD, _read_forward, 0, 0),
    8: (model.TYPEDEF, _reference(model.Typedef), 0, 0),
    9: (model.VOLATILE, _reference(model.Volatile), 0, 0),
    10: (model.CONST, _reference(model.Const), 0, 0),
    11: (model.RESTRICT, _reference(model.Restrict), 0, 0),
    12: (model.FUNCTION, _read_function, 0, 0),
    13: (model.PROTOTYPE, _read_prototype, 0, 8),
    14: (model.VARIABLE, _read_variable, 4, 0),
    15: (model.SECTION, _read_section, 0, 12),
    16: (model.FLOAT, _read_float, 0, 0),
    17: (model.DECL_TAG, _read_decl_tag, 4, 0),
    18: (model.TYPE_TAG, _reference(model.TypeTag), 0, 0),
    19: (model.ENUM, _read_enum64, 0, 12),
}
_KINDS = {kind: row[0] for kind, row in _ROWS.items()}
_READERS = {kind: row[1] for kind, row in _ROWS.items()}
_TAILS = {kind: row[2:] for kind, row in _ROWS.items()}
