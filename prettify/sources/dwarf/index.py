"""An index of all named types of a file: tables that are as good in memory as in a file."""

from __future__ import annotations

import struct
import zlib

from prettify.core.dwarf_codes import DECLARED, LOCAL, TAG
from prettify.core.dwarf_index import finish
from prettify.core.dwarf_names import name_hash
from prettify.sources.dwarf.constants import DW_TAG_variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from prettify.core.dwarf_names import Names

# Tables of one number for each entry, then for each scope, then the slots.
FORMS: tuple[Literal["q", "I"], ...] = ("q", "q", "I", "I", "I", "I", "q", "I", "I", "I", "I")
WIDTHS = {"q": 8, "I": 4}
ENTRY_TABLES, SCOPE_TABLES = 6, 4
# A file: magic, version, byte order, checksum of all that follows it, bytes of the key, of text,
# numbers of entries, scopes and slots; the key; the tables and the text, each from a multiple of
# eight bytes on.
MAGIC = b"prettify DWARF\r\n"
VERSION = 1
ORDER_MARK = 0x01020304
HEADER = struct.Struct("=16sIIIIQQQQ")
CHECKED = 28  # bytes of the header that the checksum does not cover
ALIGNMENT = 8


class Found:
    """A named type, or a variable: position, tag, size in bytes (-1 unknown), the last component
    of its name, whether it is only declared, or local to a function.

    scopes: (tag, name) of the named scopes it is in, outermost first; parent: the position of the
    innermost one or of one of that name and kind, -1 where there is none.
    """

    __slots__ = ("declaration", "local", "name", "parent", "position", "scopes", "size", "tag")

    def __init__(
        self,
        position: int,
        kind: int,
        size: int,
        name: str,
        parent: int,
        scopes: tuple[tuple[int, str], ...],
    ) -> None:
        self.position = position
        self.tag = kind & TAG
        self.declaration = bool(kind & DECLARED)
        self.local = bool(kind & LOCAL)
        self.size = size
        self.name = name
        self.parent = parent
        self.scopes = scopes

    def __repr__(self) -> str:
        what = "declaration" if self.declaration else f"{self.size} bytes"
        name = "::".join([*(scope for _, scope in self.scopes), self.name])
        return f"<Found {name} at {self.position:#x}, tag {self.tag:#x}, {what}>"


class Damaged(Exception):
    """An index that is not what was written."""


