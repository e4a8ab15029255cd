"""The bytes that records are read from: a file, standard input, a pipe, or bytes at hand."""

from __future__ import annotations

import os
from stat import S_ISDIR, S_ISREG

from prettify.errors import DataError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

CHUNK = 1 << 20  # bytes asked for at a time


class Input:
    """A stream of bytes with a position, in bytes from its beginning.

    Regular files seek; pipes skip forward by reading. `name` is for messages.
    """

    __slots__ = ("_data", "_file", "_own", "_start", "name", "position", "seekable")

    def __init__(self, source: str | bytes | bytearray | memoryview | BinaryIO) -> None:
        """source: a path (`-` is standard input), the bytes themselves, or an open binary file.

        Raises UsageError where a file cannot be opened.
        """
        self.position = 0
        self._data = memoryview(b"")
        self._file = -1
        self._own = False
        self._start = 0
        self.seekable = True
        if isinstance(source, (bytes, bytearray, memoryview)):
            self._data = memoryview(source).cast("B")
            self.name = "data"
            return
        if isinstance(source, str) and source != "-":
            self.name = source
            self._file = _opened(source)
            self._own = True
        elif isinstance(source, str):
            self.name = "standard input"
            self._file = 0
        else:
            self.name = getattr(source, "name", "") or "stream"
            self._file = source.fileno()
        status = _status(self._file, self.name)
        if S_ISDIR(status):
            self.close()
            raise UsageError(f"{self.name} is a directory: name the files in it")
        self.seekable = S_ISREG(status)
        if self.seekable and not self._own:
            self._start = os.lseek(self._file, 0, os.SEEK_CUR)

    def __enter__(self) -> Input:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, where this opened it."""
        if self._own:
            os.close(self._file)
            self._own = False

    @property
    def size(self) -> int | None:
        """Bytes in all, where that is known beforehand."""
        if self._file < 0:
            return len(self._data)
        if self.seekable:
            return max(0, os.fstat(self._file).st_size - self._start)
        return None

    def some(self, limit: int) -> bytes | memoryview:
        """The next bytes: at least one unless the end is reached, at most `limit` or CHUNK.

        Of a pipe, those that have arrived. Raises DataError where reading fails.
        """
        limit = min(limit, CHUNK)
        if self._file < 0:
            piece: bytes | memoryview = self._data[self.position : self.position + limit]
        else:
            try:
                piece = os.read(self._file, limit)
            except OSError as error:
                raise DataError(
                    f"{self.name}: cannot read at byte {self.position}: {error.strerror}",
                    self.position,
                ) from error
        self.position += len(piece)
        return piece

    def exactly(self, length: int) -> bytes:
        """The next `length` bytes, or all that are left where those are fewer."""
        pieces = []
        while length:
            piece = self.some(length)
            if not len(piece):
                break
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def seek(self, offset: int) -> None:
        """Go to that byte. Raises DataError past the end, and backwards where it cannot seek."""
        size = self.size
        if size is not None:
            if offset > size:
                raise DataError(f"{self.name}: byte {offset} is past the end, {size}", offset)
            self.position = offset
            if self._file >= 0:
                os.lseek(self._file, self._start + offset, os.SEEK_SET)
            return
        if offset < self.position:
            raise DataError(
                f"{self.name}: cannot go back to byte {offset} from {self.position}: not a file",
                offset,
            )
        skipped = self.skip(offset - self.position)
        if skipped:
            raise DataError(f"{self.name}: byte {offset} is past the end, {self.position}", offset)

    def skip(self, length: int) -> int:
        """Go forward by up to `length` bytes; returns how many of them there were not."""
        size = self.size
        if size is not None:
            missing = max(0, self.position + length - size)
            self.seek(self.position + length - missing)
            return missing
        while length:
            piece = self.some(length)
            if not len(piece):
                break
            length -= len(piece)
        return length


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"cannot open {path!r}: {error.strerror}") from error


def _status(file: int, name: str) -> int:
    try:
        return os.fstat(file).st_mode
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
