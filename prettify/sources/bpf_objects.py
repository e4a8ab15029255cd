"""The maps that a BPF object defines, with all that it says of them.

Definitions are of three kinds: variables in `.maps`, whose type tells everything (`__uint`,
`__type`, `__array` of libbpf's <bpf/bpf_helpers.h>); `struct bpf_map_def` in the section `maps`, as
before BTF; and the sections of global variables, of which a loader makes maps. Rules: what the
kernel has of an object that libbpf loaded.
"""

from __future__ import annotations

import os

from prettify import model
from prettify.errors import TypeInfoError, UsageError, one_line
from prettify.model import spelled
from prettify.sources.data_sections import CONFIGURATION, STATIC, is_bpf_object
from prettify.sources.elf_image import MAGIC, SHT_NOBITS, SHT_NULL, open_elf_image
from prettify.sources.elf_symbols import NOTYPE, OBJECT, symbols_of
from prettify.sources.opening import open_source
from prettify.sources.search import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.model import Type, TypeGraph
    from prettify.sources.elf_image import ElfImage, Section
    from prettify.sources.elf_symbols import Symbol

MAPS = ".maps"
OLD_MAPS = "maps"
OLD_TYPES = "____btf_map_"  # the name of a struct of a key and a value, before that of an old map
# Operations of the kernel that a program implements: each variable is a map of its own.
OPERATIONS = {".struct_ops": 0, ".struct_ops.link": 1 << 13}  # and their flags, BPF_F_LINK
# Sections that become maps, with those whose names go on behind a point.
READ_ONLY = ".rodata"
DATA = (".data", READ_ONLY, ".bss")
# enum bpf_map_type, include/uapi/linux/bpf.h
ARRAY, STRUCT_OPS = 2, 26
# Flags of maps, ibid.
RDONLY_PROG, MMAPABLE = 1 << 7, 1 << 10
NUMBER = 4  # bytes of the keys of arrays, and of what tells which map is in a map
NAME = 15  # characters of a map's name in the kernel
SHOWN = 12  # maps that an error message names
SUFFIX = 7  # of them that are left to the section's, however short that is
# Numbers that the type of a variable in `.maps` may tell.
NUMBERS = (
    "type", "key_size", "value_size", "max_entries", "map_flags", "map_extra", "numa_node",
    "pinning",
)  # fmt: skip
TYPES = ("key", "value")  # that it may tell
OLD_NUMBERS = ("type", "key_size", "value_size", "max_entries", "map_flags")


class MapDefinition:
    """A map as an object defines it.

    name:         as it is written: of a variable, or of a section (`.bss`)
    kernel_name:  what the kernel calls it, of at most 15 characters
    section:      of the object, that it is defined in
    type:         the number of its type, as in `enum bpf_map_type`
    key, value:   their types, None where they are not told; of a section of global variables the
                  value is that section
    key_size, value_size:  in bytes
    max_entries, map_flags, map_extra, numa_node:  as bpf(2) takes them
    pinning:      1 where the loader is to pin it by its name
    inner:        of a map of maps: the definition of those in it, None where there is none
    """

    __slots__ = (
        "inner",
        "kernel_name",
        "key",
        "key_size",
        "map_extra",
        "map_flags",
        "max_entries",
        "name",
        "numa_node",
        "pinning",
        "section",
        "type",
        "value",
        "value_size",
    )

    def __init__(
        self,
        name: str,
        section: str,
        type: int,
        *,
        kernel_name: str = "",
        key: Type | None = None,
        value: Type | None = None,
        key_size: int = 0,
        value_size: int = 0,
        max_entries: int = 0,
        map_flags: int = 0,
        map_extra: int = 0,
        numa_node: int = 0,
        pinning: int = 0,
        inner: MapDefinition | None = None,
    ) -> None:
        self.name = name
        self.kernel_name = kernel_name or name[:NAME]
        self.section = section
        self.type = type
        self.key = key
        self.value = value
        self.key_size = key_size
        self.value_size = value_size
        self.max_entries = max_entries
        self.map_flags = map_flags
        self.map_extra = map_extra
        self.numa_node = numa_node
        self.pinning = pinning
        self.inner = inner

    def __repr__(self) -> str:
        parts = (
            f"{self.type}",
            f"{spelled(self.key) if self.key else 'key'}: {self.key_size} bytes",
            f"{spelled(self.value) if self.value else 'value'}: {self.value_size} bytes",
            f"max_entries {self.max_entries}",
        )
        return f"<MapDefinition {self.name!r} {', '.join(parts)}>"


