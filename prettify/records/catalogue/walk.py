"""The way through one file: each table's records, where the declaration says they are."""

from __future__ import annotations

from prettify.errors import DataError
from prettify.records.fixed import Region, blocks
from prettify.records.query.scalar import NoValueError
from prettify.records.sized.batch import Batch
from prettify.records.sized.frame import AbsentError, Frame
from prettify.records.sized.reader import SizedReader
from prettify.records.sized.shapes import Shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from prettify.records.catalogue.binding import Bound, BoundTable
    from prettify.records.input import Input
    from prettify.records.run import Report
    from prettify.records.sized.frame import Record


class Place:
    """Where a table's records are: bytes, and how many; `limit` and `count` None where not said.

    start: None is behind the table before.
    """

    __slots__ = ("count", "limit", "skip", "start")

    def __init__(self, start: int | None, limit: int | None, count: int | None, skip: int) -> None:
        self.start = start
        self.limit = limit
        self.count = count
        self.skip = skip


class Walk:
    """Reads the tables of one input. What is wrong with one is reported once; the next follows.

    An input that is no file is spooled first, unless the tables are in order.
    """

    __slots__ = ("_bound", "_buffers", "_data", "_ends", "_failed", "_firsts", "_frame", "_report")

    def __init__(self, bound: Bound, data: Input, report: Report, buffers: int = 1) -> None:
        """buffers: how many batches have to keep their memory at a time."""
        order: Literal["little", "big"] = "big" if bound.byte_order == "big" else "little"
        if not bound.sequential:
            data.spool()
        self._bound = bound
        self._data = data
        self._report = report
        self._buffers = buffers
        self._ends: dict[int, int] = {}  # of tables that were read to their end
        self._firsts: dict[int, Record] = {}
        self._failed: set[int] = set()
        self._frame = Frame(data, order, self._first)

    def table(self, table: BoundTable) -> Iterator[Batch | None]:
        """The records of a table. None comes before a wait."""
        try:
            for offset in self._parents(table):
                yield from self._one(table, offset)
        except AbsentError:  # a table that a parent refers to is not there
            return

    def pass_over(self, table: BoundTable) -> None:
        """Go behind a table that is not shown: the next one may begin there."""
        for _ in self.table(table):
            pass

    def _parents(self, table: BoundTable) -> Iterator[int]:
        """Make each record of the table's parent the current one; gives where it begins."""
        if table.parent is None:
            yield 0
            return
        index = table.parent.index
        frame = self._frame
        for batch in self.table(table.parent):
            for _, position, record in batch.each() if batch is not None else ():
                frame[index] = record
                frame.offset = position
                yield position
        frame.pop(index, None)

    def _one(self, table: BoundTable, offset: int) -> Iterator[Batch | None]:
        """The table's records for the current records of its parents."""
        try:
            place = self._place(table)
            if place is not None:
                yield from self._read(table, place)
        except AbsentError:
            return
        except NoValueError as error:
            at = f" (for byte {offset})" if table.parent is not None else ""
            self._fail(table, DataError(f"{self._named(table)}: {error}{at}", offset))
        except DataError as error:
            self._fail(table, error)

    def _fail(self, table: BoundTable, error: DataError) -> None:
        """Report what is wrong, the first time that something is with that table."""
        if table.index not in self._failed:
            self._failed.add(table.index)
            self._report(error)

    def _named(self, table: BoundTable) -> str:
        return f"{self._data.name}: {table.name}"

    def _place(self, table: BoundTable) -> Place | None:
        """Where the table's records are, None if it has none."""
        codes = table.codes
        if "when" in codes and not codes["when"].run(self._frame):
            return None
        limit = self._number(table, "size")
        count = self._number(table, "count")
        if limit == 0 or count == 0:
            return None
        return Place(self._number(table, "seek"), limit, count, self._number(table, "skip") or 0)

    def _number(self, table: BoundTable, key: str) -> int | None:
        code = table.codes.get(key)
        if code is None:
            return None
        number: int = code.run(self._frame)
        if number < 0:
            raise DataError(f"{self._named(table)}: its {key} is {number}")
        return number

    def _read(self, table: BoundTable, place: Place) -> Iterator[Batch | None]:
        data = self._data
        start = self._behind(table.index - 1) if place.start is None else place.start
        if data.at_hand or data.seekable:
            data = data.branch()
            data.name = self._named(table)
            data.seek(start)
        elif start > data.position:
            data.seek(start)
        if table.fixed and self._stride(table) == table.layout.size:
            found = self._fixed(table, data, start, table.layout.size, place)
        else:
            reader = SizedReader(
                table, self._frame, data, start,
                limit=place.limit, source="the format", count=place.count, skip=place.skip,
                buffers=self._buffers,
            )  # fmt: skip
            found = self._sized(table, reader)
        for batch in found:
            if batch is not None:
                batch = self._kept(table, batch)
                if not len(batch):
                    continue
                if table.index not in self._firsts:
                    self._firsts[table.index] = bytes(next(batch.each())[2])
            yield batch

    def _stride(self, table: BoundTable) -> int:
        """Bytes from one record to the next, where all have one size."""
        frame, codes = self._frame, table.codes
        stride: int = codes["sizeof"].run(frame) if "sizeof" in codes else table.layout.size
        step: int = codes["align"].run(frame) if "align" in codes else 1
        return stride + (-stride % step if step > 0 else 0)

    def _fixed(
        self, table: BoundTable, data: Input, start: int, size: int, place: Place
    ) -> Iterator[Batch | None]:
        """Records of one size: nothing has to be looked at."""
        limit, count = place.limit, place.count
        if count is not None:
            limit = count * size if limit is None else min(limit, count * size)
        region = Region(limit, None, place.skip, source="the format")
        shapes = Shapes(table)
        at = start + place.skip * size
        try:
            for block in blocks(data, size, region, self._buffers):
                if block is None:
                    yield None
                    continue
                yield Batch(table, shapes, block, at, start)
                at += len(block)
        except DataError:
            self._ends[table.index] = data.position
            raise
        self._ends[table.index] = data.position

    def _sized(self, table: BoundTable, reader: SizedReader) -> Iterator[Batch | None]:
        try:
            yield from reader.batches()
        except DataError:
            self._ends[table.index] = reader.end
            raise
        self._ends[table.index] = reader.end

    def _behind(self, index: int) -> int:
        """Where the table of that index ends, which is read if it was not; -1 is before all."""
        if index < 0:
            return 0
        if index not in self._ends and (self._data.at_hand or self._data.seekable):
            state, offset = dict(self._frame), self._frame.offset
            self._frame.clear()
            self.pass_over(self._bound.tables[index])
            self._frame.update(state)
            self._frame.offset = offset
        # One that is not there ends where it would begin.
        return self._ends[index] if index in self._ends else self._behind(index - 1)

    def _kept(self, table: BoundTable, batch: Batch) -> Batch:
        """The records that the table's own filter lets through."""
        if table.where is None:
            return batch
        frame, where = self._frame, table.codes["where"].run

        def holds(shape: int, record: memoryview) -> bool:
            frame[table.index] = record
            try:
                return bool(where(frame))
            except NoValueError:
                return False

        kept = batch.those(holds)
        frame.pop(table.index, None)
        return kept

    def _first(self, index: int) -> Record:
        """The first record of a table that no expression stands in. Raises AbsentError."""
        if index not in self._firsts:
            data, frame = self._data, self._frame
            if data.at_hand or data.seekable:
                state, offset = dict(frame), frame.offset
                frame.clear()
                next((b for b in self.table(self._bound.tables[index]) if b is not None), None)
                frame.clear()
                frame.update(state)
                frame.offset = offset
        if index not in self._firsts:
            raise AbsentError
        return self._firsts[index]
