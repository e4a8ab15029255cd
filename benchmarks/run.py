"""`make bench`: prettify against the tools it stands beside, measured side by side in one run.

Prints tables of ratios and keeps them in benchmarks/RESULTS.md. Takes about five minutes, with
--quick one. Machines are noisy: quote ratios of medians, not milliseconds.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# One thread for all who are compared; read when polars is imported, here and in processes.
os.environ["POLARS_MAX_THREADS"] = "1"

import dwarf
import jobs
import limit
import maps
import memory
import ours
import perf_data
import startup
import threads
from machine import busy, facts
from report import Comparison, Section, times
from workloads import Setting

RESULTS = Path(__file__).parent / "RESULTS.md"
RUNS, QUICK_RUNS = 7, 2

SECTIONS: dict[str, Callable[[Setting], Section]] = {
    "start-up": startup.section,
    "c": jobs.c_text,
    "ndjson": jobs.ndjson,
    "columns": jobs.columns,
    "where": jobs.where,
    "threads": threads.section,
    "limit": limit.section,
    "memory": memory.section,
    "dwarf": dwarf.section,
    "maps": maps.section,
    "perf": perf_data.section,
}

PREFACE = """# Benchmarks

Written by `make bench`. Each job is done by all tools in turn (A B A B …) in one run; the first
round warms caches and is not counted; times are medians, with least and most in brackets. The
ratio comes first, as it depends least on the machine: "2.0 times as fast" is half the time.

What is measured: the time from records in a file (whole processes) or in memory (within one
process) until the last byte is written to /dev/null, on one thread unless a row says otherwise.
Records are made from a seed: random bytes, whose numbers are as long as they can be, and realistic
ones, whose numbers are as short as those of real symbol tables, events and kernels. Longer inputs
are the same records again. Before libraries are timed, their output of 1,000 records is compared.

What is not: reading from a disk (files are in the page cache), writing to one, and terminals.
polars would use every core, but is held to one here, as prettify is. No one else should be at work
on the machine meanwhile; where someone is, rows of two threads suffer most."""


def results(sections: Sequence[Section], busy_before: float) -> str:
    """The whole page."""
    comparisons = [row for section in sections for row in section.comparisons]
    parts = [PREFACE, "\n".join(facts(busy_before)), "\n".join(_losses(comparisons))]
    parts += ["\n".join([f"## {section.title}", "", *section.lines]) for section in sections]
    return "\n\n".join(parts) + "\n"


def _losses(comparisons: Sequence[Comparison]) -> list[str]:
    """Where prettify is the slower one."""
    lost = [
        f"- {row.job}: takes {times(1 / row.ratio)} times as long as {row.other}"
        for row in comparisons
        if row.ratio is not None and row.ratio < 1
    ]
    return ["## Where prettify is slower", "", *(lost or ["Nowhere in this run."])]


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, help="counted runs of each (default: 7)")
    parser.add_argument("--quick", action="store_true", help="few runs, short inputs; not kept")
    parser.add_argument(
        "--only", action="append", choices=SECTIONS, help="this part alone, repeatable; not kept"
    )
    parser.add_argument("--output", type=Path, help="keep the results in this file")
    options = parser.parse_args()
    if not ours.is_what_runs():
        parser.error("the prettify that this Python imports is another one than here is measured")
    chosen = [name for name in SECTIONS if not options.only or name in options.only]
    sections = []
    busy_before = busy()
    with tempfile.TemporaryDirectory() as folder:
        runs = options.runs or (QUICK_RUNS if options.quick else RUNS)
        setting = Setting(Path(folder), runs, quick=options.quick)
        for name in chosen:
            start = time.perf_counter()
            sections.append(SECTIONS[name](setting))
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    text = results(sections, busy_before)
    print(text)
    whole = not options.quick and not options.only
    output = options.output or (RESULTS if whole else None)
    if output is not None:
        output.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
