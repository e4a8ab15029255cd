"""The part of an input that is looked at: text that arrives in pieces, gone through once."""

from __future__ import annotations

from prettify.errors import DataError, one_line
from prettify.records.input import CHUNK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from typing import TypeVar

    from prettify.records.input import Input

    Result = TypeVar("Result")
    Held = TypeVar("Held")

KEPT = 4096  # bytes before the position that stay: to see what a text that makes no sense was
ROOM = 2 * CHUNK  # bytes that are there at a time
LEGIBLE = 240  # bytes of names and of what others say that are shown
SHOWN = 24  # bytes of a text that makes no sense that messages show


def legible(text: bytes, longest: int = LEGIBLE) -> str:
    """A text out of a dump as something to show: printable, on one line, and not too long."""
    cut = "..." if len(text) > longest else ""
    return one_line(text[:longest].decode("utf-8", "replace")) + cut


class Short(Exception):
    """The text so far ends before what is being read does. It is read again when more is there."""


class Window:
    """Some bytes of an input, `text[at:end]` being those that come next.

    What reads them calls `more` when they do not suffice: that raises Short, so that whoever reads
    a pipe can first hand on what has come before, and begin again; or, where one thing is larger
    than the window, `forward` is set, and the window moves on under the one that reads.
    """

    __slots__ = ("_before", "at", "data", "end", "final", "forward", "text")

    def __init__(self, data: Input) -> None:
        self.data = data
        self.text = bytearray(ROOM)
        self.at = 0
        self.end = 0
        self._before = data.position  # bytes of the input before text[0]
        self.final = False  # whether the input ends at `end`
        self.forward = False

    @property
    def offset(self) -> int:
        """Where in the input the position is."""
        return self._before + self.at

    def index(self, offset: int) -> int:
        """Where in the text that byte of the input is; negative where it is gone."""
        return offset - self._before

    @property
    def full(self) -> bool:
        """Whether nothing can be added without giving up what comes next."""
        return self.end - max(self.at - KEPT, 0) == len(self.text)

    def more(self) -> bool:
        """Have more bytes behind `end`; False where there are none. Raises Short.

        Indices into the text that are not its `at` or `end` mean something else afterwards. Raises
        DataError where what is at the position is one thing too large to be looked at.
        """
        if self.final:
            return False
        if not self.forward:
            raise Short
        if self.full:
            raise self.error(f"{self.shown()} has no end in {self.end - self.at} bytes")
        self.fill()
        return True

    def fill(self) -> None:
        """Read what comes next. Raises DataError where reading fails."""
        passed = max(self.at - KEPT, 0)
        if passed and self.end + CHUNK > len(self.text):
            self.text[: self.end - passed] = self.text[passed : self.end]
            self.at -= passed
            self.end -= passed
            self._before += passed
        with memoryview(self.text) as view:
            arrived = self.data.into(view[self.end : self.end + CHUNK])
        self.end += arrived
        self.final = not arrived

    def enlarge(self, room: int) -> None:
        """Make the window large enough for one thing of that many bytes; it stays that large."""
        self.text += bytes(max(room + KEPT + CHUNK - len(self.text), 0))

    def error(self, what: str, offset: int | None = None) -> DataError:
        """An error about what is at an offset of the input, or comes next."""
        place = self.offset if offset is None else offset
        return DataError(f"{self.data.name}: at byte {place}: {what}", place)

    def unexpected(self, wanted: str) -> DataError:
        """The error for what comes next, where something else was to be."""
        return self.error(f"{self.shown()} where {wanted} should be")

    def shown(self) -> str:
        """What comes next, as messages show it."""
        if self.at >= self.end:
            return "the end"
        text = bytes(self.text[self.at : min(self.end, self.at + SHOWN)]).partition(b"\n")[0]
        return f"{one_line(text.decode('latin-1'))!r}" if text else "a line's end"


def patiently(
    window: Window,
    step: Callable[[], Result],
    flush: Callable[[], Iterable[Held]],
    longest: Callable[[], int] | None = None,
) -> Generator[Held | None, None, Result]:
    """Do a step, again and again until there is enough text for it; returns its result.

    Where one has to wait for more, what `flush` has comes first, then None. longest: says how many
    bytes a step may take that needs all of them at a time, as far as it has come, beyond which it
    is a DataError; None for one that can go forward.
    """
    start = window.offset
    try:
        while True:
            try:
                return step()
            except Short:
                window.at = window.index(start)
            there = window.end - window.at
            if longest is not None and there > longest():
                raise window.error(f"more than the {longest()} bytes that this can have")
            # What is long is begun anew less often.
            wanted = 2 * there if there > CHUNK else there + 1
            while window.end - window.at < wanted and not window.final:
                if window.full and longest is None:
                    window.forward = True
                    break
                if window.full:
                    window.enlarge(2 * len(window.text))
                if not window.data.ready():
                    yield from flush()
                    yield None
                window.fill()
    finally:
        window.forward = False
