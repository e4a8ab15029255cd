"""The `c` dialect: texts, and what gcc and clang make of them.

The compilers are the measure: each text is compiled against the definition of its type, without a
warning, and the object must hold what the record held, bit by bit. Types come from
c_dialect/types.h, from the vectors and from a generator of random definitions; records hold the
extremes of each type. What type information has wrong is left out: see UNTOLD.
"""

from __future__ import annotations

import functools
import random
import re
import shutil
import struct
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

import prettify
from btf_writer import BtfWriter
from c_compilers import Compiler, can
from c_random import Definitions
from c_records import Shape
from conftest import ROOT, VECTORS
from prettify import model
from prettify.api import RecordType, Types
from prettify.dialects.c_names import type_name
from prettify.sources.btf import Btf

HERE = ROOT / "tests" / "c_dialect"
ZOO = VECTORS / "pahole"


@functools.cache
def load(path: Path) -> Types:
    return prettify.load_types(str(path))


@pytest.fixture(scope="module")
def types() -> Types:
    """The types of c_dialect/types.h, for x86-64."""
    return load(HERE / "gcc-64.btf")


def written(writer: BtfWriter, type_id: int) -> RecordType:
    """A type that a test has written."""
    return RecordType(Btf(writer.bytes(), "test").by_id(type_id))


def c(record_type: RecordType, data: bytes | dict[int, bytes], **flags: bool) -> str:
    """The text of a record, without the line end behind it.

    The record is given whole, or as the bytes at some offsets, zero elsewhere.
    """
    if isinstance(data, dict):
        record = bytearray(record_type.size)
        for offset, part in data.items():
            record[offset : offset + len(part)] = part
        data = bytes(record)
    text = record_type.format(data, "c", **flags)
    assert text.endswith("\n")
    return text[:-1]


# Texts.


def test_a_record_is_a_compound_literal() -> None:
    elf = load(ROOT / "formats" / "elf" / "elf.btf")
    data = (ROOT / "samples" / "elf64_hdr.bin").read_bytes()
    assert c(elf["struct elf64_hdr"], data) == (
        "(struct elf64_hdr){\n"
        "\t.e_ident = { 127, 69, 76, 70, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 },\n"
        "\t.e_type = 3,\n"
        "\t.e_machine = 62,\n"
        "\t.e_version = 1,\n"
        "\t.e_entry = 9168,\n"
        "\t.e_phoff = 64,\n"
        "\t.e_shoff = 33680,\n"
        "\t.e_ehsize = 64,\n"
        "\t.e_phentsize = 56,\n"
        "\t.e_phnum = 13,\n"
        "\t.e_shentsize = 64,\n"
        "\t.e_shnum = 31,\n"
        "\t.e_shstrndx = 30,\n"
        "}"
    )


def test_each_level_is_one_tab_and_zero_is_left_out(types: Types) -> None:
    assert c(types["struct arrays_of_structs"], {16: b"\5", 68: b"\1"}) == (
        "(struct arrays_of_structs){\n"
        "\t.points = {\n"
        "\t\t[2] = {\n"
        "\t\t\t.x = 5,\n"
        "\t\t},\n"
        "\t},\n"
        "\t.outer = {\n"
        "\t\t[1] = {\n"
        "\t\t\t.inner = {\n"
        "\t\t\t\t[1] = {\n"
        "\t\t\t\t\t.a = 1,\n"
        "\t\t\t\t},\n"
        "\t\t\t},\n"
        "\t\t},\n"
        "\t},\n"
        "}"
    )


def test_with_zero_and_compact_all_is_on_one_line(types: Types) -> None:
    assert c(types["struct nested"], {0: b"\1", 20: b"\2"}, zero=True, compact=True) == (
        "(struct nested){ .a = 1, .bits = { .a = 0, .b = 0, .c = 0, .d = 0, .e = 0, }, "
        ".inner = { .x = 0, .y = 0, }, .unnamed = { .p = 0, .q = 0, }, .u = { .word = 2, }, "
        ".constant = { .x = 0, .y = 0, }, .point = { .x = 0, .y = 0, }, }"
    )


