"""BTF: every kind in both byte orders, the header's variants, names, split BTF, the pointer size.

What is wrong with bad BTF is said in test_malformed_btf.py.
"""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import btf_writer as kinds
import prettify
from btf_kinds import FLAGGED, KINDS, Kind, all_kinds
from btf_writer import BtfWriter, Endian, type_info
from conftest import VECTORS
from elf_writer import NOBITS, Section, compressed, elf
from prettify import layout, model
from prettify.api import RecordType
from prettify.errors import TypeInfoError
from prettify.sources import btf_kinds as btf_source
from prettify.sources.btf import Btf
from prettify.sources.kernels import KERNEL
from prettify.sources.pointer_size import LONG_NAMES

ORDERS: tuple[Endian, ...] = ("little", "big")
BTF_FILES = sorted(VECTORS.rglob("*.btf"))


def graph(writer: BtfWriter, base: Btf | None = None, pointer_size: int = 0) -> Btf:
    return Btf(writer.bytes(), "test.btf", base, pointer_size)


def facts(type_: model.Type) -> dict[str, Any]:
    """All that a type says but its graph and id, what it is made of as tuples."""
    found: dict[str, Any] = {"class": type(type_).__name__}
    for cls in type(type_).__mro__:
        for slot in getattr(cls, "__slots__", ()):
            if slot == "values":  # which follow from the enumerators
                assert type_.values == {e.value for e in type_.enumerators}
                continue
            if slot not in ("graph", "id"):
                found[slot] = getattr(type_, slot)
    for slot in ("members", "enumerators", "parameters", "entries"):
        if slot in found:
            found[slot] = [
                tuple(getattr(part, name) for name in type(part).__slots__) for part in found[slot]
            ]
    return found


# --- Every kind ---


def of_kind(kind: Kind, order: Endian) -> tuple[Btf, int]:
    writer = BtfWriter(order)
    assert writer.int("int", 4, signed=True) == 1
    assert writer.struct("s", 4, [("m", 1, 0)]) == 2
    type_id = kind.build(writer)
    return graph(writer), type_id


def test_no_kind_is_forgotten() -> None:
    numbers = {value for name, value in vars(kinds).items() if name.startswith("KIND_")}
    assert numbers == set(range(1, 20))
    assert {kind.number for kind in KINDS} == numbers == set(btf_source.ROWS)
    for number in numbers:
        flags = {kind.flag for kind in KINDS if kind.number == number}
        assert flags == ({False, True} if number in FLAGGED else {None})
    classes = {cls.kind for cls in subclasses(model.Type)} - {model.VOID}
    # Bytes of no type and located arrays are what BTF has not.
    assert classes - {model.BYTES, model.LOCATED} == {row[0] for row in btf_source.ROWS.values()}
    assert classes | {model.VOID} == model.SIZED | model.UNSIZED | model.MODIFIERS


def subclasses(cls: type[model.Type]) -> set[type[model.Type]]:
    found = set(cls.__subclasses__())
    return found.union(*map(subclasses, found))


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_every_kind(kind: Kind, order: Endian) -> None:
    source, type_id = of_kind(kind, order)
    assert source.byte_order == order
    assert source.all_ids() == range(1, type_id + 1)
    info = int.from_bytes(source.data[source._offset(type_id) + 4 :][:4], order)
    assert (info >> 24) & 0x1F == kind.number
    if kind.flag is not None:
        assert info >> 31 == kind.flag

    # Named before it is built, and built once.
    type_name = kind.read["name"]
    made = btf_source.ROWS[kind.number][0]
    assert source.summary(type_id) == (made, type_name)
    assert not source.cache
    type_ = source.by_id(type_id)
    assert list(source.cache) == [type_id]
    assert source.by_id(type_id) is type_

    assert (type_.kind, type_.graph, type_.id) == (made, source, type_id)
    assert facts(type_) == kind.read
    assert repr(type_)
    assert source.ids(type_name) == ([type_id] if type_name else [])
    assert source.error("x", type_id).offset == source._offset(type_id)

    # Its layout is of its size, or it has neither.
    if type_.kind in model.UNSIZED:
        assert model.size_of(type_) == -1
        assert layout.resolve(type_).size == 0
    else:
        assert model.size_of(type_) == layout.resolve(type_).size > 0


@pytest.mark.parametrize("order", ORDERS)
def test_void(order: Endian) -> None:
    source = graph(BtfWriter(order))
    assert source.by_id(0).kind == model.VOID
    assert source.by_id(0) is source.by_id(0)
    assert model.spelled(source.by_id(0)) == "void"
    assert source.all_ids() == range(1, 1)


def test_an_empty_object_has_no_types() -> None:
    data = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, 0, 0, 0)
    assert not Btf(data, "empty.btf").all_ids()


