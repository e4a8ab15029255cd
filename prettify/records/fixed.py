"""Streams of records of one size: bytes in, text out, in constant memory."""

from __future__ import annotations

from prettify.core.emitter import render
from prettify.errors import DataError
from prettify.records.input import CHUNK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.core.program import Program
    from prettify.records.input import Input


class Region:
    """Which records of an input: `limit` bytes at most (None is all), `count` records at most.

    exact: whether the region must be there in full, since the data says so itself.
    """

    __slots__ = ("count", "exact", "limit", "skip")

    def __init__(
        self,
        limit: int | None = None,
        count: int | None = None,
        skip: int = 0,
        *,
        exact: bool = False,
    ) -> None:
        self.limit = limit
        self.count = count
        self.skip = skip
        self.exact = exact


def text_of(program: Program, data: Input, region: Region, first: bool) -> Iterator[bytes]:
    """The text of the region's records, from the input's position on, in pieces.

    After each piece of a pipe that holds whole records comes their text, without waiting for more.
    first: no record came before. Raises DataError, after the text of all whole records, where the
    last one is cut short.
    """
    size = program.record_size
    if not size:
        return
    left = region.limit
    wanted = region.count
    skip = region.skip * size
    if left is not None:
        skip = min(skip, left)
        left -= skip
    missing = data.skip(skip)
    if missing:
        _check_end(data, size, -missing % size, region, missing)
        return
    pieces: list[bytes | memoryview] = []  # of a record that has not arrived in full
    held = 0  # bytes in them
    while wanted is None or wanted > 0:
        room = size + CHUNK if wanted is None else size * wanted - held
        piece = data.some(room if left is None else min(room, left))
        if left is not None:
            left -= len(piece)
        if not len(piece):
            _check_end(data, size, held, region, left or 0)
            return
        pieces.append(piece)
        held += len(piece)
        if held < size:
            continue
        block = b"".join(pieces)
        whole = held // size
        if wanted is not None:
            wanted -= whole
        yield from render(program, block, 0, whole, first)
        first = False
        held -= whole * size
        pieces = [block[whole * size :]] if held else []


def _check_end(data: Input, size: int, held: int, region: Region, missing: int) -> None:
    """The input or region is at its end with `held` bytes of a record at hand."""
    if held:
        start = data.position - held
        raise DataError(
            f"{data.name}: record cut short at byte {start}: {held} bytes left, {size} needed",
            start,
        )
    if missing and region.exact:
        raise DataError(
            f"{data.name}: ends at byte {data.position}, {missing} bytes short of what the header "
            f"says",
            data.position,
        )
