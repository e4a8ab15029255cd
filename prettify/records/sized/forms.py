"""Conversions of the batches of a run over types of its own; those of files are the catalogue's."""

from __future__ import annotations

from prettify.core.rows import gather, used
from prettify.core.tables import table
from prettify.errors import DataError, UsageError
from prettify.layout import locates
from prettify.model import spelled
from prettify.records.forms import NAMED, TABLE_FORMS, check_options
from prettify.records.sized.columns import Columns, kinds_of
from prettify.records.sized.shapes import fitted
from prettify.records.sized.text import BatchText

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.sized.batch import Batch
    from prettify.records.sized.columns import Project
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.text import Buffers


MANY = 16  # records that are worth putting side by side
FIELDS = frozenset(("csv", "template"))  # forms whose lines have all the same columns


def open_batches(
    form: str, options: Options, streams: Sequence[Dispatch], project: Project, jobs: int = 1
) -> Conversion:
    """The conversion of these streams' batches to that form.

    project: of a layout, what is shown of it. Raises UsageError for a form that is not known or
    cannot hold them, and for an option that means nothing in it.
    """
    check_options(form, options)
    if form in TABLE_FORMS:
        if form != NAMED:
            _check_single(form, streams)
        if any(stream.rest for stream in streams):
            raise UsageError(f"--tail is as long as it is, which no column of --to {form} can be")
        return StreamColumns(form, options, streams, project, jobs)
    if form in FIELDS:
        _check_single(form, streams)
        return StreamFields(form, options, streams, project, jobs)
    return StreamText(form, options, streams, project, jobs)


def _check_single(form: str, streams: Sequence[Dispatch]) -> None:
    """Raise UsageError where a form holds records of one type, and these are of several."""
    if len(streams) == 1 and not streams[0].tags:
        return
    names = ", ".join(stream.name for stream in streams)
    many = "are several" if len(streams) > 1 else "has records of several types"
    raise UsageError(
        f"--to {form} holds records of one type, and {names} {many}; --to ndjson and --to {NAMED} "
        f"hold them"
    )


def of_columns(stream: Dispatch) -> Layout:
    """The layout of a stream's own records by which their columns are made."""
    layout, tail = stream.layout, stream.kinds[0].tail
    length = layout.size
    if tail is not None and not tail.of_chars:
        length = tail.offset
        layout = fitted(layout, length)
    if stream.rest_always:
        layout = fitted(layout, length, rest=True, empty=True)
    return layout


class StreamText(BatchText):
    """Text of all records, one behind the other, as if they were of one type."""

    __slots__ = ("_started", "_streams")

    def __init__(
        self,
        form: str,
        options: Options,
        streams: Sequence[Dispatch],
        project: Project,
        jobs: int,
    ) -> None:
        super().__init__(form, options, project, jobs)
        self._streams = streams
        self._started = False

    def before(self) -> Iterable[Piece]:
        layout = of_columns(self._streams[0])
        yield self.form.start(self._project(layout), self._options)

    def _text(self, batch: Batch, records: memoryview) -> Buffers:
        """Records that are all alike go faster side by side, once they have been copied there."""
        rows = batch.rows
        if rows is not None and len(batch) >= MANY:
            layouts = batch.shapes.layouts
            shapes = used(rows, len(layouts))
            size = self._program(batch, shapes[0]).record_size
            # What is located behind a type would be left behind.
            if len(shapes) == 1 and size and not locates(layouts[shapes[0]]):
                sizes = table("q", [size] * len(layouts))
                together = memoryview(gather(records, rows, sizes, size))
                return self._side_by_side(batch, together, shapes[0])
        return super()._text(batch, records)

    def _joint(self, batch: Batch) -> bytes:
        separator = self._program(batch, 0).separator if self._started else b""
        self._started = True
        return separator

    def after(self) -> Iterable[Piece]:
        if self._started or self.form.always:
            yield self.form.after


class StreamFields(StreamText):
    """Lines of members, whose number is that of the type's.

    Text of any length is one of them; other arrays would be one for each of their elements.
    """

    __slots__ = ("_columns",)

    def __init__(
        self,
        form: str,
        options: Options,
        streams: Sequence[Dispatch],
        project: Project,
        jobs: int,
    ) -> None:
        super().__init__(form, options, streams, project, jobs)
        streams[0].rest_always = streams[0].rest
        self._columns: Program | None = None  # of records of all lengths, if that is one
        layout = of_columns(streams[0])
        program = self.form.compile(project(layout), options)
        tail = streams[0].kinds[0].tail
        if tail is not None and not tail.of_chars:
            self._columns = program

    def _program(self, batch: Batch, shape: int) -> Program:
        kind = batch.dispatch.kinds[0]
        layout = batch.shapes.layouts[shape]
        needed = kind.layout.size if kind.tail is None else kind.tail.offset
        if layout.size < needed:
            raise DataError(
                f"{batch.dispatch.name}: a record of {layout.size} bytes, of the {needed} that "
                f"have columns; --to ndjson shows it as far as it goes",
                batch.position,
            )
        return self._columns or super()._program(batch, shape)


class StreamColumns(Columns):
    """Columns of all streams, in a table for each type that records may be of."""

    __slots__ = ("_streams",)

    def __init__(
        self,
        form: str,
        options: Options,
        streams: Sequence[Dispatch],
        project: Project,
        jobs: int,
    ) -> None:
        super().__init__(form, options, project, jobs)
        self._streams = streams
        for stream in streams:
            stream.resolve_all()
        if not kinds_of(streams):
            raise UsageError(
                f"--to {form} holds members of one size each, and "
                f"{spelled(streams[0].layout.type)} has none"
            )

    def before(self) -> Iterable[Piece]:
        names = [kind.layout.type.name for _, _, kind in kinds_of(self._streams)]
        return self.open(self._streams, names)
