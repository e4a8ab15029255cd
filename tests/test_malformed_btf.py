"""Bad BTF: what is said about it, where, and that it costs little time and memory."""

from __future__ import annotations

import functools
import io
import struct
import time
from collections.abc import Callable
from random import Random

import pytest

import btf_writer as kinds
import malformed
from btf_kinds import split_btf
from btf_writer import BtfWriter, type_info
from elf_writer import Section, elf
from prettify import layout, model
from prettify.core import emitter
from prettify.core.program import WORDS, Program
from prettify.dialects import FORMS
from prettify.dialects.options import Options
from prettify.errors import TypeInfoError
from prettify.sources.btf import Btf
from prettify.sources.elf import open_elf
from prettify.sources.request import Request
from prettify.sources.strings import MAX_NAME

HEADER = 24
FIRST = HEADER + 16  # where type 2 is, behind an int
PATH = "bad.btf"


def raw(
    types: bytes = b"",
    strings: bytes = b"\0",
    *,
    magic: int = 0xEB9F,
    version: int = 1,
    header: int = HEADER,
    types_at: int = 0,
    types_length: int | None = None,
    strings_at: int | None = None,
    strings_length: int | None = None,
) -> bytes:
    """A BTF file of these sections, with a header that says what it is told to."""
    return (
        struct.pack(
            "<HBBIIIII",
            magic,
            version,
            0,
            header,
            types_at,
            len(types) if types_length is None else types_length,
            len(types) if strings_at is None else strings_at,
            len(strings) if strings_length is None else strings_length,
        )
        + types
        + strings
    )


assert_fails = functools.partial(malformed.assert_fails, path=PATH)


# --- The header and the sections ---

INT = struct.pack("<IIII", 1, kinds.KIND_INT << 24, 4, 32)
NAMES = b"\0int\0"

LAYOUT_HEADER = struct.pack("<HBBIIIIII", 0xEB9F, 1, 0, 32, 0, 16, 16, 5, 21)

HEADERS = {
    "empty": (b"", "not BTF: 0 bytes, the header alone has 24", 0),
    "a short header": (raw()[:23], "not BTF: 23 bytes, the header alone has 24", 0),
    "no magic": (bytes(24), "not BTF: it begins with 00 00 00 00", 0),
    "another magic": (raw(magic=0xEB9E), "not BTF: it begins with 9e eb 01 00", 0),
    "version 0": (raw(version=0), "BTF version 0, only 1 is known", 2),
    "version 2": (raw(version=2), "BTF version 2, only 1 is known", 2),
    "a header of less than all": (
        raw(header=23),
        "the header says it has 23 bytes, of 25 in all",
        4,
    ),
    "a header of more than all": (
        raw(header=26),
        "the header says it has 26 bytes, of 25 in all",
        4,
    ),
    "a header of 4 GiB": (
        raw(header=0xFFFFFFFF),
        "the header says it has 4294967295 bytes, of 25 in all",
        4,
    ),
    "types cut off": (
        raw(INT, NAMES)[:30],
        "the type section, 16 bytes at 0x18, runs past the end at 0x1e",
        8,
    ),
    "types far away": (
        raw(INT, NAMES, types_at=0xFFFFFFFF),
        "the type section, 16 bytes at 0x100000017, runs past the end at 0x2d",
        8,
    ),
    "4 GiB of types": (
        raw(INT, NAMES, types_length=0xFFFFFFFF),
        "the type section, 4294967295 bytes at 0x18, runs past the end at 0x2d",
        8,
    ),
    "strings cut off": (
        raw(INT, NAMES)[:-1],
        "the string section, 5 bytes at 0x28, runs past the end at 0x2c",
        16,
    ),
    "strings far away": (
        raw(INT, NAMES, strings_at=0x80000000),
        "the string section, 5 bytes at 0x80000018, runs past the end at 0x2d",
        16,
    ),
    "4 GiB of strings": (
        raw(INT, NAMES, strings_length=0xFFFFFFFF),
        "the string section, 4294967295 bytes at 0x28, runs past the end at 0x2d",
        16,
    ),
    "no NUL at the end": (
        raw(INT, b"\0int"),
        "the string section does not end in a NUL",
        HEADER + 16 + 3,
    ),
    "split": (
        raw(INT, b"int\0"),
        "the first string is not empty: this is split BTF, which needs its base (--btf-base FILE)",
        HEADER + 16,
    ),
    "a layout section cut off": (
        LAYOUT_HEADER + struct.pack("<I", 80) + INT + NAMES,
        "the layout section, 80 bytes at 0x35, runs past the end at 0x35",
        24,
    ),
    "a type cut short": (
        raw(INT + INT[:11], NAMES),
        "type 2 is cut short: 11 bytes left, a type has at least 12",
        FIRST,
    ),
    "an int without its encoding": (
        raw(INT + INT[:12], NAMES),
        "type 2, kind 1 (int) of 0 elements, runs past the end of the type section",
        FIRST,
    ),
    "a struct of too many members": (
        raw(INT + struct.pack("<III", 0, 4 << 24 | 0xFFFFFF, 4), NAMES),
        "type 2, kind 4 (struct) of 16777215 elements, runs past the end of the type section",
        FIRST,
    ),
    "kind 0": (
        raw(INT + bytes(12), NAMES),
        "type 2 is of unknown kind 0",
        FIRST,
    ),
    "an unknown kind": (
        raw(INT + struct.pack("<III", 0, 20 << 24, 0) + INT, NAMES),
        "type 2 is of unknown kind 20",
        FIRST,
    ),
}


