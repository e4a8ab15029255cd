"""Forms of output that hold all tables of a file: C text, one JSON object, lines of JSON."""

from __future__ import annotations

from prettify.core import program as ops
from prettify.core.rows import with_headings
from prettify.core.tables import table
from prettify.dialects.assembler import Assembler
from prettify.dialects.json import compile_placed_lines, quoted
from prettify.errors import UsageError, one_line
from prettify.model import spelled
from prettify.records.catalogue.columns import check_single
from prettify.records.sized.text import BatchText, shape_of_columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.catalogue.binding import Bound, BoundTable
    from prettify.records.conversion import Piece
    from prettify.records.sized.batch import Batch
    from prettify.records.sized.columns import Project


class Document(BatchText):
    """A conversion of the tables of files, for one run.

    named: whether there are several files, so that the output has to name them.
    """

    __slots__ = ("file", "named")

    def __init__(
        self, form: str, options: Options, project: Project, jobs: int, *, named: bool
    ) -> None:
        super().__init__(form, options, project, jobs)
        self.named = named
        self.file = ""

    def begin(self, file: str, bound: Bound, tables: Sequence[BoundTable]) -> Iterable[Piece]:
        """What stands before the tables of a file."""
        self.file = file
        self._options.byte_order = bound.byte_order
        return ()

    def end(self) -> Iterable[Piece]:
        """What stands behind the tables of a file."""
        return ()


class Text(Document):
    """C text. Comments say of which table and type the records below them are, and where."""

    __slots__ = ("_started",)

    def __init__(
        self, form: str, options: Options, project: Project, jobs: int, *, named: bool
    ) -> None:
        super().__init__(form, options, project, jobs, named=named)
        self._started = False

    def _heading(self, batch: Batch, kind: int) -> tuple[bytes, bytes]:
        """A heading's text before the offset and behind it."""
        file = f"{one_line(self.file)}: ".replace("*/", "*\\/") if self.named else ""
        type_ = batch.dispatch.kinds[kind].layout.type
        name = type_.name or spelled(type_)
        return f"/* {file}{batch.dispatch.name} at ".encode(), f": {name} */\n".encode()

    def _joint(self, batch: Batch) -> bytes:
        separator = self._program(batch, 0).separator if self._started else b""
        self._started = True
        if batch.before >= 0 or batch.dispatch.tags:
            return separator
        before, behind = self._heading(batch, 0)
        return b"%s%s0x%x%s" % (separator, before, batch.region, behind)

    def _with_headings(
        self, batch: Batch, programs: list[Program | None], rows: memoryview
    ) -> tuple[list[Program | None], memoryview]:
        """A row for a heading before each record that is of another type than the one before."""
        if not batch.dispatch.tags:
            return programs, rows
        first = len(programs)
        which = batch.shapes.which[:first]
        kinds = {which[shape] for shape, program in enumerate(programs) if program is not None}
        headings = (
            self._heading_program(batch, kind) if kind in kinds else None
            for kind in range(len(batch.dispatch.kinds))
        )
        rows = with_headings(rows, table("q", which), batch.before, first)
        return [*programs, *headings], rows

    def _heading_program(self, batch: Batch, kind: int) -> Program:
        before, behind = self._heading(batch, kind)
        to = Assembler()
        to.literal(before)
        to.add(ops.POSITION)
        to.add(ops.HEX)
        to.literal(behind)
        sample = self._program(batch, 0)
        return to.finish(
            0, big_endian=sample.big_endian, separator=sample.separator, key=sample.key
        )

    def after(self) -> Iterable[Piece]:
        if self._started or self.form.always:
            yield self.form.after


class Lines(Document):
    """A line of JSON for each record."""

    __slots__ = ()

    def _compiled(self, batch: Batch, layout: Layout) -> Program:
        before = b'"table":%s,' % quoted(batch.dispatch.name)
        if self.named:
            before = b'"file":%s,' % quoted(self.file) + before
        if batch.dispatch.tags:
            before += b'"type":%s,' % quoted(layout.type.name)
        return compile_placed_lines(layout, self._options, before)


class Object(Document):
    """One JSON object for a file: by the name of each table its records."""

    __slots__ = ("_files", "_filled", "_tables")

    def __init__(
        self, form: str, options: Options, project: Project, jobs: int, *, named: bool
    ) -> None:
        super().__init__(form, options, project, jobs, named=named)
        self._tables: list[BoundTable] = []  # those that are not complete
        self._filled = False  # whether the first of them has a record
        self._files = 0

    def before(self) -> Iterable[Piece]:
        yield b"[" if self.named else b""

    def begin(self, file: str, bound: Bound, tables: Sequence[BoundTable]) -> Iterable[Piece]:
        super().begin(file, bound, tables)
        self._tables = list(tables)
        self._filled = False
        if self._files:
            yield b",\n"
        self._files += 1
        if self.named:
            yield b'{"file":%s,"format":%s,"tables":' % (quoted(file), quoted(bound.format.name))
        yield b"{"
        if self._tables:
            yield self._opening()

    def _opening(self) -> bytes:
        table = self._tables[0]
        return quoted(table.name) + (b":" if table.table.single else b":[")

    def _closing(self) -> bytes:
        table = self._tables.pop(0)
        end = b"]"
        if table.table.single:
            end = b"" if self._filled else b"null"
        self._filled = False
        return end + (b",\n" + self._opening() if self._tables else b"}")

    def _joint(self, batch: Batch) -> bytes:
        joint = b""
        while self._tables[0] is not batch.dispatch:
            joint += self._closing()
        joint += b",\n" if self._filled else b""
        self._filled = True
        return joint

    def end(self) -> Iterable[Piece]:
        while self._tables:
            yield self._closing()
        yield b"}" if self.named else b""

    def after(self) -> Iterable[Piece]:
        if self.named or self._files:
            yield b"]\n" if self.named else b"\n"


class Fields(Document):
    """Lines of members: CSV, templates. All are of one table, whose records are of one type."""

    __slots__ = ("_heading", "_name")

    def __init__(
        self, form: str, options: Options, project: Project, jobs: int, *, named: bool
    ) -> None:
        super().__init__(form, options, project, jobs, named=named)
        self._name = form
        self._heading: bytes | None = None  # of the first file

    def begin(self, file: str, bound: Bound, tables: Sequence[BoundTable]) -> Iterable[Piece]:
        """Raises UsageError where it is not one table, or one with other columns than before."""
        super().begin(file, bound, tables)
        check_single(self._name, tables)
        heading = self.form.start(self._project(tables[0].layout), self._options)
        if self._heading is None:
            self._heading = heading
            return (heading,)
        if heading != self._heading:
            raise UsageError(
                f"its columns are not those of the file before it, and --to {self._name} holds one "
                f"set of them"
            )
        return ()

    def _program(self, batch: Batch, shape: int) -> Program:
        return super()._program(batch, shape_of_columns(batch, shape))


DOCUMENTS = {"csv": Fields, "json": Object, "ndjson": Lines, "template": Fields}


def open_document(
    form: str, options: Options, project: Project, jobs: int, *, named: bool
) -> Document:
    """The document of that form."""
    return DOCUMENTS.get(form, Text)(form, options, project, jobs, named=named)
