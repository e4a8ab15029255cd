"""Dumps of maps that are damaged, cut short, or something else."""

from __future__ import annotations

from random import Random

import pytest

import map_dumps
from dumped import WARNINGS, Dribble, Reading, layout_of, member_layout, number_layout, read
from prettify.errors import DataError, UsageError
from prettify.layout import Layout
from prettify.records.input import Input
from prettify.records.maps.dumped import shapes
from prettify.records.maps.dumped.opening import open_dump


def wrong(text: bytes, key: Layout | None = None, value: Layout | None = None) -> Reading:
    reading = read(text, key, value)
    assert reading.error is not None
    assert reading.error.offset is not None
    assert str(reading.error).isprintable()
    return reading


GOOD = b'{"key":["0x01"],"value":["0x02"]},'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"key":["0x01","0x02"],"value":["0x02"]}]', "at byte 35: its key has 2 bytes, those"),
        (b'{"key":["0x01"],"value":[]}]', "at byte 35: its value has 0 bytes, those before it 1"),
        (b'{"key":["0x01"],"values":[{"cpu":0,"value":["0x02"]}]}]', "1 CPUs have values, of"),
        (b'{"key":["0x01"],"value":["0x0g"]}]', "at byte 60: '\"0x0g\"]}]' where a byte such as"),
        (b'{"key":["0x1"],"value":["0x02"]}]', "at byte 43: '\"0x1\"],\"value\":[\"0x02"),
        (b'{"key":["0x01"]}]', "at byte 35: an entry without a value"),
        (b'{"value":["0x01"]}]', "at byte 35: an entry without a key"),
        (b'{"key":["0x01"],"value":["0x02"]} {', "at byte 69: '{' where ',' or ']' should be"),
        (b'{"key":["0x01"],"value":["0x02"', "at byte 66: the end where ',' or ']' should be"),
        (b'{"key":["0x01"],"value":["0x02"]}', "at byte 68: the end where ',' or ']' should be"),
        (b'{"key":["0x01"],"formatted":{"a":"', "at byte 63: an entry without an end"),
        (b'{"key":["0x01"],"formatted":{"a":1', "at byte 63: a value without an end"),
        (b'{"key":["0x01"],"value":{"error":"x', "at byte 68: a string without an end"),
        (b'{"key":5,"value":["0x02"]}]', "at byte 35: an entry whose key has no bytes"),
        (b"7]", "at byte 35: '7]' where an entry should be"),
        (b'{"key":["0x01"],"values":[{"cpu":1,"value":["0x02"]}]}]', "value of CPU 0 is missing"),
        (b'{"key":["0x01"],"values":[{"value":["0x02"]}]}]', "a value of a CPU without 'cpu'"),
        (
            b'{"key":["0x01"],"values":[{"cpu":0,"value":["0x02"]},{"cpu":1,"value":[]}]}]',
            "0 bytes of CPU 1, 1 of the others",
        ),
    ],
)  # fmt: skip
def test_json_that_is_wrong(text: bytes, message: str) -> None:
    reading = wrong(b"[" + GOOD + text)
    assert set(reading.entries) == {(b"\1", b"\2")}
    assert message in str(reading.error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"key: 01 02  value: 02\n", "at byte 19: its key has 2 bytes, those before it 1"),
        (b"key: 01  value: 02 03\n", "at byte 19: its value has 2 bytes, those before it 1"),
        (b"key: 01  value: 02 3", "at byte 38: '3' where a byte of two digits should be"),
        (b"key: 01  valu: 02", "at byte 28: 'valu: 02' where 'value:' should be"),
        (b"key: 01  value (CPU 00): 02\n", "at byte 19: 1 CPUs have values, of those before it 0"),
        (b"key: 01  value (CPU 01): 02\n", "at byte 19: the value of CPU 0 is missing"),
        (b"12: hash\n", "at byte 19: '12: hash' where what is known of a map should be"),
        (b"key: 01  value: zz\nkey", "at byte 38: 'key' where 'key:' should be"),
    ],
)
def test_hex_that_is_wrong(text: bytes, message: str) -> None:
    reading = wrong(b"key: 01  value: 02\n" + text)
    assert reading.entries == [(b"\1", b"\2")]
    assert message in str(reading.error)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"2: {3,}", "the end where '\\n' should be"),
        (b"2: {3", "the end where ',' should be"),
        (b"2: {x,}\n", "entry at byte 84: value.m: 'x,}' is no value of it"),
        (b"2: {99999999999,}\n", "value.m: 99999999999 does not fit in 32 bits"),
        (b"2: 3\n", "value: '3' where '{' should be"),
        (b"a: {3,}\n", "key: 'a: {3,}' is no value of it"),
        (b"2: {\n\tcpu1: x", "value: 'x' where '{' should be"),
        (b"2: {\nx", "'x' where the value of a CPU, or '}', should be"),
    ],
)
def test_text_of_the_kernel_that_is_wrong(text: bytes, message: str) -> None:
    reading = wrong(WARNINGS + b"1: {2,}\n" + text, number_layout(), member_layout())
    assert reading.entries == [(b"\1\0\0\0", b"\2\0\0\0")]
    assert message in str(reading.error)


