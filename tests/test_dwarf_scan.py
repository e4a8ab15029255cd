"""Names in DWARF: units, abbreviations, the scan, its index and cache, one name without them."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from elftools.dwarf.enums import ENUM_DW_TAG

from dwarf_reference import Named, named
from dwarf_writer import Die, DwarfWriter, Form, die, form, uleb128
from elf_writer import elf
from prettify.core import dwarf_codes
from prettify.errors import TypeInfoError
from prettify.sources.dwarf import cache, constants, lookup, scanning
from prettify.sources.dwarf.abbreviations import Abbreviations
from prettify.sources.dwarf.index import Damaged, Found, load
from prettify.sources.dwarf.lookup import Lookup
from prettify.sources.dwarf.sections import Sections
from prettify.sources.dwarf.units import read_units
from prettify.sources.elf_image import ElfImage, elf_image_of

VECTORS = Path(__file__).parent / "vectors" / "pahole"
MUTANTS = 1500  # of each of two files
TAGS = {number: name for name, number in ENUM_DW_TAG.items() if isinstance(number, int)}

CPP = """
namespace N { struct B; struct C { struct D; class E { int x; struct F { int y; } f; } e; }; }
struct N::B { int q; struct In { int z; } in; };
struct N::C::D { long l[4]; struct G { char c; } g; };
namespace { struct anonymous { int a; } an; }
template<class T> struct V { T t; struct W { T u; } w; };
V<long> vl; V<char> vc;
decltype(nullptr) np;
enum class Colour : unsigned char { red };
int f(int x) {
    struct L { int a; struct M { int b; } m; } l; l.m.b = x;
    typedef struct { int k; } T; T t = { (int)Colour::red };
    N::B b; b.q = 1; N::C::D d; d.l[0] = 2; N::C c; c.e = {};
    return l.m.b + t.k + b.q + d.l[0] + an.a;
}
"""
RUST = """
pub enum E { A(u32), B { x: u8, y: u64 }, C }
pub struct S<T> { a: T, b: Option<Box<E>> }
#[no_mangle] pub fn f(v: u64) -> S<u64> {
    S { a: v, b: Some(Box::new(if v > 3 { E::B { x: 1, y: v } } else { E::A(2) })) }
}
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def sections_of(blob: bytes, path: str = "made.o", *, split: bool = False) -> Sections:
    # As a file, since of what is in memory alone nothing is kept.
    with tempfile.TemporaryFile() as file:
        file.write(blob)
        file.flush()
        return Sections(elf_image_of(file, path), split=split)


def lookup_of(blob: bytes, **options: bool) -> Lookup:
    sections = sections_of(blob)
    return Lookup(sections, read_units(sections), **options)


def as_named(found: Found) -> Named:
    return Named(
        found.name,
        TAGS[found.tag].removeprefix("DW_TAG_"),
        found.size,
        found.declaration,
        tuple(name for _, name in found.scopes),
        found.local,
    )


def without_superseded(all_of: set[Named]) -> set[Named]:
    """What an index has: no declarations of what is defined."""
    defined = {one[:2] + one[4:] for one in all_of if not one.declaration}
    return {one for one in all_of if not one.declaration or one[:2] + one[4:] not in defined}


def check(path: Path, *, variables: bool = True) -> None:
    """All names of a file are those that pyelftools finds, in the index and one by one."""
    names = lookup_of(path.read_bytes())
    index = names.index()
    expected = {one for one in named(path) if variables or one.tag != "variable"}
    found = [as_named(one) for one in index.entries()]
    if variables:
        found += [as_named(one) for one in index.entries(variables=True)]
    assert set(found) == without_superseded(expected)
    assert len(found) == len(set(found))
    for name in {one.name for one in expected if one.tag != "variable"}:
        alone = lookup_of(path.read_bytes()).find(name)
        assert {as_named(one) for one in alone} == {
            one
            for one in without_superseded(expected)
            if one.name == name and one.tag != "variable"
        }
        assert [one.position for one in alone] == [one.position for one in index.find(name)]


def compiled(tmp_path: Path, command: list[str], name: str, source: str) -> Path:
    """The object file that a compiler makes of a source; skips the test where it cannot."""
    if shutil.which(command[0]) is None:
        pytest.skip(f"no {command[0]}")
    (tmp_path / name).write_text(source)
    output = tmp_path / "out.o"
    done = subprocess.run(
        [*command, "-g", name, "-o", str(output)], cwd=tmp_path, capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"{' '.join(command)} fails: {done.stderr.decode()[:200]}")
    return output


# --- The numbers of the compiled modules ---


