"""Trees of entries that refer to each other as Python objects, and the DWARF that they make.

    number = die("base_type", name="int", byte_size=4, encoding=5)
    point = die("structure_type", die("member", name="x", type=number), name="point", byte_size=4)
    blob = dwarf(number, point)

A shorthand for `dwarf_writer`, whose entries have labels; its `Form(name, value)` is a pair here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import dwarf_writer
from dwarf_writer import DwarfWriter, Form, Ref
from prettify.sources.dwarf import constants as dw

SIZES = {"data1": 1, "data2": 2, "data4": 4, "data8": 8}


class Die:
    """An entry. `values` by the attribute's name; `position` is known once it has been written."""

    def __init__(self, tag: str, children: Sequence[Die], values: dict[str, Any]) -> None:
        self.tag = tag
        self.children = list(children)
        self.values = values
        self.position = -1

    @property
    def label(self) -> str:
        return f"entry {id(self)}"

    def written(self) -> dwarf_writer.Die:
        """The entry as the writer takes it."""
        values = {name: _formed(value) for name, value in self.values.items()}
        children = [child.written() for child in self.children] or None
        return dwarf_writer.die(self.tag, label=self.label, children=children, **values)

    def place(self, labels: dict[str, int]) -> None:
        """Take over where this entry and those below it have been written."""
        self.position = labels[self.label]
        for child in self.children:
            child.place(labels)


def die(tag: str, *children: Die, **values: Any) -> Die:
    """An entry of DW_TAG_`tag`, with the attributes DW_AT_`name` that are not None."""
    return Die(tag, children, {name: v for name, v in values.items() if v is not None})


def _formed(value: Any) -> Any:
    if isinstance(value, Die):
        return Ref(value.label)
    if isinstance(value, tuple):
        name, value = value
        if name in SIZES:
            value &= (1 << 8 * SIZES[name]) - 1
        return Form(name, value)
    return value


class Unit:
    """A unit of these entries; language is a DW_LANG. A type unit is `of` one of its entries."""

    def __init__(
        self,
        *entries: Die,
        language: int = dw.DW_LANG_C11,
        signature: int = 0,
        of: Die | None = None,
    ) -> None:
        self.entries = entries
        self.language = language
        self.signature = signature
        self.of = of


def dwarf(
    *entries: Die | Unit,
    version: int = 5,
    endian: Literal["little", "big"] = "little",
    bits: int = 64,
) -> bytes:
    """An ELF file of these units, or of one unit of these entries."""
    loose = [entry for entry in entries if isinstance(entry, Die)]
    units = [entry for entry in entries if isinstance(entry, Unit)]
    units += [Unit(*loose)] if loose else []
    writer = DwarfWriter(version, endian=endian, address_size=bits // 8)
    for unit in units:
        writer.unit(
            *(entry.written() for entry in unit.entries),
            kind="compile" if unit.of is None else "type",
            signature=unit.signature,
            type_label="" if unit.of is None else unit.of.label,
            root={"language": unit.language},
        )
    blob = writer.elf()
    for unit in units:
        for entry in unit.entries:
            entry.place(writer.labels)
    return blob