def test_other_types_than_those_of_the_dump() -> None:
    text = b'[{"key":["0x01"],"value":["0x02"]}]'
    assert "the dump has 1 bytes of key, number 4: these are other types" in str(
        wrong(text, number_layout()).error
    )
    assert "1 bytes of value" in str(wrong(text, None, number_layout()).error)
    following = b'{"key":null,"next_key":["0x01","0x02","0x03","0x04"]}'
    assert read(following, number_layout(), member_layout()).error is None


@pytest.mark.slow_pure
def test_dumps_cut_short_anywhere() -> None:
    """What is whole before the cut is read, and nothing else."""
    random = Random(1)
    ids, outputs = map_dumps.kept()
    btf = map_dumps.TYPES.read_bytes()
    for output in outputs:
        if output.shape == shapes.LIST or output.lossy or output.failing:
            continue
        types = [layout_of(btf, ids[n]) if n else None for n in (output.key, output.value)]
        whole = read(output.data, *types).entries
        text = output.data.rstrip()
        if not whole or len(text) < 40:
            continue
        for length in random.sample(range(40, len(text)), min(30, len(text) - 40)):
            reading = read(text[:length], *types, shape=output.shape)
            found = reading.entries
            if output.shape != shapes.HEX:
                assert reading.error is not None or output.shape == shapes.PINNED
                assert found == whole[: len(found)]
            elif len(found) > 1:  # of the first entry of a map no one knows the size
                assert found[:-1] == whole[: len(found) - 1]
                ended = b"Found" in text[:length].splitlines()[-1]
                assert ended or len(output.maps) > 1 or reading.error is not None or reading.notes


@pytest.mark.parametrize(
    "text",
    [
        b'[{"id":99999999999999999999999,"elements":[]}]',
        b'[{"key":["0x01"],"values":[{"cpu":99999999999,"value":["0x02"]}]}]',
        b"key: 01  value (CPU 99999999): 02\n",
        b"1: hash  flags 0x0\n99999999999: hash  flags 0x0\n",
    ],
)
def test_numbers_that_are_too_large(text: bytes) -> None:
    assert wrong(text).entries == []


# What an input is.


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        (b"[]", shapes.JSON),
        (b"[ ]\n", shapes.JSON),
        (b"null\n", shapes.JSON),
        (b'{"error":"x"}', shapes.JSON),
        (b' [\n{ "key" : [ "0x01"', shapes.JSON),
        (b'[{"key":[],"value":["0x01"]}]', shapes.JSON),
        (b'{"key":null,"next_key":["0x01"]}', shapes.JSON),
        (b'{"key":["0x01"],"value":{"error":"x"}}', shapes.JSON),
        (b'[{"id":1,"type":"hash","elements":[]}]', shapes.JSON),
        (b'[{"id":1,"type":"hash","elements":[{"key":["0x01"]', shapes.JSON),
        (b'[{"id":1,"type":"hash","elements":[{"key":1}', shapes.TYPED),
        (b'[{"id":1,"type":"hash","bytes_key":4}]', shapes.LIST),
        (b'{"id":1,"type":"hash","bytes_key":4}', shapes.LIST),
        (b"1: hash  flags 0x0\n\tkey 4B", shapes.LIST),
        (b"1: hash  name x  flags 0x0\nkey: 01", shapes.HEX),
        (b'[{"key":1,"value":["0x01"]}]', shapes.TYPED),
        (b'[{"value":{".data":[{"x":1}]}}]', shapes.TYPED),
        (b'[{"key":["ab",[1]],"value":1}]', shapes.TYPED),
        (b"[key: 01  value: <cannot read>", shapes.TYPED),
        (b"key: 01", shapes.HEX),
        (b"value: 01", shapes.HEX),
        (b"Found 0 elements\n", shapes.HEX),
        (b"Error: no\n", shapes.HEX),
        (WARNINGS, shapes.PINNED),
        (b"0: {1,}\n", shapes.PINNED),
        (b"\0\1\2", shapes.RAW),
        (b"[\x80", shapes.RAW),
        (b"{}", shapes.RAW),
        (b"12345678901", shapes.RAW),
    ],
)
def test_shapes_are_recognised(text: bytes, shape: str) -> None:
    for source in (text, Dribble(text, Random(1), 3)):
        assert open_dump(Input(source), pytest.fail, pytest.fail).shape == shape


