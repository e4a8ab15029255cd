"""Who owns the values of local storage: tasks, control groups, sockets, files.

The kernel keeps such a value with its owner and takes a descriptor of the owner for a key, so that
nobody can list what is there. User space can go through the owners it sees and ask for each.
"""

from __future__ import annotations

import ctypes
import os

from prettify.errors import UsageError
from prettify.records.maps.live.proc import mounts, numbers_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Owner = tuple[int, int]
    """(number that tells it, descriptor, which is closed when the next one is asked for)"""

OWNER_SIZE = 8  # bytes of the number that an owner is shown as
PIDFD_THREAD = os.O_EXCL  # of pidfd_open(2), Linux 6.9: any thread, not only the first
PIDFD_GETFD = 438  # the system call's number, on all machines
SOCKET = "socket:["


def tasks() -> Iterator[Owner]:
    """Every thread, by its thread id."""
    for process in numbers_in("/proc"):
        for thread in numbers_in(f"/proc/{process}/task"):
            descriptor = _open_task(thread, leader=thread == process)
            if descriptor >= 0:
                yield from _closing(thread, descriptor)


def control_groups() -> Iterator[Owner]:
    """Every control group of version 2, by its id, which is the number of its folder's inode."""
    for mount in mounts("cgroup2"):
        for folder, _, _ in os.walk(mount):
            try:
                descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            except OSError:  # it has gone, or is not ours to look at
                continue
            yield from _closing(os.fstat(descriptor).st_ino, descriptor)


def sockets() -> Iterator[Owner]:
    """Every socket that a process holds, by the number of its inode."""
    known = set()
    for process in numbers_in("/proc"):
        folder = f"/proc/{process}/fd"
        for number in numbers_in(folder):
            try:
                name = os.readlink(f"{folder}/{number}")
            except OSError:
                continue
            if not name.startswith(SOCKET) or name in known:
                continue
            known.add(name)
            descriptor = _open_of_process(process, number)
            if descriptor >= 0:
                yield from _closing(int(name[len(SOCKET) : -1]), descriptor)


def open_owner(kind: str, text: str) -> Owner:
    """The owner that a user names: TID, FOLDER of a control group, PID:FD of a socket, or FILE.

    Raises UsageError.
    """
    try:
        number, descriptor = _OPEN[kind](text)
    except OSError as error:
        raise UsageError(f"{text!r} cannot be opened: {error.strerror}") from error
    except ValueError:
        raise UsageError(f"{text!r} is no key of a {kind}: that is {WORDS[kind]}") from None
    if descriptor < 0:
        raise UsageError(f"{text!r} cannot be opened: {os.strerror(-descriptor)}")
    return number, descriptor


def _task_of(text: str) -> Owner:
    thread = int(text, 0)
    leader = os.path.isdir(f"/proc/{thread}") and _thread_group(thread) == thread
    return thread, _open_task(thread, leader=leader)


def _socket_of(text: str) -> Owner:
    process, _, number = text.partition(":")
    descriptor = _open_of_process(int(process), int(number))
    return (os.fstat(descriptor).st_ino if descriptor >= 0 else 0), descriptor


def _file_of(text: str) -> Owner:
    descriptor = os.open(text, os.O_RDONLY)
    return os.fstat(descriptor).st_ino, descriptor


def _thread_group(thread: int) -> int:
    with open(f"/proc/{thread}/status", encoding="latin-1") as file:
        for line in file:
            if line.startswith("Tgid:"):
                return int(line.split()[1])
    return 0


def _open_task(thread: int, *, leader: bool) -> int:
    """A descriptor of a thread, or minus the errno."""
    try:
        return os.pidfd_open(thread, 0 if leader else PIDFD_THREAD)
    except OSError as error:
        return -(error.errno or 1)


def _open_of_process(process: int, number: int) -> int:
    """A descriptor of what another process has open as that number, or minus the errno."""
    leader = _open_task(process, leader=True)
    if leader < 0:
        return leader
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    found: int = call(ctypes.c_long(PIDFD_GETFD), leader, number, 0)
    failure = ctypes.get_errno()
    os.close(leader)
    return found if found >= 0 else -failure


def _closing(number: int, descriptor: int) -> Iterator[Owner]:
    try:
        yield number, descriptor
    finally:
        os.close(descriptor)


# How owners are found, by the type of the map; files are too many to look at all.
OWNERS_OF: dict[str, Callable[[], Iterator[Owner]]] = {
    "task_storage": tasks,
    "cgrp_storage": control_groups,
    "sk_storage": sockets,
}
_OPEN: dict[str, Callable[[str], Owner]] = {
    "task_storage": _task_of,
    "cgrp_storage": _file_of,
    "sk_storage": _socket_of,
    "inode_storage": _file_of,
}
WORDS = {
    "task_storage": "the id of a thread",
    "cgrp_storage": "the folder of a control group",
    "sk_storage": "PID:FD, a process and the number of its socket",
    "inode_storage": "a file",
}
