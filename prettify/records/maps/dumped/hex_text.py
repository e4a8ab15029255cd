"""Maps as `bpftool map dump` writes them without type information.

    1095: hash  name same  flags 0x0          where several maps are dumped
    key: 01 00 00 00  value: 01 02 03 04
    Found 1 element                           not behind what was looked up

Any number of these may stand one behind the other. Entries: see `hex_words`.
"""

from __future__ import annotations

import re

from prettify.core.hex_dump import text_entries
from prettify.errors import DataError
from prettify.records.maps.dumped.cells import order_of
from prettify.records.maps.dumped.dump import DumpedMap, Gathering, failed
from prettify.records.maps.dumped.hex_words import take_entry, take_line, words
from prettify.records.maps.dumped.window import legible, patiently

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import TypeVar

    from prettify.layout import Layout
    from prettify.records.maps.dumped.cells import Order
    from prettify.records.maps.dumped.dump import Note, Report
    from prettify.records.maps.dumped.window import Window
    from prettify.records.maps.entry import Chunk

    Held = TypeVar("Held")

ENTRY = (b"key:", b"value:", b"value (CPU")
FOUND = re.compile(rb"Found \d+ elements?(?=\s|\Z)")
HEADER = re.compile(
    rb"(?P<id>\d{1,10}): (?P<type>\S(?:[^\n]*?\S)??)(?:  name (?P<name>[^\n]*?))?"
    rb"  flags 0x(?P<flags>[0-9a-fA-F]+)[ \t]*(?:\n|\Z)"
)
ID = re.compile(rb"\d{1,10}: ")
WARNING = "Warning:"
SAID = (b"Error:", WARNING.encode())  # bpftool's messages, where they are in the same file
LONGEST_HEADER = 512  # bytes


class HexMaps:
    """The maps of one input, one after the other."""

    __slots__ = ("_broken", "_done", "_note", "_report", "_window")

    def __init__(self, window: Window, report: Report, note: Note) -> None:
        self._window = window
        self._report = report
        self._note = note
        self._done = True  # whether all entries of the last map have been gone over
        self._broken = False

    def maps(self) -> Iterator[DumpedMap | None]:
        """The maps; entries that are not asked for are passed over. None comes before a wait.

        Raises DataError. It ends where reading a map's entries has failed.
        """
        while not self._broken:
            yield from self._messages(_nothing)
            map_ = yield from patiently(self._window, self._begin, _nothing)
            if map_ is None:
                return
            self._done = False
            yield map_
            if not (self._done or self._broken):
                left = self._read(map_, None, None, report=False)
                yield from (None for chunk in left if chunk is None)

    def _begin(self) -> DumpedMap | None:
        """The next map; None where there is none."""
        window = self._window
        map_ = DumpedMap(self._read)
        begin = words(window)
        if not begin:
            return None
        if ID.match(begin):
            self._header(map_)
        elif not begin.startswith(ENTRY) and not FOUND.match(begin):
            raise window.unexpected("'key:'")
        return map_

    def _header(self, map_: DumpedMap) -> None:
        """Read the line that says what is known of a map."""
        window = self._window
        while True:
            stop = min(window.end, window.at + LONGEST_HEADER)
            line = window.text[window.at : stop]
            if b"\n" in line or len(line) == LONGEST_HEADER or not window.more():
                break
        header = HEADER.match(line)
        if header is None:
            raise window.unexpected("what is known of a map")
        window.at += header.end()
        map_.id = int(header["id"])
        map_.type = legible(header["type"])
        map_.name = legible(header["name"] or b"")
        map_.flags = int(header["flags"], 16)

    def _messages(self, flush: Callable[[], Iterable[Held]]) -> Generator[Held | None, None, None]:
        """Report the errors that bpftool has written between its output."""
        while True:
            start = self._window.offset
            line = yield from patiently(self._window, self._message, flush)
            if not line:
                return
            if not line.startswith(WARNING):
                self._report(self._window.error(f"bpftool says: {line}", start))

    def _message(self) -> str:
        """The line that comes next, if it is no output."""
        return take_line(self._window) if words(self._window).startswith(SAID) else ""

    def _read(
        self, map_: DumpedMap, key: Layout | None, value: Layout | None, *, report: bool = True
    ) -> Iterator[Chunk | None]:
        """The entries, as of `DumpedMap.entries`."""
        window = self._window
        gathering = Gathering(map_, window, key, value)
        order: Order = next((order_of(part) for part in (value, key) if part is not None), "little")
        count = 0
        try:
            while True:
                yield from self._messages(gathering.take)
                if not (yield from patiently(window, self._next, gathering.take)):
                    break
                if gathering.sizes is not None and (taken := self._scan(gathering)):
                    count += taken
                    if gathering.full:
                        yield from gathering.take()
                    continue
                found = yield from patiently(
                    window, lambda: take_entry(window, order), gathering.take
                )
                count += 1
                if not found.failure:
                    gathering.add(found)
                elif report:
                    self._report(failed(window, found))
                if gathering.full:
                    yield from gathering.take()
            ended = yield from patiently(window, self._end, gathering.take)
        except DataError:
            self._broken = True
            yield from gathering.take()
            raise
        self._done = True
        yield from gathering.take()
        if count > 1 and not ended and report:
            self._note(
                f"{window.data.name}: there is no `Found {count} elements` at the end of what "
                f"bpftool dumped: has it been cut short?"
            )

    def _next(self) -> bool:
        """Whether an entry comes next."""
        begin = words(self._window)
        return bool(begin) and not (FOUND.match(begin) or ID.match(begin))

    def _end(self) -> bool:
        """Go over the line that a dump ends with, if it is there."""
        found = FOUND.match(words(self._window))
        if found is not None:
            self._window.at += found.end()
        return found is not None

    def _scan(self, gathering: Gathering) -> int:
        """Read entries that are like the first one; returns how many."""
        window = self._window
        assert gathering.sizes is not None
        count, window.at = text_entries(
            window.text, window.at, window.end,
            gathering.sizes, gathering.keys, gathering.values, gathering.count,
        )  # fmt: skip
        gathering.count += count
        return count


def _nothing() -> Iterable[DumpedMap]:
    return ()
