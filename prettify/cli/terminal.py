"""Whether what is written somewhere may come to the screen."""

from __future__ import annotations

import os
from stat import S_ISCHR, S_ISREG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROCESSES = "/proc"


def reaches_screen(output: str | int) -> bool:
    """Whether output to this path, or open file, may be seen on the terminal of standard error.

    Of a pipe that is so if another process of the same pipeline prints there: what prettify hands
    to `jq` is on the screen all the same, what it hands to `gzip > FILE` is not.
    """
    try:
        status = os.stat(output)
    except FileNotFoundError:  # a file that is yet to be made
        return False
    except OSError:
        return True
    if S_ISREG(status.st_mode):
        return False
    if S_ISCHR(status.st_mode):
        return status.st_rdev != os.stat(os.devnull).st_rdev
    try:
        return _pipeline_prints(os.fstat(2).st_rdev)
    except OSError:
        return True


def in_foreground() -> bool:
    """Whether the terminal of standard error is this process's to write to, and not in use by a
    shell that put this process into the background.
    """
    try:
        return os.tcgetpgrp(2) == os.getpgrp()
    except OSError:  # no job control at that terminal
        return True


def _pipeline_prints(terminal: int) -> bool:
    """Whether a process of this one's group has that device for its standard output.

    Its ancestors, which are shells that wait, do not count. Raises OSError where it cannot be
    found out.
    """
    group = os.getpgrp()
    others = set(map(int, filter(str.isdecimal, os.listdir(PROCESSES)))) - set(_line(os.getpid()))
    for process in others:
        try:
            if os.getpgid(process) != group:
                continue
            if os.stat(f"{PROCESSES}/{process}/fd/1").st_rdev == terminal:
                return True
        except (FileNotFoundError, ProcessLookupError):  # ended, or closed its output
            continue
    return False


def _line(process: int) -> Iterator[int]:
    """A process, its parent, and so on."""
    while process:
        yield process
        with open(f"{PROCESSES}/{process}/stat", encoding="latin-1") as status:
            process = int(status.read().rpartition(")")[2].split()[1])
