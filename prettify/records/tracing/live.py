"""A trace that is made now: an instance of its own in tracefs, and the pages that it fills.

The order of time across processors: what is read in one round is put out when the next round is
over. Whatever has not been read then happened after the first round, so that nothing earlier than
its last event is missing any more.
"""

from __future__ import annotations

import os

from prettify.core import trace_pages as core
from prettify.core.rows import ROW
from prettify.core.tables import zeroes
from prettify.errors import UsageError
from prettify.records.tracing.streams import MANY, OUT, Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prettify.errors import PrettifyError
    from prettify.records.tracing.pages import Pages
    from prettify.records.tracing.saved import Found
    from prettify.records.until import Until

PREFIX = "prettify-"  # of instances, before the number of the process
PAUSE = 0.05  # seconds from one look at the pages to the next
PATIENCE = 100  # times that an instance may be busy when it is to be removed


class Live:
    """A trace of some events, which exists within `with`.

    folder: that tracefs is mounted at. titles: of the events, SYSTEM:EVENT. until: when it ends.
    clock: the name of the kernel's trace clock. buffer: kilobytes for each processor; None is the
    kernel's own choice.
    """

    __slots__ = ("_buffer", "_clock", "_folder", "_titles", "cpus", "files", "path", "until")

    def __init__(
        self,
        folder: str,
        titles: Sequence[str],
        until: Until,
        *,
        clock: str | None = None,
        buffer: int | None = None,
    ) -> None:
        self._folder = folder
        self._titles = titles
        self._clock = clock
        self._buffer = buffer
        self.until = until
        self.path = f"{folder}/instances/{PREFIX}{os.getpid()}"
        self.cpus: list[int] = []
        self.files: list[int] = []

    def __enter__(self) -> Live:
        """Raises UsageError where tracing is not permitted, or an event cannot be switched on."""
        remove_left_over(self._folder)
        try:
            os.mkdir(self.path)
        except OSError as error:
            raise UsageError(
                f"cannot trace: {self.path}: {error.strerror}; that takes root, and a kernel with "
                f"instances in tracefs"
            ) from error
        try:
            self._begin()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_exception: object) -> None:
        self._end()

    def _begin(self) -> None:
        if self._clock is not None:
            self._write("trace_clock", self._clock, f"--clock {self._clock!r}")
        if self._buffer is not None:
            self._write("buffer_size_kb", str(self._buffer), f"--buffer {self._buffer}")
        for title in self._titles:
            self._write("set_event", title, f"event {title!r}", append=True)
        for name in sorted(os.listdir(f"{self.path}/per_cpu")):
            self.cpus.append(int(name.removeprefix("cpu")))
        self.cpus.sort()
        for cpu in self.cpus:
            path = f"{self.path}/per_cpu/cpu{cpu}/trace_pipe_raw"
            self.files.append(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        self.until.begin()

    def _write(self, name: str, text: str, what: str, *, append: bool = False) -> None:
        # Not with open(): that looks for the end of what it appends to, which such files have not.
        mode = os.O_WRONLY | (os.O_APPEND if append else os.O_TRUNC)
        try:
            file = os.open(f"{self.path}/{name}", mode)
            try:
                os.write(file, f"{text}\n".encode())
            finally:
                os.close(file)
        except OSError as error:
            raise UsageError(f"{what}: the kernel does not take it: {error.strerror}") from error

    def stop(self) -> None:
        """Let no more events come."""
        self._write("tracing_on", "0", "the end of tracing")

    def _end(self) -> None:
        for file in self.files:
            os.close(file)
        self.files.clear()
        remove(self.path)


def remove(path: str) -> None:
    """Remove an instance, which may be busy for a moment yet."""
    from time import sleep

    for _ in range(PATIENCE):
        try:
            os.rmdir(path)
        except FileNotFoundError:
            return
        except OSError:
            sleep(PAUSE / 5)
        else:
            return


def remove_left_over(folder: str) -> None:
    """Remove the instances of processes that are no more, if they were killed."""
    try:
        names = os.listdir(f"{folder}/instances")
    except OSError:
        return
    for name in names:
        number = name.removeprefix(PREFIX)
        alive = not number.isdecimal() or os.path.exists(f"/proc/{number}")
        if name.startswith(PREFIX) and not alive:
            remove(f"{folder}/instances/{name}")


class LivePages:
    """The pages of a live trace, which are merged. position: bytes that were read of them."""

    __slots__ = ("_full", "_live", "_pages", "_report", "_seen", "_wanted", "position", "streams")

    def __init__(
        self,
        live: Live,
        pages: Pages,
        wanted: memoryview,
        report: Callable[[PrettifyError], object],
    ) -> None:
        """live: begun. The others: as of `SavedPages`."""
        self._live = live
        self._pages = pages
        self._wanted = wanted
        self._report = report
        self._seen: int | None = None  # the time of the last event of the rounds before
        self._full = [False] * len(live.files)  # whether there was more to be read in this round
        self.position = 0
        self.streams = Streams(pages, [f"cpu{cpu}" for cpu in live.cpus], live.cpus)

    def events(self, buffers: int) -> Iterator[Found | None]:
        """The events, as many as there are at a time; None comes before a wait.

        buffers: how many of the last batches have to keep their memory.
        """
        live, until, streams = self._live, self._live.until, self.streams
        spare = [bytearray(max(OUT, self._pages.size + core.HEAD)) for _ in range(buffers)]
        poll = until.watch()
        try:
            over = False
            while not over or any(self._full):
                if not over and until.over:
                    over = True
                    live.stop()
                arrived = self._round()
                last = over and not any(self._full)
                if last:
                    streams.run[core.LIMIT] = core.FOREVER
                if last or self._seen is not None:
                    yield from self._merged(spare)
                self._look()
                if not over and not any(self._full):
                    yield None
                    until.wait(poll, PAUSE if arrived else 2 * PAUSE)
        finally:
            poll.close()
        for error in streams.losses():
            self._report(error)

    def _round(self) -> int:
        """Read what there is of all pages; returns how many bytes. Then it is known up to what time
        nothing is missing any more.
        """
        streams = self.streams
        total = 0
        limit = self._seen
        for stream, file in enumerate(self._live.files):
            room = streams.room(stream)
            size = self._pages.size
            at = 0
            self._full[stream] = True
            while at + size <= len(room):
                try:
                    arrived = os.readv(file, [room[at : at + size]])
                except BlockingIOError:
                    arrived = 0
                if not arrived:
                    self._full[stream] = False
                    break
                at += arrived
            streams.arrived(stream, at)
            total += at
            if streams[stream, core.STATE] == core.WAITING and at:
                streams[stream, core.STATE] = core.LOOKING
            if self._full[stream] and limit is not None:
                limit = min(limit, streams.latest(stream))
        self.position += total
        if limit is not None:
            streams.run[core.LIMIT] = limit
        return total

    def _look(self) -> None:
        """Find the time of the last event that was read so far."""
        times = [self.streams.latest(stream) for stream in range(len(self.streams))]
        self._seen = max([*times, self._seen or 0])

    def _merged(self, spare: list[bytearray]) -> Iterator[Found]:
        streams = self.streams
        status = core.FULL
        while status == core.FULL:
            out = spare.pop(0)
            spare.append(out)
            rows = zeroes("q", ROW * MANY)
            streams.run[core.OUT] = streams.run[core.ROWS] = 0
            while True:
                status = streams.merge(self._wanted, out, rows)
                stream = streams.run[core.ASKED]
                if status == core.NEED:
                    streams[stream, core.STATE] = core.WAITING
                elif status == core.BAD:
                    error = streams.damage(stream)
                    if error is not None:
                        self._report(error)
                else:
                    break
            count = streams.run[core.ROWS]
            if count:
                yield memoryview(out)[: streams.run[core.OUT]], rows[: ROW * count]
