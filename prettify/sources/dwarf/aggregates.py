"""Structs, classes and unions: members, bitfields, bases and variants (DWARF 5, section 5.7)."""

from __future__ import annotations

from prettify import model
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.languages import RUST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from prettify.sources.dwarf.entries import Entry
    from prettify.sources.dwarf.graph import Dwarf

    Adder: TypeAlias = Callable[["Members", Entry], None]

DECL_TAGS = frozenset(("btf_decl_tag", "btf:decl_tag"))
DISCRIMINANT = "__discriminant"  # the name of what tells a Rust enum's variant, which has none


def read_aggregate(graph: Dwarf, entry: Entry) -> model.Type:
    """A struct, class or union; one that is declared only is what its signature names, else as
    such.
    """
    elsewhere = graph.by_signature(entry)
    if elsewhere is not None:
        return elsewhere
    name = graph.name(entry)
    union = entry.tag == dw.DW_TAG_union_type
    if entry.flag(dw.DW_AT_declaration):
        return model.Forward(graph, entry.id, name, union=union)
    size = entry.number(dw.DW_AT_byte_size)
    if size is None:
        if dw.DW_AT_byte_size in entry.values:
            raise entry.error(f"{name or 'a struct'} has a size that only the program knows")
        size = ((entry.number(dw.DW_AT_bit_size) or 0) + 7) // 8
    if not 0 <= size <= model.MAX_SIZE:
        raise entry.error(f"{name or 'a struct'} has {size} bytes")
    members = Members(graph, entry, size)
    members.read()
    made = model.Union if union else model.Struct
    return made(graph, entry.id, name, size, tuple(members.found))


class Members:
    """Collects the members of one struct or union of `size` bytes."""

    __slots__ = ("entry", "found", "graph", "size", "variants")

    def __init__(self, graph: Dwarf, entry: Entry, size: int) -> None:
        self.graph = graph
        self.entry = entry
        self.size = size
        self.found: list[model.Member] = []
        self.variants = 0

    def read(self) -> None:
        for child in self.entry.part.children(self.entry):
            add = ADDERS.get(child.tag)
            if add is not None:
                add(self, child)
        self.tag(self.entry, -1)
        if self.graph.language(self.entry) == RUST:
            self.found.sort(key=lambda member: member.bit_offset)

    def member(self, child: Entry) -> None:
        """A data member; one that is declared is static, and no part of an object."""
        if child.flag(dw.DW_AT_declaration) or child.flag(dw.DW_AT_external):
            return
        type_id = self.graph.target(child)
        bits = child.number(dw.DW_AT_bit_size) or 0
        name = child.text(dw.DW_AT_name)
        if not name and child.flag(dw.DW_AT_artificial):
            name = DISCRIMINANT
        start = self.bit_offset(child, type_id, bits)
        if start < 0 or bits < 0:
            raise child.error(f"member {name or '(anonymous)'} begins at bit {start}")
        self.found.append(model.Member(name, type_id, start, bits))
        self.tag(child, len(self.found) - 1)

    def bit_offset(self, child: Entry, type_id: int, bits: int) -> int:
        """Where a member begins, in bits from the start of its struct (section 5.7.6)."""
        start = child.number(dw.DW_AT_data_bit_offset)
        if start is not None:
            return start
        start = 8 * self.location(child)
        before = child.number(dw.DW_AT_bit_offset)
        if before is None:
            return start
        # DWARF 2 and 3: counted from the most significant bit of a storage unit.
        unit = child.number(dw.DW_AT_byte_size)
        if unit is None:
            unit = model.size_of(self.graph.by_id(type_id))
        if before > 8 * unit:
            before = _negative(before)  # it begins before the unit does
        if self.graph.byte_order == "big":
            return start + before
        return start + 8 * unit - before - bits

    def location(self, child: Entry) -> int:
        """The byte in the struct where a member begins; 0 where it does not say."""
        if dw.DW_AT_data_member_location not in child.values:
            return 0
        start = child.number(dw.DW_AT_data_member_location)
        if start is None:
            name = child.text(dw.DW_AT_name) or "(anonymous)"
            raise child.error(f"member {name} is where only the running program can tell")
        return start

    def base(self, child: Entry) -> None:
        """A base class: a member by its name. Virtual ones are where only objects say."""
        if child.number(dw.DW_AT_virtuality):
            return
        target = self.graph.target(child)
        base = self.graph.strip_entry(target)
        if not any(c.tag in ADDERS for c in base.part.children(base)) and not base.flag(
            dw.DW_AT_declaration
        ):
            return  # it takes no room, though it has a size
        name = base.text(dw.DW_AT_name)
        self.found.append(model.Member(name, target, 8 * self.location(child)))

    def variant_part(self, child: Entry) -> None:
        """A Rust enum: its discriminant and all its variants, side by side in a union."""
        inside = Members(self.graph, child, self.size)
        for part in child.part.children(child):
            if part.tag == dw.DW_TAG_member:
                inside.member(part)
            elif part.tag == dw.DW_TAG_variant:
                for member in part.part.children(part):
                    if member.tag == dw.DW_TAG_member:
                        inside.member(member)
        members = tuple(inside.found)
        graph, size = self.graph, self.size
        union = graph.made(child, 1, lambda i: model.Union(graph, i, "", size, members))
        self.found.append(model.Member("", union, 0))

    def tag(self, entry: Entry, component: int) -> None:
        """Make the tags of a declaration: of member `component`, or -1 for the struct itself."""
        graph, of = self.graph, self.entry.id

        def make(type_id: int, text: str) -> model.Type:
            return model.DeclTag(graph, type_id, text, of, component)

        for number, text in enumerate(graph.annotations(entry, DECL_TAGS), 1):
            graph.made(entry, number, make, text)


def _negative(value: int) -> int:
    """A number that is too large for what it says, as a negative one of as few bytes as hold it."""
    for bits in (8, 16, 32, 64):
        if value >> bits == 0:
            return value - (1 << bits)
    return value


ADDERS: dict[int, Adder] = {
    dw.DW_TAG_member: Members.member,
    dw.DW_TAG_inheritance: Members.base,
    dw.DW_TAG_variant_part: Members.variant_part,
}
