"""C++ and Rust as their compilers write it: what is plain data of them."""

from __future__ import annotations

import subprocess
from shutil import which
from typing import TYPE_CHECKING

import pytest

import prettify
from prettify import model
from prettify.errors import TypeNotFound

if TYPE_CHECKING:
    from pathlib import Path

CPLUSPLUS = """
namespace outer {
    namespace inner {
        struct Point { int x; short y; };
        enum class Color : unsigned char { Red = 1, Blue = 200 };
    }
    struct Node {
        Node *next; inner::Point p; static int count; void f(); struct Deep { char c[3]; } deep;
    };
    namespace { struct Hidden { int h; }; Hidden hidden; } int use() { return hidden.h; }
}
struct Empty {};
struct Base { long b; };
struct Derived : Base, Empty { int d; };
struct Virtual { virtual int f(); int v; };
int Virtual::f() { return v; }
template <typename T, int N> struct Array { T data[N]; };
using Alias = Array<outer::inner::Point, 4>;
struct Pointers {
    int outer::inner::Point::*data;
    void (outer::Node::*function)();
    decltype(nullptr) none;
    int &&r;
};
struct Bits { unsigned a : 3; bool b : 1; outer::inner::Color c : 4; long long d : 40; };
_Complex double complex_number;
outer::Node node;
Derived derived;
Virtual virtual_;
Alias alias;
Bits bits;
outer::inner::Color color;
static_assert(sizeof(Derived) == 16 && sizeof(Virtual) == 16 && sizeof(Pointers) == 40, "");
int local() { struct Local { int l; } x{}; return x.l; }
extern int other;
Pointers p = {nullptr, nullptr, nullptr, static_cast<int &&>(other)};
"""
RUST = """
#![allow(dead_code)]
pub mod shapes {
    #[repr(C)] pub struct Fixed { pub a: u8, pub b: u64, pub c: u16 }
    pub struct Free { pub a: u8, pub b: u64, pub c: u16, pub pair: (u8, u32) }
    pub enum Choice { A(u32), B { x: u64, y: u8 }, Nothing }
    #[repr(u8)] pub enum Level { Low = 3, High = 200 }
}
use shapes::*;
pub struct Holder<'a> {
    text: &'a str, slice: &'a [u16], maybe: Option<u32>, letter: char, flag: bool, unit: (),
    wide: i128,
}
pub fn f(h: &Holder, c: &Choice, r: &Free, x: &Fixed, l: Level) -> usize {
    let chosen = match c { Choice::A(x) => *x as usize, _ => 3 };
    h.text.len() + chosen + r.a as usize + x.a as usize + l as usize
}
"""


