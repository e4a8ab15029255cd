"""What there is in a recording, in numbers: records by type and event, when, and what was lost."""

from __future__ import annotations

import numpy

from prettify.core.rows import ROW
from prettify.errors import UsageError
from prettify.paths import at_path
from prettify.records.perf import constants as c
from prettify.records.perf.choosing import fixed_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from prettify.layout import Node
    from prettify.records.perf.reader import Batch

    Array = numpy.ndarray[Any, numpy.dtype[Any]]

MAX_BINS = 4096  # of a histogram, of one width each
FIRST_WIDTH = 1 << 16  # nanoseconds of a bin, at first
SECOND = 1_000_000_000
WORDS = {1: "u1", 2: "u2", 4: "u4", 8: "u8"}
BLOCKS = " ▁▂▃▄▅▆▇█"
COLUMNS = 60  # of a histogram in the terminal
MOST_LINES = 12  # events that have one


class Histogram:
    """How many things there were at what time, in bins that get wider as time goes on.

    Bins of `width` nanoseconds begin at multiples of that.
    """

    __slots__ = ("bins", "width")

    def __init__(self) -> None:
        self.width = FIRST_WIDTH
        self.bins: dict[int, int] = {}

    def add(self, times: Array) -> None:
        """Things at these times, in nanoseconds."""
        if not len(times):
            return
        while int(times.max()) // self.width - int(times.min()) // self.width >= MAX_BINS:
            self._widen()
        places, counts = numpy.unique(times // numpy.uint64(self.width), return_counts=True)
        for place, count in zip(places.tolist(), counts.tolist()):
            self.bins[place] = self.bins.get(place, 0) + count
        while max(self.bins) - min(self.bins) >= MAX_BINS:
            self._widen()

    def _widen(self) -> None:
        self.width *= 2
        wider: dict[int, int] = {}
        for place, count in self.bins.items():
            wider[place // 2] = wider.get(place // 2, 0) + count
        self.bins = wider

    def columns(self, first: int, last: int, number: int) -> list[int]:
        """How many there were in each of so many parts of the time from first to last."""
        found = [0] * number
        span = max(last - first + 1, 1)
        for place, count in self.bins.items():
            middle = min(max(place * self.width + self.width // 2, first), last)
            found[min((middle - first) * number // span, number - 1)] += count
        return found


class Summary:
    """Counts records as they come.

    types: how many records there are of each. events: how many samples. lost: how many records
    the kernel could not hand out, and samples. first, last: nanoseconds, None where nothing has a
    time.
    """

    __slots__ = (
        "_members", "events", "first", "histograms", "last", "lost", "lost_samples", "size",
        "types", "whole",
    )  # fmt: skip

    def __init__(self) -> None:
        self.types: dict[str, int] = {}
        self.events: dict[str, int] = {}
        self.histograms: dict[str, Histogram] = {}
        self.whole = Histogram()
        self.lost = 0
        self.lost_samples = 0
        self.size = 0
        self.first: int | None = None
        self.last: int | None = None
        self._members: dict[tuple[int, int, str], Node | None] = {}

    def add(self, batch: Batch) -> None:
        """The records of a batch."""
        rows = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
        for number in numpy.unique(rows[:, 0]).tolist():
            self._add_kind(batch, number, rows[rows[:, 0] == number])

    def _add_kind(self, batch: Batch, number: int, rows: Array) -> None:
        tables = batch.shapes
        kind = tables.kinds[number]
        layout = kind.layout
        found = numpy.frombuffer(fixed_of(batch, layout, rows), "u1")
        found = found.reshape(-1, layout.size)
        names = {value: name for name, value in reversed(tables.words.record_types.items())}
        types = self._column(batch, number, "type", found)
        assert types is not None
        for value, count in zip(*numpy.unique(types, return_counts=True)):
            name = names.get(int(value), str(value))
            self.types[name] = self.types.get(name, 0) + int(count)
        sizes = self._column(batch, number, "size", found)
        assert sizes is not None
        self.size += int(sizes.sum())
        lost = self._column(batch, number, "lost", found)
        if lost is not None and int(types[0]) == c.LOST:
            self.lost += int(lost.sum())
        elif lost is not None and int(types[0]) == c.LOST_SAMPLES:
            self.lost_samples += int(lost.sum())
        times = self._column(batch, number, kind.time, found) if kind.time else None
        events = self._column(batch, number, "event", found)
        if times is not None:
            self._add_times(times[times != 0])
        if events is not None:
            self._add_events(batch, events, times)

    def _add_times(self, times: Array) -> None:
        if len(times):
            first, last = int(times.min()), int(times.max())
            self.first = first if self.first is None else min(self.first, first)
            self.last = last if self.last is None else max(self.last, last)
            self.whole.add(times)

    def _add_events(self, batch: Batch, events: Array, times: Array | None) -> None:
        known = [event.name for event in batch.shapes.events]
        for value in numpy.unique(events).tolist():
            name = known[value] if value < len(known) else str(value)
            chosen = events == value
            self.events[name] = self.events.get(name, 0) + int(chosen.sum())
            if times is not None:
                self.histograms.setdefault(name, Histogram()).add(times[chosen])

    def _column(self, batch: Batch, number: int, path: str, found: Array) -> Array | None:
        """A member of fixed records as unsigned numbers, None where there is none."""
        layout = batch.shapes.layouts[number]
        key = id(batch.shapes), number, path
        if key not in self._members:
            try:
                self._members[key] = at_path(layout, path)
            except UsageError:
                self._members[key] = None
        node = self._members[key]
        if node is None:
            return None
        mark = ">" if layout.byte_order == "big" else "<"
        raw = numpy.ascontiguousarray(found[:, node.offset : node.offset + node.size])
        numbers: Array = raw.view(mark + WORDS[node.size]).reshape(-1).astype(WORDS[node.size])
        return numbers

    def values(self) -> dict[str, Any]:
        """All of it as JSON has it; times in seconds."""
        first, last = self.first, self.last
        found: dict[str, Any] = {
            "records": sum(self.types.values()),
            "bytes": self.size,
            "types": dict(sorted(self.types.items(), key=lambda row: -row[1])),
            "events": dict(sorted(self.events.items(), key=lambda row: -row[1])),
            "lost": self.lost,
            "lost_samples": self.lost_samples,
            "first": None if first is None else first / SECOND,
            "last": None if last is None else last / SECOND,
        }
        if first is not None and last is not None:
            found["histogram"] = self.whole.columns(first, last, COLUMNS)
        return found

    def text(self) -> str:
        """All of it for people to read."""
        total = sum(self.types.values())
        lines = [f"{total:,} records, {self.size:,} bytes"]
        if self.first is not None and self.last is not None:
            span = (self.last - self.first) / SECOND
            lines.append(
                f"from {self.first / SECOND:.6f} to {self.last / SECOND:.6f}: {span:.6f} seconds"
            )
        if self.lost or self.lost_samples:
            lines.append(f"lost: {self.lost:,} records, {self.lost_samples:,} samples")
        lines += ["", *_shares("records", self.types, total)]
        if self.events:
            lines += ["", *_shares("samples", self.events, sum(self.events.values()))]
        if self.first is not None and self.last is not None:
            lines += ["", *self._charts(self.first, self.last)]
        return "\n".join(lines) + "\n"

    def _charts(self, first: int, last: int) -> list[str]:
        most = sorted(self.events, key=lambda name: -self.events[name])[:MOST_LINES]
        charts = [
            ("all", self.whole),
            *((n, self.histograms[n]) for n in most if n in self.histograms),
        ]
        if len(charts) == 2:
            charts = charts[:1]
        width = max(len(name) for name, _ in charts)
        step = (last - first) / SECOND / COLUMNS
        lines = [f"records over time, {step:.6f} seconds a column"]
        for name, chart in charts:
            columns = chart.columns(first, last, COLUMNS)
            lines.append(f"  {name:{width}}  {bars(columns)}  at most {max(columns):,}")
        return lines


def bars(columns: Sequence[int]) -> str:
    """A line of bars, as high as the numbers, which are not all 0."""
    most = max(columns)
    steps = len(BLOCKS) - 1
    return "".join(BLOCKS[-(-steps * number // most) if most else 0] for number in columns)


def _shares(what: str, counts: dict[str, int], total: int) -> list[str]:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    width = max(len(f"{count:,}") for _, count in rows) if rows else 1
    return [what, *(f"  {n:>{width},}  {n / total:6.1%}  {name}" for name, n in rows)]