@pytest.mark.parametrize("name", HEADERS)
def test_what_cannot_be_opened(name: str) -> None:
    data, what, offset = HEADERS[name]
    assert_fails(lambda: Btf(data, PATH), what, offset)


def test_an_unknown_kind_that_is_stepped_over_must_end_in_the_section() -> None:
    rows = bytes(4 * 20) + struct.pack("<BBH", 0, 255, 0)
    types = INT + struct.pack("<III", 0, 20 << 24 | 3, 0)
    header = struct.pack(
        "<HBBIIIIIII", 0xEB9F, 1, 0, 32, 0, len(types), len(types), 5, len(types) + 5, len(rows)
    )
    assert_fails(
        lambda: Btf(header + types + NAMES + rows, PATH),
        "type 2, kind 20 (unknown) of 3 elements, runs past the end of the type section",
        32 + 16,
    )


def test_every_way_to_cut_a_file_short() -> None:
    whole = split_btf("little")[0]
    Btf(whole, PATH)
    for size in range(len(whole)):
        with pytest.raises(TypeInfoError) as caught:
            Btf(whole[:size], PATH)
        assert caught.value.offset in (0, 4, 8, 16)


def test_a_base_of_the_other_byte_order() -> None:
    base = Btf(split_btf("big")[0], "base.btf")
    assert_fails(
        lambda: Btf(split_btf("little")[1], PATH, base),
        "little-endian, but its base base.btf is big-endian",
        0,
    )


# --- Types ---

Build = Callable[[BtfWriter, int], int]
"""Adds a type behind `int`, whose id it is given, and returns the id of the one to read."""

