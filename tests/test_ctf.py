"""CTF: every kind in every version and byte order, archives, names, what compilers write.

What is wrong with bad CTF is said in test_malformed_ctf.py.
"""

from __future__ import annotations

import random
import re
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import ctf_writer
import prettify
from c_compilers import Compiler, can
from c_random import Definitions
from conftest import COMMAND, VECTORS
from ctf_kinds import INT, KINDS, STRUCT, Kind, all_kinds, common, family, has_slices
from ctf_writer import EXTERNAL, FORMS, CtfWriter, Endian, archive
from elf_writer import Section, compressed, elf
from prettify import layout, model
from prettify.errors import TypeInfoError, TypeNotFound, UsageError
from prettify.sources.ctf import forms
from prettify.sources.ctf.graph import Ctf
from prettify.sources.ctf.kinds import ROWS
from prettify.sources.ctf.repairs import arrays_reversed
from prettify.sources.opening import open_source
from prettify.sources.search import Sources, find

ORDERS: tuple[Endian, ...] = ("little", "big")


def graph(writer: CtfWriter, **options: Any) -> Ctf:
    return Ctf(writer.bytes(), "test.ctf", **options)


def named(source: Ctf, name: str) -> model.Type:
    """The first type of that name."""
    return source.by_id(source.ids(name)[0])


# --- Every kind ---


def test_no_kind_is_forgotten() -> None:
    numbers = {value for name, value in vars(ctf_writer).items() if name.startswith("KIND_")}
    assert numbers == set(range(15)) == set(ROWS) == {kind.number for kind in KINDS}
    assert {(form.magic, form.version) for form in FORMS.values()} == set(forms.FORMS)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_every_kind(kind: Kind, form: str, order: Endian) -> None:
    if kind.number == ctf_writer.KIND_SLICE and not has_slices(form):
        pytest.skip("this version has no slices")
    writer = common(form, order)
    type_id = kind.build(writer)
    writer.struct("behind", 4, [("m", INT, 0)])
    source = graph(writer)
    assert source.byte_order == order
    assert source.all_ids() == range(1, type_id + 2)

    # Named before it is built, and built once.
    name = kind.facts["name"]
    assert source.summary(type_id) == (kind.made.kind, name)
    assert not source.cache
    type_ = source.by_id(type_id)
    assert source.by_id(type_id) is type_
    assert type(type_) is kind.made
    assert (type_.graph, type_.id) == (source, type_id)
    assert {fact: getattr(type_, fact) for fact in kind.facts} == kind.facts
    assert repr(type_)
    assert type_id in source.ids(str(name)) or not name
    assert source.error("x", type_id).offset == source.record(type_id).at  # type: ignore[union-attr]
    if type_.kind in model.UNSIZED:
        assert model.size_of(type_) == -1
    else:
        assert model.size_of(type_) == layout.resolve(type_).size > 0
    # The walk has stepped over it.
    assert source.summary(type_id + 1) == (model.STRUCT, "behind")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("form", FORMS)
def test_what_types_are_made_of(form: str, order: Endian) -> None:
    source = graph(all_kinds(form, order))
    for prototype in (source.by_id(i) for i in source.all_ids()):
        if isinstance(prototype, model.Prototype) and len(prototype.parameters) == 3:
            assert [p.type_id for p in prototype.parameters] == [INT, STRUCT, 0]
            break
    else:
        raise AssertionError
    pair = named(source, "pair")
    assert isinstance(pair, model.Struct)
    assert [(m.name, m.type_id, m.bit_offset, m.bit_size) for m in pair.members] == [
        ("a", INT, 0, 0),
        ("b", INT, 32, 0),
    ]
    colour = named(source, "colour")
    assert isinstance(colour, model.Enum)
    assert [(e.name, e.value) for e in colour.enumerators] == [("RED", 0), ("GREEN", 5)]
    # Members of large structs have offsets of 64 bits.
    large = named(source, "large")
    size = FORMS[form].threshold
    assert isinstance(large, model.Struct)
    assert [(m.name, m.bit_offset) for m in large.members] == [
        ("first", 0),
        ("last", 8 * size - 32),
    ]
    assert layout.resolve(large).size == size


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("form", FORMS)
def test_sizes_of_64_bits(form: str, order: Endian) -> None:
    writer = common(form, order)
    size = 0xFFFF if not FORMS[form].wide else 0xFFFFFFFF
    writer.struct("huge", size, [("last", INT, 8 * size - 32)])
    writer.struct("beyond", 1 << 33, [("last", INT, 1 << 35)])
    writer.struct("behind", 4, [("m", INT, 0)])
    source = graph(writer)
    huge = layout.resolve(named(source, "huge"))
    assert (huge.size, huge.root.children[0].bit_offset) == (size, 8 * size - 32)
    with pytest.raises(TypeInfoError, match="larger than 4 GiB"):
        layout.resolve(named(source, "beyond"))
    assert layout.resolve(named(source, "behind")).size == 4


