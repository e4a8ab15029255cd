"""Events in every form of output: text by rows of the emitter, tables by gathering their bytes."""

from __future__ import annotations

from prettify.core.event_rows import gather
from prettify.core.rows import ROW, fill_rows
from prettify.dialects import FORMS as TEXT_FORMS
from prettify.errors import UsageError
from prettify.layout import flexible_tail
from prettify.model import spelled
from prettify.records.forms import check_options, open_conversion
from prettify.records.forms.text import Text
from prettify.records.sized.shapes import without_tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.maps.events.batch import Events
    from prettify.records.maps.events.types import EventTypes, Shapes

    Project = Callable[[Layout], Layout]

UNIFORM = frozenset(("csv", "template"))  # forms whose lines have all the same columns


class Chosen:
    """Those of some events that are shown: rows, whose first numbers are places in `shapes`."""

    __slots__ = ("events", "rows", "shapes")

    def __init__(self, events: Events, rows: memoryview, shapes: Shapes) -> None:
        self.events = events
        self.rows = rows
        self.shapes = shapes

    def __len__(self) -> int:
        return len(self.rows) // ROW

    def gathered(self, kind: int, size: int) -> memoryview:
        """The first `size` bytes of each event of a type, side by side; what is missing is zero."""
        sizes, kinds = self.shapes.tables
        target = bytearray(len(self) * size)
        count = gather(self.events.data, self.rows, sizes, kinds, kind, size, target)
        return memoryview(target)[: count * size]


def open_events(
    form: str, types: EventTypes, project: Project, options: Options, jobs: int
) -> Conversion:
    """The conversion of `Chosen` to that form, in that many threads.

    project: of a layout, what is shown of it. Raises UsageError as `open_conversion` does.
    """
    check_options(form, options)
    if form in TEXT_FORMS:
        if TEXT_FORMS[form].single and len(types.layouts) > 1:
            raise UsageError(f"--to {form} holds records of one type: name one with -C")
        return EventText(form, types, project, options, jobs)
    layouts = [without_tail(layout) for layout in types.layouts]
    for layout in layouts:
        if not layout.size:
            raise UsageError(
                f"--to {form} holds members of one size each, and {spelled(layout.type)} has none"
            )
    return EventColumns(
        open_conversion(form, [project(layout) for layout in layouts], options, jobs), layouts
    )


class EventText(Text):
    """Events as text of one form: a program for each layout, run over rows."""

    __slots__ = ("_alike", "_options", "_project", "_types", "_uniform")

    def __init__(
        self, form: str, types: EventTypes, project: Project, options: Options, jobs: int
    ) -> None:
        layouts = [project(layout) for layout in types.layouts]
        super().__init__(TEXT_FORMS[form], layouts, options, jobs)
        self._programs[0] = types.program(self.form, 0, layouts[0], options)
        # Events that are all alike are records side by side, once they have been copied there.
        self._alike = (
            len(layouts) == 1 and flexible_tail(types.layouts[0].root) is None and not types.placed
        )
        self._uniform = form in UNIFORM
        self._types = types
        self._project = project
        self._options = options

    def convert(self, index: Chosen, records: memoryview) -> Iterator[tuple[bytearray, int]]:
        """The text of the events, in buffers."""
        if self._alike:
            return super().convert(0, index.gathered(0, index.shapes.layouts[0].size))
        return fill_rows(self._for(index), records, index.rows, self._spare, self._size)

    def _for(self, chosen: Chosen) -> list[Program]:
        """The programs that the rows name by their places."""
        shapes, rows = chosen.shapes, chosen.rows
        if len(chosen) >= len(shapes.layouts):
            return [
                self._program(shapes, shape) for shape in range(max(rows[::ROW], default=-1) + 1)
            ]
        # Few events of few of many shapes: the programs of these alone.
        places: dict[int, int] = {}
        for at in range(0, len(rows), ROW):
            rows[at] = places.setdefault(rows[at], len(places))
        return [self._program(shapes, shape) for shape in places]

    def _program(self, shapes: Shapes, shape: int) -> Program:
        program = shapes.made.get(shape)
        if program is None:
            kind, layout = shapes.which[shape], shapes.layouts[shape]
            tail = shapes.kinds[kind].tail
            # Text of any length is one column; other elements would be one each.
            if self._uniform and tail is not None and not tail.of_chars:
                layout = shapes.bare[kind]
            program = self._types.program(self.form, kind, self._project(layout), self._options)
            shapes.made[shape] = program
        return program


class EventColumns:
    """Events through a conversion of records of one size, those of each type together."""

    __slots__ = ("_inner", "_layouts")

    def __init__(self, inner: Conversion, layouts: Sequence[Layout]) -> None:
        self._inner = inner
        self._layouts = layouts

    def before(self) -> Iterable[Piece]:
        """What comes before everything."""
        return self._inner.before()

    def convert(self, chosen: Chosen, data: memoryview) -> list[Any]:
        """The parts of each type's events."""
        which = chosen.shapes.which
        kinds = {which[shape] for shape in set(chosen.rows[::ROW])}
        return [
            self._inner.convert(kind, chosen.gathered(kind, self._layouts[kind].size))
            for kind in sorted(kinds)
        ]

    def pieces(self, part: list[Any]) -> Iterator[Piece]:
        """The output of some events."""
        for one in part:
            yield from self._inner.pieces(one)

    def after(self) -> Iterable[Piece]:
        """What comes behind everything."""
        return self._inner.after()

    def close(self) -> None:
        """Free what is held."""
        self._inner.close()
