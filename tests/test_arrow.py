"""Arrow columns, Arrow IPC streams and Parquet files hold what `unpack` says."""

from __future__ import annotations

import io
import math
import struct
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from btf_writer import BtfWriter
from conftest import examples
from conversions import converted, projection, same, unpacked
from prettify import layout as layouts
from prettify.compilers import columns, values
from prettify.errors import DataError, UsageError
from prettify.layout import Layout, Node
from prettify.paths import WHOLE
from small_types import ORDERS, Ints, laid_out
from strategies import record_bytes, record_layouts

pytest.importorskip("pyarrow", reason="Arrow columns need pyarrow")

import pyarrow
import pyarrow.ipc
import pyarrow.parquet

from prettify.compilers import arrow_columns
from prettify.compilers.arrow_columns import ArrowColumns, table
from prettify.records.forms import parquet
from prettify.records.forms.arrow_stream import ArrowStream
from prettify.records.forms.parquet import Parquet

NAMES = pyarrow.dictionary(pyarrow.int32(), pyarrow.string())
property_test = settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@pytest.fixture(params=ORDERS)
def ints(request: pytest.FixtureRequest) -> Ints:
    return Ints(request.param)


def read_stream(data: bytes) -> Any:
    return pyarrow.ipc.open_stream(data).read_all()


def read_parquet(data: bytes) -> Any:
    return pyarrow.parquet.read_table(io.BytesIO(data))


FORMS = pytest.mark.parametrize(
    ("form", "read"),
    [(ArrowStream, read_stream), (Parquet, read_parquet)],
    ids=["arrow", "parquet"],
)


def one(layout: Layout, order: str, data: bytes) -> Any:
    """(type, values) of the only column."""
    batch = ArrowColumns(layout, order).batch(data)
    batch.validate(full=True)
    return batch.schema.field(0).type, batch.column(0).to_pylist()


def in_order(order: str, code: str, *numbers: Any) -> bytes:
    return struct.pack(("<" if order == "little" else ">") + code, *numbers)


# Each kind of type.


