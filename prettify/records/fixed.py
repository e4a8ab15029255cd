"""Streams of records of one size, as blocks of whole records in memory that is used again."""

from __future__ import annotations

from prettify.errors import DataError
from prettify.records.input import CHUNK

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.records.input import Input
    from prettify.records.query.where import Where


class Region:
    """Which records of an input: `limit` bytes at most (None is all), `count` records at most.

    source: who says that there are so many bytes, which then have to be there; None if they do not.
    """

    __slots__ = ("count", "limit", "skip", "source")

    def __init__(
        self,
        limit: int | None = None,
        count: int | None = None,
        skip: int = 0,
        *,
        source: str | None = None,
    ) -> None:
        self.limit = limit
        self.count = count
        self.skip = skip
        self.source = source


def blocks(data: Input, size: int, region: Region, buffers: int = 1) -> Iterator[memoryview | None]:
    """The region's records, of `size` bytes each, from the input's position on.

    A block is as many whole records as have arrived, CHUNK bytes at most or one record; its memory
    is used again when `buffers` more are asked for. None comes before a wait, where there is more
    than one buffer. Raises DataError, after all whole records, where the last one is cut short.
    """
    if not size:
        return
    left = region.limit  # bytes of the region
    wanted = None if region.count is None else region.count * size
    skip = region.skip * size
    if left is not None:
        skip = min(skip, left)
        left -= skip
    missing = data.skip(skip)
    if missing:
        _check_end(data, size, -missing % size, region, missing)
        return
    length = min(max(CHUNK // size, 1) * size, CHUNK)
    if data.at_hand:
        yield from _slices(data, size, region, left, wanted)
        return
    room = max(min(n for n in (length, wanted, left) if n is not None), 1)
    ring = [bytearray(room) for _ in range(buffers)]
    turn = 0
    held = 0  # bytes of a record that has not arrived in full
    while wanted is None or wanted > 0:
        if buffers > 1 and not data.ready():
            yield None
        buffer = ring[turn]
        if held == len(buffer):  # a record longer than CHUNK: room as it arrives
            buffer += bytes(min(held, size - held))
        room = min(len(buffer) - held, *(n for n in (left, wanted) if n is not None), CHUNK)
        with memoryview(buffer) as view:
            arrived = data.into(view[held : held + room])
        if not arrived:
            _check_end(data, size, held, region, left or 0)
            return
        left = None if left is None else left - arrived
        wanted = None if wanted is None else wanted - arrived
        held += arrived
        whole = held - held % size
        if whole:
            yield memoryview(buffer)[:whole]
            turn = (turn + 1) % buffers
            held -= whole
            ring[turn][:held] = memoryview(buffer)[whole : whole + held]


def _slices(
    data: Input, size: int, region: Region, left: int | None, wanted: int | None
) -> Iterator[memoryview]:
    """The records of bytes that are at hand, where they are."""
    start, there = data.position, data.size or 0
    end = min(start + n for n in (there - start, left, wanted) if n is not None)
    whole = end - (end - start) % size
    step = max(CHUNK // size, 1) * size
    for first in range(start, whole, step):
        data.position = min(first + step, whole)
        yield data.view(first, data.position)
    data.position = end
    if wanted is None or end - start < wanted:
        missing = 0 if left is None else left - (end - start)
        _check_end(data, size, end - whole, region, missing)


def _check_end(data: Input, size: int, held: int, region: Region, missing: int) -> None:
    """The input or region is at its end with `held` bytes of a record at hand."""
    if held:
        start = data.position - held
        raise DataError(
            f"{data.name}: record cut short at byte {start}: {held} bytes left, {size} needed",
            start,
        )
    if missing and region.source is not None:
        raise DataError(
            f"{data.name}: ends at byte {data.position}, {missing} bytes short of what "
            f"{region.source} says",
            data.position,
        )


def filtered(found: Iterator[memoryview | None], where: Where) -> Iterator[memoryview | None]:
    """The records of each block that the filter lets through."""
    for block in found:
        yield None if block is None else where.filter(block)


def cut(
    found: Iterator[memoryview | None], size: int, skip: int, count: int | None
) -> Iterator[memoryview | None]:
    """Of these records of `size` bytes, without the first `skip`, the first `count`."""
    for block in found:
        if block is None:
            yield None
            continue
        passed = min(skip, len(block) // size)
        skip -= passed
        block = block[passed * size :]
        if count is not None:
            block = block[: count * size]
            count -= len(block) // size
        yield block
        if count == 0:
            return