def test_void() -> None:
    source = graph(CtfWriter())
    assert source.all_ids() == range(1, 1)
    assert source.by_id(0).kind == model.VOID
    assert source.ids("") == source.ids("x") == source.ids("a\0b") == []


def test_one_type_builds_few_others() -> None:
    source = graph(all_kinds("libctf-3", "little"))
    named(source, "pair")
    assert len(source.cache) == 1


def test_a_bad_type_does_not_keep_others_from_being_read() -> None:
    writer = common("libctf-3", "little")
    bad = writer.int("bad", 4, bits=77)
    good = writer.typedef("good", INT)
    source = graph(writer)
    with pytest.raises(TypeInfoError, match="77 bits"):
        source.by_id(bad)
    assert model.size_of(source.by_id(good)) == 4


# --- Numbers ---


@pytest.mark.parametrize("encoding", [3, 4, 5, 7, 8, 9])
def test_complex_numbers_and_intervals_are_two_floats(encoding: int) -> None:
    writer = CtfWriter()
    size = {3: 4, 4: 8, 5: 16, 7: 4, 8: 8, 9: 16}[encoding]
    pair = writer.float("complex thing", 2 * size, encoding)
    writer.struct("s", 4 * size, [("z", pair, 0), ("y", pair, 16 * size)])
    source = graph(writer)
    root = layout.resolve(named(source, "s")).root
    assert [(n.kind, n.count, n.bit_offset) for n in root.children] == [
        (model.ARRAY, 2, 0),
        (model.ARRAY, 2, 16 * size),
    ]
    part = root.children[0].element
    assert part is not None
    assert (part.kind, part.size, part.type.name) == (model.FLOAT, size, "thing")
    assert model.spelled(root.children[0].declared) == "complex thing"
    assert find(sources_of(source), "complex thing").id == pair
    # It has an id, and errors about it say where the complex number stands.
    assert source.by_id(part.type.id) is part.type
    assert source.error("x", part.type.id).offset == source.error("x", pair).offset


def sources_of(source: Ctf) -> Sources:
    sources = Sources(["test.ctf"])
    sources._graphs["test.ctf"] = source
    return sources


def test_what_floats_are_called_without_a_name() -> None:
    writer = CtfWriter()
    writer.float("strange", 32, ctf_writer.LONG_DOUBLE_COMPLEX)
    root = layout.resolve(named(graph(writer), "strange")).root
    assert root.element is not None
    assert root.element.type.name == "long double"


def test_slices_make_members_bitfields() -> None:
    writer = common("libctf-3", "little")
    flag = writer.int("_Bool", 1, boolean=True)
    kind = writer.enum("kind", [("A", 0), ("B", -1)])
    named_int = writer.const(writer.typedef("number", INT))
    single = writer.float("float", 4, ctf_writer.SINGLE)
    members = [
        ("a", writer.slice(INT, 3, size=1), 0),
        ("b", writer.slice(flag, 1, size=1), 3),
        ("c", writer.slice(kind, 4, offset=1, size=1), 4),
        ("d", writer.slice(named_int, 32), 9),
        ("e", writer.slice(single, 32), 64),
        ("f", writer.const(writer.slice(INT, 5)), 96),
    ]
    writer.struct("bits", 16, members)
    struct_ = named(graph(writer), "bits")
    assert isinstance(struct_, model.Struct)
    assert [(m.name, m.type_id, m.bit_offset, m.bit_size) for m in struct_.members] == [
        ("a", INT, 0, 3),
        ("b", flag, 3, 1),
        ("c", kind, 5, 4),
        ("d", named_int, 9, 32),
        ("e", single, 64, 0),
        ("f", INT, 96, 5),
    ]
    nodes = layout.resolve(struct_).root.children
    assert [n.bitfield for n in nodes] == [True, True, True, True, False, True]
    assert [n.kind for n in nodes] == ["int", "int", "enum", "int", "float", "int"]


@pytest.mark.parametrize("order", ORDERS)
def test_bitfields_of_old_are_integers_of_few_bits(order: Endian) -> None:
    writer = common("solaris-2", order)
    three = writer.int("int", 1, bits=3, signed=True, root=False)
    eight = writer.int("unsigned", 1, bits=8, root=False)
    writer.struct("bits", 4, [("a", three, 0), ("b", eight, 3), ("c", three, 11)])
    source = graph(writer)
    nodes = layout.resolve(named(source, "bits")).root.children
    assert [(n.bit_offset, n.bit_size, n.bitfield) for n in nodes] == [
        (0, 3, True),
        (3, 8, True),
        (11, 3, True),
    ]
    # A name finds the whole integer, not what its compiler has hidden from names.
    assert source.ids("int") == [INT, three]


