"""The kinds of CTF: how each one's record becomes a type of the model.

A new kind is a reader and a row of ROWS. Format: "The CTF File Format", section "The type section".
"""

from __future__ import annotations

from prettify import model
from prettify.sources.ctf import forms, repairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.sources.ctf.dictionary import Record
    from prettify.sources.ctf.graph import Ctf

    Reader = Callable[[Ctf, Record], model.Type]

NAMELESS = frozenset(
    (
        forms.UNKNOWN,
        forms.POINTER,
        forms.ARRAY,
        forms.FUNCTION,
        forms.VOLATILE,
        forms.CONST,
        forms.RESTRICT,
        forms.SLICE,
    )
)

SLICED = frozenset((forms.INTEGER, forms.FLOAT, forms.ENUM))

# The encoding of integers: flags in the top byte, the first bit in the next, the bits below.
INT_SIGNED, INT_CHAR, INT_BOOL = 1, 2, 4
MAX_INTEGER = 16  # bytes
# The encodings of floats that are two of these: complex numbers, intervals.
PAIRS = {3: "float", 4: "double", 5: "long double", 7: "float", 8: "double", 9: "long double"}
COMPLEX_WORDS = ("complex ", "_Complex ")  # what goes before the name of one of the two
FLOAT_SIZES = (2, 4, 8, 10, 12, 16)
ENUM_SIZES = (1, 2, 4, 8)


def kind_of(record: Record) -> str:
    """The model's kind of what a record becomes, without building it."""
    if record.kind == forms.INTEGER and not record.value:
        return model.VOID
    if record.kind == forms.FLOAT and _encoding(record)[0] in PAIRS:
        return model.TYPEDEF
    if record.kind == forms.FORWARD and record.value == forms.ENUM:
        return model.ENUM
    return ROWS[record.kind][0]


def name_of(record: Record) -> str:
    """A record's name; empty where its kind has none, or only an ELF file that is not here."""
    return "" if record.kind in NAMELESS else record.dictionary.known_name(record.name, record.at)


def read(graph: Ctf, record: Record) -> model.Type:
    """The type of a record."""
    return ROWS[record.kind][1](graph, record)


def _name(record: Record) -> str:
    return record.dictionary.string(record.name, record.at)


def _encoding(record: Record) -> tuple[int, int, int]:
    """(flags or number, first bit, bits) of an integer or float."""
    word = record.dictionary.word(record.tail)
    return word >> 24, word >> 16 & 0xFF, word & 0xFFFF


def _target(record: Record) -> int:
    """The type id in the place of the value, which is right before the tail."""
    return record.dictionary.global_id(record.value, record.at)


# One reader per kind.


def _read_unknown(graph: Ctf, record: Record) -> model.Type:
    return model.Void(graph, record.id)


def _read_integer(graph: Ctf, record: Record) -> model.Type:
    name = _name(record)
    if not record.value:  # how compilers write `void`
        return model.Void(graph, record.id, name)
    flags, bit_offset, bits = _encoding(record)
    if record.value > MAX_INTEGER:
        raise graph.error(f"integer {name!r} has {record.value} bytes", record.id)
    if bit_offset + bits > 8 * record.value or not bits:
        raise graph.error(
            f"integer {name!r} has {bits} bits at bit {bit_offset} of {record.value} bytes",
            record.id,
        )
    return model.Integer(
        graph,
        record.id,
        name,
        record.value,
        bits,
        bit_offset,
        signed=bool(flags & INT_SIGNED),
        character=bool(flags & INT_CHAR),
        boolean=bool(flags & INT_BOOL),
    )


def _read_float(graph: Ctf, record: Record) -> model.Type:
    name = _name(record)
    number = _encoding(record)[0]
    parts = 2 if number in PAIRS else 1
    size, rest = divmod(record.value, parts)
    if rest or size not in FLOAT_SIZES:
        raise graph.error(f"float {name!r} has {record.value} bytes", record.id)
    if parts == 1:
        return model.Float(graph, record.id, name, size)
    # An array of two, behind a name: a complex number is laid out as one (C11, 6.2.5 13).
    part_name = PAIRS[number]
    for word in COMPLEX_WORDS:
        if name.startswith(word):
            part_name = name[len(word) :]
    part = graph.spare(lambda spare: model.Float(graph, spare, part_name, size), record.id)
    array = graph.spare(lambda spare: model.Array(graph, spare, part, 0, parts), record.id)
    return model.Typedef(graph, record.id, name, array)


def _read_array(graph: Ctf, record: Record) -> model.Type:
    element_id, index_id, count = record.dictionary.array(record)
    if graph.arrays_reversed:
        element_id, count = repairs.outermost(graph, record)
    return model.Array(graph, record.id, element_id, index_id, count)


def _read_function(graph: Ctf, record: Record) -> model.Type:
    dictionary = record.dictionary
    rows = dictionary.rows(dictionary.records.argument, record.tail, record.count)
    parameters = tuple(
        model.Parameter("", dictionary.global_id(type_id, offset)) for offset, type_id in rows
    )
    return model.Prototype(graph, record.id, _target(record), parameters)


def _aggregate(made: type[model.Aggregate]) -> Reader:
    def read_members(graph: Ctf, record: Record) -> model.Type:
        members = tuple(_members(graph, record, made is model.Union))
        return made(graph, record.id, _name(record), record.value, members)

    return read_members


