"""numpy dtypes and the arrays that know bitfields."""

from __future__ import annotations

import pickle

import pytest

from prettify.compilers.construct_parser import unpack
from prettify.compilers.numpy_dtype import Records, compile_dtype, view
from prettify.errors import DataError, UsageError
from small_types import ORDERS, Ints, laid_out


@pytest.fixture(params=ORDERS)
def ints(request: pytest.FixtureRequest) -> Ints:
    return Ints(request.param)


def test_storage_units() -> None:
    ints = Ints("little")
    members = [
        ("a", ints.u32, 0, 4),
        ("b", ints.u32, 4, 28),
        ("c", ints.u8, 32),
        ("d", ints.u32, 40, 8),
        ("e", ints.u16, 54, 12),
    ]
    dtype = compile_dtype(ints.struct(12, members), "little")
    assert dtype.names == ("bits@0:4", "c", "bits@4:4", "bytes@6:3")
    assert [dtype[name].str for name in dtype.names] == ["<u4", "|u1", "<u4", "|V3"]
    # No room for the unsigned int.
    dtype = compile_dtype(ints.struct(2, [("a", ints.u32, 3, 7)]), "little")
    assert dtype.names == ("bytes@0:2",)
    # No C compiler makes such a name.
    dtype = compile_dtype(
        ints.struct(1, [("a", ints.u8, 0, 1), ("bits@0:1", ints.u8, 0)]), "little"
    )
    assert dtype.names == ("bits@0:1@", "bits@0:1")


def test_units_hold_the_bits(ints: Ints) -> None:
    layout = ints.struct(8, [("x", ints.u8, 0), ("a", ints.u32, 32, 5), ("b", ints.i32, 37, 27)])
    array = view(layout, ints.order, b"\1\0\0\0\x12\x34\x56\x78")
    unit = int.from_bytes(b"\x12\x34\x56\x78", ints.order)
    assert array["bits@4:4"].tolist() == [unit]
    a, b = (unit & 31, unit >> 5) if ints.order == "little" else (unit >> 27, unit & (1 << 27) - 1)
    assert array["a"].tolist() == [a]
    assert array["b"].tolist() == [b - (1 << 27) if b >> 26 else b]


def test_views_do_not_copy() -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("a", ints.u8, 0, 3), ("b", ints.u16, 16)])
    data = bytearray(range(12))
    array = view(layout, "little", data)
    assert array.shape == (3,)
    data[2] = 99
    assert array["b"].tolist() == [99 | 3 << 8, 0x0706, 0x0B0A]
    array["b"][1] = 0
    assert data[6:8] == b"\0\0"
    assert not view(layout, "little", bytes(data)).flags.writeable
    assert view(layout, "little", b"").shape == (0,)
    assert view(layout, "little", data, compile_dtype(layout, "little"))["a"].tolist() == [0, 4, 0]


def test_bitfields_through_slices_and_masks(ints: Ints) -> None:
    w = ints.w
    inner = w.struct("i", 2, [("pad", ints.u8, 0), ("n", ints.u8, 9, 6)])
    layout = ints.struct(5, [("x", ints.u8, 0, 8), ("i", w.array(inner, 2), 8)])
    data = bytes(range(40))
    array = view(layout, ints.order, data)
    expected = [unpack(layout, ints.order, data[at : at + 5]) for at in range(0, 40, 5)]
    numbers = [[i["n"] for i in record["i"]] for record in expected]
    assert array["i.n"].tolist() == numbers
    assert array["i"]["n"].tolist() == numbers
    assert isinstance(array["i"], Records)
    assert array[::-2]["i"][:, 1]["n"].tolist() == [row[1] for row in numbers[::-2]]
    assert array[array["x"] > 12]["i.n"].tolist() == numbers[3:]
    assert array.reshape(2, 4)["i.n"].shape == (2, 4, 2)
    assert array.copy()["i.n"].tolist() == numbers
    assert array.integers("i.n").tolist() == numbers


def test_what_records_do_not_have(ints: Ints) -> None:
    layout = ints.struct(
        8, [("x", ints.u8, 0, 3), ("t", ints.w.array(ints.char, 2), 8), ("y", ints.u8, 32)]
    )
    array = view(layout, ints.order, bytes(8))
    for path in ("z", "x.y", "t.y", "", ".", "y."):
        with pytest.raises(ValueError, match="no field"):
            array[path]
        with pytest.raises(ValueError, match="no field"):
            array.integers(path)
    with pytest.raises(ValueError, match="holds no integers"):
        array.integers("t")
    # Another dtype is numpy's business.
    assert array[["y", "t"]].dtype.names == ("y", "t")
    with pytest.raises(ValueError, match="no field"):
        array[["y"]]["x"]
    assert array.view("u1").sum() == 0
    assert pickle.loads(pickle.dumps(array))["y"].tolist() == [0]


def test_data_that_is_no_whole_number_of_records() -> None:
    ints = Ints("little")
    layout = ints.struct(4, [("x", ints.u32, 0)])
    with pytest.raises(DataError, match="3 bytes left over behind 2 records of struct s") as caught:
        view(layout, "little", bytes(11))
    assert caught.value.offset == 8


def test_what_numpy_cannot_hold() -> None:
    ints = Ints("little")
    large = ints.w.array(ints.u32, 1 << 29)
    with pytest.raises(UsageError, match="2147483648 bytes, a numpy dtype at most 2147483647"):
        compile_dtype(laid_out(ints.w, large), "little")
    deep = ints.u8
    for _ in range(70):
        deep = ints.w.array(deep, 1)
    with pytest.raises(UsageError, match="numpy cannot hold"):
        compile_dtype(laid_out(ints.w, deep), "little")
