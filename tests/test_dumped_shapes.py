"""Dumps of maps of any size and type, in any pieces, and what is wrong with damaged ones."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import map_dumps
import map_writers
from btf_writer import BtfWriter
from dumped import (
    WARNINGS,
    Dribble,
    Entries,
    Reading,
    apart,
    kernel_text,
    layout_of,
    member_layout,
    number_layout,
    read,
)
from prettify import model
from prettify.compilers.construct_parser import unpack
from prettify.errors import DataError, UsageError
from prettify.layout import Node, is_bool
from prettify.records.input import Input
from prettify.records.maps.dumped import shapes, tokens, window
from prettify.records.maps.dumped.opening import open_dump
from prettify.records.maps.entry import Entry, rounded
from strategies import c_types, record_bytes


def _shrink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "CHUNK", 200)
    monkeypatch.setattr(window, "ROOM", 700)
    monkeypatch.setattr(window, "KEPT", 300)
    monkeypatch.setattr(tokens, "KEPT", 300)


@st.composite
def bytes_of_maps(draw: st.DrawFn) -> tuple[Entries, int]:
    """(entries, CPUs) of some size."""
    key, value = draw(st.integers(1, 40)), draw(st.integers(1, 90))
    cpus = draw(st.sampled_from((0, 0, 1, 2, 3)))
    count = draw(st.integers(0, 20))
    random = Random(draw(st.integers(0, 1 << 32)))
    return [
        (random.randbytes(key), random.randbytes(value * max(cpus, 1))) for _ in range(count)
    ], cpus


def check(data: bytes, entries: Entries, cpus: int, seed: int, **known: Any) -> None:
    """Read a dump, all at once and in pieces."""
    for source in (data, Dribble(data, Random(seed), 400)):
        reading = read(source, **known)
        assert reading.error is None
        assert reading.reports == []
        assert reading.entries == entries
        assert [map_.cpus for map_, _ in reading.maps] == [cpus if entries else None]


SHRUNK = pytest.mark.parametrize("small", [False, True])


@SHRUNK
@given(bytes_of_maps(), st.booleans(), st.booleans(), st.integers(0, 1 << 32))
def test_json(small: bool, drawn: Any, pretty: bool, decoded: bool, seed: int) -> None:
    entries, cpus = drawn
    random = Random(seed) if decoded else None
    text = map_writers.json_text(entries, cpus, pretty=pretty, random=random)
    with pytest.MonkeyPatch.context() as patch:
        if small:
            _shrink(patch)
        check(text, entries, cpus, seed)


@SHRUNK
@given(bytes_of_maps(), st.integers(0, 1 << 32))
def test_hex(small: bool, drawn: Any, seed: int) -> None:
    entries, cpus = drawn
    with pytest.MonkeyPatch.context() as patch:
        if small:
            _shrink(patch)
        check(map_writers.hex_text(entries, cpus), entries, cpus, seed)


# Texts of members.


def nodes(node: Node) -> list[Node]:
    """A node and all below it."""
    below = node.children if node.element is None else (node.element,)
    return [node, *(inner for child in below for inner in nodes(child))]


def swallows(node: Node) -> bool:
    """Whether the kernel's text of an enum tells of other bytes than its own."""
    return isinstance(node.type, model.Enum) and node.size < (8 if node.type.wide else 4)


def hides(node: Node) -> bool:
    """Whether a pointer shares its bytes with others."""
    return node.kind == model.UNION and any(n.kind == model.POINTER for n in nodes(node))


def shares_bool(node: Node) -> bool:
    """Whether a bool shares its bytes with others."""
    return node.kind == model.UNION and any(map(is_bool, nodes(node)))


def untold(node: Node) -> bool:
    """Whether the kernel's text does not tell all of a node."""
    if node.kind in (model.FLOAT, model.POINTER):
        return True
    if node.kind == model.ENUM and node.size == 8:
        return not node.type.wide  # type: ignore[attr-defined]
    element = node.element
    return element is not None and (element.kind == model.ARRAY or element.size == 1)


