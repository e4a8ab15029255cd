"""The bytes that records are read from: a file, standard input, a pipe, or bytes at hand."""

from __future__ import annotations

import os
from stat import S_ISBLK, S_ISDIR, S_ISREG

from prettify.errors import DataError, UsageError
from prettify.records.pipes import widen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

CHUNK = 1 << 19  # bytes asked for at a time
MAX_OFFSET = (1 << 63) - 1 - CHUNK  # in a file; nothing is there
WORD = 8  # bytes; /proc/PID/pagemap gives no fewer


class Input:
    """A stream of bytes with a position, in bytes from its beginning.

    Regular files and disks seek; pipes skip forward by reading. `name` is for messages.
    """

    __slots__ = (
        "_ahead",
        "_branched",
        "_data",
        "_disk",
        "_file",
        "_leaps",
        "_own",
        "_spool",
        "_start",
        "_stream",
        "name",
        "position",
        "seekable",
    )

    def __init__(self, source: str | bytes | bytearray | memoryview | BinaryIO) -> None:
        """source: a path (`-` is standard input), the bytes themselves, or an open binary file.

        Raises UsageError where a file cannot be opened.
        """
        self.position = 0
        self._ahead = b""  # what `peek` has read of a pipe
        self._branched = False
        self._data = memoryview(b"")
        self._disk: int | None = None  # bytes of a disk: its status says 0
        self._file = -1
        self._leaps = False  # whether its size is not known, but one may go forward in it
        self._own = False
        self._start = 0
        self._spool: BinaryIO | None = None
        self._stream: BinaryIO | None = None
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
            self.name = str(getattr(source, "name", "") or "stream")
            try:
                self._file = source.fileno()
            except (AttributeError, OSError):  # no file of the system's, but one that can be read
                self._stream = source
                self.seekable = False
                return
        status = _status(self._file, self.name)
        if S_ISDIR(status.st_mode):
            self.close()
            raise UsageError(f"{self.name} is a directory: name the files in it")
        # Files of the system's say 0 and have something to say all the same.
        self.seekable = S_ISREG(status.st_mode) and status.st_size > 0
        self._leaps = S_ISREG(status.st_mode) and not self.seekable
        if S_ISBLK(status.st_mode):
            self._disk = _bytes_of_disk(self._file)
            self.seekable = self._disk is not None
        if not self.seekable:
            widen(self._file)
        if (self.seekable or self._leaps) and not self._own:
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
        if self._spool is not None:
            self._spool.close()
            self._spool = None

    @property
    def size(self) -> int | None:
        """Bytes in all, where that is known beforehand."""
        if self._file < 0:
            return None if self._stream is not None else len(self._data)
        if self.seekable:
            length = os.fstat(self._file).st_size if self._disk is None else self._disk
            return max(0, length - self._start)
        return None

    @property
    def at_hand(self) -> bool:
        """Whether these are bytes in memory."""
        return self._file < 0 and self._stream is None

    def view(self, start: int, end: int) -> memoryview:
        """Of bytes at hand, those; wherever the position is."""
        return self._data[start:end]

    def at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from that one on, wherever the position is; not of a pipe.

        Raises DataError where reading fails.
        """
        if self.at_hand:
            return bytes(self._data[offset : offset + length])
        try:
            return os.pread(self._file, length, min(self._start + offset, MAX_OFFSET))
        except OSError as error:
            raise self._failed(offset, error) from error

    def branch(self) -> Input:
        """The same bytes with a position of its own, at the beginning; not of a pipe.

        It is good until this one is closed.
        """
        copy = Input(self._data)
        copy.name = self.name
        copy._disk, copy._file, copy._start = self._disk, self._file, self._start
        copy._branched = True
        return copy

    def peek(self, length: int) -> bytes:
        """The first bytes, `length` of them where there are so many, before any are read.

        Of a pipe those that have arrived, and one more read if all of these are known.
        """
        if self.at_hand or self.seekable:
            return self.at(0, length)
        if len(self._ahead) < length:
            room = bytearray(length - len(self._ahead))
            self._ahead += room[: self._arrived(memoryview(room), 0)]
        return self._ahead

    def spool(self) -> None:
        """Take all bytes of a pipe to a file without a name, so that one can go back in them.

        Raises DataError where that fails.
        """
        if self.at_hand or self.seekable:
            return
        from tempfile import TemporaryFile

        file = TemporaryFile(buffering=0)  # noqa: SIM115  # it is closed with the input
        room = memoryview(bytearray(CHUNK))
        try:
            while arrived := self.into(room):
                left = room[:arrived]
                while left:
                    left = left[file.write(left) :]
        except OSError as error:
            file.close()
            raise DataError(f"{self.name}: cannot be kept in a file: {error.strerror}") from error
        self.close()
        self._spool, self._file, self._start = file, file.fileno(), 0
        self._stream = None
        self._leaps = False
        self.seekable = True
        self.seek(0)

    def fileno(self) -> int:
        """The descriptor of the file, -1 where there is none."""
        return self._file

    def into(self, room: memoryview) -> int:
        """Read the next bytes into `room`; returns how many: 0 only at the end.

        Of a pipe, those that have arrived. Raises DataError where reading fails.
        """
        if self.at_hand:
            piece = self._data[self.position : self.position + len(room)]
            room[: len(piece)] = piece
            self.position += len(piece)
            return len(piece)
        if self._ahead:
            length = min(len(room), len(self._ahead))
            room[:length] = self._ahead[:length]
            self._ahead = self._ahead[length:]
        else:
            length = self._arrived(room, self.position)
        self.position += length
        return length

    def _arrived(self, room: memoryview, position: int) -> int:
        """Read into `room` what comes next; returns how many bytes."""
        try:
            if self._stream is None:
                return self._wait_and_read(room)
            found = self._stream.read(len(room))
            room[: len(found)] = found
            return len(found)
        except OSError as error:
            raise self._failed(position, error) from error

    def _failed(self, position: int, error: OSError) -> DataError:
        return DataError(
            f"{self.name}: cannot read at byte {position}: {error.strerror or error}", position
        )

    def _wait_and_read(self, room: memoryview) -> int:
        while True:
            try:
                if self._branched:
                    return os.preadv(self._file, [room], self._start + self.position)
                return os.readv(self._file, [room])
            except BlockingIOError:  # whoever opened it did not want to wait; here one has to
                self._poll(None)

    def ready(self) -> bool:
        """Whether the next bytes, or the end, are there without waiting."""
        return self.seekable or self._file < 0 or bool(self._ahead) or self._poll(0)

    def _poll(self, seconds: float | None) -> bool:
        from select import select

        return bool(select([self._file], [], [], seconds)[0])

    def exactly(self, length: int) -> bytes:
        """The next `length` bytes, or all that are left where those are fewer."""
        pieces = []
        while length:
            piece = bytearray(min(length, CHUNK))
            arrived = self.into(memoryview(piece))
            if not arrived:
                break
            pieces.append(piece[:arrived])
            length -= arrived
        return b"".join(pieces)

    def give_back(self, rest: memoryview) -> None:
        """Read the last bytes that were read, which these are, once more; of a pipe."""
        self._ahead = bytes(rest) + self._ahead
        self.position -= len(rest)

    def seek(self, offset: int) -> None:
        """Go to that byte. Raises DataError past the end, and backwards where it cannot seek."""
        size = self.size
        if size is not None:
            if offset > size:
                raise DataError(f"{self.name}: byte {offset} is past the end, {size}", offset)
            self.position = offset
            if self._file >= 0 and not self._branched:
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
        if self._leaps and self._leapt(self.position + length):
            return 0
        room = memoryview(bytearray(min(length, CHUNK)))
        while length:
            arrived = self.into(room[:length])
            if not arrived:
                break
            length -= arrived
        return length

    def _leapt(self, offset: int) -> bool:
        """Go to that byte of a file of the system's, if one can and something is before it."""
        place = self._start + offset
        if offset < WORD or place > MAX_OFFSET:
            return False
        try:
            if len(os.pread(self._file, WORD, place - WORD)) < WORD:
                return False
            os.lseek(self._file, place, os.SEEK_SET)
        except OSError:
            return False
        self._ahead = b""
        self.position = offset
        return True


