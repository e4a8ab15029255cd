"""Batches as text: a program for each layout, and one go of the machine for records of several."""

from __future__ import annotations

from prettify.core.emitter import fill
from prettify.core.rows import ROW, fill_rows, used
from prettify.dialects import FORMS
from prettify.records.forms.text import room_for
from prettify.records.sized.batch import own_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Piece
    from prettify.records.sized.batch import Batch
    from prettify.records.sized.columns import Project

    Buffers = Iterator[tuple[bytearray, int]]
    Part = Iterable[Any]
    """A batch, and then the buffers that hold its text, each with how many bytes are in use."""


def shape_of_columns(batch: Batch, shape: int) -> int:
    """The shape by which a record's columns are made, of those that say how they are.

    Text of any length is one column; other arrays have one for each of their elements.
    """
    kind = batch.dispatch.kinds[batch.shapes.which[shape]]
    return 0 if kind.tail is not None and not kind.tail.of_chars else shape


class BatchText:
    """A conversion of batches to text of one form, for one run.

    project: of a layout, what is shown of it. jobs: threads that convert.
    """

    __slots__ = ("_options", "_project", "_room", "_spare", "form")

    def __init__(self, form: str, options: Options, project: Project, jobs: int) -> None:
        self.form = FORMS[form]
        self._options = options
        self._project = project
        self._room = room_for(jobs)
        self._spare: list[bytearray] = []

    def before(self) -> Iterable[Piece]:
        """What stands before everything."""
        return ()

    def convert(self, batch: Batch, records: memoryview) -> Part:
        """The text of a batch, in buffers that are filled as they are asked for."""
        yield batch
        yield from self._text(batch, records)

    def _text(self, batch: Batch, records: memoryview) -> Buffers:
        if batch.rows is None:
            return self._side_by_side(batch, records)
        programs: list[Program | None] = [None] * len(batch.shapes.layouts)
        for shape in used(batch.rows, len(programs)):
            programs[shape] = self._program(batch, shape)
        programs, rows = self._with_headings(batch, programs, batch.rows)
        if len(rows) < len(programs):
            programs, rows = _those_alone(programs, rows)
        return fill_rows(programs, records, rows, self._spare, self._room)

    def _side_by_side(self, batch: Batch, records: memoryview, shape: int = 0) -> Buffers:
        """The text of records that all have that shape, one behind the other."""
        program = self._program(batch, shape)
        count = len(records) // program.record_size
        return fill(program, records, 0, count, self._spare, self._room, batch.position)

    def pieces(self, part: Part) -> Iterator[Piece]:
        """The text of a batch, and what stands before it."""
        buffers = iter(part)
        batch = next(buffers)
        first = True
        for out, written in buffers:
            if first:
                yield self._joint(batch)
            first = False
            with memoryview(out) as whole:
                yield whole[:written]
            self._spare.append(out)

    def after(self) -> Iterable[Piece]:
        """What stands behind everything."""
        return ()

    def close(self) -> None:
        """Let go of the buffers."""
        self._spare.clear()

    def _program(self, batch: Batch, shape: int) -> Program:
        made = batch.shapes.made
        program: Program | None = made.get(shape)
        if program is None:
            layout = self._project(batch.shapes.layouts[shape])
            program = made[shape] = self._compiled(batch, layout)
        return program

    def _compiled(self, batch: Batch, layout: Layout) -> Program:
        return self.form.compile(layout, self._options)

    def _joint(self, batch: Batch) -> bytes:
        """What stands between a batch and what was before it."""
        return b""

    def _with_headings(
        self, batch: Batch, programs: list[Program | None], rows: memoryview
    ) -> tuple[list[Program | None], memoryview]:
        return programs, rows


def _those_alone(
    programs: list[Program | None], rows: memoryview
) -> tuple[list[Program | None], memoryview]:
    """The programs that a few rows are for, of many."""
    rows = own_table(rows)
    places: dict[int, int] = {}
    for at in range(0, len(rows), ROW):
        rows[at] = places.setdefault(rows[at], len(places))
    return [programs[shape] for shape in places], rows