TYPES: dict[str, tuple[Build, str, int | None]] = {
    "an int of 0 bytes": (lambda w, i: w.int("x", 0), "integer 'x' has 0 bytes", FIRST),
    "an int of 17 bytes": (lambda w, i: w.int("x", 17), "integer 'x' has 17 bytes", FIRST),
    "an int of 0 bits": (
        lambda w, i: w.int("x", 4, bits=0),
        "integer 'x' has 0 bits at bit 0 of 4 bytes",
        FIRST,
    ),
    "an int of 200 bits": (
        lambda w, i: w.int("x", 16, bits=200),
        "integer 'x' has 200 bits at bit 0 of 16 bytes",
        FIRST,
    ),
    "an int whose bits are outside": (
        lambda w, i: w.int("x", 4, bits=8, offset=25),
        "integer 'x' has 8 bits at bit 25 of 4 bytes",
        FIRST,
    ),
    "a float of 3 bytes": (lambda w, i: w.float("x", 3), "float 'x' has 3 bytes", FIRST),
    "a float of 4 GiB": (
        lambda w, i: w.float("x", 0xFFFFFFFF),
        "float 'x' has 4294967295 bytes",
        FIRST,
    ),
    "an enum of 3 bytes": (lambda w, i: w.enum("x", [], size=3), "enum 'x' has 3 bytes", FIRST),
    "an enum of 0 bytes": (lambda w, i: w.enum64("x", [], size=0), "enum 'x' has 0 bytes", FIRST),
    "a name outside of the strings": (
        lambda w, i: w.raw_type(0x77, type_info(kinds.KIND_TYPEDEF), i),
        "string offset 0x77 is past the end of the strings, 0x5",
        FIRST,
    ),
    "a member's name outside of the strings": (
        lambda w, i: w.raw_type(0, type_info(kinds.KIND_STRUCT, 1), 4, w.words(0xFFFFFFFF, i, 0)),
        "string offset 0xffffffff is past the end of the strings, 0x5",
        FIRST + 12,
    ),
    "an enumerator's name outside of the strings": (
        lambda w, i: w.raw_type(0, type_info(kinds.KIND_ENUM, 2), 4, w.words(1, 0, 5, 1)),
        "string offset 0x5 is past the end of the strings, 0x5",
        FIRST + 20,
    ),
    "a typedef of what does not exist": (
        lambda w, i: w.typedef("x", 3),
        "type id 3 does not exist, the last is 2",
        FIRST + 8,
    ),
    "a pointer to what does not exist": (
        lambda w, i: w.ptr(0xFFFFFFFF),
        "type id 4294967295 does not exist, the last is 2",
        FIRST + 8,
    ),
    "a member of what does not exist": (
        lambda w, i: w.struct("x", 8, [("a", i, 0), ("b", 9, 32)]),
        "type id 9 does not exist, the last is 2",
        FIRST + 12 + 12 + 4,
    ),
    "an array of what does not exist": (
        lambda w, i: w.array(9, 1, index=i),
        "type id 9 does not exist, the last is 2",
        FIRST + 12,
    ),
    "an array whose index does not exist": (
        lambda w, i: w.array(i, 1, index=9),
        "type id 9 does not exist, the last is 2",
        FIRST + 16,
    ),
    "a parameter that does not exist": (
        lambda w, i: w.func_proto(0, [("a", i), ("b", 9)]),
        "type id 9 does not exist, the last is 2",
        FIRST + 12 + 8 + 4,
    ),
    "a result that does not exist": (
        lambda w, i: w.func_proto(9),
        "type id 9 does not exist, the last is 2",
        FIRST + 8,
    ),
    "a section of what does not exist": (
        lambda w, i: w.datasec("x", 4, [(9, 0, 4)]),
        "type id 9 does not exist, the last is 2",
        FIRST + 12,
    ),
    "a typedef of itself": (lambda w, i: w.typedef("x", 2), "x is defined as itself", FIRST),
    "a const of itself": (lambda w, i: w.const(2), "#2 is defined as itself", FIRST),
    "typedefs in a circle": (
        lambda w, i: (w.typedef("x", 3), w.volatile(4), w.typedef("y", 2))[0],
        "x is defined as itself",
        FIRST,
    ),
    "a circle behind a typedef": (
        lambda w, i: (w.typedef("x", 3), w.typedef("y", 3))[0],
        "y is defined as itself",
        FIRST + 12,
    ),
    "an array of itself": (
        lambda w, i: w.array(2, 3, index=i),
        "#2 contains itself",
        FIRST,
    ),
    "an array of arrays of itself": (
        lambda w, i: (w.array(3, 3, index=i), w.array(4, 0, index=i), w.typedef("x", 2))[0],
        "#2 contains itself",
        FIRST,
    ),
    "an array of an array of itself": (
        lambda w, i: (w.array(3, 3, index=i), w.array(3, 3, index=i))[0],
        "#2 nests deeper than 200 levels",
        FIRST,
    ),
    "a struct in itself": (
        lambda w, i: w.struct("x", 8, [("a", i, 0), ("b", 2, 32)]),
        "struct x contains itself",
        FIRST,
    ),
    "a struct in itself through arrays and typedefs": (
        lambda w, i: (
            w.struct("x", 8, [("a", 3, 0)]),
            w.typedef("y", 4),
            w.array(5, 1, index=i),
            w.union("z", 8, [("b", 6, 0)]),
            w.const(2),
        )[0],
        "struct x contains itself",
        FIRST,
    ),
    "a variable of itself": (
        lambda w, i: w.var("x", 2),
        "var x cannot be of type var x",
        FIRST,
    ),
    "a section in itself": (
        lambda w, i: w.datasec(".bss", 8, [(2, 0, 8)]),
        "datasec .bss holds datasec .bss, which is no variable",
        FIRST,
    ),
    "a section of functions": (
        lambda w, i: w.datasec(".ksyms", 8, [(i, 0, 8)]),
        "datasec .ksyms holds int, which is no variable",
        FIRST,
    ),
    "a variable without a size in a section": (
        lambda w, i: (w.datasec(".bss", 8, [(3, 0, 8)]), w.var("v", 0))[0],
        "var v has no size",
        FIRST,
    ),
    "a variable behind its section": (
        lambda w, i: (w.datasec(".bss", 8, [(3, 5, 4)]), w.var("v", i))[0],
        "var v ends at byte 9 of datasec .bss, which has 8",
        FIRST,
    ),
    "a section of a program that is not linked": (
        lambda w, i: (w.datasec(".bss", 0, [(3, 0, 4)]), w.var("v", i))[0],
        "datasec .bss has no size yet, nor do its variables have offsets: "
        "that of a linked or loaded program has",
        FIRST,
    ),
    "a member of void": (
        lambda w, i: w.struct("x", 8, [("a", 0, 0)]),
        "member a of struct x cannot be of kind void",
        FIRST,
    ),
    "a member that is a function": (
        lambda w, i: (w.struct("x", 8, [("", 3, 0)]), w.func("f", 4), w.func_proto(0))[0],
        "member (anonymous) of struct x cannot be of kind function",
        FIRST,
    ),
    "a member that is only declared": (
        lambda w, i: (w.struct("x", 8, [("a", 3, 0)]), w.fwd("y"))[0],
        "member a of struct x cannot be of kind forward",
        FIRST,
    ),
    "a member that is a variable": (
        lambda w, i: (w.union("x", 8, [("a", 3, 0)]), w.var("v", i))[0],
        "member a of union x cannot be of kind variable",
        FIRST,
    ),
    "a member behind its struct": (
        lambda w, i: w.struct("x", 8, [("a", i, 0), ("b", i, 40)]),
        "member b of struct x ends at bit 72, behind its 8 bytes",
        FIRST,
    ),
    "a member far behind its struct": (
        lambda w, i: w.struct("x", 8, [("a", i, 0xFFFFFFFF)]),
        "member a of struct x ends at bit 4294967327, behind its 8 bytes",
        FIRST,
    ),
    "a bitfield behind its union": (
        lambda w, i: w.union("x", 1, [("a", i, 0, 9)]),
        "member a of union x ends at bit 9, behind its 1 bytes",
        FIRST,
    ),
    "an old bitfield behind its struct": (
        lambda w, i: (w.struct("x", 2, [("a", 3, 8)]), w.int("y", 4, bits=5, offset=4))[0],
        "member a of struct x ends at bit 17, behind its 2 bytes",
        FIRST,
    ),
    "a bitfield wider than its type": (
        lambda w, i: w.struct("x", 8, [("a", i, 0, 33)]),
        "member a of struct x is a bitfield of 33 bits of int",
        FIRST,
    ),
    "a bitfield of a pointer": (
        lambda w, i: (w.struct("x", 8, [("a", 3, 0, 3)]), w.ptr(0))[0],
        "member a of struct x is a bitfield of 3 bits of #3",
        FIRST,
    ),
    "a pointer between bytes": (
        lambda w, i: (w.struct("x", 16, [("a", 3, 4)]), w.ptr(0))[0],
        "member a of struct x does not begin at a whole byte",
        FIRST,
    ),
    "an array of void": (
        lambda w, i: w.array(0, 2, index=i),
        "#2 cannot be an array of void",
        FIRST,
    ),
    "an array of functions": (
        lambda w, i: (w.array(3, 2, index=i), w.func_proto(0))[0],
        "#2 cannot be an array of #3",
        FIRST,
    ),
    "an array of a declaration tag": (
        lambda w, i: (w.array(3, 2, index=i), w.decl_tag("t", i))[0],
        "#2 cannot be an array of t",
        FIRST,
    ),
    "an array of 16 EiB": (
        lambda w, i: (w.array(3, 0xFFFFFFFF, index=i), w.struct("x", 0xFFFFFFFF, []))[0],
        "#2 is larger than 4 GiB",
        FIRST,
    ),
    "an array of one byte too many": (
        lambda w, i: (w.array(3, 0x8000, index=i), w.struct("x", 0x20000, []))[0],
        "#2 is larger than 4 GiB",
        FIRST,
    ),
    "many elements of nothing": (
        lambda w, i: (w.array(3, 0xFFFFFFFF, index=i), w.struct("x", 0, []))[0],
        "an array of 4294967295 elements that have no bytes",
        FIRST,
    ),
    "many elements of nothing in two arrays": (
        lambda w, i: (
            w.array(3, 1 << 9, index=i),
            w.array(4, 1 << 8, index=i),
            w.struct("x", 0, []),
        )[0],
        "an array of 256 elements that have no bytes",
        FIRST + 24,
    ),
    "many elements of nothing in many of something": (
        lambda w, i: (
            w.array(3, 1 << 12, index=i),
            w.struct("x", 4, [("a", i, 0), ("b", 4, 32)]),
            w.array(5, 17, index=i),
            w.struct("y", 0, []),
        )[0],
        "an array of 17 elements that have no bytes",
        FIRST + 24 + 36,
    ),
}