def compiled(command: list[str], source: Path, text: str) -> prettify.Types:
    if which(command[0]) is None:
        pytest.skip(f"no {command[0]} here")
    source.write_text(text)
    out = source.with_suffix(".o")
    done = subprocess.run(
        [*command, "-g", "-o", str(out), str(source)], capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return prettify.load_types(out, formats=("dwarf",))


@pytest.fixture(
    scope="module",
    params=[
        ("g++", "-gdwarf-4"),
        ("g++", "-gdwarf-5"),
        ("g++", "-fdebug-types-section"),
        ("clang++", "-gdwarf-5"),
    ],
    ids=" ".join,
)
def cplusplus(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> prettify.Types:
    path = tmp_path_factory.mktemp("cplusplus") / "a.cpp"
    return compiled([*request.param, "-w", "-c"], path, CPLUSPLUS)


@pytest.fixture(scope="module")
def rust_object(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rust") / "a.rs"
    compiled(["rustc", "--crate-type=lib", "--emit=obj"], path, RUST)
    return path.with_suffix(".o")


@pytest.fixture
def rust(rust_object: Path) -> prettify.Types:
    return prettify.load_types(rust_object, formats=("dwarf",))


def members(types: prettify.Types, name: str) -> list[tuple[str, int, int]]:
    return [(c.name, c.offset, c.size) for c in types[name].layout.root.children]


def test_classes(cplusplus: prettify.Types) -> None:
    assert members(cplusplus, "outer::Node") == [("next", 0, 8), ("p", 8, 8), ("deep", 16, 3)]
    assert members(cplusplus, "Derived") == [("Base", 0, 8), ("d", 8, 4)]
    [vptr, v] = members(cplusplus, "Virtual")
    assert vptr[0].startswith("_vptr")
    assert v == ("v", 8, 4)
    pointers = [(name, size) for name, _, size in members(cplusplus, "Pointers")]
    assert pointers == [("data", 8), ("function", 16), ("none", 8), ("r", 8)]
    assert cplusplus["Alias"].size == cplusplus["Array<outer::inner::Point, 4>"].size == 32


def test_bitfields_of_bool_and_enum(cplusplus: prettify.Types) -> None:
    bits = cplusplus["Bits"].layout.root.children
    assert [(c.name, c.bit_offset, c.bit_size) for c in bits] == [
        ("a", 0, 3),
        ("b", 3, 1),
        ("c", 4, 4),
        ("d", 8, 40),
    ]


@pytest.mark.parametrize(
    ("name", "whole"),
    [
        ("Point", "struct outer::inner::Point"),
        ("inner::Point", "struct outer::inner::Point"),
        ("struct outer::inner::Point", "struct outer::inner::Point"),
        ("outer::inner::Color", "enum outer::inner::Color"),
        ("Deep", "struct outer::Node::Deep"),
        ("Hidden", "struct outer::Hidden"),
        ("Local", "struct Local"),
    ],
)
def test_names(cplusplus: prettify.Types, name: str, whole: str) -> None:
    assert cplusplus[name].name == whole


def test_a_scope_that_is_another(cplusplus: prettify.Types) -> None:
    with pytest.raises(TypeNotFound):
        _ = cplusplus["other::Point"]


def test_a_record_of_a_derived_class(cplusplus: prettify.Types) -> None:
    data = (5).to_bytes(8, "little") + (7).to_bytes(8, "little")
    assert cplusplus["Derived"].unpack(data) == {"Base": {"b": 5}, "d": 7}


def test_rust_structs_are_in_the_order_of_memory(rust: prettify.Types) -> None:
    offsets = [c.offset for c in rust["shapes::Free"].layout.root.children]
    assert offsets == sorted(offsets)
    assert {c.name for c in rust["Free"].layout.root.children} == {"a", "b", "c", "pair"}
    assert members(rust, "Fixed") == [("a", 0, 1), ("b", 8, 8), ("c", 16, 2)]


def test_rust_strings_and_slices_are_pointers_with_a_length(rust: prettify.Types) -> None:
    holder = {c.name: c for c in rust["Holder"].layout.root.children}
    for name in ("text", "slice"):
        assert [(c.name, c.size) for c in holder[name].children] == [("data_ptr", 8), ("length", 8)]
    assert (holder["letter"].size, holder["flag"].size, holder["unit"].size) == (4, 1, 0)
    assert holder["wide"].size == 16


def test_rust_enums(rust: prettify.Types) -> None:
    level = rust["Level"].type
    assert isinstance(level, model.Enum)
    assert [(e.name, e.value) for e in level.enumerators] == [("Low", 3), ("High", 200)]
    [union] = rust["shapes::Choice"].layout.root.children
    assert union.kind == model.UNION
    assert [c.name for c in union.children] == ["__discriminant", "A", "B", "Nothing"]
    values = rust["Choice"].unpack(bytes(rust["Choice"].size))
    assert values["__discriminant"] == 0
    assert values["A"] == {"__0": 0}


def test_languages(rust_object: Path) -> None:
    assert prettify.load_types(rust_object, lang="rust").names("*Level")
    assert not prettify.load_types(rust_object, lang=["c11", "c++"]).names("*Level")
    assert not prettify.load_types(rust_object, lang_exclude="Rust").names("*Level")
