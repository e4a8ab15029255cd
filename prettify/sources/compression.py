"""Decompresses what types are packed in: sections, files, kernel images.

A format is known by its first bytes. Output is made piece by piece, and whoever asks for it says
how much it may be: a file that lies about its size costs no memory.
"""

from __future__ import annotations

from prettify.errors import TypeInfoError, UsageError, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, BinaryIO

    Buffer = bytes | bytearray | memoryview
    Pieces = Callable[[Buffer, int], Iterator[bytes]]
    """The output of what begins at that byte; raises whatever its library does."""

STEP = 1 << 20  # bytes of output at a time
CHUNK = 1 << 16  # bytes of input at a time
LARGEST_FILE = 2 << 30  # bytes that a file may expand to; a kernel with all its DWARF has 1 GB
LARGEST_WINDOW = 1 << 27  # bytes of history that may be asked for: what kernels are packed with
ZSTD_CHUNK = 1 << 9  # bytes of input that are 16 MiB of output at most, 128 KiB from four bytes
# How much smaller each method can make what is as regular as can be: of what promises more, not a
# byte is believed. zlib: 258 bytes from two bits. zstd: a block of 128 KiB from four bytes.
RATIOS = {"zlib": 1032, "zstd": 32768}
# What to do where this Python has no module for a format.
NEEDED = {
    "zstd": "Python 3.14, or one of the packages zstandard and backports.zstd (pip install "
    "zstandard)"
}


class Damaged(ValueError):
    """Compressed data that cannot be read."""


class Codec:
    """A compressed format of files: how they begin, and what makes their output."""

    __slots__ = ("magic", "name", "pieces")

    def __init__(self, name: str, magic: bytes, pieces: Pieces) -> None:
        self.name = name
        self.magic = magic
        self.pieces = pieces


def codec_of(data: bytes, at: int = 0) -> Codec | None:
    """The format that data is compressed in from that byte on, None where it is none of CODECS."""
    return next((codec for codec in CODECS if data.startswith(codec.magic, at)), None)


def unpacked(codec: Codec, data: bytes, at: int, path: str) -> Iterator[bytes]:
    """What is compressed at that byte of a file, in pieces; what follows it is left.

    Raises TypeInfoError where it is damaged, cut short or above LARGEST_FILE, UsageError where
    nothing is installed that reads it.
    """
    try:
        yield from _checked(codec.name, codec.pieces, data, at, LARGEST_FILE)
    except Damaged as error:
        raise TypeInfoError(f"damaged {codec.name} data: {error}", path, at) from None
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None


def as_file(pieces: Iterable[bytes]) -> BinaryIO:
    """A file without a name that holds these pieces. Raises OSError where the disk is full."""
    from tempfile import TemporaryFile

    file: BinaryIO = TemporaryFile(prefix="prettify-")  # noqa: SIM115 - whoever asked closes it
    for piece in pieces:
        file.write(piece)
    file.seek(0)
    return file


def inflate_zlib(data: Buffer, limit: int) -> bytearray:
    """What zlib made of `limit` bytes at most.

    Raises Damaged where it is no such data, is cut short or holds more.
    """
    return _joined("zlib", _zlib, data, limit)


def inflate_zstd(data: Buffer, limit: int) -> bytearray:
    """What zstd made of `limit` bytes at most, several frames too; else as `inflate_zlib`.

    Raises UsageError where nothing is installed that reads zstd.
    """
    return _joined("zstd", _zstd, data, limit)


def _joined(name: str, pieces: Pieces, data: Buffer, limit: int) -> bytearray:
    out = bytearray()
    for piece in _checked(name, pieces, data, 0, limit):
        out += piece
    return out


def _checked(name: str, pieces: Pieces, data: Buffer, at: int, limit: int) -> Iterator[bytes]:
    """The pieces up to that many bytes. Raises Damaged, UsageError."""
    total = 0
    source = pieces(data, at)
    while True:
        try:
            piece = next(source, None)
        except ImportError:
            needed = NEEDED.get(name, f"a Python that was built with {name}")
            raise UsageError(f"what {name} has compressed needs {needed}") from None
        except MemoryError:
            raise
        except Exception as error:  # each library has its own
            raise Damaged(one_line(str(error)) or type(error).__name__) from None
        if piece is None:
            return
        total += len(piece)
        if total > limit:
            raise Damaged(f"it holds more than {limit} bytes")
        yield piece


# One generator a format. What follows the compressed data they leave, unless it is more of it.