@pytest.mark.parametrize("name", TYPES)
def test_what_has_no_layout(name: str) -> None:
    build, what, offset = TYPES[name]
    writer = BtfWriter()
    # The strings are what these messages count: "int" and the names that the case has.
    type_id = build(writer, writer.int("int", 4))
    graph = Btf(writer.bytes(), PATH)
    assert_fails(lambda: layout.resolve(graph.by_id(type_id)), what, offset)
    assert layout.resolve(graph.by_id(1)).size == 4


def test_an_id_that_does_not_exist() -> None:
    graph = Btf(split_btf("little")[0], PATH)
    for type_id in (5, 1 << 40, -1):
        what = f"type id {type_id} does not exist, the last is 4"
        assert_fails(lambda i=type_id: graph.by_id(i), what, None)  # type: ignore[misc]
        assert_fails(lambda i=type_id: graph.summary(i), what, None)  # type: ignore[misc]


def test_the_place_is_that_in_the_file_that_holds_the_type() -> None:
    base_writer = BtfWriter()
    base_writer.struct("base", 4, [("m", base_writer.next_id, 0)])
    writer = BtfWriter(base=base_writer)
    writer.typedef("own", writer.next_id)
    base = Btf(base_writer.bytes(), "base.btf")
    split = Btf(writer.bytes(), PATH, base)
    assert_fails(lambda: layout.resolve(split.by_id(2)), "own is defined as itself", HEADER)
    with pytest.raises(TypeInfoError) as caught:
        layout.resolve(split.by_id(1))
    assert (caught.value.path, caught.value.offset) == ("base.btf", HEADER)