def _rows_of_members(record: Record) -> list[tuple[int, int, int, int]]:
    """(where in the data, name, type id of the dictionary, offset in bits) of each member."""
    dictionary = record.dictionary
    records = dictionary.records
    if record.value < records.threshold:
        name, type_, bits = records.member_places
        rows = dictionary.rows(records.member, record.tail, record.count)
        return [(row[0], row[1 + name], row[1 + type_], row[1 + bits]) for row in rows]
    name, type_, high, low = records.large_places
    rows = dictionary.rows(records.large_member, record.tail, record.count)
    return [
        (row[0], row[1 + name], row[1 + type_], row[1 + high] << 32 | row[1 + low]) for row in rows
    ]


def _members(graph: Ctf, record: Record, union: bool) -> list[model.Member]:
    dictionary = record.dictionary
    rows = _rows_of_members(record)
    places = sorted(row[3] for row in rows)
    members = []
    for offset, name, type_id, place in rows:
        text = dictionary.string(name, offset)
        member = model.Member(text, dictionary.global_id(type_id, offset), place)
        end = graph.end_of(member.type_id)
        if end.record is None or end.record.kind == forms.UNKNOWN:
            continue  # no type that CTF can express: linkers leave such members out
        if end.record.kind == forms.SLICE and not end.in_array:
            _slice_member(graph, member, end.record)
        elif end.record.kind == forms.ENUM:
            bits = (
                8 * record.value - place if union else repairs.room(places, place, 8 * record.value)
            )
            if 8 * end.record.value * end.elements > bits:
                member.type_id = repairs.fitting_enum(graph, member.type_id, bits)
        members.append(member)
    return members


# A slice is some bits of another type; as the type of a member it makes that a bitfield.


def _slice(graph: Ctf, record: Record) -> tuple[int, Record, int, int]:
    """(type id, the record of what that is in the end, first bit, bits)."""
    [(offset, type_id, bit_offset, bits)] = record.dictionary.rows("IHH", record.tail, 1)
    type_id = record.dictionary.global_id(type_id, offset)
    end = graph.end_of(type_id).record
    if end is None or end.kind not in SLICED:
        raise graph.error(f"a slice of type {type_id}, which is no number", record.id)
    if not bits:
        raise graph.error(f"a slice of no bits of type {type_id}", record.id)
    return type_id, end, bit_offset, bits


def _slice_member(graph: Ctf, member: model.Member, record: Record) -> None:
    type_id, end, bit_offset, bits = _slice(graph, record)
    member.type_id = type_id
    member.bit_offset += bit_offset
    # A float has all its bits, which the format lets one say too.
    member.bit_size = 0 if end.kind == forms.FLOAT and bits == 8 * end.value else bits


def _read_slice(graph: Ctf, record: Record) -> model.Type:
    _, end, bit_offset, bits = _slice(graph, record)
    if bit_offset + bits > 8 * record.value or record.value > MAX_INTEGER:
        raise graph.error(
            f"a slice of {bits} bits at bit {bit_offset} of {record.value} bytes", record.id
        )
    of = graph.by_id(end.id)
    flags = {flag: bool(getattr(of, flag, False)) for flag in ("signed", "character", "boolean")}
    return model.Integer(graph, record.id, "", record.value, bits, bit_offset, **flags)


def _read_enum(graph: Ctf, record: Record) -> model.Type:
    name = _name(record)
    if record.value not in ENUM_SIZES:
        raise graph.error(f"enum {name!r} has {record.value} bytes", record.id)
    dictionary = record.dictionary
    enumerators = tuple(
        model.Enumerator(dictionary.string(label, offset), value)
        for offset, label, value in dictionary.rows("Ii", record.tail, record.count)
    )
    # The format does not say: as in C, one that has no negative value is unsigned.
    signed = any(enumerator.value < 0 for enumerator in enumerators)
    return model.Enum(graph, record.id, name, record.value, enumerators, signed=signed)


def _read_forward(graph: Ctf, record: Record) -> model.Type:
    if record.value == forms.ENUM:  # as BTF has it: an enum that nothing more is known of
        return model.Enum(graph, record.id, _name(record), 4, ())
    return model.Forward(graph, record.id, _name(record), union=record.value == forms.UNION)


def _reference(made: type[model.Reference]) -> Reader:
    def read_reference(graph: Ctf, record: Record) -> model.Type:
        name = "" if record.kind in NAMELESS else _name(record)
        return made(graph, record.id, name, _target(record))

    return read_reference


# Kind number: its name in the model, its reader.
ROWS: dict[int, tuple[str, Reader]] = {
    forms.UNKNOWN: (model.VOID, _read_unknown),
    forms.INTEGER: (model.INT, _read_integer),
    forms.FLOAT: (model.FLOAT, _read_float),
    forms.POINTER: (model.POINTER, _reference(model.Pointer)),
    forms.ARRAY: (model.ARRAY, _read_array),
    forms.FUNCTION: (model.PROTOTYPE, _read_function),
    forms.STRUCT: (model.STRUCT, _aggregate(model.Struct)),
    forms.UNION: (model.UNION, _aggregate(model.Union)),
    forms.ENUM: (model.ENUM, _read_enum),
    forms.FORWARD: (model.FORWARD, _read_forward),
    forms.TYPEDEF: (model.TYPEDEF, _reference(model.Typedef)),
    forms.VOLATILE: (model.VOLATILE, _reference(model.Volatile)),
    forms.CONST: (model.CONST, _reference(model.Const)),
    forms.RESTRICT: (model.RESTRICT, _reference(model.Restrict)),
    forms.SLICE: (model.INT, _read_slice),
}
