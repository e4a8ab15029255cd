"""Filters: an expression about the members of a record, evaluated over columns of many.

The language is that of `parser`, what names mean is known to `compiler`, the numbers
are those of `exact`. A record matches where the expression is true (a number: where it is not 0),
and not where it is neither true nor false.
"""

from __future__ import annotations

import numpy

from prettify import model
from prettify.compilers.columns import Rows
from prettify.compilers.numpy_dtype import MARKS
from prettify.errors import DataError, UsageError
from prettify.records.query.columns import Block
from prettify.records.query.compiler import condition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from prettify.layout import Layout
    from prettify.records.query.exact import Truth

    Buffer = bytes | bytearray | memoryview

CHUNK = 1 << 20  # bytes of records that are looked at together: columns of them stay in the cache


def compile_where(
    text: str,
    layout: Layout,
    byte_order: str,
    header: Callable[[str], int] | None = None,
    option: str = "--where",
) -> Where:
    """The filter that an expression is, for records of that layout and byte order.

    header: gives the integer of a header's member by its path, for `$header.a.b`; None where there
    is no header. Raises UsageError, naming the option and the column, where the expression is
    wrong, and where the type has no bytes.
    """
    if byte_order not in MARKS:
        raise UsageError(f"byte order {byte_order!r} is neither 'little' nor 'big'")
    if not layout.size:
        raise UsageError(
            f"{option}: {model.spelled(layout.type)} has 0 bytes, no records to choose"
        )
    return Where(text, layout.size, condition(text, layout, byte_order, header, option))


class Where:
    """A filter of records of `size` bytes. Several threads may use one at a time."""

    __slots__ = ("_run", "size", "text")

    def __init__(self, text: str, size: int, run: Callable[[Block], Truth]) -> None:
        self.text = text
        self.size = size
        self._run = run

    def __repr__(self) -> str:
        return f"<Where {self.text!r}>"

    def mask(self, records: Buffer | Rows) -> numpy.ndarray[Any, numpy.dtype[numpy.bool_]]:
        """Which records match: an array of bool of shape (n,).

        records: side by side; or the rows of a memoryview of two dimensions, where they are longer
        than their type, or such `Rows` with their lengths. Raises DataError where they are no whole
        number of records.
        """
        lengths = records.lengths if isinstance(records, Rows) else None
        rows = memoryview(records.data if isinstance(records, Rows) else records)
        size = rows.shape[1] if rows.shape is not None and rows.ndim == 2 else self.size
        data = rows.cast("B")
        count, left = divmod(len(data), size)
        if left:
            raise DataError(
                f"{left} bytes left over behind {count} records of {self.size} bytes each",
                len(data) - left,
            )
        found = numpy.empty(count, bool)
        step = max(1, CHUNK // size)
        with numpy.errstate(all="ignore"):
            for first in range(0, count, step):
                there = min(step, count - first)
                own = None if lengths is None else lengths[first : first + there]
                block = Block(data, first * size, there, size, own)
                found[first : first + step] = self._run(block).data
        return found

    def filter(self, records: memoryview) -> memoryview:
        """The records that match, one behind the other: the same memory where all do, else a copy.

        Raises DataError where `records` are no whole number of them.
        """
        chosen = numpy.flatnonzero(self.mask(records))
        if len(chosen) * self.size == records.nbytes:
            return records
        rows = numpy.frombuffer(records, "u1").reshape(-1, self.size)
        if not len(chosen):
            return memoryview(b"")
        return rows.take(chosen, axis=0).reshape(-1).data
