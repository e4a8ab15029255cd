"""Reads the records of a recording, also those that are packed in others.

Records come in the order in which they are in the file, which is not quite that of their times:
each CPU's are in order, and those of all CPUs in rounds.
"""

from __future__ import annotations

from prettify.core import perf_records as machine
from prettify.core.rows import ROW
from prettify.core.tables import zeroes
from prettify.errors import DataError
from prettify.records.input import CHUNK
from prettify.records.perf import constants as c
from prettify.records.perf import records
from prettify.records.perf.attributes import ATTR_OLDEST
from prettify.records.perf.kinds import HEADER
from prettify.records.perf.packed import Unpacker
from prettify.records.perf.recording import MAX_EVENTS, MAX_SECTION
from prettify.records.perf.tables import Tables, Wanted
from prettify.records.sized.batch import own_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from prettify.records.input import Input
    from prettify.records.perf.raw import RawTypes
    from prettify.records.perf.recording import Recording

OUTPUT = 1 << 20  # bytes of records that are put down at a time
ROWS = 1 << 14  # of them
LARGEST = 1 << 16  # bytes of a record


class Batch:
    """Some records of a recording, in order: rows of `fill_rows` in `data`.

    shapes: the tables that they were made by; a row's first number is a kind's.
    """

    __slots__ = ("data", "rows", "shapes")

    def __init__(self, shapes: Tables, data: memoryview, rows: memoryview) -> None:
        self.shapes = shapes
        self.data = data
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows) // ROW

    def cut(self, first: int, last: int) -> Batch:
        """Those of its records."""
        return self.with_rows(own_table(self.rows[ROW * first : ROW * last]))

    def with_rows(self, rows: memoryview) -> Batch:
        """The same with these rows."""
        return Batch(self.shapes, self.data, rows)


