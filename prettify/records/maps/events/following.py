"""Runs over events: of BPF ring buffers and perf event arrays that are followed, or were saved."""

from __future__ import annotations

from time import monotonic

from prettify.core.ring import SPAN
from prettify.errors import DataError, UsageError
from prettify.records.conversion import converted
from prettify.records.input import Input
from prettify.records.maps.events.perf_buffer import PAGES, PerfBuffer
from prettify.records.maps.events.ring_buffer import RingBuffer
from prettify.records.maps.events.saved_ring import SavedRing
from prettify.records.run import Run
from prettify.records.sized.choosing import Filter, projection
from prettify.records.sized.forms import open_batches
from prettify.records.sized.placed import Placed
from prettify.records.until import Until

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.records.conversion import Conversion, Piece
    from prettify.records.maps.events.batch import Events, Source
    from prettify.records.run import Report
    from prettify.records.sized.batch import Batch
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.until import Stop

# Types of maps, by their numbers in the kernel's UAPI, include/uapi/linux/bpf.h.
PERF_EVENT_ARRAY, RINGBUF, USER_RINGBUF = 4, 27, 31
MOST_TOLD = 10  # events that cannot be shown for which there is a line each
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
        "_conversion", "_count", "_filter", "_jobs", "_order", "_placed", "_until", "shown",
    )  # fmt: skip

    def __init__(
        self,
        form: str,
        options: Options,
        types: Dispatch,
        *,
        where: str | None = None,
        select: Sequence[str] | str | None = None,
        count: int | None = None,
        duration: float | None = None,
        stop: Stop | None = None,
        jobs: int = 1,
    ) -> None:
        """form: of output, by the name of its dialect where it is C. types: what events may be, of
        `types.types_of`.

        where, select: as of records. count: events that are put out in all, None is as many as
        there are. duration: seconds. stop: who may end the run earlier; then as ever all that had
        come is put out, and what stands behind it. jobs: threads, for what was saved. Raises
        UsageError.
        """
        super().__init__()
        self.shown = 0
        self._order = options.byte_order or types.layout.byte_order
        self._filter = None if where is None else Filter(where, types, self._order)
        self._count = count
        self._until = Until(duration, stop)
        self._jobs = jobs
        self._placed = Placed(types, self._order)
        project = projection([types], select)
        self._conversion = open_batches(form, options, [types], project, jobs)

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
        conversion, found = self._conversion, self._chosen(source, report)
        if not source.at_once:
            blocks = ((one[1], one[1].data) if one else None for one in found)
            yield from converted(conversion, blocks, self._jobs)
            return
        for one in found:
            if one is None:
                continue
            events, batch = one
            part = conversion.convert(batch, batch.data)
            if hasattr(part, "__next__"):
                part = list(part)
            # Its producers get the memory before whoever takes the output does.
            last = batch.last_start if self.shown == self._count else None
            events.done(last)
            yield from conversion.pieces(part)
            yield b""

    def _chosen(self, source: Source, report: Report) -> Iterator[tuple[Events, Batch] | None]:
        """The events that are to be shown. What cannot be, or is lost, is reported."""
        unfit = Unfit(source.name, report)
        told = monotonic()
        try:
            for events in source.batches(self._until):
                if events is not None:
                    batch = self._choose(events, unfit)
                    if len(batch):
                        self.shown += len(batch)
                        yield events, batch
                    if self.shown == self._count:
                        return
                else:
                    yield None
                if monotonic() - told > EVERY:
                    told = monotonic()
                    for error in source.lost(last=False):
                        report(error)
        finally:
            unfit.end()
            for error in source.lost(last=True):
                report(error)

    def _choose(self, events: Events, unfit: Unfit) -> Batch:
        """Those of the events that are to be shown."""
        batch = self._placed.batch(
            events.data,
            events.spans,
            events.count,
            events.base or 0,
            lambda event, why: unfit.tell(events, event, why),
        )
        if self._filter is not None and len(batch):
            batch = self._filter.of(batch)
        left = len(batch) if self._count is None else self._count - self.shown
        return batch if left >= len(batch) else batch.cut(0, left)


class Unfit:
    """Reports events that cannot be shown: some of them one by one."""

    __slots__ = ("_count", "_name", "_report")

    def __init__(self, name: str, report: Report) -> None:
        self._name = name
        self._report = report
        self._count = 0

    def tell(self, events: Events, event: int, why: str) -> None:
        """Of the event at that place among the others."""
        self._count += 1
        if self._count > MOST_TOLD:
            return
        place = None if events.base is None else events.base + events.spans[SPAN * event]
        where = "" if place is None else f" at byte {place}"
        self._report(DataError(f"{self._name}: event {events.number + event}{where} {why}", place))

    def end(self) -> None:
        """There are no more: say how many were not told of."""
        more = self._count - MOST_TOLD
        if more > 0:
            self._report(DataError(f"{self._name}: {more} more events cannot be shown"))