@given(c_types(), c_types(), st.data())
def test_what_the_kernel_writes(drawn: Any, drawn_key: Any, data: st.DataObject) -> None:
    """Written again, what was read is the same text; what the text tells is what was there."""
    key, value = layout_of(*drawn_key), layout_of(*drawn)
    name = data.draw(record_bytes(key.size))
    one, other = data.draw(record_bytes(value.size)), data.draw(record_bytes(value.size))
    cpus = data.draw(st.sampled_from((0, 2)))
    text = WARNINGS + kernel_text(key, name)
    if cpus:
        text += b": {\n\tcpu0: %b\n\tcpu1: %b\n}\n" % (
            kernel_text(value, one), kernel_text(value, other)
        )  # fmt: skip
    else:
        text += b": " + kernel_text(value, one) + b"\n"
    reading = read(text, key, value)
    assert reading.error is None
    [(key_again, values)] = reading.entries
    assert len(values) == value.size * max(cpus, 1)
    again = [values[: value.size], *([values[value.size :]] if cpus else [])]
    for layout, before, after in ((key, name, key_again), *zip([value] * 2, (one, other), again)):
        below = nodes(layout.root)
        swallowed = any(map(swallows, below))
        # A hash in a union says less than the members beside it.
        if not swallowed and not any(map(hides, below)):
            assert kernel_text(layout, after) == kernel_text(layout, before)
        order = layout.byte_order
        # (Past the end of a record our text shows a little endian kernel's window.)
        if not any(map(untold, below)) and not (swallowed and order == "big"):
            assert unpack(layout, order, after) == unpack(layout, order, before)


@given(c_types(), c_types(), st.data(), st.integers(0, 1 << 32))
def test_what_bpftool_writes_of_members(
    drawn: Any, drawn_key: Any, data: st.DataObject, seed: int
) -> None:
    key, value = layout_of(*drawn_key), layout_of(*drawn)
    assume(key.size)  # no map has keys of nothing, but queues, whose keys look like it: []
    cpus = data.draw(st.sampled_from((0, 2)))
    entries = [
        (
            data.draw(record_bytes(key.size)),
            b"".join(data.draw(record_bytes(value.size)) for _ in range(max(cpus, 1))),
        )
        for _ in range(3)
    ]
    text = map_writers.members_text(entries, key, value, cpus)
    for source in (text, Dribble(text, Random(seed), 400)):
        reading = read(source, key, value, shape=shapes.TYPED)
        if any(n.kind == model.FLOAT for part in (key, value) for n in shown_nodes(part.root)):
            assert "it is not in this text" in str(reading.error)
            continue
        assert reading.error is None
        assert len(reading.entries) == 3
        if any(shares_bool(n) for part in (key, value) for n in nodes(part.root)):
            continue  # "true" says less than the members beside it
        again = map_writers.members_text(reading.entries, key, value, cpus)
        assert again == text


def shown_nodes(node: Node) -> list[Node]:
    """A node and all below it that texts show: arrays without elements show nothing."""
    if node.element is not None:
        return shown_nodes(node.element) if node.count else []
    return [node, *(inner for child in node.children for inner in shown_nodes(child))]


def one_member(text: str, member: Any, size: int = 8) -> Reading:
    """What a value of one member is read as. member: adds its type to a writer."""
    w = BtfWriter("little")
    number = w.int("number", 4)
    w.struct("s", size, [("m", member(w), 0)])
    layout = layout_of(w.bytes(), w.next_id - 1)
    return read(
        f'[{{"key": 1, "value": {{"m": {text}}}}}]'.encode(), layout_of(w.bytes(), number), layout
    )


@pytest.mark.parametrize(
    ("text", "member", "message"),
    [
        ("(unsupported-kind\n", lambda w: w.float("float", 4), "value.m: it is not in this text"),
        (",", lambda w: w.int("n", 4), "value.m: it is not in this text"),
        ("300", lambda w: w.int("n", 1), "value.m: 300 does not fit in 8 bits"),
        ("-1", lambda w: w.int("n", 4), "value.m: -1 does not fit in 32 bits"),
        ("0x1ffffffff", lambda w: w.int("n", 4, signed=True), "value.m: 8589934591 does not fit"),
        ('"NO"', lambda w: w.enum("e", [("YES", 1)]), "value.m: 'NO' is no value of it"),
        ("[1,2]", lambda w: w.array(1, 1), "value.m[1]: the array has 1 elements"),
        ("[1]", lambda w: w.array(1, 2), "value.m[1]: it is not in this text"),
        ("[1,]", lambda w: w.array(1, 2), "value.m[1]: it is not in this text"),
        ('"abcde"', lambda w: w.array(w.int("char", 1), 4), "a text of 5 bytes, the array has 4"),
        ("{}", lambda w: w.struct("t", 4, [("x", 1, 0)]), "value.m.x: it is not in this text"),
        ('{"y":1}', lambda w: w.struct("t", 4, [("x", 1, 0)]), "value.m: 'y' is no member of it"),
        ("5", lambda w: w.struct("t", 4, [("x", 1, 0)]), "value.m: '5}}]' where '{' should be"),
        ("[1", lambda w: w.array(1, 2), "value.m[1]: '}}]' where ',' or ']' should be"),
    ],
)  # fmt: skip
def test_members_that_are_not_told(text: str, member: Any, message: str) -> None:
    reading = one_member(text, member)
    assert reading.entries == []
    assert message in str(reading.error)


