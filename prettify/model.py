"""C's types, as a graph, whatever format they were read from.

A source (BTF, later DWARF and CTF) is a `TypeGraph`: it hands out one type at a time by id, and
types name each other by id, so asking for one of 130,000 never builds the rest.

Three notions of "the same type":
identity    the same id in the same graph; what `is` tests, since a graph caches its types
shape       two types that lay out their bytes alike; `layout.Layout` compares that
name        kind word and name, as `struct list_head`; several types may share one
"""

from __future__ import annotations

TYPE_CHECKING = False  # what type checkers take as true; importing `typing` costs milliseconds
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from prettify.description import Description, Origin
    from prettify.errors import TypeInfoError

# Every class below has one of these as its `kind`. A new kind needs: a class here, a row in
# SIZED or UNSIZED, a reader in each source that has it, and a row in the builders of `layout`.
VOID = "void"
INT = "int"
FLOAT = "float"
POINTER = "pointer"
ARRAY = "array"
STRUCT = "struct"
UNION = "union"
ENUM = "enum"
FORWARD = "forward"
TYPEDEF = "typedef"
CONST = "const"
VOLATILE = "volatile"
RESTRICT = "restrict"
TYPE_TAG = "type tag"
FUNCTION = "function"
PROTOTYPE = "prototype"
VARIABLE = "variable"
SECTION = "section"
DECL_TAG = "declaration tag"
BYTES = "bytes"
LOCATED = "located array"

AGGREGATES = frozenset((STRUCT, UNION))
MODIFIERS = frozenset((TYPEDEF, CONST, VOLATILE, RESTRICT, TYPE_TAG))
QUALIFIERS = frozenset((CONST, VOLATILE, RESTRICT, TYPE_TAG))
SIZED = frozenset(
    (INT, FLOAT, POINTER, ARRAY, STRUCT, UNION, ENUM, VARIABLE, SECTION, BYTES, LOCATED)
)
ELEMENTS = SIZED - {VARIABLE, SECTION, LOCATED}  # what elements and variables can be
MEMBERS = ELEMENTS | {
    SECTION,
    LOCATED,
}  # and members: the value of a map of global data is a section
SCALARS = frozenset((INT, FLOAT, POINTER, ENUM, BYTES))
UNSIZED = frozenset((VOID, FORWARD, FUNCTION, PROTOTYPE, DECL_TAG))

# The word before a name that tells its kind, as C writes it (and `var`, `datasec`, `fwd`, `func`
# for what C has no word for). Typedefs and base types have none.
KIND_WORDS = {
    STRUCT: "struct",
    UNION: "union",
    ENUM: "enum",
    VARIABLE: "var",
    SECTION: "datasec",
    FORWARD: "fwd",
    FUNCTION: "func",
}

WORD = 4  # bytes of what says where a located array is
MAX_SIZE = 0xFFFFFFFF  # bytes; neither BTF nor the kernel knows a larger object
MAX_DEPTH = 200  # levels of nesting, array dimensions included


if TYPE_CHECKING:

    class TypeGraph(Protocol):
        """What a source of types is to the rest of the project."""

        path: str
        byte_order: str  # "little" or "big"
        origin: Origin  # where it was found, which whoever opened it sets
        stripped: dict[int, Type]  # what `strip` has found, by id
        unqualified: dict[int, Type]  # what `unqualified` has found

        @property
        def pointer_size(self) -> int:
            """Bytes in a pointer."""

        def by_id(self, type_id: int) -> Type:
            """The type of that id; 0 is void. Raises TypeInfoError."""

        def ids(self, name: str) -> list[int]:
            """The ids of all types of that exact name, in order."""

        def all_ids(self) -> Sequence[int]:
            """Every type id but void's, in order."""

        def summary(self, type_id: int) -> tuple[str, str]:
            """(kind, name) of a type, without building it."""

        def size(self, type_id: int) -> int:
            """What `size_of` says of a type, without building it where it is known otherwise."""

        def describe(self) -> Description:
            """What this source is. It may take as long as listing its types."""

        def definition(self, forward: Forward) -> Type:
            """What is declared, where the source defines it elsewhere; else the declaration."""

        def error(self, what: str, type_id: int) -> TypeInfoError:
            """An error about that type, saying where in the source it stands."""