def test_members_of_the_unnamed_stand_in_their_parent(types: Types) -> None:
    data = struct.pack("<4xI2QI4x", 2, 3, 4, 5)
    assert c(types["struct anonymous"], data, compact=True) == (
        "(struct anonymous){ .word = 2, .left = 3, .right = 4, .end = 5, }"
    )
    data = struct.pack("<i8H", 1, *range(2, 10))
    assert c(types["struct anonymous_kept"], {0: data}, compact=True) == (
        "(struct anonymous_kept){ .before = 1, .a = 2, .b = 3, .c = 4, .d = 5, .between = 458758, "
        ".e = 589832, }"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("struct integers", "{ 0 }"),
        ("point_t", "{ 0 }"),
        ("union float_first", "{ 0 }"),
        ("struct struct_first", "{ 0 }"),
        ("points_t", "{ 0 }"),
        ("name_t", '{ "" }'),
        ("row_t", "{ 0 }"),
        # What holds nothing has nothing that could be 0.
        ("struct empty", "{}"),
        ("struct only_empty", "{}"),
        ("struct only_zero_array", "{}"),
        ("no_text_t", "{}"),
        ("struct no_names", "{}"),
        # A lone 0 has no place in what comes first.
        ("struct empty_first", "{ .a = 0 }"),
        ("struct zero_array_first", "{ .a = 0 }"),
        ("struct no_names_first", "{ .a = 0 }"),
        ("union empty_or_not", "{ .a = 0 }"),
        # Compilers may leave the rest of a union as it was where its first member is set.
        ("union numbers", "{ .d = 0 }"),
        ("struct union_first", "{ .u.b = 0 }"),
        ("struct union_array_first", "{ .u[0].b[0] = 0 }"),
        ("struct anonymous_union_first", "{ .b = 0 }"),
    ],
)
def test_all_zero(types: Types, name: str, text: str) -> None:
    assert c(types[name], {}) == f"({name}){text}"


def test_members_without_bytes_are_not_there(types: Types) -> None:
    assert c(types["struct empty_within"], {}, zero=True, compact=True) == (
        "(struct empty_within){ .a = 0, .b = 0, }"
    )
    assert c(types["struct flexible"], b"\1\0\0\0", compact=True) == "(struct flexible){ .n = 1, }"