# --- Types are built when they are asked for ---


def test_one_type_builds_no_other() -> None:
    writer = BtfWriter()
    number = writer.int("long", 8)
    for index in range(50):
        pointer = writer.ptr(writer.next_id + 1)
        writer.struct(f"s{index}", 8, [("next", pointer, 0)])
    wanted = writer.struct("wanted", 16, [("a", number, 0), ("p", pointer, 64)])
    source = graph(writer)
    source.by_id(wanted)
    assert set(source.cache) == {wanted}
    assert source.ids("s7") == [17]
    assert source.summary(17) == (model.STRUCT, "s7")
    assert set(source.cache) == {wanted}
    # What a pointer points at is not in a layout.
    layout.resolve(source.by_id(wanted))
    assert set(source.cache) == {wanted, number, pointer}


def test_a_bad_type_does_not_keep_others_from_being_read() -> None:
    writer = BtfWriter()
    good = writer.int("int", 4)
    bad = writer.struct("bad", 4, [("m", 99, 0)])
    source = graph(writer)
    assert layout.resolve(source.by_id(good)).size == 4
    with pytest.raises(TypeInfoError, match="type id 99"):
        source.by_id(bad)
    with pytest.raises(TypeInfoError, match="type id 99"):  # not half a type the second time
        source.by_id(bad)


# --- `info` with the wide masks: 24 bits of count, 7 bits of kind ---


@pytest.mark.parametrize(
    ("order", "count"), [("little", 0xFFFF), ("little", 0x10000), ("big", 0x12345)]
)
def test_more_elements_than_16_bits_count(order: Endian, count: int) -> None:
    writer = BtfWriter(order)
    char = writer.int("char", 1)
    name = writer.string("m")
    members = b"".join(writer.words(name, char, 8 * index) for index in range(count))
    wide = writer.raw_type(writer.string("wide"), kinds.KIND_STRUCT << 24 | count, count, members)
    labels = b"".join(writer.words(name, index) for index in range(count))
    enum = writer.raw_type(writer.string("e"), kinds.KIND_ENUM << 24 | count, 4, labels)
    last = writer.typedef("last", wide)
    source = graph(writer)
    assert source.all_ids() == range(1, last + 1)
    struct_, enum_ = source.by_id(wide), source.by_id(enum)
    assert isinstance(struct_, model.Struct)
    assert isinstance(enum_, model.Enum)
    assert len(struct_.members) == count
    assert struct_.members[-1].bit_offset == 8 * (count - 1)
    assert [e.value for e in enum_.enumerators] == list(range(count))
    assert source.ids("last") == [last]


def test_the_kind_has_seven_bits() -> None:
    for bit in (0x20, 0x40):
        writer = BtfWriter()
        writer.raw_type(0, (kinds.KIND_INT | bit) << 24, 4, bytes(4))
        with pytest.raises(TypeInfoError, match=f"unknown kind {kinds.KIND_INT | bit} "):
            graph(writer)


# --- The header's layout section ---

UNKNOWN = 25


def with_layout(
    writer: BtfWriter, rows: Sequence[tuple[int, int, int]], *, header: int = 32, gap: int = 0
) -> bytes:
    """The writer's BTF with a layout section of these rows (bytes behind the common record, bytes
    per element, flags), from kind 0 on, `gap` bytes behind the strings."""
    mark = "<" if writer.endian == "little" else ">"
    plain = writer.bytes()
    fields = list(struct.unpack_from(mark + "HBBIIIII", plain))
    section = b"".join(struct.pack(mark + "BBH", *row) for row in rows)
    fields[3] = header
    body = plain[24:]
    fields += [len(body) + gap, len(section)]
    packed = struct.pack(mark + "HBBIIIIIII", *fields)
    return packed + bytes(header - 32) + body + bytes(gap) + section


def layout_rows(extra: int, per_element: int, kind: int = UNKNOWN) -> list[tuple[int, int, int]]:
    rows = [(0, 0, 0)] * (kind + 1)
    for known, (_, _, behind, element) in btf_source.ROWS.items():
        rows[known] = (behind, element, 0)
    rows[kind] = (extra, per_element, 1)
    return rows


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("extra", "per_element", "count"), [(0, 0, 3), (4, 0, 0), (0, 20, 5), (8, 12, 2), (255, 255, 9)]
)
def test_the_layout_section_lets_unknown_kinds_be_stepped_over(
    order: Endian, extra: int, per_element: int, count: int
) -> None:
    writer = BtfWriter(order)
    number = writer.int("int", 4)
    tail = bytes(extra + per_element * count)
    strange = writer.raw_type(writer.string("strange"), UNKNOWN << 24 | count, 7, tail)
    good = writer.struct("good", 4, [("m", number, 0)])
    bad = writer.struct("bad", 4, [("m", strange, 0)])
    source = Btf(with_layout(writer, layout_rows(extra, per_element), gap=3), "new.btf")
    assert source.all_ids() == range(1, bad + 1)
    assert layout.resolve(source.by_id(good)).size == 4
    assert source.summary(strange) == (f"kind {UNKNOWN}", "strange")
    for type_id in (strange, bad):
        with pytest.raises(TypeInfoError) as caught:
            layout.resolve(source.by_id(type_id))
        assert caught.value.what == f"type {strange} is of unknown kind {UNKNOWN}"
        assert caught.value.offset == source._offset(strange)


