"""The named types of a part: what the index and the lookup have, by whole names."""

from __future__ import annotations

from prettify.sources.dwarf.lookup import Lookup

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.sources.dwarf.entries import Part
    from prettify.sources.dwarf.index import Found
    from prettify.sources.dwarf.units import Unit

SEPARATOR = "::"
OPENING, CLOSING = "<([{", ">)]}"


class NamedTypes:
    """The named types and variables of some units of a part."""

    __slots__ = ("_all", "_by_position", "_lookup", "part")

    def __init__(self, part: Part, units: list[Unit]) -> None:
        self.part = part
        self._lookup = Lookup(part.sections, units, whole=len(units) == len(part.units))
        self._all: list[Found] | None = None
        self._by_position: dict[int, Found] = {}

    @property
    def all(self) -> list[Found]:
        """All of them in order, declarations only of what is not defined."""
        if self._all is None:
            index = self._lookup.index()
            types = list(index.entries())
            defined = {(t.tag, t.name, t.scopes) for t in types if not t.declaration}
            kept = [
                t for t in types if not t.declaration or (t.tag, t.name, t.scopes) not in defined
            ]
            kept += index.entries(variables=True)
            kept.sort(key=lambda one: one.position)
            self._all = kept
            self._by_position = {one.position: one for one in kept}
        return self._all

    def at(self, position: int) -> Found | None:
        """The one at that position, once `all` are known."""
        return self._by_position.get(position)

    def find(self, name: str) -> list[Found]:
        """Those of that name, without scopes: definitions first; variables if no type is defined.

        Raises TypeInfoError where a damaged unit might have had it.
        """
        found = self._lookup.find(name)
        if not found or found[0].declaration:
            found += self._lookup.find(name, variables=True)
        return found

    def defined(self, name: str, tag: int) -> list[Found]:
        """Those of that name and tag that are no declarations."""
        found = self._lookup.find(name)
        return [one for one in found if one.tag == tag and not one.declaration]


class Scopes:
    """What the named types of one unit lie in."""

    __slots__ = ("_by_name", "_by_position")

    def __init__(self, part: Part, unit: Unit) -> None:
        index = Lookup(part.sections, [unit], whole=False, jobs=1).index()
        found = [*index.entries(), *index.entries(variables=True)]
        self._by_position = {one.position: scope_of(one) for one in found}
        # Of several that are alike in name, size and scope there is one only.
        self._by_name = {(one.tag, one.name): scope_of(one) for one in found}

    def around(self, position: int, tag: int, name: str) -> str:
        """The whole name of what the type at that position lies in, empty for nothing."""
        scope = self._by_position.get(position)
        return self._by_name.get((tag, name), "") if scope is None else scope


def scope_of(found: Found) -> str:
    """The whole name of what a type lies in. Namespaces without a name have no say."""
    return SEPARATOR.join(name for _, name in found.scopes if name)


def joined(scope: str, name: str) -> str:
    """A name behind that of its scope."""
    return f"{scope}{SEPARATOR}{name}" if scope else name


def last_component(name: str) -> str:
    """`B<C::D>` of `A::B<C::D>`."""
    depth = start = 0
    for at, character in enumerate(name):
        if character in OPENING:
            depth += 1
        elif character in CLOSING and depth:
            depth -= 1
        elif not depth and name.startswith(SEPARATOR, at):
            start = at + len(SEPARATOR)
    return name[start:]


def is_called(whole: str, name: str) -> bool:
    """Whether a type of that whole name may be called by that one, which may lack outer scopes."""
    return whole == name or whole.endswith(SEPARATOR + name)
