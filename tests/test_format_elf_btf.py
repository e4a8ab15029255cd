"""The formats elf and btf against other readers: pyelftools, readelf, bpftool."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import prettify
from conftest import ROOT

elffile = pytest.importorskip("elftools.elf.elffile")

ELF_SAMPLES = sorted((ROOT / "formats" / "elf" / "samples").glob("*.bin"))
BTF_SAMPLES = sorted((ROOT / "formats" / "btf" / "samples").glob("*.bin"))
FILES = [*ELF_SAMPLES, Path(sys.executable).resolve(), Path("/bin/true"), Path("/bin/bash")]


def tables(path: Path) -> dict[str, Any]:
    """All tables of a file, as the JSON form has them."""
    found: dict[str, Any] = json.loads(b"".join(prettify.decode(path, to="json") or ()))
    return found


def plain(entry: Any) -> dict[str, Any]:
    """What pyelftools has of a record, names of constants and parts of members left out."""
    return {k: v for k, v in entry.items() if isinstance(v, int) and not k.startswith("r_info_")}


def assert_agree(ours: list[dict[str, Any]], theirs: list[Any]) -> None:
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs):
        wanted = plain(other)
        assert {key: one[key] for key in wanted if key in one} == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_tables_are_what_pyelftools_reads(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"no {path}")
    with open(path, "rb") as file:
        if file.read(4) != b"\x7fELF":
            pytest.skip("no ELF file")
        elf = elffile.ELFFile(file)
        found = tables(path)
        assert_agree([found["header"]], [elf.header])
        assert_agree(found["segment"], [s.header for s in elf.iter_segments()])
        assert_agree(found["section"], [s.header for s in elf.iter_sections()])
        sections = list(elf.iter_sections())

        def of(*kinds: str) -> list[Any]:
            return [section for section in sections if section["sh_type"] in kinds]

        symbols = [s.entry for part in of("SHT_SYMTAB", "SHT_DYNSYM") for s in part.iter_symbols()]
        assert_agree(found["symbol"], symbols)
        for table, kind in (("rel", "SHT_REL"), ("rela", "SHT_RELA")):
            entries = [r.entry for part in of(kind) for r in part.iter_relocations()]
            assert_agree(found[table], entries)
        dynamic = [tag.entry for part in of("SHT_DYNAMIC") for tag in part.iter_tags()]
        assert [e["d_un"]["d_val"] for e in found["dynamic"]] == [e.d_val for e in dynamic]
        notes = [note for part in of("SHT_NOTE") for note in part.iter_notes()]
        if not sections:
            parts = [s for s in elf.iter_segments() if s["p_type"] == "PT_NOTE"]
            notes = [note for part in parts for note in part.iter_notes()]
        ours = found["note"] or found["segment_note"]
        assert [(n["n_namesz"], n["n_descsz"], n["n_name"]) for n in ours] == [
            (n.n_namesz, n.n_descsz, n.n_name) for n in notes
        ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_records_are_where_readelf_says(path: Path) -> None:
    if not shutil.which("readelf"):
        pytest.skip("needs readelf")
    done = subprocess.run(
        ["readelf", "-hW", str(path)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip("no ELF file")
    lines = {
        k.strip(): v.split() for k, _, v in (x.partition(":") for x in done.stdout.splitlines())
    }
    offsets: dict[str, list[int]] = {}
    for record in prettify.read(path):
        offsets.setdefault(record.table, []).append(record.offset)
    for table, where, many in (
        ("segment", "Start of program headers", "Number of program headers"),
        ("section", "Start of section headers", "Number of section headers"),
    ):
        there = offsets.get(table, [])
        assert len(there) == int(lines[many][0])
        if there:
            assert there[0] == int(lines[where][0])


def test_versions_of_a_module() -> None:
    found = tables(ROOT / "formats" / "elf" / "samples" / "module.bin")["version"]
    assert [(v["crc"], v["name"]) for v in found] == [
        (0x4D3CBE27, "module_layout"),
        (0x122C3A7E, "_printk"),
        (0x5B8239CA, "__x86_return_thunk"),
    ]


# Members of bpftool's types, and where ours are.
LISTS = {
    "STRUCT": ("members", "members"),
    "UNION": ("members", "members"),
    "ENUM": ("values", "values"),
    "ENUM64": ("values", "values"),
    "FUNC_PROTO": ("params", "params"),
    "DATASEC": ("vars", "variables"),
}


@pytest.mark.parametrize("path", BTF_SAMPLES, ids=lambda path: path.name)
def test_types_are_what_bpftool_lists(path: Path) -> None:
    if not shutil.which("bpftool"):
        pytest.skip("needs bpftool")
    command = ["bpftool", "-j", "btf", "dump", "file", str(path), "format", "raw"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this bpftool does not read it")
    theirs = json.loads(done.stdout)["types"]
    found = tables(path)
    raw = path.read_bytes()
    strings = found["header"]["hdr_len"] + found["header"]["str_off"]

    def name(record: dict[str, Any]) -> str:
        start = strings + record["name_off"]
        return raw[start : raw.index(b"\0", start)].decode() or "(anon)"

    assert len(found["type"]) == len(theirs)
    for one, other in zip(found["type"], theirs):
        assert name(one) == other["name"]
        if "size" in other and "size" in one:
            assert one["size"] == other["size"]
        if "type_id" in other and other["kind"] != "ARRAY":
            assert one["type"] == other["type_id"]
        if other["kind"] == "ARRAY":
            assert one["array"]["nelems"] == other["nr_elems"]
        if other["kind"] in LISTS:
            list_there, list_here = LISTS[other["kind"]]
            assert len(one[list_here]) == len(other[list_there])
            for member, its in zip(one[list_here], other[list_there]):
                assert member.get("type", its.get("type_id")) == its.get("type_id")
                if "name" in its:
                    assert name(member) == its["name"]
