"""Where pieces of output go: an open file, or a file that appears whole or not at all."""

from __future__ import annotations

import os
from stat import S_ISREG

from prettify.errors import UsageError
from prettify.records.pipes import widen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from prettify.records.conversion import Piece


def write_pieces(file: int, pieces: Iterable[Piece]) -> None:
    """Write pieces to an open file, whatever that takes at a time. Raises OSError."""
    widen(file)
    for piece in pieces:
        left = memoryview(piece)
        while left:
            try:
                left = left[os.write(file, left) :]
            except BlockingIOError:  # whoever opened it did not want to wait; here one has to
                from select import select

                select([], [file], [])


def write_file(path: str, pieces: Iterable[Piece]) -> None:
    """Write pieces to a file, which takes its name when it is complete.

    What is no regular file (a device, a pipe) is written to as it is. Raises UsageError where the
    file cannot be written.
    """
    try:
        if os.path.exists(path) and not S_ISREG(os.stat(path).st_mode):
            with open(path, "wb", buffering=0) as device:
                write_pieces(device.fileno(), pieces)
            return
        target = os.path.realpath(path)
        folder, name = os.path.split(target)
        unfinished = os.path.join(folder, f".{name}.{os.getpid()}.unfinished")
        with open(unfinished, "xb", buffering=0) as file:
            try:
                write_pieces(file.fileno(), pieces)
                if os.path.exists(target):
                    os.chmod(unfinished, os.stat(target).st_mode & 0o7777)
                os.replace(unfinished, target)
            except BaseException:
                os.unlink(unfinished)
                raise
    except OSError as error:
        raise UsageError(f"cannot write {path!r}: {error.strerror}") from error
