"""Damages dumps of maps at random and reads what comes out.

    python tests/map_mutants.py RUN COUNT FILE   reads COUNT mutants and prints what went wrong
    python tests/map_mutants.py RUN:NUMBER       reads one, which may end with a traceback

Mutants are the same in every run of one Python version. A dump of any shape, whatever is in it, is
read, or an error of one line says what is wrong with it, in little time and memory.
"""

from __future__ import annotations

import functools
import sys
from random import Random

import map_dumps
from dumped import Dribble, Reading, layout_of, read
from map_dumps import Output
from mutants import judged, read_limited
from prettify.errors import DataError
from prettify.layout import Layout
from prettify.records.input import Input
from prettify.records.maps.dumped import shapes
from prettify.records.maps.dumped.opening import open_dump

WORDS = (
    b"key", b"value", b"values", b"cpu", b"formatted", b"next_key", b"elements", b"id", b"error",
    b"null", b"(nil)", b"0x", b"(unsupported-kind", b"<unsupported kind:16>", b"Found 3 elements\n",
    b"# WARNING\n", b"key:", b"value:", b"value (CPU 00):", b"inner_map_id: 5", b"Not found",
    b"\tcpu0: ", b"99999999999999999999999999", b"-1", b"4294967296", b"0xffffffffffffffffffff",
    b'"0x01",', b'{"key":["0x', b"}}]", b"}},", b"section (\".data\") = {", b"1: hash  flags 0x0\n",
)  # fmt: skip
MARKS = b"{}[]\",:\\ \n\t\r\0\xff0x9af'<>()#"
RUNS = (b"[", b"{", b" ", b"\n", b'{"a":', b'"', b"\\", b"0", b"01 ", b'"0x01",', b"',',")


@functools.cache
def originals() -> tuple[Output, ...]:
    """What is damaged."""
    return tuple(output for output in map_dumps.kept()[1] if output.data)


@functools.cache
def type_of(name: str) -> Layout | None:
    """A layout by its name in `map_dumps`; none for no name."""
    ids, _ = map_dumps.kept()
    return layout_of(map_dumps.TYPES.read_bytes(), ids[name]) if name else None


def mutant(run: int, number: int) -> tuple[Output, bytes, Random]:
    """One mutant, what it was, and the source of chance to read it with."""
    random = Random(run << 32 | number)
    original = random.choice(originals())
    data = bytearray(original.data)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        _damage(data, random)
    return original, bytes(data), random


def _damage(data: bytearray, random: Random) -> None:
    at = random.randrange(len(data) + 1)
    end = min(at + random.choice((1, 1, 2, 5, 30, 300)), len(data))
    way = random.randrange(9)
    if way == 0 and at < len(data):
        data[at] ^= 1 << random.randrange(8)
    elif way == 1:
        data[at : at + 1] = bytes([random.choice(MARKS)])
    elif way == 2:
        del data[at:end]
    elif way == 3:
        data[at:at] = random.choice(WORDS)
    elif way == 4:
        data[at:at] = data[at:end] * random.choice((1, 2, 20))
    elif way == 5:  # what stands elsewhere
        other = random.randrange(len(data) + 1)
        data[at:end] = data[other : other + end - at]
    elif way == 6:
        data[at:at] = random.choice(RUNS) * random.choice((3, 60, 300, 4000))
    elif way == 7 and random.random() < 0.3:
        del data[at:]
    else:  # a piece of another dump
        other_data = random.choice(originals()).data
        start = random.randrange(len(other_data))
        data[at:end] = other_data[start : start + random.choice((10, 100, 1000))]


def check(run: int, number: int) -> None:
    """Read a mutant. Raises what no reader may raise, or AssertionError."""
    original, data, random = mutant(run, number)
    key, value = type_of(original.key), type_of(original.value)
    if random.random() < 0.2:
        key, value = type_of("key"), type_of("plain")
    source = Dribble(data, random, 2000) if random.random() < 0.2 else data
    shape = original.shape if random.random() < 0.3 else None
    with judged():
        if original.shape == shapes.LIST:
            _list(source, shape)
        else:
            _judge(read(source, key, value, shape=shape))


def _judge(reading: Reading) -> None:
    errors = reading.reports + ([] if reading.error is None else [reading.error])
    for error in errors:
        assert str(error).isprintable()
        assert len(str(error)) < 2000
        assert error.offset is not None
    for note in reading.notes:
        assert note.isprintable()
    for map_, entries in reading.maps:
        assert len({(len(key), len(values)) for key, values in entries}) <= 1
        assert map_.name.isprintable()
        assert map_.type.isprintable()


def _list(source: bytes | Dribble, shape: str | None) -> None:
    reading = Reading()
    try:
        dump = open_dump(Input(source), reading.reports.append, reading.notes.append, shape=shape)
        for map_ in dump.listed():
            assert map_.name.isprintable()
            assert map_.type.isprintable()
            assert all(map(str.isprintable, map_.pinned))
            assert all(name.isprintable() for _, name in map_.owners)
    except DataError as error:
        reading.error = error
    _judge(reading)


if __name__ == "__main__":
    if ":" in sys.argv[1]:
        check(*map(int, sys.argv[1].split(":")))
    else:
        sys.exit(read_limited(int(sys.argv[1]), int(sys.argv[2]), check, sys.argv[3]))
