"""How far from what the machine can do: making text against copying the same text."""

from __future__ import annotations

from functools import partial

import numpy

import ours
from library import dropped
from measure import Contender, Timing, side_by_side
from report import Section, shown, table, times
from workloads import Setting

BUFFER = 256 * 1024  # bytes: stays in the cache
FORMS = {"C": "pahole", "NDJSON": "ndjson", "CSV": "csv"}


def section(setting: Setting) -> Section:
    """Text of a workload, made, and copied piece by piece."""
    rows = []
    for workload in (setting.random, setting.real, setting.events):
        for name, form in FORMS.items():
            text = ours.output(workload, form)
            writes = ours.write(workload, workload.block, form)
            made, copied = side_by_side(
                [
                    Contender("prettify", partial(dropped, writes)),
                    Contender("copy", partial(copy, text)),
                ],
                setting.runs,
            )
            ratio = speed = ""
            if isinstance(made, Timing) and isinstance(copied, Timing):
                ratio = times(made.median / copied.median)
                speed = f"{len(text) / made.median / 1e9:.2f} GB/s"
            job = f"{workload.title()}, to {name}"
            size = f"{len(text) / 1e6:.1f} MB"
            rows.append((job, f"**{ratio}**", speed, size, shown(made), shown(copied)))
    head = ("job", "times as long as copying", "text made", "text", "prettify", "copying")
    lines = [
        f"Within one process. Copying is the same text, from memory, {BUFFER // 1024} KiB at a "
        "time into one buffer (`numpy.copyto`): no program that makes this text can be faster.",
        "",
    ]
    return Section("The machine's own limit", lines + table(head, "lrrrrr", rows), [])


def copy(text: bytes) -> None:
    """Copy a text piece by piece to the same place."""
    source = numpy.frombuffer(text, "u1")
    buffer = numpy.empty(BUFFER, "u1")
    for start in range(0, len(source), BUFFER):
        piece = source[start : start + BUFFER]
        numpy.copyto(buffer[: len(piece)], piece)
