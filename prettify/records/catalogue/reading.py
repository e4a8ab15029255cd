"""A run over files of formats: recognised, walked through, and put out in a form."""

from __future__ import annotations

from prettify.dialects import C_DIALECTS
from prettify.dialects.options import Options
from prettify.errors import DataError, UsageError
from prettify.paths import choices
from prettify.records.catalogue.binding import Bound, bind
from prettify.records.catalogue.columns import Columns
from prettify.records.catalogue.documents import DOCUMENTS, open_document
from prettify.records.catalogue.recognition import (
    load_format,
    load_heads,
    recognise,
    variant_of,
)
from prettify.records.catalogue.walk import Walk
from prettify.records.conversion import buffers_for, converted
from prettify.records.forms import check_options
from prettify.records.run import Run
from prettify.records.sized.choosing import Filter, Projection, cut
from prettify.sources import catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from prettify.layout import Layout
    from prettify.records.catalogue.binding import BoundTable
    from prettify.records.catalogue.declaration import Format
    from prettify.records.catalogue.documents import Document
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.input import Input
    from prettify.records.run import Report
    from prettify.records.sized.batch import Batch


class Choice:
    """What a user wants of files: the format if they are not to be recognised, tables, records.

    format: NAME or NAME:VARIANT, None for whatever each is. tables: by name, in the order of the
    format whatever theirs is; none are all that are shown. where, select, skip and count: as of
    `Selection`, of the one table. byte_order: None is the variant's.
    """

    __slots__ = ("byte_order", "count", "format", "select", "skip", "tables", "where")

    def __init__(
        self,
        format: str | None = None,
        tables: Sequence[str] = (),
        *,
        where: str | None = None,
        select: Sequence[str] | str | None = None,
        skip: int = 0,
        count: int | None = None,
        byte_order: str | None = None,
    ) -> None:
        self.format = format
        self.tables = tuple(tables)
        self.where = where
        self.select = select
        self.skip = skip
        self.count = count
        self.byte_order = byte_order

    @property
    def of_one(self) -> str:
        """The first thing asked for that is about the records of one table, or nothing."""
        given = {
            "where": self.where is not None,
            "select": self.select is not None,
            "skip": bool(self.skip),
            "count": self.count is not None,
        }
        return next((name for name, there in given.items() if there), "")


class File:
    """One input of a known format, and the tables of it that are wanted."""

    __slots__ = ("_buffers", "_choice", "_where", "bound", "data", "tables")

    def __init__(self, data: Input, bound: Bound, choice: Choice, buffers: int = 1) -> None:
        """Raises UsageError for tables that the format has not, for a choice among several's, and
        for a filter that makes no sense of the one.
        """
        self.data = data
        self.bound = bound
        self.tables = _wanted(bound, choice.tables)
        self._choice = choice
        self._buffers = buffers
        if choice.of_one and len(self.tables) != 1:
            names = ", ".join(table.name for table in self.tables)
            raise UsageError(f"--{choice.of_one} is of one table: name it with --table ({names})")
        self._where: Filter | None = None
        if choice.where is not None:
            self._where = Filter(choice.where, self.tables[0], bound.byte_order)

    def batches(self, report: Report) -> Iterator[Batch | None]:
        """The records of the tables. What is wrong with one is reported, and the next follows."""
        walk = Walk(self.bound, self.data, report, self._buffers)
        choice = self._choice
        for table in _needed(self.bound, self.tables):
            if table not in self.tables:
                walk.pass_over(table)
                continue
            found = walk.table(table)
            if self._where is not None:
                found = _filtered(found, self._where)
            if choice.skip or choice.count is not None:
                found = cut(found, choice.skip, choice.count)
            region, before = -1, -1
            for batch in found:
                if batch is not None:
                    if batch.region != region:
                        region, before = batch.region, -1
                    batch.before = before
                    before = batch.last
                yield batch


def _filtered(found: Iterator[Batch | None], where: Filter) -> Iterator[Batch | None]:
    for batch in found:
        kept = None if batch is None else where.of(batch)
        if kept is None or len(kept):
            yield kept


def _wanted(bound: Bound, names: Sequence[str]) -> list[BoundTable]:
    if not names:
        return [table for table in bound.tables if table.table.shown]
    known = list(dict.fromkeys(table.name for table in bound.format.tables))
    for name in names:
        if name not in known:
            raise UsageError(
                f"format {bound.format.name} has no table {name!r}; {choices(name, known)}"
            )
    return [table for table in bound.tables if table.name in names]


