"""Filters: which records an expression matches, and what is said of one that is wrong."""

from __future__ import annotations

import math
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter
from conftest import examples
from prettify.compilers.construct_parser import compile_construct
from prettify.errors import DataError, UsageError
from prettify.records.query import exact
from prettify.records.query.exact import Integers
from prettify.records.query.where import CHUNK, compile_where
from small_types import ORDERS, laid_out

# One struct with a member of every kind.


class Everything:
    """The layout, and records built from values by name."""

    def __init__(self, order: str) -> None:
        self.order = order
        w = BtfWriter(order)  # type: ignore[arg-type]
        sizes = {1: "8", 2: "16", 4: "32", 8: "64", 16: "128"}
        u = {bits: w.int(f"u{bits}", size) for size, bits in sizes.items()}
        i = {bits: w.int(f"i{bits}", size, signed=True) for size, bits in sizes.items()}
        w.int("long", 8, signed=True)
        self.kinds = {
            **{f"u{bits}": type_id for bits, type_id in u.items()},
            **{f"i{bits}": type_id for bits, type_id in i.items()},
            "half": w.float("_Float16", 2),
            "single": w.float("float", 4),
            "double": w.float("double", 8),
            "extended": w.float("long double", 16),
            "flag": w.int("_Bool", 1, boolean=True),
            "letter": w.int("char", 1, signed=True),
            "name": w.array(w.int("char", 1, signed=True), 8),
            "pointer": w.ptr(0),
            "color": w.enum("color", [("RED", 0), ("BLUE", 7), ("SAME", 1)]),
            "mood": w.enum("mood", [("SAD", -1), ("BLUE", 3), ("SAME", 1)], signed=True),
            "ints": w.array(i["32"], 3),
            "inner": w.struct("inner", 4, [("x", i["16"], 0), ("y", u["16"], 16)]),
        }
        self.kinds["pairs"] = w.array(self.kinds["inner"], 2)
        w.enum("elsewhere", [("FAR", 99), ("DOUBTFUL", 1)])
        w.enum("nowhere", [("DOUBTFUL", 2)])
        spans = {"name": 8, "ints": 12, "inner": 4, "pairs": 8, "extended": 16}
        widths = {"half": 2, "single": 4, "double": 8, "flag": 1, "letter": 1, "pointer": 8}
        members: list[Any] = []
        at = 0
        for name, type_id in self.kinds.items():
            members.append((name, type_id, 8 * at))
            bits = int(name[1:]) if name[1:].isdecimal() else 0
            at += bits // 8 or spans.get(name) or widths.get(name, 4)
        for name, type_id, width in (("b3", u["32"], 3), ("s5", i["32"], 5), ("w40", u["64"], 40)):
            members.append((name, type_id, 8 * at, width))
            at += (width + 7) // 8
        anonymous = w.union("", 4, [("word", u["32"], 0), ("bytes", w.array(u["8"], 4), 0)])
        members.append(("", anonymous, 8 * at))
        self.layout = laid_out(w, w.struct("everything", at + 4, members))
        self.parser = compile_construct(self.layout, order)

    def records(self, *rows: dict[str, Any]) -> bytes:
        return b"".join(bytes(self.parser.build(row)) for row in rows)

    def matches(self, text: str, *rows: dict[str, Any], **keys: Any) -> list[int]:
        """The numbers of the rows that match."""
        where = compile_where(text, self.layout, self.order, **keys)
        mask = where.mask(self.records(*rows))
        assert mask.dtype == bool
        assert mask.shape == (len(rows),)
        return numpy.flatnonzero(mask).tolist()


LITTLE = Everything("little")


@pytest.fixture(params=ORDERS, scope="module")
def all_kinds(request: pytest.FixtureRequest) -> Everything:
    return Everything(request.param)