def test_the_layout_section_does_not_overrule_what_is_known() -> None:
    writer = BtfWriter()
    writer.int("int", 4)
    rows = layout_rows(4, 0)
    rows[kinds.KIND_INT] = (100, 100, 0)
    assert list(Btf(with_layout(writer, rows), "new.btf").all_ids()) == [1]


def test_a_kind_that_the_layout_section_does_not_reach_stays_unknown() -> None:
    writer = BtfWriter()
    writer.raw_type(0, (UNKNOWN + 1) << 24, 0)
    with pytest.raises(TypeInfoError, match=f"type 1 is of unknown kind {UNKNOWN + 1} "):
        Btf(with_layout(writer, layout_rows(4, 0)), "new.btf")


def test_the_last_kind_that_a_layout_section_can_hold() -> None:
    writer = BtfWriter()
    writer.raw_type(0, 127 << 24 | 1, 0, bytes(5))
    writer.int("int", 4)
    rows = [*layout_rows(4, 1, 127), (9, 9, 9)]
    assert len(Btf(with_layout(writer, rows), "new.btf").all_ids()) == 2


def test_a_header_may_be_longer_than_all_that_is_known_of_it() -> None:
    writer = BtfWriter()
    writer.raw_type(0, UNKNOWN << 24, 0, bytes(4))
    assert Btf(with_layout(writer, layout_rows(4, 0), header=48), "new.btf").all_ids()


# --- Bitfields ---


@pytest.mark.parametrize("order", ORDERS)
def test_bitfields_of_old(order: Endian) -> None:
    # Without kind_flag the width stands in the integer's encoding, as does a part of the offset.
    writer = BtfWriter(order)
    three = writer.int("unsigned int", 4, bits=3)
    five = writer.int("unsigned int", 4, bits=5, offset=2)
    whole = writer.int("unsigned int", 4)
    type_id = writer.struct("s", 8, [("a", three, 0), ("b", five, 3), ("c", whole, 32)])
    resolved = layout.resolve(graph(writer).by_id(type_id))
    assert [(n.bit_offset, n.bit_size, n.bitfield) for n in resolved.fields] == [
        (0, 3, True),
        (5, 5, True),
        (32, 32, False),
    ]


@pytest.mark.parametrize("order", ORDERS)
def test_old_and_new_bitfields_are_read_alike(order: Endian) -> None:
    def text(kind_flag: bool, **options: Any) -> str:
        writer = BtfWriter(order)
        widths = (3, 7, 1, 21)
        ids = [writer.int(f"u{w}", 4, bits=None if kind_flag else w, signed=w == 7) for w in widths]
        members: list[Any] = []
        at = 0
        for width, type_id in zip(widths, ids):
            members.append((f"m{width}", type_id, at, *([width] if kind_flag else [])))
            at += width
        type_id = writer.struct("s", 4, members, kind_flag=kind_flag)
        record = bytes((0x96, 0x5A, 0xC3, 0x3C))
        return RecordType(graph(writer).by_id(type_id)).format(record, **options)

    for dialect in ("pahole", "c", "json", "kernel"):
        assert text(True, dialect=dialect) == text(False, dialect=dialect)


def test_a_member_without_a_width_may_lie_between_bytes() -> None:
    writer = BtfWriter()
    type_id = writer.struct("s", 8, [("a", writer.int("unsigned int", 4), 4)])
    [field] = layout.resolve(graph(writer).by_id(type_id)).fields
    assert (field.bit_offset, field.bit_size, field.bitfield) == (4, 32, True)


@pytest.mark.parametrize("order", ORDERS)
def test_with_kind_flag_an_offset_has_24_bits(order: Endian) -> None:
    writer = BtfWriter(order)
    char = writer.int("char", 1)
    far = 0xFFFFF8
    flagged = writer.struct("flagged", 1 << 21, [("m", char, far, 8)])
    plain = writer.struct("plain", 1 << 28, [("m", char, 0x7FFFFFF8)])
    source = graph(writer)
    [field] = layout.resolve(source.by_id(flagged)).fields
    assert (field.bit_offset, field.bit_size, field.bitfield) == (far, 8, True)
    [field] = layout.resolve(source.by_id(plain)).fields
    assert (field.bit_offset, field.bitfield) == (0x7FFFFFF8, False)


