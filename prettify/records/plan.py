"""From what a user asks of an input (header, ranges, counts, filters) to the records it means."""

from __future__ import annotations

from prettify.errors import DataError, UsageError
from prettify.layout import Layout
from prettify.model import spelled
from prettify.records.conversion import buffers_for, converted
from prettify.records.fixed import Region, blocks, cut, filtered
from prettify.records.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prettify.records.conversion import Block, Conversion, Piece
    from prettify.records.input import Input
    from prettify.records.query.where import Where
    from prettify.records.run import Report
    from prettify.records.sized.dispatch import Dispatch

    Reference = Callable[[str], int]


class Selection:
    """Which part of an input is to be decoded, as expressions that may refer to its header.

    seek, size in bytes; skip, count in records, of those that `where` lets through; range is the
    header's member that holds an `offset` and a `size`. None is not asked for.
    """

    __slots__ = ("count", "range", "seek", "size", "skip", "where")

    def __init__(
        self,
        *,
        seek: str | None = None,
        size: str | None = None,
        skip: str | None = None,
        count: str | None = None,
        range: str | None = None,
        where: str | None = None,
    ) -> None:
        self.seek = seek
        self.size = size
        self.skip = skip
        self.count = count
        self.range = range
        self.where = where

    def of_many(self) -> str:
        """The first thing asked for that makes no sense of a single record, or nothing."""
        names = ("seek", "size", "skip", "count", "range")
        return next((name for name in names if getattr(self, name) is not None), "")


