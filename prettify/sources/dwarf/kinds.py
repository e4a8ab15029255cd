"""The kinds of entries: how each one becomes a type of the model.

A new kind is a reader and a row of READERS. Format: DWARF 5, section 5. Types that the model needs
and no entry is (the inner dimensions of an array, the halves of a complex number) are made up: see
`graph.Dwarf.made`.
"""

from __future__ import annotations

from prettify import model
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.aggregates import read_aggregate
from prettify.sources.dwarf.languages import COUNTED_FROM_ONE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from prettify.sources.dwarf.entries import Entry
    from prettify.sources.dwarf.graph import Dwarf

    Reader: TypeAlias = Callable[[Dwarf, Entry], model.Type]

MAX_INTEGER = 16  # bytes
MINUS_ONE = frozenset((0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF))  # the upper bound of int[0], by old gcc
FLOATS = frozenset((2, 4, 8, 10, 12, 16))  # sizes in bytes
CHARACTERS = frozenset(
    (
        dw.DW_ATE_signed_char,
        dw.DW_ATE_unsigned_char,
        dw.DW_ATE_UTF,
        dw.DW_ATE_UCS,
        dw.DW_ATE_ASCII,
    )
)
SIGNED = frozenset((dw.DW_ATE_signed, dw.DW_ATE_signed_char))
INTEGERS = SIGNED | CHARACTERS | {dw.DW_ATE_address, dw.DW_ATE_boolean, dw.DW_ATE_unsigned}
TYPE_TAGS = frozenset(("btf_type_tag", "btf:type_tag"))
# Tags of entries that are about a type and change nothing that the model has a word for.
TRANSPARENT = frozenset(
    (
        dw.DW_TAG_atomic_type,
        dw.DW_TAG_immutable_type,
        dw.DW_TAG_packed_type,
        dw.DW_TAG_shared_type,
    )
)
DIMENSIONS = frozenset(
    (dw.DW_TAG_subrange_type, dw.DW_TAG_enumeration_type, dw.DW_TAG_generic_subrange)
)


# Base types (section 5.1).


