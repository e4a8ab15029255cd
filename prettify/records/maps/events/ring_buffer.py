"""BPF ring buffers (BPF_MAP_TYPE_RINGBUF) that programs are writing to.

How they are mapped and read: kernel documentation, bpf/ringbuf. Reading consumes: what is shown
here no other reader sees, and the other way round. Only one should read at a time; whether another
one does cannot be known.
"""

from __future__ import annotations

import mmap
import os
import struct

from prettify.core import ring
from prettify.core.tables import zeroes
from prettify.errors import DataError, UsageError
from prettify.records.input import CHUNK
from prettify.records.maps.events.batch import Events
from prettify.records.maps.live.system import REFUSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.records.until import Until

WORD = struct.calcsize("L")  # bytes of a position, which is an `unsigned long`
POSITIONS = 1 << 8 * WORD  # a position is one below that
MANY = 4096  # events of a batch, at most
# Seconds after which one looks without having been woken up: programs may write without waking.
LOOK = 0.1


class RingBuffer:
    """The events of a ring buffer. They are consumed as they are done with."""

    __slots__ = (
        "_at", "_consumer", "_data", "_file", "_number", "_producer", "_size", "_spans", "_state",
        "name", "position",
    )  # fmt: skip

    at_once = True

    def __init__(self, descriptor: int, max_entries: int, name: str = "ring buffer") -> None:
        """descriptor: of the map, open for reading and writing; it stays the caller's.

        max_entries: the map's, bytes of its data area.
        """
        self.name = name
        self.position = 0
        self._file = descriptor
        self._size = max_entries
        self._at = 0  # the consumer's position
        self._number = 1  # of the next event
        self._consumer: mmap.mmap | None = None
        self._producer: mmap.mmap | None = None
        self._data = memoryview(b"")
        # Of the batch that was handed out last.
        self._spans = zeroes("q", ring.SPAN * MANY)
        self._state = zeroes("q", ring.SCAN)

    def __enter__(self) -> RingBuffer:
        """Raises UsageError where the map cannot be mapped."""
        page = mmap.PAGESIZE
        try:
            self._consumer = mmap.mmap(
                self._file, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE
            )
            # The data area follows twice, so that no record goes back to its beginning.
            self._producer = mmap.mmap(
                self._file, page + 2 * self._size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page
            )
        except (OSError, ValueError) as error:
            self.__exit__()
            raise _not_mapped(self.name, error) from error
        self._data = memoryview(self._producer)[page:]
        self._at = ring.load_position(self._consumer, 0, WORD)
        return self

    def __exit__(self, *_exception: object) -> None:
        try:
            self._data.release()
            for area in (self._consumer, self._producer):
                if area is not None:
                    area.close()
        except BufferError:  # somebody still looks at an event: it goes when they do
            pass
        self._consumer = self._producer = None

    def lost(self, *, last: bool) -> list[DataError]:
        """Nothing: who finds no room in a ring buffer is told so, and nobody else is."""
        return []

    def batches(self, until: Until) -> Iterator[Events | None]:
        """Events as they come; those that there are at the end too."""
        poll = until.watch(self._file, edges=True)
        try:
            while True:
                over, before = until.over, self.position  # what has come by now is shown
                yield from self._there()
                if over:
                    return
                if not until.pause(self.position - before, self._size):
                    yield None
                    until.wait(poll, LOOK)
        finally:
            poll.close()

    def _there(self) -> Iterator[Events]:
        """The events up to where the producer is now, or up to one that is being written."""
        assert self._producer is not None
        end = ring.load_position(self._producer, 0, WORD)
        reason = ring.DONE
        while self._at != end and reason != ring.STOPPED:
            left = (end - self._at) % POSITIONS
            if left > self._size or left % ring.HEADER:
                raise self._broken(f"there are said to be {left} bytes in {self._size}")
            state = self._state
            state[ring.AT] = start = self._at & (self._size - 1)
            state[ring.END], state[ring.ENOUGH] = start + left, CHUNK
            reason = ring.scan(self._data, self._spans, state, live=True, big=False)
            if state[ring.FOUND]:
                events = Events(
                    self._data, self._spans, state[ring.FOUND], self._number, release=self._release
                )
                yield events
                events.done()
            else:
                self._consume(state[ring.AT] - start)
            if reason == ring.CUT:
                raise self._broken("a record ends behind what has been written")

    def _release(self, count: int) -> None:
        """Give back the memory of the first events of the batch that was handed out last."""
        end = self._state[ring.AT]
        if count < self._state[ring.FOUND]:
            end = self._spans[ring.SPAN * count] - ring.HEADER  # where the next one begins
        self._number += count
        self._consume(end - (self._at & (self._size - 1)))

    def _consume(self, length: int) -> None:
        """Let the producers have so many bytes more."""
        if not length:
            return
        self._at = (self._at + length) % POSITIONS
        self.position += length
        if self._consumer is not None:
            ring.store_position(self._consumer, 0, WORD, self._at)

    def _broken(self, what: str) -> DataError:
        return DataError(f"{self.name}: position {self._at} of the ring buffer: {what}", self._at)


def _not_mapped(name: str, error: OSError | ValueError) -> UsageError:
    if isinstance(error, OSError) and error.errno in REFUSED:
        return UsageError(
            f"{name}: cannot be mapped into memory: not permitted: reading consumes, so the map "
            f"must not be frozen, read-only, or opened for reading alone"
        )
    why = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
    return UsageError(f"{name}: cannot be mapped into memory: {why}")
