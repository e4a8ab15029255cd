"""One type of a run whose records say themselves how long they are: from an input to batches."""

from __future__ import annotations

from prettify.records.sized.batch import Batch
from prettify.records.sized.choosing import Filter, cut
from prettify.records.sized.frame import AbsentError, Frame
from prettify.records.sized.reader import SizedReader
from prettify.records.sized.shapes import Shapes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from prettify.errors import DataError
    from prettify.records.input import Input
    from prettify.records.sized.dispatch import Dispatch

    Header = Callable[[str], int]


def stream(
    dispatch: Dispatch,
    data: Input,
    byte_order: str,
    *,
    limit: int | None = None,
    source: str | None = None,
    where: str | None = None,
    skip: int = 0,
    count: int | None = None,
    header: Header | None = None,
    buffers: int = 1,
    resync: Callable[[DataError], object] | None = None,
) -> Iterator[Batch | None]:
    """The records from the input's position on, which then is behind the last one.

    limit: bytes of them at most; source: who says that there are so many, None if they need not be
    there. where: a filter; of the records that it lets through the first `skip` are left out, and
    there are `count` at most. header: gives the integer of a header's member by its path. buffers
    and resync: as of SizedReader. None comes before a wait. Raises DataError, after all records
    before it, where one is bad.
    """
    order: Literal["little", "big"] = "big" if byte_order == "big" else "little"
    frame = Frame(data, order, _absent, header)
    reader = SizedReader(
        dispatch,
        frame,
        data,
        data.position,
        limit=limit,
        source=source,
        buffers=buffers,
        resync=resync,
    )
    found = reader.batches()
    if where is not None:
        found = _filtered(found, Filter(where, dispatch, byte_order, header))
    if not skip and count is None:
        yield from found
        reader.leave()
        return
    last = -1
    left = count
    for batch in cut(found, skip, count):
        yield batch
        if batch is not None:
            last = batch.position_of_last
            left = None if left is None else left - len(batch)
    reader.leave(last if left == 0 else None)


def of_one_size(
    dispatch: Dispatch, blocks: Iterator[memoryview | None]
) -> Iterator[tuple[Batch, memoryview] | None]:
    """Blocks of records of the dispatch's own type as batches."""
    shapes = Shapes(dispatch)
    for block in blocks:
        yield None if block is None else (Batch(dispatch, shapes, block, 0, 0), block)


def _filtered(found: Iterator[Batch | None], where: Filter) -> Iterator[Batch | None]:
    for batch in found:
        kept = None if batch is None else where.of(batch)
        if kept is None or len(kept):
            yield kept


def _absent(_index: int) -> bytes:
    raise AbsentError
