"""A run over inputs: opened one after the other, what is wrong with one reported, how far it is."""

from __future__ import annotations

from prettify.errors import DataError, UsageError
from prettify.records.input import Input, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, Protocol

    from prettify.errors import PrettifyError
    from prettify.records.conversion import Conversion, Piece

    Report = Callable[[PrettifyError], object]

    class Positioned(Protocol):
        """What is read from, and knows how far it is."""

        @property
        def position(self) -> int:
            """Bytes read so far."""


class Run:
    """What all runs have in common; a subclass says what comes out of one input.

    progress is (bytes done, bytes in all or None) of all inputs.
    """

    __slots__ = ("_data", "_passed", "_total")

    def __init__(self) -> None:
        self._data: Positioned | None = None
        self._passed = 0  # bytes of the inputs before that one
        self._total: int | None = None

    @property
    def progress(self) -> tuple[int, int | None]:
        """How far the inputs are read. One that is left early counts as read in full."""
        return self._passed + (0 if self._data is None else self._data.position), self._total

    def run(self, sources: Sequence[Any], report: Report) -> Iterator[Piece]:
        """The output for all inputs, one after the other, in pieces.

        sources: of inputs, what `Input` takes; a subclass may run over other things.
        A piece is good until the next one is asked for; some are empty. An input that cannot be
        opened, or does not hold what was asked for, is reported when all of it that can be decoded
        is, and the next one follows.
        """
        conversion = self._begin(len(sources))
        sizes = [self._size(source) for source in sources]
        known = [size for size in sizes if size is not None]
        self._passed = 0
        self._total = sum(known) if len(known) == len(sizes) else None
        try:
            yield from conversion.before()
            for source, size in zip(sources, sizes):
                yield from self._opened(source, report)
                self._passed = self.progress[0] if size is None else self._passed + size
                self._data = None
            yield from conversion.after()
        finally:
            conversion.close()

    def _size(self, source: Any) -> int | None:
        """Bytes of a source, where that is known beforehand."""
        return size_of(source)

    def _opened(self, source: Any, report: Report) -> Iterator[Piece]:
        """The output for one source: here what an input is made of."""
        try:
            data = Input(source)
        except UsageError as error:
            report(error)
            return
        with data:
            self._data = data
            try:
                yield from self._output(data, report)
            except DataError as error:
                report(error)

    def _begin(self, inputs: int) -> Conversion:
        """What the records of that many inputs go through; it is closed at the end of the run."""
        raise NotImplementedError

    def _output(self, data: Input, report: Report) -> Iterator[Piece]:
        """The output for one input. A DataError is reported, and ends it."""
        raise NotImplementedError