def test_members_of_types_that_ctf_cannot_express_are_left_out() -> None:
    writer = common("libctf-3", "little")
    vector = writer.typedef("vector", writer.unknown())
    members = [
        ("a", INT, 0),
        ("v", vector, 128),
        ("n", 0, 256),
        ("w", writer.array(vector, 2), 256),
    ]
    writer.struct("s2", 64, [*members, ("b", INT, 480)])
    root = layout.resolve(named(graph(writer), "s2")).root
    assert [n.name for n in root.children] == ["a", "b"]


def test_the_sign_of_an_enum_is_that_of_its_values() -> None:
    writer = CtfWriter()
    writer.enum("u", [("A", 0), ("B", 0x7FFFFFFF)])
    writer.enum("s", [("C", -2)])
    source = graph(writer)
    for name, signed in (("u", False), ("s", True)):
        enum = named(source, name)
        assert isinstance(enum, model.Enum)
        assert enum.signed == signed


# --- What compilers write wrongly ---


def test_an_enum_is_as_small_as_its_member_has_room() -> None:
    writer = common("libctf-3", "little")
    small = writer.enum("small", [("A", 1), ("B", 200)])
    signed = writer.typedef("signed_t", writer.enum("minus", [("C", -1), ("D", 127)]))
    half = writer.enum("half", [("E", 60000)])
    full = writer.enum("full", [("F", 1 << 20)])
    grid = writer.array(writer.array(small, 2), 3)
    members = [
        ("a", small, 0),
        ("b", signed, 8),
        ("c", half, 16),
        ("d", grid, 32),
        ("e", small, 96),
        ("f", INT, 128),
    ]
    writer.struct("tight", 20, members)
    writer.union("u", 1, [("a", small, 0), ("b", signed, 0)])
    writer.struct("bad", 6, [("a", full, 0), ("b", INT, 16)])
    source = graph(writer)
    nodes = layout.resolve(named(source, "tight")).root.children
    assert [(n.name, n.offset, n.size) for n in nodes] == [
        ("a", 0, 1),
        ("b", 1, 1),
        ("c", 2, 2),
        ("d", 4, 6),
        ("e", 12, 4),  # here it fits, so it is what its record says
        ("f", 16, 4),
    ]
    assert (nodes[3].count, nodes[3].stride) == (3, 2)
    assert nodes[0].type.name == "small"
    assert isinstance(nodes[1].type, model.Enum)
    assert nodes[1].type.signed
    assert [n.size for n in layout.resolve(named(source, "u")).root.children] == [1, 1]
    # One whose values need all of it stays, even where it overlaps.
    assert layout.resolve(named(source, "bad")).root.children[0].size == 4


def test_an_enum_that_shares_its_place_has_the_room_of_a_union() -> None:
    writer = common("libctf-3", "little")
    small = writer.enum("small", [("A", 1)])
    char = writer.int("char", 1)
    writer.struct("flat", 4, [("e", small, 0), ("x", char, 0), ("y", char, 8)])
    nodes = layout.resolve(named(graph(writer), "flat")).root.children
    assert [(n.offset, n.size) for n in nodes] == [(0, 4), (0, 1), (1, 1)]


COMMENTS = {
    b"": False,
    b"GCC: (Debian 12.2.0-14+deb12u1) 12.2.0\0": True,
    b"GCC: (GNU) 13.1.1 20230519 (Red Hat 13.1.1-2)\0": True,
    b"GCC: (GNU) 14.1.0\0": False,
    b"GCC: (GNU) 12.2.0\0GCC: (GNU) 15.1.0\0": False,
    b"GCC: (GNU) 12.2.0\0clang version 14\0GCC: (GNU) 13.2.0\0": True,
    b"clang version 14.0.6\0": False,
    b"GCC: (GNU) x\0GCC: \0GCC: (GNU) 999999999.1\0GCC: (\xff)\0": False,
}