def test_of_a_union_the_member_that_holds_most(types: Types) -> None:
    assert c(types["union numbers"], b"\1" * 8, compact=True) == (
        "(union numbers){ .d = 72340172838076673, }"
    )
    # `double` and `u64` hold as much: the first counts.
    assert c(types["union float_first"], struct.pack("<d", 1.5), compact=True) == (
        "(union float_first){ .d = 1.5, }"
    )
    # A `_Bool` holds one bit.
    assert c(types["union flag_or_byte"], b"\2", compact=True) == "(union flag_or_byte){ .x = 2, }"
    # A `long double` holds 10 bytes, the array all 16; but 8 are less.
    assert "bytes" in c(types["union extended_last"], b"\1" * 16)
    assert "x = " in c(types["union extended_first"], b"\1" * 16)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("u32", 4294967295, "(u32)4294967295"),
        ("s32", -2147483648, "(s32)-2147483648"),
        ("s64", -(1 << 63), "(s64)(-9223372036854775807 - 1)"),
        ("s64", 1 - (1 << 63), "(s64)-9223372036854775807"),
        ("u64", (1 << 63) - 1, "(u64)9223372036854775807"),
        ("u64", 1 << 63, "(u64)9223372036854775808U"),
        ("u128", (1 << 63) - 1, "(u128)9223372036854775807"),
        ("u128", 1 << 63, "(u128)((unsigned __int128)0x0 << 64 | 0x8000000000000000)"),
        ("u128", 5 << 64 | 7, "(u128)((unsigned __int128)0x5 << 64 | 0x7)"),
        (
            "s128",
            -2,
            "(s128)(__int128)((unsigned __int128)0xffffffffffffffff << 64 | 0xfffffffffffffffe)",
        ),
        ("letter_t", -1, "(letter_t)-1"),
        ("flag_t", 2, "(flag_t)1"),
        ("enum small", 4, "(enum small)S_FOUR"),
        ("enum small", 77, "(enum small)77"),
        ("enum with_negative", -2, "(enum with_negative)N_TWO"),
        ("enum with_negative", -3, "(enum with_negative)-3"),
        ("enum huge", (1 << 64) - 1, "(enum huge)G_ALL"),
        ("enum huge", (1 << 64) - 2, "(enum huge)18446744073709551614U"),
        ("handler_t", 0, "(handler_t)0"),
        ("string_t", 255, "(string_t)0xff"),
    ],
)
def test_a_number(types: Types, name: str, value: int, text: str) -> None:
    record_type = types[name]
    size = record_type.size
    assert c(record_type, (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")) == text


def test_a_char_has_the_one_value_that_all_compilers_take() -> None:
    w = BtfWriter()
    assert c(written(w, w.int("char", 1, char=True)), b"\xff") == "(char)-1"
    assert c(written(w, w.int("unsigned char", 1, char=True)), b"\xff") == "(unsigned char)255"


def test_enumerators(types: Types) -> None:
    numbers = struct.pack("<4I2BH6I", 2, 0xFFFFFFFE, 9, 0, 200, 255, 7, 99, 10, 0, 4, 6, 1)
    assert c(types["struct enums"], numbers, zero=True, compact=True) == (
        "(struct enums){ .small = S_TWO, .negative = N_TWO, .high = (enum high)9, "
        ".three = (enum without_zero)0, .byte = B_HIGH, .signed_byte = SB_MINUS, "
        ".half = (enum short_enum)7, .typed = T_LAST, .unnamed = I_B, "
        ".array = { S_ZERO, S_FOUR, (enum small)6 }, .constant = S_ONE, }"
    )
    assert c(types["struct enums"], {24: b"\3"}, compact=True) == "(struct enums){ .unnamed = 3, }"


def test_enumerators_that_lost_their_sign() -> None:
    """BTF of clang before 15 does not say that an enum is signed, a narrow bitfield does."""
    w = BtfWriter()
    signed = w.enum("e", [("MINUS", -1), ("LOW", -16), ("ONE", 1), ("FAR", -17)])
    high = w.enum("h", [("HIGH", 1 << 31), ("TEN", 10)])
    fields = [("a", signed, 0, 5), ("b", signed, 5, 5), ("c", high, 10, 5), ("d", high, 15, 5)]
    record_type = written(w, w.struct("s", 4, fields))
    number = 31 | 18 << 5 | 31 << 10 | 10 << 15
    assert c(record_type, number.to_bytes(4, "little"), compact=True) == (
        "(struct s){ .a = MINUS, .b = (enum e)-14, .c = (enum h)31, .d = TEN, }"
    )


def test_enumerators_of_which_half_is_known_are_not_named() -> None:
    w = BtfWriter()
    record_type = written(w, w.enum("e", [("ONE", 1)], size=8))
    assert c(record_type, b"\1" + bytes(7)) == "(enum e)1"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        (b"elf", "elf"),
        (b"0123456789abcdef", "0123456789abcdef"),
        (b"a\0b", "a\\000b"),
        (b"\0\0\0007", "\\000\\000\\0007"),
        (b"\"\\'", "\\\"\\\\'"),
        (b"??=??", "?\\?=?\\?"),
        (b"\n\t\r\a\x7f", "\\n\\t\\r\\007\\177"),
        ("é€".encode(), "\\303\\251\\342\\202\\254"),
        (b"%d\xff1", "%d\\3771"),
    ],
)
def test_text(types: Types, data: bytes, text: str) -> None:
    assert c(types["name_t"], data.ljust(16, b"\0")) == f'(name_t){{ "{text}" }}'


def test_arrays_of_text(types: Types) -> None:
    grids = load(HERE / "clang-bpfel.btf")["names_t"]
    assert c(grids, b"one\0four") == '(names_t){ "one", "four" }'
    # Only `char` is text.
    assert c(types["struct strings"], {37: b"ab", 40: b"\xff"}, compact=True) == (
        "(struct strings){ .no_string = { 97, 98, 0 }, .no_string_either = { 255, 0, 0 }, }"
    )


