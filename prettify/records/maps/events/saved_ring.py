"""What was saved of a BPF ring buffer, or comes through a pipe: records with headers of 8 bytes.

Records that were given up are left out, and those that were still being written when it was saved,
too. A header of zeroes is none: the kernel writes no such one. Nothing was written from there on,
and all that follows is zero.
"""

from __future__ import annotations

from prettify.core import ring
from prettify.core.tables import zeroes
from prettify.errors import DataError
from prettify.records.input import CHUNK
from prettify.records.maps.events.batch import Events
from prettify.records.pipes import WIDE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.records.input import Input
    from prettify.records.until import Until

MANY = 1 << 14  # events of a batch, at most
MAX_RECORD = 1 << 26  # bytes of an event that is shown


class SavedRing:
    """The events of an input, from its position on."""

    __slots__ = (
        "_at", "_base", "_big", "_buffer", "_data", "_end", "_ended", "_grace", "_number", "_state",
        "_unfinished", "name",
    )  # fmt: skip

    at_once = False

    def __init__(self, data: Input, byte_order: str) -> None:
        """data: stays the caller's. byte_order: of the headers."""
        self.name = data.name
        self._data = data
        self._big = byte_order == "big"
        self._number = 1  # of the next event
        self._unfinished = [0, 0]  # how many were being written, and where the first of them is
        self._base = data.position  # of the buffer, in the input
        self._buffer = memoryview(b"")
        self._at = 0  # of the next header, in the buffer; behind its end if padding is to come
        self._end = 0  # of what there is in the buffer
        self._ended = False  # whether the input is
        self._grace = 0 if data.seekable else WIDE  # bytes that are read when it is time to end
        self._state = zeroes("q", ring.SCAN)

    def __enter__(self) -> SavedRing:
        return self

    def __exit__(self, *_exception: object) -> None:
        return None

    @property
    def position(self) -> int:
        """Bytes read so far."""
        return self._data.position

    def lost(self, *, last: bool) -> list[DataError]:
        """At the end, that there were records that were being written."""
        count, place = self._unfinished
        if not last or not count:
            return []
        self._unfinished = [0, 0]
        return [
            DataError(
                f"{self.name}: {count} records were still being written, the first at byte {place}",
                place,
            )
        ]

    def batches(self, until: Until) -> Iterator[Events | None]:
        """The events, as many as have arrived at a time.

        Raises DataError, after all before it, where a record is cut short or longer than
        MAX_RECORD, and where something follows a header of zeroes.
        """
        data = self._data
        if data.at_hand:
            self._end = (data.size or 0) - data.position
            self._buffer = data.view(data.position, data.position + self._end)
            self._ended = True
        reason, need = ring.DONE, ring.HEADER
        while reason != ring.BLANK:
            if until.over and self._grace <= 0:
                return
            if reason != ring.FULL:
                yield from self._fill(need, until)
                if self._end - self._at < need:
                    self._check_end(need)
                    return
            reason, events = self._scan()
            if events is not None:
                yield events
            need = self._needed() if reason == ring.CUT else ring.HEADER
        yield from self._check_blank(until)

    def _scan(self) -> tuple[int, Events | None]:
        """The records that are there in full, as many as a batch may have."""
        spans = zeroes("q", ring.SPAN * min(MANY, (self._end - self._at) // ring.HEADER))
        state = self._state
        state[ring.AT], state[ring.END], state[ring.ENOUGH] = self._at, self._end, CHUNK
        reason = ring.scan(self._buffer, spans, state, live=False, big=self._big)
        self._at = state[ring.AT]
        if state[ring.UNFINISHED]:
            if not self._unfinished[0]:
                self._unfinished[1] = self._base + state[ring.FIRST_UNFINISHED]
            self._unfinished[0] += state[ring.UNFINISHED]
        count, number = state[ring.FOUND], self._number
        if self._data.at_hand:
            self._data.position = self._base + min(self._at, self._end)
        if not count:
            return reason, None
        self._number += count
        return reason, Events(self._buffer[: self._end], spans, count, number, self._base)

    def _needed(self) -> int:
        """Bytes that are needed from the next header on; its record is not there in full."""
        at, place = self._at, self._base + self._at
        word = int.from_bytes(self._buffer[at : at + 4], "big" if self._big else "little")
        length = word & ring.LENGTH_MASK
        size = self._data.size
        if size is not None and ring.HEADER + length > size - place:
            raise self._cut_short(size - place, ring.HEADER + length)
        if length <= MAX_RECORD:
            return ring.HEADER + length
        raise DataError(
            f"{self.name}: record of {length} bytes at byte {place}, more than the {MAX_RECORD} "
            f"that can be shown",
            place,
        )

    def _fill(self, need: int, until: Until) -> Iterator[None]:
        """Read on until so many bytes are there from the next header on, if there are so many.

        It may be that it is time to end.
        """
        data = self._data
        if self._end - self._at >= need or self._ended:
            return
        kept = min(self._at, self._end)
        rest = self._buffer[kept : self._end]
        self._base, self._at, self._end = self._base + kept, self._at - kept, len(rest)
        poll = None
        try:
            while self._end - self._at < need:
                # Room as it is needed: who says that a record is long has to send it.
                size = max(CHUNK, min(self._at + need, 2 * self._end))
                room = memoryview(bytearray(size))
                room[: self._end] = rest[: self._end]
                self._buffer = rest = room
                while self._end < size and self._end - self._at < need:
                    while not data.ready() and not until.over:
                        yield None
                        poll = poll or until.watch(data.fileno())
                        until.wait(poll)
                    if until.over and (not data.ready() or self._grace <= 0):
                        return
                    arrived = data.into(room[self._end :])
                    self._end += arrived
                    self._grace -= arrived if until.over else 0
                    if not arrived:
                        self._ended = True
                        return
        finally:
            if poll is not None:
                poll.close()

    def _check_end(self, need: int) -> None:
        """There are not so many bytes. Raises DataError if the input ends amidst a record."""
        left = self._end - self._at
        if self._ended and left > 0:
            raise self._cut_short(left, need)

    def _cut_short(self, left: int, needed: int) -> DataError:
        place = self._base + self._at
        return DataError(
            f"{self.name}: record cut short at byte {place}: {left} bytes left, {needed} needed",
            place,
        )

    def _check_blank(self, until: Until) -> Iterator[None]:
        """Read on to the end. Raises DataError if there is anything but zeroes."""
        start = self._base + self._at
        while self._end > self._at:
            for at in range(self._at, self._end, CHUNK):
                piece = bytes(self._buffer[at : min(at + CHUNK, self._end)])
                if piece.count(0) < len(piece):
                    place = self._base + at + len(piece) - len(piece.lstrip(b"\0"))
                    raise DataError(
                        f"{self.name}: the header at byte {start} is zero, as where nothing was "
                        f"written, but byte {place} is not",
                        start,
                    )
            self._at = self._end
            yield from self._fill(1, until)
