"""Projections: which members are left, in every form, and what is said of one that is not there."""

from __future__ import annotations

import json
import random
import struct
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from btf_writer import BtfWriter
from c_compilers import Compiler, can
from c_records import Shape
from conftest import ROOT, examples
from prettify import model
from prettify.api import RecordType
from prettify.compilers import values
from prettify.compilers.construct_parser import compile_construct
from prettify.compilers.numpy_dtype import compile_dtype, view
from prettify.core.emitter import render
from prettify.dialects import FORMS, MAP_FORMS
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.layout import Layout, Node, innermost
from prettify.records.query.projection import select
from prettify.records.query.where import compile_where
from prettify.sources.btf import Btf
from small_types import laid_out
from strategies import record_bytes, record_layouts
from test_agreement import check_numpy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.api import Types


def text(layout: Layout, record: bytes, form: str, order: str | None = None, **flags: Any) -> str:
    """A record in some form."""
    options = Options(byte_order=order or layout.byte_order, **flags)
    program = FORMS[form].compile(layout, options)
    return b"".join(render(program, record, 0, 1)).decode("utf-8", "surrogateescape")


ANONYMOUS = struct.pack("<I4xQQI4x", 7, 8, 9, 10)  # struct n_anon


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("tag", {"tag": 7}),
        ("end,tag", {"end": 10, "tag": 7}),
        ("right , lo", {"right": 9, "lo": 0}),
        (["b3", "word"], {"b3": 0, "word": 0}),
        ("tag,tag", {"tag": 7}),
        ("l*", {"lo": 0, "left": 8}),
        ("?ag,end", {"tag": 7, "end": 10}),
        ("*t", {"left": 8, "right": 9}),
    ],
)
def test_members_in_the_order_they_are_asked_for(
    zoo: Types, paths: str, expected: dict[str, int]
) -> None:
    whole = zoo["n_anon"].layout
    layout = select(whole, paths)
    assert (layout.size, layout.type) == (whole.size, whole.type)
    printed = json.loads(text(layout, ANONYMOUS, "ndjson"))
    assert printed == expected
    assert list(printed) == list(expected)


@pytest.fixture
def nested() -> Layout:
    """struct s { u16 a; struct p { u16 x, y; struct q { u16 m, n; } q; } p; struct p ps[2][2];
    char name[4]; }"""
    w = BtfWriter()
    number = w.int("u16", 2)
    q = w.struct("q", 4, [("m", number, 0), ("n", number, 16)])
    p = w.struct("p", 8, [("x", number, 0), ("y", number, 16), ("q", q, 32)])
    ps = w.array(w.array(p, 2), 2)
    name = w.array(w.int("char", 1), 4)
    members = [("a", number, 0), ("p", p, 16), ("ps", ps, 80), ("name", name, 336)]
    return laid_out(w, w.struct("s", 46, members))


NUMBERS = struct.pack("<21H4s", *range(21), b"abc")


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ("p.x", '{"p":{"x":1}}'),
        ("p.q", '{"p":{"q":{"m":3,"n":4}}}'),
        ("p.q.n,p.x", '{"p":{"q":{"n":4},"x":1}}'),
        ("p.y,a,p.x", '{"p":{"y":2,"x":1},"a":0}'),
        ("p.q,p.q.n", '{"p":{"q":{"m":3,"n":4}}}'),
        ("p.q.n,p.q", '{"p":{"q":{"m":3,"n":4}}}'),
        ("p.q.n,a,p", '{"p":{"x":1,"y":2,"q":{"m":3,"n":4}},"a":0}'),
        ("ps.x", '{"ps":[[{"x":5},{"x":9}],[{"x":13},{"x":17}]]}'),
        ("ps.q.m,name", '{"ps":[[{"q":{"m":7}},{"q":{"m":11}}],[{"q":{"m":15}},{"q":{"m":19}}]],'
         '"name":"abc"}'),
        ("*.x,n*", '{"p":{"x":1},"ps":[[{"x":5},{"x":9}],[{"x":13},{"x":17}]],"name":"abc"}'),
        ("p.*.m", '{"p":{"q":{"m":3}}}'),
        ("p.*", '{"p":{"x":1,"y":2,"q":{"m":3,"n":4}}}'),
    ],
)  # fmt: skip
def test_members_of_members(nested: Layout, paths: str, expected: str) -> None:
    assert text(select(nested, paths), NUMBERS, "ndjson") == expected + "\n"