@pytest.mark.parametrize("size", [1, 2, 4, 8])
@pytest.mark.parametrize("signed", [False, True])
def test_integers(ints: Ints, size: int, signed: bool) -> None:
    layout = ints.struct(size, [("a", ints.w.int("n", size, signed=signed), 0)])
    top = 1 << 8 * size
    numbers = [0, 1, top // 2 - 1, -top // 2 if signed else top - 1]
    order: Any = ints.order
    data = b"".join(n.to_bytes(size, order, signed=n < 0) for n in numbers)
    type_, found = one(layout, ints.order, data)
    assert str(type_) == f"{'int' if signed else 'uint'}{8 * size}"
    assert found == numbers


@pytest.mark.parametrize(
    ("size", "type_"),
    [
        (3, "int32"),
        (5, "int64"),
        (6, "int64"),
        (7, "int64"),
        (11, "decimal128(38, 0)"),
        (15, "decimal128(38, 0)"),
        (16, "decimal256(39, 0)"),
    ],
)
def test_integers_of_odd_sizes(ints: Ints, size: int, type_: str) -> None:
    order: Any = ints.order
    bits = 8 * size
    signed = ints.struct(size, [("a", ints.w.int("n", size, signed=True), 0)])
    numbers = [0, -1, 1, (1 << bits - 1) - 1, -(1 << bits - 1), 0x1234]
    data = b"".join(n.to_bytes(size, order, signed=True) for n in numbers)
    assert (str(one(signed, order, data)[0]), one(signed, order, data)[1]) == (type_, numbers)
    unsigned = ints.struct(size, [("a", ints.w.int("u", size), 0)])
    numbers = [0, (1 << bits) - 1, 1 << bits - 1, 0x1234]
    data = b"".join(n.to_bytes(size, order) for n in numbers)
    found_type, found = one(unsigned, order, data)
    assert str(found_type) == type_.replace("int", "uint")
    assert found == numbers


def test_bitfields_take_the_smallest_type(ints: Ints) -> None:
    wide = ints.w.int("wide", 16, signed=True)
    layout = ints.struct(
        28,
        [
            ("a", ints.u32, 0, 3),
            ("b", ints.i32, 3, 9),
            ("c", ints.bool, 12, 1),
            ("d", ints.u64, 37, 62),
            ("e", wide, 99, 100),
            ("f", ints.color, 200, 4),
        ],
    )
    data = bytes(range(7, 255, 3))[: 28 * 2]
    batch = ArrowColumns(layout, ints.order).batch(data)
    assert [str(t) for t in batch.schema.types] == [
        "uint8",
        "int16",
        "bool",
        "uint64",
        "decimal128(38, 0)",
        str(NAMES),
    ]
    found = batch.to_pylist()
    for record, expected in zip(found, unpacked(layout, ints.order, data)):
        assert same(record, {**expected, "f": str(expected["f"])})


def test_pointers_and_bools(ints: Ints) -> None:
    layout = ints.struct(9, [("p", ints.w.ptr(0), 0), ("b", ints.bool, 64)])
    data = in_order(ints.order, "QB", 1 << 63, 7) + bytes(9)
    batch = ArrowColumns(layout, ints.order).batch(data)
    assert batch.schema.types == [pyarrow.uint64(), pyarrow.bool_()]
    assert batch.to_pylist() == [{"p": 1 << 63, "b": True}, {"p": 0, "b": False}]


def test_pointers_of_32_bits() -> None:
    w = BtfWriter("little")
    w.int("long", 4, signed=True)
    type_, found = one(laid_out(w, w.struct("s", 4, [("p", w.ptr(0), 0)])), "little", b"\xff" * 4)
    assert (type_, found) == (pyarrow.uint32(), [0xFFFFFFFF])


def test_floats(ints: Ints) -> None:
    w = ints.w
    kinds = [("_Float16", 2), ("__bf16", 2), ("float", 4), ("double", 8), ("_Float128", 16)]
    offset, members = 0, []
    for name, size in kinds:
        members.append((name, w.float(name, size), 8 * offset))
        offset += size
    layout = ints.struct(offset, members)
    rows = [1.5, -0.0, math.inf, -math.inf, math.nan, 2.0**-14]
    data = b"".join(b"".join(_float_bytes(row, *k, ints.order) for k in kinds) for row in rows)
    batch = ArrowColumns(layout, ints.order).batch(data)
    assert list(map(str, batch.schema.types)) == [
        "halffloat", "float", "float", "double", "double",
    ]  # fmt: skip
    for column in batch.columns:
        found = [float(number) for number in column.to_pylist()]
        assert same(found, rows)
        assert math.copysign(1, found[1]) == -1


def _float_bytes(value: float, name: str, size: int, order: Any) -> bytes:
    form = {
        "_Float16": layouts.HALF,
        "__bf16": layouts.BFLOAT,
        "float": layouts.SINGLE,
        "double": layouts.DOUBLE,
        "_Float128": layouts.QUAD,
    }[name]
    return values.float_bits(value, form).to_bytes(size, order)


def test_long_doubles_are_the_nearest_doubles() -> None:
    ints = Ints("little")
    layout = ints.struct(16, [("x", ints.w.float("long double", 16), 0)])
    third = 0xAAAAAAAAAAAAAAAB.to_bytes(8, "little") + (16383 - 2).to_bytes(2, "little")
    type_, found = one(layout, "little", third + b"padded" + bytes(16))
    assert (type_, found) == (pyarrow.float64(), [1 / 3, 0.0])


def test_enums_are_dictionaries(ints: Ints) -> None:
    layout = ints.struct(1, [("c", ints.color, 0)])
    made = ArrowColumns(layout, ints.order)
    assert made.schema.field("c").type == NAMES
    # RED and ROUGE are one value, and HUGE does not fit.
    first = made.batch(b"\0\7\7").column(0)
    assert (first.dictionary.to_pylist(), first.indices.to_pylist()) == (["RED", "BLUE"], [0, 1, 1])
    second = made.batch(b"\7\x09\x05\x09").column(0)
    assert second.dictionary.to_pylist() == ["RED", "BLUE", "5", "9"]
    assert second.to_pylist() == ["BLUE", "9", "5", "9"]
    third = made.batch(b"\5\0\xff").column(0)
    assert third.dictionary.to_pylist() == ["RED", "BLUE", "5", "9", "255"]
    assert third.to_pylist() == ["5", "RED", "255"]


def test_enumerators_are_in_the_order_of_their_values(ints: Ints) -> None:
    rows = [("TEN", 10), ("MINUS", -3), ("ONE", 1)]
    enum = ints.w.enum("e", rows, signed=True)
    layout = ints.struct(4, [("e", enum, 0)])
    batch = ArrowColumns(layout, ints.order).batch(in_order(ints.order, "3i", 1, -3, -4))
    assert batch.column(0).dictionary.to_pylist() == ["MINUS", "ONE", "TEN", "-4"]
    assert batch.column(0).to_pylist() == ["ONE", "MINUS", "-4"]


def test_enums_of_one_name_for_two_values(ints: Ints) -> None:
    layout = ints.struct(1, [("e", ints.w.enum("e", [("A", 1), ("A", 2), ("7", 3)], size=1), 0)])
    column = ArrowColumns(layout, ints.order).batch(b"\1\2\3\7").column(0)
    assert column.to_pylist() == ["A", "A", "7", "7"]
    assert column.dictionary.to_pylist() == ["A", "7"]


def test_an_enum_without_enumerators(ints: Ints) -> None:
    layout = ints.struct(1, [("e", ints.w.enum("e", [], size=1), 0)])
    made = ArrowColumns(layout, ints.order)
    assert made.batch(b"").column(0).to_pylist() == []
    assert made.batch(b"\1\0").column(0).to_pylist() == ["1", "0"]


def test_one_dictionary_for_many_threads() -> None:
    ints = Ints("little")
    layout = ints.struct(2, [("e", ints.w.enum("e", [("A", 0)], size=2), 0)])
    made = ArrowColumns(layout, "little")
    blocks = [b"".join(in_order("little", "H", n * k % 997) for n in range(300)) for k in range(64)]
    with ThreadPoolExecutor(8) as pool:
        found = [batch.column(0) for batch in pool.map(made.batch, blocks)]
    longest = max((column.dictionary.to_pylist() for column in found), key=len)
    assert len(longest) == len(set(longest))
    for k, column in enumerate(found):
        numbers = [n * k % 997 for n in range(300)]
        assert column.to_pylist() == [str(number) if number else "A" for number in numbers]
        assert column.dictionary.to_pylist() == longest[: len(column.dictionary)]


TEXTS = [
    b"", b"a", b"abcd", b"ab\0d", b"\0bcd", b"\xc3\xa9\0x", b"x\xc3\xa9y", b"\xe9", b"a\xc3",
    b"\xa9", b"\xe2\x82\0\xac", b"\xf0\x9f\x98\x80",
]  # fmt: skip


@pytest.mark.parametrize("texts", [TEXTS[:5], TEXTS[:7], TEXTS, [b"a\xc3", b"\xa9b"], []])
def test_texts(ints: Ints, texts: list[bytes]) -> None:
    layout = ints.struct(6, [("t", ints.w.array(ints.char, 4), 8)])
    data = b"".join(b"!" + text.ljust(4, b"\0") + b"?" for text in texts)
    type_, found = one(layout, ints.order, data)
    assert type_ == pyarrow.string()
    assert found == [values.text_of(text) for text in texts]


def test_arrays(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("i", 3, [("n", ints.u16, 0), ("b", ints.bool, 16)])
    rows = {
        "octets": (w.array(ints.u8, 3), 3, "fixed_size_binary[3]"),
        "octet rows": (w.array(w.array(ints.u8, 3), 2), 6, "fixed_size_list<item: binary>[2]"),
        "signed": (w.array(ints.i8, 3), 3, "fixed_size_list<item: int8>[3]"),
        "bools": (w.array(ints.bool, 3), 3, "fixed_size_list<item: bool>[3]"),
        "matrix": (
            w.array(w.array(ints.u16, 3), 2),
            12,
            "fixed_size_list<item: fixed_size_list<item: uint16>[3]>[2]",
        ),
        "single": (w.array(w.array(ints.u16, 1), 1), 2,
                   "fixed_size_list<item: fixed_size_list<item: uint16>[1]>[1]"),
        "texts": (w.array(w.array(ints.char, 2), 2), 4, "fixed_size_list<item: string>[2]"),
        "structs": (
            w.array(inner, 2),
            6,
            "fixed_size_list<item: struct<n: uint16, b: bool>>[2]",
        ),
        "enums": (w.array(ints.color, 2), 2, f"fixed_size_list<item: {NAMES}>[2]"),
    }  # fmt: skip
    for name, (type_id, size, expected) in rows.items():
        layout = ints.struct(size + 1, [(name, type_id, 8)])
        data = bytes(range(1, 3 * (size + 1) + 1))
        type_, found = one(layout, ints.order, data)
        assert str(type_) == expected
        assert len(found) == 3
        whole = [expected_of(layout.root, record) for record in unpacked(layout, ints.order, data)]
        assert same(found, [record[name] for record in whole])


def test_flexible_arrays_and_what_has_no_bytes(ints: Ints) -> None:
    w = ints.w
    empty = w.struct("empty", 0, [])
    members = [
        ("n", ints.u32, 0),
        ("nothing", empty, 32),
        ("nothings", w.array(empty, 3), 32),
        ("numbers", w.array(ints.u32, 0), 32),
        ("rows", w.array(w.array(ints.u32, 2), 0), 32),
        ("no rows", w.array(w.array(ints.u32, 0), 2), 32),
        ("text", w.array(ints.char, 0), 32),
        ("octets", w.array(ints.u8, 0), 32),
        ("enums", w.array(ints.color, 0), 32),
        ("structs", w.array(w.struct("i", 4, [("x", ints.u32, 0)]), 0), 32),
    ]
    layout = ints.struct(4, members)
    batch = ArrowColumns(layout, ints.order).batch(bytes(8))
    batch.validate(full=True)
    expected = {
        "n": 0, "numbers": [], "rows": [], "no rows": [[], []], "text": "", "octets": b"",
        "enums": [], "structs": [],
    }  # fmt: skip
    assert batch.to_pylist() == [expected, expected]
    for form, read in ((ArrowStream, read_stream), (Parquet, read_parquet)):
        assert read(converted(form([layout], None), [bytes(8)])).to_pylist() == [expected, expected]


def test_unions_and_anonymous_members(ints: Ints) -> None:
    w = ints.w
    inside = w.struct("", 2, [("lo", ints.u8, 0), ("hi", ints.u8, 8)])
    union = w.union("", 2, [("both", ints.u16, 0), ("", inside, 0)])
    named = w.union("u", 4, [("n", ints.u32, 0), ("text", w.array(ints.char, 4), 0)])
    layout = ints.struct(6, [("", union, 0), ("u", named, 16)])
    made = ArrowColumns(layout, ints.order)
    assert made.schema.names == ["both", "lo", "hi", "u"]
    data = b"\1\2AB\0C\3\4abcd"
    assert made.batch(data).to_pylist() == unpacked(layout, ints.order, data)


def test_what_is_no_struct_is_one_column(ints: Ints) -> None:
    layout = laid_out(ints.w, ints.w.typedef("vector", ints.w.array(ints.u16, 2)))
    batch = ArrowColumns(layout, ints.order).batch(in_order(ints.order, "4H", 1, 2, 3, 4))
    assert batch.to_pylist() == [{"value": [1, 2]}, {"value": [3, 4]}]


def test_sections() -> None:
    ints = Ints("little")
    first, second = ints.w.var("first", ints.u32), ints.w.var("second", ints.u16)
    layout = laid_out(ints.w, ints.w.datasec(".data", 8, [(first, 0, 4), (second, 4, 2)]))
    batch = ArrowColumns(layout).batch(b"\1\0\0\0\2\0\3\3")
    assert batch.to_pylist() == [{"first": 1, "second": 2}]


# Batches and tables.


def test_projections(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("i", 4, [("x", ints.u16, 0), ("t", w.array(ints.char, 2), 16)])
    layout = ints.struct(
        16, [("a", ints.u32, 0), ("b", ints.u32, 32, 5), ("c", w.array(inner, 2), 64)]
    )
    part = projection(layout, ["c", "b"])
    data = bytes(range(48, 48 + 48))
    found = ArrowColumns(part, ints.order).batch(data).to_pylist()
    whole = ArrowColumns(layout, ints.order).batch(data).to_pylist()
    assert found == [{"c": row["c"], "b": row["b"]} for row in whole]
    assert len(found) == 3


def test_batches_own_their_memory() -> None:
    ints = Ints(sys.byteorder)
    w = ints.w
    for type_id in (ints.u8, ints.u64, ints.double, w.array(ints.u8, 8), w.array(ints.char, 8)):
        layout = laid_out(w, type_id)
        memory = bytearray(b"12345678" * 4)
        batch = ArrowColumns(layout).batch(memory)
        before = batch.to_pylist()
        memory[:] = b"abcdefgh" * 4
        assert batch.to_pylist() == before


def test_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    ints = Ints("big")
    layout = ints.struct(3, [("n", ints.u16, 0), ("c", ints.color, 16)])
    data = b"".join(struct.pack(">HB", n, n % 11) for n in range(100))
    whole = table(layout, None, data)
    assert whole.column("n").num_chunks == 1
    monkeypatch.setattr(arrow_columns, "TABLE_BATCH", 32)
    parts = table(layout, "big", data)
    assert parts.column("n").num_chunks == 10
    assert parts.to_pylist() == whole.to_pylist()
    assert whole.column("n").to_pylist() == list(range(100))
    assert table(layout, "little", data).column("n")[1].as_py() == 256
    assert table(layout, None, b"").to_pylist() == []
    assert table(layout, None, b"").schema == whole.schema


def test_what_cannot_be_columns() -> None:
    ints = Ints("little")
    w = ints.w
    layout = ints.struct(4, [("n", ints.u32, 0)])
    with pytest.raises(DataError, match="3 bytes left over behind 1 records of struct s"):
        ArrowColumns(layout).batch(bytes(7))
    with pytest.raises(DataError, match="left over"):
        table(layout, None, bytes(7))
    with pytest.raises(UsageError, match="byte order 'middle'"):
        ArrowColumns(layout, "middle")
    with pytest.raises(UsageError, match="struct e has no members"):
        ArrowColumns(ints.struct(4, [("x", w.struct("i", 0, []), 0)], "e"))
    with pytest.raises(UsageError, match="fwd f is a forward, which has no size"):
        ArrowColumns(laid_out(w, w.fwd("f")))
    with pytest.raises(UsageError, match="0 bytes"):
        ArrowColumns(laid_out(w, w.array(ints.u8, 0))).batch(b"")
    with pytest.raises(UsageError, match="an Arrow batch at most"):
        ArrowColumns(laid_out(w, w.array(ints.u8, 1 << 30)))
    deep = ints.u8
    for _ in range(49):
        deep = w.array(deep, 1)
    with pytest.raises(UsageError, match="nests deeper than 48 levels"):
        ArrowColumns(laid_out(w, deep))


def test_the_deepest_types_are_written_and_read() -> None:
    ints = Ints("little")
    deep = ints.u16
    for _ in range(arrow_columns.MAX_LEVELS - 1):
        deep = ints.w.array(deep, 1)
    layout = laid_out(ints.w, deep)
    expected = table(layout, None, b"\1\0\2\0").to_pylist()
    for form, read in ((ArrowStream, read_stream), (Parquet, read_parquet)):
        assert read(converted(form([layout], None), [b"\1\0\2\0"])).to_pylist() == expected


@pytest.mark.parametrize(
    "module", ["prettify.compilers.arrow_columns", "prettify.records.forms.arrow_stream",
               "prettify.records.forms.parquet"]
)  # fmt: skip
def test_without_pyarrow(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    for name in ("compilers.arrow_columns", "records.forms.arrow_stream", "records.forms.parquet"):
        monkeypatch.delitem(sys.modules, f"prettify.{name}")
    with pytest.raises(UsageError, match=r"need pyarrow: pip install 'prettify\[arrow\]'"):
        __import__(module)


# Streams and files.


@FORMS
def test_several_blocks(form: Any, read: Any, ints: Ints) -> None:
    inner = ints.w.struct("i", 2, [("e", ints.color, 0), ("f", ints.color, 8)])
    layout = ints.struct(4, [("n", ints.u8, 0), ("c", ints.color, 8), ("i", inner, 16)])
    blocks = [bytes([1, 0, 7, 7]), b"", bytes([2, 9, 0, 1, 3, 7, 8, 0]), bytes([4, 9, 9, 9])]
    found = read(converted(form([layout], None), blocks))
    assert found.schema.field("c").type == NAMES
    assert found.to_pylist() == [
        {"n": 1, "c": "RED", "i": {"e": "BLUE", "f": "BLUE"}},
        {"n": 2, "c": "9", "i": {"e": "RED", "f": "1"}},
        {"n": 3, "c": "BLUE", "i": {"e": "8", "f": "RED"}},
        {"n": 4, "c": "9", "i": {"e": "9", "f": "9"}},
    ]


@FORMS
def test_no_records(form: Any, read: Any, ints: Ints) -> None:
    layout = ints.struct(2, [("c", ints.color, 0), ("t", ints.w.array(ints.char, 1), 8)])
    for blocks in ([], [b""]):
        found = read(converted(form([layout], None), blocks))
        assert found.num_rows == 0
        assert found.schema == ArrowColumns(layout).schema


@FORMS
def test_the_byte_order_asked_for(form: Any, read: Any) -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("n", ints.u32, 0)])
    for order, number in ((None, 1), ("little", 1), ("big", 1 << 24)):
        assert read(converted(form([layout], order), [b"\1\0\0\0"]))["n"].to_pylist() == [number]


@FORMS
def test_one_type_only(form: Any, read: Any, ints: Ints) -> None:
    layout = ints.struct(4, [("n", ints.u32, 0)])
    with pytest.raises(UsageError, match=r"^--to (arrow|parquet) holds one type; 2 were") as caught:
        form([layout, layout], None)
    assert "\n" not in str(caught.value)


@FORMS
def test_closed_before_the_end(form: Any, read: Any, ints: Ints) -> None:
    conversion = form([ints.struct(4, [("n", ints.u32, 0)])], None)
    conversion.close()
    conversion.before()
    conversion.pieces(conversion.convert(0, memoryview(bytes(8))))
    conversion.close()
    conversion.close()


def test_row_groups_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("n", ints.u32, 0)])
    blocks = [struct.pack("<10I", *range(at, at + 10)) for at in range(0, 1000, 10)]

    def groups() -> list[int]:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(converted(Parquet([layout], None), blocks)))
        assert file.read()["n"].to_pylist() == list(range(1000))
        assert file.metadata.row_group(0).column(0).compression == parquet.compression().upper()
        return [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]

    assert groups() == [1000]
    monkeypatch.setattr(parquet, "GROUP_ROWS", 295)
    assert groups() == [300, 300, 300, 100]
    monkeypatch.setattr(parquet, "GROUP_BYTES", 800)
    assert groups() == [200] * 5


