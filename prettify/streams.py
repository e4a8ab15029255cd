"""Streams of records that say themselves how long they are and of which type, record by record."""

from __future__ import annotations

from prettify.api import RecordType
from prettify.dialects.options import Options
from prettify.errors import PrettifyError, UsageError
from prettify.records.input import Input
from prettify.records.plan import Selection
from prettify.records.sized.arguments import parse_types
from prettify.records.sized.binding import bind
from prettify.records.sized.plan import plan_types
from prettify.records.sized.stream import stream as batches_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from os import PathLike
    from typing import Any, BinaryIO

    from prettify.api import Types
    from prettify.records.plan import Plan
    from prettify.records.sized.dispatch import Dispatch

    Buffer = bytes | bytearray | memoryview


class Record:
    """A record of a file or stream: its offset in bytes, its type and its bytes.

    table: which of a file's tables it is in; of a stream, the name of the type that all begin with.
    """

    __slots__ = ("data", "offset", "table", "type")

    def __init__(self, table: str, offset: int, type_: RecordType, data: bytes) -> None:
        self.table = table
        self.offset = offset
        self.type = type_
        self.data = data

    @property
    def values(self) -> Any:
        """Its values, as `RecordType.unpack` gives them."""
        return self.type.unpack(self.data)

    def __repr__(self) -> str:
        return f"<Record of {self.table} at {self.offset:#x}: {self.type.name}>"


class Stream:
    """What a type with arguments says of the records of a stream; `prettify.stream` makes it.

    `prettify.decode` takes one in place of a record type. text: the type with its arguments, as of
    `-C`. byte_order: of the data. tail: whether the bytes behind a record's type are its last
    member, `tail`. resync: whether to go on behind a record that cannot be right. dispatch: what
    tells of which type each record is, for those who have records from elsewhere.
    """

    __slots__ = ("_types", "byte_order", "dispatch", "resync", "tail", "text")

    def __init__(
        self,
        types: Types,
        text: str,
        byte_order: str | None = None,
        *,
        tail: bool = False,
        resync: bool = False,
    ) -> None:
        """Raises TypeNotFound, and UsageError where an argument makes no sense."""
        self._types = types
        self.text = text
        self.tail = tail
        self.resync = resync
        self.dispatch = self._bound(byte_order)
        self.byte_order = byte_order or self.dispatch.layout.byte_order

    def _bound(self, byte_order: str | None) -> Dispatch:
        texts = parse_types(self.text, "stream")
        if len(texts) != 1:
            raise UsageError(f"stream {self.text!r}: {len(texts)} types, not one")
        if texts[0].arguments.range is not None:
            raise UsageError(f"stream {self.text!r}: range is for streams that have a header")
        return bind(texts[0], self._types.sources, byte_order=byte_order, rest=self.tail)

    def __repr__(self) -> str:
        return f"<Stream {self.text!r}>"

    @property
    def types(self) -> list[RecordType]:
        """The types that its records may be of, the one that all begin with first."""
        self.dispatch.resolve_all()
        order = self.byte_order
        kinds = self.dispatch.kinds
        return [RecordType(kind.layout.type, order, kind.layout) for kind in kinds]

    def read(
        self,
        source: str | PathLike[str] | Buffer | BinaryIO,
        *,
        where: str | None = None,
    ) -> Iterator[Record]:
        """The records of a path (`-` is standard input), of bytes, or of an open binary file.

        where: a filter. A record's type has the members that are in this record. Raises DataError,
        after all records that can be read, for the first one that is bad.
        """
        errors: list[PrettifyError] = []
        with Input(str(source) if hasattr(source, "__fspath__") else source) as data:
            found = batches_of(
                self.dispatch,
                data,
                self.byte_order,
                where=where,
                resync=errors.append if self.resync else None,
            )
            for batch in found:
                if batch is None:
                    continue
                types = batch.shapes.made
                for shape, position, record in batch.each():
                    if shape not in types:
                        layout = batch.shapes.layouts[shape]
                        types[shape] = RecordType(layout.type, self.byte_order, layout)
                    name = self.dispatch.name
                    yield Record(name, position, types[shape], bytes(record))
        if errors:
            raise errors[0]

    def plan(
        self,
        to: str,
        options: dict[str, Any],
        selection: Selection,
        select: str | Sequence[str] | None,
        jobs: int,
    ) -> Plan:
        """What `prettify.decode` runs."""
        return plan_types(
            self.text,
            self._types.sources,
            to,
            Options(byte_order=self.byte_order, **options),
            None,
            selection,
            select=select,
            rest=self.tail,
            resync=self.resync,
            jobs=jobs,
        )


def stream(
    types: Types,
    text: str,
    *,
    byte_order: str | None = None,
    tail: bool = False,
    resync: bool = False,
) -> Stream:
    """Records that say themselves how long they are and of which type: `-C 'TYPE(ARGS)'`.

    types: where the types are. text: the type that all records begin with, and its arguments, such
    as "msg_header(sizeof,type,type_enum=msg_type)". byte_order: of the data, if not that of the
    types. tail: whether the bytes behind a record's type are its last member, `tail`. resync:
    whether to go on with the next plausible record behind one that cannot be right. Raises
    TypeNotFound, and UsageError where an argument makes no sense.
    """
    return Stream(types, text, byte_order, tail=tail, resync=resync)


__all__ = ["Record", "Stream", "stream"]