# --- Names ---


def write(tmp_path: Path, writer: BtfWriter, name: str = "test.btf") -> str:
    (tmp_path / name).write_bytes(writer.bytes())
    return str(tmp_path / name)


def test_names_with_and_without_their_kind(tmp_path: Path) -> None:
    writer = BtfWriter()
    number = writer.int("x", 4)
    struct_id = writer.struct("x", 8, [("m", number, 0)])
    union_id = writer.union("x", 16, [("m", number, 0)])
    enum_id = writer.enum("x", [("A", 0)])
    typedef_id = writer.typedef("x", number)
    types = prettify.load_types(write(tmp_path, writer))
    assert types["struct x"].type.id == struct_id
    assert types["union x"].type.id == union_id
    assert types["enum x"].type.id == enum_id
    assert types["x"].type.id == struct_id
    assert types["  struct   x "].type.id == struct_id
    assert [t.type.id for t in types.all("x")] == [
        struct_id,
        union_id,
        enum_id,
        typedef_id,
        number,
    ]
    assert [types[f"#{i}"].type.id for i in range(1, 6)] == [1, 2, 3, 4, 5]


def test_a_bare_name_finds_what_has_a_size(tmp_path: Path) -> None:
    writer = BtfWriter()
    writer.fwd("x")
    nothing = writer.typedef("x", 0)
    found = writer.typedef("x", writer.int("int", 4))
    types = prettify.load_types(write(tmp_path, writer))
    assert types["x"].type.id == found != nothing


def test_of_several_types_of_one_name_the_first_is_found_and_all_are_reachable(
    tmp_path: Path,
) -> None:
    writer = BtfWriter()
    number = writer.int("int", 4)
    first = writer.struct("twice", 4, [("a", number, 0)])
    second = writer.struct("twice", 8, [("b", number, 0)])
    types = prettify.load_types(write(tmp_path, writer))
    assert types["struct twice"].type.id == first
    assert [t.size for t in types.all("struct twice")] == [4, 8]
    assert types[f"#{second}"].size == 8
    assert types.names() == ["int", "struct twice"]


@pytest.mark.parametrize("order", ORDERS)
def test_a_name_may_be_the_end_of_another(order: Endian) -> None:
    writer = BtfWriter(order)
    long = writer.string("unsigned long int")
    number = writer.int("unsigned long int", 8)
    short = writer.raw_type(long + 9, type_info(kinds.KIND_TYPEDEF), number)
    source = graph(writer)
    assert source.by_id(short).name == "long int"
    assert source.ids("long int") == [short]
    assert source.ids("unsigned long int") == [number]
    assert source.ids("int") == source.ids("unsigned long") == []


def test_names_are_found_whole() -> None:
    writer = BtfWriter()
    for name in ("a", "ab", "abc", "b", b"\xff\xfe", "Straße"):
        writer.fwd(name)
    source = graph(writer)
    assert [source.ids(n) for n in ("a", "ab", "abc", "b", "bc", "c", "")] == [
        [1],
        [2],
        [3],
        [4],
        [],
        [],
        [],
    ]
    assert source.ids("Straße") == [6]
    # Bytes that are not UTF-8 come and go as they are.
    assert source.by_id(5).name == "\udcff\udcfe"
    assert source.ids("\udcff\udcfe") == [5]
    assert source.ids("a\0ab") == source.ids("a\0") == []


def test_the_last_name_of_the_strings_is_found() -> None:
    writer = BtfWriter()
    writer.fwd("first")
    writer.fwd("last")
    source = graph(writer)
    assert source.ids("last") == [2]
    assert source.ids("last or so") == []


# --- Split BTF ---


@pytest.fixture(params=ORDERS)
def base_and_split(request: pytest.FixtureRequest) -> tuple[BtfWriter, BtfWriter]:
    """Two ints, a struct and a pointer as base; a struct that has its name from the base, and one
    that is only in the split part."""
    base = BtfWriter(request.param)
    number = base.int("int", 4, signed=True)
    base.int("long", 8, signed=True)
    base.struct("node", 16, [("next", base.next_id + 1, 0), ("value", number, 64)])
    base.ptr(3)
    split = BtfWriter(base=base)
    split.struct("value", 16, [("node", 3, 0)])
    split.struct("added", 24, [("value", 5, 0), ("extra", number, 128)])
    split.struct("node", 4, [("extra", number, 0)])
    return base, split