def test_parquet_goes_out_as_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    ints = Ints("little")
    monkeypatch.setattr(parquet, "GROUP_ROWS", 100)
    conversion = Parquet([ints.struct(4, [("n", ints.u32, 0)])], None)
    conversion.before()
    sizes = []
    for _ in range(4):
        part = conversion.convert(0, memoryview(bytes(200)))
        sizes.append(sum(len(piece) for piece in conversion.pieces(part)) > 0)
    conversion.close()
    assert sizes == [False, True, False, True]


# Other readers.


@FORMS
def test_polars_reads_them(form: Any, read: Any, ints: Ints) -> None:
    polars = pytest.importorskip("polars", reason="asks polars to read")
    layout, blocks = everything(ints)
    data = converted(form([layout], None), blocks)
    reader = polars.read_ipc_stream if form is ArrowStream else polars.read_parquet
    found = reader(io.BytesIO(data)).to_dicts()
    assert same(found, read(data).to_pylist())
    assert same(polars.from_arrow(read(data)).to_dicts(), found)


@FORMS
def test_pandas_reads_them(form: Any, read: Any, ints: Ints) -> None:
    pandas = pytest.importorskip("pandas", reason="asks pandas to read")
    layout, blocks = everything(ints)
    frame = read(converted(form([layout], None), blocks)).to_pandas()
    records = unpacked(layout, ints.order, b"".join(blocks))
    assert isinstance(frame["c"].dtype, pandas.CategoricalDtype)
    assert frame["c"].tolist() == [str(record["c"]) for record in records]
    assert frame["text"].tolist() == [record["text"] for record in records]
    assert frame["n"].tolist() == [record["n"] for record in records]
    assert frame["octets"].tolist() == [bytes(record["octets"]) for record in records]
    assert [list(row) for row in frame["numbers"]] == [record["numbers"] for record in records]
    assert [[bytes(o) for o in row] for row in frame["octet rows"]] == [
        [bytes(octets) for octets in record["octet rows"]] for record in records
    ]