def _needed(bound: Bound, wanted: Sequence[BoundTable]) -> Sequence[BoundTable]:
    """The tables to go through: where there is no going back, also those before one wanted."""
    if not bound.sequential:
        return wanted
    return bound.tables[: max((table.index + 1 for table in wanted), default=0)]


class Library:
    """Formats and their bindings, each made when it is first asked for."""

    __slots__ = ("_bound", "_formats", "_heads")

    def __init__(self) -> None:
        self._heads: list[Format] | None = None
        self._formats: dict[str, Format] = {}
        self._bound: dict[tuple[str, str, str], Bound] = {}

    def format(self, name: str) -> Format:
        """A format by name. Raises UsageError, TypeInfoError."""
        if name not in self._formats:
            self._formats[name] = load_format(name)
        return self._formats[name]

    def bound(self, data: Input, name: str | None, byte_order: str | None) -> Bound:
        """The format of an input, bound to its types.

        name: NAME or NAME:VARIANT, None for whatever it is. Raises UsageError where it is of none.
        """
        if name is None:
            if self._heads is None:
                self._heads = load_heads()
            head, variant = recognise(self._heads, data)
            format = self.format(head.name)
        else:
            name, _, variant_name = name.partition(":")
            format = self.format(name)
            variant = variant_of(format, variant_name, data, byte_order)
        order = byte_order or variant.endian
        key = format.name, variant.name, order
        if key not in self._bound:
            graph = catalogue.open_format(format.name)
            if graph is None:
                raise UsageError(f"format {format.name} has no types: {format.name}.btf is missing")
            self._bound[key] = bind(format, variant.name, graph, order)
        return self._bound[key]


class Reading(Run):
    """What to do with each input: which tables of it, in which form."""

    __slots__ = (
        "_choice", "_document", "_form", "_jobs", "_library", "_options", "_projection", "_several",
    )  # fmt: skip

    def __init__(self, form: str, options: Options, choice: Choice, jobs: int = 1) -> None:
        """form: of output, by the name of its dialect where it is C. Raises UsageError."""
        check_options(form, options)
        super().__init__()
        self._form = form
        self._options = options
        self._choice = choice
        self._jobs = jobs
        self._library = Library()
        if choice.format is not None:
            self._library.format(choice.format.partition(":")[0])
        self._projection: Projection | None = None  # of the table of the present input
        self._several = False
        self._document: Columns | Document  # of the present run

    def _begin(self, inputs: int) -> Conversion:
        self._several = inputs > 1
        form, what = self._form, (self._form, self._options, self._projected, self._jobs)
        if form in C_DIALECTS or form in DOCUMENTS:
            self._document = open_document(*what, named=self._several)
        else:
            self._document = Columns(*what)
        return self._document

    def _projected(self, layout: Layout) -> Layout:
        return layout if self._projection is None else self._projection.of(layout)

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        document = self._document
        try:
            file, begun = self._begun(data)
        except UsageError as error:
            if not self._several:
                raise
            report(error)
            return
        yield from begun
        try:
            blocks = (
                None if batch is None else (batch, batch.data)
                for batch in self._watched(file.batches(report), data)
            )
            yield from converted(document, blocks, self._jobs)
        except DataError as error:
            report(error)
        yield from document.end()

    def _begun(self, data: Input) -> tuple[File, list[Piece]]:
        """An input's file, and what stands before its tables."""
        choice = self._choice
        bound = self._library.bound(data, choice.format, choice.byte_order)
        try:
            file = File(data, bound, choice, buffers_for(self._jobs))
            if choice.select is not None:
                layouts = [kind.layout for kind in file.tables[0].kinds]
                self._projection = Projection(choice.select, layouts)
            return file, list(self._document.begin(data.name, bound, file.tables))
        except UsageError as error:
            raise UsageError(f"{data.name}: {error}" if self._several else str(error)) from error

    def _watched(self, batches: Iterator[Batch | None], data: Input) -> Iterator[Batch | None]:
        """The same batches; the input's position tells how far it is."""
        for batch in batches:
            if batch is not None and data.seekable:
                data.position = max(data.position, batch.position)
            yield batch