def find_map(path: str, name: str) -> MapDefinition:
    """The map of that name, as it is written or as the kernel has it, in an object or in raw BTF.

    Raises UsageError where there is none, naming the nearest, and as `maps_in` does.
    """
    found = maps_in(path)
    for definition in found:
        if definition.name == name:
            return definition
    for definition in found:
        if definition.kernel_name == name or _is_loaded_as(definition, name):
            return definition
    if not found:
        raise UsageError(f"{path}: no map {name!r}: it defines none")
    names = [definition.name for definition in found]
    there = f"it has {', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''}"
    near = closest(name, {*names, *(definition.kernel_name for definition in found)})
    hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise UsageError(one_line(f"{path}: no map {name!r}: {there}{hint}"))


def maps_in(path: str) -> list[MapDefinition]:
    """The maps of a BPF object or of raw BTF.

    Raises UsageError where there is no such file, TypeInfoError where it is bad, or an ELF file for
    another machine.
    """
    image = open_elf_image(path) if _is_elf(path) else None
    if image is None:
        return maps_of(open_source(path))
    if not is_bpf_object(image):
        raise TypeInfoError("an ELF file, but no BPF object: maps are defined in those", path)
    return maps_of(open_source(path, ("btf",)) if image.named(".BTF") else None, image)


