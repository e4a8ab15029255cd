"""Jobs within one process: the library against other libraries, output to /dev/null.

Before it is measured, each is made to write a few records, and who writes other values is out.
"""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Callable
from types import ModuleType
from typing import Any, BinaryIO

import ours
from measure import Contender, failure
from peers import Write
from workloads import Workload

FEW = 1000  # records that all must agree on


class Library:
    """A job of libraries: records of a workload to a form, a filter before it or not."""

    __slots__ = ("_few", "_values", "contenders", "form", "records", "where", "workload")

    def __init__(
        self, workload: Workload, form: str, *, times: int = 1, where: str | None = None
    ) -> None:
        self.workload = workload
        self.form = form
        self.where = where
        self.records = workload.records(times)
        self._few = self.records[: FEW * workload.record_type.size]
        self._values: Any = None
        self.contenders: list[Contender] = []
        self.against(
            ours, ours.NAME, lambda records: ours.write(self.workload, records, form, where)
        )

    def against(
        self,
        peer: ModuleType,
        name: str,
        make: Callable[[bytes], Write],
        *,
        share: int = 1,
    ) -> None:
        """One more contender. share: it does that part of the records, its time counts as often."""
        if share > 1:
            count = self.workload.count // share
            name = f"{name} (on {count:,} records, times {share})"
        if not peer.version():
            self.contenders.append(Contender(name, None, missing="not installed"))
            return
        try:
            values = self._written(make(self._few))
            if self._values is None:
                self._values = values
            if values != self._values:
                raise ValueError("writes other values")
            write = make(self.records[: len(self.records) // share])
        except Exception as error:
            self.contenders.append(Contender(name, None, missing=failure(error)))
            return
        self.contenders.append(Contender(name, lambda: dropped(write), share=share))

    def _written(self, write: Write) -> Any:
        path = str(self.workload.folder / "few")
        with open(path, "wb") as out:
            write(out)
        with open(path, "rb") as file:
            return READ[self.form](file)


def dropped(write: Write) -> None:
    """Write to where nothing is kept."""
    with open(os.devnull, "wb") as out:
        write(out)


def _ndjson(file: BinaryIO) -> list[Any]:
    return [json.loads(line) for line in file]


def _csv(file: BinaryIO) -> list[list[str]]:
    return list(csv.reader(io.TextIOWrapper(file)))


def _arrow(file: BinaryIO) -> Any:
    import pyarrow

    return pyarrow.ipc.open_stream(file).read_all().to_pydict()


def _parquet(file: BinaryIO) -> Any:
    from pyarrow import parquet

    return parquet.read_table(file).to_pydict()


READ = {"ndjson": _ndjson, "csv": _csv, "arrow": _arrow, "parquet": _parquet}