ROWS: list[dict[str, Any]] = [
    {},
    {
        "u8": 200, "u16": 60000, "u32": 4_000_000_000, "u64": 2**64 - 1, "u128": 2**128 - 1,
        "i8": -1, "i16": -1, "i32": -1, "i64": -1, "i128": -1,
        "half": 0.5, "single": 0.1, "double": 0.1, "extended": 0.1, "flag": True, "letter": 65,
        "name": "bash", "pointer": 0xFFFF_8880_0000_0000, "color": "BLUE", "mood": "SAD",
        "ints": [1, -2, 3], "inner": {"x": -5, "y": 5}, "pairs": [{"x": 1}, {"x": -2, "y": 9}],
        "b3": 7, "s5": -16, "w40": 2**40 - 1, "word": 0x04030201,
    },
    {
        "u8": 3, "u16": 3, "u32": 3, "u64": 3, "u128": 3, "i8": -128, "i16": -(2**15),
        "i32": -(2**31), "i64": -(2**63), "i128": -(2**127), "half": -2, "single": math.inf,
        "double": math.nan, "extended": math.nan, "letter": -1, "name": "bashful8", "color": 77,
        "mood": "BLUE", "ints": [7, 7, 7], "inner": {"x": 1, "y": 65535}, "b3": 3, "s5": 15,
        "w40": 1 << 39,
    },
]  # fmt: skip