@pytest.mark.parametrize(
    ("name", "size", "bits", "text"),
    [
        ("float", 4, 0x3DCCCCCD, "0.1f"),
        ("float", 4, 0x80000000, "-0.0f"),
        ("float", 4, 0x00000001, "1e-45f"),
        ("float", 4, 0x7F7FFFFF, "3.4028235e+38f"),
        ("float", 4, 0xFF800000, "-__builtin_inff()"),
        ("float", 4, 0x7FC00000, '__builtin_nanf("")'),
        ("float", 4, 0xFFC00001, '-__builtin_nanf("0x1")'),
        ("float", 4, 0x7F800001, '__builtin_nansf("0x1")'),
        ("double", 8, 0x3FB999999999999A, "0.1"),
        ("double", 8, 0x7FF0000000000000, "__builtin_inf()"),
        ("double", 8, 0x7FF4000000000000, '__builtin_nans("0x4000000000000")'),
        ("long double", 16, 0x3FFB_CCCCCCCCCCCCCCCD, "0.1L"),
        ("long double", 12, 0xFFFF_8000000000000000, "-__builtin_infl()"),
        ("long double", 16, 0x7FFF_C000000000000000, '__builtin_nanl("")'),
        ("_Float128", 16, 0x3FFF << 112, "1.0Q"),
        ("__float128", 16, 0x7FFF << 112 | 1 << 111, '__builtin_nanf128("")'),
        ("_Float16", 2, 0x2E66, "0.1"),
        ("_Float16", 2, 0xFC00, "-__builtin_inff()"),
        # The payload is that of the `float` which becomes the smaller number.
        ("_Float16", 2, 0x7E01, '__builtin_nanf("0x2000")'),
        ("_Float16", 2, 0x7C01, '__builtin_nansf16("0x1")'),
        ("__bf16", 2, 0xFFC1, '-__builtin_nanf("0x10000")'),
    ],
)
def test_a_float(name: str, size: int, bits: int, text: str) -> None:
    w = BtfWriter()
    record_type = written(w, w.float(name, size))
    assert c(record_type, bits.to_bytes(size, "little")) == f"({name}){text}"


@pytest.mark.parametrize(
    ("odd", "regular"),
    [
        (0x0000_8000000000000000, 0x0001_8000000000000000),  # pseudo-denormal
        (0x4000_4000000000000000, 0x3FFF_8000000000000000),  # unnormal
        (0x4000_0000000000000000, 0),  # pseudo-zero
        (0x7FFF_0000000000000000, 0x7FFF_8000000000000000),  # pseudo-infinity
        (0x7FFF_4000000000000000, 0x7FFF_C000000000000000),  # pseudo-NaN
    ],
)
def test_an_x87_number_without_its_leading_bit_is_the_regular_one(
    types: Types, odd: int, regular: int
) -> None:
    texts = [c(types["extended_t"], n.to_bytes(16, "little")) for n in (odd, regular)]
    assert texts[0] == texts[1]


