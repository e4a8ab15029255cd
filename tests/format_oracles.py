"""Independent readers of the catalogue's formats: programs, run where they are installed."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import prettify
from conftest import PATH, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Any


def run(*command: str | Path, data: bytes = b"", folder: Path | None = None) -> str:
    """What a program printed, which ended well; in English, times in UTC."""
    done = subprocess.run(
        [str(word) for word in command],
        input=data,
        capture_output=True,
        cwd=folder,
        env={
            **os.environ,
            "PATH": PATH,
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "MTOOLS_SKIP_CHECK": "1",
        },
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def tables(source: Path | bytes, format: str | None = None) -> dict[str, list[Any]]:
    """The records of each table, as (offset, values)."""
    found: dict[str, list[Any]] = {}
    for record in prettify.read(source, format):
        found.setdefault(record.table, []).append((record.offset, record.values))
    return found


def until_wrong(source: bytes) -> tuple[list[Any], str]:
    """The records that can be read, and what is said to be wrong behind them."""
    found = []
    try:
        for record in prettify.read(source):
            found.append(record)
    except prettify.DataError as error:
        return found, str(error)
    return found, ""


def enumerators(format: str) -> dict[str, int]:
    """The numbers of a format's enumerators, as its header spells them."""
    header = (ROOT / "formats" / format / f"{format}.h").read_text()
    spelled = re.findall(r"^\t(\w+) = (0x[0-9a-f]+|[0-9]+|'.*?'),$", header, re.MULTILINE)
    return {
        name: ord(value[1:-1].replace(r"\0", "\0")) if value.startswith("'") else int(value, 0)
        for name, value in spelled
    }


def sample(format: str, name: str) -> bytes:
    """One of a format's samples."""
    return (ROOT / "formats" / format / "samples" / f"{name}.bin").read_bytes()


def text(units: Iterable[int]) -> str:
    """What UTF-16 units spell, up to a NUL."""
    raw = b"".join(unit.to_bytes(2, "little") for unit in units)
    return raw.decode("utf-16-le").split("\0")[0]


def guid(value: Any) -> str:
    """A GUID as people write it."""
    last = bytes(value["data4"]).hex().upper()
    return f"{value['data1']:08X}-{value['data2']:04X}-{value['data3']:04X}-{last[:4]}-{last[4:]}"
