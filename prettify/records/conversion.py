"""From blocks of records to pieces of output: the one loop that every form goes through."""

from __future__ import annotations

from prettify.errors import DataError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from queue import SimpleQueue
    from typing import Any, Protocol

    Piece = bytes | memoryview
    Block = tuple[Any, memoryview] | None

    class Conversion(Protocol):
        """A form of output, for one run.

        A block is whole records, perhaps none. Pieces are good until the next one is asked for.
        """

        def before(self) -> Iterable[Piece]:
            """What comes before everything."""

        def convert(self, index: Any, records: memoryview, /) -> Any:
            """A block's part of the output. Called in several threads at a time.

            index: which of the run's types the records are of. The block's memory is used again
            once the part is done; a part that is an iterator is done when it is exhausted.
            """

        def pieces(self, part: Any) -> Iterable[Piece]:
            """A part's output. Called for one part at a time, in the order of the blocks."""

        def after(self) -> Iterable[Piece]:
            """What comes behind everything."""

        def close(self) -> None:
            """Free what is held, whether all went well or not."""


AHEAD = 2  # blocks that are converted beyond those that the threads are at


def buffers_for(jobs: int) -> int:
    """How many blocks have to keep their memory at a time."""
    return 1 if jobs < 2 else jobs + AHEAD + 1


def converted(conversion: Conversion, blocks: Iterator[Block], jobs: int) -> Iterator[Piece]:
    """The output of these blocks, in order, made by `jobs` threads.

    None among the blocks means that it may be long until the next one: what there is goes out.
    After each block comes at least one piece, which may be empty. What the blocks raise is raised
    when all before it is out.
    """
    if jobs > 1:
        yield from _in_threads(conversion, blocks, jobs)
        return
    for block in blocks:
        if block is not None:
            yield from conversion.pieces(conversion.convert(*block))
            yield b""


def _in_threads(conversion: Conversion, blocks: Iterator[Block], jobs: int) -> Iterator[Piece]:
    # Not at the top: not everyone needs them. (concurrent.futures would take 14 ms to import.)
    from queue import SimpleQueue
    from threading import Thread

    waiting: SimpleQueue[_Task | None] = SimpleQueue()
    for _ in range(jobs):
        Thread(target=_work, args=(conversion, waiting), daemon=True).start()
    begun: list[_Task] = []
    ended = False
    failure: DataError | None = None
    try:
        while begun or not ended:
            block = None
            try:
                block = next(blocks)
            except StopIteration:
                ended = True
            except DataError as error:
                ended, failure = True, error
            if block is not None:
                begun.append(_Task(*block))
                waiting.put(begun[-1])
            while begun and (block is None or len(begun) >= jobs + AHEAD):
                yield from conversion.pieces(begun.pop(0).result())
                yield b""
    finally:
        for task in begun:
            task.cancelled = True
        for _ in range(jobs):
            waiting.put(None)
    if failure is not None:
        raise failure


class _Task:
    """A block to convert, and what came of it."""

    __slots__ = ("_done", "_failure", "_part", "cancelled", "index", "records")

    def __init__(self, index: Any, records: memoryview) -> None:
        from threading import Lock

        self.index = index
        self.records = records
        self.cancelled = False
        self._part: Any = None
        self._failure: BaseException | None = None
        self._done = Lock()
        self._done.acquire()

    def run(self, conversion: Conversion) -> None:
        """Convert the block: all of it, now."""
        try:
            part = conversion.convert(self.index, self.records)
            self._part = list(part) if hasattr(part, "__next__") else part
        except BaseException as failure:  # whoever asks for the result gets it
            self._failure = failure
        self._done.release()

    def result(self) -> Any:
        """The part, when it is there. Raises what converting it raised."""
        self._done.acquire()
        if self._failure is not None:
            raise self._failure
        return self._part


def _work(conversion: Conversion, waiting: SimpleQueue[_Task | None]) -> None:
    """What each thread does until it is told to stop."""
    while (task := waiting.get()) is not None:
        if not task.cancelled:
            task.run(conversion)