class Index:
    """The named types of a file, those of one name, kind, size and scope once, by position.

    damaged_at: the position of the first damaged unit, which lacks names, or -1.
    """

    __slots__ = ("_scopes", "_tables", "_text", "damaged_at")

    def __init__(self, tables: tuple[memoryview, ...], text: memoryview, damaged_at: int) -> None:
        self._tables = tables
        self._text = text
        self._scopes: dict[int, tuple[tuple[int, str], ...]] = {0: ()}
        self.damaged_at = damaged_at

    def __len__(self) -> int:
        return len(self._tables[0])

    def find(self, name: str, *, variables: bool = False) -> list[Found]:
        """The types, or the variables, of that name: definitions first, those of functions last."""
        wanted = name.encode("utf-8", "surrogateescape") + b"\0"
        if wanted.find(b"\0") != len(wanted) - 1:
            return []
        found = [
            one
            for one in map(self._found, self._named(wanted))
            if (one.tag == DW_TAG_variable) == variables
        ]
        return in_order(found)

    def _named(self, wanted: bytes) -> Iterator[int]:
        """The entries of that name, in order."""
        slots, links, names = self._tables[-1], self._tables[5], self._tables[2]
        mask = len(slots) - 1
        slot = name_hash(wanted) & mask
        for _ in range(len(slots)):
            entry = slots[slot] - 1
            if entry < 0:
                return
            start = names[entry]
            if self._text[start : start + len(wanted)] == wanted:
                while entry >= 0:
                    yield entry
                    following = links[entry] - 1
                    if 0 <= following <= entry:
                        return
                    entry = following
                return
            slot = (slot + 1) & mask

    def entries(self, *, variables: bool = False) -> Iterator[Found]:
        """All types, or variables, by position."""
        kinds = self._tables[3]
        for entry in range(len(self)):
            if (kinds[entry] & TAG == DW_TAG_variable) == variables:
                yield self._found(entry)

    def at(self, position: int) -> Found | None:
        """What is at that position; None where that is no type, or not the first of its like."""
        from bisect import bisect_left

        positions = self._tables[0]
        entry = bisect_left(positions, position)
        if entry == len(positions) or positions[entry] != position:
            return None
        return self._found(entry)

    def _found(self, entry: int) -> Found:
        positions, sizes, names, kinds, scopes = self._tables[:5]
        scope = scopes[entry]
        parent = self._tables[6][scope - 1] if scope else -1
        return Found(
            positions[entry],
            kinds[entry],
            sizes[entry],
            self._name(names[entry]),
            parent,
            self._scope(scope),
        )

    def _name(self, start: int) -> str:
        text = self._text
        end = start + 32
        while True:
            piece = bytes(text[start:end])
            length = piece.find(b"\0")
            if length >= 0 or end >= len(text):
                return piece[: max(length, 0)].decode("utf-8", "surrogateescape")
            end += end - start

    def _scope(self, scope: int) -> tuple[tuple[int, str], ...]:
        """What is in a scope is in these."""
        known = self._scopes.get(scope)
        if known is None:
            names, tags, parents = self._tables[7:10]
            chain = []
            row = scope
            while row and row not in self._scopes:
                chain.append(row)
                # Scopes come behind those that they are in.
                row = parents[row - 1] if parents[row - 1] < row else 0
            known = self._scopes[row]
            for row in reversed(chain):
                known = (*known, (tags[row - 1], self._name(names[row - 1])))
                self._scopes[row] = known
        return known

    def dump(self, key: bytes) -> bytes:
        """The index as a file for whom that key names."""
        slots = self._tables[-1]
        parts = [key, struct.pack("=q", self.damaged_at), *self._tables, self._text]
        body = b"".join(_padded(bytes(part)) for part in parts)
        fields = (len(key), len(self._text), len(self), len(self._tables[6]), len(slots))
        tail = HEADER.pack(MAGIC, VERSION, ORDER_MARK, 0, *fields)[CHECKED:] + body
        start = HEADER.pack(MAGIC, VERSION, ORDER_MARK, zlib.crc32(tail), *fields)[:CHECKED]
        return start + tail


def load(data: bytes, key: bytes) -> Index:
    """What `dump` wrote for that key. Raises Damaged for everything else."""
    if len(data) < HEADER.size:
        raise Damaged
    magic, version, order, checksum, *fields = HEADER.unpack_from(data)
    if (magic, version, order) != (MAGIC, VERSION, ORDER_MARK):
        raise Damaged
    view = memoryview(data)
    if zlib.crc32(view[CHECKED:]) != checksum:
        raise Damaged
    key_length, text_length, entries, scopes, slots = fields
    counts = (entries,) * ENTRY_TABLES + (scopes,) * SCOPE_TABLES + (slots,)
    sizes = [count * WIDTHS[form] for form, count in zip(FORMS, counts)]
    at = HEADER.size
    parts = []
    for size in (key_length, 8, *sizes, text_length):
        parts.append(view[at : at + size])
        at += _rounded(size)
    if at != len(data) or bytes(parts[0]) != key or slots & (slots - 1) or not slots:
        raise Damaged
    (damaged_at,) = struct.unpack("=q", parts[1])
    tables = tuple(part.cast(form) for part, form in zip(parts[2:], FORMS))
    return Index(tables, parts[-1], damaged_at)


def made_of(names: Names, damaged_at: int) -> Index:
    """The index of what a scan has found."""
    *tables, text = finish(names)
    return Index(tuple(tables), text, damaged_at)


def in_order(found: list[Found]) -> list[Found]:
    """Definitions before declarations, those of functions last of each, else by position."""
    return sorted(found, key=lambda one: (one.declaration, one.local, one.position))


def _rounded(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def _padded(part: bytes) -> bytes:
    return part + bytes(_rounded(len(part)) - len(part))