class Type:
    """One type of a graph. `name` is empty for the anonymous."""

    __slots__ = ("graph", "id", "name")
    kind = VOID

    def __init__(self, graph: TypeGraph, type_id: int, name: str = "") -> None:
        self.graph = graph
        self.id = type_id
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {spelled(self)!r} id={self.id}>"


class Void(Type):
    """No type: what `void *` points at."""

    __slots__ = ()


class Integer(Type):
    """An integer. `size` in bytes; `bits` of value starting at `bit_offset`.

    decimals: how many of its decimal digits are behind a point: nanoseconds shown as seconds have
    9. Those are numbers of up to 64 bits.
    """

    __slots__ = ("bit_offset", "bits", "boolean", "character", "decimals", "signed", "size")
    kind = INT

    def __init__(
        self,
        graph: TypeGraph,
        type_id: int,
        name: str,
        size: int,
        bits: int,
        bit_offset: int = 0,
        *,
        signed: bool = False,
        character: bool = False,
        boolean: bool = False,
        decimals: int = 0,
    ) -> None:
        super().__init__(graph, type_id, name)
        self.size = size
        self.bits = bits
        self.decimals = decimals
        self.bit_offset = bit_offset
        self.signed = signed
        self.character = character
        self.boolean = boolean


class Float(Type):
    """A floating point number of `size` bytes."""

    __slots__ = ("size",)
    kind = FLOAT

    def __init__(self, graph: TypeGraph, type_id: int, name: str, size: int) -> None:
        super().__init__(graph, type_id, name)
        self.size = size


class Bytes(Type):
    """`size` bytes of which no more is known: what a record has that no source describes."""

    __slots__ = ("size",)
    kind = BYTES

    def __init__(self, graph: TypeGraph, type_id: int, size: int) -> None:
        super().__init__(graph, type_id)
        self.size = size


