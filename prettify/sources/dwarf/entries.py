"""Entries (DIEs) one at a time: their attributes, their children, what they refer to.

Format: DWARF 5, sections 7.5 and 7.7; those of versions 2 to 4 differ in little, which is said
where it matters. `units` says what a position is.
"""

from __future__ import annotations

import struct
from bisect import bisect_right

from prettify.errors import TypeInfoError, one_line
from prettify.sources.dwarf import constants as dw
from prettify.sources.dwarf.abbreviations import Abbreviations, read_sleb128, read_uleb128
from prettify.sources.dwarf.units import error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from prettify.sources.dwarf.abbreviations import Abbreviation
    from prettify.sources.dwarf.sections import Sections
    from prettify.sources.dwarf.units import Unit

    Value: TypeAlias = int | bytes
    Reader: TypeAlias = Callable[[memoryview, int], tuple[Value, int]]

MAX_NAME = 1 << 16  # bytes; names of C++ templates are long
MAX_ORIGINS = 8  # entries that complete each other
WORD_LETTERS = {1: "B", 2: "H", 4: "I", 8: "Q"}
SIGN = 1 << 63


class Entry:
    """An entry. `id` is what the graph calls it; places are positions.

    values: (form, value) by attribute; numbers as they are written, strings and references not yet
    looked up, blocks as bytes. end: where its attributes end.
    """

    __slots__ = ("end", "has_children", "id", "part", "position", "tag", "unit", "values")

    def __init__(self, part: Part, unit: Unit, position: int, abbreviation: Abbreviation) -> None:
        self.part = part
        self.unit = unit
        self.position = position
        self.id = part.base + position
        self.tag = abbreviation.tag
        self.has_children = abbreviation.has_children
        self.values: dict[int, tuple[int, Value]] = {}
        self.end = position

    def __repr__(self) -> str:
        return f"<Entry {self.position:#x}, tag {self.tag:#x}>"

    def error(self, what: str) -> TypeInfoError:
        """An error about this entry."""
        return error(self.part.sections, one_line(what), self.position)

    def flag(self, attribute: int) -> bool:
        """Whether an attribute is there and true."""
        return bool(self.values.get(attribute, (0, 0))[1])

    def number(self, attribute: int) -> int | None:
        """An attribute that is a constant; None where it is missing or no constant.

        Raises TypeInfoError for a constant of more than 128 bits.
        """
        found = self.values.get(attribute)
        if found is None:
            return None
        form, value = found
        if form in dw.BLOCK_FORMS:
            assert isinstance(value, bytes)
            return evaluate(value, self.part.sections.byte_order, self.unit.address_size)
        return value if form in NUMBER_FORMS and isinstance(value, int) else None

    def text(self, attribute: int) -> str:
        """An attribute that is a string; empty where it is missing."""
        found = self.values.get(attribute)
        if found is None:
            return ""
        return self.part.string(self.unit, *found, self.position).decode("utf-8", "surrogateescape")