def test_split_btf_goes_on_where_its_base_ends(
    base_and_split: tuple[BtfWriter, BtfWriter],
) -> None:
    base = graph(base_and_split[0])
    split = Btf(base_and_split[1].bytes(), "split.btf", base)
    assert split.all_ids() == range(1, 8)
    assert (split.first_id, split.first_string) == (5, base_and_split[0].strings_end)
    assert split.by_id(3) is base.by_id(3)
    assert split.by_id(0) is base.by_id(0)
    assert [split.summary(i) for i in split.all_ids()] == [
        (model.INT, "int"),
        (model.INT, "long"),
        (model.STRUCT, "node"),
        (model.POINTER, ""),
        (model.STRUCT, "value"),
        (model.STRUCT, "added"),
        (model.STRUCT, "node"),
    ]
    resolved = layout.resolve(split.by_id(6))
    assert [(n.name, n.offset, n.size) for n in resolved.fields] == [
        ("next", 0, 8),
        ("value", 8, 4),
        ("extra", 16, 4),
    ]


def test_names_of_split_btf_are_found_wherever_they_stand(
    base_and_split: tuple[BtfWriter, BtfWriter],
) -> None:
    base = graph(base_and_split[0])
    split = Btf(base_and_split[1].bytes(), "split.btf", base)
    assert split.ids("added") == [6]
    assert split.ids("node") == [3, 7]  # both have their name from the base
    assert split.ids("value") == [5]
    assert split.ids("extra") == split.ids("nothing") == []
    assert base.ids("value") == base.ids("added") == []


def test_split_btf_on_split_btf(base_and_split: tuple[BtfWriter, BtfWriter]) -> None:
    third = BtfWriter(base=base_and_split[1])
    third.struct("int", 24, [("added", 6, 0)])
    third.struct("third", 24, [("added", 6, 0)])
    middle = Btf(base_and_split[1].bytes(), "split.btf", graph(base_and_split[0]))
    source = Btf(third.bytes(), "third.btf", middle)
    assert source.ids("int") == [1, 8]
    assert source.ids("third") == [9]
    assert source.ids("added") == [6]
    assert layout.resolve(source.by_id(9)).size == 24
    assert source.error("x", 3).path == "test.btf"
    assert source.error("x", 6).path == "split.btf"
    assert source.error("x", 9).path == "third.btf"


def test_split_btf_may_have_no_strings_of_its_own(
    base_and_split: tuple[BtfWriter, BtfWriter],
) -> None:
    writer = BtfWriter(base=base_and_split[0])
    writer.struct("value", 4, [("value", 1, 0)])
    split = graph(writer, graph(base_and_split[0]))
    assert split.by_id(5).name == "value"
    assert split.ids("value") == [5]


def test_complete_btf_has_no_use_for_a_base(tmp_path: Path) -> None:
    # One --btf-base is for all sources, whichever of them it belongs to.
    base = BtfWriter()
    base.int("int", 4)
    split = BtfWriter(base=base)
    split.struct("split", 4, [("m", 1, 0)])
    other = BtfWriter()
    other.struct("other", 2, [("m", other.next_id + 1, 0)])
    other.int("short", 2)
    base_path = write(tmp_path, base, "base.btf")
    paths = [write(tmp_path, other, "other.btf"), write(tmp_path, split, "split.btf"), base_path]
    types = prettify.load_types(*paths, base=base_path)
    assert types["struct other"].type.id == 1
    assert types["struct split"].type.id == 2
    assert [t.type.graph.path for t in types.all("int")] == [base_path] * 2


def test_types_of_all_sources_know_their_pointer_size(
    base_and_split: tuple[BtfWriter, BtfWriter],
) -> None:
    split = graph(base_and_split[1], graph(base_and_split[0]))
    assert split.pointer_size == 8


# --- ELF files ---

ELF_CASES = [(bits, order) for bits in (32, 64) for order in ORDERS]


def pointers(order: Endian, base: BtfWriter | None = None) -> BtfWriter:
    writer = BtfWriter(order, base=base)
    writer.struct("pointers", 0, [("p", writer.next_id + 1, 0)])
    writer.ptr(0)
    return writer