def test_compiled_and_uncompiled_modules_have_the_same_numbers() -> None:
    path = Path(dwarf_codes.__file__).with_suffix(".pxd")
    text = path.read_text()
    in_c: dict[str, int] = {}
    for name, value in re.findall(r"#define PRETTIFY_(\w+) (0x[0-9A-F]+)[UL]*$", text, re.M):
        in_c[name] = int(value, 16)
    for name, value in re.findall(r"^    (\w+) = (.+)$", text, re.M):
        in_c[name] = eval(value, {}, in_c)
    in_python = {name: value for name, value in vars(dwarf_codes).items() if type(value) is int}
    assert in_c == in_python


def test_numbers_of_the_standard_are_those_of_the_standard() -> None:
    named_there = [name for name in vars(dwarf_codes) if name.startswith("DW_")]
    assert named_there
    for name in named_there:
        assert getattr(dwarf_codes, name) == getattr(constants, name)


# --- Files of compilers, against pyelftools ---


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*.o")), ids=lambda path: path.name)
def test_objects_of_the_zoo(path: Path) -> None:
    check(path)


@pytest.mark.parametrize("version", [2, 3, 4, 5])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_c(tmp_path: Path, compiler: str, version: int) -> None:
    source = (VECTORS / "types.c").read_text()
    check(compiled(tmp_path, [compiler, "-c", f"-gdwarf-{version}"], "t.c", source))


@pytest.mark.parametrize("version", [2, 3, 4, 5])
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_cpp_scopes_and_definitions_elsewhere(tmp_path: Path, compiler: str, version: int) -> None:
    path = compiled(tmp_path, [compiler, "-c", f"-gdwarf-{version}"], "t.cc", CPP)
    check(path)
    [inner] = lookup_of(path.read_bytes()).find("G")
    assert [name for _, name in inner.scopes] == ["N", "C", "D"]
    [definition] = lookup_of(path.read_bytes()).find("B")
    assert (definition.size, [name for _, name in definition.scopes]) == (8, ["N"])
    assert not definition.declaration


@pytest.mark.parametrize("flag", ["-gdwarf64", "-O2", "-fdebug-types-section"])
@pytest.mark.parametrize("version", [4, 5])
def test_cpp_otherwise_written(tmp_path: Path, flag: str, version: int) -> None:
    path = compiled(tmp_path, ["g++", "-c", f"-gdwarf-{version}", flag], "t.cc", CPP)
    if flag != "-fdebug-types-section":
        check(path)
    names = lookup_of(path.read_bytes())
    assert {"B", "C", "D", "E", "F", "G", "V<char>"} <= {
        one.name for one in names.index().entries()
    }
    for name in ("C", "G", "V<char>"):
        assert not lookup_of(path.read_bytes()).find(name)[0].declaration


def test_rust(tmp_path: Path) -> None:
    check(compiled(tmp_path, ["rustc", "--emit=obj", "--crate-type=lib"], "t.rs", RUST))


def test_split_units_have_their_strings_behind_a_header(tmp_path: Path) -> None:
    compiled(tmp_path, ["gcc", "-c", "-gsplit-dwarf"], "t.c", (VECTORS / "types.c").read_text())
    [path] = tmp_path.glob("*.dwo")
    sections = sections_of(path.read_bytes(), split=True)
    names = Lookup(sections, read_units(sections))
    assert names.find("s_ints")[0].size == names.index().find("s_ints")[0].size == 48


# --- Hand-made DWARF ---