def test_what_is_no_dump() -> None:
    for text in (b"", b"  \n"):
        assert str(read(text).error) == "data: at byte 0: nothing is in it"
    listed = read(b'[{"id":1,"type":"hash","bytes_key":4}]').error
    assert "is a list of maps, without their entries: `prettify map list` shows it" in str(listed)
    dump = open_dump(Input(b"[]"), pytest.fail, pytest.fail)
    with pytest.raises(DataError, match="no list of maps: `prettify map dump` shows it"):
        list(dump.listed())
    with pytest.raises(UsageError, match="dumps have no shape 'json': there are"):
        open_dump(Input(b"[]"), pytest.fail, pytest.fail, shape="json")
    error = str(wrong(b'[{"id":1,"type":"hash","flags":0}]').error)
    assert error == "data: at byte 1: what is known of a map, but none of its entries"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'[{"bytes_key":4}]', "at byte 1: a map without an id"),
        (b'[{"id":"x","bytes_key":4}]', "at byte 1: 'x' is no id of a map"),
        (b'[{"id":1,"bytes_key":4,"pinned":5}]', "at byte 1: 5 is no pinned of a map"),
        (b'[{"id":1,"bytes_key":4,"pids":[{"pid":1}]}]', "is no owners of a map"),
        (b'[{"id":1,"bytes_key":4', "the end where ',' or '}' should be"),
        (b'[{"id":1,"bytes_key":' + b"[" * 30, "does not nest so deeply"),
        (b"1: hash  flags 0x0\n\tkey 4B\nx", "neither JSON nor a line of `bpftool map list`"),
    ],
)
def test_lists_that_are_wrong(text: bytes, message: str) -> None:
    dump = open_dump(Input(text), pytest.fail, pytest.fail)
    with pytest.raises(DataError) as raised:
        list(dump.listed())
    assert message in str(raised.value)


def test_what_lists_say_beside_sizes() -> None:
    text = b"""1: hash  name a b  flags 0x1
\tkey 4B  value 8B  max_entries 10
\tbtf_id 7  frozen
\tpids sh(12), a(b)(13)
2: type 99  flags 0x0
\tkey 0B  value 0B  max_entries 1  memlock 4096B
\tpinned /sys/fs/bpf/x
\tpinned /sys/fs/bpf/y z
"""
    one, other = open_dump(Input(text), pytest.fail, pytest.fail).listed()
    assert (one.name, one.frozen, one.btf_id, one.memory) == ("a b", True, 7, None)
    assert one.owners == ((12, "sh"), (13, "a(b)"))
    assert (other.type, other.pinned) == ("type 99", ("/sys/fs/bpf/x", "/sys/fs/bpf/y z"))
    text = (
        b'[{"id":1,"type":"hash","bytes_key":4,"frozen":1,"pids":[{"pid":12,"comm":"sh"}]},'
        b'{"id":2,"type":99,"bytes_key":4,"new":{"x":[null,-1]}}]{"error":"no"}'
    )
    reports: list[DataError] = []
    one, other = open_dump(Input(text), reports.append, pytest.fail).listed()
    assert (one.frozen, one.owners, other.type) == (True, ((12, "sh"),), "99")
    assert [str(report) for report in reports] == ["data: at byte 136: bpftool says: no"]
