"""Record types, layouts and errors that were pickled are as they were, far from their source."""

from __future__ import annotations

import copy
import os
import pickle
import random
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter
from conftest import ROOT, VECTORS, examples
from prettify import layout as layouts
from prettify import model
from prettify.api import RecordType
from prettify.core.emitter import render
from prettify.detached import KINDS, PARTS, Detached, detach
from prettify.dialects import FORMS
from prettify.dialects.options import Options
from prettify.errors import (
    DataError,
    PrettifyError,
    TypeInfoError,
    TypeNotFound,
    UsageError,
)
from prettify.layout import Layout
from prettify.records.maps.entry import Entry
from prettify.records.query.projection import select
from prettify.sources.btf import Btf
from prettify.sources.kernels import KERNEL
from strategies import record_bytes, record_layouts

FLAGS = ("compact", "noname", "ptr_raw", "zero", "hex")
SOURCES = (
    VECTORS / "pahole" / "gcc-pahole.btf",
    VECTORS / "pahole" / "clang-bpfeb.btf",
    VECTORS / "pahole" / "gcc-m32-pahole.btf",
    VECTORS / "kernel" / "mapdump.btf",
    ROOT / "tests" / "c_dialect" / "clang-bpfel.btf",
    ROOT / "formats" / "elf" / "elf.btf",
)
TASK_BYTES = 32 << 10  # what a struct of hundreds of members may take


def travelled(thing: Any) -> Any:
    return pickle.loads(pickle.dumps(thing))


def outcome(function: Any, *arguments: Any, **flags: Any) -> Any:
    """What a call gives, or its error without the place in a source that is no longer there."""
    try:
        return repr(function(*arguments, **flags))
    except TypeInfoError as error:
        return type(error), error.what
    except PrettifyError as error:
        return type(error), str(error)


def texts(record_type: RecordType, record: bytes) -> list[Any]:
    """A record in every form, plain and with each flag that the form has."""
    return [
        outcome(record_type.format, record, form, **flags)
        for form in FORMS
        for flags in ({}, *({flag: True} for flag in FLAGS if flag in FORMS[form].options))
    ]


def forms(record_type: RecordType, record: bytes) -> list[Any]:
    """All that one can ask of a record type."""
    found = texts(record_type, record)
    found += [record_type.name, record_type.byte_order, repr(record_type)]
    for name in ("size", "fields", "layout", "dtype"):
        found.append(outcome(getattr, record_type, name))
    found.append(outcome(record_type.unpack, record))
    found.append(outcome(lambda: record_type.pack(record_type.unpack(record))))
    found.append(outcome(lambda: list(layouts.holes(record_type.layout.root))))
    return [*found, outcome(record_type.array, record)]


def size_of(record_type: RecordType) -> int:
    try:
        return record_type.size
    except TypeInfoError:
        return 0


# What travels.


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(record_layouts(), st.data())
def test_random_types_are_as_they_were(layout: Layout, data: st.DataObject) -> None:
    here = RecordType(layout.type)
    record = data.draw(record_bytes(here.size))
    there = travelled(here)
    assert isinstance(there.type.graph, Detached)
    assert unnumbered(forms(there, record)) == unnumbered(forms(here, record))
    assert pickle.dumps(there) == pickle.dumps(here)
    layout = travelled(here.layout)
    assert unnumbered(list(layout.fields)) == unnumbered(here.fields)
    assert layouts.is_whole(layout)


def unnumbered(things: list[Any]) -> str:
    """How things look, but for ids: those of types of further graphs are new where they arrive."""
    return re.sub(r"#-?\d+", "#", repr(things))


def test_types_of_several_graphs_travel_together() -> None:
    """Each has ids of its own, which may be the same for different types."""

    def pair(first: str, *, wide: bool) -> model.Type:
        w = BtfWriter()
        number = w.int("long", 8) if wide else w.int("int", 4, signed=True)
        enum = w.enum("e", [(f"{first}0", 0), (f"{first}1", 1)])
        members = [("a", enum, 0), ("b", number if wide else w.ptr(enum), 64)]
        made = w.struct("s", 16, members)
        return Btf(w.bytes(), first).by_id(made)

    layout = Entry(pair("K", wide=False), pair("V", wide=True)).layout
    record = bytes([1, *[0] * 7, 2, *[0] * 7] * 2)
    here = RecordType(layout.type)
    expected = '{"key":{"a":"K1","b":"0x2"},"value":{"a":"V1","b":2}}\n'
    assert here.format(record, "ndjson") == travelled(here).format(record, "ndjson") == expected
    assert texts(travelled(here), record) == texts(here, record)
    part = select(layout, "value.b,key.a")
    options = Options()
    for form in ("ndjson", "pahole", "c", "kernel", "bpftool"):
        found = FORMS[form].compile(travelled(part), options)
        wanted = FORMS[form].compile(part, options)
        assert b"".join(render(found, record, 0, 1)) == b"".join(render(wanted, record, 0, 1))


