"""The kernel dialect against text printed by the kernel itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import prettify
from conftest import VECTORS

if TYPE_CHECKING:
    from prettify.api import Types

FLAGS = {"compact": 1, "noname": 2, "ptr_raw": 4, "zero": 8}
MAP_FLAGS = 11  # what the kernel prints maps with


def rows(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / "kernel" / name).read_text())
    return found


def check(types: Types, row: dict[str, Any]) -> None:
    """One record, and the same three times over through the bulk path."""
    given = row.get("flags", MAP_FLAGS)
    flags = {name: bool(given & bit) for name, bit in FLAGS.items()}
    data = bytes.fromhex(row["data"])
    record_type = types.by_id(row["id"])
    assert record_type.format(data, "kernel", **flags) == row["expect"], row["type"]
    if record_type.size:
        stream = 3 * data[: record_type.size]
        pieces = prettify.decode(stream, record_type, "kernel", jobs=2, **flags)
        expected = ("\n" if flags["compact"] else "").join(3 * [row["expect"]])
        assert b"".join(pieces or ()).decode("latin-1") == expected, row["type"]


@pytest.mark.parametrize("rule", sorted({row["rule"] for row in rows("vectors.json")}))
def test_bpf_snprintf_btf(rule: str) -> None:
    types = prettify.load_types(str(VECTORS / "kernel" / "types.btf"))
    for row in rows("vectors.json"):
        if row["rule"] == rule:
            check(types, row)


@pytest.mark.parametrize("row", rows("mapdump.json"), ids=lambda row: row["type"])
def test_map_printer(row: dict[str, Any]) -> None:
    check(prettify.load_types(str(VECTORS / "kernel" / "mapdump.btf")), row)


@pytest.mark.parametrize("file", ["vectors.json", "mapdump.json"])
def test_types_are_found_by_the_names_of_the_vectors(file: str) -> None:
    """By `struct x`, `var x`, `datasec x`, a bare name, or `#ID` for those without one."""
    source = "types.btf" if file == "vectors.json" else "mapdump.btf"
    types = prettify.load_types(str(VECTORS / "kernel" / source))
    for name, type_id in {(row["type"], row["id"]) for row in rows(file)}:
        if name.startswith("#"):
            assert types[name].type.id == int(name[1:]) == type_id
        elif name.startswith("datasec ") or "." not in name:  # not `struct x.member`
            assert type_id in {found.type.id for found in types.all(name)}, name
