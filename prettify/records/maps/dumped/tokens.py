"""The parts of JSON-like text, one after the other, out of a window.

Functions go forward over what they read, and raise Short as `Window.more` does, or DataError where
something else is there. They let pass what bpftool makes of JSON: see `core.hex_dump`.
"""

from __future__ import annotations

import re

from prettify.core.hex_dump import (
    IN_STRING,
    IRREGULAR,
    IRREGULAR_AT,
    MODE,
    MORE,
    STATE,
    hex_items,
    pass_over,
)
from prettify.core.tables import zeroes
from prettify.records.maps.dumped.dump import MAX_PART
from prettify.records.maps.dumped.window import KEPT, LEGIBLE, legible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.records.maps.dumped.window import Window

BLANK = re.compile(rb"[ \t\r\n]*")
STRING = re.compile(rb'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL)
WORD = re.compile(rb'[^\s"{}\[\],:]+')
LAST_ITEM = re.compile(rb'\s*"0x([0-9a-fA-F]{2})"\s*\]')
ITEM_ALONE = re.compile(rb'\s*"0x[0-9a-fA-F]{2}"\s*')
NO_ITEM = re.compile(rb"\s*\]")

QUOTE, COMMA, COLON = ord('"'), ord(","), ord(":")
OPEN_LIST, CLOSE_LIST, OPEN, CLOSE = ord("["), ord("]"), ord("{"), ord("}")
END = -1  # instead of a byte, where the input ends
MAX_CPUS = 1 << 16
MAX_BLANKS = 1 << 18  # in a row, where all has to be there at a time
ITEM = 6  # bytes of `"0x01"`
ITEMS = 1 << 16  # of a list that are read at a time
LONGEST_ITEM = 1024  # bytes, with what is blank around it


def look(window: Window) -> int:
    """The next byte that is not blank, which the position is at then; END at the end."""
    while True:
        found = BLANK.match(window.text, window.at, window.end)
        assert found is not None  # it matches nothing at all, too
        blanks = found.end() - window.at
        window.at = found.end()
        if window.at < window.end:
            return window.text[window.at]
        if blanks > MAX_BLANKS and not window.forward:
            raise window.error("nothing but blanks", window.offset - blanks)
        if not window.more():
            return END


def take(window: Window, byte: int) -> None:
    """Go over that byte, which is to come next."""
    if look(window) != byte:
        raise window.unexpected(repr(chr(byte)))
    window.at += 1


def take_if(window: Window, byte: int) -> bool:
    """Go over that byte, if it comes next."""
    if look(window) != byte:
        return False
    window.at += 1
    return True


def take_string(window: Window) -> bytes:
    """What stands between quotes, escapes as they are."""
    if look(window) != QUOTE:
        raise window.unexpected("a string")
    while True:
        found = STRING.match(window.text, window.at, window.end)
        if found is not None:
            window.at = found.end()
            return found[1]
        if not window.more():
            raise window.error("a string without an end")


def take_text(window: Window, longest: int = LEGIBLE) -> str:
    """The same as something to show."""
    return legible(take_string(window).replace(b'\\"', b'"'), longest)


def take_name(window: Window) -> bytes:
    """The name of a member, and the colon behind it."""
    name = take_string(window)
    take(window, COLON)
    return name


def take_word(window: Window) -> bytes:
    """A number, or whatever has no quotes; nothing where there is none."""
    look(window)
    while True:
        found = WORD.match(window.text, window.at, window.end)
        stop = window.at if found is None else found.end()
        if stop < window.end or not window.more():
            break
    window.at = stop
    return b"" if found is None else found[0]


def take_number(window: Window) -> int:
    """An unsigned decimal number."""
    look(window)
    start = window.offset
    word = take_word(window)
    if not word.isdigit() or len(word) > 20:
        window.at = window.index(start)
        raise window.unexpected("a number")
    return int(word)


def more_members(window: Window) -> bool:
    """Whether a comma comes next, or else the end of the object."""
    if take_if(window, COMMA):
        return True
    if take_if(window, CLOSE):
        return False
    raise window.unexpected("',' or '}'")


def take_bytes(window: Window) -> bytearray:
    """The bytes of `["0x01","0x02"]`."""
    start = window.offset
    take(window, OPEN_LIST)
    found = bytearray()
    while True:
        room = bytearray(max(min((window.end - window.at) // ITEM, ITEMS), 1))
        count, window.at = hex_items(window.text, window.at, window.end, room)
        found += room[:count]
        if len(found) > MAX_PART:
            raise window.error(f"a list of more than {MAX_PART} bytes", start)
        if count == len(room):
            continue
        last = LAST_ITEM.match(window.text, window.at, window.end)
        if last is not None:
            window.at = last.end()
            found.append(int(last[1], 16))
            return found
        empty = NO_ITEM.match(window.text, window.at, window.end)
        if empty is not None and not found:
            window.at = empty.end()
            return found
        if window.end - window.at > LONGEST_ITEM or not window.more():
            item = ITEM_ALONE.match(window.text, window.at, window.end)
            if item is None:
                raise window.unexpected('a byte such as "0x1f"')
            window.at = item.end()
            raise window.unexpected("',' or ']'")


def take_cpus(window: Window, take_one: Callable[[Window], bytes | bytearray]) -> tuple[bytes, int]:
    """The values of `[{"cpu":0,"value":…},…]`, one behind the other, and their number.

    take_one: reads a value. Raises DataError where they differ in size.
    """
    start = window.offset
    take(window, OPEN_LIST)
    values = bytearray()
    cpus = size = 0
    while True:
        take(window, OPEN)
        for name in (b"cpu", b"value"):
            if take_name(window) != name:
                raise window.error(f"a value of a CPU without {name.decode()!r}", start)
            if name == b"cpu":
                if take_number(window) != cpus:
                    raise window.error(f"the value of CPU {cpus} is missing", start)
                take(window, COMMA)
        value = take_one(window)
        take(window, CLOSE)
        if cpus and len(value) != size:
            raise window.error(f"{len(value)} bytes of CPU {cpus}, {size} of the others", start)
        size = len(value)
        values += value
        cpus += 1
        if len(values) > MAX_PART or cpus > MAX_CPUS:
            raise window.error("values of more CPUs than there are", start)
        if not take_if(window, COMMA):
            break
    take(window, CLOSE_LIST)
    return bytes(values), cpus


def pass_value(window: Window, entry_end: re.Pattern[bytes] | None = None) -> bool:
    """Go over a value, whatever it is; whether that ended as it should.

    If not, the position is behind the entry that it is the last value of. entry_end: what the end
    of the entry looks like, and what comes behind it; its group 1 ends the entry. Without it, or
    where there is no such place, DataError.
    """
    look(window)
    start = window.offset
    state = zeroes("q", STATE)
    while True:
        place = pass_over(window.text, window.at, window.end, state)
        if place >= 0:
            window.at = place
            return True
        if place == IRREGULAR:
            break
        assert place == MORE
        window.at = window.end
        if not window.more():
            if state[MODE] < IN_STRING:
                raise window.error("a value without an end", start)
            break
    if entry_end is None:
        window.at = state[IRREGULAR_AT]
        raise window.unexpected("',' or the end of the value")
    # What has been taken for a string may hold the end of the entry, but just one string does.
    window.at = max(state[IRREGULAR_AT] - KEPT, window.index(start), 0)
    while True:
        found = entry_end.search(window.text, window.at, window.end)
        if found is not None and (found.end() < window.end or window.final):
            window.at = found.end(1)
            return False
        window.at = max(window.at, window.end - KEPT)
        if not window.more():
            raise window.error("an entry without an end", start)
