"""One thread and two."""

from __future__ import annotations

import ours
from measure import Timing, side_by_side
from report import Section, shown, table, times
from workloads import Setting

FORMS = {"C": "c", "NDJSON": "ndjson", "CSV": "csv"}
LONGER = 3  # times the long input: so long that start-up, which takes one thread, hardly counts
HEAD = ("job", "`-j 2`", "two processes", "`-j 1`", "`-j 2`", "two processes")


def section(setting: Setting) -> Section:
    """What the second thread brings."""
    rows = []
    long = LONGER * setting.large
    for workload in (setting.random, setting.real):
        for name, form in FORMS.items():
            contenders = [
                *(ours.command(workload, form, "-j", jobs, times=long) for jobs in "12"),
                ours.halves(workload, form, long),
            ]
            one, *two = side_by_side(contenders, setting.few)
            ratios = [_ratio(one, timing) for timing in two]
            job = f"{workload.title(long)}, to {name}"
            rows.append((job, *ratios, *(shown(timing) for timing in (one, *two))))
    text = [
        "Whole processes, from a file on standard input to /dev/null; first how many times as fast "
        "as `-j 1` they are. Two processes at a time, half the records each, are what the "
        "machine's second core can bring.",
        "",
    ]
    return Section("Threads", text + table(HEAD, "lrrrrr", rows), [])


def _ratio(one: Timing | str, two: Timing | str) -> str:
    if isinstance(one, Timing) and isinstance(two, Timing):
        return f"**{times(one.median / two.median)}**"
    return ""
