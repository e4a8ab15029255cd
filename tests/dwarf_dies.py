"""Makes DWARF by hand: a tree of entries in, an ELF file of their sections out.

    number = die(TAG.base_type, name="int", byte_size=4, encoding=ATE.signed)
    point = die(TAG.structure_type, die(TAG.member, name="x", type=number), name="point", byte_size=4)
    blob = dwarf(number, point)

A value's form is chosen by what it is: numbers are data of 1 to 8 bytes or, negative, sdata; texts
are strings, entries references, bytes expressions and True a flag. `(form, value)` says it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Literal

from elf_writer import Section, elf
from prettify.sources.dwarf import constants as dw

Endian = Literal["little", "big"]
SIZES = {dw.DW_FORM_data1: 1, dw.DW_FORM_data2: 2, dw.DW_FORM_data4: 4, dw.DW_FORM_data8: 8}


class Die:
    """An entry; `position` is known once it has been written."""

    def __init__(self, tag: int, children: Sequence[Die], values: dict[int, Any]) -> None:
        self.tag = tag
        self.children = list(children)
        self.values = values
        self.position = -1


def die(tag: str, *children: Die, **values: Any) -> Die:
    """An entry of DW_TAG_`tag`, with the attributes DW_AT_`name` that are not None."""
    return Die(
        getattr(dw, f"DW_TAG_{tag}"),
        children,
        {getattr(dw, f"DW_AT_{name}"): v for name, v in values.items() if v is not None},
    )


def uleb128(value: int) -> bytes:
    """A number in groups of seven bits."""
    out = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        out.append(low | 0x80 if value else low)
        if not value:
            return bytes(out)


def sleb128(value: int) -> bytes:
    """The same of a number that may be negative."""
    out = bytearray()
    while True:
        low = value & 0x7F
        value >>= 7
        done = value == (-1 if low & 0x40 else 0)
        out.append(low if done else low | 0x80)
        if done:
            return bytes(out)


class _Writer:
    """Writes units one behind the other; each has abbreviations of its own."""

    def __init__(self, version: int, endian: Endian, address_size: int) -> None:
        self.version = version
        self.endian = endian
        self.mark = "<" if endian == "little" else ">"
        self.address_size = address_size
        self.info = bytearray()
        self.abbrev = bytearray()
        self._references: list[tuple[int, int, Die]] = []

    def unit(self, root: Die, kind: int, signature: int = 0, of: Die | None = None) -> None:
        """A unit of that kind; a type unit has a signature and is of one of its entries."""
        start = len(self.info)
        self.info += bytes(4)
        if self.version >= 5:
            self._words("HBBI", self.version, kind, self.address_size, len(self.abbrev))
        else:
            self._words("HIB", self.version, len(self.abbrev), self.address_size)
        offset_at = -1
        if of is not None:
            self._words("Q", signature)
            offset_at = len(self.info)
            self._words("I", 0)
        self._codes = 0
        self._references = []
        self._entry(root)
        self.abbrev.append(0)
        for at, origin, target in self._references:
            self._patch(at, target.position - origin)
        if of is not None:
            self._patch(offset_at, of.position - start)
        self._patch(start, len(self.info) - start - 4)

    def _words(self, letters: str, *values: int) -> None:
        self.info += struct.pack(self.mark + letters, *values)

    def _patch(self, at: int, value: int) -> None:
        self.info[at : at + 4] = struct.pack(self.mark + "I", value)

    def _entry(self, entry: Die) -> None:
        start = self._start
        entry.position = len(self.info)
        self._codes += 1
        self.info += uleb128(self._codes)
        self.abbrev += uleb128(self._codes) + uleb128(entry.tag) + bytes([bool(entry.children)])
        for attribute, value in entry.values.items():
            form, value = _formed(value)
            self.abbrev += uleb128(attribute) + uleb128(form)
            if form == dw.DW_FORM_implicit_const:
                self.abbrev += sleb128(value)
            else:
                self._value(form, value, start)
        self.abbrev += bytes(2)
        for child in entry.children:
            self._entry(child)
        if entry.children:
            self.info.append(0)

    @property
    def _start(self) -> int:
        """Where the unit that is being written begins."""
        return self._unit_start

    _unit_start = 0
    _codes = 0

    def _value(self, form: int, value: Any, start: int) -> None:
        if isinstance(value, Die):
            self._references.append((len(self.info), start if form == dw.DW_FORM_ref4 else 0, value))
            self._words("I", 0)
        elif form in SIZES:
            mask = (1 << 8 * SIZES[form]) - 1
            self.info += (value & mask).to_bytes(SIZES[form], self.endian)
        elif form == dw.DW_FORM_data16:
            self.info += value.to_bytes(16, self.endian)
        elif form == dw.DW_FORM_ref_sig8:
            self._words("Q", value)
        elif form == dw.DW_FORM_sdata:
            self.info += sleb128(value)
        elif form == dw.DW_FORM_udata:
            self.info += uleb128(value)
        elif form == dw.DW_FORM_string:
            self.info += value.encode("utf-8", "surrogateescape") + b"\0"
        elif form == dw.DW_FORM_block1:
            self.info += bytes([len(value)]) + value
        elif form == dw.DW_FORM_exprloc:
            self.info += uleb128(len(value)) + value
        elif form != dw.DW_FORM_flag_present:
            raise ValueError(f"form {form:#x}")


def _formed(value: Any) -> tuple[int, Any]:
    """The form of a value, and the value."""
    if isinstance(value, tuple):
        form, value = value
        return getattr(dw, f"DW_FORM_{form}"), value
    if value is True:
        return dw.DW_FORM_flag_present, value
    if isinstance(value, int):
        if value < 0:
            return dw.DW_FORM_sdata, value
        return next(form for form, size in SIZES.items() if value >> 8 * size == 0), value
    if isinstance(value, str):
        return dw.DW_FORM_string, value
    if isinstance(value, Die):
        return dw.DW_FORM_ref4, value
    return dw.DW_FORM_exprloc, value


class Unit:
    """A unit of these entries; language is a DW_LANG, None where it does not say."""

    def __init__(
        self,
        *entries: Die,
        language: int | None = dw.DW_LANG_C11,
        root: str = "compile_unit",
        signature: int = 0,
        of: Die | None = None,
    ) -> None:
        self.root = die(root, *entries, language=language)
        self.kind = dw.DW_UT_partial if root == "partial_unit" else dw.DW_UT_compile
        if of is not None:
            self.kind = dw.DW_UT_type
        self.signature = signature
        self.of = of


def dwarf(
    *entries: Die | Unit,
    version: int = 5,
    endian: Endian = "little",
    bits: int = 64,
    **sections: bytes | Section,
) -> bytes:
    """An ELF file of these units, or of one unit of these entries.

    Type units before DWARF 5 are in .debug_types. sections: others, by the names behind ".debug_".
    """
    loose = [entry for entry in entries if isinstance(entry, Die)]
    units = [entry for entry in entries if isinstance(entry, Unit)]
    units += [Unit(*loose)] if loose else []
    writer = _Writer(version, endian, bits // 8)
    types = _Writer(version, endian, bits // 8)
    types.abbrev = writer.abbrev
    for unit in units:
        target = types if unit.of is not None and version < 5 else writer
        target._unit_start = len(target.info)
        target.unit(unit.root, unit.kind, unit.signature, unit.of)
    whole: dict[str, bytes | Section] = {
        ".debug_info": bytes(writer.info),
        ".debug_abbrev": bytes(writer.abbrev),
    }
    if types.info:
        whole[".debug_types"] = bytes(types.info)
    whole.update({f".debug_{name}": contents for name, contents in sections.items()})
    return elf(whole, bits=bits, endian=endian)