def test_the_whole_layout_stays_as_it_is(nested: Layout) -> None:
    before = text(nested, NUMBERS, "ndjson")
    select(nested, "p.q.n,ps.x")
    assert text(nested, NUMBERS, "ndjson") == before


def test_an_array_of_structs_is_projected_by_element() -> None:
    w = BtfWriter()
    number = w.int("u8", 1)
    pairs = w.array(w.struct("pair", 2, [("x", number, 0), ("y", number, 8)]), 2)
    assert text(select(laid_out(w, pairs), "y"), b"\1\2\3\4", "ndjson") == '[{"y":2},{"y":4}]\n'


def test_names_with_dots() -> None:
    w = BtfWriter()
    number = w.int("u8", 1)
    inner = w.struct("inner", 1, [("b", number, 0)])
    layout = laid_out(w, w.struct("s", 2, [("a.b", number, 0), ("a", inner, 8)]))
    assert text(select(layout, "a.b"), b"\1\2", "ndjson") == '{"a.b":1}\n'
    assert text(select(layout, "a.*"), b"\1\2", "ndjson") == '{"a":{"b":2}}\n'


def test_the_dialects_show_what_is_left(nested: Layout) -> None:
    layout = select(nested, "name,p.q.n")
    flags = {"compact": True, "zero": True}
    assert text(layout, NUMBERS, "pahole", **flags) == (
        '{ .name = "abc", .p = { .q = { .n = 4, }, }, },\n'
    )
    assert text(layout, NUMBERS, "kernel", **flags) == (
        "(struct s){.name = (char[])['a','b','c',],"
        ".p = (struct p){.q = (struct q){.n = (u16)4,},},}"
    )
    assert text(layout, NUMBERS, "c", **flags) == (
        '(struct s){ .name = "abc", .p = { .q = { .n = 4, }, }, }'
    )


KNOWN = "it has a, p, ps, name"
ERRORS = [
    ("b", f"no member 'b'; {KNOWN}"),
    ("nam", f"no member 'nam'; {KNOWN}; did you mean 'name'?"),
    ("a,p.z", "no member 'z' in 'p'; it has x, y, q"),
    ("ps.q.mm", "no member 'mm' in 'ps.q'; it has m, n; did you mean 'm'?"),
    ("a.x", "no member 'x' in 'a'; it has none"),
    ("z*", f"no member matches 'z*'; {KNOWN}"),
    ("p.z?.m", "no member matches 'z?.m' in 'p'; it has x, y, q"),
    ("*.zz", f"no member matches '*.zz'; {KNOWN}"),
    ("p,p.zz", "no member 'zz' in 'p'; it has x, y, q"),
    ("ps[0].x", "an index at 'ps[0]': of an array's elements all are selected, or none"),
    ("", "a member's name expected"),
    ("a,", "a member's name expected"),
    ("p..x", "a member's name expected"),
    (".", "a member's name expected"),
]


@pytest.mark.parametrize(("paths", "message"), ERRORS, ids=[paths for paths, _ in ERRORS])
def test_what_is_not_there(nested: Layout, paths: str, message: str) -> None:
    with pytest.raises(UsageError) as failure:
        select(nested, paths)
    wrong = paths.split(",")[-1]
    assert str(failure.value) == f"--select {wrong!r}: {message}"
    with pytest.raises(UsageError, match=r"^columns="):
        select(nested, paths, option="columns=")


def test_messages_are_one_line_whatever_members_are_called() -> None:
    w = BtfWriter()
    layout = laid_out(w, w.struct("s", 1, [(b"a\n\xff", w.int("u8", 1), 0)]))
    for wrong in (lambda: select(layout, "b"), lambda: compile_where("b", layout, "little")):
        with pytest.raises(UsageError) as failure:
            wrong()
        assert str(failure.value).isprintable()


def test_a_type_without_members_has_none_to_select() -> None:
    w = BtfWriter()
    with pytest.raises(UsageError, match="no member 'a'; it has none"):
        select(laid_out(w, w.int("u8", 1)), "a")


# Random types: what is left is what the whole has there, in every form.


def paths_of(node: Node, before: str = "") -> list[str]:
    """The paths of all members."""
    found = []
    for name, _, child in values.members(innermost(node)):
        found.append(before + name)
        found += paths_of(child, f"{before}{name}.")
    return found


