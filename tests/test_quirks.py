"""Runs tests/quirks.toml: what the references print that surprises, reproduced or mended."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

import prettify
from conftest import ROOT, VECTORS
from prettify.api import RecordType
from prettify.records.maps.entry import Entry

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

QUIRKS = tomllib.loads((ROOT / "tests" / "quirks.toml").read_text())["quirk"]
FIELDS = {"dialect", "reference", "rule", "types", "type", "data", "text", "verdict", "why"}


def shown(row: dict[str, Any]) -> str:
    types = prettify.load_types(str(VECTORS / row["types"]))
    found = types.by_id(row["id"]) if "id" in row else types[row["type"]]
    data = bytes.fromhex(row["data"])
    if row["dialect"] == "bpftool":
        return formatted(found, data)
    flags = row.get("flags", 0)
    kernel = {
        name: bool(flags & bit)
        for name, bit in (("compact", 1), ("noname", 2), ("ptr_raw", 4), ("zero", 8))
    }
    given = kernel if "flags" in row else {"hex": row.get("hex", False)}
    count = len(data) // found.size if found.size else 0
    return "".join(
        found.format(data[i * found.size :], row["dialect"], **given) for i in range(count or 1)
    )


def formatted(value: RecordType, data: bytes) -> str:
    """What stands for a value where an entry of a map is shown as its types say."""
    entry = Entry(4, value.type)
    record = (bytes(entry.value_at) + data).ljust(entry.size, b"\0")
    text = RecordType(entry.layout.type).format(record, "bpftool")
    return text.partition('"formatted":{"value":')[2].removesuffix("}}]\n")


@pytest.mark.parametrize("row", QUIRKS, ids=lambda row: f"{row['dialect']}-{row['rule']}")
def test_quirk(row: dict[str, Any]) -> None:
    assert set(row) >= FIELDS
    if row["verdict"] == "reproduced":
        assert "ours" not in row
        assert shown(row) == row["text"]
    else:
        assert row["verdict"] == "mended"
        assert row["ours"] != row["text"]
        assert shown(row) == row["ours"]


def test_bpftools_form_is_mended_where_it_is_no_json() -> None:
    for row in QUIRKS:
        if row["dialect"] == "bpftool" and not row.get("undefined"):
            assert is_json(row["text"]) == (row["verdict"] == "reproduced")
            assert is_json(row.get("ours", row["text"]))


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def test_the_kernel_dialect_reproduces_everything() -> None:
    assert {row["verdict"] for row in QUIRKS if row["dialect"] == "kernel"} == {"reproduced"}
