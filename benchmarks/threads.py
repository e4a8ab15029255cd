"""One thread and two."""

from __future__ import annotations

import ours
from measure import Timing, side_by_side
from report import Section, shown, table, times
from workloads import Setting

FORMS = {"C": "c", "NDJSON": "ndjson", "CSV": "csv"}


def section(setting: Setting) -> Section:
    """What the second thread brings."""
    rows = []
    for workload in (setting.random, setting.real):
        for name, form in FORMS.items():
            contenders = [
                ours.command(workload, form, "-j", jobs, times=setting.large) for jobs in "12"
            ]
            one, two = side_by_side(contenders, setting.few)
            ratio = ""
            if isinstance(one, Timing) and isinstance(two, Timing):
                ratio = f"**{times(one.median / two.median)}**"
            job = f"{workload.title(setting.large)}, to {name}"
            rows.append((job, ratio, shown(one), shown(two)))
    head = ("job", "`-j 2` is … times as fast", "`-j 1`", "`-j 2`")
    text = ["Whole processes, from a file on standard input to /dev/null.", ""]
    return Section("Threads", text + table(head, "lrrr", rows), [])