def test_the_dimensions_of_arrays_as_old_gcc_writes_them(tmp_path: Path) -> None:
    def source_of(comment: bytes, flags: int = 0) -> Ctf:
        writer = common("libctf-3", "little")
        # short grid[2][3][4], inside out
        grid = writer.array(writer.array(writer.array(INT, 2, INT), 3, INT), 4, INT)
        writer.struct("g", 96, [("grid", grid, 0)])
        writer.typedef("cell_t", writer.const(grid))
        path = tmp_path / "g.o"
        path.write_bytes(elf({".ctf": writer.bytes(flags=flags), ".comment": comment}))
        made = open_source(str(path))
        assert isinstance(made, Ctf)
        return made

    def dimensions(source: Ctf, name: str) -> list[int]:
        node: layout.Node | None = layout.resolve(named(source, name)).root
        if node is not None and node.children:
            node = node.children[0]
        found = []
        while node is not None and node.kind == model.ARRAY:
            found.append(node.count)
            node = node.element
        return found

    old, new = b"GCC: (GNU) 12.2.0\0", b"GCC: (GNU) 14.1.0\0"
    for name in ("g", "cell_t"):
        assert dimensions(source_of(old), name) == [2, 3, 4]
        assert dimensions(source_of(new), name) == [4, 3, 2]
        assert dimensions(source_of(old, ctf_writer.ORDERED_ARRAYS), name) == [4, 3, 2]
        assert dimensions(source_of(b""), name) == [4, 3, 2]


def test_who_compiled_a_file() -> None:
    assert {comment: arrays_reversed(comment) for comment in COMMENTS} == COMMENTS


# --- Names ---


def test_a_name_finds_definitions_before_declarations() -> None:
    writer = common("libctf-3", "little")
    declared = writer.forward("node")
    hidden = writer.struct("node", 8, [("m", INT, 0)], root=False)
    shown = writer.struct("node", 4, [("m", INT, 0)])
    source = graph(writer)
    assert source.ids("node") == [shown, hidden, declared]


def test_only_what_has_a_name_is_found_by_it() -> None:
    writer = common("libctf-3", "little")
    label = writer.string("label")
    writer.raw_type(label, writer.info(ctf_writer.KIND_POINTER), INT)
    assert graph(writer).ids("label") == []


def test_names_that_are_not_utf_8() -> None:
    writer = CtfWriter()
    type_id = writer.int(b"\xff\xe9", 4)
    source = graph(writer)
    name = source.summary(type_id)[1]
    assert name.encode("utf-8", "surrogateescape") == b"\xff\xe9"
    assert source.ids(name) == [type_id]


def external_names(form: str = "libctf-3") -> CtfWriter:
    """A dictionary that has the names `stat` and `inner` in the ELF file's strings."""
    writer = common(form, "little")
    writer.struct(EXTERNAL | 1, 4, [("m", INT, 0)])
    writer.struct("outer", 4, [(EXTERNAL | 6, INT, 0)])
    return writer


STRINGS = b"\0stat\0inner\0"


