"""Records as a Parquet file. However small the blocks are, its row groups are large."""

from __future__ import annotations

from prettify.compilers.arrow_columns import ArrowColumns
from prettify.records.forms.arrow_stream import Outlet, only_one

import pyarrow.parquet  # isort: skip  # once the line above has said what to install

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.layout import Layout
    from prettify.records.forms.arrow_stream import Batches

# A row group ends with the block that reaches one of these.
GROUP_ROWS = 1 << 18
GROUP_BYTES = 1 << 26  # of records
COMPRESSIONS = ("zstd", "snappy", "none")  # the first that this pyarrow has


class Parquet:
    """A conversion of records of one type; see the module."""

    __slots__ = ("_columns", "_group", "_outlet", "_rows", "_size", "_writer")

    def __init__(self, layouts: Sequence[Layout], byte_order: str | None) -> None:
        """Raises UsageError where there is not one type, or Arrow cannot hold it."""
        layout = only_one(layouts, "parquet")
        self._begin(ArrowColumns(layout, byte_order), layout.size)

    @classmethod
    def of(cls, columns: Batches) -> Parquet:
        """A conversion of record batches that others make."""
        made = cls.__new__(cls)
        made._begin(columns, columns.size)
        return made

    def _begin(self, columns: ArrowColumns | Batches, size: int) -> None:
        self._columns = columns
        self._size = max(size, 1)
        self._outlet = Outlet()
        self._group: list[pyarrow.RecordBatch] = []
        self._rows = 0
        self._writer: pyarrow.parquet.ParquetWriter | None = None

    def before(self) -> Iterable[memoryview]:
        """How a Parquet file begins."""
        self._writer = pyarrow.parquet.ParquetWriter(
            self._outlet, self._columns.schema, compression=compression()
        )
        return self._outlet.taken()

    def convert(self, index: int, records: memoryview) -> pyarrow.RecordBatch:
        """The records as a batch."""
        assert isinstance(self._columns, ArrowColumns)
        return self._columns.batch(records)

    def pieces(self, part: pyarrow.RecordBatch) -> Iterable[memoryview]:
        """Row groups that are full with these records."""
        self._group.append(part)
        self._rows += part.num_rows
        if self._rows >= GROUP_ROWS or self._rows * self._size >= GROUP_BYTES:
            self._write_group()
        return self._outlet.taken()

    def after(self) -> Iterable[memoryview]:
        """The last row group and the table of all of them."""
        if self._rows:
            self._write_group()
        self.close()
        return self._outlet.taken()

    def close(self) -> None:
        """Write no more."""
        self._group.clear()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _write_group(self) -> None:
        if self._writer is not None:
            table = pyarrow.Table.from_batches(self._group)
            self._writer.write_table(table, row_group_size=max(self._rows, 1))
        self._group.clear()
        self._rows = 0


def compression() -> str:
    """The best compression that pyarrow was built with."""
    return next(c for c in COMPRESSIONS if c == "none" or pyarrow.Codec.is_available(c))
