"""Recordings of perf for tests: those that are here or made now, read by prettify and perf."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from conftest import PATH, ROOT, VECTORS, need
from prettify.dialects.options import Options
from prettify.errors import PrettifyError
from prettify.records.perf.raw import RawTypes
from prettify.records.perf.run import Choice, PerfRun

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from prettify.model import Type

SAMPLES = ROOT / "formats" / "perf" / "samples"
HERE = {
    "callgraph": VECTORS / "perf" / "callgraph.perf.data",
    "tracepoints": VECTORS / "perf" / "tracepoints.perf.data",
    "cpu_clock": SAMPLES / "cpu_clock.bin",
    "big_endian": SAMPLES / "big_endian.bin",
    "pipe": SAMPLES / "pipe.bin",
}
PIPE_HEADER = 16


def shown(
    source: Path | bytes,
    form: str = "ndjson",
    output: Type | None = None,
    jobs: int = 1,
    **choice: Any,
) -> tuple[bytes, list[PrettifyError]]:
    """What prettify shows of a recording, and what it says is wrong."""
    errors: list[PrettifyError] = []
    run = PerfRun(form, Options(), Choice(**choice), RawTypes(output), jobs)
    data = source if isinstance(source, bytes) else str(source)
    pieces = b"".join(bytes(piece) for piece in run.run([data], errors.append))
    return pieces, errors


def rows(source: Path | bytes, **choice: Any) -> list[dict[str, Any]]:
    """The records of a recording that is in order."""
    text, errors = shown(source, **choice)
    assert not errors, errors
    return [json.loads(line, parse_float=Decimal) for line in text.splitlines()]


def perf(*words: str | Path, data: bytes = b"") -> str:
    """What perf says."""
    done = subprocess.run(
        ["perf", *map(str, words)],
        input=data,
        capture_output=True,
        env={**os.environ, "PATH": PATH, "LC_ALL": "C.UTF-8", "DEBUGINFOD_URLS": ""},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape")


def recorded(
    folder: Path, *options: str, command: str = "ls -R /etc > /dev/null; cat /etc/passwd | head -3"
) -> Path:
    """A recording that is made now. Skips the test where that cannot be."""
    need("perf", "sh")
    path = folder / "perf.data"
    words = ["perf", "record", "-q", *options, "-o", str(path), "--", "sh", "-c", command]
    done = subprocess.run(words, capture_output=True, check=False, timeout=60)
    if done.returncode or not path.exists():
        pytest.skip(f"perf record {' '.join(options)}: {done.stderr.decode()[:100]}")
    return path


class Dumped:
    """What `perf report -D` says of a recording: by offset, what it says of the record there."""

    def __init__(self, path: Path, *, pipe: bool = False) -> None:
        self.text = perf("report", "-D", "-i", path)
        # Behind those of all records are those of each event.
        total = re.split(r"^\S.* stats:$", self.text, flags=re.M)[1]
        self.counts = {
            name: int(count) for name, count in re.findall(r"^ +(\w+) events: +(\d+)", total, re.M)
        }
        shift = PIPE_HEADER if pipe else 0
        self.records: list[dict[str, Any]] = []
        pattern = re.compile(
            r"^((?:-?\d+ )*)0x([0-9a-f]+)(?:@\S+)? \[0x([0-9a-f]+)\]: PERF_RECORD_(\w+)(.*)$"
        )
        for line in self.text.split("\n"):
            match = pattern.match(line)
            if match:
                self.records.append(
                    {
                        "cpu": int(match[1].split()[0]) if match[1].count(" ") > 1 else 0,
                        "time": int(match[1].split()[-1]) if match[1] else 0,
                        "offset": int(match[2], 16) + shift,
                        "size": int(match[3], 16),
                        "type": match[4],
                        "rest": match[5],
                        "chain": [],
                    }
                )
            chained = re.match(r"^\.\.\.\.\. +\d+: ([0-9a-f]{16})$", line)
            if chained:
                self.records[-1]["chain"].append(int(chained[1], 16))

    @property
    def samples(self) -> list[dict[str, Any]]:
        """Its samples, in the order of their places."""
        found = [record for record in self.records if record["type"] == "SAMPLE"]
        return sorted(found, key=lambda record: record["offset"])


def need_perf() -> None:
    """Skip the test where perf is missing."""
    if shutil.which("perf", path=PATH) is None:
        pytest.skip("perf is not installed")


def need_zstd() -> None:
    """Skip the test where nothing is here that reads zstd."""
    try:
        import zstandard  # noqa: F401
    except ImportError:
        pytest.skip("zstandard is not installed")
