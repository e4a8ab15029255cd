"""A type graph of the few types that one type needs: what travels to other processes and machines.

A graph that reads from a source (a kernel's BTF of megabytes, a file that only one machine has)
stays where it is. `detach` takes along what a layout, a dialect or a compiler can ask of a type:

held by value    members, elements, targets of typedefs: as they are
pointed at       what the names in casts are made of: structs, unions and enums as names, without
                 their members and enumerators, and nothing that only those would lead to
"""

from __future__ import annotations

from prettify import model
from prettify.description import Description, Origin
from prettify.errors import TypeInfoError, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    Reached = tuple[model.Type, model.TypeGraph]
    """A type, and the graph whose ids it refers to others by."""
    Row = tuple[Any, ...]
    """(kind, type id, what the type's class is made with in the order of KINDS …)"""

# What each kind's class is made with, behind the graph and the id.
KINDS: dict[str, tuple[Callable[..., model.Type], tuple[str, ...]]] = {
    model.VOID: (model.Void, ("name",)),
    model.INT: (
        model.Integer,
        ("name", "size", "bits", "bit_offset", "signed", "character", "boolean", "decimals"),
    ),
    model.FLOAT: (model.Float, ("name", "size")),
    model.POINTER: (model.Pointer, ("name", "target_id", "enumerators")),
    model.ARRAY: (model.Array, ("element_id", "index_id", "count")),
    model.STRUCT: (model.Struct, ("name", "size", "members")),
    model.UNION: (model.Union, ("name", "size", "members")),
    model.ENUM: (model.Enum, ("name", "size", "enumerators", "signed", "wide")),
    model.FORWARD: (model.Forward, ("name", "union")),
    model.TYPEDEF: (model.Typedef, ("name", "target_id")),
    model.CONST: (model.Const, ("name", "target_id")),
    model.VOLATILE: (model.Volatile, ("name", "target_id")),
    model.RESTRICT: (model.Restrict, ("name", "target_id")),
    model.TYPE_TAG: (model.TypeTag, ("name", "target_id")),
    model.FUNCTION: (model.Function, ("name", "target_id", "linkage")),
    model.PROTOTYPE: (model.Prototype, ("return_id", "parameters")),
    model.VARIABLE: (model.Variable, ("name", "target_id", "linkage")),
    model.SECTION: (model.Section, ("name", "size", "entries")),
    model.DECL_TAG: (model.DeclTag, ("name", "target_id", "component")),
    model.BYTES: (model.Bytes, ("size",)),
    model.LOCATED: (model.Located, ("name", "target_id", "relative", "rest", "origin")),
}
# Of these, what is a tuple of things that are no types.
PARTS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "members": (model.Member, ("name", "type_id", "bit_offset", "bit_size")),
    "enumerators": (model.Enumerator, ("name", "value")),
    "parameters": (model.Parameter, ("name", "type_id")),
    "entries": (model.SectionEntry, ("type_id", "offset", "size")),
}
INSIDES = frozenset(("members", "enumerators", "entries"))  # what a mere name has none of
IDS = frozenset(("type_id", "target_id", "element_id", "index_id", "return_id"))
FURTHER = -1 << 40  # ids of types of further graphs, which begin there and go down
# What has the bytes of its target, or of several of them.
TRANSPARENT = model.MODIFIERS | {model.VARIABLE, model.LOCATED}


