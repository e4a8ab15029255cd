"""Names in string sections: bytes up to a NUL."""

from __future__ import annotations

MAX_NAME = 4096  # bytes; a file may name any number of things with one long string


def name_at(data: bytes, start: int, stop: int) -> str | None:
    """The name that begins at `start` and ends before `stop`, where the section does.

    Empty from `stop` on; None where it has more than MAX_NAME bytes. Bytes that are not UTF-8
    become lone surrogates.
    """
    end = data.find(b"\0", start, min(stop, start + MAX_NAME + 1))
    if end < 0 and start < stop:
        return None
    return data[start : max(start, end)].decode("utf-8", "surrogateescape")