def test_a_name_in_a_message_stays_on_its_line() -> None:
    writer = BtfWriter()
    writer.typedef("two\nlines \x1b[31m\u2028 \udcff".encode("utf-8", "surrogateescape"), 1)
    assert_fails(
        lambda: layout.resolve(Btf(writer.bytes(), PATH).by_id(1)),
        r"two\nlines \x1b[31m\u2028 \udcff is defined as itself",
        HEADER,
    )


def test_a_name_in_the_place_of_a_nameless_kind_is_no_name() -> None:
    writer = BtfWriter()
    name = writer.string("name")
    for kind in (2, 3, 9, 10, 11, 13):
        tail = writer.words(0, 0, 0) if kind == 3 else b""
        type_id = writer.raw_type(name, kind << 24, 0, tail)
        graph = Btf(writer.bytes(), PATH)
        assert graph.by_id(type_id).name == graph.summary(type_id)[1] == ""


# --- What must not cost much ---

SECONDS = 5 if emitter.COMPILED else 50


@pytest.fixture
def quick() -> object:
    """Fails a test that takes more than a moment."""
    before = time.process_time()
    yield
    assert time.process_time() - before < SECONDS


def resolve(writer: BtfWriter, type_id: int) -> layout.Layout:
    return layout.resolve(Btf(writer.bytes(), PATH).by_id(type_id))