ALL_FORMS: dict[str, Form] = {
    "addr": form("addr", 7),
    "block1": form("block1", b"ab"),
    "block2": form("block2", b"ab"),
    "block4": form("block4", b"ab"),
    "block": form("block", b"ab" * 80),
    "exprloc": form("exprloc", b""),
    "data1": form("data1", 1),
    "data2": form("data2", 1),
    "data4": form("data4", 1),
    "data8": form("data8", 1),
    "data16": form("data16", 1),
    "sdata": form("sdata", -70000),
    "udata": form("udata", 70000),
    "implicit_const": form("implicit_const", -129),
    "string": form("string", "text"),
    "strp": form("strp", "text"),
    "line_strp": form("line_strp", "text"),
    "strx": form("strx", 300),
    "strx1": form("strx1", 0),
    "strx2": form("strx2", 0),
    "strx3": form("strx3", 0),
    "strx4": form("strx4", 0),
    "addrx": form("addrx", 1),
    "addrx1": form("addrx1", 1),
    "addrx2": form("addrx2", 1),
    "addrx3": form("addrx3", 1),
    "addrx4": form("addrx4", 1),
    "flag": form("flag", 1),
    "flag_present": form("flag_present"),
    "ref_addr": form("ref_addr", 1),
    "ref1": form("ref1", 1),
    "ref2": form("ref2", 1),
    "ref4": form("ref4", 1),
    "ref8": form("ref8", 1),
    "ref_udata": form("ref_udata", 1),
    "ref_sig8": form("ref_sig8", 1),
    "ref_sup4": form("ref_sup4", 1),
    "ref_sup8": form("ref_sup8", 1),
    "strp_sup": form("strp_sup", 1),
    "sec_offset": form("sec_offset", 1),
    "loclistx": form("loclistx", 1),
    "rnglistx": form("rnglistx", 1),
    "GNU_addr_index": form("GNU_addr_index", 1),
    "GNU_str_index": form("GNU_str_index", 1),
    "GNU_ref_alt": form("GNU_ref_alt", 1),
    "GNU_strp_alt": form("GNU_strp_alt", 1),
    "indirect": form("indirect", form("block1", b"abc")),
    "indirect twice": form("indirect", form("indirect", form("udata", 5))),
}
SHAPES = [(2, 4, 4), (3, 8, 8), (4, 4, 8), (5, 4, 4), (5, 8, 8)]  # version, offsets, addresses


def node(name: str = "node", size: int = 16, **more: object) -> Die:
    return die("structure_type", name=name, byte_size=size, **more)  # type: ignore[arg-type]


def test_every_form_is_known() -> None:
    forms = {name for name in vars(constants) if name.startswith("DW_FORM_")}
    assert {f"DW_FORM_{name}" for name in ALL_FORMS} - {"DW_FORM_indirect twice"} == forms


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize("value", ALL_FORMS.values(), ids=ALL_FORMS)
def test_a_value_of_any_form_is_stepped_over(value: Form, endian: str, shape: tuple) -> None:  # type: ignore[type-arg]
    w = DwarfWriter(shape[0], endian=endian, offset_size=shape[1], address_size=shape[2])  # type: ignore[arg-type]
    w.unit(
        die("variable", location=value, const_value=form("data2", 0x303)),
        die("member", more={0x3FE0: value}),
        node(label="it", more={0x3FE0: value}),
    )
    names = lookup_of(w.elf())
    [found] = names.find("node")
    assert (found.position, found.size) == (w.labels["it"], 16)
    assert [one.position for one in names.index().entries()] == [w.labels["it"]]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("endian", ["little", "big"])
@pytest.mark.parametrize(
    "name", ["string", "strp", "line_strp", "strx", "strx1", "strx2", "strx3", "strx4", "indirect"]
)
def test_a_name_of_any_form_is_read(name: str, endian: str, shape: tuple) -> None:  # type: ignore[type-arg]
    w = DwarfWriter(shape[0], endian=endian, offset_size=shape[1], address_size=shape[2])  # type: ignore[arg-type]
    if name.startswith("strx") and shape[0] < 5:
        name = name.replace("strx", "string")[:6]
    value: Form = form(name, 2 if name.startswith("strx") else "wanted")
    if name == "indirect":
        value = form("indirect", form("strp", "wanted"))
    w.string("before")
    w.unit(die("base_type", name="int", byte_size=4), strings=["a", "b", "c"] * (shape[0] >= 5))
    w.unit(
        die("typedef", name="other"),
        die("structure_type", label="it", name=value, byte_size=3),
        strings=["x", "other", "wanted"] if shape[0] >= 5 else (),
    )
    names = lookup_of(w.elf())
    assert [(one.position, one.size) for one in names.find("wanted")] == [(w.labels["it"], 3)]
    assert names.find("want") == names.find("anted") == names.find("wanted ") == []
    assert [one.position for one in names.index().find("wanted")] == [w.labels["it"]]


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (form("data1", 0xFF), 0xFF),
        (form("data8", 1 << 40), 1 << 40),
        (form("udata", 1 << 33), 1 << 33),
        (form("sdata", 64), 64),
        (form("implicit_const", 24), 24),
        (form("exprloc", b"\x08\x10"), -1),
        (form("indirect", form("data2", 515)), 515),
    ],
    ids=lambda value: "",
)
def test_a_size_of_any_form_is_read(value: Form, size: int) -> None:
    w = DwarfWriter(5, endian="big")
    w.unit(die("structure_type", byte_size=value, name="node"))
    assert [one.size for one in lookup_of(w.elf()).find("node")] == [size]


