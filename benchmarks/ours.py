"""prettify itself: as the command, and as the library."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import prettify
from measure import ENVIRONMENT, Contender, process, processes
from prettify.core import emitter
from workloads import Workload

NAME = "prettify"
SCRIPT = str(Path(sys.executable).parent / "prettify")
COMMAND = [SCRIPT] if os.path.exists(SCRIPT) else [sys.executable, "-m", "prettify"]
# Without the launcher that pip makes: older ones import `re`, which few jobs need.
BARE = [sys.executable, "-c", "from prettify.cli import entry; entry()"]


def version() -> str:
    """The version, and whether its hot loops are compiled."""
    return f"{prettify.__version__} ({'compiled' if emitter.COMPILED else 'not compiled'})"


def command(workload: Workload, form: str, *options: str, times: int = 1) -> Contender:
    """The command, reading a file."""
    run = process([*COMMAND, *workload.command(form, *options)], workload.file(times))
    return Contender(" ".join((NAME, *options)), run)


def halves(workload: Workload, form: str, times: int) -> Contender:
    """Two of the command at a time, half the records each."""
    half = str(workload.count * times // 2)
    commands = [
        [*COMMAND, *workload.command(form, option, half)] for option in ("--count", "--skip")
    ]
    return Contender("two processes", processes(commands, workload.file(times)))


def write(
    workload: Workload, records: bytes, form: str, where: str | None = None
) -> Callable[[BinaryIO], None]:
    """The library: records to an open file."""

    def decode(out: BinaryIO) -> None:
        prettify.decode(records, workload.record_type, form, out, where=where)

    return decode


def output(workload: Workload, form: str) -> bytes:
    """The text of all of a workload's records."""
    pieces = prettify.decode(workload.block, workload.record_type, form)
    return b"".join(pieces or ())


def is_what_runs() -> bool:
    """Whether the command's modules are those of this process."""
    code = "import prettify; print(prettify.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.stdout.strip() == prettify.__file__
