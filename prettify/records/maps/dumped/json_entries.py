"""Entries in the JSON that bpftool writes: of bytes, or of members and their values.

    {"key":["0x01"…],"value":["0x02"…],"formatted":{…}}
    {"key":["0x01"…],"values":[{"cpu":0,"value":["0x02"…]},…]}
    {"key":["0x01"…],"value":{"error":"…"}}                         it could not be looked up
    {"key":["0x01"…],"next_key":["0x02"…]}                          no value was asked for
    {"key":{"a":1},"value":[5,6]}                                   see `typed_text`

`formatted` is bpftool's decoding, which may be no JSON at all: see `core.hex_dump`. Among entries
of members, those that could not be looked up are as in `hex_text`.
"""

from __future__ import annotations

import re

from prettify.composed import KEY, VALUE
from prettify.core.hex_dump import json_entries
from prettify.errors import DataError, UsageError
from prettify.records.maps.dumped.cells import Untold
from prettify.records.maps.dumped.dump import ARRAY_KEY, DumpedMap, Found, Gathering, failed
from prettify.records.maps.dumped.hex_words import take_entry
from prettify.records.maps.dumped.tokens import (
    CLOSE,
    CLOSE_LIST,
    COMMA,
    OPEN,
    OPEN_LIST,
    look,
    more_members,
    pass_value,
    take,
    take_bytes,
    take_cpus,
    take_name,
    take_text,
    take_word,
)
from prettify.records.maps.dumped.typed_text import compile_reader
from prettify.records.maps.dumped.window import patiently

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from prettify.layout import Layout
    from prettify.records.maps.dumped.dump import Report
    from prettify.records.maps.dumped.typed_text import Reader
    from prettify.records.maps.dumped.window import Window
    from prettify.records.maps.entry import Chunk

PEEKED = 4096  # bytes of an entry that tell, at the latest, of what it is
NAMES = frozenset((b"key", b"value", b"values", b"next_key", b"formatted"))
TEXT_ENTRY = ord("k")  # what an entry begins with that is no JSON
# How an entry begins of which there are bytes.
OF_BYTES = re.compile(
    rb'\{\s*(?:"formatted"|"next_key"|"key"\s*:\s*(?:null|\[\s*(?:\]|"0x))'
    rb'|"value"\s*:\s*(?:\[\s*"0x|\{\s*"error"\s*:))'
)

# How an entry ends whose last value makes no sense: what follows it is the next one, the end of the
# list, of the map, or of everything.
NEXT_OF_BYTES = rb',\s*\{\s*"key"\s*:\s*\[\s*(?:"0x|\])'
NEXT_OF_MEMBERS = rb',\s*\{\s*"(?:key|value)"\s*:'
_DOCUMENT = rb"(?:[\[{]|\Z)"
_MAP = rb',\s*\{\s*"id"\s*:\s*\d+\s*,\s*"type"'
_END = rb"\}\s*(\})\s*(?:%b|\]\s*(?:" + _DOCUMENT + rb"|\}\s*(?:" + _MAP + rb"|\]\s*" + _DOCUMENT
END_OF_BYTES = re.compile(_END % NEXT_OF_BYTES + rb")))")
END_OF_MEMBERS = re.compile(_END % NEXT_OF_MEMBERS + rb")))")
END_ALONE = re.compile(rb"\}\s*(\})\s*" + _DOCUMENT)

SPARE = 4096  # bytes of names and blanks around key and value


