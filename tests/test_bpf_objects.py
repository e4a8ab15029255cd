"""What BPF objects say of their maps: by what the sources say, and by what the kernel gets."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

import bpf_maps
from btf_writer import STATIC, BtfWriter
from conftest import PATH, VECTORS, examples, need
from elf_writer import elf
from prettify import layout, model
from prettify.errors import PrettifyError, TypeInfoError, UsageError
from prettify.sources.bpf_objects import MapDefinition, find_map, maps_in, maps_of
from prettify.sources.btf import Btf
from prettify.sources.elf_image import open_elf_image
from prettify.sources.opening import open_source

FOLDER = VECTORS / "maps"
ORDERS = ["el", "eb"]
HOST = "el" if memoryview(b"\1\0").cast("H")[0] == 1 else "eb"
NUMBERS = ("type", "key_size", "value_size", "max_entries", "map_flags")
TYPE = bpf_maps.TYPES
DATA, READ_ONLY = 1 << 10, 1 << 10 | 1 << 7  # flags: mapped by processes, read by programs alone

# As the sources have them: NUMBERS, and the types of key and value.
DEFINED: dict[str, tuple[Any, ...]] = {
    "first_slots": (TYPE["array"], 4, 8, 4, 0, "u32", "u64"),
    "tables": (TYPE["array_of_maps"], 4, 4, 2, 0, "u32", None),
    "a_connection_of_a_long_name": (
        TYPE["hash"], 8, 32, 1024, 1, "struct endpoint", "traffic_t",
    ),
    "rows": (TYPE["array"], 4, 12, 3, 0, "u32", "int [3]"),
    "opaque": (TYPE["hash"], 6, 12, 8, 0, None, None),
    "events": (TYPE["perf_event_array"], 4, 4, 0, 0, None, None),
    "programs": (TYPE["prog_array"], 4, 4, 2, 0, None, None),
    "seen": (TYPE["bloom_filter"], 0, 4, 20, 0, None, "u32"),
    "tasks": (TYPE["task_storage"], 4, 8, 0, 1, "int", "u64"),
    "spare": (TYPE["hash_of_maps"], 2, 4, 2, 0, "u16", None),
    ".bss": (TYPE["array"], 4, 32, 1, DATA, None, "datasec .bss"),
    ".bss.mine": (TYPE["array"], 4, 4, 1, DATA, None, "datasec .bss.mine"),
    ".data": (TYPE["array"], 4, 25, 1, DATA, None, "datasec .data"),
    ".data.custom": (TYPE["array"], 4, 4, 1, DATA, None, "datasec .data.custom"),
    ".rodata": (TYPE["array"], 4, 12, 1, READ_ONLY, None, "datasec .rodata"),
    ".rodata.longer_than_names": (
        TYPE["array"], 4, 2, 1, READ_ONLY, None, "datasec .rodata.longer_than_names",
    ),
    ".rodata.str1.1": (TYPE["array"], 4, 10, 1, 1 << 7, None, None),
}  # fmt: skip
OLD: dict[str, tuple[Any, ...]] = {
    "plain": (TYPE["hash"], 8, 16, 32, 1, None, None),
    "typed": (TYPE["array"], 4, 8, 5, 0, "unsigned int", "struct pair"),
    "single": (TYPE["lru_hash"], 2, 2, 7, 2, None, None),
}
# Where compilers put variables is theirs to choose, but for the configuration's.
CONFIGURATION = [
    ("CONFIG_HZ", 0, 8),
    ("LINUX_KERNEL_VERSION", 8, 4),
    ("CONFIG_NR_CPUS", 12, 2),
    ("CONFIG_BPF", 14, 1),
    ("CONFIG_BPF_SYSCALL", 15, 1),
    ("CONFIG_DEFAULT_HOSTNAME", 16, 5),
    ("CONFIG_LOCALVERSION", 21, 12),
]


def spelled(type_: model.Type | None) -> str | None:
    if isinstance(type_, model.Array):
        return f"{spelled(type_.element)} [{type_.count}]"
    return model.spelled(type_) if type_ is not None else None


def facts(definition: MapDefinition) -> tuple[Any, ...]:
    numbers = (getattr(definition, name) for name in NUMBERS)
    return (*numbers, spelled(definition.key), spelled(definition.value))


def table(definitions: list[MapDefinition]) -> dict[str, tuple[Any, ...]]:
    assert len({d.name for d in definitions}) == len(definitions)
    return {definition.name: facts(definition) for definition in definitions}


def places(section: model.Type | None) -> list[tuple[str, int, int]]:
    """Where a section's variables are; its layout, too, has to be fine with that."""
    assert isinstance(section, model.Section)
    assert layout.resolve(section).size == section.size
    return [(section.graph.by_id(e.type_id).name, e.offset, e.size) for e in section.entries]


