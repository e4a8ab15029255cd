"""Streams of pages in memory, one for each processor, as `core.trace_pages` goes through them."""

from __future__ import annotations

from prettify.core import trace_pages as core
from prettify.core.rows import ROW
from prettify.core.tables import zeroes
from prettify.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.records.tracing.pages import Pages

SLOT = 1 << 18  # bytes of pages of one stream in memory
SLOTS = 1 << 24  # bytes of all of them, unless each has one page
OUT = 1 << 19  # bytes of events that are made records together, with their heads
MANY = 1 << 13  # events
MOST_BAD = 3  # damaged pages of one stream for which there is a line each

FAULTS = {
    core.TOO_FULL: "the page at byte {place} says that {said} bytes of it are in use, of {room}",
    core.TOO_LONG: "the event at byte {place} says that it has {said} bytes, more than its page",
    core.NO_EVENT: "the event at byte {place} is cut short: {said} bytes are left of its page",
}


class Streams:
    """The pages of some streams, and where in them one is.

    names: what each is called in messages. cpus: their processors' numbers.
    """

    __slots__ = ("_bad", "_bases", "_pages", "_slot", "_unwanted", "data", "names", "run", "table")

    def __init__(self, pages: Pages, names: Sequence[str], cpus: Sequence[int]) -> None:
        self.names = list(names)
        self._pages = pages
        size = pages.size
        self._slot = max(min(SLOT, SLOTS // max(len(names), 1)) // size, 2) * size
        self.data = bytearray(self._slot * len(names))
        self.table = zeroes("q", core.STREAM * len(names))
        self.run = zeroes("q", core.RUN)
        self.run[core.LIMIT] = core.FOREVER
        self._unwanted = zeroes("q", 1 << 16)
        self._bases = [-self._slot * at for at in range(len(names))]  # of the data in each input
        self._bad = [0] * len(names)
        for at, cpu in enumerate(cpus):
            start = self._slot * at
            self[at, core.NEXT] = self[at, core.THERE] = start
            self[at, core.CPU] = cpu

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, key: tuple[int, int]) -> int:
        stream, number = key
        return self.table[core.STREAM * stream + number]

    def __setitem__(self, key: tuple[int, int], value: int) -> None:
        stream, number = key
        self.table[core.STREAM * stream + number] = value

    def room(self, stream: int) -> memoryview:
        """Where more of a stream's pages go, behind those that are needed still."""
        begin = self._slot * stream
        first = self[stream, core.NEXT]
        if self[stream, core.END]:
            first -= self._pages.size  # that page is not done with
        move = first - begin
        there = self[stream, core.THERE]
        if move:
            self.data[begin : there - move] = self.data[first:there]
            self._bases[stream] += move
            for number in (core.NEXT, core.THERE, core.EVENT):
                self[stream, number] -= move
            if self[stream, core.END]:
                self[stream, core.AT] -= move
                self[stream, core.END] -= move
        return memoryview(self.data)[self[stream, core.THERE] : begin + self._slot]

    def arrived(self, stream: int, length: int) -> None:
        """So many bytes are there of the stream's room."""
        self[stream, core.THERE] += length

    def lacks(self, stream: int) -> int:
        """Bytes that are missing of the next page of a stream, 0 if it is there."""
        end = self[stream, core.NEXT] + self._pages.size
        return max(end - self[stream, core.THERE], 0)

    def left(self, stream: int) -> int:
        """Bytes of a page that is not all there."""
        return self[stream, core.THERE] - self[stream, core.NEXT]

    def place(self, stream: int, at: int) -> int:
        """Where a place in the data is in the stream's input."""
        return at + self._bases[stream]

    def latest(self, stream: int) -> int:
        """The time of the last event of a stream that is there."""
        return core.latest(self._pages.table, self.table, self._unwanted, self.data, stream)

    def merge(self, wanted: memoryview, out: bytearray, rows: memoryview) -> int:
        """Go on, in order of time, as `core.trace_pages.merge` does."""
        self.run[core.ROOM] = len(out)
        self.run[core.MOST] = len(rows) // ROW
        return core.merge(self._pages.table, self.table, wanted, self.data, out, rows, self.run)

    def damage(self, stream: int) -> DataError | None:
        """What is wrong with the page that a stream has come to, unless much was already.

        Where that is the first one, the input is no such pages at all.
        """
        self._bad[stream] += 1
        if self._bad[stream] > MOST_BAD:
            return None
        place = self.place(stream, self[stream, core.PLACE])
        room = self._pages.size - self._pages.table[core.DATA]
        text = FAULTS[self[stream, core.FAULT]].format(
            place=place, said=self[stream, core.SAID], room=room
        )
        return DataError(f"{self.names[stream]}: {text}; the rest of the page is left out", place)

    def losses(self) -> list[DataError]:
        """What is to be said at the end: pages that were damaged too, events that were lost."""
        found = []
        for stream, name in enumerate(self.names):
            more = self._bad[stream] - MOST_BAD
            if more > 0:
                found.append(DataError(f"{name}: {more} more pages are damaged"))
            lost, gaps = self[stream, core.LOST], self[stream, core.GAPS]
            if lost or gaps:
                what = f"{lost} events" if lost else ""
                if gaps:
                    pages = "a page" if gaps == 1 else f"{gaps} pages"
                    unknown = f"an unknown number of events before {pages}"
                    what = f"{what} and {unknown}" if what else unknown
                found.append(DataError(f"{name}: the kernel has lost {what}: its buffer was full"))
        return found
