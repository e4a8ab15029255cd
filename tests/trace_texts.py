"""What the kernel itself says of a trace's events: lines of `trace` with the option `fields`."""

from __future__ import annotations

import re
from typing import Any

LINE = re.compile(
    r"\s*(?P<comm>.{1,16})-(?P<pid>\d+) +\[(?P<cpu>\d+)\] \S+ +(?P<time>\d+\.\d+): "
    r"(?P<event>\w+)(?: TYPE (?P<number>\d+))?:?(?P<fields>.*)"
)
HEAD = ("event", "time", "cpu", "common_type", "common_flags", "common_preempt_count", "common_pid")


def check(record: dict[str, Any], line: str) -> int:
    """Compare a record with the kernel's line; returns how many members that says."""
    match = LINE.fullmatch(line)
    assert match is not None, line
    assert (record["common_pid"], record["cpu"]) == (int(match["pid"]), int(match["cpu"]))
    # The kernel rounds to microseconds.
    assert abs(float(match["time"]) - record["time"]) < 6e-7
    if match["number"]:  # what this kernel has no words for
        assert record["common_type"] == int(match["number"])
        return 0
    assert record["event"] == match["event"]
    said = 0
    for name, value in record.items():
        if name not in HEAD:
            said += _member(name, value, match["fields"])
    return said


def _member(name: str, value: Any, text: str) -> int:
    """Compare a member, if the kernel says what it is; returns whether it does."""
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, int):
        found = re.search(rf" {name}=(?:0x[0-9a-f]+ )?\((-?\d+)\)", text)
        assert found is not None, (name, text)
        assert (int(found[1]) - value) % (1 << 64) == 0, (name, text)
        return 1
    if isinstance(value, str) and not value.startswith("0x"):
        assert f" {name}={value}" in text, (name, value, text)
        return 1
    return 0  # pointers, which it hides, and lists
