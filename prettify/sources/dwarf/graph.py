"""DWARF as a type graph: of a file, and of all others that the rest of its DWARF is in.

A type's id is the position of its entry (`units` says what that is) behind the base of its part:
of the file itself, which has base 0, ids are offsets in .debug_info as all tools print them.
Behind it come the supplement that dwz made, and the .dwo files, in the order of their units. A
made-up type has the id of the entry that it is made for and MADE for each number.
"""

from __future__ import annotations

from collections.abc import Sequence

from prettify import model
from prettify.description import Origin
from prettify.errors import TypeInfoError, one_line
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.entries import MAX_ORIGINS, Part
from prettify.sources.dwarf.kinds import KINDS, READERS, TRANSPARENT
from prettify.sources.dwarf.languages import ALL, UNSCOPED
from prettify.sources.dwarf.names import (
    NamedTypes,
    Scopes,
    is_called,
    joined,
    last_component,
    scope_of,
)
from prettify.sources.dwarf.sections import Sections
from prettify.sources.dwarf.split import open_split, skeletons, units_of
from prettify.sources.dwarf.units import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.description import Description
    from prettify.sources.dwarf.entries import Entry
    from prettify.sources.dwarf.index import Found
    from prettify.sources.dwarf.languages import Languages
    from prettify.sources.dwarf.units import Unit

MADE = 1 << 48
MODIFIERS = TRANSPARENT | {
    dw.DW_TAG_const_type,
    dw.DW_TAG_volatile_type,
    dw.DW_TAG_restrict_type,
    dw.DW_TAG_typedef,
    dw.DW_TAG_template_alias,
}
# Tags whose entries' own sizes are the types'; and those that do not tell the kind of the type.
SAID = frozenset(
    (
        dw.DW_TAG_base_type,
        dw.DW_TAG_class_type,
        dw.DW_TAG_enumeration_type,
        dw.DW_TAG_interface_type,
        dw.DW_TAG_structure_type,
        dw.DW_TAG_union_type,
    )
)
UNTOLD = frozenset((dw.DW_TAG_base_type, dw.DW_TAG_unspecified_type))
ANNOTATIONS = frozenset((dw.DW_TAG_GNU_annotation, dw.DW_TAG_LLVM_annotation))


