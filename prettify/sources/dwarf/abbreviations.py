"""Abbreviations: which attributes an entry has, and in which forms (DWARF 5, section 7.5.3)."""

from __future__ import annotations

from prettify.errors import TypeInfoError
from prettify.sources.dwarf.constants import DW_FORM_implicit_const

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    from prettify.sources.dwarf.sections import Sections

    Attribute: TypeAlias = tuple[int, int, int]

MAX_CODES = 1 << 18  # in one table; LTO of the largest programs has thousands
MAX_ATTRIBUTES = 1 << 20  # in one table
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
        return known if known is not None else table.read_until(code)


class _Table:
    """One table; `known` is what has been read of it."""

    __slots__ = ("_at", "_attributes", "_data", "_path", "_start", "known")

    def __init__(self, data: memoryview, path: str, offset: int) -> None:
        self._data = data
        self._path = path
        self._start = self._at = offset
        self._attributes = 0
        self.known: dict[int, Abbreviation] = {}
        if offset >= len(data):
            raise TypeInfoError(
                f"abbreviations at {offset:#x}, past the end at {len(data):#x}", path
            )

    def read_until(self, code: int) -> Abbreviation:
        """Read on until that code has been met."""
        while True:
            found = self._next()
            if found is None:
                raise TypeInfoError(
                    f"no abbreviation {code} in this table", self._path, self._start
                )
            # The first of several with one code counts.
            self.known.setdefault(found.code, found)
            if found.code == code:
                return found

    def _next(self) -> Abbreviation | None:
        """The next abbreviation; None at the table's end."""
        data, start = self._data, self._at
        try:
            code, at = read_uleb128(data, start)
            if not code:
                return None
            tag, at = read_uleb128(data, at)
            has_children = data[at] != 0
            at += 1
            attributes = []
            while True:
                attribute, at = read_uleb128(data, at)
                form, at = read_uleb128(data, at)
                value = 0
                if form == DW_FORM_implicit_const:
                    value, at = read_sleb128(data, at)
                if not attribute and not form:
                    break
                attributes.append((attribute, form, value))
                self._attributes += 1
                if self._attributes > MAX_ATTRIBUTES:
                    raise ValueError
        except IndexError:
            raise TypeInfoError("an abbreviation is cut short", self._path, start) from None
        except ValueError:
            raise TypeInfoError("an abbreviation makes no sense", self._path, start) from None
        self._at = at
        if len(self.known) >= MAX_CODES:
            raise TypeInfoError("too many abbreviations in one table", self._path, start)
        return Abbreviation(code, tag, has_children, tuple(attributes))


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