@pytest.mark.slow_pure
@pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.parent.name}-{s.stem}")
def test_compiled_types_are_as_they_were(source: Any) -> None:
    graph = Btf(source.read_bytes(), str(source))
    chooser = random.Random(5)
    for type_id in graph.all_ids():
        here = RecordType(graph.by_id(type_id))
        record = chooser.randbytes(size_of(here))
        there = travelled(here)
        assert texts(there, record) == texts(here, record), here
        if here.type.kind in model.AGGREGATES:
            assert forms(there, record) == forms(here, record), here


def test_a_copy_is_as_it_was(zoo: Any) -> None:
    here = zoo["x_list"]
    record = bytes(range(here.size))
    for there in (copy.copy(here), copy.deepcopy(here), copy.deepcopy(here.layout)):
        assert isinstance(there.type.graph, Detached)
        assert repr(there) == repr(here) or repr(there) == repr(here.layout)
    assert forms(copy.deepcopy(here), record) == forms(here, record)


def test_cloudpickle_takes_it(zoo: Any) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    there = cloudpickle.loads(cloudpickle.dumps(zoo["x_list"]))
    assert isinstance(there.type.graph, Detached)


def test_the_byte_order_travels(zoo: Any) -> None:
    here = zoo["x_list"].with_byte_order("big")
    there = travelled(here)
    assert there.byte_order == "big"
    assert there.layout.byte_order == "little"
    assert there.unpack(bytes(range(here.size))) == here.unpack(bytes(range(here.size)))


def test_what_was_compiled_stays(zoo: Any) -> None:
    before = len(pickle.dumps(RecordType(zoo["x_list"].type)))
    here = RecordType(zoo["x_list"].type)
    forms(here, bytes(here.size))
    assert len(pickle.dumps(here)) == before
    there = travelled(here)
    assert (there._programs, there._construct, there._dtype) == ({}, None, None)
    assert not there.type.graph.stripped
    assert not there.type.graph.unqualified


# A subprocess has nothing of the source.
SCRIPT = """
import pickle, sys
sys.path.insert(0, sys.argv[2])
from test_detached import forms
there = pickle.loads(open(sys.argv[1], "rb").read())
print(ascii(forms(*there)))
"""


def test_another_process_needs_no_source(tmp_path: Any) -> None:
    source = tmp_path / "types.btf"
    source.write_bytes((VECTORS / "pahole" / "gcc-pahole.btf").read_bytes())
    here = prettify.load_types(str(source))["n_anon"]  # no pointers: each process hashes its own
    record = bytes(range(here.size))
    (tmp_path / "pickle").write_bytes(pickle.dumps((here, record)))
    expected = ascii(forms(here, record))
    source.unlink()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "pickle"), str(ROOT / "tests")],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert done.stdout.strip() == expected


@pytest.mark.skipif(not os.path.exists(KERNEL), reason="this kernel has no BTF")
def test_a_large_struct_of_the_kernel_is_small() -> None:
    here = prettify.load_types(KERNEL)["struct task_struct"]
    pickled = pickle.dumps(here)
    assert len(pickled) < TASK_BYTES
    assert len(pickle.dumps(here.layout)) < TASK_BYTES
    record = random.Random(1).randbytes(here.size)
    assert texts(pickle.loads(pickled), record) == texts(here, record)


