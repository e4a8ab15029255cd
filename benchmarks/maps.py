"""BPF maps: all entries of a live hash as NDJSON, against bpftool's JSON."""

from __future__ import annotations

import os

import ours
from live_map import flows
from measure import Contender, process
from memory import peak
from peers import bpftool
from report import Section, compare, comparison_table
from workloads import Setting

ENTRIES, FEW_ENTRIES = 300_000, 30_000
TITLE = "BPF maps"


def section(setting: Setting) -> Section:
    """Whole processes, and their peak memory on a map of a tenth of the entries and on all."""
    count = FEW_ENTRIES if setting.runs < 3 else ENTRIES
    try:
        with flows(count) as whole, flows(count // 10) as part:
            return _measured(setting, count, whole, part)
    except OSError as error:
        return Section(TITLE, [f"Not measured: no BPF map can be made here: {error}."], [])


def _measured(setting: Setting, count: int, whole: int, part: int) -> Section:
    command = _ours(whole, "ndjson")
    missing = "" if bpftool.version() else "not installed"
    found = compare(
        f"a hash of {count:,} entries, 16 and 80 bytes, to JSON",
        [
            Contender(ours.NAME, process(command, os.devnull)),
            Contender(
                f"{bpftool.NAME} -j",
                process(bpftool.dump(whole), os.devnull),
                missing=missing,
            ),
        ],
        setting.runs,
    )
    found += compare(
        "the same, in bpftool's own shape",
        [
            Contender(ours.NAME, process(_ours(whole, "bpftool"), os.devnull)),
            Contender(
                f"{bpftool.NAME} -j",
                process(bpftool.dump(whole), os.devnull),
                missing=missing,
            ),
        ],
        setting.runs,
    )
    peaks = [
        f"- {form}: {peak(_ours(part, form), 'file', os.devnull)} MB of {count // 10:,} entries, "
        f"{peak(_ours(whole, form), 'file', os.devnull)} MB of {count:,}"
        for form in ("ndjson", "c")
    ]
    lines = [
        f"`prettify map dump` of a live map, whole processes, to /dev/null; "
        f"bpftool {bpftool.version() or '(not installed)'}.",
        "",
        *comparison_table(found),
        "",
        "Peak resident memory:",
        "",
        *peaks,
    ]
    return Section(TITLE, lines, found)


def _ours(map_id: int, form: str) -> list[str]:
    return [*ours.COMMAND, "map", "dump", "--id", str(map_id), "--to", form]
