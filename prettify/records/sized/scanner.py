"""The tables by which `core.sized` goes from record to record, made of a dispatch."""

from __future__ import annotations

from prettify.core import measure, sized
from prettify.core.rows import ROW
from prettify.core.tables import table, zeroes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.core.measure import Ops
    from prettify.records.sized.dispatch import Dispatch
    from prettify.records.sized.frame import Frame
    from prettify.records.sized.shapes import Shapes

MAX_RECORD = 1 << 26  # bytes of a record that is shown as a whole
MAX_PLAUSIBLE = 1 << 20  # bytes of one that is searched for
LINKS = 3  # records in a row that have to be plausible
MAX_ROWS = 1 << 14  # of one scan
NONE = zeroes("q", 1)  # for a table that is not needed
# Programs of a scanner, in the order of its header.
PROGRAMS = ("tag", "sizeof", "align", "while", "until", "filter")


class Scanner:
    """A dispatch as tables, and the state of a run over its records."""

    __slots__ = ("_big", "_dispatch", "_slots", "_table", "state")

    def __init__(self, dispatch: Dispatch, slots: list[int], *, big_endian: bool) -> None:
        self._dispatch = dispatch
        self._big = big_endian
        self._slots = table("q", slots or [0])
        self._table = self._made()
        self.state = zeroes("q", sized.STATE)
        self.state[sized.COUNT] = -1
        self.state[sized.LIMIT] = -1
        self.state[sized.TOTAL] = -1

    def _made(self) -> memoryview:
        dispatch = self._dispatch
        code: list[int] = []
        tags = sorted((tag, kind) for tag, kind in dispatch.tags.items() if _small(tag))
        kinds_at = sized.HEADER + 2 * len(tags)
        code_at = kinds_at + sized.KIND * len(dispatch.kinds)

        def place(ops: Ops | None) -> int:
            if ops is None:
                return -1
            start = code_at + len(code)
            code.extend((*ops, measure.END))
            return start

        given = [dispatch.codes.get(name) for name in PROGRAMS]
        programs = [-1 if one is None else place(one.ops) for one in given]
        kinds: list[int] = []
        for kind in dispatch.kinds:
            kinds += (
                kind.least,
                kind.layout.size,
                -1 if kind.sizeof is None else place(kind.sizeof.ops),
                -1 if kind.held is None else place(kind.held.ops),
                -1 if kind.tail is None else kind.tail.offset,
                kind.mode,
                0,
                0,
            )
        header = [
            dispatch.head, *programs, int(self._big), len(tags), sized.HEADER, kinds_at,
            int(dispatch.cut), MAX_RECORD, measure.MOST, MAX_PLAUSIBLE, 0,
        ]  # fmt: skip
        rows = [number for row in tags for number in row]
        return table("q", [*header, *rows, *kinds, *code])

    def scan(self, shapes: Shapes, data: memoryview, rows: memoryview) -> int:
        """Make rows of records, looking for types and layouts as they are met.

        Returns what `core.sized.run` does, but for what is done here.
        """
        return self._run(sized.SCAN, shapes, data, NONE, rows)

    def choose(self, shapes: Shapes, data: memoryview, spans: memoryview, rows: memoryview) -> int:
        """The same for records of which it is known where they are."""
        self.state[sized.TOTAL] = len(data)
        return self._run(sized.CHOOSE, shapes, data, spans, rows)

    def search(self, data: memoryview, step: int) -> int:
        """Look for the next plausible record, some multiple of that many bytes further on."""
        self.state[sized.STEP] = step
        self.state[sized.LINKS] = LINKS
        return sized.run(sized.SEARCH, self._table, self._slots, NONE, data, NONE, NONE, self.state)

    def _run(
        self, job: int, shapes: Shapes, data: memoryview, spans: memoryview, rows: memoryview
    ) -> int:
        while True:
            status = sized.run(
                job, self._table, self._slots, shapes.table, data, spans, rows, self.state
            )
            if not self._looked_for(status, shapes):
                return status

    def _looked_for(self, status: int, shapes: Shapes) -> bool:
        """Whether it was a type or a layout that was missing, which now is there."""
        asked = self.state[sized.ASKED]
        if status == sized.TAG:
            self._dispatch.kind_of(asked)
            self._table = self._made()
            return True
        if status == sized.SHAPE:
            shapes.of(asked, self.state[sized.LENGTH])
            return True
        return False


def rows_for(length: int, least: int) -> memoryview:
    """Room for the rows of the records in that many bytes, or as many as are made at a time."""
    return zeroes("q", ROW * min(length // least + 1, MAX_ROWS))


def open_scanner(dispatch: Dispatch, frame: Frame, *, big_endian: bool) -> Scanner | None:
    """The scanner of a dispatch; None where one of its expressions is for Python alone.

    Raises AbsentError and NoValueError where what is the same for all records is not to be had.
    """
    codes = [*dispatch.codes.values()]
    for kind in dispatch.kinds:
        codes += [code for code in (kind.sizeof, kind.held) if code is not None]
    for code in codes:
        if code.ops is None or measure.depth(code.ops) > measure.DEPTH:
            return None
    slots = [slot(frame) for slot in dispatch.slots]
    if not all(map(_small, slots)):
        return None
    return Scanner(dispatch, slots, big_endian=big_endian)


def _small(number: int) -> bool:
    return abs(number) < measure.MOST
