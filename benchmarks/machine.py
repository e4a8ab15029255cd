"""What the numbers were measured on and with."""

from __future__ import annotations

import datetime
import os
import platform
from types import ModuleType

import numpy

import ours
from peers import (
    construct_structs,
    dissect_cstruct,
    pahole,
    polars_frames,
    pyarrow_tables,
    standard_library,
)

TOOLS: tuple[ModuleType, ...] = (
    ours,
    standard_library,
    pahole,
    polars_frames,
    pyarrow_tables,
    dissect_cstruct,
    construct_structs,
)


def machine() -> str:
    """The processor, its cores, memory, and the kernel."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            names = [line.split(":")[1].strip() for line in info if line.startswith("model name")]
        model = names[0] if names else model
    except OSError:
        pass
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = os.cpu_count()
    return f"{model}, {cores} cores, {memory:.0f} GB of memory, Linux {platform.release()}"


def tools() -> str:
    """Each tool with its version."""
    versions = [f"{tool.NAME} {tool.version() or 'not installed'}" for tool in TOOLS]
    return ", ".join([*versions, f"numpy {numpy.__version__}"])


def busy() -> float:
    """How many processes wanted to run during the last minute, on average."""
    return os.getloadavg()[0]


def facts(busy_before: float) -> list[str]:
    """Date, machine and versions, as a list. busy_before: what `busy` was at the start."""
    return [
        f"- {datetime.date.today().isoformat()}, {machine()}",
        f"- {tools()}",
        f"- others at work on this machine before: {busy_before:.1f} (load average)",
    ]