def object_of(name: str, order: str, folder: Path = FOLDER) -> str:
    return str(folder / f"{name}-{order}.bpf.o")


# --- What is in the sources ---


@pytest.mark.parametrize("order", ORDERS)
def test_maps_defined_by_types_and_global_data(order: str) -> None:
    definitions = maps_in(object_of("defined", order))
    assert table(definitions) == DEFINED
    by_name = {d.name: d for d in definitions}
    assert by_name["seen"].map_extra == 3
    assert by_name["a_connection_of_a_long_name"].kernel_name == "a_connection_of"
    assert {d.kernel_name for d in definitions if d.value_size == 12} >= {"defined_.rodata"}
    inner = by_name["tables"].inner
    assert inner is not None
    assert facts(inner) == DEFINED["first_slots"]
    inner = by_name["spare"].inner
    assert inner is not None
    assert facts(inner) == (TYPE["hash"], 4, 12, 9, 0, None, None)
    nested = {d.name for d in definitions if d.inner is not None}
    assert nested == {"tables", "spare"}  # and not the array of programs


@pytest.mark.parametrize("order", ORDERS)
def test_maps_defined_by_values(order: str) -> None:
    definitions = maps_in(object_of("old", order))
    assert table(definitions) == OLD
    assert {d.name: d.section for d in definitions}["single"] == "maps/single"


@pytest.mark.parametrize("order", ORDERS)
def test_old_maps_without_btf_have_no_types(order: str, tmp_path: Path) -> None:
    data = Path(object_of("old", order)).read_bytes().replace(b".BTF", b".XTF")
    (tmp_path / "old.o").write_bytes(data)
    definitions = maps_in(str(tmp_path / "old.o"))
    assert table(definitions) == {name: (*row[:5], None, None) for name, row in OLD.items()}


@pytest.mark.parametrize("order", ORDERS)
def test_the_configuration_is_laid_out_as_loaders_do(order: str) -> None:
    [definition] = maps_in(object_of("configured", order))
    assert (definition.name, definition.kernel_name) == (".kconfig", "configu.kconfig")
    assert facts(definition)[:5] == (TYPE["array"], 4, 33, 1, READ_ONLY)
    assert places(definition.value) == CONFIGURATION


@pytest.mark.parametrize("order", ORDERS)
def test_variables_of_a_section_are_where_its_symbols_are(order: str) -> None:
    definition = find_map(object_of("defined", order), ".data")
    found = places(definition.value)
    assert {name: size for name, _, size in found} == {
        "counter": 8, "hidden": 2, "word": 7, "step": 4, "second.calls": 1,
    }  # fmt: skip
    ends = [(offset, offset + size) for _, offset, size in found]
    assert all(end <= start for (_, end), (start, _) in pairwise(ends))
    assert ends[-1][1] == definition.value_size


@pytest.mark.parametrize("order", ORDERS)
def test_values_of_variables_are_what_the_source_says(order: str) -> None:
    """What is in the file's own section decodes with the section's type."""
    from prettify.api import RecordType

    path = object_of("defined", order)
    image = open_elf_image(path)
    assert image is not None
    section = find_map(path, ".data").value
    assert section is not None
    data = image.bytes_of(".data")
    assert data is not None
    values = RecordType(section).unpack(data)
    assert values == {
        "counter": 7, "hidden": 3, "word": "abcdef", "step": 5, "second.calls": 1,
    }  # fmt: skip


@pytest.mark.parametrize("order", ORDERS)
def test_btf_alone_defines_the_same_maps_without_sizes_of_data(order: str, tmp_path: Path) -> None:
    image = open_elf_image(object_of("defined", order))
    assert image is not None
    data = image.bytes_of(".BTF")
    assert data is not None
    (tmp_path / "x.btf").write_bytes(data)
    definitions = maps_in(str(tmp_path / "x.btf"))
    found = table(definitions)
    for name, row in DEFINED.items():
        if name == ".rodata.str1.1":  # has no variables
            assert name not in found
        elif name.startswith("."):
            assert found[name][2] == 0
        else:
            assert found[name] == row
    assert {d.kernel_name for d in definitions} >= {".bss", ".data", ".rodata"}


# --- By names ---


