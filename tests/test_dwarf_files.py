"""DWARF wherever compilers, linkers and packagers put it: one type, the same layout every time."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import zlib
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

import prettify
from dwarf_dies import die, dwarf
from elf_writer import COMPRESSED, Section, compressed, elf
from prettify import layout as layouts
from prettify import model
from prettify.errors import TypeInfoError, UsageError
from prettify.sources.dwarf import debug_files
from prettify.sources.dwarf.sections import sections_of
from prettify.sources.elf_image import open_elf_image
from prettify.sources.opening import open_source

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from prettify.layout import Node
    from prettify.model import TypeGraph

# Numbers are spelled so that gcc and clang call them the same.
SOURCE = """
enum kind { PLAIN = 1, FANCY = 1000 };
typedef struct { char name[8]; enum kind kind; } label;
struct node {
    struct node *next;
    unsigned int low:3, high:5;
    signed char tiny:2;
    _Bool flag:1;
    union { float real; unsigned char bytes[2][4]; };
    label labels[2];
    double value;
    int rest[];
};
struct node *head;
label *first;
"""
MAIN = "int main(void) { return head != 0; }\n"
NAME = "struct node"
SECONDS = 10  # llvm-dwp 14 may not end at all


def shape(node: Node) -> object:
    """What a layout says about bytes, and names."""
    signed = layouts.is_signed(node)
    own = (node.kind, node.name, node.bit_offset, node.bit_size, node.bitfield, node.count, signed)
    inside = node.children if node.element is None else (node.element,)
    return (own, *map(shape, inside))


def shape_in(path: Path | str, name: str = NAME) -> object:
    return shape(prettify.load_types(path, formats=("dwarf",))[name].layout.root)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> object:
    """The layout by hand-made DWARF: what x86-64's ABI says, told to no compiler."""
    path = tmp_path_factory.mktemp("made") / "made.o"
    i = die("base_type", name="unsigned int", byte_size=4, encoding=7)
    s = die("base_type", name="signed char", byte_size=1, encoding=6)
    c = die("base_type", name="char", byte_size=1, encoding=6)
    u = die("base_type", name="unsigned char", byte_size=1, encoding=8)
    b = die("base_type", name="_Bool", byte_size=1, encoding=2)
    f = die("base_type", name="float", byte_size=4, encoding=4)
    d = die("base_type", name="double", byte_size=8, encoding=4)
    n = die("base_type", name="int", byte_size=4, encoding=5)
    values = [die("enumerator", name=x, const_value=y) for x, y in (("PLAIN", 1), ("FANCY", 1000))]
    kind = die("enumeration_type", *values, name="kind", byte_size=4)
    name = die("array_type", die("subrange_type", count=8), type=c)
    label = die(
        "structure_type",
        die("member", name="name", type=name, data_member_location=0),
        die("member", name="kind", type=kind, data_member_location=8),
        byte_size=12,
    )
    label_t = die("typedef", name="label", type=label)
    labels = die("array_type", die("subrange_type", count=2), type=label_t)
    pairs = die("subrange_type", count=2), die("subrange_type", count=4)
    two = die("array_type", *pairs, type=u)
    either = die(
        "union_type",
        die("member", name="real", type=f),
        die("member", name="bytes", type=two),
        byte_size=8,
    )
    rest = die("array_type", die("subrange_type"), type=n)
    node = die("structure_type", name="node", byte_size=56)
    pointer = die("pointer_type", type=node)
    node.children = [
        die("member", name="next", type=pointer, data_member_location=0),
        die("member", name="low", type=i, bit_size=3, data_bit_offset=64),
        die("member", name="high", type=i, bit_size=5, data_bit_offset=67),
        die("member", name="tiny", type=s, bit_size=2, data_bit_offset=72),
        die("member", name="flag", type=b, bit_size=1, data_bit_offset=74),
        die("member", type=either, data_member_location=12),
        die("member", name="labels", type=labels, data_member_location=20),
        die("member", name="value", type=d, data_member_location=48),
        die("member", name="rest", type=rest, data_member_location=56),
    ]
    entries = (i, s, c, u, b, f, d, n, kind, name, label, label_t, labels, two, either, rest)
    path.write_bytes(dwarf(*entries, pointer, node))
    return shape_in(path)


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here")
    return found


