"""Dumps of maps as streams: entries as they arrive, and what is larger than a window."""

from __future__ import annotations

import json
import os
import struct
import threading
from random import Random
from typing import Any

import pytest

import map_writers
from btf_writer import BtfWriter
from dumped import WARNINGS, Dribble, Entries, apart, kernel_text, layout_of, number_layout, read
from prettify.records.input import Input
from prettify.records.maps.dumped import window
from prettify.records.maps.dumped.opening import open_dump


@pytest.mark.parametrize("write", [map_writers.json_text, map_writers.hex_text])
def test_entries_come_as_they_arrive(write: Any) -> None:
    """None comes before a wait, and all that can be read comes before it."""
    entries = [(bytes([i]), bytes([i, i])) for i in range(6)]
    text = write(entries)
    cut = text.index(b"05")  # within the last entry
    reader, writer = os.pipe()
    with open(reader, "rb", buffering=0) as stream:
        os.write(writer, text[:cut])
        dump = open_dump(Input(stream), pytest.fail, pytest.fail)
        [map_] = [next(m for m in dump.maps() if m is not None)]
        chunks = map_.entries()
        found: Entries = []
        while (chunk := next(chunks)) is not None:
            found += apart(map_, chunk)
        assert found == entries[:5]
        rest = threading.Timer(0.05, lambda: (os.write(writer, text[cut:]), os.close(writer)))
        rest.start()
        found += [one for chunk in chunks if chunk is not None for one in apart(map_, chunk)]
        rest.join()
    assert found == entries


@pytest.mark.slow_pure
@pytest.mark.parametrize("pretty", [False, True])
def test_entries_larger_than_windows(pretty: bool) -> None:
    random = Random(5)
    entries = [(bytes([i]), random.randbytes(160_000)) for i in range(2)]
    text = map_writers.json_text(entries, pretty=pretty)
    texts = [text, text.replace(b"]}", b'],"formatted":{"a":[' + b"1," * 700_000 + b"]}}")]
    for text in texts if not pretty else texts[:1]:
        for source in (text, Dribble(text, random, 100_000)):
            reading = read(source)
            assert reading.error is None
            assert reading.entries == entries
    text = map_writers.hex_text(entries)
    assert read(Dribble(text, random, 100_000)).entries == entries


@pytest.mark.slow_pure
def test_members_larger_than_windows() -> None:
    w = BtfWriter("little")
    number = w.int("number", 4)
    many = w.array(number, 130_000)
    layouts_ = layout_of(w.bytes(), number), layout_of(w.bytes(), many)
    value = Random(6).randbytes(520_000)
    entries = [(b"\1\0\0\0", value), (b"\2\0\0\0", value[::-1])]
    numbers = [list(struct.unpack("<130000I", one)) for _, one in entries]
    rows = [{"key": key[0], "value": one} for (key, _), one in zip(entries, numbers)]
    text = json.dumps(rows).encode()
    assert len(text) > window.ROOM
    reading = read(text, *layouts_)
    assert reading.error is None
    assert reading.entries == entries
    lines = (b"%d: %b\n" % (key[0], kernel_text(layouts_[1], one)) for key, one in entries)
    reading = read(WARNINGS + b"".join(lines), *layouts_)
    assert reading.error is None
    assert reading.entries == entries


def test_what_has_no_end_is_refused_early() -> None:
    """Not only when all of it is in memory."""
    number = number_layout()
    for text in (
        b'[{"key":1,"value":' + b" " * 3_000_000,
        b'[{"key":1,"value":"' + b"x" * 3_000_000,
        WARNINGS + b"1" * 3_000_000,
        b'[{"key":["0x01"],"' + b"x" * 3_000_000,
        b'[{"key":["0x01"],"value":{"error":"' + b"x" * 3_000_000,
        b"key: 01  value: " + b"z" * 3_000_000,
    ):
        reading = read(text, None if b'"key":[' in text else number, number)
        assert reading.error is not None
        assert (reading.error.offset or 0) < 100