class Part:
    """The entries of one `Sections`, which begin at id `base` of the graph."""

    __slots__ = (
        "_digests",
        "_readers",
        "_starts",
        "_string_bases",
        "abbreviations",
        "base",
        "sections",
        "size",
        "supplement",
        "units",
    )

    def __init__(self, sections: Sections, units: list[Unit], base: int) -> None:
        self.sections = sections
        self.units = sorted(units, key=lambda unit: unit.position)
        self.base = base
        self.size = len(sections.info) + len(sections.types)
        self.supplement: Part | None = None
        self.abbreviations = Abbreviations(sections)
        self._starts = [unit.position for unit in self.units]
        self._readers: dict[tuple[int, int, int], dict[int, Reader]] = {}
        self._digests: dict[tuple[int, int, int, int], dict[int, _Digest]] = {}
        self._string_bases: dict[int, int] = {}

    def unit_at(self, position: int) -> Unit:
        """The unit that a position lies in. Raises TypeInfoError."""
        index = bisect_right(self._starts, position) - 1
        if index >= 0:
            unit = self.units[index]
            if unit.first_entry <= position < unit.end:
                return unit
        raise error(self.sections, "no entry is there", position)

    def entry(self, position: int, unit: Unit | None = None) -> Entry:
        """The entry there. Raises TypeInfoError where there is none, or a bad one."""
        found = self.read(position, unit or self.unit_at(position))
        if found is None:
            raise error(self.sections, "an entry is missing", position)
        return found

    def read(self, position: int, unit: Unit) -> Entry | None:
        """The entry there, or None for what ends a list of children."""
        sections, origin = self.sections, unit.origin
        data = sections.info if position < len(sections.info) else sections.types
        try:
            code, at = read_uleb128(data, position - origin)
            if not code:
                return None
            digest = self._digest(unit, code)
            found = Entry(self, unit, position, digest.abbreviation)
            values = found.values
            for attribute, form, reader in digest.attributes:
                if isinstance(reader, int):
                    values[attribute] = form, reader
                elif form == dw.DW_FORM_indirect:
                    form, at = read_uleb128(data, at)
                    value, at = self._reader(unit, form)(data, at)
                    values[attribute] = form, value
                else:
                    value, at = reader(data, at)
                    values[attribute] = form, value
        except (IndexError, ValueError, struct.error):
            raise error(self.sections, "an entry is cut short", position) from None
        found.end = origin + at
        if found.end > unit.end:
            raise error(self.sections, "an entry runs past the end of its unit", position)
        return found

    def children(self, entry: Entry) -> Iterator[Entry]:
        """The entries right below an entry, in order."""
        if not entry.has_children:
            return
        at, unit = entry.end, entry.unit
        while at < unit.end:
            child = self.read(at, unit)
            if child is None:
                return
            yield child
            at = self.behind(child)

    def begins_entry(self, position: int) -> bool:
        """Whether an entry begins there, which only a walk through its unit tells."""
        unit = self.unit_at(position)
        at = unit.first_entry
        while at < position:
            entry = self.read(at, unit)
            if entry is None:
                at += 1
            else:
                behind = self.behind(entry) if dw.DW_AT_sibling in entry.values else entry.end
                at = entry.end if behind > position else behind
        return at == position and self.read(at, unit) is not None

    def behind(self, entry: Entry) -> int:
        """Where the next entry is once an entry and all those below it are passed over."""
        if not entry.has_children:
            return entry.end
        unit = entry.unit
        form, value = entry.values.get(dw.DW_AT_sibling, (0, 0))
        if form in dw.UNIT_REFERENCE_FORMS and isinstance(value, int):
            sibling = unit.position + value
            if entry.end < sibling <= unit.end:
                return sibling
        depth, at = 1, entry.end
        while depth and at < unit.end:
            inner = self.read(at, unit)
            if inner is None:
                depth -= 1
                at += 1
            else:
                depth += inner.has_children
                at = inner.end
        return at

    # Strings.

    def string(self, unit: Unit, form: int, value: Value, referrer: int) -> bytes:
        """A string, as that form says where it is; `referrer` is who asks, for errors."""
        if isinstance(value, bytes):
            return value
        sections, name = self.sections, "str"
        if form in dw.STRING_INDEX_FORMS:
            value = self._string_offset(unit, value, referrer)
        elif form == dw.DW_FORM_line_strp:
            name = "line_str"
        elif form in dw.SUPPLEMENT_STRING_FORMS:
            if self.supplement is None:
                raise error(sections, "a name is in a supplement that is not named", referrer)
            sections = self.supplement.sections
        elif form != dw.DW_FORM_strp:
            raise error(self.sections, f"form {form:#x} is no string", referrer)
        strings = sections.buffer(name)
        piece = bytes(strings[value : value + 128])
        end = piece.find(b"\0")
        if end < 0:
            piece = bytes(strings[value : value + MAX_NAME + 1])
            end = piece.find(b"\0")
        if end < 0:
            raise error(
                self.sections, f"no string of .debug_{name} ends behind {value:#x}", referrer
            )
        return piece[:end]

    def _string_offset(self, unit: Unit, index: int, referrer: int) -> int:
        """The offset in .debug_str of the unit's string of that index."""
        base = unit.string_offsets_base
        if base < 0:
            base = self._string_base(unit)
        start = base + index * unit.offset_size
        offsets = self.sections.str_offsets
        if start + unit.offset_size > len(offsets):
            raise error(self.sections, f"the unit has no string {index}", referrer)
        return int.from_bytes(offsets[start : start + unit.offset_size], self.sections.byte_order)

    def _string_base(self, unit: Unit) -> int:
        known = self._string_bases.get(unit.position)
        if known is None:
            known = self.entry(unit.first_entry, unit).number(dw.DW_AT_str_offsets_base)
            if known is None:
                # What a header takes before the only part, in DWARF 5; its forerunner had none.
                known = 2 * unit.offset_size if unit.version >= 5 else 0
            self._string_bases[unit.position] = known
        return known

    # Forms.

    def _digest(self, unit: Unit, code: int) -> _Digest:
        key = unit.version, unit.offset_size, unit.address_size, unit.abbreviations_offset
        table = self._digests.get(key)
        if table is None:
            table = self._digests[key] = {}
        known = table.get(code)
        if known is None:
            abbreviation = self.abbreviations.find(unit.abbreviations_offset, code)
            known = table[code] = _Digest(
                abbreviation,
                [
                    (attribute, form, value if form in FREE_FORMS else self._reader(unit, form))
                    if form != dw.DW_FORM_flag_present
                    else (attribute, form, 1)
                    for attribute, form, value in abbreviation.attributes
                ],
            )
        return known

    def _reader(self, unit: Unit, form: int) -> Reader:
        """What reads a value of that form in that unit."""
        key = unit.version, unit.offset_size, unit.address_size
        table = self._readers.get(key)
        if table is None:
            table = self._readers[key] = form_readers(*key, self.sections.byte_order == "big")
        reader = table.get(form)
        if reader is None:
            raise error(self.sections, f"form {form:#x} is not known", unit.position)
        return reader


