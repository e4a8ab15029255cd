"""What `bpftool map list` and `map show` say of maps, as JSON (-j, -p) or as text."""

from __future__ import annotations

import re

from prettify.records.maps.dumped.hex_text import HEADER, LONGEST_HEADER
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
    take,
    take_if,
    take_name,
    take_text,
    take_word,
)
from prettify.records.maps.dumped.window import legible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from prettify.records.maps.dumped.dump import Report
    from prettify.records.maps.dumped.window import Window

# A map's attributes, by the names that bpftool has for them.
NAMES = {
    b"id": "id", b"type": "type", b"name": "name", b"flags": "flags", b"bytes_key": "key_size",
    b"bytes_value": "value_size", b"max_entries": "max_entries", b"bytes_memlock": "memory",
    b"frozen": "frozen", b"btf_id": "btf_id", b"pinned": "pinned", b"pids": "owners",
}  # fmt: skip
LINE = re.compile(rb"[^\n]*")
SIZES = re.compile(
    rb"\tkey (?P<key_size>\d+)B  value (?P<value_size>\d+)B  max_entries (?P<max_entries>\d+)"
    rb"(?:  memlock (?P<memory>\d+)B)?"
)
BTF_ID = re.compile(rb"\bbtf_id (\d+)")
FROZEN = re.compile(rb"(?:^|\s)frozen\b")
OWNER = re.compile(rb"(.*)\((\d{1,10})\)")
PINNED, OWNERS = b"\tpinned ", b"\tpids "
LONGEST_PATH = 4096  # bytes
MAX_DEPTH = 16  # levels of what is known of a map


class ListedMap:
    """What is known of a map. Sizes are bytes; None is what the list does not say.

    pinned: its paths. owners: (process id, name) of who holds it.
    """

    __slots__ = (
        "btf_id", "flags", "frozen", "id", "key_size", "max_entries", "memory", "name", "owners",
        "pinned", "type", "value_size",
    )  # fmt: skip

    def __init__(self) -> None:
        self.id: int | None = None
        self.type = ""
        self.name = ""
        self.flags: int | None = None
        self.key_size: int | None = None
        self.value_size: int | None = None
        self.max_entries: int | None = None
        self.memory: int | None = None
        self.frozen = False
        self.btf_id: int | None = None
        self.pinned: tuple[str, ...] = ()
        self.owners: tuple[tuple[int, str], ...] = ()

    def __repr__(self) -> str:
        return f"<ListedMap {self.name!r} id={self.id} {self.type}>"


def listed(window: Window, report: Report) -> Iterator[ListedMap]:
    """The maps of a list. It waits for what of it has not arrived. Raises DataError."""
    window.forward = True  # nothing that was read before is held back meanwhile
    while (byte := look(window)) != END:
        if byte == OPEN_LIST:
            window.at += 1
            if take_if(window, CLOSE_LIST):
                continue
            yield from _object(window, report)
            while take_if(window, COMMA):
                yield from _object(window, report)
            take(window, CLOSE_LIST)
        elif byte == OPEN:
            yield from _object(window, report)
        else:
            yield _of_lines(window)


# JSON.


def _object(window: Window, report: Report) -> Iterator[ListedMap]:
    """The map of an object; an error is reported."""
    start = window.offset
    found = _members(window, 0)
    if "error" in found:
        report(window.error(f"bpftool says: {found['error']}", start))
        return
    map_ = ListedMap()
    for name, value in found.items():
        convert = _CONVERTED.get(name)
        if convert is None:
            continue
        try:
            setattr(map_, name, convert(value))
        except (TypeError, ValueError, LookupError, AttributeError):
            raise window.error(f"{value!r:.60} is no {name} of a map", start) from None
    if map_.id is None:
        raise window.error("a map without an id", start)
    yield map_


def _members(window: Window, depth: int) -> dict[str, Any]:
    """An object, by the names of attributes where bpftool's are known."""
    take(window, OPEN)
    found: dict[str, Any] = {}
    if take_if(window, CLOSE):
        return found
    while True:
        name = take_name(window)
        found[NAMES.get(name) or legible(name)] = _value(window, depth + 1)
        if not more_members(window):
            return found


def _value(window: Window, depth: int) -> Any:
    byte = look(window)
    if depth > MAX_DEPTH:
        raise window.error("what is known of a map does not nest so deeply")
    if byte == OPEN:
        return _members(window, depth)
    if byte == QUOTE:
        return take_text(window, LONGEST_PATH)
    if byte != OPEN_LIST:
        word = take_word(window)
        return int(word) if word.isdigit() and len(word) <= 20 else legible(word)
    window.at += 1
    values: list[Any] = []
    if take_if(window, CLOSE_LIST):
        return values
    while True:
        values.append(_value(window, depth + 1))
        if not take_if(window, COMMA):
            take(window, CLOSE_LIST)
            return values


def _number(value: Any) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _owners(value: Any) -> tuple[tuple[int, str], ...]:
    return tuple((_number(one["pid"]), str(one["comm"])) for one in value)


_CONVERTED: dict[str, Callable[[Any], Any]] = {
    "type": str, "name": str, "frozen": lambda value: value in (1, "true"),
    "pinned": lambda value: tuple(map(str, value)), "owners": _owners,
    **dict.fromkeys(
        ("id", "flags", "key_size", "value_size", "max_entries", "memory", "btf_id"), _number
    ),
}  # fmt: skip


# Text.


def _of_lines(window: Window) -> ListedMap:
    """The map of a line that begins with its id, and of those behind it that begin with a tab."""
    start = window.offset
    header = HEADER.match(_line(window)[:LONGEST_HEADER])
    if header is None:
        raise window.error("neither JSON nor a line of `bpftool map list`", start)
    map_ = ListedMap()
    map_.id = int(header["id"])
    map_.type = legible(header["type"])
    map_.name = legible(header["name"] or b"")
    map_.flags = int(header["flags"], 16)
    while (window.at < window.end or window.more()) and window.text[window.at] == ord("\t"):
        line = _line(window)
        sizes = SIZES.match(line)
        if sizes is not None:
            for name, number in sizes.groupdict().items():
                setattr(map_, name, None if number is None else int(number))
        elif line.startswith(PINNED):
            map_.pinned += (legible(line[len(PINNED) :], LONGEST_PATH),)
        elif line.startswith(OWNERS):
            owners = map(OWNER.fullmatch, line[len(OWNERS) :].split(b", "))
            map_.owners = tuple((int(one[2]), legible(one[1])) for one in owners if one is not None)
        else:
            btf_id = BTF_ID.search(line)
            map_.btf_id = map_.btf_id if btf_id is None else int(btf_id[1])
            map_.frozen = map_.frozen or FROZEN.search(line) is not None
    return map_


def _line(window: Window) -> bytes:
    """A line, gone over; it is no longer than the window."""
    while True:
        found = LINE.match(window.text, window.at, window.end)
        assert found is not None  # it matches nothing at all, too
        if found.end() < window.end or not window.more():
            window.at = min(found.end() + 1, window.end)
            return found[0]
