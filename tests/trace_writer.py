"""Writes pages of a trace buffer: events by their times, in all the ways that the kernel does."""

from __future__ import annotations

import random
import struct
from typing import Any

PADDING, TIME_EXTEND, TIME_STAMP = 29, 30, 31
DELTA = 1 << 27
MISSED, STORED = 1 << 31, 1 << 30


class TraceWriter:
    """Pages of one processor. order: "little" or "big"; long: bytes of the counter in use."""

    def __init__(self, order: str = "little", size: int = 4096, long: int = 8) -> None:
        self.order: Any = order
        self.mark = "<" if order == "little" else ">"
        self.size = size
        self.long = long
        self.done: list[bytes] = []
        self.page: bytearray | None = None
        self.stamp = 0
        self.time = 0
        self.missed = 0

    @property
    def head(self) -> int:
        """Bytes before the events of a page."""
        return 8 + self.long

    def header_page(self) -> str:
        """The text of a `header_page` file."""
        return (
            f"\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
            f"\tfield: local_t commit;\toffset:8;\tsize:{self.long};\tsigned:1;\n"
            f"\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n"
            f"\tfield: char data;\toffset:{self.head};\tsize:{self.size - self.head};\tsigned:0;\n"
        )

    def word(self, kind: int, delta: int) -> bytes:
        """An event's header."""
        number = kind | delta << 5 if self.order == "little" else kind << 27 | delta
        return number.to_bytes(4, self.order)

    def number(self, value: int, size: int = 4) -> bytes:
        return value.to_bytes(size, self.order)

    def add(self, time: int, payload: bytes, how: random.Random | None = None) -> bytes:
        """An event, padded to 4 bytes, which is returned as it is then."""
        payload += bytes(-len(payload) % 4)
        choose = how or random.Random(0)
        early = max(time - (choose.randrange(1000) if how else 0), 0)
        if self.page is None:
            self.begin_page(early)
        parts = self._event(time, payload, choose)
        if self.head + len(self.page or b"") + len(parts) > self.size - 8:
            self.end_page(choose)
            self.begin_page(early)
            parts = self._event(time, payload, choose)
        assert self.page is not None
        self.page += parts
        self.time = time
        return payload

    def _event(self, time: int, payload: bytes, choose: random.Random) -> bytes:
        delta = max(time - self.time, 0)
        before = b""
        if delta >= DELTA or choose.random() < 0.05:
            if choose.random() < 0.5:
                before = self.word(TIME_EXTEND, delta % DELTA) + self.number(delta >> 27)
            else:
                low = time % (1 << 59)
                before = self.word(TIME_STAMP, low % DELTA) + self.number(low >> 27)
            delta = 0
        if choose.random() < 0.03:  # an event that was given up, with some of the time
            part = min(delta, DELTA - 1)
            if part:
                before += self.word(PADDING, part) + self.number(12) + b"\xee" * 8
                delta -= part
        short = 0 < len(payload) <= 28 * 4 and choose.random() < 0.9
        if short:
            return before + self.word(len(payload) // 4, delta) + payload
        return before + self.word(0, delta) + self.number(len(payload) + 4) + payload

    def begin_page(self, stamp: int) -> None:
        self.page = bytearray()
        self.stamp = self.time = stamp

    def end_page(self, choose: random.Random | None = None) -> None:
        """Write the page; it may end in padding."""
        if self.page is None:
            return
        used = len(self.page)
        body = bytes(self.page)
        if choose is not None and choose.random() < 0.3 and used + 4 <= self.size - self.head:
            body += self.word(PADDING, 0)
            used = self.size - self.head if choose.random() < 0.5 else len(body)
        flags = 0
        if self.missed:
            flags = MISSED
            if used + self.long <= self.size - self.head and self.missed > 0:
                flags |= STORED
                body += self.number(self.missed, self.long)
        self.missed = 0
        page = (
            struct.pack(self.mark + "Q", self.stamp) + self.number(used | flags, self.long) + body
        )
        self.done.append(page.ljust(self.size, b"\0"))
        self.page = None

    def pages(self) -> bytes:
        """All pages."""
        self.end_page()
        return b"".join(self.done)
