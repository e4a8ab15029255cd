"""Names in the DWARF of a kernel: one that comes late, one that is absent, all of them."""

from __future__ import annotations

import glob
import os
import sys
from pathlib import Path

import ours
from measure import Contender, process
from memory import peak
from peers import drgn_types, pahole
from prettify.sources.dwarf.image import open_image
from prettify.sources.dwarf.lookup import Lookup
from prettify.sources.dwarf.sections import Sections
from prettify.sources.dwarf.units import read_units
from report import Section, compare, comparison_table
from workloads import Setting

CHOSEN = "PRETTIFY_VMLINUX"  # the environment's word on which file
PLACES = "/usr/lib/debug/boot/vmlinux-*"  # where Debian's linux-image-*-dbg has it
JOB = str(Path(__file__).parent / "dwarf_job.py")
ABSENT = "no_kernel_has_such_a_type"
FEW_RUNS = 2  # of what takes pahole 20 seconds
NOTHING = "/dev/null"


def section(setting: Setting) -> Section:
    """Against pahole, which loads every unit, and drgn, which makes an index each time."""
    path = os.environ.get(CHOSEN) or next(iter(sorted(glob.glob(PLACES))), "")
    if not path:
        line = f"Not measured: there is no {PLACES}, and {CHOSEN} names no file."
        return Section("DWARF", [line], [])
    cache = str(setting.folder / "cache")
    last = _last_struct(path)
    no_pahole = "" if pahole.version() else "not installed"
    # pahole does the same each time, which is long: twice is enough.
    jobs = [
        (f"find `{last}`, the last struct", (last,), "", last, no_pahole),
        ("find a name that is absent", (ABSENT,), "", ABSENT, "as above"),
        ("index all names", (), "", ABSENT, no_pahole),
        ("index all names, second run", (), cache, ABSENT, "as above"),
    ]
    found = []
    peaks = []
    for job, names, folder, name, missing in jobs:
        command = [sys.executable, JOB, path, folder, *names]
        theirs = [pahole.NAME, "-F", "dwarf", "-C", name, path]
        drgn = drgn_types.find(path, name)
        found += compare(
            job,
            [
                Contender(ours.NAME, process(command, NOTHING)),
                Contender(
                    f"{pahole.NAME} -F dwarf",
                    process(theirs, NOTHING),
                    missing=missing,
                ),
                Contender(drgn_types.NAME, process(drgn, NOTHING), missing=drgn_types.missing()),
            ],
            min(setting.runs, FEW_RUNS),
        )
        peaks.append(f"- {job}: {peak(command, 'file', NOTHING)} MB")
    others = [f"- {pahole.NAME} -F dwarf: {peak(theirs, 'file', NOTHING)} MB"]
    if not drgn_types.missing():
        others.append(f"- {drgn_types.NAME}: {peak(drgn, 'file', NOTHING)} MB")
    size = f"{os.path.getsize(path) / 1e6:.0f} MB"
    lines = [
        f"Whole processes on a kernel of {size} with DWARF, in the page cache; two threads where "
        "there are two processors. drgn steps over what is in functions, prettify does not.",
        "",
        *comparison_table(found),
        "",
        "Peak resident memory:",
        "",
        *peaks,
        *others,
    ]
    return Section("DWARF", lines, found)


def _last_struct(path: str) -> str:
    """The struct whose first definition comes last."""
    image = open_image(path)
    assert image is not None
    sections = Sections(image)
    index = Lookup(sections, read_units(sections), whole=False).index()
    return [one.name for one in index.entries() if one.size > 0 and not one.local][-1]
