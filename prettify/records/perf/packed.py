"""PERF_RECORD_COMPRESSED: one stream of zstd that goes on from record to record."""

from __future__ import annotations

from prettify.errors import DataError, UsageError, one_line
from prettify.sources.compression import LARGEST_WINDOW, NEEDED, STEP, ZSTD_CHUNK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    Step = Callable[[memoryview], Iterator[bytes]]


class Unpacker:
    """What comes out of a recording's compressed records.

    held: what was unpacked and is no whole record yet.
    """

    __slots__ = ("_step", "held", "last")

    def __init__(self) -> None:
        """Raises UsageError where nothing is installed that reads zstd."""
        self._step = _opened()
        self.held = b""
        self.last = 0

    def pieces(self, data: memoryview, name: str, place: int) -> Iterator[bytes]:
        """What these bytes hold, which are of the record there. Raises DataError."""
        self.last = place
        found = self._step(data)
        while True:
            try:
                piece = next(found, None)
            except MemoryError:
                raise
            except Exception as error:  # each library has its own
                raise DataError(
                    f"{name}: record at byte {place}: damaged zstd data: {one_line(str(error))}",
                    place,
                ) from None
            if piece is None:
                return
            if piece:
                yield piece

    def check_end(self, name: str) -> None:
        """Raise DataError where the last record is cut short."""
        if self.held:
            raise DataError(
                f"{name}: what is packed in the record at byte {self.last} ends in the midst of a "
                f"record, {len(self.held)} bytes of which are there",
                self.last,
            )


def _opened() -> Step:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from backports import zstd  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            return _zstandard()
    options = {zstd.DecompressionParameter.window_log_max: LARGEST_WINDOW.bit_length() - 1}
    return _of_library(lambda: zstd.ZstdDecompressor(options=options))


def _of_library(new: Callable[[], Any]) -> Step:
    """The standard library's: output can be limited. Frames may end, and another one begin."""
    stream = new()

    def step(data: memoryview) -> Iterator[bytes]:
        nonlocal stream
        rest: Any = bytes(data)
        while True:
            if stream.eof:
                rest = stream.unused_data + rest
                if not rest:
                    return
                stream = new()
            piece = stream.decompress(rest, STEP)
            rest = b""
            yield piece
            if not stream.eof and stream.needs_input:
                return

    return step


def _zstandard() -> Step:
    """The package `zstandard`, whose output cannot be limited, but the input can."""
    try:
        from zstandard import ZstdDecompressor  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UsageError(
            f"records that perf record -z has compressed need {NEEDED['zstd']}"
        ) from None
    stream = ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()

    def step(data: memoryview) -> Iterator[bytes]:
        nonlocal stream
        at = 0
        while at < len(data):
            if stream.eof:
                stream = ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
            chunk = data[at : at + ZSTD_CHUNK]
            at += len(chunk)
            piece = stream.decompress(chunk)
            at -= len(stream.unused_data)
            yield piece

    return step
