"""What events are: the types they may be of, which of them each is, layouts for all lengths."""

from __future__ import annotations

from prettify.core import event_rows
from prettify.core.ring import SPAN
from prettify.core.rows import ROW
from prettify.core.tables import table, zeroes
from prettify.records.sized.dispatch import Kind
from prettify.records.sized.shapes import fitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prettify.core.program import Program
    from prettify.dialects import Form
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.maps.events.batch import Events

MAX_SHAPES = 4096  # layouts of events with flexible arrays that are kept at a time
SLOTS = 4096  # numbers of elements, from 0 on, for which a table has the layout
ALL_ALIKE = zeroes("q", 0)


class EventTypes:
    """The types that events may be of: all are of the first, unless a subclass tells them apart.

    placed: whether what `program` makes says where in the input an event is.
    """

    __slots__ = ("layouts",)

    placed = False

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.layouts = list(layouts)

    def which(self, events: Events) -> memoryview:
        """For each of the events the place of its layout, -1 for one that is not to be shown.

        A table as `core.tables` makes them. One of no numbers: all are of the first. Where events
        say themselves how long they are, their lengths in `events.spans` may be made smaller.
        """
        return ALL_ALIKE

    def program(self, form: Form, kind: int, layout: Layout, options: Options) -> Program:
        """What makes the text of events of the type at that place.

        layout: of those that have some number of elements, of what is to be shown of them.
        """
        return form.compile(layout, options)


class Shapes:
    """The layouts that events have: those of their types, and for each number of elements that a
    flexible array was found to have, one more.

    layouts: all of them. which: for each the place of its type. bare: for each type the layout
    without the elements. made: what was compiled from them, by place.
    """

    __slots__ = (
        "_by_count", "_kinds", "_slots", "_tables", "bare", "kinds", "layouts", "made", "which",
    )  # fmt: skip

    def __init__(self, layouts: Sequence[Layout]) -> None:
        self.kinds = [Kind(layout) for layout in layouts]
        self.layouts = list(layouts)
        # Padding behind the elements is left out: who writes an event may do so.
        self.bare = [
            kind.layout if kind.tail is None else fitted(kind.layout, kind.tail.offset)
            for kind in self.kinds
        ]
        self.which = list(range(len(layouts)))
        self.made: dict[int, Program] = {}
        self._by_count: dict[tuple[int, int], int] = {}
        self._tables: tuple[memoryview, memoryview] | None = None
        rows: list[int] = []
        slots = 0
        for kind in self.kinds:
            tail = kind.tail
            if tail is None:
                rows += (kind.layout.size, -1, 1, 0, 0)
            else:
                rows += (tail.offset, tail.offset, tail.stride, slots, SLOTS)
                slots += SLOTS
        # Tables of `core.event_rows`: what is known of each type, shapes by numbers of elements.
        self._kinds = table("q", rows)
        self._slots = table("q", [-1] * slots)

    @property
    def full(self) -> bool:
        """Whether it is time for new ones."""
        return len(self._by_count) >= MAX_SHAPES

    @property
    def tables(self) -> tuple[memoryview, memoryview]:
        """For each layout its bytes and the place of its type, as tables."""
        if self._tables is None or len(self._tables[0]) < len(self.layouts):
            sizes = [layout.size for layout in self.layouts]
            self._tables = table("q", sizes), table("q", self.which)
        return self._tables

    def rows(
        self, events: Events, which: memoryview, short: Callable[[int, Layout], object]
    ) -> memoryview:
        """Rows for `fill_rows` of those events that are as long as their types have to be.

        which: what `EventTypes` says. short: told of each of the others, by its place among the
        events, and of what it should have been.
        """
        rows = zeroes("q", ROW * events.count)
        state = table("q", (0, events.count, 0, events.base or 0))
        while reason := event_rows.choose(
            events.spans, which, self._kinds, self._slots, rows, state
        ):
            event, at = state[event_rows.EVENT], ROW * state[event_rows.ROWS]
            kind = which[event] if len(which) else 0
            start, length = events.spans[SPAN * event : SPAN * (event + 1)]
            if reason == event_rows.SHORT:
                short(event, self.layouts[kind])
                state[event_rows.EVENT] += 1
            elif reason == event_rows.UNKNOWN:
                rows[at] = self._of(kind, length)
                rows[at + 1], rows[at + 2] = start, start + state[event_rows.BASE]
                state[event_rows.EVENT] += 1
                state[event_rows.ROWS] += 1
            else:
                raise ValueError(f"event {events.number + event}: there is no type {kind}")
        return rows[: ROW * state[event_rows.ROWS]]

    def _of(self, kind: int, length: int) -> int:
        """Which layout an event of that type and that many bytes has."""
        tail = self.kinds[kind].tail
        assert tail is not None
        count = (length - tail.offset) // tail.stride
        found = self._by_count.get((kind, count))
        if found is None:
            found = self._by_count[kind, count] = len(self.layouts)
            length = tail.offset + count * tail.stride
            self.layouts.append(fitted(self.kinds[kind].layout, length))
            self.which.append(kind)
        if count < SLOTS:
            first = self._kinds[event_rows.KIND * kind + event_rows.FIRST]
            self._slots[first + count] = found
        return found
