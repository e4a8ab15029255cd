"""The named types of a file as pyelftools reads them: slow, and by nobody of this project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from elftools.elf.elffile import ELFFile

if TYPE_CHECKING:
    from collections.abc import Iterator

TYPES = {
    "DW_TAG_base_type",
    "DW_TAG_structure_type",
    "DW_TAG_class_type",
    "DW_TAG_union_type",
    "DW_TAG_enumeration_type",
    "DW_TAG_typedef",
    "DW_TAG_unspecified_type",
    "DW_TAG_interface_type",
    "DW_TAG_template_alias",
}
AGGREGATES = {
    "DW_TAG_structure_type",
    "DW_TAG_class_type",
    "DW_TAG_union_type",
    "DW_TAG_interface_type",
}
SCOPES = AGGREGATES | {"DW_TAG_namespace", "DW_TAG_module"}
FUNCTIONS = {"DW_TAG_subprogram", "DW_TAG_lexical_block"}


class Named(NamedTuple):
    """A named type, or a variable; `tag` without DW_TAG_, `size` -1 where there is none."""

    name: str
    tag: str
    size: int
    declaration: bool
    scopes: tuple[str, ...]
    local: bool


def named(path: Path) -> set[Named]:
    """All named types and variables of a file, each once."""
    with path.open("rb") as stream:
        dwarf = ELFFile(stream).get_dwarf_info()
        return {one for unit in dwarf.iter_CUs() for one in _below(unit.get_top_DIE(), (), False)}


def _below(parent: Any, scopes: tuple[str, ...], local: bool) -> Iterator[Named]:
    for die in parent.iter_children():
        name = _text(die)
        around = scopes
        named_elsewhere = die.tag in TYPES or die.tag == "DW_TAG_variable"
        if named_elsewhere and "DW_AT_specification" in die.attributes:
            declared = die.get_DIE_from_attribute("DW_AT_specification")
            name = name or _text(declared)
            around = _scopes(declared)
        wanted = die.tag in TYPES or (die.tag == "DW_TAG_variable" and not local)
        if wanted and name:
            size = die.attributes.get("DW_AT_byte_size")
            yield Named(
                name,
                die.tag.removeprefix("DW_TAG_"),
                size.value if size is not None and isinstance(size.value, int) else -1,
                "DW_AT_declaration" in die.attributes,
                around,
                local,
            )
        if not die.has_children:
            continue
        if die.tag in FUNCTIONS and not local:
            yield from _below(die, (), True)
        elif die.tag in SCOPES:
            yield from _below(die, (*around, name) if name else around, local)
        else:
            yield from _below(die, scopes, local)


def _text(die: Any) -> str:
    name = die.attributes.get("DW_AT_name")
    return name.value.decode() if name is not None else ""


def _scopes(die: Any) -> tuple[str, ...]:
    """The named scopes that an entry is in, outermost first."""
    names: list[str] = []
    parent = die.get_parent()
    while parent is not None and parent.tag in SCOPES:
        if _text(parent):
            names.insert(0, _text(parent))
        parent = parent.get_parent()
    return tuple(names)
