"""Records as an Arrow IPC stream: one record batch for each block, the schema before all.

Where a block has numbers of an enum that no name fits, a longer dictionary replaces the one before
in the stream, rather than a delta adding to it: not every reader knows deltas.
"""

from __future__ import annotations

from prettify.compilers.arrow_columns import ArrowColumns
from prettify.errors import UsageError

import pyarrow.ipc  # isort: skip  # once the line above has said what to install where it is not

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Protocol

    from prettify.layout import Layout

    class Batches(Protocol):
        """What makes record batches of one schema, of records of about that many bytes."""

        schema: pyarrow.Schema
        size: int


class ArrowStream:
    """A conversion of records of one type; see the module."""

    __slots__ = ("_columns", "_outlet", "_writer")

    def __init__(self, layouts: Sequence[Layout], byte_order: str | None) -> None:
        """Raises UsageError where there is not one type, or Arrow cannot hold it."""
        self._begin(ArrowColumns(only_one(layouts, "arrow"), byte_order))

    @classmethod
    def of(cls, columns: Batches) -> ArrowStream:
        """A conversion of record batches that others make."""
        made = cls.__new__(cls)
        made._begin(columns)
        return made

    def _begin(self, columns: ArrowColumns | Batches) -> None:
        self._columns = columns
        self._outlet = Outlet()
        self._writer: pyarrow.ipc.RecordBatchStreamWriter | None = None

    def before(self) -> Iterable[memoryview]:
        """The schema."""
        self._writer = pyarrow.ipc.new_stream(self._outlet, self._columns.schema)
        return self._outlet.taken()

    def convert(self, index: int, records: memoryview) -> pyarrow.RecordBatch:
        """The records as a batch."""
        assert isinstance(self._columns, ArrowColumns)
        return self._columns.batch(records)

    def pieces(self, part: pyarrow.RecordBatch) -> Iterable[memoryview]:
        """The batch as messages of the stream."""
        if self._writer is not None and part.num_rows:
            self._writer.write_batch(part)
        return self._outlet.taken()

    def after(self) -> Iterable[memoryview]:
        """The end of the stream."""
        self.close()
        return self._outlet.taken()

    def close(self) -> None:
        """Write no more."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class Outlet:
    """A file that pyarrow writes to; what it wrote is taken from here."""

    __slots__ = ("_pieces", "_written", "closed")

    def __init__(self) -> None:
        self._pieces: list[memoryview] = []
        self._written = 0
        self.closed = False

    def write(self, data: pyarrow.Buffer | bytes) -> int:
        """Keep data, which is not copied."""
        piece = memoryview(data)
        self._pieces.append(piece)
        self._written += piece.nbytes
        return piece.nbytes

    def taken(self) -> list[memoryview]:
        """All that was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return pieces

    def tell(self) -> int:
        """Bytes written so far."""
        return self._written

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Take no more."""
        self.closed = True


def only_one(layouts: Sequence[Layout], form: str) -> Layout:
    """The only type of a form that holds one. Raises UsageError."""
    if len(layouts) != 1:
        raise UsageError(
            f"--to {form} holds one type; {len(layouts)} were asked for: name one with -C, or take "
            f"--to sqlite, which has a table for each"
        )
    return layouts[0]