def _deflated(data: Buffer, at: int, bits: int, magic: bytes) -> Iterator[bytes]:
    import zlib

    more = True
    while more:
        member = zlib.decompressobj(bits)
        rest: Any = b""
        while not member.eof:
            if not rest:
                rest = data[at : at + CHUNK]
                at += len(rest)
                if not rest:
                    raise Damaged("it is cut short")
            piece = member.decompress(rest, STEP)
            rest = member.unconsumed_tail
            if piece:
                yield piece
        at -= len(member.unused_data)
        more = bool(magic) and bytes(data[at : at + len(magic)]) == magic


def _zlib(data: Buffer, at: int) -> Iterator[bytes]:
    return _deflated(data, at, 15, b"")


def _gzip(data: Buffer, at: int) -> Iterator[bytes]:
    return _deflated(data, at, 16 + 15, GZIP)


def _fed(new: Callable[[], Any], data: Buffer, at: int, magic: bytes) -> Iterator[bytes]:
    """The output of decompressors such as the standard library has for xz, bzip2 and zstd."""
    more = True
    while more:
        stream = new()
        while not stream.eof:
            chunk: Any = b""
            if stream.needs_input:
                chunk = data[at : at + CHUNK]
                at += len(chunk)
                if not chunk:
                    raise Damaged("it is cut short")
            piece = stream.decompress(chunk, STEP)
            if piece:
                yield piece
        at -= len(stream.unused_data)
        more = bool(magic) and bytes(data[at : at + len(magic)]) == magic


def _xz(data: Buffer, at: int) -> Iterator[bytes]:
    import lzma

    return _fed(lambda: lzma.LZMADecompressor(memlimit=2 * LARGEST_WINDOW), data, at, XZ)


def _lzma(data: Buffer, at: int) -> Iterator[bytes]:
    import lzma

    return _fed(lambda: lzma.LZMADecompressor(memlimit=2 * LARGEST_WINDOW), data, at, b"")


def _bzip2(data: Buffer, at: int) -> Iterator[bytes]:
    import bz2

    return _fed(bz2.BZ2Decompressor, data, at, BZIP2)


def _zstd(data: Buffer, at: int) -> Iterator[bytes]:
    try:
        from compression import zstd  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        try:
            from backports import zstd  # type: ignore[import-not-found,unused-ignore]
        except ImportError:
            return _zstandard(data, at)
    options = {zstd.DecompressionParameter.window_log_max: LARGEST_WINDOW.bit_length() - 1}
    return _fed(lambda: zstd.ZstdDecompressor(options=options), data, at, ZSTD)


def _zstandard(data: Buffer, at: int) -> Iterator[bytes]:
    """The same with the package `zstandard`, whose output cannot be limited, but the input can."""
    from zstandard import ZstdDecompressor  # type: ignore[import-not-found,unused-ignore]

    view = memoryview(data)
    more = True
    while more:
        stream = ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
        while not stream.eof:
            chunk = view[at : at + ZSTD_CHUNK]
            at += len(chunk)
            if not chunk:
                raise Damaged("it is cut short")
            piece = stream.decompress(chunk)
            if piece:
                yield piece
        at -= len(stream.unused_data)
        more = view[at : at + len(ZSTD)] == ZSTD


def _lz4_legacy(data: Buffer, at: int) -> Iterator[bytes]:
    from prettify.sources.lz4 import legacy

    return legacy(data, at)


def _lz4(data: Buffer, at: int) -> Iterator[bytes]:
    from prettify.sources.lz4 import frame

    return frame(data, at)


def _lzo(_data: Buffer, _at: int) -> Iterator[bytes]:
    raise Damaged("LZO is not known here, decompress it with lzop -d")


GZIP = b"\x1f\x8b\x08"
BZIP2 = b"BZh"
XZ = b"\xfd7zXZ\0"
ZSTD = b"\x28\xb5\x2f\xfd"
CODECS = (
    Codec("gzip", GZIP, _gzip),
    Codec("xz", XZ, _xz),
    Codec("zstd", ZSTD, _zstd),
    Codec("bzip2", BZIP2, _bzip2),
    Codec("LZ4", b"\x02\x21\x4c\x18", _lz4_legacy),
    Codec("LZ4", b"\x04\x22\x4d\x18", _lz4),
    Codec("LZO", b"\x89LZO\0", _lzo),
    Codec("LZMA", b"\x5d\0\0", _lzma),
)
