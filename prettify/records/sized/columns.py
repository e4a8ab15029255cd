"""Batches through the forms that are made of records of one size: Arrow, Parquet, SQLite."""

from __future__ import annotations

from prettify.core.rows import ROW, gather, used
from prettify.core.tables import table
from prettify.errors import DataError
from prettify.layout import locates
from prettify.records.forms import NAMED, open_conversion
from prettify.records.sized.shapes import without_tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.sized.batch import Batch
    from prettify.records.sized.dispatch import Dispatch, Kind

    Part = list[Any]
    Project = Callable[[Layout], Layout]


def kinds_of(streams: Sequence[Dispatch]) -> list[tuple[Dispatch, int, Kind]]:
    """(stream, place among its kinds, kind) of all kinds that have columns."""
    return [
        (stream, at, kind)
        for stream in streams
        for at, kind in enumerate(stream.kinds)
        if kind.layout.size  # a flexible array alone has none
    ]


class Columns:
    """A conversion of batches. It has to be opened before anything is converted.

    project: of a layout, what is shown of it. jobs: threads that convert.
    """

    __slots__ = ("_form", "_inner", "_jobs", "_options", "_places", "_project")

    def __init__(self, form: str, options: Options, project: Project, jobs: int) -> None:
        self._form = form
        self._options = options
        self._project = project
        self._jobs = jobs
        self._inner: Conversion | None = None
        self._places: dict[tuple[str, int], int] = {}  # of a stream's kinds, among the types

    def open(self, streams: Sequence[Dispatch], names: Sequence[str]) -> Iterable[Piece]:
        """Open it for those streams; what stands before all records.

        names: what each kind is called, where the form has names for types. Raises UsageError where
        the form cannot hold them.
        """
        kinds = kinds_of(streams)
        self._places = {(s.name, at): place for place, (s, at, _) in enumerate(kinds)}
        # An array of another length in each record is no column of a type's.
        layouts = [self._project(without_tail(kind.layout)) for _, _, kind in kinds]
        self._inner = open_conversion(self._form, layouts, self._options, self._jobs, names)
        return self._inner.before()

    @property
    def opened(self) -> bool:
        """Whether it was opened."""
        return self._inner is not None

    def before(self) -> Iterable[Piece]:
        """Nothing: what stands before all comes when it is opened."""
        return ()

    def convert(self, batch: Batch, records: memoryview) -> Part:
        """The parts of each type's records."""
        inner = self._inner
        assert inner is not None
        stream = batch.dispatch
        if batch.rows is None:
            return [inner.convert(self._places[stream.name, 0], records)]
        which = batch.shapes.which
        groups: dict[int, list[int]] = {}  # the shapes of each kind
        for shape in used(batch.rows, len(batch.shapes.layouts)):
            if (stream.name, which[shape]) in self._places:
                groups.setdefault(which[shape], []).append(shape)
        parts: Part = []
        for kind, shapes in groups.items():
            size = stream.kinds[kind].layout.size
            full = [shape for shape in shapes if batch.shapes.layouts[shape].size >= size]
            if full and locates(stream.kinds[kind].layout):
                parts += self._whole(batch, kind, full)
                shapes = [shape for shape in shapes if shape not in full]
            if shapes:
                parts.append(self._part(batch, records, kind, shapes))
        return parts

    def _whole(self, batch: Batch, kind: int, shapes: Sequence[int]) -> Iterator[Any]:
        """The parts of those records of a kind of which something is behind their type."""
        from prettify.records.sized.whole import rows_of

        inner: Any = self._inner
        sizes = [-1] * len(batch.shapes.layouts)
        for shape in shapes:
            sizes[shape] = batch.dispatch.kinds[kind].layout.size
        place = self._places[batch.dispatch.name, kind]
        for _, rows in rows_of(batch, sizes):
            yield inner.convert(place, rows)

    def _part(self, batch: Batch, records: memoryview, kind: int, shapes: Sequence[int]) -> Any:
        """The part of the records of one kind, which have these shapes."""
        rows, layouts = batch.rows, batch.shapes.layouts
        assert rows is not None
        inner: Any = self._inner
        of_kind = batch.dispatch.kinds[kind]
        size = of_kind.layout.size
        # Behind the place of an array of no size there may be padding of the type alone.
        needed = size if of_kind.tail is None else of_kind.tail.offset
        sizes = [-1] * len(layouts)
        for shape in shapes:
            sizes[shape] = min(layouts[shape].size, size)
        gathered = memoryview(gather(records, rows, table("q", sizes), size))
        place = self._places[batch.dispatch.name, kind]
        if all(sizes[shape] >= needed for shape in shapes):
            return inner.convert(place, gathered)
        ends = [sizes[shape] for shape in rows[::ROW] if sizes[shape] >= 0]
        if self._form == NAMED:
            return inner.convert(place, gathered, ends)
        positions = (p for shape, p in zip(rows[::ROW], rows[2::ROW]) if 0 <= sizes[shape] < needed)
        position = next(positions)
        raise DataError(
            f"record at byte {position} ends before its type does, and --to {self._form} holds "
            f"members of one size each; --to ndjson and --to sqlite show it as far as it goes",
            position,
        )

    def pieces(self, part: Part) -> Iterator[Piece]:
        """A batch's output."""
        assert self._inner is not None
        for one in part:
            yield from self._inner.pieces(one)

    def after(self) -> Iterable[Piece]:
        """What stands behind everything."""
        return () if self._inner is None else self._inner.after()

    def close(self) -> None:
        """Free what is held."""
        if self._inner is not None:
            self._inner.close()
