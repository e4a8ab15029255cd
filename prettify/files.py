"""Files of the catalogue's formats, record by record."""

from __future__ import annotations

from prettify.api import RecordType
from prettify.errors import PrettifyError
from prettify.records.catalogue.information import FormatInfo, TableInfo, formats
from prettify.records.catalogue.reading import Choice, File, Library
from prettify.records.input import Input
from prettify.streams import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike
    from typing import BinaryIO

    Buffer = bytes | bytearray | memoryview


def read(
    source: str | PathLike[str] | Buffer | BinaryIO,
    format: str | None = None,
    table: str | Sequence[str] | None = None,
    *,
    where: str | None = None,
    byte_order: str | None = None,
) -> Iterator[Record]:
    """The records of a file of a format, in the order of its tables.

    source: a path (`-` is standard input), bytes, or an open binary file. format: NAME or
    NAME:VARIANT, else whichever it is. table: those wanted, by name; all that are shown unless
    given. where: a filter, of one table. byte_order: of the data, if not the variant's.
    Raises UsageError where the format, the table or the file is not known; DataError, after all
    records that can be read, where a table is not where the format says.
    """
    tables = [table] if isinstance(table, str) else table or ()
    choice = Choice(format, tables, where=where, byte_order=byte_order)
    errors: list[PrettifyError] = []
    with Input(str(source) if hasattr(source, "__fspath__") else source) as data:
        bound = Library().bound(data, format, byte_order)
        for batch in File(data, bound, choice).batches(errors.append):
            if batch is None:
                continue
            types = batch.shapes.made
            for shape, position, record in batch.each():
                if shape not in types:
                    layout = batch.shapes.layouts[shape]
                    types[shape] = RecordType(layout.type, bound.byte_order, layout)
                yield Record(batch.dispatch.name, position, types[shape], bytes(record))
    if errors:
        raise errors[0]


__all__ = ["FormatInfo", "Record", "TableInfo", "formats", "read"]