class Dwarf:
    """A file's DWARF as a type graph. Raises TypeInfoError, here for bad units, later for each type
    that is asked for and is bad.

    languages: of the compile units that names are looked for in.
    """

    __slots__ = (
        "_ids",
        "_languages",
        "_missing",
        "_names",
        "_parts",
        "_pending",
        "_scopes",
        "_signatures",
        "_unit_languages",
        "byte_order",
        "cache",
        "origin",
        "path",
        "pointer_size",
        "stripped",
        "unqualified",
    )

    def __init__(self, sections: Sections, path: str, languages: Languages = ALL) -> None:
        self.path = path
        self.origin = Origin("ELF")
        self.byte_order: str = sections.byte_order
        self.pointer_size = sections.address_size
        self.cache: dict[int, model.Type] = {}
        self.stripped: dict[int, model.Type] = {}
        self.unqualified: dict[int, model.Type] = {}
        self._languages = languages
        self._parts: list[Part] = []
        self._signatures: dict[int, dict[int, Unit]] = {}
        self._unit_languages: dict[int, int] = {}
        self._scopes: dict[int, Scopes] = {}
        self._names: dict[int, NamedTypes] = {}
        self._ids: Ids | None = None
        self._missing: TypeInfoError | None = None  # why a part could not be opened
        self._pending = self._open(sections)
        next(self._pending)

    # What a graph is asked for.

    def by_id(self, type_id: int) -> model.Type:
        """The type of that id; 0 is void. Raises TypeInfoError."""
        known = self.cache.get(type_id)
        if known is None:
            if type_id >= MADE:
                self.by_id(type_id % MADE)
                known = self.cache.get(type_id)
                if known is None:
                    raise TypeInfoError(f"type id {type_id} does not exist", self.path)
                return known
            known = self.cache[type_id] = self._read(type_id)
        return known

    def _read(self, type_id: int) -> model.Type:
        if not type_id:
            return model.Void(self, 0)
        entry = self.entry(type_id)
        reader = READERS.get(entry.tag)
        if reader is None:
            raise entry.error(f"an entry of tag {entry.tag:#x} is no type")
        return reader(self, entry)

    def error(self, what: str, type_id: int) -> TypeInfoError:
        """An error about that type, saying where in which file it stands."""
        position = type_id % MADE
        for part in self._parts:
            if 0 < position - part.base < part.size:
                return error(part.sections, one_line(what), position - part.base)
        return TypeInfoError(one_line(what), self.path)

    def ids(self, name: str) -> list[int]:
        """The ids of all types of that name, definitions first.

        The name may lack some or all of the scopes before it. Raises TypeInfoError where nothing
        defines it, and a part that might could not be opened.
        """
        found = []
        for part in self.parts:
            for one in self._named(part).find(last_component(name)):
                if is_called(self._whole_name(part, one), name):
                    found.append((one.declaration, part.base + one.position))
        if self._missing is not None and all(declared for declared, _ in found):
            raise self._missing
        # Stable: the lookup has put what is local to functions last.
        return [type_id for _, type_id in sorted(found, key=lambda pair: pair[0])]

    def _whole_name(self, part: Part, found: Found) -> str:
        """The name of what a lookup has found, as `name` gives it for an entry."""
        scope = scope_of(found)
        if scope and self._language(part, part.unit_at(found.position)) not in UNSCOPED:
            return joined(scope, found.name)
        return found.name

    def all_ids(self) -> Ids:
        """The ids of all named types, in order. Any other type's id is in it, too."""
        if self._ids is None:
            self._ids = Ids(self)
        return self._ids

    def summary(self, type_id: int) -> tuple[str, str]:
        """(kind, name) of a type, without building it."""
        part, found = self._listed(type_id)
        if found is None or found.tag in UNTOLD:
            type_ = self.by_id(type_id)
            return type_.kind, type_.name
        declared = found.declaration and found.tag in SAID
        return model.FORWARD if declared else KINDS[found.tag], self._whole_name(part, found)

    def size(self, type_id: int) -> int:
        """A type's size in bytes, or -1 where it has none."""
        _, found = self._listed(type_id)
        if found is None or found.size < 0 or found.tag not in SAID:
            return model.size_of(self.by_id(type_id))
        return found.size

    def _listed(self, type_id: int) -> tuple[Part, Found | None]:
        """A type's part, and what the list of its names has about it, if there is one yet."""
        part = self.part_of(type_id)
        return part, self._named(part).at(type_id - part.base)

    def describe(self) -> Description:
        """What this source is; the types are those that have names, each once."""
        from prettify.sources.dwarf.describing import describe

        return describe(self)

    def definition(self, forward: model.Forward) -> model.Type:
        """What is declared, where another unit defines it; else the declaration."""
        known = self.stripped.get(forward.id)
        if known is None:
            known = self.stripped[forward.id] = self._definition(forward)
        return known

    def _definition(self, forward: model.Forward) -> model.Type:
        tag = self.entry(forward.id).tag
        for part in self.parts:
            for one in self._named(part).defined(last_component(forward.name), tag):
                if self._whole_name(part, one) == forward.name:
                    return self.by_id(part.base + one.position)
        return forward

    def _named(self, part: Part) -> NamedTypes:
        """The names of a part's types."""
        known = self._names.get(part.base)
        if known is None:
            units = part.units
            if not self._languages.all:
                units = [u for u in units if self._languages.hold(self._language(part, u))]
            known = self._names[part.base] = NamedTypes(part, units)
        return known

    # Parts and entries.

    def _open(self, sections: Sections) -> Iterator[Part]:
        """Open the file, its supplement and its .dwo files, one after the other."""
        main = self._add(sections)
        supplement = sections.supplement
        self._missing = sections.missing
        if supplement is not None:
            main.supplement = self._add(supplement)
        yield main
        if main.supplement is not None:
            yield main.supplement
        units = skeletons(main)
        for found in open_split(main, units) if units else ():
            if isinstance(found, Sections):
                yield self._add(found)
            else:
                self._missing = self._missing or found

    def _add(self, sections: Sections) -> Part:
        base = self._parts[-1].base + self._parts[-1].size if self._parts else 0
        part = Part(sections, units_of(sections), base)
        self._parts.append(part)
        return part

    @property
    def parts(self) -> Iterator[Part]:
        """All parts, those not yet open opened when it comes to them."""
        index = 0
        while index < len(self._parts) or next(self._pending, None) is not None:
            if index < len(self._parts):
                yield self._parts[index]
                index += 1

    def part_of(self, type_id: int) -> Part:
        """The part that an id belongs to. Raises TypeInfoError."""
        for part in self.parts:
            if type_id < part.base + part.size:
                return part
        raise TypeInfoError(f"type id {type_id} does not exist", self.path)

    def entry(self, type_id: int) -> Entry:
        """The entry of that id. Raises TypeInfoError."""
        part = self.part_of(type_id)
        return part.entry(type_id - part.base)

    def made(
        self, entry: Entry, number: int, make: Callable[..., model.Type], *arguments: object
    ) -> int:
        """The id of a type that is made for an entry, which has no entry of its own.

        make: called with the id, and with these arguments.
        """
        type_id = number * MADE + entry.id
        self.cache[type_id] = make(type_id, *arguments)
        return type_id

    # What entries refer to.

    def reference(self, entry: Entry, attribute: int) -> int:
        """The id of the entry that an attribute refers to; 0 where it is missing."""
        found = entry.values.get(attribute)
        if found is None:
            return 0
        form, value = found
        part = entry.part
        if not isinstance(value, int):
            raise entry.error(f"form {form:#x} is no reference")
        if form in dw.UNIT_REFERENCE_FORMS:
            position = entry.unit.position + value
            if not entry.unit.first_entry <= position < entry.unit.end:
                raise entry.error(f"it refers to {value:#x}, which is not in its unit")
        elif form == dw.DW_FORM_ref_addr:
            position = value
        elif form == dw.DW_FORM_ref_sig8:
            return self._by_signature(entry, value)
        elif form in dw.SUPPLEMENT_REFERENCE_FORMS:
            if part.supplement is None:
                raise self._missing or entry.error("it refers to a supplement that is not named")
            part, position = part.supplement, value
        else:
            raise entry.error(f"form {form:#x} is no reference")
        if not 0 < position < part.size:
            raise entry.error(f"it refers to {position:#x}, which is no entry")
        return part.base + position

    def target(self, entry: Entry) -> int:
        """The id of the type that an entry is about; 0 for void."""
        return self.reference(entry, dw.DW_AT_type)

    def _by_signature(self, entry: Entry, signature: int) -> int:
        """The id of the type of that signature."""
        for part in (entry.part, *self.parts):
            known = self._signatures.get(part.base)
            if known is None:
                known = {unit.signature: unit for unit in part.units if unit.type_position >= 0}
                self._signatures[part.base] = known
            if signature in known:
                return part.base + known[signature].type_position
        raise self._missing or entry.error(f"no type unit has signature {signature:#018x}")

    def by_signature(self, entry: Entry) -> model.Type | None:
        """The type that a declaration names by signature; None for all other entries."""
        if dw.DW_AT_signature not in entry.values:
            return None
        type_id = self.reference(entry, dw.DW_AT_signature)
        if type_id == entry.id or dw.DW_AT_signature in self.entry(type_id).values:
            raise entry.error("a type's signature does not lead to its definition")
        return self.by_id(type_id)

    def strip_entry(self, type_id: int) -> Entry:
        """The entry that typedefs, qualifiers and signatures lead to. Raises TypeInfoError."""
        known = set()
        entry = self.entry(type_id)
        while True:
            if dw.DW_AT_signature in entry.values:
                attribute = dw.DW_AT_signature
            elif entry.tag in MODIFIERS and dw.DW_AT_type in entry.values:
                attribute = dw.DW_AT_type
            else:
                return entry
            known.add(entry.id)
            entry = self.entry(self.reference(entry, attribute))
            if entry.id in known:
                raise entry.error("a type is defined as itself")

    def origin_with(self, entry: Entry, attribute: int) -> Entry:
        """The entry, or the first of those it completes, that has an attribute."""
        first = entry
        for _ in range(MAX_ORIGINS):
            if attribute in entry.values:
                return entry
            origin = self.reference(entry, dw.DW_AT_specification)
            origin = origin or self.reference(entry, dw.DW_AT_abstract_origin)
            if not origin:
                break
            entry = self.entry(origin)
        return first

    def annotations(self, entry: Entry, names: frozenset[str]) -> list[str]:
        """The values of the annotations of an entry that have one of these names.

        LLVM has them below the entry, GNU as a chain of entries that others may share.
        """
        found = [child for child in entry.part.children(entry) if child.tag in ANNOTATIONS]
        known = set()
        while True:
            next_id = self.reference(entry, dw.DW_AT_GNU_annotation)
            if not next_id or next_id in known:
                break
            known.add(next_id)
            entry = self.entry(next_id)
            found.append(entry)
        return [one.text(dw.DW_AT_const_value) for one in found if one.text(dw.DW_AT_name) in names]

    # Languages, names and scopes.

    def language(self, entry: Entry) -> int:
        """The language (DW_LANG) of an entry's unit, -1 where that does not say."""
        return self._language(entry.part, entry.unit)

    def _language(self, part: Part, unit: Unit) -> int:
        key = part.base + unit.position
        known = self._unit_languages.get(key)
        if known is None:
            code = part.entry(unit.first_entry, unit).number(dw.DW_AT_language)
            known = self._unit_languages[key] = -1 if code is None else code
        return known

    def name(self, entry: Entry) -> str:
        """An entry's name, behind the names of what it lies in, where its language has that."""
        named = self.origin_with(entry, dw.DW_AT_name)
        name = named.text(dw.DW_AT_name)
        if not name or self.language(named) in UNSCOPED:
            return name
        key = named.part.base + named.unit.position
        scopes = self._scopes.get(key)
        if scopes is None:
            scopes = self._scopes[key] = Scopes(named.part, named.unit)
        return joined(scopes.around(named.position, named.tag, name), name)


class Ids(Sequence[int]):
    """The ids of a graph's named types. Their list is made when it is first needed.

    Whether an id is in it can be told without: any entry that is a type is.
    """

    __slots__ = ("_graph", "_ids")

    def __init__(self, graph: Dwarf) -> None:
        self._graph = graph
        self._ids: list[int] | None = None

    @property
    def _list(self) -> list[int]:
        if self._ids is None:
            graph = self._graph
            self._ids = [
                part.base + one.position for part in graph.parts for one in graph._named(part).all
            ]
        return self._ids

    def __len__(self) -> int:
        return len(self._list)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._list[index]

    def __contains__(self, type_id: object) -> bool:
        if not isinstance(type_id, int) or type_id <= 0:
            return False
        graph = self._graph
        try:
            part = graph.part_of(type_id % MADE)
            if part.begins_entry(type_id % MADE - part.base):
                graph.by_id(type_id)
                return True
        except TypeInfoError:
            pass
        return False
