"""Records of several kinds in one set of columns: CSV, Arrow, Parquet; and tables of SQLite.

The columns are those of all kinds that may come, in the order in which they first do. What a record
does not have is empty, or null.
"""

from __future__ import annotations

from prettify.dialects import FORMS as TEXT_FORMS
from prettify.errors import UsageError
from prettify.records.perf.text import PerfText

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    import pyarrow

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Piece
    from prettify.records.perf.reader import Batch

    Project = Callable[[Layout], Layout]


class CsvText(PerfText):
    """CSV: the columns are known when the first recording is open."""

    __slots__ = ("_names",)

    def __init__(self, form: str, options: Options, project: Project, jobs: int) -> None:
        super().__init__(form, options, project, jobs)
        self._names: list[str] | None = None

    def before(self) -> Iterable[Piece]:
        return ()

    def begin(self, layouts: Sequence[Layout]) -> Iterable[Piece]:
        """The heading, for what these layouts have. Raises UsageError where it is another one."""
        from prettify.dialects.csv import columns_of, heading_of

        names: dict[str, None] = {}
        for layout in layouts:
            names.update(dict.fromkeys(columns_of(layout)))
        found = list(names)
        if self._names is None:
            self._names = found
            return (heading_of(found),)
        if found != self._names:
            raise _other_columns("csv")
        return ()

    def _compiled(self, batch: Any, layout: Layout) -> Program:
        from prettify.dialects.csv import compile_columns

        assert self._names is not None
        return compile_columns(layout, self._names, self._options)


def _other_columns(form: str) -> UsageError:
    return UsageError(
        f"its columns are not those of the recording before it, and --to {form} holds one set of "
        f"them: choose some with --select or --event"
    )


class TableConversion:
    """A conversion to Arrow or Parquet: form's own one behind batches of all kinds."""

    __slots__ = ("_columns", "_form", "_inner", "_options", "_project")

    def __init__(self, form: str, options: Options, project: Project) -> None:
        self._form = form
        self._options = options
        self._project = project
        self._columns: Any = None
        self._inner: Any = None

    def before(self) -> Iterable[Piece]:
        """Nothing: what stands before all comes when the first recording is open."""
        return ()

    def begin(self, layouts: Sequence[Layout]) -> Iterable[Piece]:
        """What stands before the records of a recording, which have the members of these layouts.

        Raises UsageError where the schema is another one than before.
        """
        from prettify.records.forms import TABLE_FORMS
        from prettify.records.perf.arrow import UnionColumns

        columns = UnionColumns(layouts)
        if self._inner is not None:
            if columns.schema != self._columns.schema:
                raise _other_columns(self._form)
            self._columns = columns
            return ()
        self._columns = columns
        module, name = TABLE_FORMS[self._form]
        made = getattr(__import__(module, fromlist=[name]), name)
        self._inner = made.of(columns)
        before: Iterable[Piece] = self._inner.before()
        return before

    def convert(self, batch: Batch, records: memoryview) -> pyarrow.RecordBatch:
        """A batch's records."""
        return self._columns.batch(batch, self._project)

    def pieces(self, part: pyarrow.RecordBatch) -> Iterable[Piece]:
        """The output of that."""
        found: Iterable[Piece] = self._inner.pieces(part)
        return found

    def after(self) -> Iterable[Piece]:
        """What stands behind everything."""
        return () if self._inner is None else self._inner.after()

    def close(self) -> None:
        """Free what is held."""
        if self._inner is not None:
            self._inner.close()


class Database:
    """A conversion to SQLite: a table for each kind of records that there is, made as they come."""

    __slots__ = ("_inner", "_known", "_project", "_tables")

    def __init__(self, form: str, options: Options, project: Project) -> None:
        from prettify.records.forms.sqlite import Sqlite

        self._inner = Sqlite((), options.byte_order)
        self._project = project
        self._tables: dict[tuple[str, ...], int] = {}
        self._known: dict[Layout, int] = {}  # tables by the layouts of their records

    def before(self) -> Iterable[Piece]:
        """Begins the database."""
        return self._inner.before()

    def begin(self, layouts: Sequence[Layout]) -> Iterable[Piece]:
        """Nothing: tables are made when there are records for them."""
        return ()

    def prepare(self, batch: Batch) -> None:
        """Make the tables for a batch. Raises UsageError where SQLite cannot hold them."""
        from prettify.core.rows import used
        from prettify.dialects.csv import columns_of

        for number in used(batch.rows, len(batch.shapes.layouts)):
            layout = batch.shapes.layouts[number]
            if layout in self._known:
                continue
            shown = self._project(layout)
            name = batch.shapes.kinds[number].title
            key = (name, shown.byte_order, str(shown.size), *columns_of(shown))
            if key not in self._tables:
                self._tables[key] = self._inner.add(shown, None, name)
            self._known[layout] = self._tables[key]

    def convert(self, batch: Batch, records: memoryview) -> list[Any]:
        """The rows of each table."""
        import numpy

        from prettify.core.rows import ROW
        from prettify.records.perf.choosing import pieces_of, records_of

        rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
        return [
            self._inner.convert(
                self._known[batch.shapes.layouts[number]],
                records_of(batch, piece),
            )
            for number in numpy.unique(rows[:, 0]).tolist()
            for piece in pieces_of(rows[rows[:, 0] == number])
        ]

    def pieces(self, part: list[Any]) -> Iterable[Piece]:
        """Adds rows; nothing is put out."""
        for one in part:
            yield from self._inner.pieces(one)

    def after(self) -> Iterable[Piece]:
        """The database."""
        return self._inner.after()

    def close(self) -> None:
        """Remove it."""
        self._inner.close()


CONVERSIONS: dict[str, Callable[..., Any]] = {
    "csv": CsvText,
    "arrow": lambda form, options, project, jobs: TableConversion(form, options, project),
    "parquet": lambda form, options, project, jobs: TableConversion(form, options, project),
    "sqlite": lambda form, options, project, jobs: Database(form, options, project),
}


def open_conversion(form: str, options: Options, project: Project, jobs: int) -> Any:
    """The conversion of recordings to that form."""
    make = CONVERSIONS.get(form, PerfText)
    assert form in TEXT_FORMS or form in CONVERSIONS
    return make(form, options, project, jobs)
