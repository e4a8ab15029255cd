"""`make bench`: prettify against the tools it replaces, measured side by side in one run.

Prints a table of ratios and keeps it in benchmarks/RESULTS.md. Timings on a shared machine are
noisy: quote ratios of medians, not milliseconds.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import prettify
from measure import ENVIRONMENT, Timing, machine, side_by_side, version
from prettify.core import emitter
from prettify.sources.btf import Btf
from prettify.sources.opening import KERNEL

RESULTS = Path(__file__).parent / "RESULTS.md"
SCRIPT = str(Path(sys.executable).parent / "prettify")
OURS = [SCRIPT] if os.path.exists(SCRIPT) else [sys.executable, "-m", "prettify"]
BARE = [sys.executable, "-c", "from prettify.cli import entry; entry()"]
ELF = "/bin/bash"
SYMBOLS = 1_000_000


class Row:
    """A job, and how each tool does it. The first command is prettify's."""

    __slots__ = ("commands", "data", "job", "runs")

    def __init__(self, job: str, data: str, runs: int, commands: dict[str, list[str]]) -> None:
        self.job = job
        self.data = data
        self.runs = runs
        self.commands = {
            name: command
            for name, command in commands.items()
            if os.path.exists(command[0]) or version(command[0])
        }


def rows(folder: Path, runs: int) -> list[Row]:
    """All jobs. Data is made in the folder, from a fixed seed."""
    symbols = folder / "symbols.bin"
    symbols.write_bytes(random.Random(1).randbytes(24 * SYMBOLS))
    return [
        Row(
            "start-up: `prettify --header elf64_hdr < /bin/bash`",
            ELF,
            4 * runs,
            {
                "prettify": [*OURS, "--header", "elf64_hdr"],
                "pahole": ["pahole", "--header", "elf64_hdr", "--prettify=-"],
                # Older pips' launchers import `re`, which nothing else of this job needs.
                "prettify without pip's launcher": [*BARE, "--header", "elf64_hdr"],
                "python alone (`-c pass`)": [sys.executable, "-c", "pass"],
            },
        ),
        Row(
            f"{SYMBOLS:,} `elf64_sym` to C text",
            str(symbols),
            runs,
            {
                "prettify": [*OURS, "-C", "elf64_sym"],
                "pahole": ["pahole", "-C", "elf64_sym", "--prettify=-"],
            },
        ),
    ]


def table(measured: list[tuple[Row, dict[str, Timing]]]) -> list[str]:
    """The results as a Markdown table."""
    lines = [
        "| job | tool | median | least to most | of pahole's time |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    for row, timings in measured:
        peer = timings.get("pahole")
        for name, timing in timings.items():
            ratio = f"{timing.median / peer.median:.2f}" if peer else ""
            lines.append(
                f"| {row.job} | {name} | {1000 * timing.median:.1f} ms "
                f"| {1000 * timing.least:.1f} to {1000 * timing.most:.1f} | {ratio} |"
            )
    return lines


def where_start_up_goes() -> list[str]:
    """The slowest imports of the start-up job, as the interpreter counts them."""
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
    return [
        "Where the start-up job's time goes, besides the interpreter's own start "
        "(`python -X importtime`, which itself slows imports down):",
        "",
        f"- `site`, before the first line of prettify: {site / 1000:.1f} ms",
        f"- prettify's own modules: {mine / 1000:.1f} ms",
        "- the slowest ten: " + ", ".join(f"{name} {us / 1000:.1f}" for us, name in own[:10]),
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


def main() -> int:
    """Measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="counted runs of each command")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measured = [
            (row, side_by_side(row.commands, row.data, row.runs))
            for row in rows(Path(folder), options.runs)
        ]
    how = "compiled" if emitter.COMPILED else "not compiled"
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Each job is done by all tools in turn, in one run, as whole",
        "processes; the machine is a shared one, so look at the ratios.",
        "",
        f"- {datetime.date.today().isoformat()}, {machine()}",
        f"- prettify {prettify.__version__} ({how}), Python {platform.python_version()}, "
        f"pahole {version('pahole') or 'not installed'}",
        "",
        *table(measured),
        "",
        *where_start_up_goes(),
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    RESULTS.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