def everything(ints: Ints) -> tuple[Layout, list[bytes]]:
    """A type of one member of each kind that all readers know, and blocks of it."""
    w = ints.w
    inner = w.struct("i", 4, [("n", ints.u16, 0), ("c", ints.color, 16), ("x", ints.i32, 25, 7)])
    kinds = [
        ("n", ints.u64, 8),
        ("c", ints.color, 1),
        ("b", ints.bool, 1),
        ("half", w.float("_Float16", 2), 2),
        ("d", ints.double, 8),
        ("p", w.ptr(0), 8),
        ("eleven", w.int("eleven", 11, signed=True), 11),
        ("text", w.array(ints.char, 5), 5),
        ("octets", w.array(ints.u8, 4), 4),
        ("octet rows", w.array(w.array(ints.u8, 2), 2), 4),
        ("numbers", w.array(ints.u16, 3), 6),
        ("i", inner, 4),
        ("is", w.array(inner, 2), 8),
        ("none", w.array(ints.u32, 0), 0),
        ("no octets", w.array(ints.u8, 0), 0),
        ("no inner", w.array(inner, 0), 0),
    ]
    members, offset = [], 0
    for name, type_id, size in kinds:
        members.append((name, type_id, 8 * offset))
        offset += size
    layout = ints.struct(offset, members)
    records = [bytes((7 * at + 13 * k * at + k) % 126 for at in range(offset)) for k in range(9)]
    return layout, [b"".join(records[:2]), records[2], b"".join(records[3:])]


