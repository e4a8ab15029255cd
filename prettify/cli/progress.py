"""How far a long run is: a bar on the terminal of standard error, beside the output."""

from __future__ import annotations

import os
import sys
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console

    from prettify.records.conversion import Piece
    from prettify.records.run import Run

DELAY = 1.0  # seconds that a run takes before there is a bar
EVERY = 0.1  # seconds between one look of the bar and the next
MOMENTS = 50  # looks that the rate is taken over
NARROWEST, WIDEST = 10, 40  # columns of the bar itself
ERASE = "\r\x1b[2K"  # to the start of the line, which is then empty

Moment = tuple[float, int]  # seconds by the clock, bytes done


class Bar:
    """A bar for one run: within `with`, for as long as that lasts.

    It is drawn between two blocks of records, so there is no thread, and the cursor stays as it
    is, so there is nothing to restore however the process ends.
    """

    __slots__ = ("_console", "_due", "_moments", "_output", "_run", "_shown")

    def __init__(self, run: Run, output: str | None, *, wanted: bool = True) -> None:
        """output: the file that is written, None is standard output.

        wanted: whether there may be a bar at all. There is none unless standard error is a
        terminal that the output does not come to.
        """
        self._run = run
        self._output = 1 if output is None else output
        self._console: Console | None = None
        self._moments: list[Moment] = []
        self._shown = False
        self._due = monotonic() + DELAY if wanted and sys.stderr.isatty() else None

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.hide()

    def beside(self, pieces: Iterable[Piece]) -> Iterable[Piece]:
        """The same pieces, and the bar while they pass."""
        return pieces if self._due is None else self._watched(pieces)

    def hide(self) -> None:
        """Give the line back, to who has something to say on it. The bar returns by itself."""
        if self._shown:
            try:
                _put(ERASE)
            except OSError:
                self._due = None
            self._shown = False

    def _watched(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            yield piece
            # An empty piece is behind each block. Once per block is seldom enough for the clock.
            if not piece and self._due is not None:
                now = monotonic()
                if now >= self._due or not self._moments:
                    self._look(now)

    def _look(self, now: float) -> None:
        """Note how far it is, and show it if it is time."""
        assert self._due is not None
        done, total = self._run.progress
        if done:  # what is passed over at the beginning is no measure of the rate
            self._moments = [*self._moments[1 - MOMENTS :], (now, done)]
        if now < self._due:
            return
        self._console = self._console or _console(self._output)
        if self._console is None:
            self._due = None
            return
        self._due = now + EVERY
        try:
            line = rendered(self._console, done, total, rate(self._moments))
            self._shown = True
            _put(ERASE + line)
        except OSError:  # the terminal is gone
            self._shown = False
            self._due = None


def _console(output: str | int) -> Console | None:
    """The terminal of standard error, None if there can be no bar on it."""
    from prettify.cli.terminal import reaches_screen

    if reaches_screen(output):
        return None
    try:
        from rich.console import Console
    except ImportError:
        return None
    console = Console(stderr=True)
    return console if console.is_interactive and not console.is_dumb_terminal else None


def _put(text: str) -> None:
    """Write to the terminal, in one go, unless this process is in the background.

    Raises OSError.
    """
    from prettify.cli.terminal import in_foreground

    if in_foreground():
        os.write(2, text.encode(sys.stderr.encoding, "replace"))


def rate(moments: list[Moment]) -> float:
    """Bytes per second between the first moment and the last; 0 where that is not known."""
    if not moments:
        return 0.0
    (start, before), (end, after) = moments[0], moments[-1]
    return (after - before) / (end - start) if end > start else 0.0


def rendered(console: Console, done: int, total: int | None, rate: float) -> str:
    """One line for that console, with its colours and without a line end: as much as fits.

    done, total: bytes, total None where it is not known. rate: bytes per second.
    """
    from rich.filesize import decimal
    from rich.progress_bar import ProgressBar
    from rich.segment import Segment, Segments
    from rich.text import Text

    if total is not None and done > total:  # a file that grows, or says that it has 0 bytes
        total = None
    parts = [("progress.download", decimal(done))]
    if total:
        parts.insert(0, ("progress.percentage", f"{100 * done // total:3}%"))
        parts.append(("progress.download", f"of {decimal(total)}"))
    if rate:
        parts.append(("progress.data.speed", f"at {decimal(int(rate))}/s"))
    if rate and total:
        parts.append(("progress.remaining", f"{duration((total - done) / rate)} left"))
    room = console.width - 1  # a full line would put some terminals onto the next
    text = Text()
    for style, part in parts:
        if len(text) + 1 + len(part) > room:
            break
        text.append(" ").append(part, style)
    width = min(room - len(text), WIDEST)
    with console.capture() as captured:
        if total and width >= NARROWEST:
            bar = ProgressBar(total, done, width)
            # Padded: without colours, what is not done of a bar is not drawn.
            line = Segment.adjust_line_length(list(console.render(bar)), width)
            console.print(Segments(line), end="")
        console.print(text, end="")
    return str(captured.get())


def duration(seconds: float) -> str:
    """As m:ss or h:mm:ss."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