@pytest.mark.parametrize(
    ("text", "member", "value"),
    [
        ("1.5", lambda w: w.float("float", 4), b"\0\0\xc0\x3f"),
        ('"0x1f"', lambda w: w.int("n", 4), b"\x1f"),
        ("18446744073709551615", lambda w: w.ptr(0), b"\xff" * 8),
        ('"\\u0080"', lambda w: w.int("text", 1, char=True), b"\x80"),
        ('"a\\\\b\\"\\n"', lambda w: w.array(w.int("char", 1), 8), b'a\\b"\\'),
        ("true", lambda w: w.int("_Bool", 1, boolean=True), b"\1"),
    ],
)
def test_members_as_others_write_them(text: str, member: Any, value: bytes) -> None:
    """As in `formatted`, or by a program that has read that."""
    reading = one_member(text, member)
    assert reading.error is None
    assert reading.entries == [(b"\1\0\0\0", value.ljust(8, b"\0"))]


def test_types_are_needed_for_members() -> None:
    for text in (b'[{"key":1,"value":2}]', WARNINGS + b"1: 2\n"):
        with pytest.raises(UsageError, match="shows members of the map's types, and no bytes"):
            read(text)
    with pytest.raises(UsageError, match="the type of the map's keys is needed as well"):
        read(b'[{"key":1,"value":2}]', None, number_layout())
    opaque = Entry(4, 4).layout
    with pytest.raises(UsageError, match="has no members to read text as"):
        read(b'[{"key":1,"value":2}]', number_layout(), opaque)
    with pytest.raises(UsageError, match="has no members to read text as"):
        read(WARNINGS + b"1: 2\n", number_layout(), opaque)


def test_members_in_another_order() -> None:
    """As programs write them that sort names."""
    entry = {"value": {"f": 3, "a": 1, "z": [1, 2]}, "key": 7}
    w = BtfWriter("little")
    number = w.int("number", 4)
    pair = w.array(number, 2)
    w.struct("s", 16, [("a", number, 0), ("z", pair, 32), ("f", number, 96)])
    value = layout_of(w.bytes(), w.next_id - 1)
    for text in (json.dumps([entry], sort_keys=True), json.dumps(entry)):
        reading = read(text.encode(), layout_of(w.bytes(), number), value)
        assert reading.error is None
        assert reading.entries == [
            (b"\7\0\0\0", bytes((1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0)))
        ]


# Raw bytes.


@given(bytes_of_maps(), st.integers(0, 1 << 32))
def test_raw(drawn: Any, seed: int) -> None:
    entries, cpus = drawn
    if not entries:
        return
    key_size = len(entries[0][0])
    size = len(entries[0][1]) // max(cpus, 1)
    step = rounded(size) if cpus else size
    values = [
        b"".join(one.ljust(step, b"\0") for one in map_writers.parted(value, cpus))
        for _, value in entries
    ]
    data = b"".join(key + value for (key, _), value in zip(entries, values))
    w = BtfWriter("little")
    char = w.int("char", 1)
    key, value = (
        layout_of(w.bytes(), i) for i in (w.array(char, key_size), w.array(char, size)) if w
    )
    for source in (data, Dribble(data, Random(seed), 400)):
        reading = read(source, key, value, shape=shapes.RAW, cpus=cpus)
        assert reading.error is None
        assert reading.entries == [(name, one) for (name, _), one in zip(entries, values)]
        [(map_, _)] = reading.maps
        assert (map_.key_size, map_.value_size, map_.cpus) == (key_size, size, cpus)
    alone = read(b"".join(values), None, value, shape=shapes.RAW, cpus=cpus)
    assert alone.entries == [(b"", one) for one in values]


def test_raw_bytes_cut_short_and_of_no_type() -> None:
    number = number_layout()
    reading = read(bytes(range(19)), number, number, shape=shapes.RAW)
    assert [name for name, _ in reading.entries] == [bytes(range(4)), bytes(range(8, 12))]
    assert str(reading.error) == "data: entry cut short at byte 16: 3 bytes left, 8 needed"
    with pytest.raises(UsageError, match="neither bpftool nor the kernel has written this"):
        read(bytes(range(16)))
    w = BtfWriter("little")
    nothing = layout_of(w.bytes() if w.struct("nothing", 0, []) else b"", 1)
    with pytest.raises(UsageError, match="raw keys and values of no bytes"):
        read(bytes(16), None, nothing)


