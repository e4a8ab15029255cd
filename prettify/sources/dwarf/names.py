"""The named types of a part: what the scan finds, as objects."""

from __future__ import annotations

from prettify.core import dwarf_names, dwarf_scan
from prettify.sources.dwarf.scanning import Scan
from prettify.sources.dwarf.scopes import joined, scope_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.sources.dwarf.entries import Part
    from prettify.sources.dwarf.units import Unit

TAG_BITS = 0xFFFF


class Row:
    __slots__ = ("declaration", "name", "position", "scope", "size", "tag")

    def __init__(self, position: int, name: str, size: int, flags: int, scope: str) -> None:
        self.position = position
        self.name = name
        self.size = size
        self.tag = flags & TAG_BITS
        self.declaration = bool(flags & dwarf_scan.DECLARED)
        self.scope = scope


def _text(names, reference):
    text = names.texts[reference >> 56]
    at = reference & 0xFFFFFFFFFFFFFF
    piece = bytes(text[at : at + 128])
    if b"\0" not in piece:
        piece = bytes(text[at : at + 4100])
    return piece[: piece.find(b"\0")].decode("utf-8", "surrogateescape")


class Names:
    def __init__(self, part: Part, units: list[Unit]) -> None:
        self.part = part
        self.units = units
        self._rows: list[Row] | None = None

    def _scan(self, wanted: bytes) -> list[Row]:
        scan = Scan(self.part.sections, wanted)
        scan.run(self.units)
        names = scan.names
        scopes = []
        for i in range(names.scope_count):
            parent, name, tag, position, _ = names.scopes[i * 5 : i * 5 + 5]
            mine = scope_name(tag, _text(names, name))
            above = scopes[parent] if parent >= 0 else ""
            scopes.append(joined(above, mine) if mine else above)
        rows = []
        for i in range(names.count):
            position, name, size, kind, scope, _ = names.entries[i * 6 : i * 6 + 6]
            rows.append(
                Row(position, _text(names, name), size, kind, scopes[scope] if scope >= 0 else "")
            )
        rows.sort(key=lambda r: r.position)
        return rows

    def rows(self) -> list[Row]:
        if self._rows is None:
            self._rows = self._scan(b"")
        return self._rows

    def find(self, name: str) -> list[Row]:
        if self._rows is not None:
            return [r for r in self._rows if r.name == name]
        return self._scan(name.encode("utf-8", "surrogateescape"))