def test_pointers(types: Types) -> None:
    numbers = range(1, 1 + types["struct pointers"].size // 8)
    text = c(types["struct pointers"], struct.pack(f"<{len(numbers)}Q", *numbers))
    assert re.findall(r"= \((.*)\)0x", text) == [
        "void *",
        "int *",
        "const char *",
        "char *const *",
        "volatile const void *",
        "struct incomplete *",
        "int *",
        "const char *const *",
        "struct integers *",
        "union bits_union *",
        "enum small *",
        "point_t *",
        "const point_t *const *",
        "void *",
        "struct pointers *",
        "_Bool *",
        "long double *",
    ]


def test_variables_have_the_types_of_what_they_hold() -> None:
    w = BtfWriter()
    number = w.int("int", 4, signed=True)
    variables = w.var("where", w.const(w.ptr(number))), w.var("count", number)
    assert c(written(w, variables[0]), b"\1" + bytes(7)) == "(int *const)0x1"
    section = w.datasec(".bss", 16, [(variables[0], 0, 8), (variables[1], 8, 4)])
    assert c(written(w, section), {0: b"\1", 8: b"\2"}, compact=True) == (
        "{ .where = (int *const)0x1, .count = 2, }"
    )


def test_without_names_all_is_there() -> None:
    w = BtfWriter()
    number = w.int("int", 4, signed=True)
    pointer = w.ptr(number)
    record_type = written(w, w.struct("s", 16, [("a", number, 0), ("p", pointer, 64)]))
    assert c(record_type, {8: b"\1"}, noname=True, compact=True) == "{ 0, 0x1, }"


# Names of types.


def _function(w: BtfWriter, returns: int, *parameters: int) -> int:
    return w.func_proto(returns, [("", parameter) for parameter in parameters])


def _variadic(w: BtfWriter, i: int) -> int:
    return w.ptr(w.func_proto(i, [("format", w.ptr(w.const(i))), ("", 0)]))


def _va_list(w: BtfWriter, i: int) -> int:
    tag = w.struct("__va_list_tag", 4, [("a", i, 0)])
    return w.ptr(_function(w, 0, i, w.ptr(tag)))


def _unnamed(w: BtfWriter, i: int) -> int:
    return w.struct("", 4, [("a", i, 0)])


def _endless(w: BtfWriter, _: int) -> int:
    return w.ptr(w.next_id)


def _ring(w: BtfWriter, _: int) -> int:
    first = w.next_id
    w.ptr(first + 1)
    w.const(first + 2)
    return w.array(first, 2, index=1)


def _takes_itself(w: BtfWriter, _: int) -> int:
    prototype = w.next_id + 1
    pointer = w.ptr(prototype)
    _function(w, 0, pointer)
    return pointer


def _takes_itself_often(w: BtfWriter, _: int) -> int:
    prototype = w.next_id + 1
    pointer = w.ptr(prototype)
    _function(w, 0, *[pointer] * 100)
    return pointer


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda w, i: w.ptr(w.ptr(i)), "int **"),
        (lambda w, i: w.ptr(w.const(i)), "const int *"),
        (lambda w, i: w.const(w.ptr(i)), "int *const"),
        (lambda w, i: w.ptr(w.const(w.ptr(w.const(i)))), "const int *const *"),
        (lambda w, i: w.restrict(w.ptr(0)), "void *restrict"),
        (lambda w, i: w.volatile(w.const(w.volatile(i))), "volatile const int"),
        (lambda w, i: w.ptr(w.type_tag("user", i)), "int *"),
        (lambda w, i: w.array(i, 3), "int[3]"),
        (lambda w, i: w.array(w.array(i, 3), 2), "int[2][3]"),
        (lambda w, i: w.array(i, 0), "int[0]"),
        (lambda w, i: w.array(w.ptr(i), 3), "int *[3]"),
        (lambda w, i: w.array(w.const(w.ptr(i)), 3), "int *const [3]"),
        (lambda w, i: w.const(w.array(i, 3)), "const int[3]"),
        (lambda w, i: w.ptr(w.array(i, 3)), "int (*)[3]"),
        (lambda w, i: w.ptr(w.const(w.array(i, 3))), "const int (*)[3]"),
        (lambda w, i: w.ptr(w.array(w.array(i, 3), 2)), "int (*)[2][3]"),
        (lambda w, i: w.const(w.ptr(w.array(i, 3))), "int (*const)[3]"),
        # A pointer to `int[]` and one to `int[0]` are the same to C only so.
        (lambda w, i: w.ptr(w.array(i, 0)), "int (*)[]"),
        (lambda w, i: w.array(w.ptr(w.array(i, 0)), 2), "int (*[2])[]"),
        (lambda w, i: w.ptr(w.array(w.array(i, 0), 2)), "int (*)[2][0]"),
        (lambda w, i: _function(w, i, i), "int (int)"),
        (lambda w, i: w.ptr(_function(w, 0)), "void (*)(void)"),
        (lambda w, i: w.ptr(w.ptr(_function(w, 0, i))), "void (**)(int)"),
        (lambda w, i: w.array(w.ptr(_function(w, i, i)), 4), "int (*[4])(int)"),
        (
            lambda w, i: w.ptr(_function(w, w.ptr(_function(w, 0, w.ptr(i))), i)),
            "void (*(*)(int))(int *)",
        ),
        (lambda w, i: w.ptr(_function(w, w.ptr(w.array(i, 3)))), "int (*(*)(void))[3]"),
        (
            lambda w, i: w.ptr(_function(w, i, w.ptr(_function(w, 0, i)), w.ptr(0))),
            "int (*)(void (*)(int), void *)",
        ),
        (_variadic, "int (*)(const int *, ...)"),
        # Without a prototype: `...` alone, as clang has it, is not C.
        (lambda w, i: w.ptr(_function(w, i, 0)), "int (*)(void)"),
        (_va_list, "void (*)(int, __builtin_va_list)"),
        (lambda w, i: w.ptr(w.fwd("there")), "struct there *"),
        (lambda w, i: w.ptr(w.fwd("there", union=True)), "union there *"),
        (lambda w, i: w.ptr(w.union("u", 0, [])), "union u *"),
        (lambda w, i: w.enum("e", []), "enum e"),
        (lambda w, i: w.ptr(w.typedef("t", _unnamed(w, i))), "t *"),
        (lambda w, i: w.var("v", w.ptr(i)), "int *"),
        # What cannot be named.
        (_unnamed, None),
        (lambda w, i: w.ptr(w.const(_unnamed(w, i))), None),
        (lambda w, i: w.array(_unnamed(w, i), 2), None),
        (lambda w, i: w.ptr(_function(w, 0, i, w.ptr(_unnamed(w, i)))), None),
        (lambda w, i: w.datasec(".bss", 0, []), None),
        (lambda w, i: w.func("main", _function(w, i)), None),
        (_endless, None),
        (_ring, None),
        (_takes_itself, None),
        (_takes_itself_often, None),
    ],
)
def test_the_name_of_a_type(make: Callable[[BtfWriter, int], int], name: str | None) -> None:
    w = BtfWriter()
    number = w.int("int", 4, signed=True)
    type_id = make(w, number)
    assert type_name(Btf(w.bytes(), "test").by_id(type_id)) == name