@pytest.mark.parametrize(
    ("form", "section", "flags", "table"),
    [
        ("libctf-3", ".ctf", ctf_writer.DYNAMIC_STRINGS, ".dynstr"),
        ("libctf-3", ".ctf", 0, ".strtab"),
        ("libctf-2", ".ctf", 0, ".strtab"),
        ("solaris-2", ".SUNW_ctf", 0, ".strtab"),
        ("freebsd-3", ".SUNW_ctf", 0, ".strtab"),
    ],
)
def test_names_in_the_elf_file(
    form: str, section: str, flags: int, table: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.o"
    other = {".dynstr": ".strtab", ".strtab": ".dynstr"}[table]
    data = external_names(form).bytes(flags=flags)
    path.write_bytes(elf({other: b"\0other\0names\0", section: data, table: STRINGS}))
    source = open_source(str(path))
    assert [source.by_id(i).name for i in source.ids("stat")] == ["stat"]
    outer = source.by_id(source.ids("outer")[0])
    assert isinstance(outer, model.Struct)
    assert outer.members[0].name == "inner"


def test_names_in_an_elf_file_that_is_not_here(tmp_path: Path) -> None:
    source = graph(external_names())
    # Lists leave it out, who asks for it is told what to do.
    assert source.summary(3) == (model.STRUCT, "")
    for type_id in (3, 4):
        with pytest.raises(TypeInfoError, match="in the ELF file that this CTF is from: name that"):
            source.by_id(type_id)
    path = tmp_path / "raw.ctf"
    path.write_bytes(external_names().bytes())
    types = prettify.load_types(str(path))
    assert types.names("*") == ["int", "struct outer", "struct s"]


# --- Parents and children ---


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("compress", [False, True])
def test_an_archive_of_a_parent_and_its_children(
    order: Endian, compress: bool, tmp_path: Path
) -> None:
    path = tmp_path / "family.ctf"
    path.write_bytes(family(order, compress=compress))
    source = open_source(str(path))
    assert isinstance(source, Ctf)
    assert (source.byte_order, source.pointer_size) == (order, 8)
    # Ids go on from the parent's to the first child's.
    assert source.all_ids() == range(1, 3 + 3 + 3 + 1)
    assert source.ids("node") == [4, 7, 3]
    assert source.by_id(3).kind == model.FORWARD
    first, second = (layout.resolve(source.by_id(i)) for i in (4, 7))
    assert (first.size, second.size) == (8, 12)
    assert first.root.children[1].type is source.by_id(STRUCT)
    assert source.by_id(5).target is source.by_id(4)  # type: ignore[attr-defined]
    assert source.by_id(8).target is source.by_id(7)  # type: ignore[attr-defined]
    assert find(sources_of(source), "b_t").id == 9
    assert model.size_of(source.by_id(9)) == 12
    # Errors name the member.
    assert source.error("x", 7).path == f"{path}[b.c]"


@pytest.mark.parametrize(("number", "size"), [(1, 4), (2, 8)])
def test_the_data_model_tells_the_size_of_pointers(number: int, size: int) -> None:
    data = archive({".ctf": common("libctf-3", "little").bytes()}, model=number)
    assert Ctf(data, "x").pointer_size == size
    assert Ctf(data, "x", pointer_size=16).pointer_size == 16


def test_a_child_whose_parent_is_not_here() -> None:
    child = CtfWriter("solaris-2", parent_name="genunix")
    own = child.struct("own", 8, [("m", 0x8002, 0)])
    child.int("int", 4, signed=True)
    child.typedef("theirs", INT)
    source = graph(child)
    assert own == 0x8001
    assert layout.resolve(source.by_id(1)).size == 8
    message = "parent dictionary 'genunix', which is not here"
    with pytest.raises(TypeInfoError, match=message):
        source.by_id(3)
    assert source.summary(3) == (model.TYPEDEF, "theirs")


@pytest.mark.parametrize("form", FORMS)
def test_a_child_whose_parent_is_another_file(form: str, tmp_path: Path) -> None:
    (tmp_path / "parent").write_bytes(common(form, "big").bytes())
    child = CtfWriter(form, "big", parent_name="parent")
    complex_ = child.float("complex double", 16, ctf_writer.DOUBLE_COMPLEX)
    child.struct("own", 32, [("s", STRUCT, 0), ("z", complex_, 128)])
    (tmp_path / "child").write_bytes(child.bytes())
    base = open_source(str(tmp_path / "parent"))
    source = open_source(str(tmp_path / "child"), base=base)
    assert source.all_ids() == range(1, 5)
    root = layout.resolve(source.by_id(4)).root
    assert [n.name for n in layout.leaves(root)] == ["m", ""]
    assert root.children[0].type is base.by_id(STRUCT)
    assert source.ids("s") == [STRUCT]
    assert source.summary(STRUCT) == (model.STRUCT, "s")
    assert source.error("x", STRUCT).path == str(tmp_path / "parent")
    types = prettify.load_types(str(tmp_path / "child"), base=str(tmp_path / "parent"))
    assert types["struct own"].size == 32
    assert types["struct s"].size == 4


def test_parent_and_child_have_one_byte_order() -> None:
    child = CtfWriter("libctf-3", "big", parent_name=".ctf")
    data = archive({".ctf": common("libctf-3", "little").bytes(), "a": child.bytes()})
    with pytest.raises(TypeInfoError, match="big-endian, but x is little-endian"):
        Ctf(data, "x")


def test_split_btf_has_no_use_for_ctf(tmp_path: Path) -> None:
    (tmp_path / "base.ctf").write_bytes(common("libctf-3", "little").bytes())
    btf = VECTORS / "pahole" / "gcc-pahole.btf"
    with pytest.raises(UsageError, match="is no BTF"):
        open_source(str(btf), base=open_source(str(tmp_path / "base.ctf")))


def test_a_declaration_is_what_one_dictionary_defines() -> None:
    parent = common("libctf-3", "little")
    parent.forward("once")
    parent.forward("twice")
    first = CtfWriter("libctf-3", parent_name=".ctf")
    first.struct("once", 8, [("m", INT, 0)])
    first.struct("twice", 8, [("m", INT, 0)])
    second = CtfWriter("libctf-3", parent_name=".ctf")
    second.struct("twice", 12, [("m", INT, 0)])
    parts = {".ctf": parent.bytes(), "a": first.bytes(), "b": second.bytes()}
    source = Ctf(archive(parts), "test.ctf")
    assert model.strip(source.by_id(3)) is source.by_id(5)
    # Where children define it differently, nothing says which of them is meant.
    assert model.strip(source.by_id(4)) is source.by_id(4)


@pytest.mark.parametrize(
    ("form", "version"),
    [
        ("libctf-1", "CTF 1"),
        ("libctf-2", "CTF 2"),
        ("libctf-3", "CTF 3"),
        ("solaris-2", "CTF 2"),
        ("freebsd-3", "CTF 3"),
    ],
)
def test_what_a_source_is(form: str, version: str) -> None:
    found = graph(common(form, "big"), pointer_size=4).describe()
    assert (found.format, found.byte_order, found.pointer_size) == (version, "big", 4)
    assert (found.kinds, found.base) == ({"int": 1, "struct": 1}, "")


# --- Files ---


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("compress", [False, True])
def test_raw_files(form: str, order: Endian, compress: bool, tmp_path: Path) -> None:
    path = tmp_path / "types.ctf"
    path.write_bytes(all_kinds(form, order).bytes(compress=compress))
    types = prettify.load_types(str(path))
    record = struct.pack("<ii" if order == "little" else ">ii", -5, 7)
    assert types["struct pair"].unpack(record) == {"a": -5, "b": 7}
    assert [types[name].size for name in ("struct tight", "struct grid", "complex float")] == [
        2,
        24,
        8,
    ]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("section", [".ctf", ".SUNW_ctf"])
def test_elf_files(section: str, bits: int, order: Endian, tmp_path: Path) -> None:
    data = common("libctf-3", order).bytes()
    for index, held in enumerate((data, compressed(data, bits=bits, endian=order))):
        path = tmp_path / f"{index}.o"
        path.write_bytes(elf({section: held}, bits=bits, endian=order))
        source = open_source(str(path))
        assert (source.byte_order, source.pointer_size) == (order, bits // 8)
        assert source.path == f"{path}({section})"
        assert layout.resolve(source.by_id(STRUCT)).size == 4


def test_the_order_of_formats(tmp_path: Path) -> None:
    path = tmp_path / "both.o"
    btf = (VECTORS / "pahole" / "gcc-pahole.btf").read_bytes()
    ctf = common("libctf-3", "little").bytes()
    path.write_bytes(elf({".ctf": ctf, ".BTF": btf, ".SUNW_ctf": Section(b"")}))
    assert open_source(str(path)).path == f"{path}(.BTF)"
    assert open_source(str(path), ("ctf", "btf")).path == f"{path}(.ctf)"
    done = subprocess.run(
        [*COMMAND, "types", "-t", str(path), "-F", "ctf"], capture_output=True, text=True
    )
    assert done.stdout.split() == ["1", "4", "int", "int", "2", "4", "struct", "s"]


@pytest.mark.parametrize("form", ["libctf-1", "libctf-3"])
def test_variables(form: str, tmp_path: Path) -> None:
    writer = common(form, "little")
    writer.variable("counter", INT)
    writer.variable("corner", STRUCT)
    if form == "libctf-3":
        writer.object("thing", STRUCT)
        writer.object("padding", 0)
    path = tmp_path / "x.ctf"
    path.write_bytes(writer.bytes())
    types = prettify.load_types(str(path))
    assert types["var corner"].unpack(struct.pack("<i", -3)) == {"m": -3}
    assert types["counter"].size == 4
    if form == "libctf-3":
        assert types["thing"].type.id == 5
        assert types["thing"].unpack(bytes(4)) == {"m": 0}
        with pytest.raises(TypeNotFound):
            types["padding"]
    source = types["counter"].type.graph
    assert source.error("x", 3).offset is not None
    assert source.summary(3) == (model.VARIABLE, "counter")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [4, 8])
def test_long_tells_the_size_of_pointers(order: Endian, size: int) -> None:
    writer = common("solaris-2", order)
    writer.int("unsigned long", size)
    assert graph(writer).pointer_size == size


def test_gaps_between_members_tell_the_size_of_pointers() -> None:
    writer = common("libctf-3", "little")
    pointer = writer.ptr(INT)
    assert graph(writer).pointer_size == 8
    writer.struct("gap", 8, [("p", pointer, 0), ("n", INT, 32)])
    assert graph(writer).pointer_size == 4


def test_types_travel() -> None:
    import pickle

    writer = common("libctf-3", "little")
    packed = writer.enum("packed", [("ONE", 1)])
    pair = writer.float("complex double", 16, ctf_writer.DOUBLE_COMPLEX)
    writer.struct("t", 24, [("e", packed, 0), ("f", INT, 8), ("z", pair, 64)])
    resolved = layout.resolve(named(graph(writer), "t"))
    arrived = pickle.loads(pickle.dumps(resolved))
    assert [(n.name, n.bit_offset, n.bit_size) for n in arrived.fields] == [
        (n.name, n.bit_offset, n.bit_size) for n in resolved.fields
    ]


# --- What gcc and binutils write ---

ZOO = VECTORS / "pahole" / "types.c"
needs_gcc = pytest.mark.skipif(not can("gcc", ("-gctf",)), reason="no gcc that writes CTF (-gctf)")
needs_objdump = pytest.mark.skipif(shutil.which("objdump") is None, reason="no objdump (binutils)")


def compiled(folder: Path, *arguments: str | Path) -> Path:
    """What gcc makes of sources."""
    path = folder / "compiled"
    subprocess.run(["gcc", "-gctf", *arguments, "-o", path], check=True, capture_output=True)
    return path


def shape(node: layout.Node) -> tuple[Any, ...]:
    """What a layout is, arrays of arrays as one: pahole writes BTF so."""
    element, count = node.element, node.count
    while element is not None and element.kind == model.ARRAY:
        element, count = element.element, count * element.count
    return (
        node.kind,
        node.name,
        node.bit_offset,
        node.bit_size,
        node.bitfield,
        count,
        layout.is_signed(node),
        layout.is_bool(node),
        element and shape(element),
        tuple(shape(child) for child in node.children),
    )


COMPARED = frozenset((model.STRUCT, model.UNION, model.ENUM, model.TYPEDEF, model.INT, model.FLOAT))
# CTF knows no vectors; and what a linker makes of CTF has every enum as large as an int.
INEXPRESSIBLE = {"v4si_t", "v2sf_t", "x_vec"}
LINKED = {"e_wide", "e_wide_s", "e_byte", "e_half", "s_enums", "s_enum_only_td"}


@needs_gcc
@pytest.mark.parametrize(
    ("arguments", "different"),
    [(("-c",), INEXPRESSIBLE), (("-shared", "-fPIC"), INEXPRESSIBLE | LINKED)],
)
def test_layouts_are_those_of_btf(
    arguments: tuple[str, ...], different: set[str], tmp_path: Path
) -> None:
    btf = open_source(str(VECTORS / "pahole" / "gcc-pahole.btf"))
    ctf = open_source(str(compiled(tmp_path, *arguments, ZOO)))
    compared = 0
    found = set()
    for type_id in btf.all_ids():
        kind, name = btf.summary(type_id)
        if not name or kind not in COMPARED:
            continue
        theirs = layout.resolve(btf.by_id(type_id)).root
        same = [i for i in ctf.ids(name) if ctf.summary(i)[0] == kind]
        ours = layout.resolve(ctf.by_id(same[0])).root
        compared += 1
        if shape(ours) != shape(theirs):
            found.add(name)
    assert compared == 140
    assert found == different


HEAD = re.compile(r" +0x[0-9a-f]+: \(kind [67]\) (\w+ \w+) \(size 0x([0-9a-f]+)\)")
MEMBER = re.compile(r"( {8,200})\[0x([0-9a-f]+)\] (\w*): ")


def dumped(path: Path) -> dict[str, tuple[int, list[tuple[str, int]]]]:
    """The structs and unions that objdump prints, by name: bytes, and members with their bits."""
    text = subprocess.run(
        ["objdump", "--ctf=.ctf", path], capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, tuple[int, list[tuple[str, int]]]] = {}
    name = indent = ""
    for line in text[text.index("  Types:") :].splitlines():
        head, member = HEAD.match(line), MEMBER.match(line)
        if head:
            name, indent = head[1], ""
            found[name] = (int(head[2], 16), [])
        elif not member:
            name = ""
        elif name:
            indent = indent or member[1]
            if member[1] == indent:  # those of members stand further in
                found[name][1].append((member[3], int(member[2], 16)))
    return found


@needs_gcc
@needs_objdump
def test_objdump_reads_the_same(tmp_path: Path) -> None:
    path = compiled(tmp_path, "-c", ZOO)
    source = open_source(str(path))
    theirs = dumped(path)
    assert len(theirs) > 80
    for name, (size, members) in theirs.items():
        word, bare = name.split()
        [type_id] = [i for i in source.ids(bare) if source.summary(i)[0] == word]
        type_ = source.by_id(type_id)
        assert isinstance(type_, model.Aggregate)
        assert type_.size == size
        if bare not in INEXPRESSIBLE:
            assert [(m.name, m.bit_offset) for m in type_.members] == members, name


@needs_gcc
@pytest.mark.skipif(shutil.which("ld") is None, reason="no linker")
def test_types_that_differ_between_units(tmp_path: Path) -> None:
    common_text = "struct both { int x; struct s *p; };\n"
    (tmp_path / "a.c").write_text(
        "struct s { int a; long b; };\n" + common_text + "struct s v1; struct both w1;\n"
        "int g(void); int main(void) { return g(); }\n"
    )
    (tmp_path / "b.c").write_text(
        "struct s { char a; short b; float c; };\n" + common_text + "struct s v2; struct both w2;\n"
        "int g(void) { return v2.a; }\n"
    )
    path = compiled(tmp_path, tmp_path / "a.c", tmp_path / "b.c")
    types = prettify.load_types(str(path))
    source = types["struct both"].type.graph
    found = [source.by_id(i) for i in source.ids("s")]
    sizes = sorted(model.size_of(t) for t in found if t.kind == model.STRUCT)
    assert sizes == [8, 16]
    assert types["struct both"].size == 16
    assert types["struct s"].size in (8, 16)


COMPILERS = (
    Compiler("gcc"),
    Compiler("gcc", "-m32"),
    Compiler("powerpc-linux-gnu-gcc"),
)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("compiler", COMPILERS, ids=repr)
def test_random_structs_are_as_the_compiler_lays_them_out(
    compiler: Compiler, seed: int, tmp_path: Path
) -> None:
    if not can(compiler.command, (*compiler.flags, "-gctf")):
        pytest.skip(f"no {compiler} that writes CTF (-gctf)")
    extended = can(compiler.command, compiler.flags, "__SIZEOF_INT128__")
    definitions = Definitions(random.Random(seed), grids=True, extended=extended)
    for _ in range(12):
        definitions.define()
    # gcc 12 writes the first member of a struct at offset 0, unnamed bitfields before it or not.
    text = re.sub(r"\{\n(\t*unsigned int :\d;\n)+", "{\n", definitions.text)
    text = re.sub(r"(?<!long )long (m\d+:)", r"long long \1", text)  # of 32 bits on some machines
    path = tmp_path / "random.o"
    messages = compiler.messages(text, "-w", "-gctf", "-c", "-o", str(path))
    assert not messages, messages
    source = open_source(str(path))

    lines: list[str] = []
    expected: list[tuple[int, ...]] = []
    for name in definitions.names:
        root = layout.resolve(source.by_id(source.ids(name.split()[-1])[0])).root
        lines.append(f"unsigned long long v{len(lines)}[1] = {{ sizeof({name}) }};")
        expected.append((root.size,))
        for member, node in members_of(root, ""):
            if node.bitfield:
                lines.append(f"{name} v{len(lines)} = {{ .{member} = -1 }};")
                bits = 1 if layout.is_bool(node) else node.bit_size
                # The lowest bit of a bool is its last one where the first is the highest.
                shift = (node.bit_size - bits) * (source.byte_order == "big")
                expected.append((node.bit_offset + shift, bits))
            else:
                place = f"offsetof({name}, {member}), sizeof((({name} *)0)->{member})"
                lines.append(f"unsigned long long v{len(lines)}[2] = {{ {place} }};")
                expected.append((node.offset, node.size))
    objects = compiler.objects("\n".join(["#include <stddef.h>", text, *lines, ""]), "-w")
    mark = "<" if source.byte_order == "little" else ">"
    found = []
    for index, line in enumerate(lines):
        data = objects[f"v{index}"]
        if line.startswith("unsigned long long v"):
            found.append(struct.unpack(f"{mark}{len(data) // 8}Q", data))
        else:
            found.append(ones(data, source.byte_order))
    for line, own, theirs in zip(lines, expected, found):
        assert own == theirs, line


def ones(data: bytes, order: str) -> tuple[int, int]:
    """The first bit that is set, and how many are; big-endian bits count from the highest."""
    bits = [byte >> (7 - bit if order == "big" else bit) & 1 for byte in data for bit in range(8)]
    return bits.index(1), sum(bits)


def members_of(node: layout.Node, before: str) -> Iterator[tuple[str, layout.Node]]:
    """Each member of a struct, those in others too, as C names it; of arrays the first element."""
    for _, member in layout.named_members(node):
        path = f"{before}{member.name}"
        if not member.count and member.kind == model.ARRAY:
            continue  # a flexible array has no sizeof
        yield path, member
        inner = member
        while inner.element is not None:
            if not inner.count:
                break
            path += "[0]"
            inner = inner.element
            yield path, inner
        else:
            if inner.kind in model.AGGREGATES:
                yield from members_of(inner, f"{path}.")


# --- Speed: what is linear in the file has to stay so ---


def test_loading_and_finding_do_not_build_types() -> None:
    writer = common("libctf-3", "little")
    generator = random.Random(0)
    for index in range(50_000):
        writer.typedef(f"t{generator.randrange(10**6)}_{index}", INT)
    data = writer.bytes(compress=True)
    before = time.perf_counter()
    source = Ctf(data, "many.ctf")
    assert source.ids("nothing") == []
    assert time.perf_counter() - before < 2
    assert not source.cache
