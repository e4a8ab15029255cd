"""Puts programs for the emitter together: instructions, labels, literals, tables of names."""

from __future__ import annotations

from prettify.core import program as ops
from prettify.core import shortest
from prettify.core.program import MAX_LITERAL, SLACK, WORDS, Program
from prettify.core.tables import table, zeroes
from prettify.dialects.optimiser import BRANCHES, optimise

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

SPARSE = 2  # rows of a dense table for each name in it, at most


class Label:
    """A place in the code that branches go to, before and after it is known.

    aimed: whether one does so far. Only loops aim at a place that is known.
    """

    __slots__ = ("address", "aimed", "loops")

    def __init__(self) -> None:
        self.address = -1
        self.loops = -1
        self.aimed = False


class Assembler:
    """One program in the making.

    Literals written one after the other become one; a branch that leaves loops says so by itself.
    """

    __slots__ = (
        "_code",
        "_fixes",
        "_floats",
        "_loops",
        "_names",
        "_pending",
        "_pool",
        "_starts",
        "_tables",
    )

    def __init__(self) -> None:
        self._code: list[int] = []
        self._pool = bytearray()
        self._starts: dict[bytes, int] = {}
        self._pending = bytearray()
        self._names: list[int] = []
        self._tables: dict[tuple[Hashable, int], tuple[int, int, int]] = {}
        self._floats = False
        self._fixes: list[tuple[int, Label, int]] = []
        self._loops = 0

    def literal(self, text: bytes) -> None:
        """Write that text."""
        self._pending += text

    def between(self, text: bytes) -> None:
        """Write that text, but not in the first round of the innermost loop."""
        assert len(text) <= MAX_LITERAL
        self.add(ops.BETWEEN, self._intern(text), len(text))

    def add(self, op: int, a: int = 0, b: int = 0, c: int = 0, d: int = 0) -> None:
        """Append an instruction that is no branch."""
        self._flush()
        self._floats = self._floats or op == ops.FLOAT
        self._code.extend((op, a, b, c, d))

    def branch(self, op: int, target: Label, a: int = 0, b: int = 0) -> None:
        """Append an instruction that may go to `target`."""
        assert op in BRANCHES
        self._flush()
        target.aimed = True
        self._fixes.append((len(self._code), target, self._loops))
        self._code.extend((op, a, b, 0, 0))

    def place(self, label: Label) -> None:
        """`label` is here."""
        if label.aimed:
            self._flush()
        label.address = len(self._code)
        label.loops = self._loops

    def loop(self, count: int, step: int) -> Label:
        """Begin a loop of `count` (at least 1) rounds, each `step` bytes further on."""
        self.add(ops.LOOP, count, step)
        self._loops += 1
        start = Label()
        self.place(start)
        return start

    def locate(self, offset: int, element: int, empty: Label) -> Label:
        """Begin a loop over a located array, with the operands of LOCATE; `empty` if there is none.

        Leaving it for a label placed behind `next` is not leaving it: LOCATE has not begun it then.
        """
        self.branch(ops.LOCATE, empty, offset, element)
        self._loops += 1
        start = Label()
        self.place(start)
        return start

    def next(self, start: Label) -> None:
        """End the loop that began there."""
        self.branch(ops.NEXT, start)
        self._loops -= 1

    def name(
        self,
        key: Hashable,
        names: Callable[[], Iterable[tuple[int, bytes]]],
        width: int,
        target: Label,
    ) -> None:
        """Write the name that the value, `width` bits of it, has, and go to target.

        names: gives values and names; of several names for one value the first counts. It is
        called once for each key and width: many members may be of one enum.
        """
        where = self._tables.get((key, width))
        if where is None:
            where = self._tables[key, width] = self._add_table(names(), (1 << width) - 1)
        op, first, count = where
        if count:
            self.branch(op, target, first, count)

    def float_field(self, form: int, specification: bytes, *, short: bool) -> None:
        """Write the value's bits as a number of that form of `core.shortest`, as format() does."""
        start = self._intern(specification)
        self.add(ops.FLOAT_FIELD, form, start, len(specification), short)

    def finish(
        self, record_size: int, *, big_endian: bool, separator: bytes = b"", key: bytes = bytes(16)
    ) -> Program:
        """The program."""
        self.add(ops.END)
        for at, label, loops in self._fixes:
            self._code[at + 3] = label.address
            # NEXT stays within its loop and counts its rounds itself.
            self._code[at + 4] = 0 if self._code[at] == ops.NEXT else loops - label.loops
        assert len(separator) <= MAX_LITERAL
        code = optimise(
            self._code, (self._intern(separator), len(separator)), big_endian=big_endian
        )
        return Program(
            table("q", code),
            bytes(self._pool) + SLACK,
            table("Q", self._names),
            record_size,
            big_endian=big_endian,
            powers=shortest.powers() if self._floats else zeroes("Q", 0),
            separator=separator,
            key=key,
        )

    def _flush(self) -> None:
        pending = self._pending
        self._pending = bytearray()
        for at in range(0, len(pending), MAX_LITERAL):
            text = bytes(pending[at : at + MAX_LITERAL])
            self._code.extend((ops.LITERAL, self._intern(text), len(text), 0, 0))

    def _intern(self, text: bytes) -> int:
        start = self._starts.get(text)
        if start is None:
            start = self._starts[text] = len(self._pool)
            self._pool += text
        return start

    def _add_table(self, names: Iterable[tuple[int, bytes]], mask: int) -> tuple[int, int, int]:
        """The instruction that finds these names, the first row of their table, its rows."""
        rows: dict[int, bytes] = {}
        for value, text in names:
            rows.setdefault(value & mask, text)
        first = len(self._names) // 3
        values = sorted(rows)
        op = ops.NAME
        # Where most values of a range have names, a value's row is known. No text is no name.
        if values and values[-1] - values[0] < SPARSE * len(values) and all(rows.values()):
            op = ops.NAME_DENSE
            values = list(range(values[0], values[-1] + 1))
        for value in values:
            text = rows.get(value, b"")
            self._names.extend((value, self._intern(text), len(text)))
        return op, first, len(values)


def listing(program: Program) -> list[tuple[int, ...]]:
    """A program's instructions, one tuple each: for tests and for the curious."""
    code = program.code
    return [tuple(code[at : at + WORDS]) for at in range(0, len(code), WORDS)]
