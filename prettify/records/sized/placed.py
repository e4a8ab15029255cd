"""Records of which it is known where they are and how long, as rings have them: their types."""

from __future__ import annotations

from prettify.core import sized
from prettify.core.rows import ROW
from prettify.core.sized import BY_LENGTH, CUT
from prettify.core.tables import table, zeroes
from prettify.model import spelled
from prettify.records.input import Input
from prettify.records.query.scalar import NoValueError
from prettify.records.sized.batch import Batch
from prettify.records.sized.frame import AbsentError, Frame
from prettify.records.sized.scanner import open_scanner
from prettify.records.sized.shapes import Shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.records.sized.dispatch import Dispatch, Kind

    Unfit = Callable[[int, str], object]
    """Told of a record that cannot be shown: its number among the others, and why."""

SPAN = 2  # numbers of a record's place: where it begins in the data, how many bytes it has


class Placed:
    """Tells of which type each record is, and how much of it counts, by what its dispatch says."""

    __slots__ = ("_dispatch", "_frame", "_scanner", "_shapes")

    def __init__(self, dispatch: Dispatch, byte_order: str) -> None:
        """dispatch: of records that are placed."""
        self._dispatch = dispatch
        self._shapes = Shapes(dispatch)
        big = byte_order == "big"
        self._frame = Frame(Input(b""), "big" if big else "little", _absent)
        self._scanner = None
        if sized.COMPILED:
            self._scanner = open_scanner(dispatch, self._frame, big_endian=big)

    def batch(
        self, data: memoryview, spans: memoryview, count: int, base: int, unfit: Unfit
    ) -> Batch:
        """A batch of those of `count` records that are wanted and can be shown.

        spans: a table of SPAN integers for each record. base: where the data begins in the input.
        Raises ValueError where the data does not hold a record, or the table not so many.
        """
        if not 0 <= SPAN * count <= len(spans):
            raise ValueError(f"a table of {len(spans)} does not hold {count} places")
        if self._shapes.full:
            self._shapes = Shapes(self._dispatch)
        by = self._by_hand if self._scanner is None else self._compiled
        rows = by(data, spans, count, base, unfit)
        position = rows[2] if len(rows) else base
        return Batch(self._dispatch, self._shapes, data, position, base, rows)

    def _compiled(
        self, data: memoryview, spans: memoryview, count: int, base: int, unfit: Unfit
    ) -> memoryview:
        scanner = self._scanner
        assert scanner is not None
        rows = zeroes("q", ROW * count)
        state = scanner.state
        state[sized.DONE] = state[sized.ROWS] = 0
        state[sized.START] = base
        state[sized.COUNT] = count
        while (status := scanner.choose(self._shapes, data, spans, rows)) != sized.OVER:
            assert status in (sized.OTHERWISE, sized.BEYOND)
            done = state[sized.DONE]
            found = self._one(data, spans, done, base, unfit)
            for at, number in enumerate(found, ROW * state[sized.ROWS]):
                rows[at] = number
            state[sized.ROWS] += len(found) // ROW
            state[sized.DONE] = done + 1
        return rows[: ROW * state[sized.ROWS]]

    def _by_hand(
        self, data: memoryview, spans: memoryview, count: int, base: int, unfit: Unfit
    ) -> memoryview:
        rows: list[int] = []
        for number in range(count):
            rows += self._one(data, spans, number, base, unfit)
        return table("q", rows)

    def _one(
        self, data: memoryview, spans: memoryview, number: int, base: int, unfit: Unfit
    ) -> tuple[int, ...]:
        """A record's row, none if it is not wanted or does not fit."""
        dispatch, codes, frame = self._dispatch, self._dispatch.codes, self._frame
        start, length = spans[SPAN * number], spans[SPAN * number + 1]
        if start < 0 or length < 0 or start + length > len(data):
            raise ValueError(f"{len(data)} bytes do not hold {length} at {start}")
        kind, which = dispatch.kinds[0], 0
        if length < dispatch.head:
            unfit(number, _too_short(length, kind))
            return ()
        frame[dispatch.index] = data[start : start + length]
        frame.offset = base + start
        try:
            if "tag" in codes:
                which = dispatch.kind_of(codes["tag"].run(frame))
                kind = dispatch.kinds[which]
            if not dispatch.wants(frame):
                return ()
            if "sizeof" in codes:
                said: int = codes["sizeof"].run(frame)
                if said > length:
                    unfit(number, f"says it has {said} bytes, {length} are there")
                    return ()
                length = said
        except NoValueError as error:
            unfit(number, f"is not understood: {error}")
            return ()
        finally:
            frame.pop(dispatch.index, None)
        if length < kind.least:
            unfit(number, _too_short(length, kind))
            return ()
        whole = kind.layout.size
        if kind.mode == BY_LENGTH or (kind.mode == CUT and length < whole):
            whole = length
        return self._shapes.of(which, whole), start, base + start, length << 1


def _too_short(length: int, kind: Kind) -> str:
    return f"has {length} bytes, {kind.least} needed for {spelled(kind.layout.type)}"


def _absent(_index: int) -> bytes:
    raise AbsentError
