"""Split DWARF: the .dwo files that skeleton units name, and the packages (.dwp) made of them.

Format: DWARF 5, sections 7.3.2 and 7.3.5; its forerunner of DWARF 4 is described in "DebugFission
Package File Format" of the gcc wiki.
"""

from __future__ import annotations

import os
import struct

from prettify.errors import TypeInfoError
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.sections import Sections, sections_named
from prettify.sources.dwarf.units import read_units
from prettify.sources.elf_image import open_elf_image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.sources.dwarf.entries import Entry, Part
    from prettify.sources.dwarf.units import Unit

INFO, TYPES, ABBREV, STR_OFFSETS = 1, 2, 3, 6  # sections, as an index numbers its columns
MAX_UNITS = 1 << 24  # in a package
INDEX_VERSIONS = (2, 5)


def skeletons(part: Part) -> list[Unit]:
    """The units that only say where the rest of them is."""
    if not part.units or part.sections.split:
        return []
    if part.units[0].version >= 5:
        return [unit for unit in part.units if unit.kind == dw.DW_UT_skeleton]
    # Before DWARF 5 skeletons look as others do, but have their addresses in a section.
    if not sections_named(part.sections.image, "addr"):
        return []
    return [unit for unit in part.units if _dwo_name(part.entry(unit.first_entry, unit))]


def _dwo_name(root: Entry) -> str:
    return root.text(dw.DW_AT_dwo_name) or root.text(dw.DW_AT_GNU_dwo_name)


def open_split(part: Part, units: list[Unit]) -> Iterator[Sections | TypeInfoError]:
    """What skeleton units stand for, as the sections of each file, or why it cannot be read."""
    package = open_elf_image(part.sections.path + ".dwp") or open_elf_image(
        os.path.splitext(part.sections.path)[0] + ".dwp"
    )
    if package is not None:
        yield Sections(package, split=True)
        return
    for unit in units:
        root = part.entry(unit.first_entry, unit)
        name, folder = _dwo_name(root), root.text(dw.DW_AT_comp_dir)
        wanted = unit.dwo_id or root.number(dw.DW_AT_GNU_dwo_id) or 0
        yield _open_dwo(part.sections.path, name, folder, wanted)


def _open_dwo(path: str, name: str, folder: str, wanted: int) -> Sections | TypeInfoError:
    own = os.path.dirname(path)
    places = (
        os.path.join(folder, name),
        os.path.join(own, name),
        os.path.join(own, os.path.basename(name)),
    )
    problem = "which is not there"
    for place in dict.fromkeys(places):
        image = open_elf_image(place)
        if image is None:
            continue
        sections = Sections(image, split=True)
        if wanted in dwo_ids(sections):
            return sections
        problem = "which is of another compilation"
    return TypeInfoError(f"its types are in {places[0]} (split DWARF), {problem}", path)


def dwo_ids(sections: Sections) -> set[int]:
    """The ids by which skeletons know the units of a .dwo file; 0 where a unit does not say."""
    from prettify.sources.dwarf.entries import Part

    units = read_units(sections)
    found = {unit.dwo_id for unit in units if unit.kind == dw.DW_UT_split_compile}
    part = Part(sections, units, 0)
    for unit in units:
        if unit.kind == dw.DW_UT_compile:
            root = part.entry(unit.first_entry, unit)
            found.add(root.number(dw.DW_AT_GNU_dwo_id) or 0)
    return found


def units_of(sections: Sections) -> list[Unit]:
    """The units of a file, those of a package each with its own abbreviations and strings."""
    units = read_units(sections)
    if not sections.split:
        return units
    contributions: dict[int, tuple[int, int]] = {}
    for name in ("cu_index", "tu_index"):
        contributions.update(_read_index(sections, name))
    for unit in units:
        if unit.position in contributions:
            abbreviations, strings = contributions[unit.position]
            unit.abbreviations_offset += abbreviations
            unit.string_offsets_base = strings + (2 * unit.offset_size if unit.version >= 5 else 0)
    return units


def _read_index(sections: Sections, name: str) -> dict[int, tuple[int, int]]:
    """For the position of each unit in an index where its abbreviations and strings begin."""
    found = sections.image.named(f".debug_{name}")
    if not found:
        return {}
    data = sections.image.contents(found[0])
    place = f"{sections.path}(.debug_{name})"
    mark = sections.image.mark
    if len(data) < 16:
        raise TypeInfoError("an index of a package is cut short", place, 0)
    words = struct.unpack_from(mark + "4I", data)
    version = words[0] if words[0] in INDEX_VERSIONS else struct.unpack_from(mark + "H", data)[0]
    columns, rows, slots = words[1:]
    start = 16 + 12 * slots
    if version not in INDEX_VERSIONS:
        raise TypeInfoError(f"an index of version {version}, only 2 and 5 are known", place, 0)
    if rows > MAX_UNITS or start + 4 * columns * (rows + 1) > len(data):
        raise TypeInfoError("an index of a package is cut short", place, 0)
    layout = struct.Struct(f"{mark}{columns}I")
    kinds = layout.unpack_from(data, start)
    units = {}
    for row in range(1, rows + 1):
        offsets = dict(zip(kinds, layout.unpack_from(data, start + row * layout.size)))
        position = offsets.get(INFO)
        if position is None:
            position = len(sections.info) + offsets.get(TYPES, 0)
        units[position] = offsets.get(ABBREV, 0), offsets.get(STR_OFFSETS, 0)
    return units
