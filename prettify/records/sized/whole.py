"""Records as a whole, with what is located behind their types, as rows of one length."""

from __future__ import annotations

import numpy

from prettify.compilers.columns import Rows
from prettify.core.rows import ROW, gather
from prettify.core.tables import table
from prettify.layout import Layout, Node, locates
from prettify.records.sized.batch import own_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from prettify.records.sized.batch import Batch

MANY = 4096  # records that are rows together, at most
LARGE = 1 << 22  # bytes of these, unless one record has more


def rows_of(batch: Batch, sizes: Sequence[int]) -> Iterator[tuple[numpy.ndarray[Any, Any], Rows]]:
    """(places among the batch's records, these records) of all that are wanted, some at a time.

    sizes: by shape how many bytes a record has at least, -1 for those that are not wanted.
    """
    assert batch.rows is not None
    numbers = numpy.frombuffer(batch.rows, "i8").reshape(-1, ROW)
    least = numpy.array(sizes, "i8")[numbers[:, 0]]
    chosen = numpy.flatnonzero(least >= 0)
    lengths = numpy.maximum(numbers[chosen, 3] >> 1, least[chosen])
    known = table("q", sizes)
    at = 0
    while at < len(chosen):
        count = min(MANY, len(chosen) - at)
        while count > 1 and count * int(lengths[at : at + count].max()) > LARGE:
            count >>= 1
        places, own = chosen[at : at + count], lengths[at : at + count]
        width = int(own.max())
        rows = own_table(memoryview(numbers[places].tobytes()))
        data = memoryview(gather(batch.data, rows, known, width, whole=True))
        yield places, Rows(data.cast("B", (count, width)), own)
        at += count


def without_located(layout: Layout) -> Layout:
    """The layout without what is located behind it: the same if there is nothing."""
    return Layout(layout.type, _kept(layout.root)) if locates(layout) else layout


def _kept(node: Node) -> Node:
    copy = node.copy()
    copy.children = tuple(_kept(child) for child in node.children if child.located is None)
    return copy
