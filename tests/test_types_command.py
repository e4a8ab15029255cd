"""`prettify types`: lists by kind and size, and what sources are."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import prettify
from btf_writer import BtfWriter
from conftest import COMMAND, VECTORS
from elf_writer import NOTES, Section, elf
from prettify.errors import UsageError
from prettify.model import size_of
from prettify.records.query.type_filter import WORDS, parse_sizes
from prettify.sources.btf import Btf
from prettify.sources.kernels import KERNEL
from prettify.sources.listing import LISTED
from prettify.sources.notes import build_id, build_id_of_file

if TYPE_CHECKING:
    from collections.abc import Sequence

ZOO = str(VECTORS / "pahole" / "gcc-pahole.btf")
BUILD_ID = bytes(range(20))
NOTE = b"\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0" + BUILD_ID
OTHER_NOTE = b"\x06\0\0\0\x02\0\0\0\x01\0\0\0Linux\0\0\0ab\0\0"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "types", *arguments], capture_output=True, text=True, check=False
    )


def listed(*arguments: str) -> Any:
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def message(*arguments: str) -> str:
    done = run(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("prettify: ").rstrip("\n")


@pytest.fixture
def samples() -> list[dict[str, Any]]:
    """All that there is in the zoo."""
    found: list[dict[str, Any]] = listed("-t", ZOO)
    return found


# Kinds and sizes.


def test_json_is_short_for_to_json() -> None:
    assert run("-t", ZOO, "h_*", "--json").stdout == run("-t", ZOO, "h_*", "--to=json").stdout
    assert run("-t", ZOO, "--json", "--to", "text").stdout == run("-t", ZOO).stdout


@pytest.mark.parametrize("kinds", [["struct"], ["union", "enum"], ["typedef", "int", "float"]])
def test_lists_by_kind(kinds: Sequence[str], samples: list[dict[str, Any]]) -> None:
    expected = [t for t in samples if t["kind"] in kinds]
    assert expected
    assert listed("-t", ZOO, "--kind", ",".join(kinds)) == expected
    assert listed("-t", ZOO, "--kind", " , ".join(reversed(kinds))) == expected
    names = prettify.load_types(ZOO).names(kind=",".join(kinds))
    assert [name.split()[-1] for name in names] == [t["name"].split()[-1] for t in expected]


def test_every_kind_that_is_listed_has_a_word(samples: list[dict[str, Any]]) -> None:
    assert set(WORDS.values()) == set(LISTED)
    assert {t["kind"] for t in samples} <= set(WORDS)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("8", 8, 8),
        ("0x10", 16, 16),
        ("010", 8, 8),
        ("8..16", 8, 16),
        (" 8 .. 0x10 ", 8, 16),
        ("16..", 16, 1 << 40),
        ("..16", 0, 16),
        ("16..8", 1, 0),
        ("0", 0, 0),
    ],
)
def test_lists_by_size(text: str, low: int, high: int, samples: list[dict[str, Any]]) -> None:
    expected = [t for t in samples if t["size"] is not None and low <= t["size"] <= high]
    assert listed("-t", ZOO, "--size", text) == expected
    assert len(prettify.load_types(ZOO).names(size=text)) == len(expected)


def test_a_size_may_be_a_number_in_python() -> None:
    types = prettify.load_types(ZOO)
    assert types.names(size=8) == types.names(size="8")
    assert types.names("struct *", kind="union") == []


@pytest.mark.parametrize("text", ["", "..", "x", "8..x", "x..8", "-1", ">=8", "8..9..10", "1.5"])
def test_sizes_that_are_none(text: str) -> None:
    assert "N, N..M, N.. or ..M expected" in message("-t", ZOO, f"--size={text}")
    with pytest.raises(UsageError, match="size '"):
        prettify.load_types(ZOO).names(size=text)


def test_sizes_of_all() -> None:
    assert parse_sizes(None, "size") is None


@pytest.mark.parametrize("text", ["", "struct,", "pointer", "structs", "struct union"])
def test_kinds_that_are_none(text: str) -> None:
    assert "is none of struct, union, enum, typedef, " in message("-t", ZOO, f"--kind={text}")


def test_filters_that_nothing_passes_leave_an_empty_list() -> None:
    for arguments in (["--size", "12345678"], ["h_none", "--size", "9"], ["h_*", "--kind=float"]):
        done = run("-t", ZOO, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert run("-t", ZOO, *arguments, "--json").stdout == "[]\n"
    assert "not found" in message("-t", ZOO, "no_such_name", "--size", "1..")


def test_quick_sizes_are_those_of_the_types() -> None:
    graph = Btf(Path(ZOO).read_bytes(), ZOO)
    for type_id in graph.all_ids():
        assert graph.size(type_id) == size_of(graph.by_id(type_id))


# What sources are.


def described(*arguments: str) -> Any:
    return listed("--sources", *arguments)


def split_on(base: BtfWriter) -> bytes:
    writer = BtfWriter(base=base)
    writer.struct("more", 4, [("x", 1, 0)])
    return writer.bytes()


def small_types(order: Any = "little") -> BtfWriter:
    writer = BtfWriter(order)
    number = writer.int("long", 4, signed=True)
    writer.ptr(number)
    writer.struct("a", 4, [("x", number, 0)])
    writer.struct("b", 4, [("x", number, 0)])
    writer.func("f", writer.func_proto(0))
    return writer


def test_what_raw_btf_is(tmp_path: Path) -> None:
    path = tmp_path / "types.btf"
    path.write_bytes(small_types("big").bytes())
    assert described("-t", str(path)) == [
        {
            "path": str(path),
            "format": "BTF",
            "container": "raw",
            "base": None,
            "producers": [],
            "languages": [],
            "types": 6,
            "kinds": {"struct": 2, "func": 1, "int": 1, "pointer": 1, "prototype": 1},
            "byte_order": "big",
            "pointer_size": 4,
            "build_id": None,
        }
    ]
    assert run("--sources", "-t", str(path)).stdout == (
        f"{path}\n"
        "  format     BTF\n"
        "  container  raw\n"
        "  types      6: 2 struct, 1 func, 1 int, 1 pointer, 1 prototype\n"
        "  byte order big\n"
        "  pointers   4 bytes\n"
    )


@pytest.mark.parametrize("section", [".note.gnu.build-id", ".notes"])
def test_what_an_elf_file_says_of_itself(section: str, tmp_path: Path) -> None:
    path = tmp_path / "types.o"
    comment = b"\0GCC: (Debian) 12.2\0clang 14\0GCC: (Debian) 12.2\0"
    sections = {
        ".BTF": small_types().bytes(),
        ".comment": comment,
        section: Section(OTHER_NOTE + NOTE, kind=NOTES),
    }
    path.write_bytes(elf(sections))
    [source] = described("-t", str(path))
    assert source["container"] == "ELF"
    assert source["producers"] == ["GCC: (Debian) 12.2", "clang 14"]
    assert source["build_id"] == BUILD_ID.hex()
    assert source["pointer_size"] == 8
    shown = run("--sources", "-t", str(path)).stdout
    assert "  producer   GCC: (Debian) 12.2; clang 14\n" in shown
    assert f"  build-id   {BUILD_ID.hex()}\n" in shown


def test_what_split_btf_is(tmp_path: Path) -> None:
    base = small_types()
    (tmp_path / "base").write_bytes(base.bytes())
    (tmp_path / "split").write_bytes(split_on(base))
    arguments = ("-t", str(tmp_path / "split"), "--btf-base", str(tmp_path / "base"))
    [source] = described(*arguments)
    assert source["format"] == "split BTF"
    assert source["base"] == str(tmp_path / "base")
    assert (source["types"], source["kinds"]) == (1, {"struct": 1})
    types = prettify.load_types(str(tmp_path / "split"), base=tmp_path / "base")
    assert types["more"].size == 4  # and quick sizes of what the base has
    assert types.names(size=4, kind="struct") == ["struct a", "struct b", "struct more"]


def test_sources_are_called_as_they_were_named() -> None:
    assert [source["path"] for source in described("-t", "elf", "-t", ZOO)] == ["elf", ZOO]
    first = described()[0]
    assert first["container"] in ("raw", "catalogue")
    [source] = prettify.load_types("elf").describe()
    assert (source.path, source.format, source.container) == ("elf", "BTF", "catalogue")
    assert source.types == sum(source.kinds.values())
    assert "elf" in repr(source)


def test_sources_as_lines() -> None:
    lines = run("--sources", "-t", "elf", "-t", ZOO, "--to", "ndjson").stdout.splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["elf", ZOO]


def test_a_source_that_cannot_be_opened_leaves_no_half_a_list(tmp_path: Path) -> None:
    assert "no such file" in message("--sources", "--json", "-t", "elf", "-t", f"{tmp_path}/no")


@pytest.mark.parametrize("more", [["x*"], ["--kind", "int"], ["--size", "8"]])
def test_sources_are_whole_sources(more: list[str]) -> None:
    assert "no GLOB, --kind or --size goes with it" in message("--sources", "-t", "elf", *more)


@pytest.mark.skipif(not Path(KERNEL).exists(), reason=f"no {KERNEL}: this kernel has no BTF")
def test_the_running_kernel_has_its_build_id() -> None:
    [source] = described("-t", KERNEL)
    assert source["build_id"] == (build_id_of_file("/sys/kernel/notes", "little").hex() or None)
    assert source["kinds"]["struct"] > 1000


def test_build_ids_in_notes() -> None:
    assert build_id(NOTE, "little") == BUILD_ID
    assert build_id(OTHER_NOTE + NOTE, "little") == BUILD_ID
    assert build_id(OTHER_NOTE, "little") == b""
    assert build_id(NOTE, "big") == b""
    assert build_id(b"", "little") == b""
    assert build_id(b"\xff" * 40, "little") == b""
    assert build_id_of_file("/no/such/file", "little") == b""
