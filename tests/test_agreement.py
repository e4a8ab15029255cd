"""construct, numpy and JSON read the same from random records of random types."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterator
from typing import Any

import numpy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import examples
from prettify import layout as layouts
from prettify import model
from prettify.compilers import values
from prettify.compilers.construct_parser import compile_construct
from prettify.compilers.numpy_dtype import compile_dtype, view
from prettify.core.emitter import render
from prettify.dialects import json as json_dialect
from prettify.dialects.options import Options
from prettify.layout import Layout, Node
from strategies import record_bytes, record_layouts

property_test = settings(
    max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def nodes(node: Node) -> Iterator[Node]:
    """A node and all below it."""
    yield node
    below = [node.element] if node.element is not None else node.children
    for inner in below:
        yield from nodes(inner)


def check_numpy(node: Node, found: list[Any], array: Any) -> None:
    """The values of one place in each record, by construct and by numpy, are the same."""
    assert len(array) == len(found)
    if node.of_chars:
        texts = array.tolist() if node.count else [b""] * len(found)
        assert [values.text_of(text) for text in texts] == found
    elif node.element is not None:
        assert all(len(value) == node.count for value in found)
        flat = [element for value in found for element in value]
        check_numpy(node.element, flat, array.reshape(len(flat), *array.shape[2:]))
    elif node.kind in layouts.NESTED:
        for name, _, child in values.members(node):
            check_numpy(child, [record[name] for record in found], array[name])
    elif node.kind == model.FLOAT:
        for one, other in zip(array, found):
            number = float_of(node, one, other)
            assert number == other or (math.isnan(number) and math.isnan(other))
    elif node.kind == model.BYTES:
        assert array.dtype.itemsize == node.size or not node.size
        assert [bytes(raw) for raw in array.tolist()] == found
    elif layouts.is_bool(node):
        truth = array if array.dtype == bool else numbers_of(node, array)
        assert [bool(number) for number in truth] == found
    else:
        names = values.names(node) if node.kind == model.ENUM else {}
        assert [names.get(number, number) for number in numbers_of(node, array)] == found


def numbers_of(node: Node, array: Any) -> list[int]:
    """Python's integers of numpy's, those that are two words or mere bytes, too."""
    if array.dtype.kind != "V":
        return array.tolist()
    signed = layouts.is_signed(node)
    if array.dtype.names:
        words = zip(array["high"].tolist(), array["low"].tolist())
        numbers = [high << 64 | low for high, low in words]
        return [values.as_signed(number, 128) if signed else number for number in numbers]
    order: Any = node.type.graph.byte_order
    return [int.from_bytes(raw, order, signed=signed) for raw in array.tolist()]


def float_of(node: Node, number: Any, without_leading: float) -> float:
    """Python's float of numpy's, or of the bytes where numpy has no such float."""
    form = layouts.float_format(node)
    if number.dtype.kind == "f":
        if form == layouts.X87:
            mantissa, exponent = struct.unpack_from("<QH", number.tobytes())
            if exponent & 0x7FFF and not mantissa >> 63:
                return without_leading  # NaN to the processor, a number to us
        return float(number)
    if number.dtype.kind == "u":
        return values.float_of(int(number), form)
    size = values.X87_SIZE if form == layouts.X87 else number.dtype.itemsize
    order: Any = node.type.graph.byte_order
    return values.float_of(int.from_bytes(number.tobytes()[:size], order), form)


@property_test
@given(record_layouts(), st.data())
def test_construct_and_numpy_agree(layout: Layout, data: st.DataObject) -> None:
    order = layout.byte_order
    dtype = compile_dtype(layout, order)
    assert dtype.itemsize == layout.size
    if not layout.size:
        return
    count = data.draw(st.integers(1, 3))
    records = [data.draw(record_bytes(layout.size)) for _ in range(count)]
    parser = compile_construct(layout, order)
    array = view(layout, order, b"".join(records))
    with numpy.errstate(all="ignore"):
        check_numpy(layout.root, [parser.parse(record) for record in records], array)


@property_test
@given(record_layouts(), st.data())
def test_building_gives_the_bytes_back(layout: Layout, data: st.DataObject) -> None:
    order = layout.byte_order
    record = data.draw(record_bytes(layout.size))
    parser = compile_construct(layout, order)
    assert parser.sizeof() == layout.size
    value = parser.parse(record)
    # What is no struct is a plain value, without its bytes.
    if layout.root.kind in layouts.NESTED:
        assert parser.build(value) == record
    # Of plain values nothing is kept that no member tells, but each member is the same again.
    if not any(node.kind == model.UNION for node in nodes(layout.root)):
        again = parser.parse(parser.build(plain(value)))
        assert same(again, value)


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(member) for name, member in value.items()}
    return [plain(element) for element in value] if isinstance(value, list) else value


def same(one: Any, other: Any) -> bool:
    """Equality with NaN equal to itself."""
    return repr(one).replace("-nan", "nan") == repr(other).replace("-nan", "nan")


@property_test
@given(record_layouts(), st.data())
def test_construct_and_json_agree(layout: Layout, data: st.DataObject) -> None:
    order = layout.byte_order
    record = data.draw(record_bytes(layout.size))
    program = json_dialect.compile_lines(layout, Options(byte_order=order))
    text = b"".join(render(program, record, 0, 1))
    parser = compile_construct(layout, order)
    value = parser.parse(record)
    printed = json.loads(text)
    check_json(layout.root, value, printed)
    # The same in the way back, as far as JSON tells: it has no NaN, and unions only as a whole.
    if not any(node.kind == model.UNION for node in nodes(layout.root)):
        check_json(layout.root, parser.parse(parser.build(printed)), printed)


def check_json(node: Node, value: Any, printed: Any) -> None:
    if node.kind in layouts.NESTED:
        assert list(value) == list(printed)
        for name, _, child in values.members(node):
            check_json(child, value[name], printed[name])
    elif node.element is not None and not node.of_chars:
        assert len(value) == len(printed) == node.count
        for one, other in zip(value, printed):
            check_json(node.element, one, other)
    elif node.kind == model.POINTER:
        assert hex(value) == printed
    elif node.kind == model.BYTES:
        assert value.hex() == printed
    elif node.kind == model.FLOAT:
        form = layouts.float_format(node)
        if printed is None:
            assert not math.isfinite(value) or value == 0
        elif form in (layouts.X87, layouts.QUAD):
            # The shortest text of those is not the double's: it may be read as its neighbour.
            assert value == printed or math.isclose(value, printed, rel_tol=1e-15)
        else:
            assert values.float_bits(value, form) == values.float_bits(printed, form)
    else:
        assert type(value) is type(printed)
        assert value == printed