@pytest.mark.parametrize("make", [_endless, _takes_itself, _takes_itself_often])
def test_pointers_to_what_has_no_name(make: Callable[[BtfWriter, int], int]) -> None:
    w = BtfWriter()
    number = w.int("int", 4, signed=True)
    record_type = written(w, w.struct("s", 8, [("p", make(w, number), 0)]))
    assert c(record_type, b"\xff" + bytes(7), compact=True) == "(struct s){ .p = (void *)0xff, }"


# What compilers make of it.

# What the type information tells too little of.
FLATTENED = {"struct grids", "struct pointers_to_grids", "grid_t", "names_t"}
UNTOLD = {
    # pahole makes one dimension of an array's two.
    HERE / "gcc-64.btf": FLATTENED,
    HERE / "gcc-32.btf": FLATTENED,
    ZOO / "gcc-pahole.btf": {"struct r_multi", "struct r_typedefs"},
    ZOO / "gcc-m32-pahole.btf": {"struct r_multi", "struct r_typedefs"},
    ZOO / "clang-pahole.btf": {"struct r_multi"},
    # clang 14 has neither the upper half nor the sign of enumerators of 8 bytes.
    HERE / "clang-bpfel.btf": {"struct bits_enum_huge"},
    HERE / "clang-bpfeb.btf": {"struct bits_enum_huge"},
}
# Types of the compiler's that a program cannot name, or that differ from target to target.
NOT_C = {"__ARRAY_SIZE_TYPE__", "struct __va_list_tag", "__builtin_va_list"}
BPF_ONLY = {"long double"}

# Kinds of types that an object can have.
OBJECTS = model.SIZED - {model.SECTION, model.VARIABLE}

# A declaration that a compiler may not take, the macro that tells types.h that it does, the types.
EXTRAS = (
    ("_Float16 extra;", "HALF", {"_Float16", "struct halves"}),
    ("__float128 extra;", "QUAD", {"quad_t", "struct quads"}),
    ("_Float128 extra;", "", {"_Float128"}),
)


class Text(NamedTuple):
    """What is printed of one record."""

    name: str
    type: RecordType
    shape: Shape
    record: bytes
    text: str

    @property
    def is_literal(self) -> bool:
        """Whether it is a compound literal, not a constant."""
        return self.type.layout.root.kind in (model.STRUCT, model.UNION, model.ARRAY)


class Case(NamedTuple):
    """Types, and a compiler whose target has them: it defines `macro`."""

    btf: Path
    header: str
    command: str
    flags: tuple[str, ...]
    macro: str

    def __str__(self) -> str:
        place = f"{self.btf.parent.name}-{self.btf.stem}"
        return "-".join((place, self.command, *(f.lstrip("-") for f in self.flags)))


X86 = (
    ("gcc", (), "__x86_64__"),
    ("clang", ("-target", "x86_64-linux-gnu"), "__x86_64__"),
)
X86_UNSIGNED = (
    ("gcc", ("-funsigned-char",), "__x86_64__"),
    ("clang", ("-target", "x86_64-linux-gnu", "-funsigned-char"), "__x86_64__"),
)
I386 = (
    ("gcc", ("-m32",), "__i386__"),
    ("clang", ("-target", "i386-linux-gnu"), "__i386__"),
)
POWERPC = ("clang", ("-target", "powerpc64-linux-gnu"), "__powerpc64__")
S390 = ("clang", ("-target", "s390x-linux-gnu"), "__s390x__")

