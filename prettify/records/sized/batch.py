"""Some records of a stream that are at hand: of one type one behind the other, or of several."""

from __future__ import annotations

from prettify.core.rows import ROW
from prettify.core.tables import table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.shapes import Shapes


class Batch:
    """Records of a stream: rows of `fill_rows` in `data`, the first numbers being places in shapes.

    No rows means that `data` is records of the stream's own type, the first of which begins at
    `position` of the input; so does the batch otherwise. region: where its part of the stream does.
    before: the kind of the record that was shown before it there, -1 if it is the first.
    """

    __slots__ = ("before", "data", "dispatch", "position", "region", "rows", "shapes")

    def __init__(
        self,
        dispatch: Dispatch,
        shapes: Shapes,
        data: memoryview,
        position: int,
        region: int,
        rows: memoryview | None = None,
    ) -> None:
        self.dispatch = dispatch
        self.shapes = shapes
        self.data = data
        self.position = position
        self.region = region
        self.rows = rows
        self.before = -1

    def __len__(self) -> int:
        if self.rows is None:
            return len(self.data) // self.dispatch.layout.size
        return len(self.rows) // ROW

    @property
    def last(self) -> int:
        """The kind of its last record."""
        return 0 if self.rows is None else self.shapes.which[self.rows[-ROW]]

    @property
    def position_of_last(self) -> int:
        """Where its last record begins in the input."""
        if self.rows is None:
            return self.position + len(self.data) - self.dispatch.layout.size
        return self.rows[-ROW + 2]

    @property
    def last_start(self) -> int:
        """Where its last record begins in the data."""
        if self.rows is None:
            return len(self.data) - self.dispatch.layout.size
        return self.rows[-ROW + 1]

    def each(self) -> Iterator[tuple[int, int, memoryview]]:
        """(shape, position in the input, bytes) of each record."""
        data = self.data
        if self.rows is None:
            size = self.dispatch.layout.size
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
        size = self.dispatch.layout.size
        part = self.data[first * size : last * size]
        return Batch(self.dispatch, self.shapes, part, self.position + first * size, self.region)

    def those(self, chosen: Callable[[int, memoryview], bool]) -> Batch:
        """The records, given as shape and bytes, of which that is true."""
        rows: list[int] = []
        for at, (shape, position, record) in enumerate(self.each()):
            start, length = position - self.position, 0
            if self.rows is not None:
                start, length = self.rows[ROW * at + 1], self.rows[ROW * at + 3] & ~1
            if chosen(shape, record):
                rows += (shape, start, position, length)
        return self.with_rows(table("q", rows))

    def with_rows(self, rows: memoryview) -> Batch:
        """The same with these rows."""
        return Batch(self.dispatch, self.shapes, self.data, self.position, self.region, rows)


def own_table(numbers: memoryview) -> memoryview:
    """A copy of a part of a table, which is one that compiled code can read."""
    return memoryview(bytearray(numbers)).cast("q")
