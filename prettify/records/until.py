"""When a run that follows something ends: after some time, or when it is asked to."""

from __future__ import annotations

import os
import select
from time import monotonic, sleep

from prettify.errors import UsageError

LONGEST = 365 * 86400.0  # seconds; waits of more are no use, and some systems refuse them
# Seconds after some events, before one looks for more: who writes one by one would else have the
# reader wake up for each, and compete with it for processors. Not where it may get tight: after
# events that filled so large a part of the buffer, and in one of fewer bytes.
PAUSE = 0.0002
PART = 16
TIGHT = 1 << 16


class Stop:
    """Asks a run to end, from another thread or from a signal's handler.

    What has come by then is still put out. The descriptor can be read from once it is asked for.
    """

    __slots__ = ("_file", "asked")

    def __init__(self) -> None:
        self._file = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.asked = False

    def ask(self) -> None:
        """Let the run end. Whoever waits wakes up."""
        self.asked = True
        if self._file >= 0:
            os.eventfd_write(self._file, 1)

    def fileno(self) -> int:
        """The descriptor."""
        return self._file

    def close(self) -> None:
        """Close the descriptor."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)


class Until:
    """The end of one run, and waiting for what comes before it.

    seconds: from `begin` on, None is for ever. stop: who may ask for the end.
    """

    __slots__ = ("_deadline", "_seconds", "stop")

    def __init__(self, seconds: float | None = None, stop: Stop | None = None) -> None:
        """Raises UsageError for a time that is none."""
        if seconds is not None and not 0 <= seconds <= LONGEST:
            raise UsageError(f"duration {seconds:g}: seconds from 0 to {LONGEST:g} expected")
        self._seconds = seconds
        self._deadline: float | None = None
        self.stop = stop

    def begin(self) -> None:
        """Time runs from here on."""
        self._deadline = None if self._seconds is None else monotonic() + self._seconds

    @property
    def over(self) -> bool:
        """Whether it is time to end."""
        if self.stop is not None and self.stop.asked:
            return True
        return self._deadline is not None and monotonic() >= self._deadline

    def watch(self, *files: int, edges: bool = False) -> select.epoll:
        """What waits until one of the files can be read, or the run is asked to end.

        edges: wakes up for what is new alone. Whoever asked for it closes it.
        """
        poll = select.epoll()
        for file in files:
            poll.register(file, select.EPOLLIN | (select.EPOLLET if edges else 0))
        if self.stop is not None:
            poll.register(self.stop.fileno(), select.EPOLLIN)
        return poll

    def pause(self, taken: int, size: int) -> bool:
        """After so many bytes were taken of a buffer of that size: let more come, if there is time.

        Whether one is to look again without waiting, as more may have come than wakes one up.
        """
        if not taken:
            return False
        if size >= TIGHT and taken * PART < size:
            sleep(PAUSE)
        return True

    def wait(self, poll: select.epoll, most: float | None = None) -> None:
        """Wait for what `watch` gave, until the end at the latest, and no more than `most` seconds.

        A file that is ready, or a time that is over, is not told apart from the end.
        """
        left = most
        if self._deadline is not None:
            rest = max(0.0, self._deadline - monotonic())
            left = rest if left is None else min(left, rest)
        poll.poll(left)