@pytest.mark.usefixtures("quick")
def test_a_struct_of_most_of_4_gib() -> None:
    writer = BtfWriter()
    many = writer.array(writer.int("char", 1), 0xFFFFFFFF)
    type_id = writer.struct("x", 0xFFFFFFFF, [("m", many, 0)])
    resolved = resolve(writer, type_id)
    assert resolved.size == 0xFFFFFFFF
    assert len(compiled(resolved)) == 4


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("count", [0, 1, 0xFFFFFFFF])
def test_100_000_arrays_in_each_other(count: int) -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    for _ in range(100_000):
        type_id = writer.array(type_id, count, index=1)
    assert_fails(
        lambda: resolve(writer, type_id),
        f"#{type_id} nests deeper than 200 levels",
        FIRST + 24 * (type_id - 2),
    )


@pytest.mark.usefixtures("quick")
def test_200_arrays_are_as_many_as_there_may_be() -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    for _ in range(layout.MAX_DEPTH):
        type_id = writer.array(type_id, 1, index=1)
    assert resolve(writer, type_id).size == 4
    type_id = writer.array(type_id, 1, index=1)
    with pytest.raises(TypeInfoError, match="nests deeper than 200 levels"):
        resolve(writer, type_id)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["struct", "union"])
def test_10_000_structs_in_each_other(kind: str) -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    ids = []
    for index in range(10_000):
        type_id = getattr(writer, kind)(f"s{index}", 4, [("m", type_id, 0)])
        ids.append(type_id)
    assert resolve(writer, ids[layout.MAX_DEPTH - 1]).size == 4
    for index in (layout.MAX_DEPTH, 9_999):
        with pytest.raises(TypeInfoError, match=f"{kind} s{index} nests deeper than 200 levels"):
            resolve(writer, ids[index])


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["struct", "union"])
def test_structs_that_double_40_levels_deep(kind: str) -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    for index in range(40):
        members = [("a", type_id, 0), ("b", type_id, 0)]
        type_id = getattr(writer, kind)(f"u{index}", 4, members)
    assert_fails(
        lambda: resolve(writer, type_id),
        f"{kind} u39 has too many members, or nests too many too deep",
        FIRST + 36 * 39,
    )


