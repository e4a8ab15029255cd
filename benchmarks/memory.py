"""Peak memory: of a small input and of one a hundred times as large."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import data
import ours
from jobs import WHERE
from measure import ENVIRONMENT
from peers import pahole, polars_frames
from report import Section, table
from workloads import Setting

PEAK = str(Path(__file__).parent / "peak.py")
JOBS: dict[str, tuple[str, ...]] = {
    "C": ("c",),
    "NDJSON": ("ndjson",),
    "NDJSON, `-j 2`": ("ndjson", "-j", "2"),
    "NDJSON, `--where`": ("ndjson", "--where", WHERE),
    "CSV": ("csv",),
    "Arrow": ("arrow",),
    "Parquet": ("parquet",),
}
LEFT_OUT = "-"


def section(setting: Setting) -> Section:
    """A table of peaks. Several commands run at a time: nothing is timed here."""
    workload, huge = setting.real, setting.huge
    whole = {
        name: [*ours.COMMAND, *workload.command(form, *options)]
        for name, (form, *options) in JOBS.items()
    }
    small_only = {
        "(Python alone, `-c pass`)": [sys.executable, "-c", "pass"],
    }
    if pahole.version():
        small_only["(pahole, C)"] = pahole.c_text(workload.type_name)
    if polars_frames.version():
        program = polars_frames.process(data.SYMBOL, "write_ndjson")
        small_only["(polars, NDJSON, whole file)"] = program
    columns = [(how, times) for how in ("file", "pipe") for times in (1, huge)]
    try:
        files = {times: workload.file(times) for times in (1, huge)}
    except OSError as error:
        return Section("Memory", [f"Not measured: {error}."], [])
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        peaks = [
            (name, [pool.submit(peak, command, how, files[times]) for how, times in columns])
            for name, command in whole.items()
        ]
        others = [
            (name, pool.submit(peak, command, "file", files[1]))
            for name, command in small_only.items()
        ]
        rows = [(name, *(peak.result() for peak in found)) for name, found in peaks]
        rows += [(name, found.result(), *[LEFT_OUT] * 3) for name, found in others]
    workload.forget(huge)
    sizes = [f"{how}, {_size(workload.size(times))}" for how, times in columns]
    text = [
        f"Peak resident memory of whole processes, in MB (`ru_maxrss`); {workload.title()}, once "
        f"and {huge} times over. In brackets: others, of the small file alone.",
        "",
    ]
    return Section("Memory", text + table(("to", *sizes), "lrrrr", rows), [])


def peak(command: list[str], how: str, path: str) -> str:
    """The most memory that a command had, in MB."""
    done = subprocess.run(
        [sys.executable, "-S", "-E", PEAK, how, path, *command],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    status, kibibytes = (int(word) for word in done.stdout.split() or (1, 0))
    return f"{kibibytes * 1024 / 1e6:.1f}" if status == 0 else f"failed: exit status {status}"


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