class Plan(Run):
    """What to do with each input: which records of it, through which conversion.

    records: of each type its layout, or a dispatch where they say themselves how long they are; if
    any is a dispatch, the conversion is of batches, else of blocks. header: the layout at the start
    of each input; decoded once where there are no `records`. byte_order: of the data, None is each
    type's own. ranges: for each type the header's member that says where its records are, if one
    does. resync: whether to go on behind a record that is bad, where that can be told.
    """

    __slots__ = (
        "_order", "_ranges", "conversion", "header", "jobs", "records", "resync", "selection",
    )  # fmt: skip

    def __init__(
        self,
        conversion: Conversion,
        records: Sequence[Layout | Dispatch],
        header: Layout | None,
        selection: Selection,
        *,
        byte_order: str | None = None,
        jobs: int = 1,
        ranges: Sequence[str | None] = (),
        resync: bool = False,
    ) -> None:
        super().__init__()
        self.conversion = conversion
        self.header = header
        self.records = tuple(records)
        self.selection = selection
        self.jobs = jobs
        self.resync = resync
        self._order = byte_order
        self._ranges = tuple(ranges) or (None,) * len(records)
        ranged = selection.range is not None or any(self._ranges)
        if ranged and (selection.seek or selection.size):
            raise UsageError("--range already says what --seek and --size would")
        if not records and (given := selection.of_many()):
            raise UsageError(f"--{given} chooses among records of -C TYPE; --header alone is one")
        if selection.where is not None:
            # Before any data is read, with zeroes for the header's: whether it can be understood.
            zeroes = None if header is None else self._reference(bytes(header.size), header)
            for record in self.records or ((header,) if header else ()):
                self._check_where(record, zeroes)

    def _begin(self, inputs: int) -> Conversion:
        return self.conversion

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        return converted(self.conversion, self._blocks(data, report), self.jobs)

    def _blocks(self, data: Input, report: Report) -> Iterator[Block]:
        """One input's records, with the index of their type.

        Raises DataError where the input does not hold what was asked for, after all that it does
        hold.
        """
        record = _read_header(data, self.header) if self.header is not None else b""
        selection = self.selection
        reference = None
        if self.header is not None and (self.records or selection.where is not None):
            reference = self._reference(record, self.header)
        if self.header is not None and not self.records:
            alone = memoryview(record)
            if selection.where is not None:
                alone = self._where(self.header, reference).filter(alone)
            yield 0, alone
            return
        seek, size = selection.seek, selection.size
        if selection.range is not None:
            seek, size = _of_range(selection.range)
        limit = _number(size, "--size", reference)
        count = _number(selection.count, "--count", reference) or None
        skip = _number(selection.skip, "--skip", reference) or 0
        start = _number(seek, "--seek", reference)
        source = "the header" if size is not None and "$header" in size else None
        if start is not None:
            data.seek(start)
        for index, member in enumerate(self._ranges):
            region = Region(limit, count, skip, source=source)
            if member is not None and selection.range is None:
                seek, size = _of_range(member)
                data.seek(_number(seek, "range", reference) or 0)
                region.limit, region.source = _number(size, "range", reference), "the header"
            before = data.position
            yield from self._region(index, data, region, reference, report)
            if limit is not None:
                limit -= data.position - before

    def _region(
        self,
        index: int,
        data: Input,
        region: Region,
        reference: Reference | None,
        report: Report,
    ) -> Iterator[Block]:
        """The records of one type there."""
        record, where = self.records[index], self.selection.where
        order = self._order or _layout_of(record).byte_order
        if isinstance(record, Layout):
            for block in self._fixed(record, data, region, reference):
                yield None if block is None else (index, block)
            return
        from prettify.records.sized.stream import of_one_size, stream

        if not record.codes:
            found = self._fixed(record.layout, data, region, reference)
            yield from of_one_size(record, found)
            return
        for batch in stream(
            record,
            data,
            order,
            limit=region.limit,
            source=region.source,
            where=where,
            skip=region.skip,
            count=region.count,
            header=reference,
            buffers=self._buffers,
            resync=report if self.resync else None,
        ):
            yield None if batch is None else (batch, batch.data)

    def _fixed(
        self, layout: Layout, data: Input, region: Region, reference: Reference | None
    ) -> Iterator[memoryview | None]:
        """Blocks of records of one size."""
        if self.selection.where is None:
            yield from blocks(data, layout.size, region, self._buffers)
            return
        where = self._where(layout, reference)
        whole = Region(region.limit, source=region.source)
        found = filtered(blocks(data, layout.size, whole, self._buffers), where)
        yield from cut(found, layout.size, region.skip, region.count)

    @property
    def _buffers(self) -> int:
        return buffers_for(self.jobs)

    def _check_where(self, record: Layout | Dispatch, reference: Reference | None) -> None:
        """Raise UsageError where the filter makes no sense of these records."""
        if isinstance(record, Layout):
            self._where(record, reference)
            return
        from prettify.records.sized.choosing import Filter

        order = self._order or record.layout.byte_order
        Filter(self.selection.where or "", record, order, reference)

    def _where(self, layout: Layout, reference: Reference | None) -> Where:
        from prettify.records.query.where import compile_where

        assert self.selection.where is not None
        order = self._order or layout.byte_order
        return compile_where(self.selection.where, layout, order, reference)

    def _reference(self, record: bytes, header: Layout) -> Reference:
        from prettify.paths import at_path
        from prettify.records.query.members import integer

        order = self._order or header.byte_order
        return lambda path: integer(at_path(header, path), record, order)


def _layout_of(record: Layout | Dispatch) -> Layout:
    return record if isinstance(record, Layout) else record.layout


def _of_range(member: str) -> tuple[str, str]:
    """Where a region begins and how long it is, by the member of the header that says so."""
    return f"$header.{member}.offset", f"$header.{member}.size"


def _read_header(data: Input, header: Layout) -> bytes:
    record = data.exactly(header.size)
    if len(record) < header.size:
        raise DataError(
            f"{data.name}: record cut short at byte 0: {len(record)} bytes left, {header.size} "
            f"needed for {spelled(header.type)}",
            0,
        )
    return record


def _number(text: str | None, option: str, header: Reference | None) -> int | None:
    """An option's number, None where it is not given."""
    if text is None:
        return None
    from prettify.records.query.expression import evaluate

    return evaluate(text, option, header)
