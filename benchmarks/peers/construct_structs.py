"""construct: declarative parsers. Compiled by construct itself, which makes them faster."""

from __future__ import annotations

import io
import json
from typing import BinaryIO

from peers import Write, installed

NAME = "construct"


def version() -> str:
    """The version, "" where construct is not installed."""
    return installed(NAME)


def ndjson(records: bytes) -> Write:
    """Each record parsed from a stream, then json.dumps."""
    from construct import Int8ul, Int16ul, Int32ul, Int64ul, Struct

    members = {
        "st_name": Int32ul,
        "st_info": Int8ul,
        "st_other": Int8ul,
        "st_shndx": Int16ul,
        "st_value": Int64ul,
        "st_size": Int64ul,
    }
    symbol = Struct(*(name / type_ for name, type_ in members.items()))
    count = len(records) // symbol.sizeof()
    compiled = symbol.compile()

    def write(out: BinaryIO) -> None:
        stream = io.BytesIO(records)
        for _ in range(count):
            record = compiled.parse_stream(stream)
            values = {name: record[name] for name in members}
            out.write(json.dumps(values).encode() + b"\n")

    return write
