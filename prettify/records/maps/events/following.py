"""Runs over events: of BPF ring buffers and perf event arrays that are followed, or were saved."""

from __future__ import annotations

from time import monotonic

from prettify.core.ring import SPAN
from prettify.core.rows import ROW
from prettify.errors import DataError, UsageError
from prettify.layout import flexible_tail
from prettify.model import spelled
from prettify.records.conversion import converted
from prettify.records.input import Input
from prettify.records.maps.events.forms import Chosen, open_events
from prettify.records.maps.events.perf_buffer import PAGES, PerfBuffer
from prettify.records.maps.events.ring_buffer import RingBuffer
from prettify.records.maps.events.saved_ring import SavedRing
from prettify.records.maps.events.types import Shapes
from prettify.records.maps.events.until import Until
from prettify.records.run import Run
from prettify.records.sized.batch import own_table
from prettify.records.sized.choosing import Projection, filters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.maps.events.batch import Events, Source
    from prettify.records.maps.events.types import EventTypes
    from prettify.records.maps.events.until import Stop
    from prettify.records.query.where import Where
    from prettify.records.run import Report

# Types of maps, by their numbers in the kernel's UAPI, include/uapi/linux/bpf.h.
PERF_EVENT_ARRAY, RINGBUF, USER_RINGBUF = 4, 27, 31
MOST_SHORT = 10  # events that are too short for which there is a line each
EVERY = 1.0  # seconds between one look at what has been lost and the next


def open_map(
    map_type: int, descriptor: int, max_entries: int, name: str, *, pages: int = PAGES
) -> RingBuffer | PerfBuffer:
    """What follows a map, for `Following.run`; the descriptor stays the caller's.

    map_type: its number. descriptor: open for reading and writing. pages: of memory for each
    processor, of a perf event array. Raises UsageError for a map that has no events to follow.
    """
    if map_type == RINGBUF:
        return RingBuffer(descriptor, max_entries, name)
    if map_type == PERF_EVENT_ARRAY:
        return PerfBuffer(descriptor, max_entries, name, pages)
    if map_type == USER_RINGBUF:
        raise UsageError(
            f"{name}: is a user_ringbuf: programs of user space write to it and BPF programs read, "
            f"so there is nothing to follow here; its other direction is a ringbuf"
        )
    raise UsageError(
        f"{name}: is neither a ringbuf nor a perf_event_array: prettify map dump shows its entries"
    )


