"""Abbreviations: which attributes an entry has, and in which forms (DWARF 5, section 7.5.3)."""

from __future__ import annotations

from prettify.core.dwarf_places import places
from prettify.core.tables import zeroes
from prettify.errors import TypeInfoError
from prettify.sources.dwarf.constants import DW_FORM_implicit_const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from prettify.sources.dwarf.sections import Sections

    Attribute: TypeAlias = tuple[int, int, int]

MAX_CODES = 1 << 18  # in one table; LTO of the largest programs has thousands
MAX_ATTRIBUTES = 1 << 12  # of one entry
AT_ONCE = 256  # abbreviations that are looked for together
PADDED_LEB128 = 32  # bytes of a number, which assemblers may pad


class Abbreviation:
    """What all entries of one code have in common.

    attributes: (attribute, form, value) each; the value is that of DW_FORM_implicit_const, else 0.
    """

    __slots__ = ("attributes", "code", "has_children", "tag")

    def __init__(
        self, code: int, tag: int, has_children: bool, attributes: tuple[Attribute, ...]
    ) -> None:
        self.code = code
        self.tag = tag
        self.has_children = has_children
        self.attributes = attributes

    def __repr__(self) -> str:
        return f"<Abbreviation {self.code}, tag {self.tag:#x}, {len(self.attributes)} attributes>"


class Abbreviations:
    """The tables of a .debug_abbrev section, each read as far as it is needed."""

    __slots__ = ("_data", "_path", "_tables")

    def __init__(self, sections: Sections) -> None:
        self._data = sections.abbrev
        self._path = f"{sections.path}(.debug_abbrev)"
        self._tables: dict[int, _Table] = {}

    def find(self, offset: int, code: int) -> Abbreviation:
        """The abbreviation of that code in the table at that offset. Raises TypeInfoError."""
        table = self._tables.get(offset)
        if table is None:
            table = self._tables[offset] = _Table(self._data, self._path, offset)
        known = table.known.get(code)
        return known if known is not None else table.read(code)


class _Table:
    """One table: where its abbreviations begin, and those that were asked for."""

    __slots__ = ("_data", "_end", "_path", "_places", "_start", "known")

    def __init__(self, data: memoryview, path: str, offset: int) -> None:
        self._data = data
        self._path = path
        self._start = self._end = offset
        self._places: dict[int, int] = {}
        self.known: dict[int, Abbreviation] = {}
        if offset >= len(data):
            raise TypeInfoError(
                f"abbreviations at {offset:#x}, past the end at {len(data):#x}", path
            )

    def read(self, code: int) -> Abbreviation:
        """The abbreviation of that code."""
        place = self._places.get(code)
        while place is None:
            if self._end > len(self._data):
                raise TypeInfoError(
                    f"no abbreviation {code} in this table", self._path, self._start
                )
            self._find_more()
            place = self._places.get(code)
        found = self.known[code] = self._read(place)
        return found

    def _find_more(self) -> None:
        """Find where some more abbreviations begin. The first of several with one code counts."""
        pairs = zeroes("q", 2 * AT_ONCE)
        count, end = places(self._data, self._end, pairs)
        found = pairs[: 2 * count].tolist()
        self._places = {**dict(zip(found[-2::-2], found[::-2])), **self._places}
        if not count and end == self._end:
            raise TypeInfoError("an abbreviation is cut short", self._path, end)
        if len(self._places) > MAX_CODES:
            raise TypeInfoError("too many abbreviations in one table", self._path, end)
        self._end = end

    def _read(self, at: int) -> Abbreviation:
        """The abbreviation that begins there, which is known to be whole."""
        data, start = self._data, at
        try:
            code, at = read_uleb128(data, at)
            tag, at = read_uleb128(data, at)
            has_children = data[at] != 0
            at += 1
            attributes: list[Attribute] = []
            while len(attributes) < MAX_ATTRIBUTES:
                attribute, at = read_uleb128(data, at)
                form, at = read_uleb128(data, at)
                value = 0
                if form == DW_FORM_implicit_const:
                    value, at = read_sleb128(data, at)
                if not attribute and not form:
                    return Abbreviation(code, tag, has_children, tuple(attributes))
                attributes.append((attribute, form, value))
        except ValueError:
            pass
        raise TypeInfoError("an abbreviation makes no sense", self._path, start)


def read_uleb128(data: memoryview, at: int) -> tuple[int, int]:
    """The unsigned LEB128 number there (7.6), of at most 64 bits, and where it ends.

    Raises IndexError where the data ends, ValueError where the number has no end.
    """
    byte = data[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    for place in range(at + 1, at + PADDED_LEB128):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, place + 1
    raise ValueError("a number without end")


def read_sleb128(data: memoryview, at: int) -> tuple[int, int]:
    """The signed LEB128 number there, of at most 64 bits, and where it ends; raises likewise."""
    start = at
    value, at = read_uleb128(data, at)
    bits = min(7 * (at - start), 64)
    if value >> (bits - 1) & 1:
        value -= 1 << bits
    return value, at
