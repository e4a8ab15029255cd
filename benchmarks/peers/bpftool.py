"""bpftool, which dumps BPF maps."""

from __future__ import annotations

import shutil
import subprocess

NAME = "bpftool"


def version() -> str:
    """Its version, empty where it is not installed."""
    if shutil.which(NAME) is None:
        return ""
    done = subprocess.run([NAME, "version"], capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[0].removeprefix(f"{NAME} ") if done.stdout else ""


def dump(map_id: int) -> list[str]:
    """The command that dumps a map as JSON."""
    return [NAME, "-j", "map", "dump", "id", str(map_id)]
