"""The named types of a part, as the compiled scan finds them."""

from __future__ import annotations

from prettify.core import dwarf_scan
from prettify.sources.dwarf.scanning import Scan
from prettify.sources.dwarf.scopes import joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.core.dwarf_names import Names
    from prettify.sources.dwarf.entries import Part
    from prettify.sources.dwarf.units import Unit

TAG = 0xFFFF  # of a row's flags
TEXT = 56  # bits of a name's reference that are the offset in one of the texts
SHORT, LONG = 128, 1 << 13  # bytes that are looked at for the end of a name


class Row:
    """A named type: of one name, tag, size and scope there is one. `size` in bytes, -1 unknown."""

    __slots__ = ("declaration", "name", "position", "scope", "size", "tag")

    def __init__(self, position: int, name: str, size: int, flags: int, scope: str) -> None:
        self.position = position
        self.name = name
        self.size = size
        self.tag = flags & TAG
        self.declaration = bool(flags & dwarf_scan.DECLARED)
        self.scope = scope

    @property
    def whole_name(self) -> str:
        """The name, behind those of what the type lies in."""
        return joined(self.scope, self.name)


class NamedTypes:
    """The named types of some units of a part."""

    __slots__ = ("_all", "_found", "_rows", "part", "units")

    def __init__(self, part: Part, units: list[Unit]) -> None:
        self.part = part
        self.units = units
        self._all: list[Row] | None = None
        self._rows: dict[int, Row] = {}
        self._found: dict[str, list[Row]] = {}

    @property
    def all(self) -> list[Row]:
        """All of them in order, declarations only of what is not defined."""
        if self._all is None:
            rows = scanned(self.part, self.units)
            defined = {(r.tag, r.name, r.scope) for r in rows if not r.declaration}
            self._all = [
                r for r in rows if not r.declaration or (r.tag, r.name, r.scope) not in defined
            ]
            self._rows = {row.position: row for row in rows}
            self._found = {}
            for row in rows:
                self._found.setdefault(row.name, []).append(row)
        return self._all

    def at(self, position: int) -> Row | None:
        """The one at that position, once `all` are known."""
        return self._rows.get(position)

    def find(self, name: str) -> list[Row]:
        """Those of that name, without scopes, in order."""
        known = self._found.get(name)
        if known is None and self._all is not None:
            return []
        if known is None:
            wanted = name.encode("utf-8", "surrogateescape")
            usable = wanted and b"\0" not in wanted
            known = scanned(self.part, self.units, wanted) if usable else []
            self._found[name] = known
        return known


class Scopes:
    """What the named types of one unit lie in."""

    __slots__ = ("_by_name", "_by_position")

    def __init__(self, part: Part, unit: Unit) -> None:
        rows = scanned(part, [unit])
        self._by_position = {row.position: row.scope for row in rows}
        # Of several that are alike in name, size and scope the scan has one only.
        self._by_name = {(row.tag, row.name): row.scope for row in rows}

    def around(self, position: int, tag: int, name: str) -> str:
        """The whole name of what the type at that position lies in, empty for nothing."""
        scope = self._by_position.get(position)
        return self._by_name.get((tag, name), "") if scope is None else scope


def scanned(part: Part, units: list[Unit], wanted: bytes = b"") -> list[Row]:
    """The named types of units, or those of one name, in order."""
    scan = Scan(part.sections, wanted)
    scan.run(units)
    names = scan.names
    scopes: list[str] = []
    for row in range(names.scope_count):
        parent, name = names.scopes[row * 5 : row * 5 + 2]
        scopes.append(joined(scopes[parent] if parent >= 0 else "", _text(names, name)))
    rows = []
    for row in range(names.count):
        position, name, size, flags, scope, _ = names.entries[row * 6 : row * 6 + 6]
        inside = scopes[scope] if scope >= 0 else ""
        rows.append(Row(position, _text(names, name), size, flags, inside))
    rows.sort(key=lambda row: row.position)
    return rows


def _text(names: Names, reference: int) -> str:
    text = names.texts[reference >> TEXT]
    at = reference & ((1 << TEXT) - 1)
    piece = bytes(text[at : at + SHORT])
    end = piece.find(b"\0")
    if end < 0:
        piece = bytes(text[at : at + LONG])
        end = piece.find(b"\0")
    return piece[:end].decode("utf-8", "surrogateescape")