def run(*command: str | Path) -> None:
    arguments = [tool(str(command[0])), *map(str, command[1:])]
    try:
        done = subprocess.run(
            arguments, capture_output=True, text=True, check=False, timeout=SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"{command[0]} never ends here")
    if done.returncode:
        pytest.skip(f"{command[0]} cannot do this: {done.stderr.strip()[:200]}")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "node.c"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def program(source: Path) -> Callable[..., Path]:
    """Makes a linked program of the source, compiled with these flags."""

    def make(name: str, *flags: str, compiler: str = "gcc") -> Path:
        main = source.with_name("main.c")
        main.write_text("extern struct node *head;\n" + MAIN)
        path = source.with_name(name)
        objects = [source.with_name(f"{name}-{stem}.o") for stem in ("main", "node")]
        for code, out in zip((main, source), objects):
            run(compiler, *flags, "-w", "-c", code, "-o", out)
        # A build-id, which tools name separate files by, is not every linker's default.
        run(compiler, "-Wl,--build-id=sha1", "-o", path, *objects)
        return path

    return make


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_versions_of_dwarf(compiler: str, version: int, source: Path, expected: object) -> None:
    out = source.with_suffix(".o")
    run(compiler, "-w", "-g", f"-gdwarf-{version}", "-c", source, "-o", out)
    assert shape_in(out) == expected


@pytest.mark.parametrize(
    ("flags", "compiler"),
    [
        (("-g", "-fdebug-types-section", "-gdwarf-4"), "gcc"),
        (("-g", "-fdebug-types-section", "-gdwarf-5"), "gcc"),
        (("-g", "-fdebug-types-section", "-gdwarf-5"), "clang"),
        (("-g", "-gdwarf64", "-gdwarf-5"), "gcc"),
        (("-g", "-gstrict-dwarf", "-gdwarf-2"), "gcc"),
        (("-g", "-gz=zlib"), "gcc"),
        (("-g", "-gz=zlib-gnu"), "gcc"),
        (("-g", "-gz=zstd"), "gcc"),
        (("-g", "-O2", "-flto", "-ffat-lto-objects"), "gcc"),
    ],
    ids=str,
)
def test_ways_to_write_dwarf(
    flags: tuple[str, ...], compiler: str, source: Path, expected: object
) -> None:
    out = source.with_suffix(".o")
    run(compiler, "-w", *flags, "-c", source, "-o", out)
    assert shape_in(out) == expected


@pytest.mark.parametrize(
    "target", ["aarch64", "riscv64", "powerpc64le", "mips64el", "loongarch64", "bpfel"]
)
def test_other_machines_of_the_same_layout(target: str, source: Path, expected: object) -> None:
    out = source.with_suffix(".o")
    triple = target if target.startswith("bpf") else f"{target}-linux-gnu"
    run("clang", "-w", "-g", f"--target={triple}", "-c", source, "-o", out)
    if target.startswith(("aarch64", "powerpc", "riscv")):  # their char has no sign
        source.write_text(SOURCE.replace("char name", "signed char name"))
        run("clang", "-w", "-g", f"--target={triple}", "-c", source, "-o", out)
        run("clang", "-w", "-g", "-c", source, "-o", source.with_suffix(".2.o"))
        expected = shape_in(source.with_suffix(".2.o"))
    assert shape_in(out) == expected


