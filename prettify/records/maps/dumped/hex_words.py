r"""Entries as `bpftool map dump` writes them without type information: words, and bytes in hex.

    key: 01 00 00 00  value: 01 02 03 04
    key:\n01 00\nvalue:\n01 02 03 04 05 06 07 08  09 0a            16 bytes a line, of longer ones
    key:\n01 00\nvalue (CPU 00): 01 02\nvalue (CPU 01): 01 02
    key: 01 00  inner_map_id: 72                                   of maps of maps, newer versions
    key: 01 00  value: <no entry>                                  or what the C library says
    key: None\nnext key:\n01 00                                    getnext
    key:\n01 00\n\nNot found                                       lookup
    value: 01 02                                                   peek, dequeue

Where lines end does not matter here, but for what the C library says.
"""

from __future__ import annotations

import re

from prettify.records.maps.dumped.dump import MAX_PART, Found
from prettify.records.maps.dumped.window import legible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.records.maps.dumped.cells import Order
    from prettify.records.maps.dumped.window import Window

BLANK = re.compile(rb"[ \t\r\n]*")
LINE = re.compile(rb"[ \t]*([^\n]{1,1024})\n?")
RUN = re.compile(rb"(?:[ \t\r\n]*[0-9a-fA-F]{2}(?=[ \t\r\n]))*")
LAST_RUN = re.compile(rb"(?:[ \t\r\n]*[0-9a-fA-F]{2}(?=[ \t\r\n]|\Z))*")
KEY = re.compile(rb"key:(?:[ \t]*(None)(?=\s|\Z))?")
CPU = re.compile(rb"value \(CPU (\d{2,5})\):")
INNER = re.compile(rb"inner_map_id:[ \t]*(\d{1,10})(?=\s|\Z)")
NOT_FOUND = re.compile(rb"Not found(?=\s|\Z)")
ODD = re.compile(rb"[0-9a-fA-F]+(?=\s|\Z)")  # of another number of digits
NUMBER = re.compile(rb"[0-9a-fA-F]{2}(?=\s|\Z)")
WORDS = 40  # bytes of the words that announce a part of an entry, at most
INNER_SIZE = 4  # bytes of a map's id
SPARE = 8  # bytes at the end of a window that may be the beginning of a word


def words(window: Window) -> bytes:
    """The next bytes that are not blank, to tell what they are; the position stays before them."""
    while True:
        blank = BLANK.match(window.text, window.at, window.end)
        assert blank is not None  # it matches nothing at all, too
        window.at = blank.end()
        found = bytes(window.text[window.at : min(window.end, window.at + WORDS)])
        if len(found) == WORDS or b":" in found or b"\n" in found or not window.more():
            return found


def take_hex(window: Window) -> bytearray:
    """Bytes in hexadecimal, as many as there are."""
    found = bytearray()
    start = window.offset
    while True:
        run = (LAST_RUN if window.final else RUN).match(window.text, window.at, window.end)
        assert run is not None  # it matches nothing at all, too
        window.at = run.end()
        found += bytes.fromhex(run[0].decode("ascii"))
        if len(found) > MAX_PART:
            raise window.error(f"more than {MAX_PART} bytes", start)
        blank = BLANK.match(window.text, window.at, window.end)
        assert blank is not None
        if window.end - blank.end() >= SPARE or not window.more():
            break
    if ODD.match(words(window)):
        raise window.unexpected("a byte of two digits")
    return found


def take_line(window: Window) -> str:
    """The rest of the line, or the next one where that is empty; as messages show it."""
    words(window)
    while True:
        found = LINE.match(window.text, window.at, window.end)
        if found is not None and (found[0].endswith(b"\n") or window.final):
            window.at = found.end()
            return legible(found[1].rstrip())
        if found is None or found.end() < window.end or not window.more():
            raise window.unexpected("a value, or why there is none,")


def take_entry(window: Window, byte_order: Order = "little") -> Found:
    """The entry at the position. byte_order: of the id that a newer version shows of a map."""
    begin = words(window)
    start = window.offset
    key = b""
    named = KEY.match(begin)
    if named is not None:
        window.at += 4 if named[1] is None else named.end()
        key = b"" if named[1] else bytes(take_hex(window))
    part = words(window)
    if part.startswith(b"next key:"):
        window.at += len(b"next key:")
        return Found(start, bytes(take_hex(window)))
    if part.startswith(b"value ("):
        return _of_cpus(window, start, key)
    inner = INNER.match(part)
    if inner is not None:
        window.at += inner.end()
        number = int(inner[1]) & 0xFFFFFFFF
        return Found(start, key, number.to_bytes(INNER_SIZE, byte_order))
    if named is not None and NOT_FOUND.match(part):
        window.at += len(b"Not found")
        return Found(start, key, failure="not found")
    if not part.startswith(b"value:"):
        raise window.unexpected("'value:'" if named is not None else "'key:'")
    window.at += len(b"value:")
    following = words(window)
    if NUMBER.match(following):
        return Found(start, key, bytes(take_hex(window)))
    if not following or following.startswith((b"key:", b"Found ")):
        return Found(start, key)
    reason = take_line(window)
    return Found(start, key, failure=reason.strip("<>"))


def _of_cpus(window: Window, start: int, key: bytes) -> Found:
    """The entry whose values of each CPU come next."""
    values = bytearray()
    cpus = size = 0
    while (cpu := CPU.match(words(window))) is not None:
        window.at += cpu.end()
        if int(cpu[1]) != cpus:
            raise window.error(f"the value of CPU {cpus} is missing", start)
        value = take_hex(window)
        if cpus and len(value) != size:
            raise window.error(f"{len(value)} bytes of CPU {cpus}, {size} of the others", start)
        size = len(value)
        values += value
        cpus += 1
        if len(values) > MAX_PART:
            raise window.error("values of more CPUs than there are", start)
    if not cpus:
        raise window.unexpected("the value of a CPU")
    return Found(start, key, bytes(values), cpus)