CASES = [
    Case(folder / f"{btf}.btf", header, *compiler)
    for folder, header, btf, compilers in (
        (HERE, "types.h", "gcc-64", (*X86, *X86_UNSIGNED)),
        (HERE, "types.h", "gcc-32", I386),
        (HERE, "types.h", "clang-bpfel", X86),
        (HERE, "types.h", "clang-bpfeb", (POWERPC, S390)),
        (ZOO, "types.c", "gcc-pahole", X86),
        (ZOO, "types.c", "gcc-m32-pahole", I386),
        (ZOO, "types.c", "clang-pahole", X86),
        (ZOO, "types.c", "clang-bpfel", X86),
        (ZOO, "types.c", "clang-bpfeb", (POWERPC, S390)),
    )
    for compiler in compilers
]


def texts_of(types: Types, names: Iterable[str], chooser: random.Random) -> list[Text]:
    """What is printed of many records of these types."""
    texts = []
    for name in names:
        try:
            record_type = types[name]
        except prettify.TypeNotFound:
            continue  # a name that only types without a size have
        if model.strip(record_type.type).kind not in OBJECTS:
            continue
        shape = Shape(record_type.layout, record_type.byte_order)
        for number, record in enumerate(shape.records(chooser)):
            for zero in (False, True):
                text = c(record_type, record, zero=zero, compact=bool(number & 1))
                texts.append(Text(name, record_type, shape, record, text))
    return texts


@functools.cache
def texts_of_file(path: Path) -> list[Text]:
    """What is printed of many records of the types in a file."""
    out = UNTOLD.get(path, set()) | NOT_C | (BPF_ONLY if "bpf" in path.name else set())
    types = load(path)
    names = [name for name in types.names() if name not in out]
    texts = texts_of(types, names, random.Random(path.name))
    assert len(texts) > 1500
    return texts


def usable(texts: list[Text], command: str, flags: tuple[str, ...]) -> tuple[list[Text], list[str]]:
    """The texts of types that a compiler has, and the macros that tell the header so."""
    missing: set[str] = set()
    macros = ["-DFOR_BTF"]  # the vectors' header leaves out what BTF cannot tell of
    for declaration, macro, names in EXTRAS:
        if not can(command, flags, declaration=declaration):
            missing |= names
        elif macro:
            macros.append(f"-D{macro}")
    return [text for text in texts if text.name not in missing], macros


def check_values(texts: list[Text], objects: dict[str, bytes]) -> None:
    """Compare the members of records and of what compilers made of their texts."""
    for number, text in enumerate(texts):
        made = objects[f"object_{number}"]
        assert len(made) == text.type.size, text.name
        # Mostly nothing lies between the members.
        if made != text.record:
            assert not text.shape.differences(made, text.record), text.text


def check_objects(
    compiler: Compiler, folder: Path, header: str, texts: list[Text], *flags: str
) -> None:
    """Compile each text as the initializer of an object, and compare its members."""
    lines = [f"#include <{header}>"]  # as a system's header: only the texts are judged
    for number, text in enumerate(texts):
        lines.append(f"__typeof__({text.name}) object_{number} = {text.text};")
    flags = ("-isystem", str(folder), *compiler.warnings, *flags)
    check_values(texts, compiler.objects("\n".join((*lines, "")), *flags))


@pytest.mark.slow_pure
@pytest.mark.parametrize("case", CASES, ids=str)
def test_compilers_make_the_same_object(case: Case) -> None:
    if not can(case.command, case.flags, case.macro):
        pytest.skip(f"no {case.command} for {case.macro.strip('_')}")
    texts, macros = usable(texts_of_file(case.btf), case.command, case.flags)
    compiler = Compiler(case.command, *case.flags)
    check_objects(compiler, case.btf.parent, case.header, texts, *macros)


# ISO C has no initializer for what holds nothing, no 128-bit integers, no suffix for __float128.
# And gcc's debug information has `const row_t *` without the const.
EXTENSION = re.compile(r"\{\}|__int128|\dQ|_Float|pointers_to_const_arrays")


