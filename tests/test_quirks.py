"""Runs tests/quirks.toml: what the references print that surprises, reproduced or mended."""

from __future__ import annotations

import sys
from typing import Any

import pytest

import prettify
from conftest import ROOT, VECTORS

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


def test_the_kernel_dialect_reproduces_everything() -> None:
    assert {row["verdict"] for row in QUIRKS if row["dialect"] == "kernel"} == {"reproduced"}
