"""Types that no source has, put together here of types that sources have.

An entry of a BPF map is such a type: its key and its value are described, the two together are not.
"""

from __future__ import annotations

from prettify import model
from prettify.description import Description, Origin
from prettify.errors import TypeInfoError, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.model import Type, TypeGraph

    Key = tuple[object, ...]

# An entry of a map: the struct, and its members.
ENTRY = "map_entry"
MAP, KEY, VALUE, VALUES = "map", "key", "value", "values"


class Composed:
    """A type graph that goes on where another one, its base, ends.

    Types made here have negative ids, and the base's keep theirs. What is of a third graph gets a
    negative id here too, by which types made here refer to it; it stays a type of its own graph.
    """

    __slots__ = (
        "_known",
        "_made",
        "base",
        "byte_order",
        "origin",
        "path",
        "pointer_size",
        "stripped",
        "unqualified",
    )

    def __init__(
        self, base: TypeGraph | None, *, path: str = "", byte_order: str = "", pointer_size: int = 8
    ) -> None:
        """base: None where there is no other graph; then the rest says what that would."""
        self.base = base
        self.path = path or (base.path if base is not None else "composed")
        self.byte_order = base.byte_order if base is not None else byte_order or "little"
        self.pointer_size = pointer_size if base is None else base.pointer_size
        self.origin = Origin("composed")
        self._made: list[Type] = []
        self._known: dict[Key, Type] = {}
        self.stripped: dict[int, Type] = {}
        self.unqualified: dict[int, Type] = {}

    def __repr__(self) -> str:
        return f"<Composed, {len(self._made)} types on top of {self.base!r}>"

    # What makes types.

    def use(self, type_: Type) -> int:
        """The id by which types made here refer to a type of whatever graph."""
        if type_.graph is self or (type_.graph is self.base and type_.id >= 0):
            return type_.id
        if type_ not in self._made:
            self._made.append(type_)
        return -1 - self._made.index(type_)

    def struct(self, name: str, size: int, members: Iterable[tuple[str, Type, int]]) -> Type:
        """A struct of `size` bytes; members are (name, type, byte offset)."""
        parts = self.members(members)  # which may be of types that get ids before it
        return self._next(model.Struct(self, self._next_id, name, size, parts))

    def members(self, parts: Iterable[tuple[str, Type, int]]) -> tuple[model.Member, ...]:
        """Members of a struct, of (name, type, byte offset)."""
        return tuple(
            model.Member(name, self.use(type_), 8 * offset) for name, type_, offset in parts
        )

    def array(self, element: Type, count: int) -> Type:
        """An array of `count` elements; 0 is a flexible one."""
        used = self.use(element)
        return self._next(model.Array(self, self._next_id, used, 0, count))

    def enum(
        self,
        name: str,
        size: int,
        enumerators: Iterable[model.Enumerator],
        *,
        signed: bool = False,
    ) -> model.Enum:
        """An enum of `size` bytes."""
        values = tuple(enumerators)
        made = model.Enum(self, self._next_id, name, size, values, signed=signed)
        self._next(made)
        return made

    def opaque(self, size: int) -> Type:
        """Bytes of which no more is known."""
        return self._next(model.Bytes(self, self._next_id, size))

    # The same type comes back where one of these is asked for again.

    def integer(
        self,
        name: str,
        size: int,
        *,
        signed: bool = False,
        character: bool = False,
        boolean: bool = False,
        decimals: int = 0,
    ) -> Type:
        """An integer of `size` bytes."""
        key = model.INT, name, size, signed, character, boolean, decimals
        return self._known.get(key) or self._kept(
            key,
            model.Integer(
                self,
                self._next_id,
                name,
                size,
                8 * size,
                signed=signed,
                character=character,
                boolean=boolean,
                decimals=decimals,
            ),
        )

    def pointer(self, target: Type | None) -> Type:
        """A pointer to a type, None being void."""
        return self._about(model.Pointer, "", target)

    def addresses(self, names: Iterable[tuple[str, int]]) -> Type:
        """A pointer to void that is as often a value that has a name: (name, value)."""
        named = tuple(model.Enumerator(name, value) for name, value in names)
        return self._next(model.Pointer(self, self._next_id, "", 0, named))

    def bitfields(
        self, name: str, size: int, members: Iterable[tuple[str, Type, int, int]]
    ) -> Type:
        """A struct of `size` bytes of members at bits: (name, type, bit offset, bits or 0)."""
        parts = tuple(
            model.Member(member, self.use(type_), offset, bits)
            for member, type_, offset, bits in members
        )
        return self._next(model.Struct(self, self._next_id, name, size, parts))

    def const(self, target: Type | None) -> Type:
        """A type that is `const`, None being void."""
        return self._about(model.Const, "", target)

    def typedef(self, name: str, target: Type | None) -> Type:
        """Another name for a type; for None, a name of which no more is known."""
        return self._about(model.Typedef, name, target)

    def declared(self, name: str, *, union: bool = False) -> Type:
        """A struct or union of which only the name is known."""
        key = model.FORWARD, name, union
        return self._known.get(key) or self._kept(
            key, model.Forward(self, self._next_id, name, union=union)
        )

    def located(
        self, element: Type, *, relative: bool = False, rest: bool = False, origin: int = 0
    ) -> Type:
        """An array elsewhere in its record, as a member; see `model.Located`."""
        used = self.use(element)
        key = model.LOCATED, used, relative, rest, origin
        return self._known.get(key) or self._kept(
            key,
            model.Located(
                self, self._next_id, "", used, relative=relative, rest=rest, origin=origin
            ),
        )

    def _about(self, kind: type[model.Reference], name: str, target: Type | None) -> Type:
        used = 0 if target is None else self.use(target)
        key = kind.kind, name, used
        return self._known.get(key) or self._kept(key, kind(self, self._next_id, name, used))

    def _kept(self, key: Key, type_: Type) -> Type:
        self._known[key] = self._next(type_)
        return type_

    @property
    def _next_id(self) -> int:
        return -1 - len(self._made)

    def _next(self, type_: Type) -> Type:
        """Keep a type that was made under the next id."""
        self._made.append(type_)
        return type_

    # What a graph is asked for.

    def by_id(self, type_id: int) -> Type:
        """The type of that id; 0 is void. Raises TypeInfoError."""
        if type_id < 0:
            return self._made[-1 - type_id]
        if self.base is not None:
            return self.base.by_id(type_id)
        if type_id:
            raise TypeInfoError(f"type id {type_id} does not exist", self.path)
        return model.Void(self, 0)

    def all_ids(self) -> Sequence[int]:
        """The base's ids, then those of the types made here."""
        base = () if self.base is None else self.base.all_ids()
        return [*base, *range(-1, -1 - len(self._made), -1)]

    def ids(self, name: str) -> list[int]:
        """The ids of all types of that exact name, the base's first."""
        found = [] if self.base is None else self.base.ids(name)
        made = [-1 - i for i, type_ in enumerate(self._made) if name and type_.name == name]
        return found + made

    def summary(self, type_id: int) -> tuple[str, str]:
        """(kind, name) of a type."""
        if type_id > 0 and self.base is not None:
            return self.base.summary(type_id)
        type_ = self.by_id(type_id)
        return type_.kind, type_.name

    def size(self, type_id: int) -> int:
        """Bytes of a type, -1 where it has none."""
        return model.size_of(self.by_id(type_id))

    def describe(self) -> Description:
        """What this is: the types that were made here."""
        return Description(
            self.path,
            "composed types",
            self.origin,
            byte_order=self.byte_order,
            pointer_size=self.pointer_size,
            kinds=model.count_by_word((type_.kind, 1) for type_ in self._made),
        )

    def definition(self, forward: model.Forward) -> Type:
        """What is declared, where the base defines it."""
        return forward if self.base is None else self.base.definition(forward)

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, naming where it came from."""
        if type_id > 0 and self.base is not None:
            return self.base.error(what, type_id)
        return TypeInfoError(one_line(what), self.path)