class Enumerator:
    """A name and its value."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: int) -> None:
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"Enumerator({self.name!r}, {self.value})"


class Enum(Type):
    """An enumeration of `size` bytes; `wide` where its source says 64-bit values.

    `values` are those of all enumerators.
    """

    __slots__ = ("enumerators", "signed", "size", "values", "wide")
    kind = ENUM

    def __init__(
        self,
        graph: TypeGraph,
        type_id: int,
        name: str,
        size: int,
        enumerators: tuple[Enumerator, ...],
        *,
        signed: bool = False,
        wide: bool = False,
    ) -> None:
        super().__init__(graph, type_id, name)
        self.size = size
        self.enumerators = enumerators
        self.values = frozenset(e.value for e in enumerators)
        self.signed = signed
        self.wide = wide


class Reference(Type):
    """A type that is about one other type: pointers, typedefs, qualifiers, tags, variables."""

    __slots__ = ("target_id",)

    def __init__(self, graph: TypeGraph, type_id: int, name: str, target_id: int) -> None:
        super().__init__(graph, type_id, name)
        self.target_id = target_id

    @property
    def target(self) -> Type:
        """The type this one is about."""
        return self.graph.by_id(self.target_id)


class Pointer(Reference):
    """A pointer; as large as the graph's `pointer_size`.

    enumerators: names of values that are no addresses, where there are such.
    """

    __slots__ = ("enumerators",)
    kind = POINTER

    def __init__(
        self,
        graph: TypeGraph,
        type_id: int,
        name: str,
        target_id: int,
        enumerators: tuple[Enumerator, ...] = (),
    ) -> None:
        super().__init__(graph, type_id, name, target_id)
        self.enumerators = enumerators


class Typedef(Reference):
    """Another name for a type."""

    __slots__ = ()
    kind = TYPEDEF


class Const(Reference):
    """`const`."""

    __slots__ = ()
    kind = CONST


class Volatile(Reference):
    """`volatile`."""

    __slots__ = ()
    kind = VOLATILE


class Restrict(Reference):
    """`restrict`."""

    __slots__ = ()
    kind = RESTRICT


class TypeTag(Reference):
    """`__attribute__((btf_type_tag("name")))`."""

    __slots__ = ()
    kind = TYPE_TAG


class Linked(Reference):
    """What a linker sees. `linkage` is 0 for static, 1 for global, 2 for extern."""

    __slots__ = ("linkage",)

    def __init__(
        self, graph: TypeGraph, type_id: int, name: str, target_id: int, linkage: int
    ) -> None:
        super().__init__(graph, type_id, name, target_id)
        self.linkage = linkage


class Variable(Linked):
    """A global variable."""

    __slots__ = ()
    kind = VARIABLE


class Function(Linked):
    """A function; its target is its prototype."""

    __slots__ = ()
    kind = FUNCTION


class DeclTag(Reference):
    """`__attribute__((btf_decl_tag("name")))` on its target, or on its member `component`."""

    __slots__ = ("component",)
    kind = DECL_TAG

    def __init__(
        self, graph: TypeGraph, type_id: int, name: str, target_id: int, component: int
    ) -> None:
        super().__init__(graph, type_id, name, target_id)
        self.component = component


class Array(Type):
    """`count` elements; 0 is a flexible or empty array. One dimension: `int[2][3]` is two."""

    __slots__ = ("count", "element_id", "index_id")
    kind = ARRAY

    def __init__(
        self, graph: TypeGraph, type_id: int, element_id: int, index_id: int, count: int
    ) -> None:
        super().__init__(graph, type_id)
        self.element_id = element_id
        self.index_id = index_id
        self.count = count

    @property
    def element(self) -> Type:
        """The type of one element."""
        return self.graph.by_id(self.element_id)


class Located(Reference):
    """An array that lies elsewhere in its record; its target is the type of one element.

    In its own place there is a word of WORD bytes: the upper half says how many bytes the array
    has, the lower half where it begins: so many bytes behind the word if `relative`, else behind
    the place that is `origin` bytes into the struct that this is a member of. `rest` has no word:
    the array is here, and all that is left of the record.
    """

    __slots__ = ("origin", "relative", "rest")
    kind = LOCATED

    def __init__(
        self,
        graph: TypeGraph,
        type_id: int,
        name: str,
        target_id: int,
        *,
        relative: bool = False,
        rest: bool = False,
        origin: int = 0,
    ) -> None:
        super().__init__(graph, type_id, name, target_id)
        self.relative = relative
        self.rest = rest
        self.origin = origin

    @property
    def size(self) -> int:
        """Bytes in its own place."""
        return 0 if self.rest else WORD


class Member:
    """A member of a struct or union. `bit_size` is 0 unless it is a bitfield."""

    __slots__ = ("bit_offset", "bit_size", "name", "type_id")

    def __init__(self, name: str, type_id: int, bit_offset: int, bit_size: int = 0) -> None:
        self.name = name
        self.type_id = type_id
        self.bit_offset = bit_offset
        self.bit_size = bit_size

    def __repr__(self) -> str:
        return f"Member({self.name!r}, {self.type_id}, {self.bit_offset}, {self.bit_size})"


class Aggregate(Type):
    """A struct or union of `size` bytes."""

    __slots__ = ("members", "size")

    def __init__(
        self, graph: TypeGraph, type_id: int, name: str, size: int, members: tuple[Member, ...]
    ) -> None:
        super().__init__(graph, type_id, name)
        self.size = size
        self.members = members


class Struct(Aggregate):
    """A struct."""

    __slots__ = ()
    kind = STRUCT


class Union(Aggregate):
    """A union."""

    __slots__ = ()
    kind = UNION


class Forward(Type):
    """A struct or union that is only declared."""

    __slots__ = ("union",)
    kind = FORWARD

    def __init__(self, graph: TypeGraph, type_id: int, name: str, *, union: bool) -> None:
        super().__init__(graph, type_id, name)
        self.union = union


class Parameter:
    """A parameter of a prototype; type id 0 in last place is `...`."""

    __slots__ = ("name", "type_id")

    def __init__(self, name: str, type_id: int) -> None:
        self.name = name
        self.type_id = type_id

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, {self.type_id})"


class Prototype(Type):
    """A function's return type and parameters."""

    __slots__ = ("parameters", "return_id")
    kind = PROTOTYPE

    def __init__(
        self, graph: TypeGraph, type_id: int, return_id: int, parameters: tuple[Parameter, ...]
    ) -> None:
        super().__init__(graph, type_id)
        self.return_id = return_id
        self.parameters = parameters


