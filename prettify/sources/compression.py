"""Decompression with a limit, in steps: a file that lies about its size costs no memory."""

from __future__ import annotations

from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    Buffer = bytes | bytearray | memoryview

    class Decompressor(Protocol):
        """What Python's lzma, and its zstd modules, offer alike."""

        eof: bool
        needs_input: bool
        unused_data: bytes

        def decompress(self, data: Buffer, max_length: int) -> bytes:
            """The next bytes, `max_length` at most."""


STEP = 1 << 20  # bytes that are decompressed at a time
# How much smaller each method can make what is as regular as can be: of what promises more, not a
# byte is believed. zlib: 258 bytes from two bits. zstd: a block of 128 KiB from four bytes.
RATIOS = {"zlib": 1032, "zstd": 32768}


class Damaged(ValueError):
    """Compressed data that cannot be read."""


def inflate_zlib(data: Buffer, limit: int) -> bytearray:
    """What zlib made of `limit` bytes at most.

    Raises Damaged where it is no such data, is cut short or holds more.
    """
    import zlib

    decompressor = zlib.decompressobj()
    out = bytearray()
    rest: Buffer = data
    try:
        while not decompressor.eof:
            piece = decompressor.decompress(rest, min(STEP, limit + 1 - len(out)))
            rest = decompressor.unconsumed_tail
            out += piece
            _check(len(out), limit)
            if not piece and not rest and not decompressor.eof:
                raise Damaged("it is cut short")
    except zlib.error as error:
        raise Damaged(str(error)) from None
    return out


def inflate_xz(data: Buffer, limit: int) -> bytearray:
    """What xz made of `limit` bytes at most, several streams too; else as `inflate_zlib`.

    Raises UsageError where Python was built without lzma.
    """
    try:
        import lzma
    except ImportError:
        raise UsageError("what xz has compressed needs a Python with the module lzma") from None
    return _streams(lzma.LZMADecompressor, lzma.LZMAError, data, limit)


def inflate_zstd(data: Buffer, limit: int) -> bytearray:
    """What zstd made of `limit` bytes at most, several frames too; else as `inflate_zlib`.

    Raises UsageError where nothing is installed that reads zstd.
    """
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from backports import zstd  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            return _with_zstandard(data, limit)
    return _streams(zstd.ZstdDecompressor, zstd.ZstdError, data, limit)


def _with_zstandard(data: Buffer, limit: int) -> bytearray:
    """The same with the package `zstandard`, whose classes are of another kind."""
    try:
        import zstandard  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UsageError(
            "what zstd has compressed needs Python 3.14, or one of the packages zstandard and "
            "backports.zstd (pip install zstandard)"
        ) from None
    out = bytearray()
    try:
        reader = zstandard.ZstdDecompressor().stream_reader(data, read_across_frames=True)
        while piece := reader.read(min(STEP, limit + 1 - len(out))):
            out += piece
            _check(len(out), limit)
    except zstandard.ZstdError as error:
        raise Damaged(str(error)) from None
    return out


def _streams(
    new: Callable[[], Decompressor], failure: type[Exception], data: Buffer, limit: int
) -> bytearray:
    """What a chain of streams, each with a decompressor of its own, was made of."""
    out = bytearray()
    rest: Any = data
    try:
        while len(rest):
            decompressor = new()
            while not decompressor.eof:
                if decompressor.needs_input and not len(rest):
                    raise Damaged("it is cut short")
                piece = decompressor.decompress(rest, min(STEP, limit + 1 - len(out)))
                rest = b""
                out += piece
                _check(len(out), limit)
            rest = decompressor.unused_data
    except failure as error:
        raise Damaged(str(error)) from None
    return out


def _check(length: int, limit: int) -> None:
    if length > limit:
        raise Damaged(f"it holds more than {limit} bytes")