# Any type.


NOTHING = object()


def expected_of(node: Node, value: Any) -> Any:
    """What Arrow has for the value that `unpack` gives; NOTHING where there is no column."""
    kind = columns.leaf_of(node)
    if kind == columns.OCTETS:
        return bytes(value)
    if kind == columns.ENUM:
        return str(value)
    if kind == columns.WIDE:
        return Decimal(value)
    if kind is not None:
        return value
    if node.element is not None:
        if holds_nothing(node.element):
            return NOTHING
        return [expected_of(node.element, element) for element in value]
    members = values.table(node)
    found = {name: expected_of(members[name][1], value[name]) for name in value}
    found = {name: member for name, member in found.items() if member is not NOTHING}
    return found or NOTHING


def holds_nothing(node: Node) -> bool:
    return columns.leaf_of(node) is None and next(layouts.leaves(node), None) is None


def drawn_records(layout: Layout, data: st.DataObject) -> tuple[str, bytes]:
    assume(layout.size)
    count = data.draw(st.integers(1, 3))
    records = b"".join(data.draw(record_bytes(layout.size)) for _ in range(count))
    return layout.byte_order, records


def expected_rows(layout: Layout, order: str, records: bytes) -> list[Any]:
    whole = [expected_of(layout.root, value) for value in unpacked(layout, order, records)]
    assume(whole[0] is not NOTHING)
    nested = layout.root.kind in layouts.NESTED
    return whole if nested else [{WHOLE: value} for value in whole]


@property_test
@given(record_layouts(), st.data())
def test_arrow_and_construct_agree(layout: Layout, data: st.DataObject) -> None:
    order, records = drawn_records(layout, data)
    expected = expected_rows(layout, order, records)
    batch = ArrowColumns(layout, order).batch(records)
    batch.validate(full=True)
    found = batch.to_pylist()
    assert same(found, expected)


@property_test
@given(record_layouts(), st.data())
def test_what_is_written_is_read(layout: Layout, data: st.DataObject) -> None:
    order, records = drawn_records(layout, data)
    expected = expected_rows(layout, order, records)
    blocks = [records[at : at + layout.size] for at in range(0, len(records), layout.size)]
    schema = ArrowColumns(layout, order).schema
    for form, read in ((ArrowStream, read_stream), (Parquet, read_parquet)):
        found = read(converted(form([layout], None), blocks))
        assert found.schema == schema
        assert same(found.to_pylist(), expected)