MATCHES: list[tuple[str, list[int]]] = [
    # Each kind of member, and numbers that it can and cannot hold.
    ("u8 == 200", [1]), ("u8 == 456", []), ("u8 != -56", [0, 1, 2]), ("u8 < 1e3", [0, 1, 2]),
    ("u16 >= 60000", [1]), ("u32 > 0x7fffffff", [1]), ("u64 == 0xffffffffffffffff", [1]),
    ("u64 == -1", []), ("u64 > -1", [0, 1, 2]), ("u128 == (1 << 128) - 1", [1]),
    ("u128 > 1 << 64", [1]), ("u128 == 3", [2]), ("u128 < 1 << 128", [0, 1, 2]), ("i8 < 0", [1, 2]),
    ("i8 == 255", []), ("i16 == -32768", [2]), ("i32 <= -1", [1, 2]), ("i64 == -1", [1]),
    ("i64 == -0x8000000000000000", [2]), ("i128 == -1", [1]), ("i128 == -(1 << 127)", [2]),
    ("i128 >= -1", [0, 1]), ("half == 0.5", [1]), ("half < 0", [2]), ("single == 0.1", []),
    ("double == 0.1", [1]), ("single > 0.0999 and single < 0.1001", [1]), ("single > 1e308", [2]),
    ("extended == 0.1", [1]), ("flag", [1]), ("flag == true", [1]), ("flag == false", [0, 2]),
    ("!flag", [0, 2]), ("letter == 65", [1]), ("letter < 0", [2]),
    ("pointer > 0x7fffffffffffffff", [1]), ("ints[1] == -2", [1]),
    ("ints[0] == 7 and ints[2] == 7", [2]), ("inner.x < 0", [1]), ("pairs[1].y == 9", [1]),
    ("b3 == 7", [1]), ("s5 == -16", [1]), ("s5 > 0", [2]), ("w40 == 0xffffffffff", [1]),
    ("w40 >> 39", [1, 2]), ("word", [1]), ("bytes[0] + bytes[3] == 5", [1]),
    # Numbers as C writes them.
    ("u8 == 0xc8", [1]), ("u8 == 0310", [1]), ("u8 == 0b11001000", [1]), ("u8 == 2e2", [1]),
    ("u8 == 200.", [1]), ("u8 > .5", [1, 2]), ("u8 > 199.5", [1]), ("u8 <= 199.5", [0, 2]),
    ("u8 == 200.5", []), ("u8 != 200.5", [0, 1, 2]), ("u8 < 1e999", [0, 1, 2]),
    # Mathematical integers.
    ("u64 + 1 > u64", [0, 1, 2]), ("u64 + 1 == 1 << 64", [1]), ("u8 - u16 < 0", [1]),
    ("u64 - u8 < 0", []), ("u8 - u64 < 0", [1]), ("u64 > i64", [1, 2]), ("u64 == i64", [0]),
    ("i64 < u64", [1, 2]), ("i64 >= u64", [0]), ("u128 > i128", [1, 2]), ("-u64 == i64", [0]),
    ("-i64 == 0x8000000000000000", [2]), ("u64 * u64 == (1 << 128) - (1 << 65) + 1", [1]),
    ("u8 * i8 == -200", [1]), ("i64 // -1 == 1 << 63", [2]), ("~u64 == -1 << 64", [1]),
    ("~u8 == -201", [1]), ("u64 & -2 == 0xfffffffffffffffe", [1]), ("i64 & 0xff == 0xff", [1]),
    ("i64 | u64 == -1", [1]), ("u8 ^ i8 == -201", [1]), ("u32 << 32 > 1 << 63", [1]),
    ("1 << 70 > u64", [0, 1, 2]), ("u128 & 0xff == 0xff", [1]), ("i128 >> 126 == -2", [2]),
    ("u64 >> 200 == 0", [0, 1, 2]), ("i64 >> 200 == -1", [1, 2]), ("1 << u8 == 1 << 200", [1]),
    ("+u8 == 3", [2]), ("- -u8 == 3", [2]), ("u64 == u64 + 0.0", [0, 2]),
    ("u64 - 1 == 18446744073709551615.0", []), ("u64 == 18446744073709551616.0", []),
    # Division rounds down.
    ("i32 / 2 == -1", [1]), ("i32 // 2 == -1", [1]), ("i32 % 7 == 6", [1]), ("u8 / 3 == 66", [1]),
    ("inner.x / inner.y == -1", [1]), ("inner.x % inner.y == 0", [1]), ("u8 % -7 == -3", [1]),
    ("u8 / 400.0 == 0.5", [1]), ("double * 2 == 0.2", [1]), ("-double == -0.1", [1]),
    # What has no value neither matches nor is it otherwise.
    ("1 / u8 == 0", [1, 2]), ("not 1 / u8 == 0", []), ("1 / u8 != 0", []),
    ("1 / u8 == 0 or u8 == 0", [0, 1, 2]), ("u8 == 0 or 1 % u8 == 1", [0, 1, 2]),
    ("not (1 / u8 == 5 and u8 == 5)", [0, 1, 2]), ("not (1 / u8 == 0 and true)", []),
    ("1.5 / u8 > 0", [1, 2]), ("double == double", [0, 1]), ("double != 0.1", [0]),
    ("not double == 0.1", [0]), ("double", [1]), ("not double", [0]),
    ("single - single == 0", [0, 1]), ("1 << i8 == 1", [0]), ("u8 >> i8 == 0", [0]),
    ("1 << u64 == 8", [2]), ("1 / u8 in (0, 1)", [1, 2]), ("1 / u8 not in (5, 6)", [1, 2]),
    ("u8 in (0, 1 / u8)", [0]), ("5 in (double, 5)", [0, 1, 2]),
    # Logic, comparisons, precedence.
    ("u8 and u16", [1, 2]), ("u8 && flag", [1]), ("flag || b3 == 3", [1, 2]), ("not u8", [0]),
    ("!u8", [0]), ("not not u8", [1, 2]), ("!!u8", [1, 2]), ("u8 & 4 == 4", []),
    ("b3 & 4 == 4", [1]), ("b3 | 4 == 7", [1, 2]), ("b3 ^ 1 << 1 == 5", [1]), ("1 < u8 < 100", [2]),
    ("3 <= u8 == u16", [2]), ("0 < u8 < 4 in (4, 5)", [2]), ("(u8 > 1) + (u16 > 3) == 2", [1]),
    ("u8 == 3 or u8 == 200 and flag == 0", [2]), ("(u8 == 3 or u8 == 200) and flag == 1", [1]),
    ("not u8 == 3 and not flag", [0]), ("u8 - 1 - 1 == 1", [2]), ("u8 - (1 - 1) == 3", [2]),
    ("2 + 3 * u8 == 11", [2]), ("-u8 % 2 == 1", [2]), ("u8 in (3, 200)", [1, 2]),
    ("u8 in (3)", [2]), ("u8 not in (3, 200)", [0]), ("u8 in (u16, 200)", [0, 1, 2]),
    ("(flag) == !u8", [2]), ("true", [0, 1, 2]), ("false", []), ("1 == 1.0", [0, 1, 2]), ("0", []),
    ("0.5", [0, 1, 2]), ("1e999 - 1e999 == 0", []), ("2 in (1, 2)", [0, 1, 2]),
    ("1 << 2 == 4 and u8 == 3", [2]),
    # Enumerators: of the enum they are compared with, of those in the layout, of all.
    ("color == BLUE", [1]), ("mood == BLUE", [2]), ("BLUE == mood", [2]), ("color == RED", [0]),
    ("mood == SAD", [1]), ("mood < RED", [1]), ("color == 7", [1]),
    ("color in (BLUE, RED)", [0, 1]), ("mood in (BLUE, SAD)", [1, 2]), ("color == 77", [2]),
    ("u8 + SAME == 4", [2]), ("color == SAD", []), ("color == FAR - 22", [2]),
    ("(SAME) == 1", [0, 1, 2]),
    # Texts, up to their first NUL.
    ('name == "bash"', [1]), ("name == 'bash'", [1]), ('name == ""', [0]),
    ('name == "bashful8"', [2]), ('name == "bashful89"', []), ('name != "bash"', [0, 2]),
    ('"bash" == name', [1]), ('name == "bas"', []), ('name in ("bash", "")', [0, 1]),
    ('name not in ("bash", "")', [2]), ('name like "bash*"', [1, 2]), ('name like "b?sh"', [1]),
    ('name not like "b*"', [0]), ("name == name", [0, 1, 2]), ("name[0] == 98", [1, 2]),
    (r'name == "\x62ash"', [1]), (r'name == "b\"\n"', []), ('"a" == "a"', [0, 1, 2]),
    ('name == "b\xe4"', []), (r'name == "bash\x00"', []), ('name == "BASH"', []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MATCHES, ids=[text for text, _ in MATCHES])
def test_which_records_match(all_kinds: Everything, text: str, expected: list[int]) -> None:
    assert all_kinds.matches(text, *ROWS) == expected


def test_header_members_are_numbers(all_kinds: Everything) -> None:
    def header(path: str) -> int:
        return {"e_shoff": 3, "a.b": 200}[path]

    assert all_kinds.matches("u8 == $header.e_shoff", *ROWS, header=header) == [2]
    assert all_kinds.matches("u8 == $header.a.b - 0", *ROWS, header=header) == [1]


def test_text_ends_at_its_first_nul(all_kinds: Everything) -> None:
    """What lies behind it is no part of it."""
    record = bytearray(all_kinds.records({"name": "bash"}))
    record[record.index(b"bash") + 5] = 0x21
    for text, matches in (('name == "bash"', True), ('name like "bash"', True), ("name", None)):
        if matches is None:
            with pytest.raises(UsageError, match="a condition expected, not text"):
                compile_where(text, all_kinds.layout, all_kinds.order)
        else:
            where = compile_where(text, all_kinds.layout, all_kinds.order)
            assert where.mask(bytes(record)).tolist() == [matches]


@pytest.mark.parametrize("raw", [b"\xc3\xa4", b"\xe4"])
def test_text_is_compared_as_it_is_shown(all_kinds: Everything, raw: bytes) -> None:
    """UTF-8, or else bytes that each stand for the character of their number."""
    record = bytearray(all_kinds.records({"name": "b"}))
    at = record.index(b"b")
    record[at + 1 : at + 1 + len(raw)] = raw
    where = compile_where('name == "b\xe4"', all_kinds.layout, all_kinds.order)
    assert where.mask(record).tolist() == [True]


def test_records_without_members_are_called_value() -> None:
    w = BtfWriter()
    number, array = w.int("u16", 2), 0
    array = w.array(number, 2)
    data = struct.pack("<4H", 1, 2, 3, 4)
    for type_id, text, expected in (
        (number, "value > 2", [False, False, True, True]),
        (number, "value", [True] * 4),
        (array, "value[1] == 4", [False, True]),
    ):
        mask = compile_where(text, laid_out(w, type_id), "little").mask(data)
        assert mask.tolist() == expected


def test_names_with_dots() -> None:
    w = BtfWriter()
    number = w.int("u32", 4)
    inner = w.struct("inner", 4, [("b", number, 0)])
    layout = laid_out(w, w.struct("s", 8, [("a.b", number, 0), ("a", inner, 32)]))
    data = struct.pack("<II", 1, 2)
    assert compile_where("a.b == 1", layout, "little").mask(data).tolist() == [True]


# Filtering.


def test_filter_joins_the_records_that_match(all_kinds: Everything) -> None:
    data = memoryview(all_kinds.records(*ROWS))
    size = all_kinds.layout.size
    some = compile_where("u8 != 200", all_kinds.layout, all_kinds.order).filter(data)
    assert some.contiguous
    assert (some.format, some.ndim) == ("B", 1)
    assert some == bytes(data[:size]) + bytes(data[2 * size :])
    assert compile_where("true", all_kinds.layout, all_kinds.order).filter(data) is data
    assert len(compile_where("false", all_kinds.layout, all_kinds.order).filter(data)) == 0
    none = memoryview(b"")
    assert len(compile_where("u8 > 3", all_kinds.layout, all_kinds.order).filter(none)) == 0


def test_what_is_filtered_is_a_copy(all_kinds: Everything) -> None:
    data = bytearray(all_kinds.records(*ROWS))
    size = all_kinds.layout.size
    kept = compile_where("u8 == 200", all_kinds.layout, all_kinds.order).filter(memoryview(data))
    before = bytes(data[size : 2 * size])
    data[:] = bytes(len(data))
    assert kept == before


def test_records_beyond_one_chunk() -> None:
    w = BtfWriter()
    layout = laid_out(w, w.struct("s", 3, [("a", w.int("u16", 2), 0)]))
    count = 2 * CHUNK // 3 + 5
    rows = numpy.zeros((count, 3), "u1")
    numbers = numpy.arange(count) % 65536
    rows[:, 0], rows[:, 1] = numbers & 255, numbers >> 8
    where = compile_where("a * 3 > 100000 and a % 2", layout, "little")
    expected = (numbers * 3 > 100000) & (numbers % 2 == 1)
    assert (where.mask(rows.tobytes()) == expected).all()
    assert where.filter(memoryview(rows.tobytes())) == rows[expected].tobytes()


def test_threads_share_a_filter(all_kinds: Everything) -> None:
    where = compile_where("u64 + 1 == 1 << 64 or 1 / u8 == 5", all_kinds.layout, all_kinds.order)
    data = all_kinds.records(*ROWS) * 500
    with ThreadPoolExecutor(4) as pool:
        masks = list(pool.map(where.mask, [data] * 16))
    assert all(mask.tolist() == [False, True, False] * 500 for mask in masks)


def test_a_part_of_a_record_is_a_data_error(all_kinds: Everything) -> None:
    where = compile_where("u8", all_kinds.layout, all_kinds.order)
    with pytest.raises(DataError, match="7 bytes left over behind 1 records") as failure:
        where.mask(bytes(all_kinds.layout.size + 7))
    assert failure.value.offset == all_kinds.layout.size


def test_what_numpy_cannot_hold_as_a_whole_is_filtered() -> None:
    """Forty dimensions, and records of 3 GiB."""
    w = BtfWriter()
    number = w.int("u8", 1)
    deep = number
    for _ in range(40):
        deep = w.array(deep, 1)
    layout = laid_out(w, w.struct("deep", 2, [("a", number, 0), ("d", deep, 8)]))
    assert compile_where("d" + "[0]" * 40 + " == 5", layout, "little").mask(
        b"\1\5\5\1"
    ).tolist() == [
        True,
        False,
    ]
    huge = laid_out(w, w.struct("huge", 3 << 30, [("a", number, 8)]))
    assert compile_where("a == 5", huge, "little").mask(b"").tolist() == []


# Errors.

KNOWN = "it has u8, u16, u32, u64, u128, i8, i16, i32, i64, i128, half, single, …"
ERRORS: list[tuple[str, str]] = [
    ("u9 > 4", f"no member 'u9' at column 1; {KNOWN}"),
    ("4 > inner.z", "no member 'z' in 'inner' at column 11; it has x, y"),
    ("pairs[1].z", "no member 'z' in 'pairs[1]' at column 10; it has x, y"),
    ("u8.z", "no member 'z' in 'u8' at column 4; it has none"),
    ("color == BLEU", f"no member 'BLEU' at column 10; {KNOWN}; did you mean 'BLUE'?"),
    ("u8 == BLUE", "ambiguous at column 7: 'BLUE' is 7 in enum color and 3 in enum mood: compare "
     "it with a member of one of them, or write the number"),
    ("DOUBTFUL", "ambiguous at column 1: 'DOUBTFUL' is 1 in enum elsewhere and 2 in enum nowhere: "
     "compare it with a member of one of them, or write the number"),
    ("ints > 3", "'ints' is no number, but an array, at column 1"),
    ("u8 > inner", "'inner' is no number, but a struct, at column 6"),
    ("pairs[0]", "'pairs[0]' is no number, but a struct, at column 1"),
    ("ints[3] > 3", "no element 3 at column 6; the array has 3"),
    ("u8[0]", "an index, but no array, at column 4"),
    ("pairs.x", "an array: an index, such as [0], expected before at column 6"),
    ("ints[u8]", "a number, the index of an element, expected at column 6"),
    ("ints[0", "']' expected at column 7"),
    ("u8 = 4", "'==' expected in place of '=' at column 4"),
    ("u8 <> 4", "'!=' expected in place of '<>' at column 4"),
    ("u8 ** 2", "there is no operator '**' at column 4"),
    ("u8 ? 1 : 2", "there is no operator '?' at column 4"),
    ("pointer->x", "'->', but what a pointer points at is not in the record, at column 8"),
    ("u8 >", "a value expected at column 5"),
    ("", "a value expected at column 1"),
    ("  ", "a value expected at column 3"),
    ("not", "a value expected at column 4"),
    ("u8 and and u16", "a value expected at column 8"),
    ("(u8", "')' expected at column 4"),
    ("u8)", "an operator expected at column 3"),
    ("u8 u16", "an operator expected at column 4"),
    ("u8 in 3", "'(' expected at column 7"),
    ("u8 in (3", "',' or ')' expected at column 9"),
    ("u8 in ()", "a value expected at column 8"),
    ("u8 in (1, 2) == 3", "'and' or 'or' expected at column 14"),
    ("inner. > 3", "a member's name expected at column 8"),
    ("u8 @ 3", "'@' means nothing at column 4"),
    ("u8 == 08", "'08' is no number at column 7"),
    ("u8 == 12ab", "'12ab' is no number at column 7"),
    ("1 + not u8", "parentheses expected around 'not' at column 5"),
    ("!u8 == 3", "parentheses expected around what '!' is of at column 1"),
    ("!u8 & 3", "parentheses expected around what '!' is of at column 1"),
    ("u8 / 0", "division by zero at column 4"),
    ("u8 % (1 - 1)", "division by zero at column 4"),
    ("u8 / 0.0", "division by zero at column 4"),
    ("u8 << 5000", "a shift by 5000, not by 0 to 4096, at column 4"),
    ("u8 >> -1", "a shift by -1, not by 0 to 4096, at column 4"),
    ("double & 1", "'&' is for integers, not for floats, at column 8"),
    ("double // 2", "'//' is for integers, not for floats, at column 8"),
    ("~double", "'~' is for integers, not for a float, at column 1"),
    ('name == "bash', "a string without its end at column 9"),
    (r'name == "\q"', "'\\\\q' is no escape at column 10"),
    ('name + 1 == "b"', "a number expected, not text, at column 1"),
    ('"bash"', "a condition expected, not text, at column 1"),
    ("name and u8", "a condition expected, not text, at column 1"),
    ('name < "b"', "'<' between texts, which are equal or not, at column 6"),
    ("name == 3", "'==' between text and an integer at column 6"),
    ('double == "b"', "'==' between text and a float at column 8"),
    ('color == "RED"', "'==' between text and an integer at column 7; enumerators are written "
     "without quotes"),
    ('u8 like "1*"', "'like' is for members that are texts, at column 4"),
    ("name like bash", "a pattern in quotes expected at column 11"),
    ("u8 == $header.a", "$header.a needs --header TYPE"),
    ("u8 == $", "'$' means nothing at column 7"),
    ("u8 == $header", "$header is a record: $header.MEMBER is one of its numbers"),
    ("u8 == $other.a", "$other: only $header.MEMBER is known here"),
    ("min(u8, 1) == 1", "min(), which is not for records, at column 1"),
    ("u8 if u8 else 2", "'if', which is not for records, at column 4"),
    ("u8 if u8", "'else' expected at column 9"),
    ("f(u8 u8)", "',' or ')' expected at column 6"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ERRORS, ids=[text for text, _ in ERRORS])
def test_what_is_wrong_and_where(text: str, message: str) -> None:
    with pytest.raises(UsageError) as failure:
        compile_where(text, LITTLE.layout, "little")
    assert str(failure.value) == f"--where {text!r}: {message}"


def test_the_option_is_named_as_it_is_called(all_kinds: Everything) -> None:
    with pytest.raises(UsageError, match=r"^filter= 'x': no member 'x' at column 1"):
        compile_where("x", all_kinds.layout, "little", option="filter=")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a" * 100_000, "an expression of over 1000 characters"),
        ("(" * 400 + "u8" + ")" * 400, "an expression nested over 100 levels deep"),
        ("-" * 900 + "u8", "an expression nested over 100 levels deep"),
        ("not " * 240 + "u8", "an expression nested over 100 levels deep"),
        ("!" * 900 + "u8", "an expression nested over 100 levels deep"),
        ("1 or 2 and 3==4|5^6&7<<8+9*(" * 30 + "u8" + ")" * 30, "nested over 100 levels deep"),
    ],
    ids=["long", "parentheses", "signs", "not", "!", "operators"],
)
def test_long_and_deep_expressions_are_refused(
    all_kinds: Everything, text: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        compile_where(text, all_kinds.layout, all_kinds.order)


@pytest.mark.parametrize(
    "text",
    [
        "u8" + "+u8" * 322 + " == 969",
        "u8 in (" + "1," * 490 + "3)",
        "u8==3" + " or u8==3" * 110,
        "u8==3" + "&&u8>=3" * 140,
        "(" * 90 + "u8==3" + ")" * 90,
        "-" * 90 + "u8==3",
        "not " * 90 + "u8==3",
    ],
)
def test_what_the_limits_allow_works(all_kinds: Everything, text: str) -> None:
    assert all_kinds.matches(text, *ROWS) == [2]


def test_types_without_bytes_and_unknown_byte_orders_are_refused() -> None:
    w = BtfWriter()
    layout = laid_out(w, w.struct("empty", 0, []))
    with pytest.raises(UsageError, match="--where: struct empty has 0 bytes"):
        compile_where("1", layout, "little")
    with pytest.raises(UsageError, match="'middle' is neither"):
        compile_where("1", layout, "middle")


def test_enumerators_are_sought_where_the_types_are_damaged_too() -> None:
    w = BtfWriter()
    number = w.int("u32", 4)
    layout_id = w.struct("s", 4, [("a", number, 0)])
    w.raw_type(1 << 30, 6 << 24 | 1, 4, w.words(1 << 30, 1))  # an enum whose name is nowhere
    w.enum("late", [("LATE", 5)])
    where = compile_where("a == LATE", laid_out(w, layout_id), "little")
    assert where.mask(struct.pack("<II", 5, 6)).tolist() == [True, False]


def test_a_member_and_a_number_are_one_comparison() -> None:
    """No Python integers, no copy of the column in another dtype."""
    column = numpy.arange(5, dtype=">u8")
    seen: list[Any] = []

    def order(left: Any, right: Any) -> Any:
        seen.append((left, right))
        return left > right

    exact._compared(order, Integers(column, 0, 2**64 - 1), Integers(3, 3, 3))
    assert seen[0][0] is column
    assert isinstance(seen[0][1], numpy.uint64)


def test_the_library_s_types_can_be_filtered() -> None:
    record_type = prettify.load_types("elf")["elf64_sym"]
    data = b"".join(struct.pack("<IBBHQQ", n, n % 20, 0, 0, 0, n * 100) for n in range(100))
    where = compile_where("st_size > 4096 and st_info == 18", record_type.layout, "little")
    assert numpy.flatnonzero(where.mask(data)).tolist() == [58, 78, 98]
    assert repr(where) == "<Where 'st_size > 4096 and st_info == 18'>"


PIECES = [
    *("u8", "u64", "i128", "double", "name", "color", "RED", "ints", "inner", ".x", "[0]"),
    *("and", "or", "not", "in", "like", "!", "&&", "||", "(", ")", ",", "==", "=", "<", "<<", ">>"),
    *("+", "-", "*", "/", "//", "%", "&", "|", "^", "~", "0", "1", "0x1f", "1.5", "1e999", '"a"'),
    *("'", "$header.a", "\\", "\n", "\0", "é", "²", "true", ".", "?", "5000", "[", "]"),
]


@settings(max_examples=examples(1500), deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), st.sampled_from(["", " "]))
def test_whatever_is_written_is_a_filter_or_a_usage_error(pieces: list[str], between: str) -> None:
    message, found = "", 3
    try:
        where = compile_where(between.join(pieces), LITTLE.layout, "little", lambda _: 3)
        found = len(where.mask(bytes(3 * LITTLE.layout.size)))
    except UsageError as error:
        message = str(error)
    assert message.isprintable()
    assert found == 3