def compiled(resolved: layout.Layout) -> list[Program]:
    """Its programs in all forms; C dialects ask at each level whether all below it is zero."""
    forms = {"pahole": False, "kernel": False, "c": False, "json": None}
    return [FORMS[form].compile(resolved, Options(zero=zero)) for form, zero in forms.items()]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["struct", "union", "array"])
def test_the_deepest_nesting_compiles(kind: str) -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    for index in range(layout.MAX_DEPTH):
        if kind == "array":
            type_id = writer.array(type_id, 1, index=1)
        else:
            type_id = getattr(writer, kind)(f"s{index}", 4, [("m", type_id, 0)])
    for program in compiled(resolve(writer, type_id)):
        assert b"7" in b"".join(emitter.render(program, b"\7\0\0\0", 0, 1))


@pytest.mark.slow_pure
@pytest.mark.usefixtures("quick")
def test_what_is_compiled_from_a_layout_is_limited_too() -> None:
    def nested(members: int) -> layout.Layout:
        writer = BtfWriter()
        number = writer.int("int", 4)
        fields = [("m", number, 32 * index) for index in range(members)]
        type_id = writer.struct("s", 4 * members, fields)
        for _ in range(layout.MAX_DEPTH - 1):
            type_id = writer.struct("s", 4 * members, [("m", type_id, 0)])
        return resolve(writer, type_id)

    for program in compiled(nested(1_000)):
        assert len(program.code) < 8 * WORDS * layout.MAX_NODES
    with pytest.raises(TypeInfoError, match="too many members, or nests too many too deep"):
        nested(1_300)


@pytest.mark.usefixtures("quick")
def test_a_chain_of_100_000_typedefs() -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    for index in range(100_000):
        type_id = writer.typedef(f"t{index}", type_id)
    assert resolve(writer, type_id).size == 4


@pytest.mark.usefixtures("quick")
def test_a_circle_of_100_000_typedefs() -> None:
    writer = BtfWriter()
    for index in range(100_000):
        writer.typedef(f"t{index}", (index + 1) % 100_000 + 1)
    assert_fails(lambda: resolve(writer, 1), "t0 is defined as itself", HEADER)


@pytest.mark.usefixtures("quick")
def test_a_chain_of_typedefs_is_walked_once_for_all_members() -> None:
    writer = BtfWriter()
    type_id = writer.int("int", 4)
    chain = [type_id := writer.const(type_id) for _ in range(20_000)]
    members = [("m", chain[-1 - index], 32 * index) for index in range(2_000)]
    assert resolve(writer, writer.struct("s", 8_000, members)).size == 8_000


@pytest.mark.usefixtures("quick")
def test_the_search_for_the_size_of_pointers_walks_no_long_chains() -> None:
    writer = BtfWriter()
    type_id = writer.ptr(0)
    for _ in range(20_000):
        type_id = writer.const(type_id)
    members = [("m", type_id, 32 * index) for index in range(2_000)]
    writer.struct("s", 8_000, members)
    assert Btf(writer.bytes(), PATH).pointer_size == 8


@pytest.mark.usefixtures("quick")
def test_names_do_not_multiply_a_long_string() -> None:
    # 60,000 members, each with another end of one string as its name: 1.8 GB, were they built.
    writer = BtfWriter()
    number = writer.int("int", 4)
    start = writer.string("x" * 60_000)
    members = b"".join(writer.words(start + index, number, 0) for index in range(60_000))
    type_id = writer.raw_type(0, kinds.KIND_STRUCT << 24 | 60_000, 4, members)
    assert_fails(
        lambda: resolve(writer, type_id),
        f"the name at string offset 0x5 has more than {MAX_NAME} bytes",
        FIRST + 12,
    )