class Reader:
    """Reads the records of a recording whose header was read from that input.

    wanted: which of them; the others are passed over. buffers: how many batches are in work at a
    time.
    """

    __slots__ = (
        "_buffers",
        "_data",
        "_left",
        "_out",
        "_raw",
        "_ring",
        "_rows",
        "_tracing",
        "_turn",
        "_unpacker",
        "_wanted",
        "recording",
        "stale",
        "state",
        "tables",
    )  # fmt: skip

    def __init__(
        self,
        recording: Recording,
        data: Input,
        wanted: Wanted,
        raw: RawTypes,
        buffers: int = 1,
    ) -> None:
        self.recording = recording
        self._data = data
        self._wanted = wanted
        self._raw = raw
        self._left = recording.data_size  # bytes of records that are not read; None up to the end
        self.tables = Tables(recording, wanted, raw)
        self.stale = False
        self.state = zeroes("q", machine.STATE)
        self._ring = [
            (bytearray(OUTPUT + 2 * LARGEST), zeroes("q", ROW * ROWS)) for _ in range(buffers)
        ]
        self._turn = 0
        self._out, self._rows = self._ring[0]
        self._unpacker: Unpacker | None = None
        self._tracing: bytes | None = None  # what is at hand of formats of events
        self._buffers = buffers
        self.state[machine.FORCED] = -1
        self.state[machine.ROW_ROOM] = ROWS
        self.state[machine.ROOM] = len(self._out)

    def batches(self) -> Iterator[Batch | None]:
        """The records. None comes before a wait, where there is more than one buffer.

        Raises DataError, after all those before it, where one is cut short or does not fit.
        """
        data = self._data
        if not self.recording.pipe:
            data.seek(self.recording.data_at)
        buffer = bytearray(CHUNK + LARGEST)
        held = 0  # bytes in the buffer
        while True:
            if self._buffers > 1 and not data.ready():
                yield None
            position = data.position - held
            arrived = self._filled(buffer, held)
            held += arrived
            view = memoryview(buffer)[:held]
            try:
                used = yield from self._scanned(view, position, frozen=False)
            except DataError:
                yield from self._flushed()
                raise
            yield from self._flushed()
            if used > held:  # what comes behind a record, and is passed over
                self._pass(used - held)
                held = 0
                continue
            held -= used
            if not arrived:
                break
            view.release()
            buffer[:held] = buffer[used : used + held]
        if held:
            place = data.position - held
            needed = self.state[machine.NEEDED]
            raise DataError(
                f"{data.name}: record cut short at byte {place}: {held} bytes left, {needed} "
                f"needed",
                place,
            )
        if self._unpacker is not None:
            self._unpacker.check_end(data.name)
        self._check_all_there()

    def _filled(self, buffer: bytearray, held: int) -> int:
        room = len(buffer) - held
        if self._left is not None:
            room = min(room, self._left)
        if not room:
            return 0
        with memoryview(buffer) as view:
            arrived = self._data.into(view[held : held + room])
        if self._left is not None:
            self._left -= arrived
        return arrived

    def _pass(self, length: int) -> None:
        if self._left is not None:
            if length > self._left:
                raise self._short(length, self._left)
            self._left -= length
        if self._tracing is not None:
            rest = self._data.exactly(length)
            missing = length - len(rest)
            if not missing:
                self._traced_data(rest)
        else:
            missing = self._data.skip(length)
        if missing:
            raise self._short(length, length - missing)

    def _short(self, needed: int, there: int) -> DataError:
        place = self._data.position
        return DataError(
            f"{self._data.name}: byte {place}: the data behind a record goes {needed} bytes on, "
            f"{there} are there",
            place,
        )

    def _check_all_there(self) -> None:
        if self._left:
            place = self._data.position
            raise DataError(
                f"{self._data.name}: ends at byte {place}, {self._left} bytes short of what its "
                f"header says",
                place,
            )

    # Records.

    def _flushed(self) -> Iterator[Batch]:
        """The records that were put down and not handed out."""
        count = self.state[machine.ROWS]
        if count:
            rows = self._rows if count == ROWS else own_table(self._rows[: ROW * count])
            yield Batch(self.tables, memoryview(self._out)[: self.state[machine.OUT]], rows)
            self._turn = (self._turn + 1) % len(self._ring)
            self._out, self._rows = self._ring[self._turn]
            self.state[machine.ROWS] = self.state[machine.OUT] = 0
        if self.stale:
            self.tables = Tables(self.recording, self._wanted, self._raw)
            self.stale = False

    def _scanned(
        self, data: memoryview, position: int, *, frozen: bool
    ) -> Generator[Batch, None, int]:
        """Go through the records of a buffer; returns how many bytes are done.

        It may be more than there are: what is behind the last record is to be passed over.
        """
        state = self.state
        at = 0
        while True:
            state[machine.AT] = at
            state[machine.THERE] = len(data)
            state[machine.POSITION] = position
            state[machine.FROZEN] = int(frozen)
            tables = self.tables
            status = machine.scan(
                tables.header, tables.classes, tables.programs, data, self._out, self._rows, state
            )
            at = state[machine.AT]
            if status == machine.NEED:
                return at
            if status == machine.FULL:
                yield from self._flushed()
            elif status == machine.KIND_ASKED:
                tables.ask(state[machine.ASKED])
            elif status == machine.BAD:
                raise self._bad(data, at, position if frozen else position + at)
            else:
                record = self._whole(data, at)
                if record is None:
                    return at
                at = yield from self._special(record, data, at, position, frozen=frozen)
                if at >= len(data):
                    return at

    def _whole(self, data: memoryview, at: int) -> memoryview | None:
        """The record there, None where not all of it is at hand."""
        size = self._number(data, at + 6, 2)
        if len(data) - at < size:
            self.state[machine.NEEDED] = size
            return None
        return data[at : at + size]

    def _number(self, data: memoryview, at: int, size: int) -> int:
        return int.from_bytes(data[at : at + size], self.recording.order)

    def _bad(self, data: memoryview, at: int, place: int) -> DataError:
        state = self.state
        type_ = self._number(data, at, 4)
        size = self._number(data, at + 6, 2)
        if state[machine.ASKED] == machine.TOO_SHORT:
            what = f"says that it has {size} bytes, {HEADER} needed"
        else:
            what = (
                f"is of type {type_} and has {size} bytes, and what is said to begin at byte "
                f"{state[machine.NEEDED]} of it goes past its end"
            )
        return DataError(f"{self._data.name}: record at byte {place} {what}", place)

    # Records that tell what comes behind them.

    def _special(
        self, record: memoryview, data: memoryview, at: int, position: int, *, frozen: bool
    ) -> Generator[Batch, None, int]:
        """What is to be done for a record before it is put down; returns where the next one is."""
        type_ = self._number(record, 0, 4)
        place = position if frozen else position + at
        if self.stale and type_ != c.HEADER_ATTR:
            yield from self._flushed()
            return at
        behind = len(record)
        if type_ == c.HEADER_ATTR:
            yield from self._put(self._attr(record, place), record, place)
        elif type_ in (c.COMPRESSED, c.COMPRESSED2):
            yield from self._put(self.tables.place_of_type(type_), record, place)
            yield from self._unpacked(record, type_, place)
        elif type_ in (c.HEADER_TRACING_DATA, c.AUXTRACE):
            yield from self._put(self.tables.place_of_type(type_), record, place)
            wide = 8 if type_ == c.AUXTRACE else 4
            if len(record) < HEADER + wide:
                raise self._bad(data, at, place)
            behind += self._number(record, HEADER, wide)
            if type_ == c.HEADER_TRACING_DATA:
                behind += -behind % 8
                self._take_tracing(data[at + len(record) : at + behind], behind - len(record))
        else:
            found = self._kind_place(type_, record, place)
            yield from self._put(found, record, place)
        return at + behind

    def _put(self, place: int, record: memoryview, position: int) -> Iterator[Batch]:
        """Put down a record as one of the kind that is there."""
        state, tables = self.state, self.tables
        while True:
            state[machine.AT] = 0
            state[machine.THERE] = len(record)
            state[machine.POSITION] = position
            state[machine.FROZEN] = 1
            state[machine.FORCED] = place
            status = machine.scan(
                tables.header, tables.classes, tables.programs, record, self._out, self._rows, state
            )
            state[machine.FORCED] = -1
            if status == machine.BAD:
                raise self._bad(record, 0, position)
            if status != machine.FULL:
                return
            yield from self._flushed()

    def _kind_place(self, type_: int, record: memoryview, place: int) -> int:
        """Where the kind of a record is that its inside tells."""
        tables, words = self.tables, self.tables.words
        if type_ == c.CPU_MAP:
            what = self._number(record, records.MAP_AT, 2)
            what = what if what in (records.MASK, records.RANGE) else records.LIST
            return tables.place_of((type_, what), lambda: records.cpu_map_kind(what, words))
        if type_ == c.EVENT_UPDATE:
            update = self._number(record, records.UPDATE_AT, 8)
            update = (
                update if update in (records.UNIT, records.SCALE, records.CPUS) else records.NAME
            )
            if self._number(record, records.UPDATE_AT, 8) == records.NAME:
                number = self._number(record, records.UPDATE_AT + 8, 8)
                self.recording.rename(number, record[records.UPDATE_AT + 16 :])
                self._changed()
            return tables.place_of((type_, update), lambda: records.update_kind(update, words))
        if type_ == c.HEADER_FEATURE and len(record) >= HEADER + 8:
            number = self._number(record, HEADER, 8)
            self.recording.add_feature(number, record[HEADER + 8 :], place)
            self.recording.named()
            self._changed()
        return tables.place_of_type(type_)

    def _attr(self, record: memoryview, place: int) -> int:
        size = self._number(record, records.ATTR_SIZE_AT, 4)
        if not ATTR_OLDEST <= size <= len(record) - HEADER:
            raise DataError(
                f"{self._data.name}: record at byte {place} of {len(record)} bytes has an attr "
                f"that is said to have {size}",
                place,
            )
        if len(self.recording.events) >= MAX_EVENTS:
            raise DataError(
                f"{self._data.name}: byte {place}: more than {MAX_EVENTS} events", place
            )
        end = HEADER + size
        self.recording.add_event(record[HEADER:end], record[end:])
        self.recording.named()
        self._changed()
        words = self.tables.words
        return self.tables.place_of((c.HEADER_ATTR, size), lambda: records.attr_kind(size, words))

    def _changed(self) -> None:
        """What is known of events has changed: kinds are made anew before the next record."""
        if self.recording.version != self.tables.version:
            self.stale = True
            self.tables.look_at_all()

    def _take_tracing(self, there: memoryview, length: int) -> None:
        """Read what tells how tracepoints' data is: the part that is at hand, and what is not."""
        if length > MAX_SECTION:
            place = self._data.position
            raise DataError(
                f"{self._data.name}: byte {place}: {length} bytes of formats of events, over "
                f"{MAX_SECTION}",
                place,
            )
        self._tracing = bytes(there)
        if len(there) == length:
            self._traced_data(b"")

    def _traced_data(self, rest: bytes) -> None:
        assert self._tracing is not None
        data = self._tracing + rest
        self._tracing = None
        self.recording.add_formats(data, self._data.position - len(data))
        self._changed()

    def _unpacked(self, record: memoryview, type_: int, place: int) -> Iterator[Batch]:
        """The records that are packed in one."""
        begin, end = HEADER, len(record)
        if type_ == c.COMPRESSED2:
            size = self._number(record, begin, 8)
            begin += 8
            if len(record) < begin or size > end - begin:
                raise DataError(
                    f"{self._data.name}: record at byte {place} of {end} bytes says that it has "
                    f"{size} bytes of data",
                    place,
                )
            end = begin + size
        if self._unpacker is None:
            self._unpacker = Unpacker()
        unpacker = self._unpacker
        for piece in unpacker.pieces(record[begin:end], self._data.name, place):
            whole = unpacker.held + piece
            used = yield from self._scanned(memoryview(whole), place, frozen=True)
            if used > len(whole):
                raise DataError(
                    f"{self._data.name}: record at byte {place}: what is packed in it goes on "
                    f"behind it",
                    place,
                )
            unpacker.held = whole[used:]
