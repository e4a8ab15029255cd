"""Prints a command's exit status and peak memory: `peak.py file|pipe DATA COMMAND...`.

DATA is the command's standard input, as the file or through a pipe. A program of its own, since
Linux counts for a child what its parent had when it was started, and benchmarks have much.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import IO


def main() -> int:
    """Run the command, wait for it, say what it took."""
    how, data, *command = sys.argv[1:]
    with open(data, "rb") as file:
        feeder = None
        stdin: IO[bytes] = file
        if how == "pipe":
            feeder = subprocess.Popen(["cat"], stdin=file, stdout=subprocess.PIPE)
            assert feeder.stdout is not None
            stdin = feeder.stdout
        child = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if feeder is not None:
            stdin.close()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if feeder is not None:
            feeder.wait()
    print(child.returncode, usage.ru_maxrss)
    return 0


if __name__ == "__main__":
    sys.exit(main())
