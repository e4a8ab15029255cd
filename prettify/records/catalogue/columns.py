"""Tables of files in forms that are made of records of one size: Arrow, Parquet, SQLite."""

from __future__ import annotations

from prettify.errors import UsageError
from prettify.records.forms import NAMED
from prettify.records.sized import columns
from prettify.records.sized.columns import kinds_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prettify.dialects.options import Options
    from prettify.records.catalogue.binding import Bound, BoundTable
    from prettify.records.conversion import Piece
    from prettify.records.sized.columns import Project


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


class Columns(columns.Columns):
    """A conversion of batches of tables, which is opened for those of the first file."""

    __slots__ = ("_types",)

    def __init__(self, form: str, options: Options, project: Project, jobs: int) -> None:
        super().__init__(form, options, project, jobs)
        self._types: list[str] = []

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
        kinds = kinds_of(tables)
        types = [f"{table.name} {kind.layout!r} {bound.byte_order}" for table, _, kind in kinds]
        if self.opened:
            if types != self._types:
                raise UsageError(
                    f"its types are not those of the file before it, and --to {self._form} holds "
                    f"one set of them"
                )
            return
        self._types = types
        self._options.byte_order = bound.byte_order
        names = [f"{t.name}_{k.layout.type.name}" if at else t.name for t, at, k in kinds]
        yield from self.open(tables, names)

    def end(self) -> Iterable[Piece]:
        """Nothing stands behind a file."""
        return ()

    def after(self) -> Iterable[Piece]:
        """What stands behind everything. Raises UsageError where no file had the tables."""
        if not self.opened:
            raise UsageError(f"nothing to write: no file has columns for --to {self._form}")
        return super().after()
