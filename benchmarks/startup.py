"""How long one record takes, which is all start-up, and where that time goes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import ours
from measure import ENVIRONMENT, Contender, process
from peers import pahole
from prettify.sources.btf import Btf
from prettify.sources.opening import KERNEL
from report import Section, compare, comparison_table
from workloads import Setting

ELF = "/bin/bash"
MORE_RUNS = 4  # times as many as of longer jobs: short ones are noisier
SLOWEST = 10


def section(setting: Setting) -> Section:
    """Start-up against pahole's, and against what prettify cannot do without."""
    record = ["--header", "elf64_hdr"]
    contenders = [
        Contender(ours.NAME, process([*ours.COMMAND, *record], ELF)),
        Contender(
            pahole.NAME,
            process(pahole.header("elf64_hdr"), ELF),
            missing=_pahole_cannot(),
        ),
        Contender("prettify without pip's launcher", process([*ours.BARE, *record], ELF)),
        Contender("Python alone (`-c pass`)", process([sys.executable, "-c", "pass"], ELF)),
    ]
    found = compare(f"`prettify --header elf64_hdr < {ELF}`", contenders, MORE_RUNS * setting.runs)
    lines = [*comparison_table(found), "", *_where_it_goes()]
    return Section("Start-up", lines, found[:1])


def _pahole_cannot() -> str:
    """Why pahole cannot do it, "" where it can. Without types it ends early, and well."""
    if not pahole.version():
        return "not installed"
    done = pahole.shown(pahole.header("elf64_hdr"), Path(ELF).read_bytes())
    return "" if done else "failed: shows nothing"


def _where_it_goes() -> list[str]:
    """The slowest imports of the job, as the interpreter counts them."""
    code = "import sys; from prettify.cli import main; sys.exit(main(['--header', 'elf64_hdr']))"
    with open(ELF, "rb") as stdin:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", code],
            stdin=stdin,
            capture_output=True,
            text=True,
            check=True,
            env=ENVIRONMENT,
        )
    found = re.findall(r"import time:\s+(\d+) \|\s+(\d+) \| (.*)", done.stderr)
    own = sorted(((int(self), name.strip()) for self, _, name in found), reverse=True)
    mine = sum(us for us, name in own if name.startswith("prettify"))
    site = max((int(total) for _, total, name in found if name.strip() == "site"), default=0)
    slowest = ", ".join(f"{name} {us / 1000:.1f}" for us, name in own[:SLOWEST])
    return [
        "Where the time goes, besides the interpreter's own start (`python -X importtime`, which "
        "itself slows imports down):",
        "",
        f"- `site`, before the first line of prettify: {site / 1000:.1f} ms",
        f"- prettify's own modules: {mine / 1000:.1f} ms",
        f"- the slowest {SLOWEST}: {slowest}",
        *_kernel_btf(),
    ]


def _kernel_btf() -> list[str]:
    """What reading and scanning the kernel's BTF takes, the best of several times."""
    if not os.path.exists(KERNEL):
        return ["- this kernel has no BTF: types came from the catalogue"]
    reading, scanning = [], []
    for _ in range(10):
        start = time.perf_counter()
        data = Path(KERNEL).read_bytes()
        middle = time.perf_counter()
        Btf(data, KERNEL).ids("elf64_hdr")
        reading.append(middle - start)
        scanning.append(time.perf_counter() - middle)
    return [
        f"- reading the kernel's BTF, {len(data) / 1e6:.1f} MB, which comes 4 KiB a system call: "
        f"{1000 * min(reading):.1f} ms",
        f"- finding its types and the one asked for: {1000 * min(scanning):.1f} ms",
    ]