@pytest.mark.parametrize("target", ["s390x", "powerpc64", "sparcv9", "mips64", "bpfeb"])
def test_big_endian_machines(target: str, source: Path, expected: object) -> None:
    out = source.with_suffix(".o")
    triple = target if target.startswith("bpf") else f"{target}-linux-gnu"
    run("clang", "-w", "-g", f"--target={triple}", "-c", source, "-o", out)
    graph = open_source(str(out), ("dwarf",))
    assert graph.byte_order == "big"
    bits = {(name, offset, size) for name, offset, size in bitfields(graph)}
    # Counted from the most significant bit of what they share.
    assert bits == {("low", 64, 3), ("high", 67, 5), ("tiny", 72, 2), ("flag", 74, 1)}


def bitfields(graph: TypeGraph) -> list[tuple[str, int, int]]:
    [node] = (graph.by_id(i) for i in graph.ids("node"))
    children = layouts.resolve(node).root.children
    return [(c.name, c.bit_offset, c.bit_size) for c in children if c.bitfield]


@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_powerpc_programs(version: int, source: Path) -> None:
    out = source.with_suffix(".o")
    run("powerpc-linux-gnu-gcc", "-w", "-g", f"-gdwarf-{version}", "-c", source, "-o", out)
    graph = open_source(str(out), ("dwarf",))
    assert (graph.byte_order, graph.pointer_size) == ("big", 4)
    assert bitfields(graph) == [("low", 32, 3), ("high", 35, 5), ("tiny", 40, 2), ("flag", 42, 1)]


@pytest.mark.parametrize("version", [3, 5])
def test_32_bits(version: int, source: Path) -> None:
    out = source.with_suffix(".o")
    run("gcc", "-m32", "-w", "-g", f"-gdwarf-{version}", "-c", source, "-o", out)
    types = prettify.load_types(out, formats=("dwarf",))
    assert types[NAME].size == 48
    assert open_source(str(out), ("dwarf",)).pointer_size == 4


# Files beside the file.


@pytest.mark.parametrize("version", [4, 5])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_split_dwarf(
    version: int, compiler: str, program: Callable[..., Path], expected: object, tmp_path: Path
) -> None:
    path = program("split", "-g", f"-gdwarf-{version}", "-gsplit-dwarf", compiler=compiler)
    assert shape_in(path) == expected
    dwo = tmp_path / "split-node.dwo"
    assert shape_in(dwo) == expected
    assert shape_in(tmp_path / "split-node.o") == expected
    (tmp_path / "elsewhere").mkdir()
    moved = dwo.rename(tmp_path / "elsewhere" / dwo.name)
    with pytest.raises(
        TypeInfoError, match=r"its types are in .*\.dwo .split DWARF., which is not"
    ):
        shape_in(path)
    moved.write_bytes((tmp_path / "split-main.dwo").read_bytes())
    moved.rename(dwo)
    with pytest.raises(TypeInfoError, match="which is of another compilation"):
        shape_in(path)


@pytest.mark.parametrize(("version", "packer"), [(4, "dwp"), (4, "llvm-dwp"), (5, "llvm-dwp")])
def test_packages(
    version: int, packer: str, program: Callable[..., Path], expected: object, tmp_path: Path
) -> None:
    compiler = "clang" if packer == "llvm-dwp" else "gcc"
    path = program("packed", "-g", f"-gdwarf-{version}", "-gsplit-dwarf", compiler=compiler)
    run(packer, "-e", path, "-o", f"{path}.dwp")
    for name in ("main", "node"):
        (tmp_path / f"packed-{name}.dwo").unlink()
    assert shape_in(path) == expected
    assert shape_in(f"{path}.dwp") == expected


@pytest.mark.parametrize("style", ["zlib", "zlib-gnu", "zstd"])
def test_compressed_programs(style: str, program: Callable[..., Path], expected: object) -> None:
    path = program("big", "-g")
    run("objcopy", f"--compress-debug-sections={style}", path)
    assert shape_in(path) == expected