def picked(value: Any, paths: Sequence[str]) -> Any:
    """What is left of a record's value."""
    if isinstance(value, list):
        return [picked(element, paths) for element in value]
    kept = {}
    for path in paths:
        name, _, rest = path.partition(".")
        below = [p.partition(".")[2] for p in paths if p.partition(".")[0] == name]
        kept[name] = value[name] if "" in below or not rest else picked(value[name], below)
    return kept


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record_layouts(), st.data())
def test_projections_of_random_types(whole: Layout, data: st.DataObject) -> None:
    order = whole.byte_order
    known = paths_of(whole.root)
    if not known:
        return
    paths = data.draw(st.lists(st.sampled_from(known), min_size=1, max_size=5))
    layout = select(whole, paths)
    records = [data.draw(record_bytes(whole.size)) for _ in range(2)]
    for record in records:
        printed = json.loads(text(layout, record, "ndjson"))
        assert printed == picked(json.loads(text(whole, record, "ndjson")), paths)
        for form in ("pahole", "kernel", "c"):
            for zero in (True, False):
                for compact in (True, False):
                    flags = {"zero": zero, "compact": compact}
                    assert len(text(layout, record, form, **flags)) >= 2
    parser = compile_construct(layout, order)
    found = [parser.parse(record) for record in records]
    everything = compile_construct(whole, order)
    for record, value in zip(records, found):
        assert repr(value) == repr(in_order_of(value, picked(everything.parse(record), paths)))
        if isinstance(value, dict):
            assert parser.build(value) == record
    assert compile_dtype(layout, order).itemsize == whole.size
    if whole.size:
        check_numpy(layout.root, found, view(layout, order, b"".join(records)))


def in_order_of(model_: Any, value: Any) -> Any:
    """A value with the members of its dicts in another's order."""
    if isinstance(value, dict):
        assert set(model_) == set(value)
        return {name: in_order_of(model_[name], value[name]) for name in model_}
    if isinstance(value, list):
        return [in_order_of(one, other) for one, other in zip(model_, value)]
    return value


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record_layouts(), st.data())
def test_to_select_all_is_to_select_nothing(whole: Layout, data: st.DataObject) -> None:
    children = innermost(whole.root).children
    if not children or not all(child.name for child in children):
        return
    record = data.draw(record_bytes(whole.size))
    forms = {*FORMS} - {"csv", "template"}  # no columns; a text that names members
    for form in sorted(forms if whole.root.type.name == "map_entry" else forms - MAP_FORMS):
        for zero in (True, False):
            expected = text(whole, record, form, zero=zero)
            assert text(select(whole, "*"), record, form, zero=zero) == expected


# What compilers make of the C dialect's text.

HERE = ROOT / "tests" / "c_dialect"
X86 = (
    ("gcc", (), "__x86_64__"),
    ("clang", ("-target", "x86_64-linux-gnu"), "__x86_64__"),
)
PROJECTED = [
    *("integers", "flags", "floats", "extended", "wide", "enums", "bits_wide", "bits_mixed"),
    *("bits_packed", "arrays_of_structs", "strings", "nested", "anonymous", "anonymous_kept"),
    *("anonymous_bits", "deep", "union_first", "anonymous_union_first", "union_array_first"),
    *("empty_first", "empty_within", "zero_array_first", "zero_array_within", "no_names_first"),
    *("text_first", "struct_first", "flexible", "packed_nested", "packed_within", "aligned"),
]


@pytest.mark.slow_pure
@pytest.mark.parametrize("compiler", X86, ids=lambda compiler: compiler[0])
def test_compilers_take_projections(compiler: tuple[str, tuple[str, ...], str]) -> None:
    """Without a warning, and the object holds the members that are left."""
    if not can(*compiler):
        pytest.skip(f"no {compiler[0]} for x86_64")
    graph = Btf((HERE / "gcc-64.btf").read_bytes(), "gcc-64.btf")
    chooser = random.Random("projections")
    lines, expected = ["#include <types.h>"], []
    for name in PROJECTED:
        (type_,) = (t for t in map(graph.by_id, graph.ids(name)) if t.kind == model.STRUCT)
        whole = RecordType(type_).layout
        known = paths_of(whole.root)
        for _ in range(8):
            layout = select(whole, chooser.sample(known, chooser.randint(1, min(4, len(known)))))
            shape = Shape(layout, "little")
            for record in shape.records(chooser, 1):
                for zero in (False, True):
                    made = text(layout, record, "c", zero=zero)
                    lines.append(f"struct {name} object_{len(expected)} = {made};")
                    expected.append((shape, record, made))
    strict = Compiler(compiler[0], *compiler[1])
    objects = strict.objects("\n".join((*lines, "")), "-isystem", str(HERE), *strict.warnings)
    for number, (shape, record, made) in enumerate(expected):
        assert not shape.differences(objects[f"object_{number}"], record), made
