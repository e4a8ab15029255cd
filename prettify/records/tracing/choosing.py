"""Of a trace's records those that a user asks for: their filter, their members."""

from __future__ import annotations

from prettify.core.rows import ROW, used
from prettify.errors import UsageError
from prettify.records.query.projection import select
from prettify.records.query.where import compile_where
from prettify.records.sized.batch import own_table
from prettify.records.sized.choosing import Filter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.layout import Layout
    from prettify.records.query.where import Where
    from prettify.records.sized.batch import Batch
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.shapes import Shapes
    from prettify.records.tracing.events import TraceTypes

FEW = 64  # events whose types are all looked at before any record is


class TraceFilter(Filter):
    """A filter on records of a trace; of many events, each is looked at when it is met.

    What makes no sense of any event is then known at the end alone.
    """

    __slots__ = ("_fits", "_made", "_types")

    def __init__(self, text: str, types: TraceTypes, byte_order: str) -> None:
        """Raises UsageError where all of a few events lack a member that the expression names."""
        self._text = text
        self._byte_order = byte_order
        self._header = None
        self._whole = set()
        self._types = types
        self._made: dict[int, Where | None] = {}
        self._fits = False  # some event, at least
        if len(types.dispatch.tags) <= FEW:
            self.check()

    def check(self) -> None:
        """Raise UsageError where no event at all has what the expression names."""
        if self._fits:
            return
        for layout in self._types.all_kinds():
            try:
                compile_where(self._text, self._types.with_names(layout), self._byte_order)
            except UsageError as error:
                found = error
            else:
                self._fits = True
                return
        raise found

    def _of_shape(self, stream: Dispatch, shapes: Shapes, shape: int) -> Where | None:
        kind = shapes.which[shape]
        if shapes.layouts[shape].size >= stream.kinds[kind].layout.size:
            if kind not in self._made:
                self._made[kind] = self._compiled(stream.kinds[kind].layout)
            return self._made[kind]
        if shape not in shapes.filters:
            shapes.filters[shape] = self._compiled(shapes.layouts[shape])
        found: Where | None = shapes.filters[shape]
        return found

    def _compiled(self, layout: Layout) -> Where | None:
        found = super()._compiled(self._types.with_names(layout))
        self._fits = self._fits or found is not None
        return found


class Members:
    """Some members of a trace's records, of each event those that it has.

    Records of events that have none of them are left out.
    """

    __slots__ = ("_known", "_paths")

    def __init__(self, paths: Sequence[str] | str, types: TraceTypes) -> None:
        """Raises UsageError for a path that leads to a member in no event at all."""
        self._paths = paths.split(",") if isinstance(paths, str) else list(paths)
        self._known: dict[int, bool] = {}  # whether a kind of records has any of them
        missing = [path for path in self._paths if not _has(types.dispatch.layout, path)]
        for layout in types.all_kinds() if missing else ():
            missing = [path for path in missing if not _has(layout, path)]
            last = layout
        for path in missing:
            select(last, [path])

    def of(self, layout: Layout) -> Layout:
        """The layout with these members alone."""
        return select(layout, [path for path in self._paths if _has(layout, path)])

    def those(self, batch: Batch) -> Batch:
        """The records that have one of them."""
        shapes = batch.shapes
        rows = batch.rows
        assert rows is not None
        lacking = [
            shape
            for shape in used(rows, len(shapes.layouts))
            if not self._any(batch.dispatch, shapes.which[shape])
        ]
        if not lacking:
            return batch
        import numpy

        numbers = numpy.frombuffer(rows, "i8").reshape(-1, ROW)
        kept = numbers[~numpy.isin(numbers[:, 0], lacking)]
        return batch.with_rows(own_table(memoryview(kept.tobytes())))

    def _any(self, stream: Dispatch, kind: int) -> bool:
        if kind not in self._known:
            layout = stream.kinds[kind].layout
            self._known[kind] = any(_has(layout, path) for path in self._paths)
        return self._known[kind]


def _has(layout: Layout, path: str) -> bool:
    try:
        select(layout, [path])
    except UsageError:
        return False
    return True
