"""Where tracefs is mounted, and which `format` files a name stands for."""

from __future__ import annotations

import os

from prettify.errors import UsageError
from prettify.sources.request import TRACEFS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
MOUNTS = "/proc/self/mountinfo"  # proc_pid_mountinfo(5)
# By file system, where in a mount of it tracefs is.
INSIDE = {"tracefs": "", "debugfs": "/tracing"}
EVENTS = "events"
FORMAT = "format"
NEAREST = 3  # names suggested for one that is not found

File = tuple[str, str, str]
"""(system, event, path of its format file)"""


def mount_point() -> str:
    """The folder that tracefs is mounted at.

    Raises UsageError, saying what to do, where it is not, or may not be looked into.
    """
    refused = ""
    for folder in _candidates():
        try:
            os.stat(f"{folder}/{EVENTS}")
        except PermissionError:
            refused = refused or folder
        except OSError:
            continue
        else:
            return folder
    if refused:
        raise UsageError(
            f"no permission to look into {refused}: trace events are for root (sudo), or for the "
            f"group of a mount with -o gid=GROUP"
        )
    raise UsageError(
        f"tracefs is not mounted: mount -t tracefs nodev {FOLDERS[0]} (as root; a kernel without "
        f"CONFIG_TRACING has none)"
    )


def _candidates() -> Iterator[str]:
    yield from FOLDERS
    try:
        with open(MOUNTS, encoding="utf-8", errors="surrogateescape") as mounts:
            lines = mounts.readlines()
    except OSError:
        return
    for line in lines:
        fields, _, behind = line.partition(" - ")
        kind = behind.split(" ")[0]
        if kind in INSIDE:
            yield _unescaped(fields.split(" ")[4]) + INSIDE[kind]


def _unescaped(path: str) -> str:
    """A path as it is; blanks and the like stand in mountinfo as \\040."""
    first, *rest = path.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)


def files_of(spec: str) -> tuple[list[File], bool]:
    """The format files that `tracefs:` and that name, and whether they are the kernel's own.

    spec: nothing for all events, SYSTEM, SYSTEM/EVENT or SYSTEM:EVENT, or the path of a copied
    format file or of a folder of such, as deep as tracefs has them. Raises UsageError.
    """
    try:
        if _is_path(spec):
            return _copied(spec), False
        return _of_kernel(spec), True
    except UsageError as error:
        raise UsageError(f"{TRACEFS}{spec}: {error}") from None
    except OSError as error:
        raise UsageError(f"{TRACEFS}{spec}: {error.filename}: {error.strerror}") from error


def _is_path(spec: str) -> bool:
    return spec.startswith(("/", "./", "../", "~")) or spec.endswith("/") or os.path.exists(spec)


def _copied(path: str) -> list[File]:
    path = os.path.expanduser(path)
    if not os.path.isdir(path):
        return [_named(path)]
    found = list(_in(path, 3 if os.path.isdir(os.path.join(path, EVENTS)) else 2))
    if not found:
        raise UsageError(f"no file called {FORMAT!r} is in that folder, or in folders in it")
    return sorted(found)


def _in(folder: str, depth: int) -> Iterator[File]:
    """The format files in a folder and those in it, `depth` deep at most."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == FORMAT:
                yield _named(entry.path)
            elif depth and entry.is_dir():
                yield from _in(entry.path, depth - 1)


def _named(path: str) -> File:
    """The file, and what its folders tell of its system and event."""
    *_, system, event, file = ("", "", *os.path.abspath(path).split("/"))
    return (system, event, path) if file == FORMAT else ("", "", path)


def _of_kernel(spec: str) -> list[File]:
    folder = os.path.join(mount_point(), EVENTS)
    system, slash, event = spec.replace(":", "/", 1).partition("/")
    systems = [name for name in sorted(os.listdir(folder)) if os.path.isdir(f"{folder}/{name}")]
    if not system:
        return [file for name in systems for file in _of_system(folder, name)]
    if system not in systems:
        raise UsageError(_no_system(folder, systems, system))
    files = _of_system(folder, system)
    if not slash:
        return files
    found = [file for file in files if file[1] == event]
    if not found:
        raise UsageError(f"no event {event!r} in {system}{_near(event, [f[1] for f in files])}")
    return found


def _of_system(folder: str, system: str) -> list[File]:
    place = f"{folder}/{system}"
    names = sorted(name for name in os.listdir(place) if os.path.isdir(f"{place}/{name}"))
    return [(system, name, f"{place}/{name}/{FORMAT}") for name in names]


def _no_system(folder: str, systems: list[str], name: str) -> str:
    """What is wrong with a name that no system has; it may be an event's."""
    own = [s for s in systems if os.path.isdir(f"{folder}/{s}/{name}")]
    if own:
        events = ", ".join(f"{s}/{name}" for s in own)
        return f"no system {name!r}, but an event of that name: {events}"
    return f"no system {name!r}, nor a file{_near(name, systems)}"


def _near(name: str, names: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names, NEAREST, 0.5)
    return f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
