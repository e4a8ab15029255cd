"""Python's own struct, json and csv: what one writes where nothing else is installed."""

from __future__ import annotations

import csv
import io
import json
import platform
import struct
from typing import BinaryIO

from peers import Write

NAME = "Python"
SYMBOL = "<IBBHQQ"
MEMBERS = ("st_name", "st_info", "st_other", "st_shndx", "st_value", "st_size")


def version() -> str:
    """Python's version."""
    return platform.python_version()


def ndjson(records: bytes) -> Write:
    """struct.iter_unpack and json.dumps."""

    def write(out: BinaryIO) -> None:
        for values in struct.iter_unpack(SYMBOL, records):
            out.write(json.dumps(dict(zip(MEMBERS, values))).encode() + b"\n")

    return write


def comma_separated(records: bytes) -> Write:
    """struct.iter_unpack and csv.writer."""

    def write(out: BinaryIO) -> None:
        text = io.TextIOWrapper(out, newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(MEMBERS)
        writer.writerows(struct.iter_unpack(SYMBOL, records))
        text.detach()

    return write