def test_names_that_end_others_have_no_string_of_their_own() -> None:
    w = DwarfWriter(5, merge=True)
    w.unit(node("hlist_head", 8))
    w.unit(node("list_head", 16), node("head", 1))
    assert w.str.count(b"\0") == 1
    names = lookup_of(w.elf())
    assert [names.find(name)[0].size for name in ("hlist_head", "list_head", "head")] == [8, 16, 1]
    assert lookup_of(w.elf()).find("ead") == []


def test_a_name_that_ends_many_others() -> None:
    w = DwarfWriter(4)
    for number in range(40):
        w.unit(node(f"{number}_t", number))
    w.unit(node("t", 77))
    names = lookup_of(w.elf())
    assert [one.size for one in names.find("t")] == [77]
    assert [one.size for one in names.find("7_t")] == [7]


def test_one_entry_of_each_kind_size_and_scope_is_kept() -> None:
    w = DwarfWriter(4)
    for number in range(3):
        w.unit(
            node(label=f"first {number}"),
            node(),
            node(size=24, label=f"longer {number}"),
            die("typedef", name="node", label=f"typedef {number}"),
            die("structure_type", name="node", declaration=True),
            die("structure_type", name="unknown", declaration=True, label=f"declared {number}"),
        )
    names = lookup_of(w.elf())
    kept = [w.labels[label] for label in ("first 0", "longer 0", "typedef 0")]
    assert [one.position for one in names.find("node")] == kept
    assert [one.position for one in names.index().find("node")] == kept
    assert [(one.position, one.declaration) for one in names.find("unknown")] == [
        (w.labels["declared 0"], True)
    ]
    assert [one.position for one in names.index().entries()] == [*kept, w.labels["declared 0"]]


def test_definitions_come_first_and_those_of_functions_last() -> None:
    w = DwarfWriter(5)
    w.unit(
        die("class_type", name="a", declaration=True),
        die("subprogram", children=[die("lexical_block", children=[node("a", 1)])]),
        node("a", 2),
    )
    found = lookup_of(w.elf()).find("a")
    assert [(one.size, one.local, one.declaration) for one in found] == [
        (2, False, False),
        (1, True, False),
        (-1, False, True),
    ]


def test_siblings_lead_over_what_has_no_types_in_it() -> None:
    w = DwarfWriter(4)
    w.unit(
        die("enumeration_type", name="e", byte_size=4, sibling=True, children=[die("enumerator")]),
        die("subroutine_type", sibling=True, children=[die("formal_parameter")]),
        die("array_type", sibling=True, children=[die("subrange_type", name="no")]),
        die("subprogram", sibling=True, children=[node("inner", 1)]),
        node("last", 2),
    )
    assert [one.name for one in lookup_of(w.elf()).index().entries()] == ["e", "inner", "last"]


@pytest.mark.parametrize("target", [0, 1, 12, 0xFFFFFFFF], ids=hex)
def test_siblings_that_lead_back_or_nowhere_are_not_followed(target: int) -> None:
    w = DwarfWriter(4)
    children = [die("enumerator")]
    w.unit(
        die("array_type", more={0x01: form("ref4", target)}, children=children),
        node("last", 2),
    )
    assert lookup_of(w.elf()).find("last")[0].size == 2


@pytest.mark.parametrize(("first", "step"), [(1, 1), (7, 1), (1000, 1), (1 << 40, -3), (3, 5000)])
def test_codes_of_abbreviations_may_be_any(first: int, step: int) -> None:
    w = DwarfWriter(4, first_code=first, code_step=step)
    w.unit(node("a", 1), die("typedef", name="b"), node("c", 1), die("member", name="d"))
    assert [one.name for one in lookup_of(w.elf()).index().entries()] == ["a", "b", "c"]


def test_type_units_and_partial_units() -> None:
    for version in (4, 5):
        w = DwarfWriter(version)
        w.unit(die("structure_type", name="s", declaration=True, signature=form("ref_sig8", 9)))
        w.unit(node("s", 12, label="s"), kind="type", signature=9, type_label="s")
        if version == 5:
            w.unit(node("p", 3), kind="partial")
        sections = sections_of(w.elf())
        units = read_units(sections)
        [typed] = [unit for unit in units if unit.is_type_unit]
        [found] = Lookup(sections, units).find("s")
        base = 0 if version == 5 else len(sections.info)
        assert found.position == typed.type_position == base + w.labels["s"]
        assert (typed.signature, found.size) == (9, 12)
        assert [one.size for one in Lookup(sections, units).index().find("p")] == [3] * (
            version == 5
        )


