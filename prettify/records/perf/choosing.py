"""Of a recording's records those that are asked for, and of those the members."""

from __future__ import annotations

from prettify.core.rows import ROW, gather
from prettify.core.tables import table
from prettify.errors import UsageError
from prettify.layout import Layout, Node
from prettify.records.query.projection import select
from prettify.records.sized.batch import own_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    import numpy

    from prettify.records.perf.kinds import Kind
    from prettify.records.perf.reader import Batch
    from prettify.records.query.where import Where

    Array = numpy.ndarray[Any, numpy.dtype[Any]]

MOST_ROOM = 1 << 24  # bytes of records that are looked at together


class Projection:
    """Some members of records: of each kind those that it has."""

    __slots__ = ("_known", "_paths")

    def __init__(self, paths: str) -> None:
        self._paths = [path.strip() for path in paths.split(",")]
        self._known: dict[Layout, bool] = {}

    def of(self, layout: Layout) -> Layout:
        """The layout with these members alone."""
        found = []
        for path in self._paths:
            try:
                select(layout, [path])
            except UsageError:
                continue
            found.append(path)
        return select(layout, found)

    def those(self, batch: Batch) -> Batch:
        """The records that have one of the members."""
        import numpy

        there = [self._is_there(layout) for layout in batch.shapes.layouts]
        if all(there):
            return batch
        rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
        keep = numpy.array(there)[rows[:, 0]]
        return batch.with_rows(own_table(memoryview(rows[keep].tobytes())))

    def _is_there(self, layout: Layout) -> bool:
        if layout not in self._known:
            self._known[layout] = any(_error(layout, path) is None for path in self._paths)
        return self._known[layout]

    def in_order(self, layouts: Iterable[Layout]) -> list[Layout]:
        """For each path the layouts that have it, with that alone: so members are in that order."""
        return [
            select(layout, [path])
            for path in self._paths
            for layout in layouts
            if _error(layout, path) is None
        ]

    def check(self, kinds: Iterable[Kind]) -> None:
        """Raise UsageError for a path that leads to a member in none of the kinds."""
        layouts = [kind.layout for kind in kinds]
        for path in self._paths if layouts else ():
            errors = [error for layout in layouts if (error := _error(layout, path)) is not None]
            if len(errors) == len(layouts):
                raise errors[0]


def _error(layout: Layout, path: str) -> UsageError | None:
    try:
        select(layout, [path])
    except UsageError as error:
        return error
    return None


class Filter:
    """A filter on records of all kinds. One that lacks a member that it names does not match."""

    __slots__ = ("_known", "_located", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[Layout, Where | None] = {}
        # Whether what is located in records is asked for, and not only what is of a fixed size.
        self._located: dict[Layout, bool] = {}

    def check(self, kinds: Iterable[Kind]) -> None:
        """Raise UsageError where the expression makes no sense of any of the kinds."""
        errors = []
        for kind in kinds:
            error = self._compile(kind.layout)
            if error is None:
                return
            errors.append(error)
        if errors:
            raise errors[0]

    def of(self, batch: Batch) -> Batch:
        """The records that match."""
        import numpy

        rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
        keep = numpy.zeros(len(rows), bool)
        numbers = rows[:, 0]
        for number in numpy.unique(numbers).tolist():
            places = numpy.flatnonzero(numbers == number)
            keep[places] = self._mask(batch, number, rows[places])
        if keep.all():
            return batch
        return batch.with_rows(own_table(memoryview(rows[keep].tobytes())))

    def _mask(self, batch: Batch, number: int, rows: Array) -> Array:
        import numpy

        layout = batch.shapes.layouts[number]
        self._compile(layout)
        where = self._known[layout]
        if where is None:
            return numpy.zeros(len(rows), bool)
        if not self._located[layout]:
            return where.mask(fixed_of(batch, layout, rows))
        return numpy.concatenate(
            [where.mask(records_of(batch, piece)) for piece in pieces_of(rows)]
        )

    def _compile(self, layout: Layout) -> UsageError | None:
        """Make the filter of records of a layout; what is wrong with it."""
        from prettify.records.query.where import compile_where

        if self._known.get(layout) is not None:
            return None
        self._known[layout] = None
        self._located[layout] = False
        for shown in (without_arrays(layout), layout):
            try:
                self._known[layout] = compile_where(self.text, shown, layout.byte_order)
                return None
            except UsageError as error:
                failure = error
            self._located[layout] = True
        return failure


def fixed_of(batch: Batch, layout: Layout, rows: Array) -> memoryview:
    """What is of a fixed size in records of one layout, one behind the other."""
    sizes = table("q", [layout.size] * len(batch.shapes.layouts))
    own = own_table(memoryview(rows.tobytes()))
    return memoryview(gather(batch.data, own, sizes, layout.size))


def pieces_of(rows: Array) -> Iterator[Array]:
    """The same rows in pieces, none of which takes much memory however long a few of them are."""
    import numpy

    start = 0
    while start < len(rows):
        longest = numpy.maximum.accumulate(rows[start:, 3] >> 1)
        room = longest * numpy.arange(1, len(longest) + 1)
        count = max(int(numpy.searchsorted(room, MOST_ROOM, "right")), 1)
        yield rows[start : start + count]
        start += count


def records_of(batch: Batch, rows: Array) -> memoryview:
    """Records of one layout as a whole, each filled up with zeroes to the size of the longest."""
    size = int((rows[:, 3] >> 1).max(initial=0))
    sizes = table("q", [0] * len(batch.shapes.layouts))
    own = own_table(memoryview(rows.tobytes()))
    whole = memoryview(gather(batch.data, own, sizes, size, True))
    return whole.cast("B", (len(rows), size)) if size else whole


def without_arrays(layout: Layout) -> Layout:
    """The layout without what is of a length of its own."""
    return Layout(layout.type, _kept(layout.root))


def _kept(node: Node) -> Node:
    copy = node.copy()
    copy.children = tuple(_kept(child) for child in node.children if child.located is None)
    return copy


def kept(batches: Iterable[Batch | None], of: Callable[[Batch], Batch]) -> Iterable[Batch | None]:
    """The batches of what matches, without those that have nothing left."""
    for batch in batches:
        found = None if batch is None else of(batch)
        if found is None or len(found):
            yield found