class _Digest:
    """An abbreviation, each form with what reads it, or with the value that all entries have."""

    __slots__ = ("abbreviation", "attributes")

    def __init__(
        self, abbreviation: Abbreviation, attributes: list[tuple[int, int, Reader | int]]
    ) -> None:
        self.abbreviation = abbreviation
        self.attributes = attributes


# Forms whose value no entry holds.
FREE_FORMS = frozenset((dw.DW_FORM_implicit_const, dw.DW_FORM_flag_present))
NUMBER_FORMS = frozenset(
    (
        dw.DW_FORM_data1,
        dw.DW_FORM_data2,
        dw.DW_FORM_data4,
        dw.DW_FORM_data8,
        dw.DW_FORM_data16,
        dw.DW_FORM_sdata,
        dw.DW_FORM_udata,
        dw.DW_FORM_implicit_const,
        dw.DW_FORM_sec_offset,
        dw.DW_FORM_flag,
        dw.DW_FORM_flag_present,
    )
)


def form_readers(version: int, offset_size: int, address_size: int, big: bool) -> dict[int, Reader]:
    """What reads the values of each form, where offsets and addresses have so many bytes."""
    sizes = dict(dw.FIXED_FORMS)
    sizes.update(dict.fromkeys(dw.OFFSET_FORMS, offset_size))
    sizes.update(dict.fromkeys(dw.ADDRESS_FORMS, address_size))
    sizes[dw.DW_FORM_ref_addr] = address_size if version == 2 else offset_size
    readers = {form: _fixed(size, big) for form, size in sizes.items()}
    readers.update(dict.fromkeys(dw.LEB128_FORMS, read_uleb128))
    readers[dw.DW_FORM_sdata] = read_sleb128
    for form, size in dw.BLOCK_FORMS.items():
        readers[form] = _block(_fixed(size, big) if size else read_uleb128)
    readers[dw.DW_FORM_string] = _string
    readers[dw.DW_FORM_indirect] = read_uleb128
    return readers


