"""perf.data: recordings made on the spot, to NDJSON, against what perf itself makes of them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import ours
from measure import Contender, process
from memory import peak
from peers import linux_perf
from report import Comparison, Section, compare, comparison_table
from workloads import Setting

TITLE = "perf.data"
SECONDS, FEW_SECONDS = 45, 4  # of recording; a second is 3 MB on two processors
CALLS, FEW_CALLS = 300_000, 20_000  # of 400 bytes each
BUSY = (
    "while :; do find /usr/include /usr/share -type f | head -20000 | xargs cat | sha256sum; done"
)


def section(setting: Setting) -> Section:
    """Whole processes on two recordings, and their peak memory on a tenth of one and on all."""
    version = linux_perf.version()
    if not version:
        return Section(TITLE, ["Not measured: perf is not installed."], [])
    quick = setting.runs < 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock, part, calls = (folder / n for n in ("clock.data", "part.data", "calls.data"))
        seconds, count = (FEW_SECONDS, FEW_CALLS) if quick else (SECONDS, CALLS)
        wrong = (
            _clock(clock, seconds) or _clock(part, max(seconds // 10, 1)) or _calls(calls, count)
        )
        if wrong:
            return Section(TITLE, [f"Not measured: {wrong.splitlines()[0]}."], [])
        found = [
            *_compared("call chains by cpu-clock", clock, setting.runs, part),
            *_compared("trace events of system calls", calls, setting.runs, calls),
        ]
        lines = [
            f"`prettify perf --to ndjson`, whole processes, to /dev/null; perf {version}. What "
            f"`perf script` prints is about samples alone, and has the names of symbols.",
            "",
            *comparison_table(found),
            "",
            "Peak resident memory, NDJSON:",
            "",
            *(
                f"- {peak(_ours(path), 'file', os.devnull)} MB of a recording of {_size(path)} MB"
                for path in (part, clock)
            ),
        ]
    return Section(TITLE, lines, found)


def _clock(path: Path, seconds: int) -> str:
    options = ["-e", "cpu-clock", "-F", "25000", "-g", "-a"]
    command = ["timeout", "-s", "KILL", str(seconds), "sh", "-c", BUSY]
    wrong = linux_perf.record(path, options, command)
    return "" if path.exists() and path.stat().st_size > 1 << 20 else wrong


def _calls(path: Path, count: int) -> str:
    options = ["-e", "raw_syscalls:sys_enter,raw_syscalls:sys_exit"]
    command = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={count}", "status=none"]
    return linux_perf.record(path, options, command)


def _compared(what: str, path: Path, runs: int, part: Path) -> list[Comparison]:
    """part: a smaller one of the kind, for who takes minutes."""
    target = path.with_suffix(".json")
    missing = "" if linux_perf.converts() else "not built in"
    return compare(
        f"{_size(path)} MB, {what}",
        [
            Contender(ours.NAME, process(_ours(path), os.devnull)),
            Contender("perf script", process(linux_perf.script(path), os.devnull)),
            Contender(
                "perf report -D",
                process(linux_perf.report(part), os.devnull),
                share=max(round(path.stat().st_size / part.stat().st_size), 1),
            ),
            Contender(
                "perf data convert --to-json",
                process(linux_perf.convert(path, target), os.devnull),
                missing=missing,
            ),
        ],
        runs,
    )


def _ours(path: Path) -> list[str]:
    return [*ours.COMMAND, "perf", "--to", "ndjson", str(path)]


def _size(path: Path) -> int:
    return round(path.stat().st_size / 1e6)