def test_what_is_pointed_at_is_a_name() -> None:
    w = BtfWriter()
    number = w.int("int", 4, signed=True)
    far = w.struct("far", 4, [("number", number, 0)])
    colour = w.enum("colour", [("RED", 1)])
    behind = w.struct("behind", 8, [("far", w.ptr(far), 0)])
    whole = w.struct("whole", 16, [("b", w.ptr(behind), 0), ("c", w.ptr(colour), 64)])
    graph = detach(Btf(w.bytes(), "made").by_id(whole))
    kept = graph.by_id(behind)
    assert isinstance(kept, model.Struct)
    assert (kept.name, kept.size, kept.members) == ("behind", 8, ())
    assert not graph.by_id(colour).enumerators  # type: ignore[attr-defined]
    assert graph.ids("far") == graph.ids("") == []
    assert graph.ids("whole") == [whole]
    assert graph.summary(whole) == (model.STRUCT, "whole")
    assert list(graph.all_ids()) == sorted({colour, behind, whole, *(whole - 2, whole - 1)})
    with pytest.raises(TypeInfoError, match=rf"^made: type id {far} has stayed behind"):
        graph.by_id(far)


def test_a_struct_that_is_held_and_pointed_at_is_whole() -> None:
    w = BtfWriter()
    pointer = w.next_id
    w.ptr(pointer + 1)
    node = w.struct("node", 8, [("next", pointer, 0)])
    graph = detach(Btf(w.bytes(), "made").by_id(node))
    assert graph.by_id(node).members  # type: ignore[attr-defined]
    assert graph.by_id(0).kind == model.VOID


def test_damage_that_nothing_held_has_does_not_matter() -> None:
    w = BtfWriter()
    bad = w.int("bad", 99)
    good = w.struct("good", 8, [("far", w.ptr(bad), 0)])
    here = RecordType(Btf(w.bytes(), "made").by_id(good))
    there = travelled(here)
    assert there.format(bytes(8)) == here.format(bytes(8))
    with pytest.raises(TypeInfoError):
        here.format(bytes(8), "c")
    with pytest.raises(TypeInfoError, match="has stayed behind"):
        there.format(bytes(8), "c")


def test_damage_is_told_there_too() -> None:
    w = BtfWriter()
    bad = w.struct("bad", 2, [("far", w.int("int", 4), 0)])
    there = travelled(RecordType(Btf(w.bytes(), "made").by_id(bad)))
    with pytest.raises(TypeInfoError, match=r"^made: member far of struct bad ends at bit 32"):
        _ = there.layout


def test_part_of_a_layout_travels_as_that_part(zoo: Any) -> None:
    whole = zoo["x_list"].layout
    root = copy.copy(whole.root)
    root.children = whole.root.children[1:]
    part = layouts.Layout(whole.type, root)
    assert not layouts.is_whole(part)
    assert layouts.is_whole(whole)
    arrived = travelled(part)
    assert repr(list(arrived.fields)) == repr(list(part.fields))
    assert all(node.type.graph is arrived.type.graph for node in arrived.fields)
    here = RecordType(whole.type, "big", part)
    record = bytes(range(here.size))
    assert "next" not in here.unpack(record)
    assert forms(travelled(here), record) == forms(here, record)
    assert "next" not in here.with_byte_order("little").unpack(record)


# Nothing is forgotten.


def test_every_kind_of_type_has_a_row() -> None:
    words = {
        value for name, value in vars(model).items() if name.isupper() and isinstance(value, str)
    }
    assert words == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_slot_travels(kind: str) -> None:
    made, names = KINDS[kind]
    slots = {slot for base in made.__mro__ for slot in getattr(base, "__slots__", ())}  # type: ignore[attr-defined]
    derived = {"values"} if kind == model.ENUM else set()
    nameless = {"name"} if kind in (model.ARRAY, model.PROTOTYPE, model.BYTES) else set()
    assert set(names) == slots - {"graph", "id"} - derived - nameless


@pytest.mark.parametrize("part", PARTS)
def test_every_slot_of_a_part_travels(part: str) -> None:
    made, names = PARTS[part]
    assert set(names) == set(made.__slots__)  # type: ignore[attr-defined]


# Errors come back from other processes.


@pytest.mark.parametrize(
    "error",
    [
        TypeInfoError("bad", "file", 7),
        TypeNotFound("x", ("y", "z"), "file"),
        DataError("short", 3),
        UsageError("wrong"),
    ],
    ids=lambda e: type(e).__name__,
)
def test_errors_are_as_they_were(error: PrettifyError) -> None:
    there = travelled(error)
    assert type(there) is type(error)
    assert str(there) == str(error)
    assert vars(there) == vars(error)
