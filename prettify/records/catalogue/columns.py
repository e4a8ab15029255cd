"""Forms of output that are made of records of one size: Arrow, Parquet, SQLite."""

from __future__ import annotations

from prettify.core.rows import ROW
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.records.catalogue.binding import without_tail
from prettify.records.forms import NAMED, open_conversion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from prettify.layout import Layout
    from prettify.records.catalogue.batch import Batch
    from prettify.records.catalogue.binding import Bound, BoundTable
    from prettify.records.conversion import Conversion, Piece

    Part = list[Any]
    Project = Callable[[Layout], Layout]


def check_single(form: str, tables: Sequence[BoundTable]) -> None:
    """Raise UsageError for several tables, or one of several types, where a form holds one."""
    if len(tables) != 1:
        names = ", ".join(table.name for table in tables)
        raise UsageError(f"--to {form} holds one table: name it with --table ({names})")
    [table] = tables
    if len(table.kinds) > 1:
        raise UsageError(
            f"--to {form} holds records of one type, and those of {table.name} are of "
            f"{len(table.kinds)}; --to ndjson and --to sqlite hold them"
        )


class Columns:
    """Batches through a conversion of records, which is opened for the tables of the first file."""

    __slots__ = ("_form", "_inner", "_jobs", "_options", "_places", "_project", "_types")

    def __init__(self, form: str, options: Options, project: Project, jobs: int) -> None:
        self._form = form
        self._options = options
        self._project = project
        self._jobs = jobs
        self._inner: Conversion | None = None
        self._places: dict[tuple[str, int], int] = {}  # of a table's kinds, among the types
        self._types: list[str] = []

    def before(self) -> Iterable[Piece]:
        """Nothing yet: it depends on the tables."""
        return ()

    def begin(self, file: str, bound: Bound, tables: Sequence[BoundTable]) -> Iterator[Piece]:
        """What stands before all records, where this is the first file.

        Raises UsageError for several tables or types where the form holds one, and for a file whose
        types are others than those of the file before it.
        """
        if self._form != NAMED:
            check_single(self._form, tables)
            if not tables[0].layout.size:
                raise UsageError(
                    f"--to {self._form} holds members of one size each, and {tables[0].name} has "
                    f"none"
                )
        kinds = [
            (table, at, kind)
            for table in tables
            for at, kind in enumerate(table.kinds)
            if kind.layout.size  # a flexible array alone has no columns
        ]
        types = [f"{table.name} {kind.layout!r} {bound.byte_order}" for table, _, kind in kinds]
        if self._inner is not None:
            if types != self._types:
                raise UsageError(
                    f"its types are not those of the file before it, and --to {self._form} holds "
                    f"one set of them"
                )
            return
        self._types = types
        self._options.byte_order = bound.byte_order
        self._places = {(table.name, at): place for place, (table, at, _) in enumerate(kinds)}
        # An array of another length in each record is no column of a type's.
        layouts = [self._project(without_tail(kind.layout)) for _, _, kind in kinds]
        names = [f"{t.name}_{k.layout.type.name}" if at else t.name for t, at, k in kinds]
        self._inner = open_conversion(self._form, layouts, self._options, self._jobs, names)
        yield from self._inner.before()

    def convert(self, batch: Batch, records: memoryview) -> Part:
        """The parts of each type's records."""
        inner = self._inner
        assert inner is not None
        if batch.rows is None:
            return [inner.convert(self._places[batch.table.name, 0], records)]
        which = batch.shapes.which
        groups: dict[int, list[memoryview]] = {}
        rows = batch.rows
        for shape, start in zip(rows[::ROW], rows[1::ROW]):
            kind = which[shape]
            if (batch.table.name, kind) not in self._places:
                continue
            size = batch.table.kinds[kind].layout.size
            groups.setdefault(kind, []).append(records[start : start + size])
        return [
            inner.convert(self._places[batch.table.name, kind], memoryview(b"".join(found)))
            for kind, found in groups.items()
        ]

    def pieces(self, part: Part) -> Iterator[Piece]:
        """A batch's output."""
        assert self._inner is not None
        for one in part:
            yield from self._inner.pieces(one)

    def end(self) -> Iterable[Piece]:
        """Nothing stands behind a file."""
        return ()

    def after(self) -> Iterable[Piece]:
        """What stands behind everything. Raises UsageError where no file had the tables."""
        if self._inner is None:
            raise UsageError(f"nothing to write: no file has columns for --to {self._form}")
        return self._inner.after()

    def close(self) -> None:
        """Free what is held."""
        if self._inner is not None:
            self._inner.close()
