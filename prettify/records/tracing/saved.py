"""Pages that were saved, or come through a pipe, as events in the order of their times."""

from __future__ import annotations

import re

from prettify.core import trace_pages as core
from prettify.core.rows import ROW
from prettify.core.tables import zeroes
from prettify.errors import DataError
from prettify.records.tracing.streams import MANY, OUT, Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prettify.errors import PrettifyError
    from prettify.records.input import Input
    from prettify.records.tracing.pages import Pages

    Found = tuple[memoryview, memoryview]
    """(events with their heads, rows of where they are as `records.sized.placed` takes them)"""

CPU = re.compile(r"cpu(\d{1,5})")


def cpu_of(name: str, number: int) -> int:
    """The processor that a file is of, by its name or that of its folder: `cpu3`; else `number`."""
    found = CPU.findall(name)
    return int(found[-1]) if found else number


class SavedPages:
    """The pages of some inputs, which are merged. position: bytes that were read of them all."""

    __slots__ = ("_inputs", "_pages", "_report", "_wanted", "position", "streams")

    def __init__(
        self,
        inputs: Sequence[Input],
        pages: Pages,
        wanted: memoryview,
        report: Callable[[PrettifyError], object],
    ) -> None:
        """wanted: as of `TraceTypes`. report: takes what is wrong, and does not keep the rest from
        being shown.
        """
        names = [data.name for data in inputs]
        cpus = [cpu_of(name, at) for at, name in enumerate(names)]
        self._inputs = inputs
        self._pages = pages
        self._wanted = wanted
        self._report = report
        self.position = 0
        self.streams = Streams(pages, names, cpus)

    def events(self, buffers: int) -> Iterator[Found | None]:
        """The events, as many as there are at a time; None comes before a wait.

        buffers: how many of the last batches have to keep their memory. Raises DataError where an
        input is no such pages, or reading fails.
        """
        streams, spare = self.streams, []
        for _ in range(buffers):
            spare.append(bytearray(max(OUT, self._pages.size + core.HEAD)))
        status = core.NEED
        while status != core.DONE:
            out = spare.pop(0)
            spare.append(out)
            rows = zeroes("q", ROW * MANY)
            streams.run[core.OUT] = streams.run[core.ROWS] = 0
            while True:
                status = streams.merge(self._wanted, out, rows)
                stream = streams.run[core.ASKED]
                if status == core.BAD:
                    self._damaged(stream)
                    continue
                waits = status == core.NEED and not self._inputs[stream].ready()
                if status != core.NEED or (waits and streams.run[core.ROWS]):
                    break
                if waits:
                    yield None
                self._fill(stream)
            count = streams.run[core.ROWS]
            if count:
                yield memoryview(out)[: streams.run[core.OUT]], rows[: ROW * count]
        for error in streams.losses():
            self._report(error)

    def _damaged(self, stream: int) -> None:
        streams = self.streams
        error = streams.damage(stream)
        if error is None:
            return
        if not error.offset:
            name, size = streams.names[stream], self._pages.size
            raise DataError(
                f"{name}: no pages of a trace buffer, of {size} bytes: its first one says that "
                f"{streams[stream, core.SAID]} bytes of it are in use",
                0,
            )
        self._report(error)

    def _fill(self, stream: int) -> None:
        """Read on, until a page is there at least, or there are no more."""
        streams, data = self.streams, self._inputs[stream]
        room = streams.room(stream)
        while streams.lacks(stream):
            arrived = data.into(room)
            if not arrived:
                self._end(stream)
                return
            streams.arrived(stream, arrived)
            self.position += arrived
            room = room[arrived:]

    def _end(self, stream: int) -> None:
        """A stream is at its end."""
        streams = self.streams
        streams[stream, core.STATE] = core.OVER
        left = streams.left(stream)
        if left:
            place = streams.place(stream, streams[stream, core.NEXT])
            self._report(
                DataError(
                    f"{streams.names[stream]}: page cut short at byte {place}: {left} bytes left, "
                    f"{self._pages.size} needed",
                    place,
                )
            )


def numbers_in(data: Input, pages: Pages) -> set[int]:
    """The numbers of all events in the pages of a file, whose position stays where it is.

    Raises DataError where reading fails.
    """
    counts = zeroes("q", 1 << 16)
    for number in range(len(counts)):
        counts[number] = 2
    copy = data.branch()
    reading = SavedPages([copy], pages, counts, lambda _: None)
    try:
        for _ in reading.events(1):
            continue
    except DataError:
        return set()
    return {number for number, count in enumerate(counts) if count > 2}
