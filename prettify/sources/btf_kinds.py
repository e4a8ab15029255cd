"""The kinds of BTF: how each one's record becomes a type of the model.

A new kind is a reader and a row of ROWS. Format: the kernel's documentation, "BPF Type Format
(BTF)", section 2.2.
"""

from __future__ import annotations

from prettify import model

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Words(model.TypeGraph, Protocol):
        """What a reader asks of the BTF that its record is in."""

        def known_id(self, type_id: int, offset: int) -> int:
            """`type_id`, if there is such a type; `offset` is where in the data it is named."""

        def string(self, offset: int, referrer: int) -> str:
            """The string at that string offset; `referrer` is where in the data it is named."""

        def word(self, offset: int) -> int:
            """The 32-bit unsigned integer at that offset of the data."""

        def pairs(self, record: Record) -> list[tuple[int, int, int]]:
            """The elements of a record of two words each, behind the offset of each."""

        def triples(self, record: Record) -> list[tuple[int, int, int, int]]:
            """The elements of a record of three words each, behind the offset of each."""


INT, STRUCT = 1, 4  # the kinds that the size of a pointer is guessed from
SECTION = 15

# The kinds that have no name, whatever is in its place: pointers, arrays, qualifiers, prototypes.
NAMELESS = frozenset((2, 3, 9, 10, 11, 13))

# The encoding bits of INT (section 2.2.1).
INT_SIGNED, INT_CHAR, INT_BOOL = 1, 2, 4


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


# One reader per kind (section 2.2).


def _read_int(btf: Words, record: Record) -> model.Type:
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


def _read_array(btf: Words, record: Record) -> model.Type:
    element, index, count = (btf.word(record.tail + 4 * i) for i in range(3))
    btf.known_id(element, record.tail)
    btf.known_id(index, record.tail + 4)
    return model.Array(btf, record.id, element, index, count)


def _read_members(btf: Words, record: Record) -> tuple[model.Member, ...]:
    members = []
    for offset, name, type_id, where in btf.triples(record):
        # kind_flag: the top 8 bits of the offset are the bitfield's width (section 2.2.4).
        bit_offset, bit_size = (where & 0xFFFFFF, where >> 24) if record.kind_flag else (where, 0)
        members.append(
            model.Member(
                btf.string(name, offset), btf.known_id(type_id, offset + 4), bit_offset, bit_size
            )
        )
    return tuple(members)


def _read_struct(btf: Words, record: Record) -> model.Type:
    return model.Struct(btf, record.id, record.name, record.value, _read_members(btf, record))


def _read_union(btf: Words, record: Record) -> model.Type:
    return model.Union(btf, record.id, record.name, record.value, _read_members(btf, record))


def _checked_enum_size(btf: Words, record: Record) -> int:
    if record.value not in (1, 2, 4, 8):
        raise btf.error(f"enum {record.name!r} has {record.value} bytes", record.id)
    return record.value


def _read_enum(btf: Words, record: Record) -> model.Type:
    size = _checked_enum_size(btf, record)
    signed = record.kind_flag
    enumerators = tuple(
        model.Enumerator(
            btf.string(name, offset), value - (1 << 32) if signed and value >> 31 else value
        )
        for offset, name, value in btf.pairs(record)
    )
    return model.Enum(btf, record.id, record.name, size, enumerators, signed=signed)


def _read_enum64(btf: Words, record: Record) -> model.Type:
    size = _checked_enum_size(btf, record)
    signed = record.kind_flag
    enumerators = []
    for offset, name, low, high in btf.triples(record):
        value = high << 32 | low
        enumerators.append(
            model.Enumerator(
                btf.string(name, offset), value - (1 << 64) if signed and high >> 31 else value
            )
        )
    return model.Enum(
        btf, record.id, record.name, size, tuple(enumerators), signed=signed, wide=True
    )


def _read_forward(btf: Words, record: Record) -> model.Type:
    return model.Forward(btf, record.id, record.name, union=record.kind_flag)


def _read_prototype(btf: Words, record: Record) -> model.Type:
    parameters = tuple(
        model.Parameter(btf.string(name, offset), btf.known_id(type_id, offset + 4))
        for offset, name, type_id in btf.pairs(record)
    )
    return model.Prototype(btf, record.id, btf.known_id(record.value, record.tail - 4), parameters)


def _read_function(btf: Words, record: Record) -> model.Type:
    target = btf.known_id(record.value, record.tail - 4)
    return model.Function(btf, record.id, record.name, target, record.count)


def _read_variable(btf: Words, record: Record) -> model.Type:
    target = btf.known_id(record.value, record.tail - 4)
    return model.Variable(btf, record.id, record.name, target, btf.word(record.tail))


def _read_section(btf: Words, record: Record) -> model.Type:
    entries = tuple(
        model.SectionEntry(btf.known_id(type_id, offset), start, size)
        for offset, type_id, start, size in btf.triples(record)
    )
    return model.Section(btf, record.id, record.name, record.value, entries)


def _read_float(btf: Words, record: Record) -> model.Type:
    if record.value not in (2, 4, 8, 10, 12, 16):
        raise btf.error(f"float {record.name!r} has {record.value} bytes", record.id)
    return model.Float(btf, record.id, record.name, record.value)


def _read_decl_tag(btf: Words, record: Record) -> model.Type:
    target = btf.known_id(record.value, record.tail - 4)
    component = btf.word(record.tail)
    if component >> 31:
        component -= 1 << 32
    return model.DeclTag(btf, record.id, record.name, target, component)


def _reference(made: type[model.Reference]) -> Callable[[Words, Record], model.Type]:
    def read(btf: Words, record: Record) -> model.Type:
        target = btf.known_id(record.value, record.tail - 4)
        return made(btf, record.id, record.name, target)

    return read


# Kind number: its name in the model, its reader, bytes behind the common record, bytes per element.
ROWS: dict[int, tuple[str, Callable[[Words, Record], model.Type], int, int]] = {
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
KINDS = {kind: row[0] for kind, row in ROWS.items()}
READERS = {kind: row[1] for kind, row in ROWS.items()}
TAILS = {kind: row[2:] for kind, row in ROWS.items()}