def test_a_map_is_found_by_its_name_and_by_the_kernels() -> None:
    path = object_of("defined", "el")
    assert find_map(path, "rows").name == "rows"
    for name in ("a_connection_of_a_long_name", "a_connection_of"):
        assert find_map(path, name).name == "a_connection_of_a_long_name"
    # The object may have been loaded under another name.
    for name in (".bss", "defined_.bss", "x.bss", "eight_ch.bss"):
        assert find_map(path, name).name == ".bss"


@pytest.mark.parametrize("name", ["row", "bss", "nine_char.bss", "x.data.custom", ""])
def test_no_other_name_finds_one(name: str) -> None:
    with pytest.raises(UsageError, match="no map"):
        find_map(object_of("defined", "el"), name)


def test_the_nearest_names_are_told() -> None:
    path = object_of("defined", "el")
    with pytest.raises(UsageError, match=r"no map 'taskz': it has .*; did you mean 'tasks'\?"):
        find_map(path, "taskz")
    with pytest.raises(UsageError, match=r"did you mean 'defined_\.bss'"):
        find_map(path, "defined_x.bss")


def test_what_defines_no_maps(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no map 'x': it defines none"):
        find_map(str(VECTORS / "pahole" / "gcc-pahole.btf"), "x")
    with pytest.raises(UsageError, match="no such file"):
        maps_in(str(tmp_path / "none.o"))
    with pytest.raises(TypeInfoError, match="an ELF file, but no BPF object"):
        maps_in(str(VECTORS / "pahole" / "gcc-dwarf4.o"))
    (tmp_path / "text").write_text("struct x;")
    with pytest.raises(TypeInfoError, match="neither BTF nor"):
        maps_in(str(tmp_path / "text"))


# --- What others make of the same sources and objects ---


def test_what_clang_makes_today_defines_the_same(tmp_path: Path) -> None:
    need("sh", "clang", "llvm-strip")
    subprocess.run([str(FOLDER / "build.sh"), str(tmp_path)], check=True)
    for order in ORDERS:
        definitions = maps_in(object_of("defined", order, tmp_path))
        # Where a literal goes is for the compiler to say.
        assert table(definitions).items() >= {
            (name, row) for name, row in DEFINED.items() if name != ".rodata.str1.1"
        }
        assert table(maps_in(object_of("old", order, tmp_path))) == OLD
        [definition] = maps_in(object_of("configured", order, tmp_path))
        assert places(definition.value) == CONFIGURATION


def test_what_is_linked_defines_the_same(tmp_path: Path) -> None:
    """bpftool's linker lays sections out itself."""
    need("bpftool")
    path = str(tmp_path / "defined.o")
    subprocess.run(
        ["bpftool", "gen", "object", path, object_of("defined", HOST)],
        check=True,
        env={"PATH": PATH},
    )
    assert table(maps_in(path)) == DEFINED
    ours = find_map(object_of("defined", HOST), ".data").value
    assert places(find_map(path, ".data").value) == places(ours)


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Callable[[str], list[dict[str, Any]]]]:
    """Loads an object through bpftool, and gives what the kernel says of each of its maps."""
    need("bpftool")
    bpf_maps.need_maps()
    with bpf_maps.bpf_file_system(tmp_path / "bpf") as pins:

        def load(name: str) -> list[dict[str, Any]]:
            path = tmp_path / f"{name}-{HOST}.bpf.o"
            shutil.copy(object_of(name, HOST), path)
            maps = pins / f"{name}-maps"
            load = ["prog", "loadall", str(path), str(pins / name), "pinmaps", str(maps)]
            done = subprocess.run(
                ["bpftool", *load], capture_output=True, text=True, env={"PATH": PATH}
            )
            if done.returncode:
                pytest.skip(f"bpftool does not load it here: {done.stderr.splitlines()[-1:]}")
            return [asked("map", "show", "pinned", str(pin)) for pin in sorted(maps.iterdir())]

        yield load


def asked(*arguments: str) -> Any:
    done = subprocess.run(
        ["bpftool", "-j", *arguments], check=True, capture_output=True, env={"PATH": PATH}
    )
    return json.loads(done.stdout)


