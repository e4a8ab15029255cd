"""Random formats of events and random records of them, against another reader; damaged formats."""

from __future__ import annotations

import json
import random
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples
from event_formats import event_of, format_files, format_text
from prettify.api import RecordType
from prettify.compilers import values
from prettify.composed import Composed
from prettify.core import emitter
from prettify.errors import PrettifyError
from prettify.layout import resolve
from prettify.sources.tracefs.formats import parse_format

# (what a type may be called, bytes, whether it is signed, struct's letter)
INTEGERS = [
    ("int", 4, 1, "i"), ("unsigned int", 4, 0, "I"), ("u64", 8, 0, "Q"), ("s64", 8, 1, "q"),
    ("pid_t", 4, 1, "i"), ("u8", 1, 0, "B"), ("s8", 1, 1, "b"), ("__u16", 2, 0, "H"),
    ("short", 2, 1, "h"), ("enum zone_type", 4, 0, "I"), ("const clockid_t", 8, 0, "Q"),
    ("size_t", 8, 0, "Q"), ("long", 8, 1, "q"), ("gfp_t", 4, 0, "I"), ("int", 8, 0, "Q"),
]  # fmt: skip
ELEMENTS = [
    ("char", "s"), ("u8", "B"), ("__u16", "H"), ("unsigned int", "I"), ("s32", "i"),
    ("unsigned long", "Q"), ("u64", "Q"), ("cpumask_t", "Q"),
]  # fmt: skip
HEAD = 8  # bytes of the common members