@pytest.mark.slow_pure
@pytest.mark.parametrize("compiler", X86, ids=lambda compiler: compiler[0])
def test_iso_c(compiler: tuple[str, tuple[str, ...], str]) -> None:
    """There an initializer in static storage is no compound literal, its address is one."""
    command, flags, _ = compiler
    if not can(*compiler):
        pytest.skip(f"no {command} for x86_64")
    texts, macros = usable(texts_of_file(HERE / "gcc-64.btf"), command, flags)
    lines = ["#include <types.h>"]
    for number, text in enumerate(texts):
        if EXTENSION.search(text.text):
            continue
        star, address = ("*", "&") if text.is_literal else ("", "")
        lines.append(f"__typeof__({text.name}) {star}object_{number} = {address}{text.text};")
    assert len(lines) > 1500
    strict = Compiler(command, *flags)
    options = (*strict.warnings, "-std=c11", "-Wpedantic", "-fsyntax-only", *macros)
    assert not strict.messages("\n".join((*lines, "")), "-isystem", str(HERE), *options)


@pytest.mark.slow_pure
@pytest.mark.parametrize("command", ["gcc", "clang"])
def test_objects_on_the_stack(command: str, tmp_path: Path) -> None:
    """The same values where an object is made when its function runs: signalling NaNs too."""
    if not can(command, (), "__x86_64__"):
        pytest.skip(f"no {command} for x86_64")
    texts, macros = usable(texts_of_file(HERE / "gcc-64.btf"), command, ())
    # C initializes no array with an array.
    texts = [t for t in texts[::2] if t.type.size and t.type.layout.root.kind != model.ARRAY]
    lines = ["#include <stdio.h>", "#include <types.h>"]
    for number, text in enumerate(texts):
        lines.append(
            f"static void write_{number}(void)\n{{\n"
            f"__typeof__({text.name}) object = {text.text};\n"
            "fwrite((const void *)&object, sizeof object, 1, stdout);\n}"
        )
    calls = "".join(f"write_{number}();\n" for number in range(len(texts)))
    lines.append(f"int main(void)\n{{\n{calls}return 0;\n}}\n")
    program = tmp_path / "program"
    compiler = Compiler(command)
    if compiler.messages("int main(void) { return 0; }", "-o", str(program)):
        pytest.skip(f"{command} links no programs")
    options = ("-isystem", str(HERE), *compiler.warnings, *macros, "-o", str(program))
    messages = compiler.messages("\n".join(lines), *options)
    assert not messages, messages
    printed = subprocess.run([program], check=True, capture_output=True).stdout
    objects = {}
    for number, text in enumerate(texts):
        objects[f"object_{number}"] = printed[: text.type.size]
        printed = printed[text.type.size :]
    assert not printed
    check_values(texts, objects)


def btf_of(header: Path, producer: str) -> Path:
    """A file with BTF of a header's types, made by clang, or by gcc and pahole."""
    made = header.with_suffix(".o")
    source = ("-g", "-w", "-x", "c", "-c", header, "-o", made)
    if producer == "clang":
        subprocess.run(["clang", "-target", "bpfel", "-O2", *source], check=True)
        return made
    subprocess.run(["gcc", *source], check=True)
    btf = header.with_suffix(".btf")
    options = ("-J", "--btf_gen_floats", f"--btf_encode_detached={btf}")
    subprocess.run(["pahole", *options, made], check=True, capture_output=True)
    return btf


@pytest.mark.slow_pure
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("producer", ["clang", "pahole"])
def test_random_types(producer: str, seed: int, tmp_path: Path) -> None:
    compilers = [
        Compiler(command, *flags) for command, flags, macro in X86 if can(command, flags, macro)
    ]
    if producer == "clang":
        found = can("clang", ("-target", "bpfel"), "__bpf__")
    else:
        found = shutil.which("pahole") is not None and can("gcc", (), "__x86_64__")
    if not found or not compilers:
        pytest.skip(f"no {producer}, or no compiler for x86_64")
    chooser = random.Random(seed)
    definitions = Definitions(chooser, grids=producer == "clang", extended=producer != "clang")
    for _ in range(40):
        definitions.define()
    header = tmp_path / "types.h"
    header.write_text(definitions.text)
    types = prettify.load_types(str(btf_of(header, producer)))
    texts = texts_of(types, definitions.names, chooser)
    assert len(texts) > 500
    for compiler in compilers:
        check_objects(compiler, tmp_path, "types.h", texts)
