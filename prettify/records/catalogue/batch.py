"""Some records of one table that are at hand: of one type one behind the other, or of several."""

from __future__ import annotations

from prettify.core.rows import ROW
from prettify.core.tables import table
from prettify.layout import Layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from prettify.records.catalogue.binding import BoundTable, Kind

MAX_SHAPES = 4096  # layouts of records with flexible arrays that are kept at a time


class Shapes:
    """The layouts of a table's records: those of its types, and for each number of elements that a
    flexible array was found to have, one more.

    which: the kind of each. made: what was compiled from them, by place; it is kept with them.
    """

    __slots__ = ("_by_count", "_kinds", "layouts", "made", "which")

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self._kinds = kinds
        self._by_count: dict[tuple[int, int], int] = {}
        self.layouts: list[Layout] = [kind.layout for kind in kinds]
        self.which = list(range(len(kinds)))
        self.made: dict[int, Any] = {}

    @property
    def full(self) -> bool:
        """Whether it is time for new ones."""
        return len(self._by_count) >= MAX_SHAPES

    def of(self, kind: int, length: int) -> int:
        """Which layout a record of that kind and that many bytes has."""
        tail = self._kinds[kind].tail
        if tail is None:
            return kind
        count = (length - tail.offset) // tail.stride
        if not count:
            return kind
        found = self._by_count.get((kind, count))
        if found is None:
            found = self._by_count[kind, count] = len(self.layouts)
            self.layouts.append(self._kinds[kind].shape(count))
            self.which.append(kind)
        return found


class Batch:
    """Records of a table: rows of `fill_rows` in `data`, the first numbers being places in shapes.

    No rows means that `data` is records of the table's own type, the first of which begins at
    `position` of the input; so does the batch otherwise. region: where its part of the table does.
    before: the kind of the record that was shown before it there, -1 if it is the first.
    """

    __slots__ = ("before", "data", "position", "region", "rows", "shapes", "table")

    def __init__(
        self,
        table: BoundTable,
        shapes: Shapes,
        data: memoryview,
        position: int,
        region: int,
        rows: memoryview | None = None,
    ) -> None:
        self.table = table
        self.shapes = shapes
        self.data = data
        self.position = position
        self.region = region
        self.rows = rows
        self.before = -1

    def __len__(self) -> int:
        if self.rows is None:
            return len(self.data) // self.table.layout.size
        return len(self.rows) // ROW

    @property
    def last(self) -> int:
        """The kind of its last record."""
        return 0 if self.rows is None else self.shapes.which[self.rows[-ROW]]

    def each(self) -> Iterator[tuple[int, int, memoryview]]:
        """(shape, position in the input, bytes) of each record."""
        data = self.data
        if self.rows is None:
            size = self.table.layout.size
            for start in range(0, len(data), size):
                yield 0, self.position + start, data[start : start + size]
            return
        sizes = [layout.size for layout in self.shapes.layouts]
        numbers = iter(self.rows)
        for shape, start, position, _ in zip(numbers, numbers, numbers, numbers):
            yield shape, position, data[start : start + sizes[shape]]

    def cut(self, first: int, last: int) -> Batch:
        """Those of its records."""
        if self.rows is not None:
            return self.with_rows(own_table(self.rows[ROW * first : ROW * last]))
        size = self.table.layout.size
        part = self.data[first * size : last * size]
        return Batch(self.table, self.shapes, part, self.position + first * size, self.region)

    def those(self, chosen: Callable[[int, memoryview], bool]) -> Batch:
        """The records, given as shape and bytes, of which that is true."""
        rows: list[int] = []
        for at, (shape, position, record) in enumerate(self.each()):
            start = self.rows[ROW * at + 1] if self.rows is not None else position - self.position
            if chosen(shape, record):
                rows += (shape, start, position, 0)
        return self.with_rows(table("q", rows))

    def with_rows(self, rows: memoryview) -> Batch:
        """The same with these rows."""
        return Batch(self.table, self.shapes, self.data, self.position, self.region, rows)


def own_table(numbers: memoryview) -> memoryview:
    """A copy of a part of a table, which is one that compiled code can read."""
    return memoryview(bytearray(numbers)).cast("q")
