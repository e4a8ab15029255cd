"""From what a user asks of an input (header, ranges, counts, filters) to the records it means."""

from __future__ import annotations

from prettify.errors import DataError, UsageError
from prettify.model import spelled
from prettify.records.conversion import buffers_for, converted
from prettify.records.fixed import Region, blocks, cut, filtered
from prettify.records.run import Run

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prettify.layout import Layout
    from prettify.records.conversion import Block, Conversion, Piece
    from prettify.records.input import Input
    from prettify.records.query.where import Where
    from prettify.records.run import Report

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

    header: the layout at the start of each input; decoded once where there are no `records`.
    byte_order: of the data, None is each type's own.
    """

    __slots__ = ("_order", "conversion", "header", "jobs", "records", "selection")

    def __init__(
        self,
        conversion: Conversion,
        records: Sequence[Layout],
        header: Layout | None,
        selection: Selection,
        *,
        byte_order: str | None = None,
        jobs: int = 1,
    ) -> None:
        super().__init__()
        self.conversion = conversion
        self.header = header
        self.records = tuple(records)
        self.selection = selection
        self.jobs = jobs
        self._order = byte_order
        if selection.range is not None and (selection.seek or selection.size):
            raise UsageError("--range already says what --seek and --size would")
        if not records and (given := selection.of_many()):
            raise UsageError(f"--{given} chooses among records of -C TYPE; --header alone is one")
        if selection.where is not None:
            # Before any data is read, with zeroes for the header's: whether it can be understood.
            zeroes = None if header is None else self._reference(bytes(header.size), header)
            for layout in self.records or ((header,) if header else ()):
                self._where(layout, zeroes)

    def _begin(self, inputs: int) -> Conversion:
        return self.conversion

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        return converted(self.conversion, self._blocks(data), self.jobs)

    def _blocks(self, data: Input) -> Iterator[Block]:
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
            seek = f"$header.{selection.range}.offset"
            size = f"$header.{selection.range}.size"
        limit = _number(size, "--size", reference)
        count = _number(selection.count, "--count", reference) or None
        skip = _number(selection.skip, "--skip", reference) or 0
        start = _number(seek, "--seek", reference)
        if start is not None:
            data.seek(start)
        exact = size is not None and "$header" in size
        for index, layout in enumerate(self.records):
            before = data.position
            if selection.where is None:
                found = blocks(
                    data, layout.size, Region(limit, count, skip, exact=exact), self._buffers
                )
            else:
                where = self._where(layout, reference)
                found = cut(
                    filtered(
                        blocks(data, layout.size, Region(limit, exact=exact), self._buffers), where
                    ),
                    layout.size,
                    skip,
                    count,
                )
            for block in found:
                yield None if block is None else (index, block)
            if limit is not None:
                limit -= data.position - before

    @property
    def _buffers(self) -> int:
        return buffers_for(self.jobs)

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
