"""The units of .debug_info and .debug_types, and their headers (DWARF 5, sections 7.4 and 7.5.1).

An entry's *position* is its offset in .debug_info or, in .debug_types, that plus the length of
.debug_info.
"""

from __future__ import annotations

import struct

from prettify.errors import TypeInfoError
from prettify.sources.dwarf.constants import (
    DW_UT_compile,
    DW_UT_partial,
    DW_UT_skeleton,
    DW_UT_split_compile,
    DW_UT_split_type,
    DW_UT_type,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.sources.dwarf.sections import Sections

VERSIONS = range(2, 6)
ADDRESS_SIZES = (2, 4, 8)
LONG = 0xFFFFFFFF  # a unit's length, if 64 bits of it follow
RESERVED = 0xFFFFFFF0  # lengths from here on are none
PADDING = 4096  # bytes that are looked at together
MAPPED = 1 << 24  # bytes of a file that are kept in memory

# What follows a DWARF 5 unit's header, for each kind: a signature or id of 8 bytes, an offset.
TAILS = {
    DW_UT_compile: (False, False),
    DW_UT_partial: (False, False),
    DW_UT_type: (True, True),
    DW_UT_skeleton: (True, False),
    DW_UT_split_compile: (True, False),
    DW_UT_split_type: (True, True),
}
TYPE_UNITS = frozenset((DW_UT_type, DW_UT_split_type))


class Unit:
    """A unit: where it is, how it is written. All places are positions.

    origin: what makes an offset in the unit's section a position; in_types: that section is
    .debug_types. string_offsets_base: where the
    unit's part of .debug_str_offsets begins (its numbers, not its header), -1 where only the
    unit's first entry says so. type_position: of the type that a type unit is for, else -1.
    """

    __slots__ = (
        "abbreviations_offset",
        "address_size",
        "dwo_id",
        "end",
        "first_entry",
        "in_types",
        "kind",
        "offset_size",
        "origin",
        "position",
        "signature",
        "string_offsets_base",
        "type_position",
        "version",
    )

    def __init__(
        self, position: int, origin: int, version: int, offset_size: int, in_types: bool = False
    ) -> None:
        self.position = position
        self.origin = origin
        self.in_types = in_types
        self.version = version
        self.offset_size = offset_size
        self.end = self.first_entry = position
        self.kind = DW_UT_compile
        self.address_size = 0
        self.abbreviations_offset = 0
        self.signature = self.dwo_id = 0
        self.type_position = self.string_offsets_base = -1

    def __repr__(self) -> str:
        return f"<Unit {self.position:#x}-{self.end:#x}, DWARF {self.version}, kind {self.kind}>"

    @property
    def is_type_unit(self) -> bool:
        return self.kind in TYPE_UNITS


def read_units(sections: Sections) -> list[Unit]:
    """The units of .debug_info and .debug_types, in order.

    Units of unknown versions and kinds are left out. Raises TypeInfoError for a header that is cut
    short or makes no sense, and where no unit is left.
    """
    reader = _Reader(sections)
    units = reader.section(sections.info, 0, ".debug_info", DW_UT_compile)
    units += reader.section(sections.types, len(sections.info), ".debug_types", DW_UT_type)
    if not units and reader.unknown is not None:
        raise reader.unknown
    return units


def place(sections: Sections, position: int) -> tuple[memoryview, int, str]:
    """The section of a position, the offset there, and the section's name."""
    length = len(sections.info)
    if position < length:
        return sections.info, position, ".debug_info"
    return sections.types, position - length, ".debug_types"


def error(sections: Sections, what: str, position: int) -> TypeInfoError:
    """An error about what is at that position."""
    _, offset, name = place(sections, position)
    return TypeInfoError(what, f"{sections.path}({name})", offset)


class _Reader:
    """Reads unit headers; `unknown` is an error about the first that had to be left out."""

    __slots__ = ("path", "release", "sizes", "unknown", "words")

    def __init__(self, sections: Sections) -> None:
        self.release = sections.release
        mark = "<" if sections.byte_order == "little" else ">"
        self.path = sections.path
        self.words = {size: struct.Struct(mark + letter) for size, letter in ((4, "I"), (8, "Q"))}
        # version, then kind and size of addresses, or the offset in .debug_abbrev
        self.sizes = struct.Struct(mark + "HBB")
        self.unknown: TypeInfoError | None = None

    def section(self, data: memoryview, origin: int, name: str, kind: int) -> list[Unit]:
        """The units of one section; `kind` is what those before DWARF 5 are there."""
        units = []
        offset, length, released = 0, len(data), 0
        place = f"{self.path}({name})"
        while offset < length:
            if length - offset < 4:
                if any(data[offset:]):
                    raise TypeInfoError("a unit's header is cut short", place, offset)
                break
            offset_size, start = 4, offset + 4
            (size,) = self.words[4].unpack_from(data, offset)
            if not size:  # alignment
                offset = _after_zeroes(data, start)
                continue
            if size == LONG and length - offset >= 12:
                offset_size, start = 8, offset + 12
                (size,) = self.words[8].unpack_from(data, offset + 4)
            elif size >= RESERVED:
                raise TypeInfoError(f"{size:#x} is no unit's length", place, offset)
            if size > length - start:
                raise TypeInfoError(
                    f"a unit of {size} bytes, where {length - start} are left", place, offset
                )
            try:
                unit = self._unit(data, offset, start, start + size, origin, offset_size, kind)
            except struct.error:
                raise TypeInfoError("a unit's header is cut short", place, offset) from None
            if isinstance(unit, Unit):
                units.append(unit)
            elif self.unknown is None:
                self.unknown = TypeInfoError(unit, place, offset)
            offset = start + size
            if kind != DW_UT_type and offset - released > MAPPED:  # a page of each unit adds up
                self.release(released, offset)
                released = offset
        if kind != DW_UT_type:
            self.release(released, length)
        return units

    def _unit(
        self,
        section: memoryview,
        offset: int,
        start: int,
        end: int,
        origin: int,
        offset_size: int,
        kind: int,
    ) -> Unit | str:
        """The unit whose header goes on at `start`, or why it cannot be read."""
        data = section[:end]
        word = self.words[offset_size]
        version, unit_kind, address_size = self.sizes.unpack_from(data, start)
        if version not in VERSIONS:
            return f"DWARF version {version}, only 2 to 5 are known"
        # Only type units are in .debug_types, and before DWARF 5 they are nowhere else.
        unit = Unit(origin + offset, origin, version, offset_size, kind == DW_UT_type)
        if version >= 5:
            if unit_kind not in TAILS:
                return f"a unit of unknown kind {unit_kind:#x}"
            unit.kind = unit_kind
            (unit.abbreviations_offset,) = word.unpack_from(data, start + 4)
            start += 4 + offset_size
        else:
            unit.kind = kind
            (unit.abbreviations_offset,) = word.unpack_from(data, start + 2)
            start += 2 + offset_size
            address_size = data[start] if start < end else 0
            start += 1
        if address_size not in ADDRESS_SIZES:
            return f"a unit whose addresses have {address_size} bytes"
        unit.address_size = address_size
        signed, typed = TAILS[unit.kind]
        if signed:
            (unit.signature,) = self.words[8].unpack_from(data, start)
            start += 8
            if not typed:
                unit.signature, unit.dwo_id = 0, unit.signature
        if typed:
            (type_offset,) = word.unpack_from(data, start)
            start += offset_size
            if type_offset < end - offset:
                unit.type_position = unit.position + type_offset
        unit.first_entry = origin + start
        unit.end = origin + end
        return unit


def _after_zeroes(data: memoryview, offset: int) -> int:
    """Where the zeroes from there on end, in whole words: a unit's length may begin with some."""
    while offset < len(data):
        part = bytes(data[offset : offset + PADDING])
        kept = part.lstrip(b"\0")
        if kept:
            return offset + (len(part) - len(kept)) // 4 * 4
        offset += len(part)
    return len(data)
