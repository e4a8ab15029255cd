"""What bpftool and the kernel write of maps is read back, and is what had been put into them."""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import bpf_maps
import map_dumps
import prettify
from conftest import need
from dumped import Reading, layout_of, read
from map_dumps import Output
from prettify.compilers.construct_parser import unpack
from prettify.layout import Layout
from prettify.records.input import Input
from prettify.records.maps.dumped import shapes
from prettify.records.maps.dumped.dump import LookupFailed
from prettify.records.maps.dumped.opening import open_dump
from prettify.records.maps.entry import Entry
from test_kernel_vectors import MAP_FLAGS, rows

IDS, KEPT = map_dumps.kept()
WARNINGS = b"# WARNING!! first\n# WARNING!! second\n"


@functools.cache
def type_of(name: str) -> Layout | None:
    """The layout of a type by its name in `map_dumps`."""
    return layout_of(map_dumps.TYPES.read_bytes(), IDS[name]) if name else None


def expected(output: Output) -> list[tuple[int | None, Counter[tuple[bytes, bytes]]]]:
    return [
        (
            said["cpus"] if said["entries"] else None,
            Counter((bytes.fromhex(key), bytes.fromhex(values)) for key, values in said["entries"]),
        )
        for said in output.maps
    ]


def check(output: Output) -> None:
    """Read an output and compare it with what was put in."""
    if output.shape == shapes.LIST:
        check_list(output)
        return
    reading = read(output.data, type_of(output.key), type_of(output.value))
    assert reading.shape == output.shape
    if output.shape == shapes.PINNED and output.value != "characters":  # an enum swallows others
        assert text_of(reading, output) == output.data
    if output.shape == shapes.TYPED and output.lossy:
        assert reading.error is not None
        assert ": value.f: it is not in this text; `bpftool -j map dump` has" in str(reading.error)
        return
    assert reading.error is None
    assert bool(reading.notes) == output.lossy
    assert len(reading.reports) == output.failing
    if not output.lossy:
        assert [(m.cpus, Counter(entries)) for m, entries in reading.maps] == expected(output)
    for said, (map_, _) in zip(output.maps, reading.maps):
        for name in ("id", "name", "type"):
            assert getattr(map_, name) == said.get(name, None if name == "id" else "")


def text_of(reading: Reading, output: Output) -> bytes:
    """The text that the kernel writes of these entries, hashes of pointers being pointers."""
    types = prettify.load_types(str(map_dumps.TYPES))

    def shown(name: str, data: bytes) -> bytes:
        flags: Any = {"compact": True, "noname": True, "zero": True, "ptr_raw": True}
        return types.by_id(IDS[name]).format(data, "kernel", **flags).encode("latin-1")

    lines = [b"# WARNING!! The output is for debug purpose only\n"]
    lines += [b"# WARNING!! The output format will change\n"]
    [(map_, entries)] = reading.maps
    for key, values in entries:
        name = shown(output.key, key) + b": " if output.key else b""
        if not map_.cpus:
            lines.append(name + shown(output.value, values) + b"\n")
            continue
        size = map_.value_size or 0
        lines.append(name + b"{\n")
        for cpu in range(map_.cpus):
            one = shown(output.value, values[cpu * size : (cpu + 1) * size])
            lines.append(b"\tcpu%d: %b\n" % (cpu, one))
        lines.append(b"}\n")
    return b"".join(lines)


def check_list(output: Output) -> None:
    reports: list[Any] = []
    dump = open_dump(Input(output.data), reports.append, reports.append)
    assert dump.shape == shapes.LIST
    by_id = {map_.id: map_ for map_ in dump.listed()}
    assert len(by_id) >= len(output.maps)
    for said in output.maps:
        map_ = by_id[said["id"]]
        assert {name: getattr(map_, name) for name in said} == {
            **said, "pinned": tuple(said["pinned"])
        }  # fmt: skip
        assert not map_.frozen
        assert map_.memory
    assert any(map_.btf_id for map_ in by_id.values())
    assert not reports


@pytest.mark.parametrize("output", KEPT, ids=lambda output: output.file)
def test_what_was_kept(output: Output) -> None:
    check(output)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Output]]:
    """What is written here and now."""
    need("bpftool")
    bpf_maps.need_maps()
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("maps")
        pins = stack.enter_context(bpf_maps.bpf_file_system(Path(folder)))
        maps = map_dumps.Made(stack, f"{os.getpid() % 10**6}")
        yield {output.file: output for output in maps.outputs(pins)}