# Documents.


def test_any_number_of_dumps_in_one_file() -> None:
    """As loops in a shell write them."""
    entries = [(b"ab", b"cde"), (b"fg", b"hij")]
    others = [(b"k", b"l" * 30)]
    for write in (map_writers.json_text, map_writers.hex_text):
        reading = read(write(entries) + write([]) + write(others))
        assert reading.error is None
        assert [found for _, found in reading.maps] == [entries, [], others]
    one = b'{"key":["0x01"],"value":["0x02"]}\n'
    reading = read(one + b"null\n" + b'{"error":"can\'t get next key: gone"}' + one)
    assert reading.entries == [(b"\1", b"\2")] * 2
    assert [str(report) for report in reading.reports] == [
        "data: at byte 34: nothing was found: the map has no such entry",
        "data: at byte 39: bpftool says: can't get next key: gone",
    ]
    text = WARNINGS + b"1: {2,}\n"
    reading = read(2 * text + WARNINGS, number_layout(), member_layout())
    assert [len(found) for _, found in reading.maps] == [1, 1, 0]


def test_messages_of_bpftool_between_its_output() -> None:
    text = b"Warning: do not\nkey: 01  value: 02\nError: no\nkey: 03  value: 04\nFound 2 elements\n"
    reading = read(text)
    assert reading.entries == [(b"\1", b"\2"), (b"\3", b"\4")]
    assert [str(report) for report in reading.reports] == [
        "data: at byte 35: bpftool says: Error: no"
    ]
    assert reading.error is None


def test_ids_of_inner_maps() -> None:
    """As newer versions of bpftool show maps of maps."""
    text = b"key: 01 00 00 00  inner_map_id: 72\nkey: 02 00 00 00  inner_map_id: 300\n"
    reading = read(text)
    assert [values for _, values in reading.entries] == [b"\x48\0\0\0", b"\x2c\1\0\0"]
    big = number_layout(order="big")
    assert read(text, big, big).entries[1][1] == b"\0\0\1\x2c"
    text = b'[{"key":["0x01"],"value":["0x48","0x00","0x00","0x00"],"inner_map_id":72}]'
    assert read(text).entries == [(b"\1", b"\x48\0\0\0")]


def test_json_as_other_programs_write_it() -> None:
    entry = {
        "key": ["0x01"],
        "value": ["0x02", "0xFF"],
        "formatted": {"a": [1, {"b": '}},{"key":['}]},
    }
    for text in (
        json.dumps([entry] * 3, indent=1, sort_keys=True),
        json.dumps([entry] * 3, indent="\t"),
    ):
        reading = read(text.encode())
        assert reading.error is None
        assert reading.entries == [(b"\1", b"\2\xff")] * 3
    elements = {
        "elements": [entry],
        "flags": 1,
        "id": 5,
        "name": "abc",
        "type": 77,
        "x": {"y": [1]},
    }
    reading = read(json.dumps([elements] * 2).encode())
    assert [(m.id, m.name, m.flags, m.type) for m, _ in reading.maps] == [(5, "abc", 1, "")] * 2
    assert reading.entries == [(b"\1", b"\2\xff")] * 2


def test_maps_that_are_not_read_are_passed_over() -> None:
    _, outputs = map_dumps.kept()
    for output in outputs:
        if output.shape == shapes.LIST:
            continue
        text = output.data
        if output.shape == shapes.HEX and b"elements" in text:
            text += b"77: hash  name last  flags 0x0\nkey: 01  value: 02\nFound 1 element\n"
        reports: list[DataError] = []
        dump = open_dump(Input(text), reports.append, reports.append)
        maps = [map_ for map_ in dump.maps() if map_ is not None]
        assert len(maps) == len(output.maps) + (text != output.data)
        if text != output.data:
            assert (maps[-1].id, maps[-1].name) == (77, "last")


@pytest.mark.slow_pure
def test_a_map_left_early_is_passed_over_and_read_once() -> None:
    entries = [(bytes([i]), bytes(1000)) for i in range(250)] * 8
    text = map_writers.json_text(entries) * 2
    dump = open_dump(Input(text), pytest.fail, pytest.fail)
    for map_ in dump.maps():
        assert map_ is not None
        chunks = map_.entries()
        chunk = next(chunks)
        assert chunk is not None
        assert 0 < chunk.count < len(entries)
        assert apart(map_, chunk) == entries[: chunk.count]
        with pytest.raises(UsageError, match="have been read already"):
            map_.entries()
