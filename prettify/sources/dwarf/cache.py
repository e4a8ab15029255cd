"""Indices of large files, kept in the user's cache directory.

All of it may be deleted at any time. A file that cannot be read or written is as good as none.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = ("prettify", "dwarf")
ENDING = ".index"
UNFINISHED = ".new"
MAX_BYTES = 256 << 20  # of all files together
MAX_FILES = 200
ABANDONED = 3600  # seconds after which an unfinished file has no one who finishes it
DIGEST = 20  # bytes of a file's name, before they are written in hexadecimal


def folder() -> str:
    """Where the user's caches are; empty where there is no place for them."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(root):  # the XDG base directory specification says so
        home = os.path.expanduser("~")
        if not os.path.isabs(home) or home == "/":
            return ""
        root = os.path.join(home, ".cache")
    return os.path.join(root, *FOLDER)


def read(key: bytes) -> bytes:
    """What was written for that key; empty where there is nothing."""
    path = _path(key)
    if not path:
        return b""
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError:
        return b""
    with suppress(OSError):  # the folder may be another user's, or read-only
        os.utime(path)  # what is used is kept longest
    return data if len(data) <= MAX_BYTES else b""


def write(key: bytes, data: bytes) -> None:
    """Keep that for the key, if that is possible, and only as a whole."""
    path = _path(key)
    if not path or len(data) > MAX_BYTES:
        return
    unfinished = f"{path}.{os.getpid()}-{time.monotonic_ns()}{UNFINISHED}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return
    try:
        with open(handle, "wb") as stream:
            stream.write(data)
        os.replace(unfinished, path)
    except OSError:
        _remove(unfinished)
    _tidy(os.path.dirname(path))


def _path(key: bytes) -> str:
    import hashlib

    place = folder()
    if not place:
        return ""
    return os.path.join(place, hashlib.blake2b(key, digest_size=DIGEST).hexdigest() + ENDING)


def _tidy(place: str) -> None:
    """Remove what has not been used for longest, until the rest is within bounds."""
    files = []
    abandoned = time.time() - ABANDONED
    for name, size, used in _listed(place):
        if name.endswith(ENDING):
            files.append((used, size, name))
        elif name.endswith(UNFINISHED) and used < abandoned:
            _remove(os.path.join(place, name))
    total = 0
    for number, (_, size, name) in enumerate(sorted(files, reverse=True), 1):
        total += size
        if total > MAX_BYTES or number > MAX_FILES:
            _remove(os.path.join(place, name))


def _listed(place: str) -> Iterable[tuple[str, int, float]]:
    """(name, size, time) of the files there; others may be deleting them."""
    try:
        entries = list(os.scandir(place))
    except OSError:
        return
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue
        yield entry.name, status.st_size, status.st_mtime


def _remove(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
