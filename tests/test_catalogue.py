"""The catalogue itself: its declarations mean something, its types are those of the headers, its
samples print what is expected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from prettify import layout
from prettify.cli import main
from prettify.records.catalogue.binding import bind
from prettify.records.catalogue.recognition import format_names, load_format
from prettify.sources import catalogue
from prettify.sources.btf import Btf

if TYPE_CHECKING:
    from pathlib import Path

    from prettify.layout import Node

FORMATS = ROOT / "formats"
UPDATE = os.environ.get("PRETTIFY_UPDATE") == "1"
FOLDERS = sorted(path.parent for path in FORMATS.glob("*/*.h"))
SAMPLES = sorted(FORMATS.glob("*/samples/*.bin"))
MOST = 10240  # bytes of a sample


def name_of(path: Path) -> str:
    return str(path.relative_to(FORMATS))


@pytest.mark.parametrize("name", format_names())
@pytest.mark.parametrize("byte_order", ["little", "big"])
def test_a_declaration_means_something(name: str, byte_order: str) -> None:
    format = load_format(name)
    graph = catalogue.open_format(name)
    assert graph is not None
    assert format.summary
    assert "\n" not in format.summary
    for variant in format.variant_names:
        bound = bind(format, variant, graph, byte_order)
        assert any(table.table.shown for table in bound.tables)


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_a_format_is_complete(folder: Path) -> None:
    for name in (f"{folder.name}.btf", "format.toml", "README.md"):
        assert (folder / name).exists(), name
    assert list((folder / "samples").glob("*.bin"))


def test_the_list_has_all_formats_as_they_call_themselves() -> None:
    rows = [
        line for line in (FORMATS / "README.md").read_text().splitlines() if "/README.md) |" in line
    ]
    said = [row.split(" | ")[:2] for row in rows]
    assert said == [[f"| [{n}]({n}/README.md)", load_format(n).summary] for n in format_names()]


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_a_sample_prints_what_is_expected(
    sample: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert sample.stat().st_size <= MOST
    options = ["--format", sample.parent.parent.name]
    if sample.with_suffix(".options").exists():
        options = sample.with_suffix(".options").read_text().split()
    monkeypatch.chdir(ROOT)
    main([*options, str(sample.relative_to(ROOT))])
    printed = b"".join(capfdbinary.readouterr())
    expected = sample.with_suffix(".expected")
    if UPDATE:
        expected.write_bytes(printed)
    assert printed == expected.read_bytes()


def shape(node: Node) -> object:
    """All that a layout says, without ids."""
    inside = [node.element] if node.element is not None else node.children
    return (
        node.kind,
        node.name,
        node.type.name,
        node.declared.name,
        node.bit_offset,
        node.bit_size,
        node.bitfield,
        node.count,
        node.stride,
        [shape(child) for child in inside if child is not None],
    )


def types_of(graph: Btf) -> dict[tuple[str, str], object]:
    """The layouts of all named types."""
    found: dict[tuple[str, str], object] = {}
    for type_id in graph.all_ids():
        kind, name = graph.summary(type_id)
        if name and kind in ("struct", "union", "enum", "typedef", "int"):
            type_ = graph.by_id(type_id)
            values = [(e.name, e.value) for e in getattr(type_, "enumerators", ())]
            found[kind, name] = shape(layout.resolve(type_).root), values
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_the_types_are_those_of_the_header(folder: Path, tmp_path: Path) -> None:
    if not shutil.which("gcc") or not shutil.which("pahole") or sys.byteorder != "little":
        pytest.skip("needs gcc and pahole, on a little-endian machine")
    header, made = folder / f"{folder.name}.h", tmp_path / "made.btf"
    compiled = tmp_path / "made.o"
    flags = ["-Wall", "-Werror", "-g", "-fno-eliminate-unused-debug-types"]
    subprocess.run(["gcc", *flags, "-x", "c", "-c", str(header), "-o", str(compiled)], check=True)
    encode = ["pahole", "-J", "--btf_gen_floats", f"--btf_encode_detached={made}", str(compiled)]
    if subprocess.run(encode, capture_output=True, check=False).returncode:
        pytest.skip("this pahole does not write BTF to a file of its own")
    there = Btf((folder / f"{folder.name}.btf").read_bytes(), str(folder))
    assert types_of(Btf(made.read_bytes(), "made")) == types_of(there)
