"""What there is to know of a format without any data."""

from __future__ import annotations

from prettify.records.catalogue.recognition import load_format, load_formats
from prettify.sources import catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.records.catalogue.declaration import Format, Table


class TableInfo:
    """A table of a format.

    types: that of its records, or those that they may be of. variants: of the format that have it,
    none for all. shown: whether it is where no tables are asked for by name.
    """

    __slots__ = ("name", "shown", "types", "variants")

    def __init__(self, table: Table) -> None:
        types = (table.type, *(cast.type for cast in table.casts.values()))
        self.name = table.name
        self.types = tuple(dict.fromkeys(types))
        self.variants = table.variants
        self.shown = table.shown

    def __repr__(self) -> str:
        return f"<TableInfo {self.name}: {', '.join(self.types)}>"


class FormatInfo:
    """A format of the catalogue.

    variants: by name, the byte orders that it comes in. tables: in the order they are shown in.
    paths: shell patterns of files that are of the format whatever is in them. notes: the path of a
    text about it, None where there is none.
    """

    __slots__ = ("name", "notes", "paths", "specification", "summary", "tables", "variants")

    def __init__(self, format: Format) -> None:
        self.name = format.name
        self.summary = format.summary
        self.specification = format.specification
        self.paths = format.paths
        self.variants: dict[str, list[str]] = {}
        for variant in format.variants:
            orders = self.variants.setdefault(variant.name, [])
            if variant.endian not in orders:
                orders.append(variant.endian)
        self.tables = tuple(map(TableInfo, format.tables))
        self.notes = catalogue.notes_path(format.name)

    def __repr__(self) -> str:
        return f"<FormatInfo {self.name}: {self.summary}>"


def formats(name: str | None = None) -> list[FormatInfo]:
    """All formats of the catalogue by name, or the one of that name.

    Raises UsageError, with the nearest names, where there is none.
    """
    found = load_formats() if name is None else [load_format(name)]
    return [FormatInfo(format) for format in found]
