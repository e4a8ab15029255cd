"""perf, which records and shows what it has recorded."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NAME = "perf"


def version() -> str:
    """Its version, empty where it is not installed."""
    if shutil.which(NAME) is None:
        return ""
    done = subprocess.run([NAME, "version"], capture_output=True, text=True, check=False)
    return done.stdout.strip().removeprefix("perf version ")


def record(path: Path, options: list[str], command: list[str]) -> str:
    """Make a recording; what is wrong, if anything."""
    words = [NAME, "record", "-q", "-m", "16M", *options, "-o", str(path), "--", *command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return "" if path.exists() and not done.returncode else done.stderr.strip() or "perf record"


def script(path: Path) -> list[str]:
    """The command that shows samples as text."""
    return [NAME, "script", "-i", str(path)]


def report(path: Path) -> list[str]:
    """The one that shows all records, with their bytes."""
    return [NAME, "report", "-D", "-i", str(path)]


def convert(path: Path, target: Path) -> list[str]:
    """The one that makes JSON."""
    return [NAME, "data", "convert", "--force", "-i", str(path), "--to-json", str(target)]


def converts() -> bool:
    """Whether it was built with that."""
    done = subprocess.run(
        [NAME, "data", "convert", "-h"], capture_output=True, text=True, check=False
    )
    return "--to-json" in done.stdout + done.stderr
