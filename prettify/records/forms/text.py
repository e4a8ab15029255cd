"""The conversion to text: a program for each type, run by the emitter."""

from __future__ import annotations

from prettify.core.emitter import BUFFER, fill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

    from prettify.core.program import Program
    from prettify.dialects import Form
    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Piece

# Bytes of a thread's buffer: for all the text of a block, or threads would wait for each other at
# the end of each buffer, to take Python's lock.
LONG = 1 << 22


def room_for(jobs: int) -> int:
    """Bytes of a buffer for text that so many threads make."""
    return BUFFER if jobs < 2 else LONG


class Text:
    """Records as text of one form. A part is the buffers that hold it, made as they are needed."""

    __slots__ = ("_before", "_programs", "_size", "_spare", "_started", "form")

    def __init__(
        self, form: Form, layouts: Sequence[Layout], options: Options, jobs: int = 1
    ) -> None:
        self.form = form
        self._size = room_for(jobs)
        self._programs: list[Program] = [form.compile(layout, options) for layout in layouts]
        self._before = form.start(layouts[0], options)
        # Buffers that are not in use. Threads take from and add to it: a list's methods are whole.
        self._spare: list[bytearray] = []
        self._started = False

    def before(self) -> Iterable[Piece]:
        """What stands before all records, even if there is none."""
        yield self._before

    def convert(self, index: Any, records: memoryview) -> Iterator[tuple[bytearray, int]]:
        """The text of a block, in buffers."""
        program = self._programs[index]
        return fill(
            program, records, 0, len(records) // program.record_size, self._spare, self._size
        )

    def pieces(self, part: Iterable[tuple[bytearray, int]]) -> Iterator[Piece]:
        """A block's text, with what stands between it and the one before."""
        first = True
        for out, written in part:
            if first and self._started:
                yield self._programs[0].separator
            first = False
            self._started = True
            with memoryview(out) as whole:
                yield whole[:written]
            self._spare.append(out)

    def after(self) -> Iterable[Piece]:
        """What stands behind all records, in some forms only if there are any."""
        if self._started or self.form.always:
            yield self.form.after

    def close(self) -> None:
        """Let go of the buffers."""
        self._spare.clear()
