"""The pahole dialect and the command's options against what pahole prints, or should."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from conftest import COMMAND, VECTORS
from prettify.cli import main

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = VECTORS / "pahole"


# The row's text has numbers where the DWARF has enumerators of these values, of which pahole keeps
# 32 bits each. Its twin, of BTF made from the same types and with the same data, has their names.
TWINS = {"enums-dwarf": "enums"}


def rows() -> list[dict[str, Any]]:
    """All rows: of BTF (.btf), and of DWARF (.o)."""
    vectors = json.loads((FOLDER / "prettify_vectors.json").read_text())["vectors"]
    texts = {v["id"]: v["expect"] for v in vectors}
    return [{**v, "expect": texts[TWINS.get(v["id"], v["id"])]} for v in vectors]


def arguments(row: dict[str, Any]) -> list[str]:
    kind = ["-C", row["type"]] if row["type"] else []
    return ["-t", str(FOLDER / row["obj"]), *kind, *row["options"]]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_output_and_status(
    row: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: Any
) -> None:
    data = bytes.fromhex(row["data"])
    if row.get("stdin") == "pipe":
        read, write = os.pipe()
        os.write(write, data)
        os.close(write)
        name = f"/dev/fd/{read}"
    else:
        (tmp_path / "data").write_bytes(data)
        name = str(tmp_path / "data")
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.FileIO(1, "w", closefd=False)))
    status = main([*arguments(row), name])
    sys.stdout.flush()
    out, err = capfdbinary.readouterr()
    assert out.decode() == row["expect"]
    assert status == row["expect_rc"]
    assert err.count(b"\n") == (1 if status else 0)


def test_all_rows_are_there() -> None:
    assert len(rows()) == 410


def test_standard_input() -> None:
    row = next(row for row in rows() if row["id"] == "stdin-pipe")
    done = subprocess.run(
        [*COMMAND, *arguments(row)],
        input=bytes.fromhex(row["data"]),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == row["expect"]
    assert not done.stderr
