"""Times commands side by side: A B A B …, whole processes, the median of several runs."""

from __future__ import annotations

import os
import platform
import shutil
import statistics
import subprocess
import time
from typing import NamedTuple

# As for any user: bytecode is kept, and Python is not told otherwise.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


class Timing(NamedTuple):
    """Wall seconds of a command: median, least and most of its runs."""

    median: float
    least: float
    most: float


def side_by_side(commands: dict[str, list[str]], data: str, runs: int) -> dict[str, Timing]:
    """Time each command `runs` times in turn, with `data` as standard input.

    A first round warms caches and is not counted. Raises CalledProcessError for one that fails.
    """
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            with open(data, "rb") as stdin:
                start = time.perf_counter()
                subprocess.run(
                    command,
                    stdin=stdin,
                    env=ENVIRONMENT,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    check=True,
                )
                if turn:
                    seconds[name].append(time.perf_counter() - start)
    return {name: Timing(statistics.median(s), min(s), max(s)) for name, s in seconds.items()}


def version(command: str) -> str:
    """What a program says its version is, or "" where it is not installed."""
    if shutil.which(command) is None:
        return ""
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().splitlines()[0]


def machine() -> str:
    """The processor, its cores, and the kernel."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
        model = names[0] if names else model
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, Linux {platform.release()}"
