"""Of a stream's records those that a user asks for: `--where`, `--skip`, `--count`."""

from __future__ import annotations

from prettify.core.rows import ROW
from prettify.errors import UsageError
from prettify.records.query.projection import select
from prettify.records.sized.batch import Batch, own_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    import numpy

    from prettify.layout import Layout
    from prettify.records.query.where import Where
    from prettify.records.sized.dispatch import Dispatch


def cut(batches: Iterable[Batch | None], skip: int, count: int | None) -> Iterator[Batch | None]:
    """Without the first `skip` records, the first `count`; None is all."""
    for batch in batches:
        if batch is None:
            yield None
            continue
        there = len(batch)
        passed = min(skip, there)
        skip -= passed
        last = there if count is None else min(there, passed + count)
        if count is not None:
            count -= last - passed
        if last > passed:
            yield batch if last - passed == there else batch.cut(passed, last)
        if count == 0:
            return


class Projection:
    """Some members of records of several types, of each type those that it has.

    Raises UsageError for a path that leads to a member in none of the types.
    """

    __slots__ = ("_paths",)

    def __init__(self, paths: Sequence[str] | str, layouts: Sequence[Layout]) -> None:
        """layouts: of the types."""
        self._paths = paths.split(",") if isinstance(paths, str) else list(paths)
        for path in self._paths:
            if not any(_has(layout, path) for layout in layouts):
                select(layouts[0], [path])

    def of(self, layout: Layout) -> Layout:
        """The layout with these members alone."""
        return select(layout, [path for path in self._paths if _has(layout, path)])


def _has(layout: Layout, path: str) -> bool:
    try:
        select(layout, [path])
    except UsageError:
        return False
    return True


def filters(text: str, layouts: Sequence[Layout], byte_order: str) -> list[Where | None]:
    """A filter for each of several types.

    None matches nothing: the type lacks a member that the expression names. Raises UsageError where
    that is so of all types.
    """
    from prettify.records.query.where import compile_where

    found: list[Where | None] = []
    errors = []
    for layout in layouts:
        try:
            found.append(compile_where(text, layout, byte_order))
        except UsageError as error:
            found.append(None)
            errors.append(error)
    if len(errors) == len(found):
        raise errors[0]
    return found


class Filter:
    """A filter on a table's records, whatever type they are of."""

    __slots__ = ("_filters", "_stream")

    def __init__(self, text: str, stream: Dispatch, byte_order: str) -> None:
        self._stream = stream
        self._filters = filters(text, [kind.layout for kind in stream.kinds], byte_order)

    def of(self, batch: Batch) -> Batch:
        """The records that match."""
        import numpy

        if batch.rows is None:
            keep = self._mask(0, batch.data)
            if keep.all():
                return batch
            size = batch.dispatch.layout.size
            found = numpy.zeros((int(keep.sum()), ROW), "i8")
            found[:, 1] = numpy.flatnonzero(keep) * size
            found[:, 2] = found[:, 1] + batch.position
        else:
            rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
            keep = self._those(batch, rows)
            if keep.all():
                return batch
            found = rows[keep]
        return batch.with_rows(own_table(memoryview(found.tobytes())))

    def _mask(self, kind: int, records: memoryview) -> numpy.ndarray[Any, Any]:
        import numpy

        where = self._filters[kind]
        if where is None:
            return numpy.zeros(len(records) // self._stream.kinds[kind].layout.size, bool)
        return where.mask(records)

    def _those(self, batch: Batch, rows: numpy.ndarray[Any, Any]) -> numpy.ndarray[Any, Any]:
        """Which rows match: those of each type are gathered, and looked at together."""
        import numpy

        kinds = numpy.array(batch.shapes.which)[rows[:, 0]]
        data = numpy.frombuffer(batch.data, "u1")
        keep = numpy.zeros(len(rows), bool)
        for kind in numpy.unique(kinds).tolist():
            places = numpy.flatnonzero(kinds == kind)
            size = self._stream.kinds[kind].layout.size
            gathered = data[rows[places, 1][:, None] + numpy.arange(size)]
            keep[places] = self._mask(kind, gathered.reshape(-1).data)
        return keep