def test_variables_are_found_apart_from_types() -> None:
    w = DwarfWriter(5)
    w.unit(
        node("jiffies", 8),
        die("variable", name="jiffies", label="it"),
        die("subprogram", children=[die("variable", name="local")]),
    )
    names = lookup_of(w.elf())
    assert [one.position for one in names.find("jiffies", variables=True)] == [w.labels["it"]]
    assert [one.size for one in names.find("jiffies")] == [8]
    assert names.find("local", variables=True) == []
    assert [one.position for one in names.index().find("jiffies", variables=True)] == [
        w.labels["it"]
    ]


def test_parents_are_the_scopes() -> None:
    w = DwarfWriter(5)
    inner = node("inner", 1)
    w.unit(
        die(
            "namespace",
            name="n",
            label="n",
            children=[
                die("namespace", children=[node("a", 4, label="a", children=[inner])]),
                node("b", 4, label="b", children=[inner]),
            ],
        ),
        inner,
    )
    found = {one.parent: one.scopes for one in lookup_of(w.elf()).index().find("inner")}
    namespace = (constants.DW_TAG_namespace, "n")
    struct = constants.DW_TAG_structure_type
    assert found == {
        w.labels["a"]: (namespace, (struct, "a")),
        w.labels["b"]: (namespace, (struct, "b")),
        -1: (),
    }


def test_an_index_says_what_is_at_a_position() -> None:
    w = DwarfWriter(5)
    w.unit(node("a", 1, label="a"), node("b", 2))
    index = lookup_of(w.elf()).index()
    found = index.at(w.labels["a"])
    assert found is not None
    assert found.name == "a"
    assert index.at(w.labels["a"] + 1) is None
    assert len(index) == 2


