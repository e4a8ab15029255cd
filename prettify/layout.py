"""The layout of a type: the tree of its members with offsets and sizes, names seen through.

Everything behind this module (dialects, parsers, columns) reads layouts; only here are members
checked against the size of what holds them, cycles refused, and the absurd turned away.
"""

from __future__ import annotations

from prettify import model
from prettify.model import (
    ARRAY,
    ENUM,
    INT,
    LOCATED,
    MAX_DEPTH,
    SECTION,
    STRUCT,
    UNION,
    VARIABLE,
    spelled,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from prettify.errors import TypeInfoError
    from prettify.model import Type, TypeGraph

# Of all nodes of one layout, the levels they are at, added up: what is compiled from a layout may
# hold a node once for each level. Unions can double the nodes at each level.
MAX_NODES = 1 << 18
MAX_EMPTY = 1 << 16  # elements without a size in one record, in arrays of more than MANY
MANY = 16
MAX_ELEMENT = 0xFFFF  # bytes of an element of a located array

NESTED = frozenset((STRUCT, UNION, SECTION))  # the kinds of nodes that have children

# How the bits of a floating point number are to be read.
HALF, BFLOAT, SINGLE = "half", "bfloat", "single"
DOUBLE, X87, QUAD = "double", "x87", "quad"
FLOAT_FORMATS = {4: SINGLE, 8: DOUBLE}

# Bytes that are no UTF-8 come out of Python's decoder as these; as text they are U+0080 to U+00FF.
_UNDECODED = {0xDC00 + byte: byte for byte in range(0x80, 0x100)}


class Node:
    """One place of a layout: a member, an element, or the whole.

    kind          of model: int, float, pointer, enum, struct, union, array, section, bytes,
                  located array, or one that has no size (only as the whole)
    type          the type, typedefs and qualifiers seen through
    declared      the type as it is declared
    name          the member's name; empty for anonymous members, elements and the whole
    member        whether it is a member (an anonymous one too)
    bit_offset    from the start of the record; within arrays, in the first element
    bit_size      of this node; of the whole array for an array
    bitfield      whether it is a bitfield
    children      members of a struct, union or section, in order
    element       of an array: its first element
    count         of an array: its elements
    stride        of an array: bytes from one element to the next
    located       of a located array, which itself is its word: one element, at offset 0
    origin        of a located array: the byte of the record that the word counts from
    room          of an array: bytes from its start to the end of the struct that it is last in,
                  for one of count 0, else 0
    """

    __slots__ = (
        "bit_offset",
        "bit_size",
        "bitfield",
        "children",
        "count",
        "declared",
        "element",
        "kind",
        "located",
        "member",
        "name",
        "origin",
        "room",
        "stride",
        "type",
    )

    def __init__(
        self, kind: str, type_: Type, declared: Type, name: str, bit_offset: int, bit_size: int
    ) -> None:
        self.kind = kind
        self.type = type_
        self.declared = declared
        self.name = name
        self.member = False
        self.bit_offset = bit_offset
        self.bit_size = bit_size
        self.bitfield = False
        self.children: tuple[Node, ...] = ()
        self.element: Node | None = None
        self.count = 0
        self.stride = 0
        self.located: Node | None = None
        self.origin = 0
        self.room = 0

    @property
    def offset(self) -> int:
        """Bytes from the start of the record."""
        return self.bit_offset >> 3

    @property
    def size(self) -> int:
        """Bytes, rounded up for bitfields."""
        return (self.bit_size + 7) >> 3

    @property
    def of_chars(self) -> bool:
        """Whether this is an array of `char`: text, in most dialects."""
        return self.kind == ARRAY and self.element is not None and is_char(self.element)

    @property
    def locates_chars(self) -> bool:
        """Whether this is a located array of `char`, which is text too."""
        return self.located is not None and is_char(self.located)

    def copy(self) -> Node:
        """The same, with the same children and element."""
        copy = Node.__new__(Node)
        for name in Node.__slots__:
            setattr(copy, name, getattr(self, name))
        return copy

    def __repr__(self) -> str:
        place = f"{self.bit_offset >> 3}:{self.bit_offset & 7}+{self.bit_size}"
        return f"<Node {self.name or self.kind} {spelled(self.declared)} {place}>"


class Hole:
    """Bits of a struct that no member covers: a hole, or padding at the end."""

    __slots__ = ("bit_offset", "bit_size")

    def __init__(self, bit_offset: int, bit_size: int) -> None:
        self.bit_offset = bit_offset
        self.bit_size = bit_size

    def __repr__(self) -> str:
        return f"Hole({self.bit_offset}, {self.bit_size})"


class Layout:
    """A type resolved for decoding. `size` in bytes; `byte_order` is the type source's.

    Pickled it is free of its source: see `prettify.detached`.
    """

    __slots__ = ("byte_order", "root", "size", "type")

    def __init__(self, type_: Type, root: Node) -> None:
        self.type = type_
        self.root = root
        self.size = root.size
        self.byte_order = type_.graph.byte_order

    def __reduce__(self) -> tuple[Any, ...]:
        from prettify.detached import Numbers, detach

        numbers = Numbers(self.type.graph)
        types = detach(self.type, numbers, _foreign(self.root, self.type.graph))
        rows = () if is_whole(self) else tuple(_rows(self.root, numbers.of_type))
        return _arrived, (types, self.type.id, rows)

    def __repr__(self) -> str:
        return f"<Layout of {spelled(self.type)}, {self.size} bytes>"

    @property
    def fields(self) -> Iterator[Node]:
        """The flattened members, in order: the leaves, arrays once for all their elements."""
        return leaves(self.root)


def leaves(node: Node) -> Iterator[Node]:
    """The leaves below a node, in order; an array counts as its first element."""
    if node.element is not None:
        yield from leaves(node.element)
    elif node.kind in (STRUCT, UNION, SECTION):
        for child in node.children:
            yield from leaves(child)
    else:
        yield node


def innermost(node: Node) -> Node:
    """What an array is of, in all its dimensions; any other node is itself."""
    while node.element is not None:
        node = node.element
    return node


def name_of(name: str) -> str:
    """A name of the type graph as a string that is valid Unicode."""
    return name if name.isascii() else name.translate(_UNDECODED)


def named_members(node: Node) -> Iterator[tuple[Node, Node]]:
    """(owner, member) of the members by which C reads a struct, union or section, in order.

    Those of anonymous structs and unions stand in place of these, which then are the owner.
    Anything else without a name, which C cannot reach, is left out.
    """
    # Not recursive: anonymous members may nest as deeply as any.
    pending = [(node, child) for child in reversed(node.children)]
    while pending:
        owner, child = pending.pop()
        if child.name:
            yield owner, child
        else:
            pending += [(child, inner) for inner in reversed(child.children)]


def holes(node: Node) -> list[Hole]:
    """What no member of a struct, union or section covers, in order."""
    end = node.bit_offset + node.bit_size
    position = node.bit_offset
    found = []
    for child in sorted(node.children, key=lambda c: c.bit_offset):
        if child.bit_offset > position:
            found.append(Hole(position, child.bit_offset - position))
        position = max(position, child.bit_offset + child.bit_size)
    if end > position:
        found.append(Hole(position, end - position))
    return found


def room_for(array: Node) -> int:
    """The elements of an array; of a flexible one those that its struct has room for."""
    return array.count or (array.room // array.stride if array.stride else 0)


def flexible_tail(node: Node) -> Node | None:
    """The array of no size that a struct ends with, in the last of its members if need be."""
    while node.kind == STRUCT and node.children:
        node = node.children[-1]
        if node.kind == ARRAY:
            return node if not node.count and node.stride else None
    return None


def locates(layout: Layout) -> bool:
    """Whether records have arrays behind the bytes of their type."""
    return any(leaf.located is not None for leaf in layout.fields)


def is_char(node: Node) -> bool:
    """Whether a node is a `char`, not one of its signed and unsigned sisters."""
    return node.kind == INT and node.type.name == "char" and node.bit_size == 8


def is_bool(node: Node) -> bool:
    """Whether a node is a `_Bool`, bitfields too."""
    return isinstance(node.type, model.Integer) and node.type.boolean


def is_signed(node: Node) -> bool:
    """Whether a node's integer is signed."""
    return isinstance(node.type, (model.Integer, model.Enum)) and node.type.signed


def decimals(node: Node) -> int:
    """How many digits of a node's integer are behind a decimal point."""
    return node.type.decimals if isinstance(node.type, model.Integer) else 0


def float_format(node: Node) -> str:
    """How the bits of a float are to be read: by its size, and by its name where that decides."""
    name = node.type.name.lower()
    if node.size == 2:
        return BFLOAT if "bf16" in name or "bfloat" in name else HALF
    if node.size in FLOAT_FORMATS:
        return FLOAT_FORMATS[node.size]
    if node.size == 16 and ("128" in name or node.type.graph.byte_order == "big"):
        return QUAD
    return X87


def resolve(type_: Type) -> Layout:
    """The layout of a type. Raises TypeInfoError where its information contradicts itself.

    A type without a size (a function, a declaration) has a layout of 0 bytes and no members.
    """
    return Layout(type_, _Builder(type_).build(type_, 0, 0))


# What of a node is neither a type nor another node.
_PLAIN = (
    "name", "member", "bit_offset", "bit_size", "bitfield", "count", "stride", "origin", "room",
)  # fmt: skip


def is_whole(layout: Layout) -> bool:
    """Whether a layout is what `resolve` makes of its type, nothing left out."""
    return list(_rows(layout.root)) == list(_rows(resolve(layout.type).root))


def _foreign(node: Node, graph: TypeGraph) -> Iterator[Type]:
    """The types of nodes that are not of that graph, such as those that were put together."""
    for type_ in (node.type, node.declared):
        if type_.graph is not graph:
            yield type_
    for child in _inside(node):
        yield from _foreign(child, graph)


def _inside(node: Node) -> tuple[Node, ...]:
    """The nodes right below a node."""
    single = node.element or node.located
    return node.children if single is None else (single,)


def _id_of(type_: Type) -> int:
    return type_.id


def _rows(node: Node, number: Callable[[Type], int] = _id_of) -> Iterator[tuple[Any, ...]]:
    """A node and those in it, in order, as plain values: `_node` makes them nodes again.

    number: gives the ids of types there.
    """
    inside = _inside(node)
    plain = (getattr(node, name) for name in _PLAIN)
    type_, declared = number(node.type), number(node.declared)
    yield (type_, declared, node.element is not None, len(inside), *plain)
    for child in inside:
        yield from _rows(child, number)


def _node(graph: TypeGraph, rows: Iterator[tuple[Any, ...]]) -> Node:
    type_id, declared_id, has_element, inside, *plain = next(rows)
    type_ = graph.by_id(type_id)
    node = Node(type_.kind, type_, graph.by_id(declared_id), "", 0, 0)
    for name, value in zip(_PLAIN, plain):
        setattr(node, name, value)
    children = tuple(_node(graph, rows) for _ in range(inside))
    if has_element:
        [node.element] = children
    elif type_.kind == LOCATED:
        [node.located] = children
    else:
        node.children = children
    return node


def _arrived(graph: TypeGraph, type_id: int, rows: tuple[tuple[Any, ...], ...]) -> Layout:
    """The layout that was pickled; no rows stand for all of the type."""
    type_ = graph.by_id(type_id)
    return Layout(type_, _node(graph, iter(rows))) if rows else resolve(type_)


class _Builder:
    """Builds one layout; counts its nodes and knows what is being built, against cycles.

    elements: of all arrays around the place where the builder is; empties: of those whose elements
    have no size.
    """

    __slots__ = ("active", "elements", "empties", "nodes", "whole")

    def __init__(self, whole: Type) -> None:
        self.whole = whole
        self.nodes = 0
        self.active: set[Type] = set()
        self.elements = 1
        self.empties = 1

    def build(self, declared: Type, bit_offset: int, depth: int) -> Node:
        """The node of a type there."""
        type_ = model.strip(declared)
        self.nodes += depth
        if self.nodes > MAX_NODES:
            raise self.whole.graph.error(
                f"{spelled(self.whole)} has too many members, or nests too many too deep",
                self.whole.id,
            )
        if depth > MAX_DEPTH:
            raise self.whole.graph.error(
                f"{spelled(self.whole)} nests deeper than {MAX_DEPTH} levels", self.whole.id
            )
        size = 0 if type_.kind == VARIABLE else model.size_of(type_)
        node = Node(type_.kind, type_, declared, "", bit_offset, 8 * max(size, 0))
        nest = _NESTS.get(type_.kind)
        if nest is not None:
            if type_ in self.active:
                raise type_.graph.error(f"{spelled(type_)} contains itself", type_.id)
            self.active.add(type_)
            node = nest(self, node, depth)
            self.active.discard(type_)
        return node

    def aggregate(self, node: Node, depth: int) -> Node:
        type_ = node.type
        assert isinstance(type_, model.Aggregate)
        children = []
        for member in type_.members:
            child = self.member(type_, member, node.bit_offset, depth)
            end = child.bit_offset + child.bit_size - node.bit_offset
            if end > node.bit_size:
                raise self._bad_member(
                    type_, member, f"ends at bit {end}, behind its {type_.size} bytes"
                )
            children.append(child)
        if children and type_.kind == STRUCT:
            last = children[-1]
            if last.kind == ARRAY and not last.count:
                last.room = node.offset + node.size - last.offset
        node.children = tuple(children)
        return node

    def member(self, of: model.Aggregate, member: model.Member, start: int, depth: int) -> Node:
        graph = of.graph
        declared = graph.by_id(member.type_id)
        kind = model.strip(declared).kind
        if kind not in model.MEMBERS:
            raise self._bad_member(of, member, f"cannot be of kind {kind}")
        child = self.build(declared, start + member.bit_offset, depth + 1)
        child.name = member.name
        child.member = True
        if member.bit_size:
            if child.kind not in (INT, ENUM) or member.bit_size > child.bit_size:
                raise self._bad_member(
                    of,
                    member,
                    f"is a bitfield of {member.bit_size} bits of {spelled(child.declared)}",
                )
            child.bitfield = True
            child.bit_size = member.bit_size
        elif isinstance(child.type, model.Integer) and child.type.bits < child.bit_size:
            # Bitfields as they were before kind_flag: an integer type of the field's width.
            child.bitfield = True
            child.bit_offset += child.type.bit_offset
            child.bit_size = child.type.bits
        elif child.bit_offset & 7:
            if child.kind not in (INT, ENUM):
                raise self._bad_member(of, member, "does not begin at a whole byte")
            child.bitfield = True
        if isinstance(child.type, model.Located):
            child.origin = (start >> 3) + child.type.origin
        return child

    def _bad_member(self, of: Type, member: model.Member, what: str) -> TypeInfoError:
        name = member.name or "(anonymous)"
        return of.graph.error(f"member {name} of {spelled(of)} {what}", of.id)

    def array(self, node: Node, depth: int) -> Node:
        type_ = node.type
        assert isinstance(type_, model.Array)
        outside = self.elements, self.empties
        node.count = type_.count
        node.stride = model.size_of(type_.element)
        self.elements *= max(type_.count, 1)
        if not node.stride:
            self.empties *= max(type_.count, 1)
            if self.empties > MANY and self.elements > MAX_EMPTY:
                raise type_.graph.error(
                    f"an array of {type_.count} elements that have no bytes", type_.id
                )
        node.element = self.build(type_.element, node.bit_offset, depth + 1)
        self.elements, self.empties = outside
        return node

    def located(self, node: Node, depth: int) -> Node:
        type_ = node.type
        assert isinstance(type_, model.Located)
        kind = model.strip(type_.target).kind
        if kind not in model.SCALARS | model.AGGREGATES:
            raise type_.graph.error(f"{spelled(type_)} cannot be of kind {kind}", type_.id)
        node.located = self.build(type_.target, 0, depth + 1)
        if any(leaf.located is not None for leaf in leaves(node.located)):
            raise type_.graph.error(f"{spelled(type_)} has located arrays in each other", type_.id)
        node.stride = node.located.size
        if not 0 < node.stride <= MAX_ELEMENT:
            raise type_.graph.error(
                f"{spelled(type_)} has elements of {node.stride} bytes", type_.id
            )
        return node

    def variable(self, node: Node, depth: int) -> Node:
        type_ = node.type
        assert isinstance(type_, model.Variable)
        if model.strip(type_.target).kind in (VARIABLE, SECTION):
            raise type_.graph.error(
                f"{spelled(type_)} cannot be of type {spelled(type_.target)}", type_.id
            )
        inner = self.build(type_.target, node.bit_offset, depth + 1)
        inner.declared = type_
        return inner

    def section(self, node: Node, depth: int) -> Node:
        type_ = node.type
        assert isinstance(type_, model.Section)
        if type_.entries and not type_.size:  # so clang leaves it to who loads the object file
            raise type_.graph.error(
                f"{spelled(type_)} has no size yet, nor do its variables have offsets: that of a "
                f"linked or loaded program has",
                type_.id,
            )
        children = []
        for entry in type_.entries:
            variable = type_.graph.by_id(entry.type_id)
            if variable.kind != VARIABLE:
                raise type_.graph.error(
                    f"{spelled(type_)} holds {spelled(variable)}, which is no variable", type_.id
                )
            child = self.build(variable, node.bit_offset + 8 * entry.offset, depth + 1)
            if child.kind not in model.SIZED:
                raise type_.graph.error(f"{spelled(variable)} has no size", type_.id)
            end = entry.offset + child.size
            if end > type_.size:
                raise type_.graph.error(
                    f"{spelled(variable)} ends at byte {end} of {spelled(type_)}, which has "
                    f"{type_.size}",
                    type_.id,
                )
            child.name = variable.name
            child.member = True
            children.append(child)
        node.children = tuple(children)
        return node


_NESTS: dict[str, Callable[[_Builder, Node, int], Node]] = {
    STRUCT: _Builder.aggregate,
    UNION: _Builder.aggregate,
    ARRAY: _Builder.array,
    LOCATED: _Builder.located,
    VARIABLE: _Builder.variable,
    SECTION: _Builder.section,
}

__all__ = [
    "MAX_DEPTH",
    "NESTED",
    "Hole",
    "Layout",
    "Node",
    "decimals",
    "float_format",
    "holes",
    "innermost",
    "is_bool",
    "is_char",
    "is_signed",
    "is_whole",
    "leaves",
    "locates",
    "name_of",
    "named_members",
    "resolve",
    "room_for",
]
