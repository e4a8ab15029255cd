"""What /proc says (proc(5)): processes, descriptors, mounts; what has gone is left out."""

from __future__ import annotations

import os


def numbers_in(folder: str) -> list[int]:
    """The names in a folder that are numbers, in order: processes, threads, descriptors."""
    try:
        return sorted(int(name) for name in os.listdir(folder) if name.isdecimal())
    except OSError:
        return []


def fdinfo(descriptor: int, process: str | int = "self") -> dict[str, str]:
    """What stands in /proc/PID/fdinfo/FD, by name: `map_id`, `memlock`, `frozen` … of a map."""
    try:
        with open(f"/proc/{process}/fdinfo/{descriptor}", encoding="latin-1") as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def mounts(kind: str) -> list[str]:
    """Where file systems of that kind are mounted (/proc/self/mountinfo)."""
    found = []
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    for line in lines:
        before, _, after = line.partition(" - ")
        if after.split(" ", 1)[0] == kind:
            escaped = os.fsencode(before.split(" ")[4]).decode("unicode_escape")  # blanks are \040
            found.append(os.fsdecode(escaped.encode("latin-1")))
    return list(dict.fromkeys(found))