def _fixed(size: int, big: bool) -> Reader:
    letter = WORD_LETTERS.get(size)
    if letter is None:
        order = "big" if big else "little"

        def read_bytes(data: memoryview, at: int) -> tuple[Value, int]:
            return int.from_bytes(data[at : at + size], order), at + size  # type: ignore[arg-type]

        return read_bytes
    unpack = struct.Struct((">" if big else "<") + letter).unpack_from

    def read(data: memoryview, at: int) -> tuple[Value, int]:
        return unpack(data, at)[0], at + size

    return read


def _block(length_of: Reader) -> Reader:
    def read(data: memoryview, at: int) -> tuple[Value, int]:
        length, at = length_of(data, at)
        assert isinstance(length, int)
        return bytes(data[at : at + length]), at + length

    return read


def _string(data: memoryview, at: int) -> tuple[Value, int]:
    piece = bytes(data[at : at + MAX_NAME + 1])
    end = piece.index(b"\0")
    return piece[:end], at + end + 1


# Expressions, as far as the places of members need them: (bytes of the operand, its sign).
_CONSTANTS = {
    0x08: (1, False),
    0x09: (1, True),
    0x0A: (2, False),
    0x0B: (2, True),
    0x0C: (4, False),
    0x0D: (4, True),
    0x0E: (8, False),
    0x0F: (8, True),
}
_LITERALS = range(0x30, 0x50)
_DUP, _PLUS_UCONST, _PUSH_OBJECT, _NOP = 0x12, 0x23, 0x97, 0x96
_TWO: dict[int, Callable[[int, int], int]] = {
    0x1C: lambda a, b: a - b,
    0x1E: lambda a, b: a * b,
    0x22: lambda a, b: a + b,
    0x24: lambda a, b: a << min(b, 64),
}


def evaluate(code: bytes, byte_order: str, address_size: int) -> int | None:
    """What a location expression gives for an object at address 0.

    None where it needs the object's contents, or is no expression that is known here.
    """
    data = memoryview(code)
    stack = [0]
    at = 0
    try:
        while at < len(data):
            operation = data[at]
            at += 1
            if operation in _LITERALS:
                stack.append(operation - _LITERALS.start)
            elif operation in _CONSTANTS:
                size, has_sign = _CONSTANTS[operation]
                piece = data[at : at + size]
                stack.append(int.from_bytes(piece, byte_order, signed=has_sign))  # type: ignore[arg-type]
                at += size
            elif operation == dw.DW_OP_constu:
                value, at = read_uleb128(data, at)
                stack.append(value)
            elif operation == dw.DW_OP_consts:
                value, at = read_sleb128(data, at)
                stack.append(value)
            elif operation == dw.DW_OP_addr:
                stack.append(int.from_bytes(data[at : at + address_size], byte_order))  # type: ignore[arg-type]
                at += address_size
            elif operation == _PLUS_UCONST:
                value, at = read_uleb128(data, at)
                stack[-1] += value
            elif operation == _PUSH_OBJECT:
                stack.append(0)
            elif operation == _DUP:
                stack.append(stack[-1])
            elif operation in _TWO:
                second, first = stack.pop(), stack.pop()
                stack.append(_TWO[operation](first, second) & (2 * SIGN - 1))
            elif operation != _NOP:
                return None
        value = stack[-1]
    except (IndexError, ValueError):
        return None
    return value - 2 * SIGN if value >= SIGN else value