class JsonEntries:
    """The entries of one map, the position being at the first of them.

    alone: whether there is one, in no list. done: whether all have been gone over. broken: whether
    that failed.
    """

    __slots__ = ("_begun", "_report", "_window", "alone", "broken", "done", "map")

    def __init__(self, window: Window, report: Report, *, alone: bool = False) -> None:
        self._window = window
        self._report = report
        self._begun = False  # whether an entry has come, so that a comma is next
        self.alone = alone
        self.done = False
        self.broken = False
        self.map = DumpedMap(self._read)

    def _read(
        self, map_: DumpedMap, key: Layout | None, value: Layout | None
    ) -> Iterator[Chunk | None]:
        """The entries, as of `DumpedMap.entries`."""
        gathering = Gathering(map_, self._window, key, value)
        step: Callable[[], Found] | None = None
        longest: Callable[[], int] | None = None
        of_bytes = False
        try:
            while (yield from patiently(self._window, self._next, gathering.take)):
                if step is None:
                    of_bytes = yield from patiently(
                        self._window, lambda: self._of_bytes(cut=value is None), gathering.take
                    )
                    step = self._entry
                    if not of_bytes:
                        members = _Members(self._window, key, value)
                        step, longest = members.entry, members.longest
                if of_bytes and gathering.sizes is not None and self._scan(gathering):
                    if gathering.full:
                        yield from gathering.take()
                    continue
                found = yield from patiently(self._window, step, gathering.take, longest)
                self._begun = True
                if found.failure:
                    self._report(failed(self._window, found))
                else:
                    gathering.add(found)
                if gathering.full:
                    yield from gathering.take()
        except DataError:
            self.broken = True
            yield from gathering.take()
            raise
        self.done = True
        yield from gathering.take()

    def pass_over(self) -> Iterator[None]:
        """Go over the entries that are left. Raises DataError. None comes before a wait."""
        while (yield from patiently(self._window, self._next, _nothing)):
            yield from patiently(self._window, self._pass_entry, _nothing)
            self._begun = True
        self.done = True

    def _next(self) -> bool:
        """Go to the next entry; whether there is one."""
        window = self._window
        if self.alone:
            return not self._begun
        byte = look(window)
        if byte == TEXT_ENTRY:
            return True
        if byte == CLOSE_LIST:
            window.at += 1
            return False
        if self._begun:
            if byte != COMMA:
                raise window.unexpected("',' or ']'")
            window.at += 1
            byte = look(window)
        if byte not in (OPEN, TEXT_ENTRY):
            raise window.unexpected("an entry")
        return True

    def _of_bytes(self, *, cut: bool) -> bool:
        """Whether the entry at the position has bytes; `cut` if it is cut short before it tells."""
        window = self._window
        while True:
            if OF_BYTES.match(window.text, window.at, window.end):
                return True
            ended = window.text.find(b"}", window.at, window.end) >= 0
            if ended or window.end - window.at > PEEKED:
                return False
            if not window.more():
                return cut

    def _scan(self, gathering: Gathering) -> bool:
        """Read entries that are like the first one; whether there are any."""
        window = self._window
        assert gathering.sizes is not None
        count, window.at = json_entries(
            window.text, window.at, window.end, False,
            gathering.sizes, gathering.keys, gathering.values, gathering.count,
        )  # fmt: skip
        gathering.count += count
        self._begun = self._begun or count > 0
        return count > 0

    # One entry, whatever it is like.

    def _entry(self) -> Found:
        """The entry at the position, which has bytes."""
        window = self._window
        start = window.offset
        if look(window) == TEXT_ENTRY:
            return take_entry(window)
        parts: dict[bytes, bytes | None] = {}
        cpus = 0
        failure = ""
        take(window, OPEN)
        while True:
            name = take_name(window)
            if name == b"key" and look(window) != OPEN_LIST:
                parts[name] = None
                if take_word(window) != b"null":
                    raise window.error("an entry whose key has no bytes", start)
            elif name == b"value" and look(window) == OPEN:
                failure = self._failure()
            elif name == b"values":
                parts[name], cpus = take_cpus(window, take_bytes)
            elif name in NAMES and name != b"formatted":
                parts[name] = bytes(take_bytes(window))
            elif not pass_value(window, END_ALONE if self.alone else END_OF_BYTES):
                break
            if not more_members(window):
                break
        key = parts.get(b"key")
        following = parts.get(b"next_key")
        if following is not None:
            return Found(start, following)
        if key is None:
            raise window.error("an entry without a key", start)
        if failure:
            return Found(start, key, failure=failure)
        values = parts.get(b"values", parts.get(b"value"))
        if values is None:
            raise window.error("an entry without a value", start)
        return Found(start, key, values, cpus)

    def _failure(self) -> str:
        """Why there is no value."""
        take(self._window, OPEN)
        take_name(self._window)
        reason = take_text(self._window)
        take(self._window, CLOSE)
        return reason or "nobody knows why"

    def _pass_entry(self) -> None:
        if look(self._window) == TEXT_ENTRY:
            take_entry(self._window)
        elif OF_BYTES.match(self._window.text, self._window.at, self._window.end):
            pass_value(self._window, END_ALONE if self.alone else END_OF_BYTES)
        else:
            pass_value(self._window, END_ALONE if self.alone else END_OF_MEMBERS)


class _Members:
    """Reads entries of members and their values, whose types are known."""

    __slots__ = ("_key", "_key_size", "_value", "_value_size", "_values", "_window")

    def __init__(self, window: Window, key: Layout | None, value: Layout | None) -> None:
        """Raises UsageError where the value's layout is not known."""
        if value is None:
            raise UsageError(
                f"{window.data.name}: shows members of the map's types, and no bytes: say which "
                f"types they are, or dump it with `bpftool -j map dump`"
            )
        self._window = window
        self._key = None if key is None else compile_reader(key)
        self._key_size = ARRAY_KEY if key is None else key.size
        self._value = compile_reader(value)
        self._value_size = value.size
        self._values = 0  # values of the entry that have been come to

    def longest(self) -> int:
        """Bytes that `entry` may need, as far as it has come."""
        key = 0 if self._key is None else self._key.longest
        return SPARE + key + self._values * (SPARE + self._value.longest)

    def entry(self) -> Found:
        """The entry at the position. Data maps have no key in it: theirs is 0."""
        window = self._window
        start = window.offset
        if look(window) == TEXT_ENTRY:
            return take_entry(window)
        key = bytes(self._key_size)
        self._values = 0
        values: bytes | None = None
        cpus = 0
        take(window, OPEN)
        try:
            while True:
                name = take_name(window)
                if name == b"key":
                    key = self._one(self._key, self._key_size, KEY)
                elif name == b"value":
                    values = self._value_of(window)
                elif name == b"values":
                    values, cpus = take_cpus(window, self._value_of)
                else:
                    pass_value(window)
                if not more_members(window):
                    break
        except Untold as untold:
            raise untold.error(window, start) from None
        if values is None:
            raise window.error("an entry without a value", start)
        return Found(start, key, values, cpus)

    def _value_of(self, _window: Window) -> bytes:
        self._values += 1
        return self._one(self._value, self._value_size, VALUE)

    def _one(self, reader: Reader | None, size: int, name: str) -> bytes:
        """What a reader makes of what comes next. Raises UsageError where there is none."""
        window = self._window
        if reader is None:
            raise UsageError(f"{window.data.name}: the type of the map's keys is needed as well")
        out = bytearray(size)
        try:
            reader.read(window, out, 0)
        except Untold as untold:
            untold.steps.append(name)
            raise
        return bytes(out)


def _nothing() -> Iterable[None]:
    return ()
