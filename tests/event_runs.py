"""Ring buffers' images made by hand, a plain reading of them, and runs over events."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

import prettify
from bpf_programs import OBJECT
from prettify.dialects.options import Options
from prettify.errors import PrettifyError
from prettify.records.maps.events.following import Following
from prettify.records.maps.events.types import of_one_type, types_of
from prettify.records.sized.dispatch import Dispatch

Order = Literal["little", "big"]

KEPT, DISCARDED, BUSY = 0, 1 << 30, 1 << 31
PAGES_AWAY = 3  # what the second word of a header says


def record(payload: bytes, state: int = KEPT, order: Order = "little") -> bytes:
    """A record with its header and padding."""
    header = (len(payload) | state).to_bytes(4, order) + PAGES_AWAY.to_bytes(4, order)
    return header + payload + bytes(-len(payload) % 8)


def plain_reading(image: bytes, order: Order = "little") -> tuple[list[tuple[int, int]], int]:
    """(start, length) of the records that are kept, and where the reading ends: at the end, at a
    header of zeroes, or at a record that is not there in full.
    """
    found = []
    at = 0
    while at + 8 <= len(image):
        word = int.from_bytes(image[at : at + 4], order)
        length = word & 0x3FFFFFFF
        if image[at : at + 8] == bytes(8) or at + 8 + length > len(image):
            break
        if not word & (DISCARDED | BUSY):
            found.append((at + 8, length))
        at += 8 + length + -length % 8
    return found, at


BOTH = "event(type=kind,cast={1:event_sample,2:event_text})"


def events_of(text: str, byte_order: str | None = None) -> Dispatch:
    """What `-C` says that events are, with the program's types."""
    sources = prettify.load_types(str(OBJECT)).sources
    return types_of(text, sources, byte_order=byte_order)


def defined(source: str, name: str) -> Dispatch:
    """Events of a type that is declared here."""
    return of_one_type(prettify.load_types(define=source)[name].layout)


class Outcome:
    """What came of a run: its output, and what it reported."""

    def __init__(self, output: bytes, errors: list[PrettifyError], run: Following) -> None:
        self.output = output
        self.errors = errors
        self.run = run

    @property
    def lines(self) -> list[Any]:
        """The values of lines of JSON."""
        return [json.loads(line) for line in self.output.splitlines()]

    @property
    def messages(self) -> list[str]:
        return [str(error) for error in self.errors]


def follow(
    sources: Sequence[Any],
    types: Dispatch | str,
    form: str = "ndjson",
    options: Options | None = None,
    **choices: Any,
) -> Outcome:
    """Run over these sources to their end. types: or as of `-C`."""
    if isinstance(types, str):
        types = events_of(types)
    run = Following(form, options or Options(), types, **choices)
    errors: list[PrettifyError] = []
    output = b"".join(map(bytes, run.run(sources, errors.append)))
    return Outcome(output, errors, run)