def read_base(graph: Dwarf, entry: Entry) -> model.Type:
    name = entry.text(dw.DW_AT_name)
    encoding = entry.number(dw.DW_AT_encoding) or 0
    size = size_in_bytes(entry)
    if encoding in INTEGERS and 0 < size <= MAX_INTEGER:
        bits = entry.number(dw.DW_AT_bit_size) or 8 * size
        if not 0 < bits <= 8 * size:
            raise entry.error(f"{name} has {bits} bits in {size} bytes")
        return model.Integer(
            graph,
            entry.id,
            name,
            size,
            bits,
            8 * size - bits if graph.byte_order == "big" else 0,
            signed=encoding in SIGNED,
            character=encoding in CHARACTERS,
            boolean=encoding == dw.DW_ATE_boolean,
        )
    if encoding == dw.DW_ATE_float and size in FLOATS:
        return model.Float(graph, entry.id, name, size)
    if encoding == dw.DW_ATE_complex_float and size % 2 == 0 and size // 2 in FLOATS:
        return _complex(graph, entry, name, size // 2)
    return raw(graph, entry, name, size)


def size_in_bytes(entry: Entry) -> int:
    """The size of a type that says it itself; 0 where it does not."""
    size = entry.number(dw.DW_AT_byte_size)
    if size is None:
        size = ((entry.number(dw.DW_AT_bit_size) or 0) + 7) // 8
    if not 0 <= size <= model.MAX_SIZE:
        raise entry.error(f"{entry.text(dw.DW_AT_name) or 'a type'} has {size} bytes")
    return size


def _complex(graph: Dwarf, entry: Entry, name: str, size: int) -> model.Type:
    half = name.replace("_Complex", "").replace("complex", "").strip()
    number = graph.made(entry, 2, lambda i: model.Float(graph, i, half, size))
    members = model.Member("real", number, 0), model.Member("imaginary", number, 8 * size)
    pair = graph.made(entry, 1, lambda i: model.Struct(graph, i, "", 2 * size, members))
    return model.Typedef(graph, entry.id, name, pair)


def raw(graph: Dwarf, entry: Entry, name: str, size: int) -> model.Type:
    """What no dialect can show as a number (decimal floats, integers of 256 bits): its bytes."""
    if not size:  # Rust's (): no array of no elements, which would be flexible
        nothing = graph.made(entry, 1, lambda i: model.Struct(graph, i, "", 0, ()))
        return model.Typedef(graph, entry.id, name, nothing)
    byte = graph.made(entry, 2, lambda i: model.Integer(graph, i, "unsigned char", 1, 8))
    array = graph.made(entry, 1, lambda i: model.Array(graph, i, byte, 0, size))
    return model.Typedef(graph, entry.id, name, array)


def _unspecified(graph: Dwarf, entry: Entry) -> model.Type:
    name = entry.text(dw.DW_AT_name)
    if "nullptr" in name:
        target = graph.made(entry, 1, lambda i: model.Pointer(graph, i, "", 0))
        return model.Typedef(graph, entry.id, name, target)
    return model.Void(graph, entry.id, name)


# What is about one other type (sections 5.2 to 5.4, 5.8 and 5.9).


def _reference(made: type[model.Reference]) -> Reader:
    def read(graph: Dwarf, entry: Entry) -> model.Type:
        return made(graph, entry.id, "", graph.target(entry))

    return read


def _typedef(graph: Dwarf, entry: Entry) -> model.Type:
    return model.Typedef(graph, entry.id, graph.name(entry), graph.target(entry))


def _transparent(graph: Dwarf, entry: Entry) -> model.Type:
    known = {entry.id}
    while entry.tag in TRANSPARENT:
        target = graph.target(entry)
        if not target:
            return graph.by_id(0)
        if target in known:
            raise entry.error("a qualified type is defined as itself")
        known.add(target)
        entry = graph.entry(target)
    return graph.by_id(entry.id)


def _pointer(graph: Dwarf, entry: Entry) -> model.Type:
    size = entry.number(dw.DW_AT_byte_size)
    if size not in (None, graph.pointer_size):
        # Of another address space or size, which the model has no pointers of.
        if size not in (1, 2, 4, 8, 16):
            raise entry.error(f"a pointer of {size} bytes")
        return model.Integer(graph, entry.id, "", size, 8 * size)
    target = graph.target(entry)

    # What the pointer points at has these tags, the last one outermost.
    def tagged(type_id: int, name: str, of: int) -> model.Type:
        return model.TypeTag(graph, type_id, name, of)

    for number, text in enumerate(graph.annotations(entry, TYPE_TAGS), 1):
        target = graph.made(entry, number, tagged, text, target)
    return model.Pointer(graph, entry.id, "", target)


def _member_pointer(graph: Dwarf, entry: Entry) -> model.Type:
    """A pointer to a member: an offset, or of functions a pointer and what to add to `this`."""
    size = graph.pointer_size
    number = graph.made(
        entry, 1, lambda i: model.Integer(graph, i, "ptrdiff_t", size, 8 * size, signed=True)
    )
    target = graph.target(entry)
    if not target or graph.strip_entry(target).tag != dw.DW_TAG_subroutine_type:
        return model.Typedef(graph, entry.id, "", number)
    pointer = graph.made(entry, 2, lambda i: model.Pointer(graph, i, "", target))
    members = model.Member("__pfn", pointer, 0), model.Member("__delta", number, 8 * size)
    return model.Struct(graph, entry.id, "", 2 * size, members)


# Arrays, strings, sets and ranges (sections 5.5, 5.11, 5.12 and 5.13).


def _array(graph: Dwarf, entry: Entry) -> model.Type:
    element = graph.target(entry)
    dimensions = [d for d in entry.part.children(entry) if d.tag in DIMENSIONS]
    _check_strides(graph, [entry, *dimensions], element)
    counts = [_count(graph, dimension) for dimension in dimensions] or [0]

    def inner(type_id: int, of: int, count: int) -> model.Type:
        return model.Array(graph, type_id, of, 0, count)

    for number in range(len(counts) - 1, 0, -1):
        element = graph.made(entry, number, inner, element, counts[number])
    return model.Array(graph, entry.id, element, 0, counts[0])


def _count(graph: Dwarf, dimension: Entry) -> int:
    """The elements of a dimension; 0 where only the running program knows, or none are said."""
    if dimension.tag == dw.DW_TAG_enumeration_type:
        children = dimension.part.children(dimension)
        return sum(child.tag == dw.DW_TAG_enumerator for child in children)
    count = _bound(dimension, dw.DW_AT_count)
    if count is None:
        upper = _bound(dimension, dw.DW_AT_upper_bound)
        lower = _bound(dimension, dw.DW_AT_lower_bound)
        if lower is None:
            lower = int(graph.language(dimension) in COUNTED_FROM_ONE)
        count = 0 if upper is None else upper - lower + 1
    if count > model.MAX_SIZE:
        raise dimension.error(f"an array of {count} elements")
    return max(count, 0)


def _bound(dimension: Entry, attribute: int) -> int | None:
    """A count or bound that is a number, None where the program computes it."""
    if dimension.values.get(attribute, (0, 0))[0] in dw.BLOCK_FORMS:
        return None
    value = dimension.number(attribute)
    return -1 if value in MINUS_ONE else value


def _check_strides(graph: Dwarf, entries: list[Entry], element: int) -> None:
    """Refuse arrays whose elements do not lie side by side."""
    for entry in entries:
        bits = entry.number(dw.DW_AT_bit_stride)
        size = entry.number(dw.DW_AT_byte_stride)
        stride = 8 * size if size is not None else bits
        if stride is not None and stride != 8 * model.size_of(graph.by_id(element)):
            raise entry.error(f"an array whose elements are {stride} bits apart")


def _string(graph: Dwarf, entry: Entry) -> model.Type:
    """A Fortran string: an array of characters, whose number the program may decide."""
    char = graph.made(entry, 1, lambda i: model.Integer(graph, i, "char", 1, 8, character=True))
    return model.Array(graph, entry.id, char, 0, size_in_bytes(entry))


def _set(graph: Dwarf, entry: Entry) -> model.Type:
    size = size_in_bytes(entry)
    if not size:
        size = max(model.size_of(graph.by_id(graph.target(entry))), 0)
    return raw(graph, entry, graph.name(entry), size)


def _subrange(graph: Dwarf, entry: Entry) -> model.Type:
    """A range of another type's values, which may take fewer bytes."""
    size = size_in_bytes(entry)
    target = graph.target(entry)
    if not size or (target and size == model.size_of(graph.by_id(target))):
        return model.Typedef(graph, entry.id, graph.name(entry), target)
    lower = _bound(entry, dw.DW_AT_lower_bound) or 0
    if size > MAX_INTEGER:
        raise entry.error(f"a range of {size} bytes")
    name = graph.name(entry)
    return model.Integer(graph, entry.id, name, size, 8 * size, signed=lower < 0)


# Enumerations and functions (sections 5.7 and 5.10).


def _enumeration(graph: Dwarf, entry: Entry) -> model.Type:
    elsewhere = graph.by_signature(entry)
    if elsewhere is not None:
        return elsewhere
    underlying = graph.target(entry)
    base = model.strip(graph.by_id(underlying)) if underlying else None
    size = size_in_bytes(entry)
    if not size and base is not None:
        size = max(model.size_of(base), 0)
    name = graph.name(entry)
    if size not in (1, 2, 4, 8, 16):
        if entry.flag(dw.DW_AT_declaration):
            return model.Forward(graph, entry.id, name, union=False)
        raise entry.error(f"enum {name} has {size} bytes")
    found = []
    negative = False
    for child in entry.part.children(entry):
        if child.tag != dw.DW_TAG_enumerator:
            continue
        value = child.number(dw.DW_AT_const_value)
        if value is None:
            raise child.error(f"enumerator {child.text(dw.DW_AT_name)} of enum {name} has no value")
        negative = negative or value < 0
        found.append((child, value))
    signed = base.signed if isinstance(base, model.Integer) else negative
    enumerators = tuple(
        model.Enumerator(child.text(dw.DW_AT_name), _fitted(value, size, signed))
        for child, value in found
    )
    return model.Enum(graph, entry.id, name, size, enumerators, signed=signed, wide=size >= 8)


def _fitted(value: int, size: int, signed: bool) -> int:
    """An enumerator's value in its enum of so many bytes: its writer may have left out the sign."""
    value &= (1 << 8 * size) - 1
    return value - (1 << 8 * size) if signed and value >> (8 * size - 1) else value


def _prototype(graph: Dwarf, entry: Entry) -> model.Type:
    parameters = []
    for child in entry.part.children(entry):
        if child.tag == dw.DW_TAG_formal_parameter:
            parameters.append(model.Parameter(child.text(dw.DW_AT_name), graph.target(child)))
        elif child.tag == dw.DW_TAG_unspecified_parameters:
            parameters.append(model.Parameter("", 0))
    return model.Prototype(graph, entry.id, graph.target(entry), tuple(parameters))


def _variable(graph: Dwarf, entry: Entry) -> model.Type:
    linkage = int(entry.flag(dw.DW_AT_external))
    target = graph.target(graph.origin_with(entry, dw.DW_AT_type))
    return model.Variable(graph, entry.id, graph.name(entry), target, linkage)


# What by_id makes of the entry of each tag.
READERS: dict[int, Reader] = {
    dw.DW_TAG_array_type: _array,
    dw.DW_TAG_class_type: read_aggregate,
    dw.DW_TAG_enumeration_type: _enumeration,
    dw.DW_TAG_pointer_type: _pointer,
    dw.DW_TAG_reference_type: _pointer,
    dw.DW_TAG_string_type: _string,
    dw.DW_TAG_structure_type: read_aggregate,
    dw.DW_TAG_subroutine_type: _prototype,
    dw.DW_TAG_typedef: _typedef,
    dw.DW_TAG_union_type: read_aggregate,
    dw.DW_TAG_ptr_to_member_type: _member_pointer,
    dw.DW_TAG_set_type: _set,
    dw.DW_TAG_subrange_type: _subrange,
    dw.DW_TAG_base_type: read_base,
    dw.DW_TAG_const_type: _reference(model.Const),
    dw.DW_TAG_packed_type: _transparent,
    dw.DW_TAG_variable: _variable,
    dw.DW_TAG_volatile_type: _reference(model.Volatile),
    dw.DW_TAG_restrict_type: _reference(model.Restrict),
    dw.DW_TAG_interface_type: read_aggregate,
    dw.DW_TAG_unspecified_type: _unspecified,
    dw.DW_TAG_shared_type: _transparent,
    dw.DW_TAG_rvalue_reference_type: _pointer,
    dw.DW_TAG_template_alias: _typedef,
    dw.DW_TAG_atomic_type: _transparent,
    dw.DW_TAG_immutable_type: _transparent,
}
# The kind of each, for lists.
KINDS = {
    dw.DW_TAG_class_type: model.STRUCT,
    dw.DW_TAG_structure_type: model.STRUCT,
    dw.DW_TAG_interface_type: model.STRUCT,
    dw.DW_TAG_union_type: model.UNION,
    dw.DW_TAG_enumeration_type: model.ENUM,
    dw.DW_TAG_typedef: model.TYPEDEF,
    dw.DW_TAG_template_alias: model.TYPEDEF,
    dw.DW_TAG_subrange_type: model.TYPEDEF,
    dw.DW_TAG_set_type: model.TYPEDEF,
    dw.DW_TAG_unspecified_type: model.TYPEDEF,
    dw.DW_TAG_base_type: model.INT,
    dw.DW_TAG_variable: model.VARIABLE,
}
