"""Records that say themselves how long they are, and by a tag of what type.

They lie one behind the other, so one has to be looked at to find the next: this is the loop that
does. What is done with them is done for many at a time.
"""

from __future__ import annotations

from prettify.core.tables import table
from prettify.errors import DataError
from prettify.model import spelled
from prettify.records.input import CHUNK
from prettify.records.query.scalar import NoValueError
from prettify.records.sized.batch import Batch
from prettify.records.sized.frame import AbsentError
from prettify.records.sized.shapes import Shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.layout import Layout
    from prettify.records.input import Input
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.frame import Frame

MAX_RECORD = 1 << 26  # bytes of a record that is shown as a whole


class SizedReader:
    """Reads the records of a stream from an input's position, `region`, on.

    limit: bytes that there are for them; None is up to the end. count: records, None is as many as
    there are; the first `skip` are left out. end: the position behind the last one read.
    """

    __slots__ = (
        "_at", "_buffer", "_count", "_data", "_dispatch", "_done", "_failure", "_frame", "_limit",
        "_need", "_padding", "_region", "_skip", "_start", "end",
    )  # fmt: skip

    def __init__(
        self,
        dispatch: Dispatch,
        frame: Frame,
        data: Input,
        region: int,
        *,
        limit: int | None,
        count: int | None,
        skip: int = 0,
    ) -> None:
        self._dispatch = dispatch
        self._frame = frame
        self._data = data
        self._region = region
        self._limit = None if limit is None else region + limit
        self._count = count
        self._skip = skip
        self._buffer = memoryview(b"")
        self._start = region  # of the buffer, in the input
        self._at = 0  # of the next record, in the buffer
        self._done = 0  # records
        self._need = dispatch.kinds[0].least  # bytes from there on, to go on; 0 at the end
        self._padding = 0  # bytes behind the last record, which need not be there
        self._failure: DataError | None = None
        self.end = region

    def batches(self) -> Iterator[Batch]:
        """The records, as many as have arrived at a time.

        Raises DataError, after all those before it, where one is cut short, or says that it is
        shorter than its type.
        """
        dispatch = self._dispatch
        shapes = Shapes(dispatch.kinds)
        while self._need and self._done != self._count:
            if not self._more():
                self._check_end()
                return
            rows = self._scan(shapes)
            if rows:
                yield Batch(dispatch, shapes, self._buffer, rows[2], self._region, table("q", rows))
            if self._failure is not None:
                raise self._failure
            if shapes.full:
                shapes = Shapes(dispatch.kinds)

    def _scan(self, shapes: Shapes) -> list[int]:
        """The rows of all records that the buffer has in full.

        Then it is known how many bytes are needed to go on, and what is wrong if anything is.
        """
        rows: list[int] = []
        try:
            self._need = self._collect(shapes, rows)
        except DataError as error:
            self._failure = error
        except AbsentError:
            self._need = 0
        except NoValueError as error:
            place = self._start + self._at
            self._failure = DataError(f"{self._data.name}: record at byte {place}: {error}", place)
        self._frame.pop(self._dispatch.index, None)
        return rows

    def _collect(self, shapes: Shapes, rows: list[int]) -> int:
        """Add to `rows` until more bytes are needed; returns how many, 0 at the end."""
        dispatch, frame, buffer = self._dispatch, self._frame, self._buffer
        index, kinds, tags = dispatch.index, dispatch.kinds, dispatch.tags
        run = dispatch.run
        tag, sizeof, align = run.get("tag"), run.get("sizeof"), run.get("align")
        goes_on, until = run.get("while"), run.get("until")
        start, limit, skip, head = self._start, self._limit, self._skip, kinds[0].least
        count = -1 if self._count is None else self._count
        there = len(buffer)
        at = self._at
        which = 0
        while self._done != count:
            if at == there or at + head > there:
                return self._needed(head)
            frame.offset = position = start + at
            frame[index] = buffer[at : at + head]
            if tag is not None:
                which = tags.get(tag(frame), 0)
            kind = kinds[which]
            size = kind.least
            if size > head:
                if at + size > there:
                    return self._needed(size)
                frame[index] = buffer[at : at + size]
            measure = kind.sizeof or sizeof
            if goes_on is not None and not goes_on(frame):
                return 0
            whole = size
            if kind.held is not None and kind.tail is not None:
                whole = max(size, kind.tail.offset + kind.held(frame))
            length = whole if measure is None else measure(frame)
            if length < whole or (limit is not None and position + length > limit):
                self._check_length(kind.layout, length, whole)
            if kind.tail is not None:
                if kind.held is None:
                    whole = length
                if at + whole > there:
                    return self._needed(whole)
                frame[index] = buffer[at : at + whole]
            if at + length > there and self._data.size is not None:
                self._check_there(length)
            if self._done >= skip:
                rows += (shapes.of(which, whole), at, position, 0)
            self._done += 1
            last = until is not None and until(frame)
            if align is not None:
                step = align(frame)
                self._padding = -length % step if step > 0 else 0
                length += self._padding
            self._at = at = at + length
            self.end = start + at
            if last:
                return 0
            if at > there:
                return self._needed(head)
        return 0

    def _needed(self, length: int) -> int:
        """That many bytes, where such a record can be held and there is no end before."""
        if length > MAX_RECORD:
            place = self._start + self._at
            raise DataError(
                f"{self._data.name}: record of {length} bytes at byte {place}, more than the "
                f"{MAX_RECORD} that can be shown",
                place,
            )
        return length

    def _check_length(self, layout: Layout, length: int, needed: int) -> None:
        """Raise DataError for a record that is too short, or ends behind its region."""
        place = self._start + self._at
        if length < needed:
            raise DataError(
                f"{self._data.name}: record at byte {place} says it is {length} bytes long, "
                f"{needed} needed for {spelled(layout.type)}",
                place,
            )
        raise self._short((self._limit or 0) - place, length)

    def _check_there(self, length: int) -> None:
        """Raise DataError for a record that ends behind the input."""
        left = (self._data.size or 0) - self._start - self._at
        if length > left:
            raise self._short(left, length)

    def _short(self, left: int, needed: int) -> DataError:
        place = self._start + self._at
        return DataError(
            f"{self._data.name}: record cut short at byte {place}: {left} bytes left, {needed} "
            f"needed",
            place,
        )

    def _more(self) -> bool:
        """Take a new buffer that begins with the next record; whether it holds what is needed."""
        data = self._data
        place = self._start + self._at
        if place > data.position:  # a long record of which only the beginning is shown
            missing = data.skip(place - data.position)
            if missing > self._padding:
                short = missing - self._padding
                raise DataError(
                    f"{data.name}: ends at byte {data.position}, {short} bytes short of the end of "
                    f"its last record",
                    data.position,
                )
            rest = memoryview(b"")
        else:
            rest = self._buffer[self._at :]
        self._start, self._at = place, 0
        room = max(self._need, CHUNK)
        if self._limit is not None:
            room = min(room, self._limit - place)
        if data.size is not None:
            room = min(room, data.size - place)
        self._buffer = rest
        if room < self._need:
            return False
        if data.at_hand:
            data.position = place + room
            self._buffer = data.view(place, place + room)
            return True
        buffer = memoryview(bytearray(room))
        held = len(rest)
        buffer[:held] = rest
        while held < self._need:
            arrived = data.into(buffer[held:])
            if not arrived:
                break
            held += arrived
        self._buffer = buffer[:held]
        return held >= self._need

    def _check_end(self) -> None:
        """The input or region ends with less than a record. Raises DataError unless it may."""
        place = self._start + self._at
        left = len(self._buffer) if self._data.size is None else self._data.size - place
        if self._limit is not None:
            left = min(left, self._limit - place)
        if left > 0:
            raise self._short(left, self._need)
        place = min(place, self.end)
        if self._count is not None:
            raise DataError(
                f"{self._data.name}: ends at byte {place}, {self._done} of {self._count} records "
                f"are there",
                place,
            )
        if self._limit is not None and place < self._limit:
            raise DataError(
                f"{self._data.name}: ends at byte {place}, {self._limit - place} bytes short of "
                f"what the format says",
                place,
            )