class Following(Run):
    """A run over events. What `run` takes as sources: what `open_map` gives, and what was saved, as
    any other run does.

    shown: how many events have been put out.
    """

    __slots__ = (
        "_conversion", "_count", "_filters", "_jobs", "_order", "_projection", "_shapes", "_until",
        "shown", "types",
    )  # fmt: skip

    def __init__(
        self,
        form: str,
        options: Options,
        types: EventTypes,
        *,
        where: str | None = None,
        select: Sequence[str] | str | None = None,
        count: int | None = None,
        duration: float | None = None,
        stop: Stop | None = None,
        jobs: int = 1,
    ) -> None:
        """form: of output, by the name of its dialect where it is C. types: what events may be.

        where, select: as of records. count: events that are put out in all, None is as many as
        there are. duration: seconds. stop: who may end the run earlier; then as ever all that had
        come is put out, and what stands behind it. jobs: threads, for what was saved. Raises
        UsageError.
        """
        super().__init__()
        layouts = types.layouts
        if not layouts:
            raise UsageError("no type to decode: name one with -C TYPE")
        for layout in layouts:
            if not layout.size and flexible_tail(layout.root) is None:
                raise UsageError(f"{spelled(layout.type)} has 0 bytes, no events to decode")
        self.types = types
        self.shown = 0
        self._order = options.byte_order or layouts[0].byte_order
        self._projection = None if select is None else Projection(select, layouts)
        self._filters = None if where is None else filters(where, layouts, self._order)
        self._count = count
        self._until = Until(duration, stop)
        self._jobs = jobs
        self._shapes = Shapes(layouts)
        self._conversion = open_events(form, types, self._projected, options, jobs)

    def _projected(self, layout: Layout) -> Layout:
        return layout if self._projection is None else self._projection.of(layout)

    def _begin(self, inputs: int) -> Conversion:
        self._until.begin()
        self.shown = 0
        return self._conversion

    def _opened(self, source: Any, report: Report) -> Iterator[Piece]:
        if self.shown == self._count:
            return
        if not isinstance(source, (RingBuffer, PerfBuffer)):
            yield from super()._opened(source, report)
            return
        with source:
            self._data = source
            try:
                yield from self._followed(source, report)
            except DataError as error:
                report(error)

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        return self._followed(SavedRing(data, self._order), report)

    def _followed(self, source: Source, report: Report) -> Iterator[Piece]:
        conversion, blocks = self._conversion, self._blocks(source, report)
        if not source.at_once:
            yield from converted(conversion, blocks, self._jobs)
            return
        for block in blocks:
            if block is None:
                continue
            chosen, data = block
            part = conversion.convert(chosen, data)
            if hasattr(part, "__next__"):
                part = list(part)
            # Its producers get the memory before whoever takes the output does.
            last = chosen.rows[1 - ROW] if self.shown == self._count else None
            chosen.events.done(last)
            yield from conversion.pieces(part)
            yield b""

    def _blocks(self, source: Source, report: Report) -> Iterator[tuple[Chosen, memoryview] | None]:
        """The events that are to be shown. What cannot be, or is lost, is reported."""
        too_short = Short(source.name, report)
        told = monotonic()
        try:
            for events in source.batches(self._until):
                if events is not None:
                    chosen = self._choose(events, too_short)
                    if len(chosen):
                        self.shown += len(chosen)
                        yield chosen, events.data
                    if self.shown == self._count:
                        return
                else:
                    yield None
                if monotonic() - told > EVERY:
                    told = monotonic()
                    for error in source.lost(last=False):
                        report(error)
        finally:
            too_short.end()
            for error in source.lost(last=True):
                report(error)

    def _choose(self, events: Events, too_short: Short) -> Chosen:
        """Those of the events that are to be shown."""
        if self._shapes.full:
            self._shapes = Shapes(self.types.layouts)
        which = self.types.which(events)
        rows = self._shapes.rows(
            events, which, lambda event, layout: too_short.tell(events, event, layout)
        )
        chosen = Chosen(events, rows, self._shapes)
        if self._filters is not None and rows:
            chosen.rows = _matching(chosen, self._filters)
        if self._count is not None:
            chosen.rows = chosen.rows[: ROW * (self._count - self.shown)]
        return chosen


def _matching(chosen: Chosen, filters: Sequence[Where | None]) -> memoryview:
    """The rows of the events that match the filters of their types."""
    import numpy

    rows = numpy.frombuffer(chosen.rows, "i8").reshape(-1, ROW)
    kinds = numpy.array(chosen.shapes.which)[rows[:, 0]]
    keep = numpy.zeros(len(rows), bool)
    for kind in numpy.unique(kinds).tolist():
        where = filters[kind]
        if where is not None:
            keep[kinds == kind] = where.mask(chosen.gathered(kind, where.size))
    if keep.all():
        return chosen.rows
    return own_table(memoryview(rows[keep].tobytes()))


class Short:
    """Reports events that are shorter than their types: some of them one by one."""

    __slots__ = ("_count", "_name", "_report")

    def __init__(self, name: str, report: Report) -> None:
        self._name = name
        self._report = report
        self._count = 0

    def tell(self, events: Events, event: int, layout: Layout) -> None:
        """Of the event at that place among the others, which should have that layout."""
        self._count += 1
        if self._count > MOST_SHORT:
            return
        start, length = events.spans[SPAN * event : SPAN * (event + 1)]
        tail = flexible_tail(layout.root)
        needed = layout.size if tail is None else tail.offset
        place = None if events.base is None else events.base + start
        where = "" if place is None else f" at byte {place}"
        self._report(
            DataError(
                f"{self._name}: event {events.number + event}{where} has {length} bytes, {needed} "
                f"needed for {spelled(layout.type)}",
                place,
            )
        )

    def end(self) -> None:
        """There are no more: say how many were not told of."""
        more = self._count - MOST_SHORT
        if more > 0:
            self._report(DataError(f"{self._name}: {more} more events are too short"))
