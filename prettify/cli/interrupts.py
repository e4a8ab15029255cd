"""Ctrl-C for commands that follow something: they end as if all were over, then say why."""

from __future__ import annotations

import signal

from prettify.records.until import Stop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Within `with`, a first SIGINT or SIGTERM asks `stop`, and a second one is as it ever was.

    status: what the command ends with, 128 and the signal's number; 0 where there was none.
    """

    __slots__ = ("_before", "status", "stop")

    def __init__(self) -> None:
        self.stop = Stop()
        self.status = 0
        self._before: list[Any] = []

    def __enter__(self) -> Interrupts:
        self._before = [signal.signal(number, self._handle) for number in SIGNALS]
        return self

    def __exit__(self, *_exception: object) -> None:
        self._restore()
        self.stop.close()

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        # Output that nobody takes would keep the run from ending: the next signal ends it.
        self._restore()
        self.status = 128 + number
        self.stop.ask()

    def _restore(self) -> None:
        for number, handler in zip(SIGNALS, self._before):
            signal.signal(number, handler or signal.SIG_DFL)  # None: not set by Python
        self._before = []