def test_the_kernel_gets_these_maps(loaded: Callable[[str], list[dict[str, Any]]]) -> None:
    theirs = loaded("defined")
    ours = {d.kernel_name: d for d in maps_in(object_of("defined", HOST))}
    del ours[".bss.mine"]  # which this loader leaves out
    assert sorted(ours) == sorted(row["name"] for row in theirs)
    for row in theirs:
        definition = ours[row["name"]]
        assert definition.type == TYPE[row["type"]]
        assert (definition.key_size, definition.value_size) == (
            row["bytes_key"],
            row["bytes_value"],
        )
        assert definition.max_entries in (row["max_entries"], 0)
        # A literal's section can be mapped or not, by the version of the loader.
        assert (definition.map_flags | DATA) == (row["flags"] | DATA)
        if definition.value is None or definition.value.kind != model.SECTION:
            continue
        types = asked("btf", "dump", "id", str(row["btf_id"]))["types"]
        names = {t["id"]: t["name"] for t in types if t["kind"] == "VAR"}
        [section] = [
            t for t in types if t["kind"] == "DATASEC" and t["name"] == definition.value.name
        ]
        assert section["size"] == definition.value_size
        assert places(definition.value) == [
            (names[v["type_id"]], v["offset"], v["size"]) for v in section["vars"]
        ]


def test_the_kernel_gets_this_configuration(loaded: Callable[[str], list[dict[str, Any]]]) -> None:
    [row] = loaded("configured")
    assert (row["name"], row["bytes_value"]) == ("configu.kconfig", 33)
    types = asked("btf", "dump", "id", str(row["btf_id"]))["types"]
    names = {t["id"]: t["name"] for t in types if t["kind"] == "VAR"}
    [section] = [t for t in types if t["kind"] == "DATASEC" and t["name"] == ".kconfig"]
    variables = [(names[v["type_id"]], v["offset"], v["size"]) for v in section["vars"]]
    assert variables == CONFIGURATION


# --- What is wrong ---


class Definition:
    """A struct whose members a test chooses, as the one variable of `.maps`."""

    def __init__(self, order: str = "little") -> None:
        self.w = w = BtfWriter(order)  # type: ignore[arg-type]
        self.int = w.int("int", 4, signed=True)
        self.void = w.ptr(0)

    def number(self, value: int) -> int:
        return self.w.ptr(self.w.array(self.int, value))

    def struct(self, *members: tuple[str, int]) -> int:
        rows = [(name, type_id, 64 * i) for i, (name, type_id) in enumerate(members)]
        return self.w.struct("", 8 * len(rows), rows)

    def maps(self, type_id: int) -> list[MapDefinition]:
        variable = self.w.var("m", type_id)
        self.w.datasec(".maps", 0, [(variable, 0, 64)])
        return maps_of(Btf(self.w.bytes(), "x.btf"))


Bad = Callable[[Definition], int]
WRONG: dict[str, tuple[Bad, str]] = {
    "no struct": (lambda d: d.int, "map m: int is no struct of __uint…"),
    "no type": (
        lambda d: d.struct(("max_entries", d.number(3))),
        "map m: it does not say its type",
    ),
    "a plain number": (
        lambda d: d.struct(("type", d.int)),
        "map m: type is int, where __uint makes a pointer to an array of as many elements",
    ),
    "a number that is a pointer": (
        lambda d: d.struct(("type", d.w.ptr(d.int))),
        "map m: type is #",
    ),
    "a key by value": (
        lambda d: d.struct(("type", d.number(1)), ("key", d.int)),
        "map m: key is int, where __type makes a pointer to the type",
    ),
    "a key without a size": (
        lambda d: d.struct(("type", d.number(1)), ("key", d.void)),
        "map m: its key, void, has no size",
    ),
    "sizes that contradict each other": (
        lambda d: d.struct(
            ("type", d.number(1)), ("value", d.w.ptr(d.int)), ("value_size", d.number(8))
        ),
        "map m: value_size is 8, but its value, int, has 4 bytes",
    ),
    "values that are no array": (
        lambda d: d.struct(("type", d.number(12)), ("values", d.void)),
        "map m: values is #",
    ),
    "maps in maps in maps": (
        lambda d: d.struct(
            ("type", d.number(12)),
            ("values", d.w.array(d.w.ptr(_inner(d)), 0)),
        ),
        "map m.inner: maps in maps hold no maps of their own",
    ),
    "an inner map without a type": (
        lambda d: d.struct(
            ("type", d.number(12)), ("values", d.w.array(d.w.ptr(d.struct()), 0))
        ),
        "map m.inner: it does not say its type",
    ),
}  # fmt: skip


def _inner(d: Definition) -> int:
    return d.struct(("type", d.number(12)), ("values", d.w.array(d.w.ptr(d.struct()), 0)))


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.parametrize("order", ["little", "big"])
def test_what_is_no_definition(name: str, order: str) -> None:
    make, expected = WRONG[name]
    definition = Definition(order)
    with pytest.raises(TypeInfoError) as raised:
        definition.maps(make(definition))
    assert str(raised.value).startswith(f"x.btf: {expected}")