@pytest.mark.parametrize(("bits", "order"), ELF_CASES)
def test_a_btf_section(bits: int, order: Endian, tmp_path: Path) -> None:
    path = tmp_path / "prog.o"
    sections = {".text": b"\x90", ".BTF.ext": b"no", ".BTF": pointers(order).bytes()}
    path.write_bytes(elf(sections, bits=bits, endian=order))
    source = prettify.load_types(str(path)).by_id(1).type.graph
    assert (source.byte_order, source.pointer_size) == (order, bits // 8)
    assert source.path == f"{path}(.BTF)"
    assert source.all_ids() == range(1, 3)


@pytest.mark.parametrize(("bits", "order"), ELF_CASES)
def test_a_compressed_section(bits: int, order: Endian, tmp_path: Path) -> None:
    path = tmp_path / "prog.o"
    packed = compressed(pointers(order).bytes(), bits=bits, endian=order)
    path.write_bytes(elf({".BTF": packed}, bits=bits, endian=order))
    assert prettify.load_types(str(path)).by_id(1).type.name == "pointers"


def test_the_byte_order_is_that_of_the_btf(tmp_path: Path) -> None:
    path = tmp_path / "prog.o"
    path.write_bytes(elf({".BTF": pointers("big").bytes()}, endian="little"))
    assert prettify.load_types(str(path)).by_id(1).byte_order == "big"


@pytest.mark.parametrize(("bits", "order"), ELF_CASES)
@pytest.mark.parametrize("given", [False, True])
def test_a_module_that_brings_its_base(
    bits: int, order: Endian, given: bool, tmp_path: Path
) -> None:
    base = BtfWriter(order)
    base.struct("outside", 12, [])
    base.int("int", 4)
    split = BtfWriter(base=base)
    split.struct("module", 16, [("outside", 1, 0), ("int", 2, 96)])
    module = tmp_path / "module.ko"
    sections = {".BTF": split.bytes(), ".BTF.base": base.bytes()}
    module.write_bytes(elf(sections, bits=bits, endian=order))
    # The whole base, whose ids differ, does not come into it.
    whole = BtfWriter(order)
    for index in range(9):
        whole.int(f"i{index}", 1)
    types = prettify.load_types(
        str(module), base=write(tmp_path, whole, "whole.btf") if given else None
    )
    found = types["struct module"]
    assert found.type.id == 3
    assert [n.name for n in found.layout.root.children] == ["outside", "int"]
    assert types["outside"].type.graph.path == f"{module}(.BTF.base)"
    assert types["outside"].type.graph.pointer_size == bits // 8


def test_split_btf_in_an_elf_file_takes_a_base(
    base_and_split: tuple[BtfWriter, BtfWriter], tmp_path: Path
) -> None:
    base, split = base_and_split
    module = tmp_path / "module.ko"
    module.write_bytes(elf({".BTF": split.bytes()}, endian=split.endian))
    types = prettify.load_types(str(module), base=write(tmp_path, base))
    assert types["struct added"].size == 24


def test_a_file_of_debug_information_has_only_the_headers_of_other_sections(
    tmp_path: Path,
) -> None:
    path = tmp_path / "vmlinux.debug"
    path.write_bytes(elf({".BTF": Section(b"", kind=NOBITS, size=1 << 62)}))
    with pytest.raises(TypeInfoError, match="without type information"):
        prettify.load_types(str(path)).by_id(1)


@pytest.mark.skipif(
    not shutil.which("gcc") or not shutil.which("objcopy"), reason="no gcc, objcopy"
)
def test_an_object_file_as_tools_make_it(tmp_path: Path) -> None:
    raw, source, made = tmp_path / "raw.btf", tmp_path / "empty.c", tmp_path / "empty.o"
    raw.write_bytes(pointers("little").bytes())
    source.write_text("")
    subprocess.run(["gcc", "-c", source, "-o", made], check=True)
    add = f"--add-section=.BTF={raw}"
    subprocess.run(["objcopy", add, made, made], check=True)
    assert prettify.load_types(str(made)).names() == ["struct pointers"]


# --- The size of a pointer ---


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("size", [4, 8])
@pytest.mark.parametrize("name", sorted(LONG_NAMES))
def test_long_tells_the_size_of_pointers(order: Endian, size: int, name: str) -> None:
    writer = BtfWriter(order)
    writer.int("long long", 8)
    writer.int("int", 4)
    writer.int(name, size)
    pointer = writer.ptr(0)
    source = graph(writer)
    assert source.pointer_size == size
    assert layout.resolve(source.by_id(pointer)).size == size


def test_a_long_of_another_size_tells_nothing() -> None:
    writer = BtfWriter()
    writer.int("long", 2)
    writer.int("long", 4)
    assert graph(writer).pointer_size == 4


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("qualified", [False, True])
@pytest.mark.parametrize(("size", "at_end"), [(4, True), (4, False), (8, True), (8, False)])
def test_gaps_between_members_tell_the_size_of_pointers(
    order: Endian, qualified: bool, size: int, at_end: bool
) -> None:
    writer = BtfWriter(order)
    number = writer.int("int", 4)
    pointer = writer.ptr(0)
    if qualified:
        pointer = writer.typedef("handle", writer.const(pointer))
    writer.struct("broken", 4, [("m", 99, 0)])  # not the one that is asked for
    writer.struct("numbers", 8, [("a", number, 0), ("b", number, 32)])
    if at_end:
        writer.struct("s", 2 * size, [("a", number, 0), ("p", pointer, 8 * size)])
    else:
        writer.struct("s", 2 * size, [("p", pointer, 0), ("a", number, 8 * size)])
    assert graph(writer).pointer_size == size


def test_a_pointer_has_8_bytes_where_nothing_tells() -> None:
    writer = BtfWriter()
    writer.ptr(0)
    assert graph(writer).pointer_size == 8


def test_what_the_caller_knows_comes_first() -> None:
    writer = BtfWriter()
    writer.int("long", 8)
    assert graph(writer, pointer_size=4).pointer_size == 4


# --- Real files ---


@pytest.mark.parametrize("path", BTF_FILES, ids=lambda p: p.name)
def test_all_types_of_real_files(path: Path) -> None:
    source = Btf(path.read_bytes(), path.name)
    for type_id in source.all_ids():
        type_ = source.by_id(type_id)
        assert (type_.kind, type_.name) == source.summary(type_id)
        assert type_id in source.ids(type_.name) or not type_.name
        if type_.kind == model.SECTION and not model.size_of(type_):
            with pytest.raises(TypeInfoError, match="has no size yet"):
                layout.resolve(type_)
        else:
            assert layout.resolve(type_).size == max(model.size_of(type_), 0)


# --- The running kernel ---

needs_kernel = pytest.mark.skipif(
    not Path(KERNEL).is_file(), reason=f"no {KERNEL}: this kernel has no BTF"
)
needs_bpftool = pytest.mark.skipif(not shutil.which("bpftool"), reason="no bpftool")
needs_pahole = pytest.mark.skipif(
    not shutil.which("gcc") or not shutil.which("pahole"), reason="no gcc, pahole"
)


@pytest.fixture(scope="module")
def kernel() -> Btf:
    return Btf(Path(KERNEL).read_bytes(), KERNEL)


@needs_kernel
@pytest.mark.slow_pure
def test_all_types_of_the_kernel(kernel: Btf) -> None:
    for type_id in kernel.all_ids():
        type_ = kernel.by_id(type_id)
        resolved = layout.resolve(type_)
        assert resolved.size == max(model.size_of(type_), 0)


@needs_kernel
@needs_bpftool
def test_the_kernel_has_as_many_types_as_bpftool_sees(kernel: Btf) -> None:
    text = subprocess.run(
        ["bpftool", "btf", "dump", "file", KERNEL], capture_output=True, text=True, check=True
    ).stdout
    assert len(kernel.all_ids()) == sum(line.startswith("[") for line in text.splitlines())


@needs_kernel
def test_one_type_of_the_kernel_builds_few(kernel: Btf) -> None:
    fresh = Btf(kernel.data, KERNEL)
    [type_id] = [i for i in fresh.ids("task_struct") if fresh.summary(i)[0] == model.STRUCT]
    assert not fresh.cache
    layout.resolve(fresh.by_id(type_id))
    assert len(fresh.cache) < len(fresh.all_ids()) / 20


# --- bpftool reads the same ---


def bpftool(path: Path, base: Path | None = None) -> list[dict[str, Any]]:
    command = ["bpftool", "-j", *(["-B", str(base)] if base else []), "btf", "dump", "file"]
    done = subprocess.run([*command, str(path)], capture_output=True, check=True)
    found: list[dict[str, Any]] = json.loads(done.stdout)["types"]
    for row in found:
        if row["kind"] == "ENUM" and row["encoding"] == "UNSIGNED":
            for value in row["values"]:  # bpftool extends the sign of what it says is unsigned
                value["val"] &= 0xFFFFFFFF
    return found


LINKAGES = ("static", "global", "extern")


def described(type_: model.Type) -> dict[str, Any]:
    """A type as bpftool's JSON describes it."""
    row: dict[str, Any] = {"id": type_.id, "name": type_.name or "(anon)"}
    if isinstance(type_, model.Integer):
        encodings = ((type_.signed, "SIGNED"), (type_.character, "CHAR"), (type_.boolean, "BOOL"))
        row["encoding"] = next((word for is_set, word in encodings if is_set), "(none)")
        row |= {"kind": "INT", "size": type_.size}
        row |= {"bits_offset": type_.bit_offset, "nr_bits": type_.bits}
    elif isinstance(type_, model.Float):
        row |= {"kind": "FLOAT", "size": type_.size}
    elif isinstance(type_, model.Array):
        row |= {"kind": "ARRAY", "type_id": type_.element_id, "index_type_id": type_.index_id}
        row["nr_elems"] = type_.count
    elif isinstance(type_, model.Aggregate):
        row |= {"kind": type_.kind.upper(), "size": type_.size, "vlen": len(type_.members)}
        row["members"] = []
        for member in type_.members:
            shown = {"name": member.name or "(anon)", "type_id": member.type_id}
            shown["bits_offset"] = member.bit_offset
            if member.bit_size:
                shown["bitfield_size"] = member.bit_size
            row["members"].append(shown)
    elif isinstance(type_, model.Enum):
        row |= {"kind": "ENUM64" if type_.wide else "ENUM", "size": type_.size}
        row |= {"encoding": "SIGNED" if type_.signed else "UNSIGNED"}
        row |= {"vlen": len(type_.enumerators)}
        row["values"] = [{"name": e.name, "val": e.value} for e in type_.enumerators]
    elif isinstance(type_, model.Forward):
        row |= {"kind": "FWD", "fwd_kind": "union" if type_.union else "struct"}
    elif isinstance(type_, model.Prototype):
        row |= {"kind": "FUNC_PROTO", "ret_type_id": type_.return_id}
        row["vlen"] = len(type_.parameters)
        row["params"] = [
            {"name": p.name or "(anon)", "type_id": p.type_id} for p in type_.parameters
        ]
    elif isinstance(type_, model.Section):
        row |= {"kind": "DATASEC", "size": type_.size, "vlen": len(type_.entries)}
        row["vars"] = [
            {"type_id": e.type_id, "offset": e.offset, "size": e.size} for e in type_.entries
        ]
    else:
        assert isinstance(type_, model.Reference)
        words = {model.POINTER: "PTR", model.FUNCTION: "FUNC", model.VARIABLE: "VAR"}
        words |= {model.DECL_TAG: "DECL_TAG", model.TYPE_TAG: "TYPE_TAG"}
        row |= {"kind": words.get(type_.kind, type_.kind.upper()), "type_id": type_.target_id}
        if isinstance(type_, (model.Function, model.Variable)):
            row["linkage"] = LINKAGES[type_.linkage]
        if isinstance(type_, model.DeclTag):
            row["component_idx"] = type_.component
    return row


def assert_same(source: Btf, path: Path, base: Path | None = None) -> None:
    theirs = bpftool(path, base)
    own = range(source.first_id, source.all_ids().stop)
    for row, type_id in zip(theirs, own, strict=True):
        assert described(source.by_id(type_id)) == row


@needs_bpftool
@pytest.mark.parametrize("path", BTF_FILES, ids=lambda p: p.name)
def test_bpftool_reads_the_same(path: Path) -> None:
    assert_same(Btf(path.read_bytes(), path.name), path)


@needs_bpftool
@needs_kernel
@pytest.mark.slow_pure
def test_bpftool_reads_the_same_in_the_kernel(kernel: Btf) -> None:
    assert_same(kernel, Path(KERNEL))


@needs_bpftool
@pytest.mark.parametrize("order", ORDERS)
def test_bpftool_reads_the_same_of_every_kind(order: Endian, tmp_path: Path) -> None:
    path = tmp_path / "all.btf"
    path.write_bytes(all_kinds(order))
    assert_same(Btf(path.read_bytes(), "all"), path)


@needs_bpftool
@needs_pahole
def test_split_btf_as_pahole_makes_it(tmp_path: Path) -> None:
    common = "struct shared { int a; long b[3]; char name[8]; };\n"
    (tmp_path / "base.c").write_text(common + "struct shared x;\n")
    (tmp_path / "module.c").write_text(
        common + "struct name { struct shared *s; struct shared b[2]; enum { ONE = 1 } e; };\n"
        "typedef struct name named; named y;\n"
    )
    base, split = tmp_path / "base.btf", tmp_path / "module.btf"
    for name in ("base", "module"):
        made = tmp_path / f"{name}.o"
        subprocess.run(["gcc", "-g", "-c", tmp_path / f"{name}.c", "-o", made], check=True)
        options = [f"--btf_encode_detached={tmp_path / name}.btf"]
        if name == "module":
            options.append(f"--btf_base={base}")
        subprocess.run(["pahole", "-J", *options, made], check=True)
    source = Btf(split.read_bytes(), "module.btf", Btf(base.read_bytes(), "base.btf"))
    assert_same(source, split, base)
    types = prettify.load_types(str(split), base=str(base))
    # Its own type, though the name stands in the base, where a member has it.
    assert types["struct name"].type.id >= source.first_id
    assert types["named"].size == 8 + 2 * 40 + 8
    assert types["struct shared"].type.id < source.first_id
    with pytest.raises(TypeInfoError, match="this is split BTF, which needs its base"):
        prettify.load_types(str(split)).names()


# --- Speed: what is linear in the file has to stay so ---


def test_loading_and_finding_do_not_build_types() -> None:
    writer = BtfWriter()
    number = writer.int("int", 4)
    generator = random.Random(0)
    for index in range(20_000):
        writer.typedef(f"t{generator.randrange(10**6)}_{index}", number)
    data = writer.bytes()
    before = time.perf_counter()
    source = Btf(data, "many.btf")
    assert source.ids("nothing") == []
    assert time.perf_counter() - before < 2
    assert not source.cache