class Case:
    """A format's text, a record of it, and what JSON should say of its own members."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.fields: list[tuple[str, int, int, int]] = []
        self.expected: dict[str, Any] = {}
        self.fixed = bytearray(struct.pack("<HBBi", 7, 1, 2, 3))
        self.tail = b""
        # How long the fixed part is has to be known before the words are.
        makers = [self.random.choice(self.makers) for _ in range(self.random.randint(1, 8))]
        places: list[tuple[Any, str, int]] = []
        at = HEAD
        for number, maker in enumerate(makers):
            at += self.random.choice((0, 0, 1, 4))
            size = maker(self, f"m{number}", at)
            places.append((maker, f"m{number}", at))
            at += size
        self.fixed += bytes(at - len(self.fixed))
        for write, where in self.writes:
            write(where)
        self.record = bytes(self.fixed) + self.tail

    writes: list[tuple[Any, int]]

    def _later(self, write: Any, at: int) -> None:
        if not hasattr(self, "writes"):
            self.writes = []
        self.writes.append((write, at))

    def integer(self, name: str, at: int) -> int:
        type_, size, signed, letter = self.random.choice(INTEGERS)
        raw = self.random.randbytes(size)
        self.fields.append((f"{type_} {name}", at, size, signed))
        [self.expected[name]] = struct.unpack("<" + letter, raw)
        self._later(lambda where: self._put(where, raw), at)
        return size

    def boolean(self, name: str, at: int) -> int:
        value = self.random.choice((0, 1, 7))
        self.fields.append((f"bool {name}", at, 1, 0))
        self.expected[name] = bool(value)
        self._later(lambda where: self._put(where, bytes((value,))), at)
        return 1

    def pointer(self, name: str, at: int) -> int:
        value = self.random.choice((0, 1, 0xFFFF888812345678))
        type_ = self.random.choice(("void *", "const char *", "struct file *", "const void*"))
        self.fields.append((f"{type_} {name}", at, 8, 0))
        self.expected[name] = hex(value)
        self._later(lambda where: self._put(where, struct.pack("<Q", value)), at)
        return 8

    def text(self, name: str, at: int) -> int:
        size = self.random.choice((1, 16, 32))
        raw = self._text(size)
        number = self.random.choice((str(size), "TASK_COMM_LEN"))
        self.fields.append((f"char {name}[{number}]", at, size, 0))
        self.expected[name] = values.text_of(raw)
        self._later(lambda where: self._put(where, raw), at)
        return size

    def array(self, name: str, at: int) -> int:
        type_, size, signed, letter = self.random.choice(INTEGERS[:9])
        count = self.random.randint(1, 5)
        raw = self.random.randbytes(size * count)
        self.fields.append((f"{type_} {name}[{count}]", at, size * count, signed))
        self.expected[name] = list(struct.unpack(f"<{count}{letter}", raw))
        self._later(lambda where: self._put(where, raw), at)
        return size * count

    def opaque(self, name: str, at: int) -> int:
        size = self.random.choice((3, 12, 16))
        raw = self.random.randbytes(size)
        self.fields.append((f"struct thing {name}", at, size, 0))
        self.expected[name] = raw.hex()
        self._later(lambda where: self._put(where, raw), at)
        return size

    def located(self, name: str, at: int) -> int:
        type_, letter = self.random.choice(ELEMENTS)
        relative = self.random.random() < 0.4
        count = self.random.choice((0, 1, 2, 9))
        size = struct.calcsize("<" + letter)
        raw = self._text(count) if letter == "s" else self.random.randbytes(size * count)
        brackets = "" if type_ == "cpumask_t" else "[]"
        where = "__rel_loc" if relative else "__data_loc"
        signed = int(letter.islower() and letter != "s")
        self.fields.append((f"{where} {type_}{brackets} {name}", at, 4, signed))
        if letter == "s":
            self.expected[name] = values.text_of(raw)
        else:
            self.expected[name] = list(struct.unpack(f"<{count}{letter}", raw))
        outside = self.random.random() < 0.1
        if outside and raw:
            self.expected[name] = "" if letter == "s" else []

        def write(place: int) -> None:
            start = len(self.fixed) + len(self.tail)
            if outside and raw:
                start = 60_000
            else:
                self.tail += raw
            start -= place + 4 if relative else 0
            self._put(place, struct.pack("<I", start | len(raw) << 16))

        self._later(write, at)
        return 4

    def _text(self, size: int) -> bytes:
        return bytes(self.random.choice(b'abc"\\\n\0\xc3\xa9\xff') for _ in range(size))

    def _put(self, at: int, raw: bytes) -> None:
        self.fixed[at : at + len(raw)] = raw

    makers = (integer, integer, boolean, pointer, text, array, opaque, located, located)


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(0, 1 << 32).map(Case))
def test_records_are_what_their_format_says(case: Case) -> None:
    record_type = RecordType(event_of(format_text(case.fields)).type)
    found = json.loads(record_type.format(case.record, "ndjson"))
    assert [found.pop(name) for name in ("common_type", "common_pid")] == [7, 3]
    assert [found.pop(f"common_{name}") for name in ("flags", "preempt_count")] == [1, 2]
    assert found == case.expected
    assert list(found) == [f"m{number}" for number in range(len(case.fields))]
    value = record_type.unpack(case.record)
    assert record_type.pack(value) == case.record


FILES = list(format_files())


@pytest.mark.parametrize("file", FILES[::6], ids=lambda f: f"{f.parts[-3]}-{f.parts[-2]}")
def test_damaged_formats_are_read_or_refused_in_one_line(file: Path) -> None:
    """Whatever a text says, records of it are shown within their bounds."""
    whole = file.read_bytes()
    chooser = random.Random(str(file))
    refused = []
    for _ in range(60 if emitter.COMPILED else 20):
        text = bytearray(whole)
        for _ in range(chooser.choice((1, 1, 2, 5))):
            _damage(text, chooser)
        try:
            event = parse_format(bytes(text), Composed(None, path="damaged"))
            layout = resolve(event.type)
            if layout.size > 1 << 16:
                continue
            record = chooser.randbytes(layout.size + chooser.choice((0, 40)))
            for form in ("ndjson", "pahole", "csv", "c", "kernel"):
                assert RecordType(event.type).format(record, form)
        except PrettifyError as error:
            refused.append(str(error))
    assert refused
    assert not [line for line in refused if "\n" in line or len(line) > 1200]


def _damage(text: bytearray, chooser: random.Random) -> None:
    """Change a byte or a number of the text, or take a part of it out or in twice."""
    numbers = [match.span() for match in re.finditer(rb"\d+", text[:1500])]
    at = chooser.randrange(min(len(text), 1500))
    what = chooser.randrange(4)
    if what == 0 or not numbers:
        text[at] = chooser.choice((*b";:[]*() \t\n\0\xff9", chooser.randrange(256)))
    elif what == 1:
        start, end = chooser.choice(numbers)
        text[start:end] = chooser.choice((b"0", b"1", b"4294967295", b"99999", b"7", b"-1"))
    elif what == 2:
        del text[at : at + chooser.randint(1, 40)]
    else:
        text[at:at] = text[at : at + chooser.randint(1, 80)]
