"""Records that say themselves how long they are, and by a tag of what type.

They lie one behind the other, so one has to be looked at to find the next. Where what tells is
numbers, `core.sized` goes through all that are at hand; one by one goes what it leaves to Python.
What is done with them is done for many at a time.
"""

from __future__ import annotations

from prettify.core import sized
from prettify.core.rows import ROW
from prettify.core.tables import table
from prettify.errors import DataError
from prettify.model import spelled
from prettify.records.input import CHUNK
from prettify.records.query.scalar import NoValueError
from prettify.records.sized.batch import Batch
from prettify.records.sized.frame import AbsentError
from prettify.records.sized.scanner import MAX_RECORD, open_scanner, rows_for
from prettify.records.sized.shapes import Shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.layout import Layout
    from prettify.records.input import Input
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.frame import Frame
    from prettify.records.sized.scanner import Scanner

GO_ON = -1  # the next record may be looked at


class SizedReader:
    """Reads the records of a stream from an input's position, `region`, on.

    limit: bytes that there are for them; None is up to the end. source: who says that there are so
    many; None if they need not be there. count: records, None is as many as there are; the first
    `skip` are left out. buffers: how many batches are in work at a time. resync: what is told where
    something is wrong, to go on behind it; None ends there. end: the position behind the last one
    read.
    """

    __slots__ = (
        "_at", "_buffer", "_buffers", "_count", "_data", "_dispatch", "_done", "_failure",
        "_frame", "_limit", "_need", "_padding", "_region", "_resync", "_scanner", "_skip",
        "_source", "_start", "end",
    )  # fmt: skip

    def __init__(
        self,
        dispatch: Dispatch,
        frame: Frame,
        data: Input,
        region: int,
        *,
        limit: int | None,
        source: str | None,
        count: int | None = None,
        skip: int = 0,
        buffers: int = 1,
        resync: Callable[[DataError], object] | None = None,
    ) -> None:
        self._dispatch = dispatch
        self._frame = frame
        self._data = data
        self._region = region
        self._limit = None if limit is None else region + limit
        self._source = source
        self._count = count
        self._skip = skip
        self._buffers = buffers
        self._resync = resync
        self._buffer = memoryview(b"")
        self._start = region  # of the buffer, in the input
        self._at = 0  # of the next record, in the buffer
        self._done = 0  # records
        self._need = dispatch.kinds[0].least  # bytes from there on, to go on; 0 at the end
        self._padding = 0  # bytes behind the last record, which need not be there
        self._failure: DataError | None = None
        self._scanner: Scanner | None = None
        self.end = region

    def batches(self) -> Iterator[Batch | None]:
        """The records, as many as have arrived at a time. None comes before a wait, where there is
        more than one buffer.

        Raises DataError, after all those before it, where one is cut short, or says that it is
        shorter than its type.
        """
        dispatch = self._dispatch
        shapes = Shapes(dispatch)
        self._open_scanner()
        while self._need and self._done != self._count:
            if self._buffers > 1 and not self._data.ready():
                yield None
            if not self._more():
                if self._ended():
                    return
                continue
            while True:
                rows = self._scan(shapes)
                if len(rows):
                    yield Batch(dispatch, shapes, self._buffer, rows[2], self._region, rows)
                if self._failure is not None:
                    self._resume(self._failure)
                if shapes.full:
                    shapes = Shapes(dispatch)
                if self._need != GO_ON:
                    break

    def _open_scanner(self) -> None:
        frame = self._frame
        if not sized.COMPILED and self._resync is None:
            return
        try:
            big = frame.byte_order == "big"
            self._scanner = open_scanner(self._dispatch, frame, big_endian=big)
        except (AbsentError, NoValueError):  # if it is needed, this comes up again
            return

    def _ended(self) -> bool:
        """Whether all was well up to the end; if not, whether there is no going on behind that.

        Raises DataError where something is wrong and it is.
        """
        try:
            self._check_end()
        except DataError as error:
            self._resume(error)
            return False
        return True

    def _resume(self, failure: DataError) -> None:
        """Go on with the next plausible record. Raises the failure where that is not to be."""
        scanner = self._scanner
        if self._resync is None or scanner is None:
            raise failure
        self._failure = None
        began = self._start + self._at
        step = self._dispatch.step
        ended = False
        self._at += step
        while True:
            status = self._search(scanner, step, ended=ended)
            if status == sized.FOUND:
                break
            if status == sized.OVER or ended:
                what = f"{failure}; nothing plausible in the {self._start + self._at - began} bytes"
                raise DataError(f"{what} behind it", began)
            self._need = scanner.state[sized.NEEDED]
            ended = not self._more()
        place = self._start + self._at
        self._need = self._dispatch.kinds[0].least
        self._resync(DataError(f"{failure}; {place - began} bytes skipped, to byte {place}", began))

    def _search(self, scanner: Scanner, step: int, *, ended: bool) -> int:
        state, start, size = scanner.state, self._start, self._data.size
        if ended and size is None:
            size = start + len(self._buffer)
        state[sized.AT] = self._at
        state[sized.THERE] = len(self._buffer)
        state[sized.START] = start
        state[sized.LIMIT] = -1 if self._limit is None else self._limit - start
        state[sized.TOTAL] = -1 if size is None else size - start
        status = scanner.search(self._buffer, step)
        self._at = state[sized.AT]
        return status

    def leave(self, last: int | None = None) -> None:
        """Take the input's position behind the last record that was read.

        last: where one begins, of those of the last batch, behind which it is to be.
        """
        if last is not None:
            self._at = last - self._start
            self._count = None
            self._one(Shapes(self._dispatch), [])
        data = self._data
        if data.size is not None:
            data.seek(min(self.end, data.size))
        elif data.position > self.end:
            data.give_back(self._buffer[self.end - self._start :])
        else:
            data.skip(self.end - data.position)

    # Many records.

    def _scan(self, shapes: Shapes) -> memoryview:
        """The rows of all records that the buffer has in full, or of many.

        Then it is known how many bytes are needed to go on, and what is wrong if anything is.
        """
        rows: list[int] = []
        try:
            if self._scanner is not None and sized.COMPILED:
                return self._compiled(self._scanner, shapes)
            self._need = GO_ON
            while self._need == GO_ON:
                self._need = self._one(shapes, rows)
        except DataError as error:
            self._failure = error
        finally:
            self._frame.pop(self._dispatch.index, None)
        return table("q", rows)

    def _compiled(self, scanner: Scanner, shapes: Shapes) -> memoryview:
        state, start = scanner.state, self._start
        rows = rows_for(len(self._buffer), self._dispatch.kinds[0].least)
        state[sized.ROWS] = 0
        state[sized.THERE] = len(self._buffer)
        state[sized.START] = start
        state[sized.ROOM] = len(rows) // ROW
        state[sized.COUNT] = -1 if self._count is None else self._count
        state[sized.SKIP] = self._skip
        state[sized.LIMIT] = -1 if self._limit is None else self._limit - start
        state[sized.TOTAL] = -1 if self._data.size is None else self._data.size - start
        while True:
            state[sized.AT] = self._at
            state[sized.DONE] = self._done
            state[sized.END] = self.end - start
            state[sized.PADDING] = self._padding
            status = scanner.scan(shapes, self._buffer, rows)
            self._at = state[sized.AT]
            self._done = state[sized.DONE]
            self.end = state[sized.END] + start
            self._padding = state[sized.PADDING]
            if status == sized.OTHERWISE:
                status = self._by_hand(shapes, rows, state)
            if status != sized.FOUND:
                break
        self._need = {sized.NEED: state[sized.NEEDED], sized.OVER: 0}.get(status, GO_ON)
        return rows[: ROW * state[sized.ROWS]]

    def _by_hand(self, shapes: Shapes, rows: memoryview, state: memoryview) -> int:
        """One record, its row among those that are there; returns as `core.sized` does."""
        found: list[int] = []
        try:
            need = self._one(shapes, found)
        except DataError as error:
            self._failure = error
            return sized.OVER
        at = ROW * state[sized.ROWS]
        for number in found:
            rows[at] = number
            at += 1
        state[sized.ROWS] += len(found) // ROW
        state[sized.NEEDED] = need
        return sized.FOUND if need == GO_ON else sized.NEED if need else sized.OVER

    # One record.

    def _one(self, shapes: Shapes, rows: list[int]) -> int:
        """Add the next record's row, if it is wanted; returns GO_ON, 0 if it is the last one.

        Where more bytes are needed first, how many. Raises DataError.
        """
        try:
            return self._next(shapes, rows)
        except AbsentError:
            return 0
        except NoValueError as error:
            place = self._start + self._at
            message = f"{self._data.name}: record at byte {place}: {error}"
            raise DataError(message, place) from error

    def _next(self, shapes: Shapes, rows: list[int]) -> int:
        dispatch, frame, buffer, at = self._dispatch, self._frame, self._buffer, self._at
        index, codes, there = dispatch.index, dispatch.codes, len(self._buffer)
        if self._done == self._count:
            return 0
        head = dispatch.kinds[0].least
        if at == there or at + head > there:
            return self._needed(head)
        frame.offset = position = self._start + at
        frame[index] = buffer[at : at + head]
        which = dispatch.kind_of(codes["tag"].run(frame)) if "tag" in codes else 0
        kind = dispatch.kinds[which]
        size = kind.least
        if size > head:
            if at + size > there:
                return self._needed(size)
            frame[index] = buffer[at : at + size]
        if "while" in codes and not codes["while"].run(frame):
            return 0
        whole = size
        if kind.held is not None and kind.tail is not None:
            whole = max(size, kind.tail.offset + kind.held.run(frame))
        measure = kind.sizeof or codes.get("sizeof")
        length: int = whole if measure is None else measure.run(frame)
        if length < whole or (self._limit is not None and position + length > self._limit):
            self._check_length(kind.layout, length, whole)
        if kind.mode == sized.BY_LENGTH and kind.held is None:
            whole = length
        elif kind.mode == sized.CUT:
            whole = min(length, kind.layout.size)
        wanted = length if dispatch.cut and length <= MAX_RECORD else whole
        if at + length > there and self._data.size is not None:
            self._check_there(length)
        if at + wanted > there:
            return self._needed(wanted)
        if whole > size:
            frame[index] = buffer[at : at + whole]
        if self._done >= self._skip and dispatch.wants(frame):
            rows += (shapes.of(which, whole), at, position, 0)
        last = "until" in codes and codes["until"].run(frame)
        self._done += 1
        self._padding = 0
        if "align" in codes:
            step = codes["align"].run(frame)
            self._padding = -length % step if step > 0 else 0
        self._at = at + length + self._padding
        self.end = self._start + self._at
        return 0 if last else GO_ON

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
            of = self._dispatch.layout if self._dispatch.cut else layout
            raise DataError(
                f"{self._data.name}: record at byte {place} says it is {length} bytes long, "
                f"{needed} needed for {spelled(of.type)}",
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

    # The input.

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
        if data.at_hand:
            data.position = place + max(room, 0)
            self._buffer = data.view(place, data.position)
        else:
            self._buffer = self._filled(rest, max(room, 0))
        return len(self._buffer) >= self._need

    def _filled(self, rest: memoryview, room: int) -> memoryview:
        """What is left of the buffer and what comes behind it, `room` bytes at most.

        Memory is taken as bytes arrive, whatever is needed.
        """
        held = len(rest)
        if held >= room:
            return rest
        buffer = bytearray(min(room, held + CHUNK))
        buffer[:held] = rest
        while held < min(self._need, room):
            if held == len(buffer):
                buffer += bytes(min(room - held, held))
            with memoryview(buffer) as view:
                arrived = self._data.into(view[held:])
            if not arrived:
                break
            held += arrived
        return memoryview(buffer)[:held]

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
        if self._limit is not None and place < self._limit and self._source is not None:
            raise DataError(
                f"{self._data.name}: ends at byte {place}, {self._limit - place} bytes short of "
                f"what {self._source} says",
                place,
            )