class Detached:
    """Types by id, as they came from a source that need not be here. Pickles as it is.

    path is the source's, for messages. `rows` are what `detach` makes.
    """

    __slots__ = (
        "_rows",
        "byte_order",
        "cache",
        "origin",
        "path",
        "pointer_size",
        "stripped",
        "unqualified",
    )

    def __init__(self, path: str, byte_order: str, pointer_size: int, rows: Iterable[Row]) -> None:
        self.path = path
        self.byte_order = byte_order
        self.pointer_size = pointer_size
        self.origin = Origin("pickle")
        self._rows = {row[1]: row for row in rows}
        self.cache: dict[int, model.Type] = {}
        self.stripped: dict[int, model.Type] = {}
        self.unqualified: dict[int, model.Type] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        rows = tuple(self._rows.values())
        return Detached, (self.path, self.byte_order, self.pointer_size, rows)

    def __repr__(self) -> str:
        return f"<Detached, {len(self._rows)} types of {self.path}>"

    def by_id(self, type_id: int) -> model.Type:
        """The type of that id; 0 is void. Raises TypeInfoError for one that stayed behind."""
        known = self.cache.get(type_id)
        if known is None:
            known = self.cache[type_id] = self._made(type_id)
        return known

    def _made(self, type_id: int) -> model.Type:
        row = self._rows.get(type_id)
        if row is None:
            if not type_id:
                return model.Void(self, 0)
            raise TypeInfoError(
                f"type id {type_id} has stayed behind: a type that was pickled takes along only "
                f"what its own records need",
                self.path,
            )
        kind, _, *values = row
        make, names = KINDS[kind]
        for index, name in enumerate(names):
            if name in PARTS:
                part = PARTS[name][0]
                values[index] = tuple(part(*fields) for fields in values[index])
        return make(self, type_id, **dict(zip(names, values)))

    def all_ids(self) -> Sequence[int]:
        """The ids of the types that are here, but void's, in order."""
        return [type_id for type_id in self._rows if type_id]

    def ids(self, name: str) -> list[int]:
        """The ids of all types here of that exact name, in order."""
        return [i for i in self._rows if name and self.by_id(i).name == name]

    def summary(self, type_id: int) -> tuple[str, str]:
        """(kind, name) of a type."""
        type_ = self.by_id(type_id)
        return type_.kind, type_.name

    def size(self, type_id: int) -> int:
        """Bytes of a type, -1 where it has none."""
        return model.size_of(self.by_id(type_id))

    def describe(self) -> Description:
        """What this is: the types that came along."""
        return Description(
            self.path,
            "types without their source",
            self.origin,
            byte_order=self.byte_order,
            pointer_size=self.pointer_size,
            kinds=model.count_by_word((row[0], 1) for row in self._rows.values() if row[1]),
        )

    def definition(self, forward: model.Forward) -> model.Type:
        """The declaration itself: its definition, where it has been needed, is in its place."""
        return forward

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, naming the source it came from."""
        return TypeInfoError(one_line(what), self.path)


class Numbers:
    """The ids that types of one graph, and of others that its types refer to, have where they
    arrive: those of the graph itself are what they were.
    """

    __slots__ = ("_given", "graph")

    def __init__(self, graph: model.TypeGraph) -> None:
        self.graph = graph
        self._given: dict[tuple[model.TypeGraph, int], int] = {}

    def of(self, graph: model.TypeGraph, type_id: int) -> int:
        """That of the type by which a graph knows that id."""
        if graph is self.graph or not type_id:
            return type_id
        return self._given.setdefault((graph, type_id), FURTHER - len(self._given))

    def within(self, graph: model.TypeGraph) -> Callable[[int], int]:
        """What gives those of the types of one graph."""
        return lambda type_id: self.of(graph, type_id)

    def of_type(self, type_: model.Type) -> int:
        """That of a type that has been met."""
        return self._given.get((type_.graph, type_.id), type_.id)

    def meet(self, type_: model.Type, number: int) -> None:
        """A type of a further graph goes by that number."""
        self._given.setdefault((type_.graph, type_.id), number)


def detach(
    type_: model.Type, numbers: Numbers | None = None, also: Iterable[model.Type] = ()
) -> Detached:
    """A graph of that type and of what it needs; ids stay what they are, or what `numbers`, new
    ones of the type's graph, say afterwards.

    also: types that do not belong to it, of whatever graph, which come along. What the source
    cannot read is left out, and missed only when it is asked for.
    """
    graph = type_.graph
    numbers = numbers or Numbers(graph)
    seeds = [(graph, type_.id), *((other.graph, other.id) for other in also)]
    whole = _reached(numbers, seeds, {}, _held)
    seeds = [(space, i) for found, space in whole.values() for i in _named(found)]
    names = _reached(numbers, seeds, whole, _named)
    texts: dict[str, str] = {}  # one object for equal strings, which pickle then writes once
    rows = []
    for reached in (whole, names):
        for number, (found, space) in reached.items():
            rows.append(_row(number, found, texts, numbers.within(space), reached is whole))
    rows.sort(key=lambda row: row[1])
    return Detached(graph.path, graph.byte_order, graph.pointer_size, rows)


def _reached(
    numbers: Numbers,
    seeds: list[tuple[model.TypeGraph, int]],
    known: dict[int, Reached],
    leads: Callable[[model.Type], Iterable[int]],
) -> dict[int, Reached]:
    """The types that one comes to from these ids, by number, without those that are known."""
    found: dict[int, Reached] = {}
    pending = list(seeds)
    while pending:
        graph, type_id = pending.pop()
        number = numbers.of(graph, type_id)
        if number in found or number in known:
            continue
        try:
            type_ = graph.by_id(type_id)
        except TypeInfoError:
            continue
        if type_.graph is not graph and type_.id != type_id:
            graph = type_.graph  # what a type refers to, it does by ids of its own graph
            numbers.meet(type_, number)
        if leads is _held and isinstance(type_, model.Forward):
            # Its definition, elsewhere in the source, comes along in its place.
            type_ = graph.definition(type_)
        found[number] = type_, graph
        pending += [(graph, other) for other in leads(type_)]
    return found


def _held(type_: model.Type) -> Iterable[int]:
    """The ids of the types whose bytes are part of a type's own."""
    if isinstance(type_, model.Aggregate):
        return [member.type_id for member in type_.members]
    if isinstance(type_, model.Section):
        return [entry.type_id for entry in type_.entries]
    if isinstance(type_, model.Array):
        return [type_.element_id]
    if isinstance(type_, model.Reference) and type_.kind in TRANSPARENT:
        return [type_.target_id]
    return []


def _named(type_: model.Type) -> Iterable[int]:
    """The ids of the types that a type's name, as casts spell it, is made of."""
    if isinstance(type_, model.Prototype):
        return [type_.return_id, *(parameter.type_id for parameter in type_.parameters)]
    if isinstance(type_, model.Array):
        return [type_.element_id]
    if isinstance(type_, model.Reference):
        return [type_.target_id]
    return []


def _row(
    type_id: int,
    type_: model.Type,
    texts: dict[str, str],
    number_of: Callable[[int], int],
    insides: bool,
) -> Row:
    """A type, by that id, as what it is made of; without `insides` structs, unions and enums
    are but names. number_of: what becomes of the ids in it.
    """

    def values_of(thing: object, names: tuple[str, ...]) -> Iterable[object]:
        for name in names:
            value = getattr(thing, name)
            if name in PARTS:
                fields = PARTS[name][1]
                kept = value if insides or name not in INSIDES else ()
                value = tuple(tuple(values_of(part, fields)) for part in kept)
            elif name in IDS:
                value = number_of(value)
            yield texts.setdefault(value, value) if isinstance(value, str) else value

    kind = texts.setdefault(type_.kind, type_.kind)
    return (kind, type_id, *values_of(type_, KINDS[type_.kind][1]))
