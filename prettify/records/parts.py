"""Files of fixed-size records on any file system that fsspec knows, cut into parts.

A part is a range of one file that holds whole records. It knows where it is and nothing of what is
in it, so it can be sent to the process that reads it, which reads no more than that range.
"""

from __future__ import annotations

import os
from tempfile import NamedTemporaryFile

from prettify.errors import DataError, UsageError, one_line
from prettify.records.output import write_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    Path = str | os.PathLike[str]

RAISE, DROP = "raise", "drop"
ERRORS = (RAISE, DROP)  # what to do about a file's end that is no whole record
WILDCARDS = frozenset("*?[")
LOCAL = "file"  # the protocol of this machine's own file system


class Part:
    """The bytes from `start` to `stop` of a file: whole records, or none.

    fs is fsspec's file system, path the file's in there. name is the file's for messages; stamp
    changes when the file does.
    """

    __slots__ = ("fs", "name", "path", "stamp", "start", "stop")

    def __init__(self, fs: Any, path: str, name: str, stamp: str, start: int, stop: int) -> None:
        self.fs = fs
        self.path = path
        self.name = name
        self.stamp = stamp
        self.start = start
        self.stop = stop

    def __repr__(self) -> str:
        return f"<Part of {self.name}, bytes {self.start} to {self.stop}>"

    def __dask_tokenize__(self) -> tuple[object, ...]:
        return self.name, self.stamp, self.start, self.stop

    def read(self) -> bytes:
        """The bytes. Raises DataError where they cannot be read, or are no longer all there."""
        size = self.stop - self.start
        if not size:
            return b""
        try:
            data: bytes = self.fs.cat_file(self.path, start=self.start, end=self.stop)
        except OSError as error:
            raise DataError(
                f"{self.name}: cannot read at byte {self.start}: {_reason(error)}", self.start
            ) from error
        if len(data) != size:
            raise DataError(
                f"{self.name}: {len(data)} bytes came from byte {self.start} on, not {size}: the "
                f"file has changed, or its file system has no ranges",
                self.start,
            )
        return data


def parts_of(
    urlpath: Path | Sequence[Path],
    record_size: int,
    block_size: int,
    *,
    storage_options: Mapping[str, Any] | None = None,
    offset: int = 0,
    errors: str = RAISE,
) -> list[Part]:
    """The parts of the files, in order: of at most `block_size` bytes, but of a record at least.

    urlpath: paths and URLs, with wildcards or not. offset: bytes at the start of each file that are
    no records. errors: "raise", or "drop" to leave out what is no whole record at a file's end. A
    file without records is one empty part.

    Raises UsageError where there are no files or they cannot be opened; DataError where a file's
    size is no whole number of records.
    """
    if errors not in ERRORS:
        raise UsageError(f"errors {errors!r}: known are {' and '.join(ERRORS)}")
    if offset < 0:
        raise UsageError(f"offset {offset}: bytes to leave out, at least 0")
    if block_size <= 0:
        raise UsageError(f"blocksize {block_size}: bytes of a part, at least 1")
    step = max(block_size // record_size, 1) * record_size
    found: list[Part] = []
    for fs, path, info in _files(urlpath, storage_options or {}):
        name = path if LOCAL in _protocols(fs) else fs.unstrip_protocol(path)
        size = info["size"]
        if size is None:
            raise UsageError(f"{name}: its size is not known, so it cannot be cut into parts")
        end = _end(name, size, offset, record_size, errors)
        stamp = repr(sorted(info.items(), key=lambda item: str(item[0])))
        found += [
            Part(fs, path, name, stamp, start, min(start + step, end))
            for start in range(offset, end, step) or (end,)
        ]
    return found


def _end(name: str, size: int, offset: int, record_size: int, errors: str) -> int:
    """Where the whole records of a file end."""
    if size < offset:
        if errors == DROP:
            return offset
        raise DataError(f"{name}: ends at byte {size}, before its records at byte {offset}", size)
    left = (size - offset) % record_size
    if left and errors == RAISE:
        start = size - left
        raise DataError(
            f"{name}: record cut short at byte {start}: {left} bytes left, {record_size} needed",
            start,
        )
    return size - left


def _files(
    urlpath: Path | Sequence[Path], storage_options: Mapping[str, Any]
) -> Iterator[tuple[Any, str, Mapping[str, Any]]]:
    """(file system, path, what is known of it) of each file."""
    urls = [urlpath] if isinstance(urlpath, (str, os.PathLike)) else list(urlpath)
    if not urls:
        raise UsageError("no files: name some")
    for url in [os.fspath(url) for url in urls]:
        fs, path = file_system(url, storage_options)
        try:
            if WILDCARDS.isdisjoint(path):
                found = {path: fs.info(path)}
            else:
                found = fs.glob(path, detail=True)
                found = {p: i for p, i in sorted(found.items()) if i["type"] != "directory"}
        except OSError as error:
            raise UsageError(f"cannot open {url!r}: {_reason(error)}") from error
        if not found:
            raise UsageError(f"no files match {url!r}")
        for path, info in found.items():
            if info["type"] == "directory":
                raise UsageError(f"{url} is a directory: name the files in it, as in {url}/*")
            yield fs, path, info


def file_system(url: str, storage_options: Mapping[str, Any]) -> tuple[Any, str]:
    """(fsspec's file system, the path in it) of a path or URL.

    Raises UsageError where fsspec knows no such file system, or lacks a package for it.
    """
    from fsspec.core import url_to_fs

    try:
        fs, path = url_to_fs(url, **storage_options)
    except (ImportError, OSError, TypeError, ValueError) as error:
        raise UsageError(f"cannot open {url!r}: {_reason(error)}") from error
    return fs, path


def put(fs: Any, path: str, pieces: Iterable[bytes]) -> None:
    """Write a file, which appears whole or not at all as far as the file system allows.

    On this machine it takes its name when it is complete; elsewhere it is sent when it is complete,
    which to an object store is one step. Raises UsageError where it cannot be written.
    """
    if LOCAL in _protocols(fs):
        write_file(path, pieces)
        return
    with NamedTemporaryFile() as file:
        file.writelines(pieces)
        file.flush()
        try:
            fs.put_file(file.name, path)
        except OSError as error:
            raise UsageError(f"cannot write {path!r}: {_reason(error)}") from error


def _protocols(fs: Any) -> tuple[str, ...]:
    return (fs.protocol,) if isinstance(fs.protocol, str) else tuple(fs.protocol)


def _reason(error: Exception) -> str:
    """What an error of a file system says, in one line."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return one_line(getattr(error, "strerror", None) or str(error) or type(error).__name__)
