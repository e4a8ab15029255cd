"""Trace events for tests: copies of real format files, and texts that are made up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from conftest import VECTORS
from prettify.composed import Composed
from prettify.layout import Layout, resolve
from prettify.sources.tracefs.formats import Event, parse_format

# A copy of some of tracefs, of Linux 6.18 on x86-64.
EVENTS = VECTORS / "tracefs" / "events"
COMMON = (
    "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
    "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
    "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
)


def format_files() -> Iterator[Path]:
    """All format files there are copies of."""
    return iter(sorted(EVENTS.glob("*/*/format")))


def format_text(
    fields: Iterable[tuple[str, int, int, int]], name: str = "made_up", number: int = 7
) -> str:
    """A format file's text: fields are (declaration, offset, size, signed)."""
    lines = (
        f"\tfield:{declaration};\toffset:{offset};\tsize:{size};\tsigned:{signed};\n"
        for declaration, offset, size, signed in fields
    )
    return (
        f"name: {name}\nID: {number}\nformat:\n{COMMON}\n{''.join(lines)}\n"
        f'print fmt: "%d", REC->common_pid\n'
    )


def event_of(text: str, **graph: object) -> Event:
    """The event that a text describes."""
    return parse_format(text, Composed(None, path="made up", **graph))  # type: ignore[arg-type]


def layout_of(*fields: tuple[str, int, int, int], **graph: object) -> Layout:
    """The layout of an event with these members behind the common ones."""
    return resolve(event_of(format_text(fields), **graph).type)