def test_what_is_enough_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "BATCH", 1)
    w = DwarfWriter(5)
    for number in range(200):
        w.unit(node("node", 8 * (number // 20 + 1)))
    sections = sections_of(w.elf())
    names = Lookup(sections, read_units(sections), jobs=2)
    some = names.find("node", enough=lambda one: one.size == 24)
    every = names.find("node")
    assert [one.size for one in every] == list(range(8, 88, 8))
    assert some == [] or [one.size for one in some] == [one.size for one in every][: len(some)]
    assert 3 <= len(some) < len(every)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_threads_change_nothing(monkeypatch: pytest.MonkeyPatch, jobs: int) -> None:
    monkeypatch.setattr(scanning, "BATCH", 200)
    monkeypatch.setattr(scanning, "MIN_ROOM", 2)
    w = DwarfWriter(4)
    for number in range(60):
        w.unit(
            die(
                "namespace",
                name=f"n{number % 7}",
                children=[node(f"s{i}", number % 3, children=[node("in", i)]) for i in range(9)],
            ),
            die("structure_type", name=f"s{number}", declaration=True),
        )
    sections = sections_of(w.elf())
    rows = [
        (one.position, one.parent, as_named(one))
        for one in Lookup(sections, read_units(sections), jobs=jobs).index().entries()
    ]
    alone = Lookup(sections, read_units(sections), jobs=1).index()
    assert rows == [(one.position, one.parent, as_named(one)) for one in alone.entries()]
    assert len(rows) == len({row[2] for row in rows}) > 7 * 9 * 3
    assert rows == sorted(rows)


def test_names_are_bytes() -> None:
    w = DwarfWriter(5)
    w.unit(die("typedef", name=form("strp", b"caf\xe9")), node("héé", 2), node("x" * 5000, 3))
    names = lookup_of(w.elf())
    assert names.find("caf\udce9")[0].tag == constants.DW_TAG_typedef
    assert names.find("héé")[0].size == 2
    assert names.find("x" * 5000) == names.find("") == names.find("a\0") == []
    assert len(names.index()) == 2


# --- Units and abbreviations ---


def test_units_say_how_they_are_written() -> None:
    w = DwarfWriter(3, endian="big", offset_size=8, address_size=4)
    w.unit(node("a", 1))
    w.unit(node("b", 1), kind="skeleton", version=5, signature=0x1234)
    w.unit(node("c", 1), version=2)
    units = read_units(sections_of(w.elf()))
    assert [(u.version, u.offset_size, u.address_size, u.dwo_id) for u in units] == [
        (3, 8, 4, 0),
        (5, 8, 4, 0x1234),
        (2, 8, 4, 0),
    ]
    assert [u.position for u in units[1:]] == [u.end for u in units[:-1]]
    assert units[-1].end == len(w.info)


def test_zeroes_between_units_are_padding() -> None:
    w = DwarfWriter(4)
    w.unit(node("a", 1))
    w.info += bytes(4 * 3001)
    w.unit(node("b", 1))
    w.info += bytes(7)
    assert len(read_units(sections_of(w.elf()))) == 2


def test_units_of_unknown_versions_are_left_out() -> None:
    w = DwarfWriter(4)
    first = w.unit(node("a", 1))
    w.info[first + 4] = 9
    with pytest.raises(TypeInfoError, match="version 9"):
        read_units(sections_of(w.elf()))
    w.unit(node("b", 1))
    assert len(read_units(sections_of(w.elf()))) == 1


def abbreviation(code: int, *attributes: int) -> bytes:
    pairs = b"".join(uleb128(attribute) + uleb128(0x0B) for attribute in attributes)
    return uleb128(code) + uleb128(0x34) + b"\1" + pairs + bytes(2)


def test_tables_are_read_as_far_as_they_are_needed() -> None:
    codes = [*range(1, 700), 5, 1 << 40, 3]
    table = b"".join(abbreviation(code, place + 1) for place, code in enumerate(codes))
    whole = Abbreviations(sections_of(elf({".debug_info": b"", ".debug_abbrev": table + b"\0"})))
    for code in (699, 5, 1 << 40, 3, 1):
        found = whole.find(0, code)
        assert (found.code, found.tag, found.has_children) == (code, 0x34, True)
        assert found.attributes == ((codes.index(code) + 1, 0x0B, 0),)  # the first of its code
    with pytest.raises(TypeInfoError, match="no abbreviation 777 in this table"):
        whole.find(0, 777)
    cut = Abbreviations(sections_of(elf({".debug_info": b"", ".debug_abbrev": table[:-1]})))
    assert cut.find(0, 1 << 40).code == 1 << 40
    with pytest.raises(TypeInfoError, match="an abbreviation is cut short"):
        cut.find(0, 777)
    with pytest.raises(TypeInfoError, match="past the end"):
        cut.find(len(table), 1)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"\x01", "cut short"),
        (b"\x00\x00\x00\x7f", "where 0 are left"),
        (b"\xf0\xff\xff\xff" + bytes(20), "no unit's length"),
        (b"\xff\xff\xff\xff" + b"\xff" * 8 + bytes(8), "where 8 are left"),
        (b"\x03\x00\x00\x00\x04\x00\x00", "cut short"),
        (b"\x02\x00\x00\x00\x05\x00", "cut short"),
        (b"\x07\x00\x00\x00\x04\x00\x00\x00\x00\x00\x03", "3 bytes"),
        (b"\x08\x00\x00\x00\x05\x00\x77\x08" + bytes(4), "unknown kind 0x77"),
    ],
    ids=range(8),
)
def test_bad_headers_are_errors(data: bytes, what: str) -> None:
    w = DwarfWriter(4)
    w.info += data
    with pytest.raises(TypeInfoError, match=what) as caught:
        read_units(sections_of(w.elf()))
    assert caught.value.offset == 0
    assert ".debug_info" in caught.value.path


def test_abbreviations_are_read_as_far_as_needed() -> None:
    w = DwarfWriter(5)
    w.unit(die("base_type", byte_size=form("implicit_const", -5), name="a"), node("b", 1))
    tables = Abbreviations(sections_of(w.elf()))
    second = tables.find(0, 2)
    assert (second.tag, second.has_children) == (constants.DW_TAG_base_type, False)
    assert second.attributes == (
        (constants.DW_AT_byte_size, constants.DW_FORM_implicit_const, -5),
        (constants.DW_AT_name, constants.DW_FORM_strp, 0),
    )
    assert tables.find(0, 1).has_children
    with pytest.raises(TypeInfoError, match="no abbreviation 9"):
        tables.find(0, 9)
    with pytest.raises(TypeInfoError, match="past the end"):
        tables.find(len(w.abbrev), 1)


# --- The cache ---