def test_numbers_of_enums_and_unknown_members_are_fine() -> None:
    """As __ulong has them, for numbers that no array can have as many elements of."""
    d = Definition()
    large = d.w.enum64("", [("unique", 1 << 40)])
    [found] = d.maps(
        d.struct(("type", d.number(33)), ("map_extra", large), ("of_the_future", d.int))
    )
    assert (found.type, found.map_extra) == (33, 1 << 40)


def test_operations_of_the_kernel_are_maps() -> None:
    w = BtfWriter()
    struct = w.struct("tcp_congestion_ops", 8, [])
    variables = [w.var(name, struct) for name in ("mine", "other")]
    w.datasec(".struct_ops", 0, [(variables[0], 0, 8)])
    w.datasec(".struct_ops.link", 0, [(variables[1], 0, 8)])
    found = table(maps_of(Btf(w.bytes(), "x.btf")))
    assert found == {
        "mine": (TYPE["struct_ops"], 4, 0, 1, 0, None, None),
        "other": (TYPE["struct_ops"], 4, 0, 1, 1 << 13, None, None),
    }


def test_a_section_holds_variables() -> None:
    w = BtfWriter()
    w.datasec(".maps", 0, [(w.int("int", 4), 0, 4)])
    with pytest.raises(TypeInfoError, match=r"datasec \.maps holds int, which is no variable"):
        maps_of(Btf(w.bytes(), "x.btf"))


def test_old_definitions_that_are_cut_short(tmp_path: Path) -> None:
    data = bytearray(Path(object_of("old", "el")).read_bytes())
    image = open_elf_image(object_of("old", "el"))
    assert image is not None
    [section] = image.named("maps")
    row = int.from_bytes(data[40:48], "little") + 64 * section.index
    data[row + 32 : row + 40] = (44).to_bytes(8, "little")
    (tmp_path / "old.o").write_bytes(data)
    expected = "map typed: 16 bytes of section maps, where its definition has at least 20"
    with pytest.raises(TypeInfoError, match=expected):
        maps_in(str(tmp_path / "old.o"))


# --- Sections of object files ---


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("machine", [247, 62])
def test_only_sections_of_bpf_objects_are_completed(
    order: Any, machine: int, tmp_path: Path
) -> None:
    w = BtfWriter(order)
    number = w.int("int", 4)
    section = w.datasec(".data", 0, [(w.var("x", number, STATIC), 4, 4)])
    blob = elf({".BTF": w.bytes(), ".data": bytes(12)}, endian=order, machine=machine)
    (tmp_path / "x.o").write_bytes(blob)
    found = open_source(str(tmp_path / "x.o")).by_id(section)
    assert isinstance(found, model.Section)
    assert found.size == (12 if machine == 247 else 0)
    if machine == 247:
        assert places(found) == [("x", 4, 4)]


def test_a_damaged_section_leaves_the_others(tmp_path: Path) -> None:
    w = BtfWriter()
    number = w.int("int", 4)
    bad = w.datasec(".data", 0, [(99, 0, 4)])
    good = w.datasec(".bss", 0, [(w.var("x", number, STATIC), 0, 4)])
    blob = elf({".BTF": w.bytes(), ".data": bytes(4), ".bss": bytes(4)}, machine=247)
    (tmp_path / "x.o").write_bytes(blob)
    graph = open_source(str(tmp_path / "x.o"))
    assert places(graph.by_id(good)) == [("x", 0, 4)]
    with pytest.raises(TypeInfoError, match="type id 99 does not exist"):
        graph.by_id(bad)


@pytest.mark.parametrize("name", ["defined", "old", "configured"])
def test_damaged_objects_are_read_or_refused_in_a_line(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mutant.o"
    refused = []
    for number in range(examples(400)):
        random = Random(f"{name} {number}")
        order = random.choice(ORDERS)
        data = bytearray(Path(object_of(name, order)).read_bytes())
        for _ in range(random.choice((1, 2, 5, 20))):
            at = random.randrange(len(data))
            data[at] = random.choice((0, 1, 0x7F, 0xFF, random.randrange(256)))
        path.write_bytes(data)
        try:
            for definition in maps_in(str(path)):
                assert repr(definition)
                if definition.value is not None:
                    layout.resolve(definition.value)
        except PrettifyError as error:
            refused.append(str(error))
    assert all(map(str.isprintable, refused))
    assert len(refused) < examples(400) * 0.95