def test_separate_files_by_link(program: Callable[..., Path], expected: object) -> None:
    path = program("linked", "-g")
    debug, stripped = path.with_name("linked.debug"), path.with_name("stripped")
    run("objcopy", "--only-keep-debug", path, debug)
    run("objcopy", "-S", "-R", ".note.gnu.build-id", f"--add-gnu-debuglink={debug}", path, stripped)
    assert shape_in(stripped) == expected
    folder = path.with_name(".debug")
    folder.mkdir()
    debug = debug.rename(folder / debug.name)
    assert shape_in(stripped) == expected
    debug.write_bytes(debug.read_bytes() + b"\0")
    with pytest.raises(TypeInfoError, match="an ELF file without type information"):
        shape_in(stripped)


def test_separate_files_by_build_id(
    program: Callable[..., Path], expected: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(debug_files, "ROOTS", (str(tmp_path / "root"),))
    path = program("named", "-g")
    image = open_elf_image(str(path))
    assert image is not None
    name = image.build_id.hex()
    debug = tmp_path / "root" / ".build-id" / name[:2] / f"{name[2:]}.debug"
    debug.parent.mkdir(parents=True)
    run("objcopy", "--only-keep-debug", path, debug)
    run("strip", "-g", path)
    assert shape_in(path) == expected
    assert open_source(str(path)).path == f"{debug}(.debug_info)"
    debug.write_bytes(program("other", "-g", "-O2", "-DX").read_bytes())
    with pytest.raises(TypeInfoError, match="an ELF file without type information"):
        shape_in(path)


@pytest.mark.parametrize("version", [4, 5])
def test_what_dwz_shares(version: int, program: Callable[..., Path], expected: object) -> None:
    one, two = (program(name, "-g", f"-gdwarf-{version}") for name in ("one", "two"))
    common = one.with_name("common.dwz")
    run("dwz", "-m", common, "-M", "common.dwz", one, two)
    assert shape_in(one) == expected
    assert shape_in(two) == expected
    common.unlink()
    with pytest.raises(
        TypeInfoError, match=r"part of its DWARF is in common\.dwz \(build-id [0-9a-f]+"
    ):
        shape_in(one)


def test_dwz_of_one_file(program: Callable[..., Path], expected: object) -> None:
    path = program("alone", "-g")
    run("dwz", path)
    assert shape_in(path) == expected


def test_two_objects_linked_to_one(source: Path, expected: object) -> None:
    """Their .debug_info is relocated against itself."""
    one, two = source.with_suffix(".1.o"), source.with_suffix(".2.o")
    other = source.with_name("other.c")
    other.write_text("struct other { long x; } other;")
    run("gcc", "-g", "-c", source, "-o", one)
    run("gcc", "-g", "-c", other, "-o", two)
    both = source.with_suffix(".o")
    run("ld", "-r", two, one, "-o", both)
    assert shape_in(both) == expected


# Damage.


def sections_of_small(tmp_path: Path) -> tuple[bytes, bytes]:
    path = tmp_path / "small.o"
    path.write_bytes(dwarf(die("base_type", name=("string", "int"), byte_size=4, encoding=5)))
    image = open_elf_image(str(path))
    assert image is not None
    sections = sections_of(image)
    assert sections is not None
    return bytes(sections.info), bytes(sections.abbrev)


def test_compressed_sections_of_any_kind(tmp_path: Path) -> None:
    info, abbrev = sections_of_small(tmp_path)
    old = b"ZLIB" + struct.pack(">Q", len(info)) + zlib.compress(info)
    for name, section in ((".debug_info", compressed(info)), (".zdebug_info", Section(old))):
        path = tmp_path / "packed.o"
        path.write_bytes(elf({name: section, ".debug_abbrev": abbrev}))
        assert prettify.load_types(path)["int"].size == 4


@pytest.mark.parametrize(
    ("header", "data", "message"),
    [
        ((1, 0, 1 << 50, 1), b"x\x9c", "2 bytes cannot hold 1125899906842624"),
        ((1, 0, 10, 1), zlib.compress(b"123456789"), "it holds 9 bytes, and should 10"),
        ((1, 0, 8, 1), zlib.compress(b"123456789"), "it holds more than 8 bytes"),
        ((1, 0, 9, 1), zlib.compress(b"123456789")[:-6], "it is cut short"),
        ((1, 0, 9, 1), b"nothing of it", "incorrect header check"),
        ((9, 0, 9, 1), b"nothing of it", "method 9 is not known"),
    ],
)
def test_damaged_compressed_sections(
    header: tuple[int, ...], data: bytes, message: str, tmp_path: Path
) -> None:
    _, abbrev = sections_of_small(tmp_path)
    section = Section(struct.pack("<IIQQ", *header) + data, flags=COMPRESSED)
    path = tmp_path / "bad.o"
    path.write_bytes(elf({".debug_info": section, ".debug_abbrev": abbrev}))
    with pytest.raises(TypeInfoError, match=r"compressed section \.debug_info: .*" + message):
        _ = prettify.load_types(path)["int"]


def test_zstd(tmp_path: Path) -> None:
    info, abbrev = sections_of_small(tmp_path)
    (tmp_path / "plain").write_bytes(info)
    run("zstd", "-q", tmp_path / "plain", "-o", tmp_path / "packed")
    header = struct.pack("<IIQQ", 2, 0, len(info), 1)
    section = Section(header + (tmp_path / "packed").read_bytes(), flags=COMPRESSED)
    path = tmp_path / "zstd.o"
    path.write_bytes(elf({".debug_info": section, ".debug_abbrev": abbrev}))
    parents = {"backports": "zstd", "compression": "zstd"}
    known = any(find_spec(p) and find_spec(f"{p}.{name}") for p, name in parents.items())
    if known or find_spec("zstandard"):
        assert prettify.load_types(path)["int"].size == 4
    else:
        with pytest.raises(UsageError, match=r"section \.debug_info: .* zstandard"):
            _ = prettify.load_types(path)["int"]


def test_a_file_without_debug_information(tmp_path: Path) -> None:
    path = tmp_path / "bare.o"
    path.write_bytes(elf({}))
    with pytest.raises(TypeInfoError, match="an ELF file without type information"):
        _ = prettify.load_types(path)["int"]


def test_units_of_a_package_need_room(tmp_path: Path) -> None:
    info, abbrev = sections_of_small(tmp_path)
    index = struct.pack("<4I", 2, 8, 1 << 20, 1 << 21)
    path = tmp_path / "bad.dwp"
    sections = {".debug_info.dwo": info, ".debug_abbrev.dwo": abbrev, ".debug_cu_index": index}
    path.write_bytes(elf(sections))
    with pytest.raises(TypeInfoError, match="an index of a package is cut short"):
        _ = prettify.load_types(path)["int"]


def test_release_gives_back_whole_pages_alone(program: Callable[..., Path]) -> None:
    image = open_elf_image(str(program("mapped", "-g")))
    assert image is not None
    sections = sections_of(image)
    assert sections is not None
    before = bytes(sections.info)
    for start, end in ((0, len(before)), (5, 9), (0, 0)):
        sections.release(start, end)
    assert bytes(sections.info) == before


def test_what_a_build_id_does_not_tell(program: Callable[..., Path], tmp_path: Path) -> None:
    path = program("keyed", "-g")
    before = sections_of(open_elf_image(str(path)))  # type: ignore[arg-type]
    run("dwz", path)
    after = sections_of(open_elf_image(str(path)))  # type: ignore[arg-type]
    assert before is not None
    assert after is not None
    assert before.build_id == after.build_id != b""
    assert before.cache_key != after.cache_key
    os.utime(path)
    assert model.size_of(open_source(str(path)).by_id(0)) == -1