def test_the_longest_name() -> None:
    writer = BtfWriter()
    writer.typedef("x" * MAX_NAME, 0)
    writer.typedef("y" * (MAX_NAME + 1), 0)
    graph = Btf(writer.bytes(), PATH)
    assert graph.by_id(1).name == graph.summary(1)[1] == "x" * MAX_NAME
    for read in (graph.by_id, graph.summary):
        with pytest.raises(TypeInfoError, match=f"has more than {MAX_NAME} bytes"):
            read(2)


@pytest.mark.usefixtures("quick")
def test_a_wide_struct_in_no_more_than_linear_time() -> None:
    writer = BtfWriter()
    number = writer.int("int", 4)
    members = b"".join(writer.words(0, number, 32 * index) for index in range(100_000))
    info = kinds.KIND_STRUCT << 24 | 100_000
    resolved = resolve(writer, writer.raw_type(writer.string("s"), info, 400_000, members))
    assert len(list(resolved.fields)) == 100_000
    assert not layout.holes(resolved.root)


# --- Damaged ELF files ---


def read_elf(data: bytes) -> model.TypeGraph:
    return open_elf(io.BytesIO(data), PATH, Request(("btf",)))


ELVES = {
    "another format": (
        elf({".text": b"\x90"}),
        "an ELF file without type information (BTF, a section .BTF)",
        None,
    ),
    "a section behind the end": (
        elf({".BTF": Section(b"", size=1 << 40)}),
        "damaged ELF file: section .BTF, 1099511627776 bytes at 0x40, runs past the end at 0x110",
        0x40,
    ),
    "more section headers than there is room for": (
        elf({".BTF": b""}, count=0xFEFF),
        "damaged ELF file: it has no room for 65279 section headers",
        80,
    ),
    "endless section headers": (
        elf({".BTF": b""}, count=0, first_size=1 << 60),
        "damaged ELF file: it has no room for 1152921504606846976 section headers",
        80,
    ),
    "endless section headers without a size": (
        elf({".BTF": b""}, count=0, first_size=1 << 60, entry=0),
        "damaged ELF file: it has no room for 1152921504606846976 section headers",
        80,
    ),
    "a bad class": (
        b"\x7fELF\x07" + elf({})[5:],
        "damaged ELF file: its first 16 bytes make no sense",
        0,
    ),
}


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", ELVES)
def test_elf_files_that_cannot_be_read(name: str) -> None:
    data, what, offset = ELVES[name]
    with pytest.raises(TypeInfoError) as caught:
        read_elf(data)
    assert caught.value.what.startswith(what)
    assert (caught.value.path, caught.value.offset) == (PATH, offset)


def test_bad_btf_in_an_elf_file_is_named_by_its_section() -> None:
    base, split = split_btf("little")
    with pytest.raises(TypeInfoError) as caught:
        read_elf(elf({".BTF": split, ".BTF.base": base[:-1]}))
    assert caught.value.path == f"{PATH}(.BTF.base)"
    with pytest.raises(TypeInfoError) as caught:
        read_elf(elf({".BTF": b"\x9f\xeb\x01"}))
    assert str(caught.value) == (
        f"{PATH}(.BTF): not BTF: 3 bytes, the header alone has 24 (at byte 0x0)"
    )


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["little", "big"])
def test_damaged_elf_files(bits: int, order: kinds.Endian) -> None:
    base, split = split_btf(order)
    whole = elf({".BTF": split, ".BTF.base": base}, bits=bits, endian=order)
    random = Random(bits)
    contents = len(base) + len(split)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(len(data) - contents)
            at += contents if at >= 64 else 0  # the headers
            data[at] = random.choice((0, 1, 0x7F, 0x80, 0xFF, random.randrange(256)))
        if random.random() < 0.2:
            del data[random.randrange(4, len(data)) :]
        error = None
        try:
            read_elf(bytes(data))
        except TypeInfoError as caught:
            error = caught
        assert str(error).isprintable()
