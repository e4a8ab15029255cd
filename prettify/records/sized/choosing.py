"""Of a stream's records those that a user asks for: `--where`, `--select`, `--skip`, `--count`."""

from __future__ import annotations

from prettify.core.rows import ROW, gather, used
from prettify.core.tables import table
from prettify.errors import UsageError
from prettify.records.query.projection import select
from prettify.records.sized.batch import Batch, own_table
from prettify.records.sized.shapes import longest, without_tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    import numpy

    from prettify.layout import Layout
    from prettify.records.query.where import Where
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.shapes import Shapes


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


def projection(
    streams: Sequence[Dispatch], paths: Sequence[str] | str | None
) -> Callable[[Layout], Layout]:
    """Of the layouts of these streams' records what is shown of them; no paths are all of it.

    Raises UsageError as `Projection`.
    """
    if paths is None:
        return lambda layout: layout
    layouts = []
    for stream in streams:
        stream.resolve_all()
        layouts += [longest(kind.layout, rest=stream.rest) for kind in stream.kinds]
    return Projection(paths, layouts).of


def _has(layout: Layout, path: str) -> bool:
    try:
        select(layout, [path])
    except UsageError:
        return False
    return True


def filters(
    text: str,
    layouts: Sequence[Layout],
    byte_order: str,
    header: Callable[[str], int] | None = None,
) -> list[Where | None]:
    """A filter for each of several types.

    None matches nothing: the type lacks a member that the expression names. header: as of
    `compile_where`. Raises UsageError where that is so of all types.
    """
    from prettify.records.query.where import compile_where

    found: list[Where | None] = []
    errors = []
    for layout in layouts:
        try:
            found.append(compile_where(text, layout, byte_order, header))
        except UsageError as error:
            found.append(None)
            errors.append(error)
    if len(errors) == len(found):
        raise errors[0]
    return found


class Filter:
    """A filter on a stream's records, whatever type they are of.

    A record whose type lacks a member that the expression names does not match, nor does one that
    ends before it. Raises UsageError where all types lack it.
    """

    __slots__ = ("_byte_order", "_header", "_of_kinds", "_text", "_whole")

    def __init__(
        self,
        text: str,
        stream: Dispatch,
        byte_order: str,
        header: Callable[[str], int] | None = None,
    ) -> None:
        """header: as of `compile_where`."""
        self._text = text
        self._byte_order = byte_order
        self._header = header
        self._whole: set[Where] = set()  # those that look at what is behind a type
        stream.resolve_all()
        layouts = [kind.layout for kind in stream.kinds]
        filters(text, [longest(layout) for layout in layouts], byte_order, header)
        # By kind the filter of its records of all lengths, if it is not about the array at the end.
        self._of_kinds = [self._compiled(without_tail(layout)) for layout in layouts]

    def _compiled(self, layout: Layout) -> Where | None:
        from prettify.records.sized.whole import without_located

        plain = without_located(layout)
        for shown in (layout,) if plain is layout else (plain, layout):
            try:
                found = filters(self._text, [shown], self._byte_order, self._header)[0]
            except UsageError:
                continue
            if found is not None and shown is not plain:
                self._whole.add(found)
            return found
        return None

    def _of_shape(self, stream: Dispatch, shapes: Shapes, shape: int) -> Where | None:
        layout, kind = shapes.layouts[shape], shapes.which[shape]
        if layout.size >= stream.kinds[kind].layout.size and self._of_kinds[kind] is not None:
            return self._of_kinds[kind]
        if shape not in shapes.filters:
            shapes.filters[shape] = self._compiled(layout)
        found: Where | None = shapes.filters[shape]
        return found

    def of(self, batch: Batch) -> Batch:
        """The records that match."""
        import numpy

        stream, rows = batch.dispatch, batch.rows
        if rows is None:
            where = self._of_shape(stream, batch.shapes, 0)
            size = stream.layout.size
            keep = numpy.zeros(len(batch), bool) if where is None else where.mask(batch.data)
            if keep.all():
                return batch
            found = numpy.zeros((int(keep.sum()), ROW), "i8")
            found[:, 1] = numpy.flatnonzero(keep) * size
            found[:, 2] = found[:, 1] + batch.position
        else:
            numbers = numpy.frombuffer(rows, "i8").reshape(-1, ROW)
            keep = self._those(batch, rows, numbers[:, 0])
            if keep.all():
                return batch
            found = numbers[keep]
        return batch.with_rows(own_table(memoryview(found.tobytes())))

    def _those(
        self, batch: Batch, rows: memoryview, shapes: numpy.ndarray[Any, Any]
    ) -> numpy.ndarray[Any, Any]:
        """Which rows match: those of one filter are gathered, and looked at together."""
        import numpy

        count = len(batch.shapes.layouts)
        groups: dict[Where, list[int]] = {}
        for shape in used(rows, count):
            where = self._of_shape(batch.dispatch, batch.shapes, shape)
            if where is not None:
                groups.setdefault(where, []).append(shape)
        keep = numpy.zeros(len(shapes), bool)
        for where, members in groups.items():
            sizes = numpy.full(count, -1, "i8")
            sizes[members] = where.size
            if where in self._whole:
                from prettify.records.sized.whole import rows_of

                for places, found in rows_of(batch, sizes.tolist()):
                    keep[places] = where.mask(found)
                continue
            gathered = gather(batch.data, rows, table("q", sizes.tolist()), where.size)
            keep[sizes[shapes] >= 0] = where.mask(gathered)
        return keep
