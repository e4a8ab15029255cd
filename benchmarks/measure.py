"""Times things side by side: A B A B …, the median of several runs."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

# As for any user: bytecode is kept, and Python is not told otherwise.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Timing(NamedTuple):
    """Wall seconds of a run: median, least and most of several."""

    median: float
    least: float
    most: float


class Contender:
    """A tool at a job.

    run: does it once, or `1 / share` of it. missing: why there is nothing to run.
    """

    __slots__ = ("missing", "name", "run", "share")

    def __init__(
        self,
        name: str,
        run: Callable[[], object] | None,
        *,
        share: int = 1,
        missing: str = "",
    ) -> None:
        self.name = name
        self.run = run
        self.share = share
        self.missing = missing


def process(arguments: Sequence[str], data: str) -> Callable[[], None]:
    """Running a command with the file `data` as standard input; its output is dropped."""

    return processes([arguments], data)


def processes(commands: Sequence[Sequence[str]], data: str) -> Callable[[], None]:
    """Running several commands at a time, each with the file as its standard input."""

    def run() -> None:
        children = []
        for arguments in commands:
            with open(data, "rb") as stdin:
                child = subprocess.Popen(
                    arguments,
                    stdin=stdin,
                    env=ENVIRONMENT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            children.append(child)
        for child in children:
            child.wait()
        for child in children:
            if child.returncode:
                raise subprocess.CalledProcessError(child.returncode, child.args)

    return run


def side_by_side(contenders: Sequence[Contender], runs: int) -> list[Timing | str]:
    """Time each contender `runs` times in turn; for one that cannot do it, say why.

    A first round warms caches and is not counted; who fails there is out.
    """
    missing = [contender.missing for contender in contenders]
    seconds: list[list[float]] = [[] for _ in contenders]
    for turn in range(runs + 1):
        for index, contender in enumerate(contenders):
            if missing[index] or contender.run is None:
                continue
            start = time.perf_counter()
            try:
                contender.run()
            except Exception as error:
                missing[index] = failure(error)
            if turn:
                seconds[index].append((time.perf_counter() - start) * contender.share)
    return [
        why or Timing(statistics.median(taken), min(taken), max(taken))
        for why, taken in zip(missing, seconds)
    ]


def failure(error: Exception) -> str:
    """Why a contender has no result, in a few words."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"failed: exit status {error.returncode}"
    return f"failed: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
