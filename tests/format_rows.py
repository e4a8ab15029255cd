"""The records of a file of a format as the command shows them in JSON, for comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import prettify

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


def rows(
    source: Path | bytes, table: str, format: str | None = None, byte_order: str | None = None
) -> list[dict[str, Any]]:
    """A table's records: `table`, `type`, `offset`, and `record`, its members."""
    pieces = prettify.decode(source, to="ndjson", format=format, table=table, byte_order=byte_order)
    assert pieces is not None
    return [json.loads(line) for line in b"".join(pieces).splitlines()]


def records(
    source: Path | bytes, table: str, format: str | None = None, byte_order: str | None = None
) -> list[Any]:
    """A table's records, their members alone."""
    return [row["record"] for row in rows(source, table, format, byte_order)]