@pytest.fixture
def blob(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A file whose index is kept."""
    monkeypatch.setattr(lookup, "CACHED", 0)
    w = DwarfWriter(5)
    w.unit(node("a", 1), die("namespace", name="n", children=[node("b", 2)]))
    return w.elf()


def cached(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache" / "prettify" / "dwarf").glob("*"))


def no_scan(monkeypatch: pytest.MonkeyPatch) -> None:
    def scan(*_arguments: object) -> None:
        raise AssertionError("it is scanned")

    monkeypatch.setattr(scanning.Scan, "run", scan)


def test_an_index_is_kept(blob: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [as_named(one) for one in lookup_of(blob).index().entries()]
    [path] = cached(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    no_scan(monkeypatch)
    names = lookup_of(blob)
    assert [as_named(one) for one in names.index().entries()] == made
    assert names.find("b")[0].size == 2
    assert names.find("c") == []


def test_one_name_alone_makes_no_index_but_many_do(blob: bytes, tmp_path: Path) -> None:
    names = lookup_of(blob)
    for _ in range(lookup.MANY):
        names.find("a")
    assert cached(tmp_path) == []
    names.find("a")
    assert len(cached(tmp_path)) == 1


def test_small_files_and_parts_of_files_are_not_kept(tmp_path: Path, blob: bytes) -> None:
    lookup_of(blob, whole=False).index()
    assert cached(tmp_path) == []


def test_another_file_has_another_index(blob: bytes, tmp_path: Path) -> None:
    lookup_of(blob).index()
    w = DwarfWriter(5)
    w.unit(node("a", 5), node("c", 7), node("d", 8))
    assert [one.size for one in lookup_of(w.elf()).index().find("c")] == [7]
    assert len(cached(tmp_path)) == 2


def test_a_damaged_index_is_made_anew(blob: bytes, tmp_path: Path) -> None:
    lookup_of(blob).index()
    [path] = cached(tmp_path)
    whole = path.read_bytes()
    chance = random.Random(1)
    for number in range(60):
        bad = bytearray(whole)
        if number % 3:
            bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        else:
            del bad[chance.randrange(len(bad)) :]
        path.write_bytes(bad)
        assert lookup_of(blob).index().find("b")[0].size == 2
        assert path.read_bytes() == whole
        with pytest.raises(Damaged):
            load(bytes(bad), b"key")


def test_another_files_index_is_not_believed(blob: bytes) -> None:
    names = lookup_of(blob)
    data = names.index().dump(b"its key")
    assert len(load(data, b"its key")) == 2
    with pytest.raises(Damaged):
        load(data, b"a key")


@pytest.mark.parametrize("place", ["", "relative", "file"])
def test_without_a_place_there_is_no_cache(
    blob: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    if place == "file":
        (tmp_path / "file").write_bytes(b"")
        place = str(tmp_path / "file")
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    monkeypatch.setenv("HOME", "/")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert lookup_of(blob).index().find("a")[0].size == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"file"}


def test_the_cache_is_below_home(
    blob: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    lookup_of(blob).index()
    assert len(list((tmp_path / ".cache" / "prettify" / "dwarf").iterdir())) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_no_cache(blob: bytes, tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o500)
    assert lookup_of(blob).index().find("a")[0].size == 1


def test_the_cache_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_FILES", 3)
    for number in range(6):
        cache.write(b"key %d" % number, b"x" * 100)
        os.utime(cached(tmp_path)[0].parent, (0, 0))
        for path in cached(tmp_path):  # older by one each time
            os.utime(path, (path.stat().st_mtime - 10,) * 2)
    assert len(cached(tmp_path)) == 3
    assert [cache.read(b"key %d" % number) != b"" for number in range(6)] == [False] * 3 + [
        True
    ] * 3
    monkeypatch.setattr(cache, "MAX_BYTES", 250)
    cache.write(b"another", b"y" * 100)
    assert len(cached(tmp_path)) == 2
    cache.write(b"too long", b"y" * 251)
    assert cache.read(b"too long") == b""


def test_abandoned_files_are_removed(tmp_path: Path) -> None:
    cache.write(b"key", b"data")
    [path] = cached(tmp_path)
    old, new = (path.with_name(name + cache.UNFINISHED) for name in ("old", "new"))
    for unfinished in (old, new):
        unfinished.write_bytes(b"part")
    os.utime(old, (0, 0))
    cache.write(b"other", b"data")
    assert (old.exists(), new.exists()) == (False, True)


def test_writers_at_the_same_time_leave_a_whole_file(tmp_path: Path) -> None:
    texts = [bytes([65 + number]) * 50_000 for number in range(4)]
    seen: list[bytes] = []

    def work(text: bytes) -> None:
        for _ in range(20):
            cache.write(b"key", text)
            seen.append(cache.read(b"key"))

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(seen) <= set(texts)
    assert len(cached(tmp_path)) == 1


# --- Damage ---


def damaged(change: Callable[[DwarfWriter], None]) -> Lookup:
    """A file of three units, the second of which is damaged."""
    w = DwarfWriter(4)
    w.unit(node("first", 1))
    at = w.unit(node("second", 2), node("third", 3, location=form("block1", b"ab")))
    w.unit(node("last", 4))
    w.labels["unit"] = at
    blob_before = w.sections()
    change(w)
    assert w.sections() != blob_before
    return lookup_of(w.elf())


def unknown_code(w: DwarfWriter) -> None:
    w.info[w.labels["unit"] + 12] = 99


def unknown_table(w: DwarfWriter) -> None:
    w.info[w.labels["unit"] + 6 : w.labels["unit"] + 10] = b"\xff\xff\xff\x7f"


def cut_entry(w: DwarfWriter) -> None:
    at = w.info.index(b"\2ab")
    w.info[at] = 0xF0


@pytest.mark.parametrize("change", [unknown_code, unknown_table, cut_entry])
def test_damage_ends_a_unit_and_matters_to_who_asks_for_it(
    change: Callable[[DwarfWriter], None],
) -> None:
    names = damaged(change)
    assert names.find("first")[0].size == 1
    assert names.find("last")[0].size == 4
    assert [one.name for one in names.index().find("last")] == ["last"]
    with pytest.raises(TypeInfoError, match="damaged DWARF: the unit at 0x") as caught:
        damaged(change).find("third")
    assert caught.value.offset is not None
    with pytest.raises(TypeInfoError, match="damaged DWARF"):
        names.find("third")  # with the index


def test_strings_that_do_not_end_or_exist_are_no_names() -> None:
    w = DwarfWriter(5)
    w.unit(
        die("typedef", name=form("strp", 1 << 20)),
        die("typedef", name=form("line_strp", 0)),
        die("typedef", name=form("strx", 1 << 60)),
        die("typedef", name=form("strp_sup", 3)),
        node("good", 2),
    )
    at = w.unit(die("typedef", name=form("strp", len(w.str))))
    w.str += b"endless"
    assert at
    names = lookup_of(w.elf())
    assert names.find("good")[0].size == 2
    assert names.find("endless") == []
    assert [one.name for one in names.index().entries()] == ["good"]


def test_an_unknown_form_ends_a_unit_only_where_it_is_met() -> None:
    w = DwarfWriter(4)
    w.unit(node("a", 1), die("member", name=form("data4", 0)), node("b", 2))
    shape = bytes((constants.DW_AT_name, constants.DW_FORM_data4))
    w.abbrev[w.abbrev.index(shape) + 1] = 0x3F
    names = lookup_of(w.elf())
    assert names.find("a")[0].size == 1
    with pytest.raises(TypeInfoError, match="unknown form"):
        names.find("b")


def test_small_units_of_long_tables_take_no_forever() -> None:
    w = DwarfWriter(4)
    w.unit(node("a", 1))
    w.abbrev += (uleb128(5) + b"\x13\0" + b"\x03\x08" * 300 + b"\0\0") * 40
    for number in range(3000):
        w.unit(table=len(w.abbrev) // 3 + number)
    names = lookup_of(w.elf())
    assert names.find("a")[0].size == 1
    assert names.index().damaged_at > 0


def test_scopes_within_each_other_without_end() -> None:
    entry = node("inner", 1)
    w = DwarfWriter(4)
    for _ in range(900):
        entry = die("namespace", name="n", children=[entry])
    w.unit(entry)
    assert len(lookup_of(w.elf()).find("inner")[0].scopes) == 900
    w.info[:] = w.abbrev[:] = b""
    code = b"\x01"
    w.abbrev += b"\x01" + uleb128(constants.DW_TAG_namespace) + b"\x01\x03\x08\0\0\0"
    body = b"\x04\0" + bytes(4) + b"\x08" + (code + b"n\0") * 200_000
    w.info += len(body).to_bytes(4, "little") + body
    with pytest.raises(TypeInfoError, match="scopes within each other"):
        lookup_of(w.elf()).find("n")


@pytest.mark.slow_pure
def test_mutants_are_read_or_errors(tmp_path: Path) -> None:
    for path in (VECTORS / "gcc-dwarf4.o", VECTORS / "clang-dwarf5.o"):
        whole = path.read_bytes()
        image = ElfImage(memoryview(whole), "")
        places = [
            (section.offset, section.size)
            for name in ("info", "abbrev", "str", "str_offsets")
            for section in image.named(f".debug_{name}")
        ]
        chance = random.Random(str(path.name))
        for _ in range(MUTANTS):
            bad = bytearray(whole)
            for _ in range(chance.choice((1, 1, 3, 30))):
                start, size = chance.choice(places)
                bad[start + chance.randrange(size)] = chance.choice((0, 0xFF, 0x80, 1, 0x7F))
            try:
                names = lookup_of(bytes(bad))
                list(names.index().entries())
                names.find("s_ints")
            except TypeInfoError:
                pass
