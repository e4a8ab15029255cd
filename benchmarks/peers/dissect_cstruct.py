"""dissect.cstruct: structs from C source, parsed by Python that it writes for each."""

from __future__ import annotations

import io
import json
from typing import BinaryIO

from peers import Write, installed

NAME = "dissect.cstruct"
SYMBOL = """
struct elf64_sym {
    uint32 st_name; uint8 st_info; uint8 st_other; uint16 st_shndx; uint64 st_value; uint64 st_size;
};
"""


def version() -> str:
    """The version, "" where dissect.cstruct is not installed."""
    return installed(NAME)


def ndjson(records: bytes) -> Write:
    """Each record parsed from a stream, then json.dumps."""
    from dissect.cstruct import cstruct

    symbol = cstruct().load(SYMBOL).elf64_sym
    names = list(symbol.fields)
    count = len(records) // len(symbol)

    def write(out: BinaryIO) -> None:
        stream = io.BytesIO(records)
        for _ in range(count):
            record = symbol(stream)
            values = {name: getattr(record, name) for name in names}
            out.write(json.dumps(values).encode() + b"\n")

    return write