@pytest.mark.parametrize("file", [output.file for output in KEPT])
def test_what_is_written_now(made: dict[str, Output], file: str) -> None:
    check(made[file])


def test_all_that_is_written_now_was_kept(made: dict[str, Output]) -> None:
    assert set(made) == {output.file for output in KEPT}
    assert {output.shape for output in KEPT} == set(shapes.SHAPES) - {shapes.RAW}


@pytest.mark.parametrize("row", rows("mapdump.json"), ids=lambda row: row["type"])
def test_texts_of_the_kernel(row: dict[str, Any], vectors: Path) -> None:
    """Read and written again they are the same, unless enums swallow what belongs to no one."""
    btf = vectors / "kernel" / "mapdump.btf"
    text = row["expect"].encode("latin-1")
    reading = read(WARNINGS + b"5: " + text + b"\n", None, layout_of(btf.read_bytes(), row["id"]))
    assert reading.error is None
    [(key, value)] = reading.entries
    assert key == b"\5\0\0\0"
    flags = {"compact": 1, "noname": 2, "zero": 8}
    assert sum(flags.values()) == MAP_FLAGS
    of_type = prettify.load_types(str(btf)).by_id(row["id"])
    again = of_type.format(value, "kernel", ptr_raw=True, **dict.fromkeys(flags, True))
    known = bytes.fromhex(row["data"])
    assert len(value) == len(known)
    assert all(byte & there == byte for byte, there in zip(value, known))
    if row["type"] not in ("struct mixed_enums", "var g_enums", "datasec .bss"):
        assert again == row["expect"]


def test_failures_say_which_key_and_why() -> None:
    [devmap] = [output for output in KEPT if output.file == "devmap.txt"]
    reading = read(devmap.data)
    assert [str(report) for report in reading.reports] == [
        f"data: at byte {36 * i}: the value of key 0{i} 00 00 00 could not be looked up: no entry"
        for i in range(3)
    ]
    assert [report.key for report in reading.reports if isinstance(report, LookupFailed)] == [
        bytes([i, 0, 0, 0]) for i in range(3)
    ]
    [in_json] = [output for output in KEPT if output.file == "devmap.json"]
    reasons = {r.reason for r in read(in_json.data).reports if isinstance(r, LookupFailed)}
    assert reasons == {"No such file or directory"}


def test_what_texts_lose_is_noted_once() -> None:
    by_file = {output.file: output for output in KEPT}
    said = {}
    for name in ("pointers", "characters", "floats"):
        output = by_file[f"{name}.pinned"]
        said[name] = read(output.data, type_of("u32"), type_of(output.value)).notes
    assert said["characters"] == [
        "data: value.mac: the kernel ends arrays of one-byte integers at the first zero: all "
        "behind it is zero here"
    ]
    assert said["floats"] == [
        "data: value.f: the kernel writes no floats: they are zero here",
    ]
    assert sorted(said["pointers"]) == [
        "data: value.both: the kernel writes the first of these elements for all: the others are "
        "zero here",
        "data: value.p: the kernel writes hashes in place of pointers",
    ]


@pytest.mark.parametrize("name", ["percpu-hash", "percpu-array", "numbers", "lru"])
def test_entries_agree_with_what_bpftool_makes_of_them(name: str) -> None:
    """As records of `Entry`, and against `formatted`, where that is JSON."""
    [output] = [output for output in KEPT if output.file == f"{name}.json"]
    map_ = map_dumps.MAPS[name]
    key, value = type_of(map_.key), type_of(map_.value)
    assert key is not None
    assert value is not None
    dumped = next(open_dump(Input(output.data), pytest.fail, pytest.fail).maps())
    assert dumped is not None
    [chunk] = dumped.entries(key, value)
    assert chunk is not None
    entry = Entry(key.type, value.type, cpus=dumped.cpus or 0)
    records = bytearray(chunk.count * entry.size)
    entry.fill(chunk, 0, chunk.count, records)
    shown = []
    for start in range(0, len(records), entry.size):
        record = unpack(entry.layout, "little", records[start : start + entry.size])
        if "values" in record:
            record["values"] = [
                {"cpu": cpu, "value": one} for cpu, one in enumerate(record["values"])
            ]
        shown.append(record)
    assert shown == [one["formatted"] for one in json.loads(output.data)]
