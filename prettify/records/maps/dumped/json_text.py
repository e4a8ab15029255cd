"""Maps in the JSON that bpftool writes, with -j, with -p, or because a map has types.

    [{"key":["0x01"…],"value":["0x02"…],"formatted":{…}},…]         dump
    {"key":["0x01"…],"value":["0x02"…],"formatted":{…}}             lookup, peek, dequeue
    {"key":["0x01"…],"next_key":["0x02"…]}                          getnext
    [{"id":1,"type":"hash","name":"a","flags":0,"elements":[…]},…]  dump of several maps

Any number of these may stand one behind the other. Entries: see `json_entries`.
"""

from __future__ import annotations

import re

from prettify.records.maps.dumped.json_entries import NAMES, JsonEntries
from prettify.records.maps.dumped.tokens import (
    CLOSE,
    CLOSE_LIST,
    COMMA,
    END,
    OPEN,
    OPEN_LIST,
    QUOTE,
    look,
    more_members,
    pass_value,
    take,
    take_if,
    take_name,
    take_number,
    take_text,
    take_word,
)
from prettify.records.maps.dumped.window import patiently

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from typing import TypeVar

    from prettify.errors import DataError
    from prettify.records.maps.dumped.dump import DumpedMap, Note, Report
    from prettify.records.maps.dumped.window import Window

    Result = TypeVar("Result")
    Maps = Generator["DumpedMap | None", None, bool]
    """Maps, and whether to go on behind them."""

PEEKED = 4096  # bytes within which the first name of an object must be
FIRST_NAME = re.compile(rb'\{\s*"([^"\\]*)"\s*:')
NULL = b"null"  # instead of what was looked up
TEXT_ENTRY = ord("k")  # what is no JSON: see `json_entries`


class JsonMaps:
    """The maps of one input, one after the other."""

    __slots__ = ("report", "window")

    def __init__(self, window: Window, report: Report, note: Note) -> None:
        """note: nothing that is lost of this text is only noted."""
        self.window = window
        self.report = report

    def maps(self) -> Iterator[DumpedMap | None]:
        """The maps; entries that are not asked for are passed over. None comes before a wait.

        Raises DataError. It ends where reading a map's entries has failed.
        """
        going_on = True
        while going_on:
            byte = yield from self._patiently(self._begin)
            if byte == END:
                return
            if byte == OPEN_LIST:
                going_on = yield from self._list()
            elif byte == OPEN:
                going_on = yield from self._alone()
            else:
                what = "nothing was found: the map has no such entry"
                self.report(self.window.error(what, self.window.offset - len(NULL)))

    def _begin(self) -> int:
        """The first byte of the next document; brackets of lists and NULL are gone over."""
        window = self.window
        byte = look(window)
        if byte == OPEN_LIST:
            window.at += 1
        elif byte not in (OPEN, END):
            start = window.offset
            if take_word(window) != NULL:
                window.at = window.index(start)
                raise window.unexpected("'[' or '{'")
        return byte

    def _list(self) -> Maps:
        """The maps of a list, of entries or of maps."""
        name = yield from self._patiently(self._first_name)
        if name in NAMES or not name:
            return (yield from self._handed_out(JsonEntries(self.window, self.report)))
        while (yield from self._of_header()):
            if (yield from self._patiently(lambda: take_if(self.window, CLOSE_LIST))):
                return True
            yield from self._patiently(lambda: take(self.window, COMMA))
        return False

    def _alone(self) -> Maps:
        """The map of an object that is in no list."""
        name = yield from self._patiently(self._first_name)
        if name == b"error":
            self.report((yield from self._patiently(self._error)))
            return True
        if name not in NAMES:
            return (yield from self._of_header())
        entries = JsonEntries(self.window, self.report, alone=True)
        return (yield from self._handed_out(entries))

    def _first_name(self) -> bytes:
        """The name that the object at the position begins with; nothing at a list's end."""
        window = self.window
        byte = look(window)
        if byte == CLOSE_LIST:
            return b""
        if byte == TEXT_ENTRY:
            return b"key"
        if byte != OPEN:
            raise window.unexpected("an entry or a map")
        while True:
            found = FIRST_NAME.match(window.text, window.at, window.end)
            if found is not None:
                return found[1]
            if window.end - window.at > PEEKED or not window.more():
                window.at += 1
                look(window)
                raise window.unexpected("a name")

    def _error(self) -> DataError:
        """What bpftool itself says is wrong."""
        window = self.window
        start = window.offset
        take(window, OPEN)
        take_name(window)
        error = window.error(f"bpftool says: {take_text(window)}", start)
        take(window, CLOSE)
        return error

    def _of_header(self) -> Maps:
        """The map of an object that says what is known of it, and has its elements."""
        entries = JsonEntries(self.window, self.report)
        yield from self._patiently(lambda: self._header(entries.map))
        if not (yield from self._handed_out(entries)):
            return False
        while (yield from self._patiently(lambda: more_members(self.window))):
            yield from self._patiently(lambda: self._member(entries.map))
        return True

    def _header(self, map_: DumpedMap) -> None:
        """Read members up to the elements; the position is then behind the bracket of these."""
        window = self.window
        start = window.offset
        take(window, OPEN)
        while self._member(map_) != b"elements":
            if not more_members(window):
                raise window.error("what is known of a map, but none of its entries", start)
        take(window, OPEN_LIST)

    def _member(self, map_: DumpedMap) -> bytes:
        """Read a member of what is known of a map; returns its name. Elements are not read."""
        window = self.window
        name = take_name(window)
        if name == b"id":
            map_.id = take_number(window)
        elif name == b"flags":
            map_.flags = take_number(window)
        elif name == b"name":
            map_.name = take_text(window)
        elif name == b"type" and look(window) == QUOTE:  # a number where bpftool knows no name
            map_.type = take_text(window)
        elif name != b"elements":
            pass_value(window)
        return name

    def _handed_out(self, entries: JsonEntries) -> Maps:
        """A map, and then what is left of its entries."""
        yield entries.map
        if not (entries.done or entries.broken):
            yield from entries.pass_over()
        return not entries.broken

    def _patiently(self, step: Callable[[], Result]) -> Generator[DumpedMap | None, None, Result]:
        return patiently(self.window, step, _nothing)


def _nothing() -> Iterable[DumpedMap]:
    return ()
