"""Records of which it is known where they are and how long, as rings have them: their types."""

from __future__ import annotations

from prettify.core import sized
from prettify.core.rows import ROW
from prettify.core.sized import BY_LENGTH
from prettify.core.tables import table
from prettify.errors import DataError
from prettify.records.input import Input
from prettify.records.query.scalar import NoValueError
from prettify.records.sized.batch import Batch
from prettify.records.sized.frame import AbsentError, Frame
from prettify.records.sized.scanner import open_scanner
from prettify.records.sized.shapes import Shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.records.sized.dispatch import Dispatch


class Placed:
    """Tells of which type each record is, by what its dispatch says of tags, names and filters.

    What that says of lengths does not count. A record shorter than its type is shown as far as it
    goes, and does not match any filter that is about what it has not.
    """

    __slots__ = ("_dispatch", "_frame", "_scanner", "_shapes")

    def __init__(
        self, dispatch: Dispatch, byte_order: str, header: Callable[[str], int] | None = None
    ) -> None:
        """header: gives the integer of a header's member by its path, where there is a header."""
        self._dispatch = dispatch
        self._shapes = Shapes(dispatch)
        big = byte_order == "big"
        self._frame = Frame(Input(b""), "big" if big else "little", _absent, header)
        self._scanner = None
        if sized.COMPILED:
            self._scanner = open_scanner(dispatch, self._frame, big_endian=big)

    def batch(self, data: memoryview, places: memoryview) -> Batch:
        """A batch of the records that are wanted.

        places: a table of ROW integers for each record: not used, where it begins in the data, its
        position (any number, which the batch has too), its length in bytes. It is used up.
        Raises ValueError where the data does not hold a record.
        """
        if self._shapes.full:
            self._shapes = Shapes(self._dispatch)
        rows = self._compiled(data, places) if self._scanner else self._by_hand(data, places)
        return Batch(self._dispatch, self._shapes, data, 0, 0, rows)

    def _compiled(self, data: memoryview, rows: memoryview) -> memoryview:
        scanner = self._scanner
        assert scanner is not None
        state = scanner.state
        state[sized.DONE] = state[sized.ROWS] = state[sized.START] = 0
        state[sized.COUNT] = len(rows) // ROW
        while (status := scanner.choose(self._shapes, data, rows)) != sized.OVER:
            assert status in (sized.OTHERWISE, sized.BEYOND)
            done = state[sized.DONE]
            found = self._one(data, *rows[ROW * done + 1 : ROW * done + ROW])
            for at, number in enumerate(found, ROW * state[sized.ROWS]):
                rows[at] = number
            state[sized.ROWS] += len(found) // ROW
            state[sized.DONE] = done + 1
        return rows[: ROW * state[sized.ROWS]]

    def _by_hand(self, data: memoryview, places: memoryview) -> memoryview:
        rows: list[int] = []
        for at in range(0, len(places), ROW):
            rows += self._one(data, *places[at + 1 : at + ROW])
        return table("q", rows)

    def _one(self, data: memoryview, start: int, position: int, length: int) -> tuple[int, ...]:
        """A record's row, none if it is not wanted."""
        if start < 0 or length < 0 or start + length > len(data):
            raise ValueError(f"{len(data)} bytes do not hold {length} at {start}")
        dispatch, codes, frame = self._dispatch, self._dispatch.codes, self._frame
        which = 0
        if length >= dispatch.kinds[0].least:
            frame[dispatch.index] = data[start : start + length]
            frame.offset = start
            try:
                if "tag" in codes:
                    which = dispatch.kind_of(codes["tag"].run(frame))
            except NoValueError as error:
                raise DataError(f"record at {position}: {error}", position) from error
            if not dispatch.wants(frame):
                return ()
        elif "filter" in codes:
            return ()
        kind = dispatch.kinds[which]
        whole = length
        if kind.mode != BY_LENGTH:
            whole = min(length, kind.layout.size)
        return self._shapes.of(which, whole), start, position, length << 1


def _absent(_index: int) -> bytes:
    raise AbsentError