def _is_elf(path: str) -> bool:
    try:
        with open(path, "rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False  # which whoever opens it says


def maps_of(graph: TypeGraph | None, image: ElfImage | None = None) -> list[MapDefinition]:
    """The maps of an object, by its BTF and the file that it is in; in the order of the sections.

    graph: None where there is no BTF, which leaves old definitions. image: None for BTF alone.
    Raises TypeInfoError for what is no definition of a map.
    """
    found: list[MapDefinition] = []
    sections = dict(_sections(graph)) if graph is not None else {}
    if image is not None:
        found += _old_maps(graph, image)
    for name, section in sections.items():
        if name == MAPS:
            found += _new_maps(section)
        elif name in OPERATIONS:
            found += _operations(section)
    object_name = _object_name(image.path if image is not None else "")
    sizes = {name: section.size for name, section in sections.items()}
    if image is not None:
        sizes |= {s.name: s.size for s in image.sections if s.kind != SHT_NULL}
    for name, size in sizes.items():
        if _is_data(name) and (size or image is None):
            found.append(_global_data(object_name, name, size, sections.get(name)))
    return found


def _sections(graph: TypeGraph) -> Iterator[tuple[str, model.Section]]:
    for type_id in graph.all_ids():
        if graph.summary(type_id)[0] == model.SECTION:
            section = graph.by_id(type_id)
            assert isinstance(section, model.Section)
            yield section.name, section


def _variables(section: model.Section) -> Iterator[model.Variable]:
    for entry in section.entries:
        variable = section.graph.by_id(entry.type_id)
        if not isinstance(variable, model.Variable):
            raise section.graph.error(
                f"{spelled(section)} holds {spelled(variable)}, which is no variable", section.id
            )
        yield variable


# Definitions by types: each member tells something, a number or a type, by what it points at.


def _new_maps(section: model.Section) -> Iterator[MapDefinition]:
    for variable in _variables(section):
        type_ = model.strip(variable.target)
        yield _defined(variable.name, section.name, type_, may_nest=True)


def _defined(name: str, section: str, type_: Type, *, may_nest: bool) -> MapDefinition:
    """The map that a struct of such members defines."""
    if not isinstance(type_, model.Struct):
        raise type_.graph.error(f"map {name}: {spelled(type_)} is no struct of __uint…", type_.id)
    numbers: dict[str, int] = {}
    types: dict[str, Type] = {}
    inner = None
    for member in type_.members:
        told = type_.graph.by_id(member.type_id)
        if member.name in NUMBERS:
            numbers[member.name] = _number(name, member.name, told)
        elif member.name in TYPES:
            types[member.name] = _pointed_at(name, member.name, told)
        elif member.name == "values":
            inner = _inner(name, section, told, may_nest=may_nest)
            numbers.setdefault("value_size", NUMBER)
        # Others are of a libbpf that is newer, which adds some from time to time.
    if "type" not in numbers:
        raise type_.graph.error(f"map {name}: it does not say its type", type_.id)
    definition = _definition(name, section, numbers, types)
    definition.inner = inner
    return definition


def _definition(
    name: str, section: str, numbers: dict[str, int], types: dict[str, Type]
) -> MapDefinition:
    """The definition of a map that is told all these, sizes by the types where there are some."""
    sizes = {
        f"{what}_size": _agreed(name, what, part, numbers.get(f"{what}_size", 0))
        for what, part in types.items()
    }
    number = numbers.pop("type")
    return MapDefinition(
        name,
        section,
        number,
        key=types.get("key"),
        value=types.get("value"),
        **{**numbers, **sizes},  # type: ignore[arg-type]
    )


def _number(name: str, member: str, told: Type) -> int:
    """`int (*)[N]`, or an enum of the one value, for numbers that no array can have."""
    type_ = model.strip(told)
    if isinstance(type_, model.Enum) and len(type_.enumerators) == 1:
        return type_.enumerators[0].value
    if isinstance(type_, model.Pointer):
        array = model.strip(type_.target)
        if isinstance(array, model.Array):
            return array.count
    raise told.graph.error(
        f"map {name}: {member} is {spelled(told)}, where __uint makes a pointer to an array of as "
        f"many elements",
        told.id,
    )


def _pointed_at(name: str, member: str, told: Type) -> Type:
    type_ = model.strip(told)
    if not isinstance(type_, model.Pointer):
        raise told.graph.error(
            f"map {name}: {member} is {spelled(told)}, where __type makes a pointer to the type",
            told.id,
        )
    return type_.target


def _agreed(name: str, what: str, type_: Type, size: int) -> int:
    """The size of a key or value, which is told twice perhaps: `size` is 0 where it is not."""
    own = model.size_of(type_)
    if own < 0:
        raise type_.graph.error(f"map {name}: its {what}, {spelled(type_)}, has no size", type_.id)
    if size not in (0, own):
        raise type_.graph.error(
            f"map {name}: {what}_size is {size}, but its {what}, {spelled(type_)}, has {own} bytes",
            type_.id,
        )
    return own


def _inner(name: str, section: str, told: Type, *, may_nest: bool) -> MapDefinition | None:
    """`typeof(struct {…}) *values[]` tells of the maps in a map; programs have no definition."""
    array = model.strip(told)
    pointer = model.strip(array.element) if isinstance(array, model.Array) else array
    if not isinstance(array, model.Array) or not isinstance(pointer, model.Pointer):
        raise told.graph.error(
            f"map {name}: values is {spelled(told)}, where __array makes an array of pointers",
            told.id,
        )
    type_ = model.strip(pointer.target)
    if isinstance(type_, model.Prototype):
        return None
    if not may_nest:
        raise told.graph.error(f"map {name}: maps in maps hold no maps of their own", told.id)
    return _defined(f"{name}.inner", section, type_, may_nest=False)


def _operations(section: model.Section) -> Iterator[MapDefinition]:
    # Values are what the kernel makes of the struct, which is in its BTF and not in the object's.
    for variable in _variables(section):
        yield MapDefinition(
            variable.name,
            section.name,
            STRUCT_OPS,
            key_size=NUMBER,
            max_entries=1,
            map_flags=OPERATIONS[section.name],
        )


# Definitions by values.


def _old_maps(graph: TypeGraph | None, image: ElfImage) -> Iterator[MapDefinition]:
    indices = {
        s.index: s
        for s in image.sections
        if (s.name == OLD_MAPS or s.name.startswith(f"{OLD_MAPS}/"))
        and s.kind not in (SHT_NULL, SHT_NOBITS)
    }
    if not indices:
        return
    symbols = [s for s in symbols_of(image) if s.section in indices and s.kind in (NOTYPE, OBJECT)]
    for symbol in sorted(symbols, key=lambda s: (s.section, s.value)):
        yield _old_map(graph, image, indices[symbol.section], symbol)


def _old_map(
    graph: TypeGraph | None, image: ElfImage, section: Section, symbol: Symbol
) -> MapDefinition:
    words = len(OLD_NUMBERS)
    data = image.contents(section)[symbol.value : symbol.value + 4 * words]
    if len(data) < 4 * words:
        raise TypeInfoError(
            one_line(
                f"map {symbol.name}: {len(data)} bytes of section {section.name}, where its "
                f"definition has at least {4 * words}"
            ),
            image.path,
            section.offset,
        )
    numbers = {
        name: int.from_bytes(data[4 * i : 4 * i + 4], image.byte_order)
        for i, name in enumerate(OLD_NUMBERS)
    }
    types = _old_types(graph, symbol.name) if graph is not None else {}
    return _definition(symbol.name, section.name, numbers, types)


def _old_types(graph: TypeGraph, name: str) -> dict[str, Type]:
    """The types of key and value that stand in a struct which is named after an old map."""
    for type_id in graph.ids(OLD_TYPES + name):
        struct = graph.by_id(type_id)
        if isinstance(struct, model.Struct):
            return {m.name: graph.by_id(m.type_id) for m in struct.members if m.name in TYPES}
    return {}


# Global variables.


def _is_data(name: str) -> bool:
    return name == CONFIGURATION or any(name == n or name.startswith(f"{n}.") for n in DATA)


def _global_data(
    object_name: str, name: str, size: int, section: model.Section | None
) -> MapDefinition:
    """The map of a section: one value, with all variables in it."""
    flags = 0
    if name == CONFIGURATION or name.startswith(READ_ONLY):
        flags |= RDONLY_PROG
    if section is not None and any(v.linkage != STATIC for v in _variables(section)):
        flags |= MMAPABLE
    return MapDefinition(
        name,
        name,
        ARRAY,
        kernel_name=_kernel_name(object_name, name),
        value=section,
        key_size=NUMBER,
        value_size=size,
        max_entries=1,
        map_flags=flags,
    )


def _is_loaded_as(definition: MapDefinition, name: str) -> bool:
    """Whether that is the name of a section's map from an object that was called otherwise."""
    own = definition.name
    return _is_data(own) and name == _kernel_name(name.removesuffix(own), own)


def _object_name(path: str) -> str:
    """What loaders call an object: the name of its file up to the first point."""
    return os.path.basename(path).partition(".")[0]


def _kernel_name(object_name: str, section: str) -> str:
    """`OBJECT.bss`: the end of the name is the section's, the rest as much as fits of the object's.

    Sections of one's own, `.data.mine`, have none of it.
    """
    if "." in section[1:]:
        object_name = ""
    room = max(NAME - max(len(section), SUFFIX), 0)
    name = object_name[:room] + section[:NAME]
    return "".join(c if (c.isascii() and c.isalnum()) or c in "_." else "_" for c in name)
