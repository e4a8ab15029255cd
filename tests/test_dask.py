"""What a cluster makes of record files in parts is what one machine makes of them as a whole."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter
from conftest import examples
from prettify import dask as records
from prettify.api import RecordType
from prettify.errors import DataError, UsageError
from prettify.layout import Layout, named_members
from prettify.records.parts import parts_of, put
from prettify.sources.btf import Btf

dask = pytest.importorskip("dask", reason="needs dask: pip install 'prettify[dask]'")
pytest.importorskip("dask.dataframe", reason="needs dask: pip install 'prettify[dask]'")
distributed = pytest.importorskip("distributed", reason="needs distributed")
numpy = pytest.importorskip("numpy")

COUNT = 20_000
SYMBOL = prettify.load_types("elf")["struct elf64_sym"]
ODD = 100_001  # bytes of a part, as asked for: no whole number of records


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two processes, which share nothing with this one but files."""
    with (
        distributed.LocalCluster(
            n_workers=2, processes=True, threads_per_worker=1, dashboard_address=None
        ) as two,
        distributed.Client(two) as client,
    ):
        yield client


@pytest.fixture
def here() -> Iterator[None]:
    """No cluster: this process does all."""
    with dask.config.set(scheduler="synchronous"):
        yield


@pytest.fixture(scope="module")
def symbols(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random symbols with few values of `st_info`, and another half as long."""
    folder = tmp_path_factory.mktemp("records")
    random = numpy.random.default_rng(3)
    data = random.integers(0, 256, COUNT * SYMBOL.size, numpy.uint8)
    data.reshape(COUNT, SYMBOL.size)[:, 4] %= 5
    (folder / "a.bin").write_bytes(data.tobytes())
    (folder / "b.bin").write_bytes(data[: data.size // 2].tobytes())
    return folder


def events() -> RecordType:
    """A type with one of everything that columns treat in a way of its own."""
    w = BtfWriter()
    integer = w.int("int", 4, signed=True)
    long = w.int("unsigned long", 8)
    text = w.array(w.int("char", 1, signed=True), 8)
    colour = w.enum("colour", [("RED", 0), ("BLUE", 1)])
    point = w.struct("point", 8, [("x", integer, 0), ("y", integer, 32)])
    either = w.union("", 8, [("whole", long, 0), ("halves", w.array(integer, 2), 0)])
    members = [
        ("colour", colour, 0),
        ("low", integer, 32, 3),
        ("high", integer, 35, 29),
        ("text", text, 64),
        ("point", point, 128),
        ("", either, 192),
        ("next", w.ptr(point), 256),
    ]
    event = w.struct("event", 40, members)
    return RecordType(Btf(w.bytes(), "made").by_id(event))


def event_bytes(record_type: RecordType, count: int) -> bytes:
    return b"".join(
        record_type.pack(
            {
                "colour": "RED" if i < count // 2 else i % 4,
                "low": i % 4,
                "high": -i,
                "text": ("ab", "c", "", "abcdefgh")[i % 4],
                "point": {"x": i, "y": -i},
                "whole": 2**63 + i,
            }
        )
        for i in range(count)
    )


# The cluster and one machine.


def test_sums_and_groups(cluster: Any, symbols: Path) -> None:
    frame = records.read_records(f"{symbols}/*.bin", SYMBOL, blocksize=ODD)
    assert frame.npartitions == 5 + 3
    data = b"".join((symbols / name).read_bytes() for name in ("a.bin", "b.bin"))
    array = SYMBOL.array(data)
    assert len(frame) == len(array)
    assert frame.st_value.sum().compute() == array["st_value"].sum()
    assert frame.st_name.max().compute() == array["st_name"].max()
    groups = frame.groupby("st_info").st_shndx.sum().compute().to_dict()
    assert groups == {
        info: int(array["st_shndx"][array["st_info"] == info].sum()) for info in range(5)
    }
    sorted_ = frame[["st_info", "st_size"]].set_index("st_info").loc[2:3].compute()
    assert len(sorted_) == numpy.isin(array["st_info"], (2, 3)).sum()


def test_every_kind_of_column(cluster: Any, tmp_path: Path) -> None:
    record_type = events()
    data = event_bytes(record_type, 400)
    (tmp_path / "events").write_bytes(data)
    frame = records.read_records(f"file://{tmp_path}/events", record_type, blocksize="1 kB")
    assert frame.npartitions == 16
    made = frame.compute()
    assert (made.dtypes == frame.dtypes).all()
    assert all((p.compute().dtypes == frame.dtypes).all() for p in list(frame.partitions)[::5])
    unpacked = [record_type.unpack(data[at : at + 40]) for at in range(0, len(data), 40)]
    assert list(made.columns) == list(unpacked[0])
    for name in made.columns:
        expected = [record[name] for record in unpacked]
        if name == "colour":
            expected = [str(value) for value in expected]
        assert [getattr(value, "tolist", lambda v=value: v)() for value in made[name]] == expected
    counts = frame.colour.value_counts().compute().to_dict()
    assert counts == {"RED": 250, "BLUE": 50, "2": 50, "3": 50}


def test_bags(cluster: Any, symbols: Path) -> None:
    found = records.bag(symbols / "b.bin", SYMBOL, blocksize=ODD)
    assert found.npartitions == 3
    data = (symbols / "b.bin").read_bytes()
    assert type(found.take(1)[0]) is dict
    array = SYMBOL.array(data)
    assert found.pluck("st_name").sum().compute() == array["st_name"].sum()
    last = list(found.to_delayed()[-1].compute())[-1]
    assert last == SYMBOL.unpack(data[-SYMBOL.size :])


def test_values_are_plain_all_the_way_down(here: None, tmp_path: Path) -> None:
    record_type = events()
    data = event_bytes(record_type, 9)
    (tmp_path / "events").write_bytes(data)
    made = records.bag(tmp_path / "events", record_type, blocksize=99).compute()
    assert made == [record_type.unpack(data[at : at + 40]) for at in range(0, len(data), 40)]
    assert type(made[3]["point"]) is dict


@pytest.mark.parametrize("to", ["ndjson", "pahole"])
def test_text_in_parts(cluster: Any, symbols: Path, tmp_path: Path, to: str) -> None:
    paths = records.convert(symbols / "a.bin", SYMBOL, to, tmp_path / "out", blocksize=ODD)
    assert paths == [f"{tmp_path}/out/part-{index:05}.{to}" for index in range(5)]
    assert sorted(os.listdir(tmp_path / "out")) == [Path(path).name for path in paths]
    whole = prettify.decode(symbols / "a.bin", SYMBOL, to)
    assert whole is not None
    assert b"".join(Path(path).read_bytes() for path in paths) == b"".join(whole)


def test_flags_travel(cluster: Any, symbols: Path, tmp_path: Path) -> None:
    [path] = records.convert(
        symbols / "b.bin", SYMBOL, "kernel", tmp_path / "out", ptr_raw=True, zero=True
    )
    whole = prettify.decode(symbols / "b.bin", SYMBOL, "kernel", zero=True)
    assert whole is not None
    assert Path(path).read_bytes() == b"".join(whole)


def test_parquet_in_parts(cluster: Any, symbols: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    from prettify.compilers.arrow_columns import table

    records.convert(symbols / "*.bin", SYMBOL, "parquet", tmp_path / "out", blocksize=ODD)
    data = b"".join((symbols / name).read_bytes() for name in ("a.bin", "b.bin"))
    assert parquet.read_table(tmp_path / "out").equals(table(SYMBOL.layout, "little", data))


def test_an_error_of_a_worker_comes_back_as_it_is(cluster: Any, tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(bytes(10 * SYMBOL.size))
    frame = records.read_records(path, SYMBOL)
    os.truncate(path, 9 * SYMBOL.size)
    with pytest.raises(DataError, match=r"216 bytes came from byte 0 on, not 240") as caught:
        frame.compute()
    assert caught.value.offset == 0
    (tmp_path / "gone").write_bytes(bytes(10 * SYMBOL.size))
    frame = records.read_records(tmp_path / "gone", SYMBOL)
    (tmp_path / "gone").unlink()
    with pytest.raises(DataError, match="gone: cannot read at byte 0: no such file"):
        frame.compute()


# What is asked for, and no more.


def test_nothing_is_read_before_it_is_needed(
    here: None, symbols: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: object) -> bytes:
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr("prettify.records.parts.Part.read", fail)
        frame = records.read_records(symbols / "a.bin", SYMBOL)
        assert frame.dtypes.to_dict().keys() == set(SYMBOL.dtype.names or ())
        found = records.bag(symbols / "a.bin", SYMBOL)
    assert len(frame) == COUNT
    assert found.count().compute() == COUNT


def test_a_column_that_nobody_asks_for_is_not_made(
    here: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_type = events()
    (tmp_path / "events").write_bytes(event_bytes(record_type, 9))
    frame = records.read_records(tmp_path / "events", record_type)
    only = records._only
    made: list[list[str]] = []

    def spy(layout: Layout, columns: list[str]) -> Layout:
        made.append([node.name for _, node in named_members(only(layout, columns).root)])
        return only(layout, columns)

    monkeypatch.setattr(records, "_only", spy)
    assert frame[["whole", "text"]].compute().columns.tolist() == ["whole", "text"]
    assert frame.whole.compute().tolist() == [2**63 + i for i in range(9)]
    assert frame.high.sum().compute() == -36
    if hasattr(frame, "expr"):  # before, dask did not say what it needs
        assert made == [["text", "whole"], ["whole"], ["high"]]


def test_the_same_records_have_the_same_name(here: None, tmp_path: Path) -> None:
    path = tmp_path / "records"
    path.write_bytes(bytes(48))
    first, second = (records.read_records(path, SYMBOL)._name for _ in range(2))
    assert first == second
    path.write_bytes(bytes(72))
    assert records.read_records(path, SYMBOL)._name != first


def test_types_that_are_no_structs(here: None, tmp_path: Path) -> None:
    (tmp_path / "words").write_bytes(b"\1\0\0\0\2\0\0\0\xff\xff\xff\xff")
    word = prettify.load_types("elf")["Elf64_Word"]
    frame = records.read_records(tmp_path / "words", word.with_byte_order("big"), blocksize=5)
    assert frame.value.compute().tolist() == [1 << 24, 2 << 24, 2**32 - 1]
    assert records.bag(tmp_path / "words", word).compute() == [1, 2, 2**32 - 1]


def test_select_and_where(here: None, symbols: Path, tmp_path: Path) -> None:
    array = SYMBOL.array((symbols / "a.bin").read_bytes())
    wanted = array[array["st_info"] == 3]
    options: Any = {"select": ["st_value", "st_name"], "where": "st_info == 3", "blocksize": ODD}
    frame = records.read_records(symbols / "a.bin", SYMBOL, **options)
    assert set(frame.columns) == {"st_value", "st_name"}
    assert frame.st_value.compute().tolist() == wanted["st_value"].tolist()
    found = records.bag(symbols / "a.bin", SYMBOL, **options).compute()
    assert [record["st_name"] for record in found] == wanted["st_name"].tolist()
    assert set(found[0]) == {"st_value", "st_name"}
    paths = records.convert(symbols / "a.bin", SYMBOL, "ndjson", tmp_path / "out", **options)
    lines = b"".join(Path(path).read_bytes() for path in paths).splitlines()
    assert len(lines) == len(wanted)
    assert b"st_info" not in lines[0]
    with pytest.raises(UsageError):
        records.read_records(symbols / "a.bin", SYMBOL, select=["nonsense"])
    with pytest.raises(UsageError):
        records.read_records(symbols / "a.bin", SYMBOL, where="st_info ==")


# Files and where they are cut.


@settings(max_examples=examples(50), deadline=None)
@given(
    st.integers(1, 50),
    st.integers(1, 200),
    st.lists(st.integers(0, 500), min_size=1, max_size=3),
    st.integers(0, 60),
)
def test_parts_are_whole_records(size: int, block: int, lengths: list[int], offset: int) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    files = {}
    for index, length in enumerate(lengths):
        files[f"/parts/{index}.bin"] = bytes(i % 251 for i in range(length))
        memory.pipe_file(f"/parts/{index}.bin", files[f"/parts/{index}.bin"])
    found = parts_of(
        [f"memory:/{path}" for path in files], size, block, offset=offset, errors="drop"
    )
    assert all((part.stop - part.start) % size == 0 for part in found)
    assert all(part.stop - part.start <= max(block, size) for part in found)
    for path, data in files.items():
        whole = data[offset : offset + max(len(data) - offset, 0) // size * size]
        own = [part for part in found if part.path == path]
        assert b"".join(part.read() for part in own) == whole
        assert all(part.start < part.stop for part in own) or len(own) == 1


def test_other_file_systems(here: None, symbols: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    data = (symbols / "a.bin").read_bytes()
    memory.pipe_file("/in/a.bin", b"header!" + data)
    frame = records.read_records("memory://in/*.bin", SYMBOL, offset=7, blocksize=ODD)
    assert frame.st_name.sum().compute() == SYMBOL.array(data)["st_name"].sum()
    paths = records.convert(
        "memory://in/a.bin", SYMBOL, "ndjson", "memory://out/", blocksize=ODD, offset=7
    )
    assert paths[0] == "memory://out/part-00000.ndjson"
    whole = prettify.decode(data, SYMBOL)
    assert whole is not None
    assert b"".join(map(memory.cat_file, paths)) == b"".join(whole)
    assert records.convert(
        "memory://in/a.bin", SYMBOL, "ndjson", "memory://", blocksize="1GB", offset=7
    ) == ["memory://part-00000.ndjson"]


def test_empty_files(here: None, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    frame = records.read_records(tmp_path / "empty", SYMBOL)
    assert (len(frame), frame.npartitions) == (0, 1)
    assert records.bag(tmp_path / "empty", SYMBOL).compute() == []
    [path] = records.convert(tmp_path / "empty", SYMBOL, "json", tmp_path / "out")
    assert Path(path).read_bytes() == b"[]\n"


def test_a_record_cut_short(here: None, tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(bytes(60))
    for make in (records.read_records, records.bag):
        with pytest.raises(DataError) as caught:
            make(path, SYMBOL)
        assert str(caught.value) == (
            f"{path}: record cut short at byte 48: 12 bytes left, 24 needed"
        )
        assert caught.value.offset == 48
    assert len(records.read_records(path, SYMBOL, errors="drop")) == 2
    assert len(records.read_records(path, SYMBOL, offset=12)) == 2
    with pytest.raises(DataError, match="ends at byte 60, before its records at byte 61"):
        records.read_records(path, SYMBOL, offset=61)
    assert len(records.read_records(path, SYMBOL, offset=61, errors="drop")) == 0


@pytest.mark.parametrize(
    ("urlpath", "options", "said"),
    [
        ("nothing*", {}, "no files match 'nothing*'"),
        ("nothing", {}, "cannot open 'nothing': no such file"),
        ([], {}, "no files: name some"),
        ("a", {"errors": "ignore"}, "errors 'ignore': known are raise and drop"),
        ("a", {"offset": -1}, "offset -1: "),
        ("a", {"blocksize": 0}, "blocksize 0: "),
        ("a", {"blocksize": "many"}, "blocksize 'many': "),
        ("folder", {}, "folder is a directory: name the files in it, as in folder/*"),
        ("nowhere://a", {}, "cannot open 'nowhere://a': "),
    ],
)
def test_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, urlpath: Any, options: Any, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_bytes(bytes(24))
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError) as caught:
        records.read_records(urlpath, SYMBOL, **options)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_wrong_conversions(here: None, symbols: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="form 'nonsense'"):
        records.convert(symbols / "a.bin", SYMBOL, "nonsense", out)
    with pytest.raises(UsageError, match="hex means nothing in ndjson"):
        records.convert(symbols / "a.bin", SYMBOL, "ndjson", out, hex=True)
    with pytest.raises(UsageError, match="hex means nothing in parquet"):
        records.convert(symbols / "a.bin", SYMBOL, "parquet", out, hex=True)
    assert not out.exists()
    records.convert(symbols / "b.bin", SYMBOL, "ndjson", out)
    with pytest.raises(UsageError, match="already has parts"):
        records.convert(symbols / "b.bin", SYMBOL, "ndjson", out)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot write to"):
        records.convert(symbols / "b.bin", SYMBOL, "ndjson", tmp_path / "file")


def test_a_type_of_no_bytes(symbols: Path) -> None:
    w = BtfWriter()
    empty = RecordType(Btf(w.bytes(), "made").by_id(0))
    with pytest.raises(UsageError):
        records.bag(symbols / "a.bin", empty)


@pytest.mark.parametrize("protocol", ["file", "memory"])
def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, protocol: str) -> None:
    fs = pytest.importorskip("fsspec").filesystem(protocol)

    def pieces() -> Iterator[bytes]:
        yield b"first"
        raise DataError("then nothing")

    with pytest.raises(DataError):
        put(fs, f"{tmp_path}/part", pieces())
    assert not fs.exists(f"{tmp_path}/part")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("module", ["fsspec", "dask.dataframe"])
def test_without_dask(monkeypatch: pytest.MonkeyPatch, symbols: Path, module: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"needs dask: pip install 'prettify\[dask\]'"):
        records.read_records(symbols / "a.bin", SYMBOL)