class SectionEntry:
    """A variable's place in a section: `offset` and `size` in bytes."""

    __slots__ = ("offset", "size", "type_id")

    def __init__(self, type_id: int, offset: int, size: int) -> None:
        self.type_id = type_id
        self.offset = offset
        self.size = size

    def __repr__(self) -> str:
        return f"SectionEntry({self.type_id}, {self.offset}, {self.size})"


class Section(Type):
    """A data section (`.bss`, `.data`) of `size` bytes and the variables in it."""

    __slots__ = ("entries", "size")
    kind = SECTION

    def __init__(
        self,
        graph: TypeGraph,
        type_id: int,
        name: str,
        size: int,
        entries: tuple[SectionEntry, ...],
    ) -> None:
        super().__init__(graph, type_id, name)
        self.size = size
        self.entries = entries


def spelled(type_: Type) -> str:
    """A type's name as one asks for it: `struct list_head`, `u32`, `#17` for the anonymous.

    Bytes of no type and located arrays, which no one can ask for, are `4 bytes` and `char[]`.
    """
    if isinstance(type_, Bytes):
        return f"{type_.size} bytes"
    if isinstance(type_, Located):
        return f"{spelled(type_.target)}[]"
    if not type_.name:
        return f"#{type_.id}" if type_.id else "void"
    word = KIND_WORDS.get(type_.kind)
    return f"{word} {type_.name}" if word else type_.name


def strip(type_: Type) -> Type:
    """What a type is once typedefs, qualifiers, type tags and declarations are seen through.

    Raises TypeInfoError where they lead back to themselves.
    """
    found = _end_of(type_, MODIFIERS, type_.graph.stripped)
    return found.graph.definition(found) if isinstance(found, Forward) else found


def unqualified(type_: Type) -> Type:
    """What a type is once its qualifiers and type tags are seen through, typedefs kept.

    Raises TypeInfoError where they lead back to themselves.
    """
    return _end_of(type_, QUALIFIERS, type_.graph.unqualified)


def _end_of(type_: Type, kinds: frozenset[str], known: dict[int, Type]) -> Type:
    """The first type of other kinds that a type leads to.

    `known` remembers it for each type on the way, so that long chains are walked only once.
    """
    way: dict[int, Type] = {}
    while type_.kind in kinds:
        if type_.id in known:
            type_ = known[type_.id]
            break
        if type_.id in way:
            raise type_.graph.error(f"{spelled(type_)} is defined as itself", type_.id)
        assert isinstance(type_, Reference)
        way[type_.id] = type_
        type_ = type_.target
    for type_id in way:
        known[type_id] = type_
    return type_


def count_by_word(counts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Numbers of types by the word that stands before a name of their kind, else by the kind."""
    words: dict[str, int] = {}
    for kind, count in counts:
        word = KIND_WORDS.get(kind, kind)
        words[word] = words.get(word, 0) + count
    return words


def size_of(type_: Type) -> int:
    """A type's size in bytes, or -1 where it has none.

    Raises TypeInfoError for arrays of themselves, of what has no size or nested deeper than
    MAX_DEPTH, and above MAX_SIZE.
    """
    type_ = strip(type_)
    if isinstance(type_, Variable):
        type_ = strip(type_.target)
    asked = type_
    count = 1
    for _ in range(MAX_DEPTH + 1):
        if not isinstance(type_, Array):
            break
        count *= type_.count
        type_ = strip(type_.element)
        if type_ is asked:
            raise asked.graph.error(f"{spelled(asked)} contains itself", asked.id)
    else:
        raise asked.graph.error(f"{spelled(asked)} nests deeper than {MAX_DEPTH} levels", asked.id)
    if asked.kind == ARRAY and type_.kind not in ELEMENTS:
        raise asked.graph.error(
            f"{spelled(asked)} cannot be an array of {spelled(type_)}", asked.id
        )
    size = _own_size(type_)
    if size * count > MAX_SIZE:
        raise asked.graph.error(f"{spelled(asked)} is larger than 4 GiB", asked.id)
    return size * count


def _own_size(type_: Type) -> int:
    if isinstance(type_, (Integer, Float, Enum, Aggregate, Section, Bytes, Located)):
        return type_.size
    return type_.graph.pointer_size if type_.kind == POINTER else -1