def size_of(source: str | bytes | bytearray | memoryview | BinaryIO) -> int | None:
    """Bytes in all that an Input of this source would read, None where that is not known.

    0 of what is not there.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        return memoryview(source).nbytes
    try:
        if isinstance(source, str) and source != "-":
            status, start = os.stat(source), 0
        else:
            file = 0 if isinstance(source, str) else source.fileno()
            status = os.fstat(file)
            start = os.lseek(file, 0, os.SEEK_CUR) if S_ISREG(status.st_mode) else 0
    except (AttributeError, OSError, ValueError):
        return 0 if isinstance(source, str) else None
    return max(0, status.st_size - start) if S_ISREG(status.st_mode) else None


def mapped(path: str) -> memoryview:
    """All of a file's bytes, read when they are looked at; of what cannot be mapped, read now.

    Raises UsageError where it cannot be opened, DataError where it cannot be read.
    """
    with Input(path) as data:
        if not data.size:  # files of the system's say 0 and have something to say all the same
            return memoryview(b"".join(iter(lambda: data.exactly(CHUNK), b"")))
        from mmap import ACCESS_READ, mmap

        try:
            return memoryview(mmap(data.fileno(), 0, access=ACCESS_READ))
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: cannot be mapped into memory: {error}", 0) from error


def _opened(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except OSError as error:
        raise UsageError(f"cannot open {path!r}: {error.strerror}") from error


def _bytes_of_disk(file: int) -> int | None:
    """Bytes of a block device, None where it has no end; its position stays what it is."""
    try:
        place = os.lseek(file, 0, os.SEEK_CUR)
        length = os.lseek(file, 0, os.SEEK_END)
        os.lseek(file, place, os.SEEK_SET)
    except OSError:
        return None
    return length


def _status(file: int, name: str) -> os.stat_result:
    try:
        return os.fstat(file)
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror}") from error
