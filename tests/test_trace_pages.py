"""Pages of trace buffers: what `core.trace_pages` finds in them is what was written."""

from __future__ import annotations

import random
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import examples
from prettify.core import trace_pages as core
from prettify.core.rows import ROW
from prettify.core.tables import zeroes
from prettify.errors import TypeInfoError
from prettify.records.tracing.pages import USUAL, Pages
from trace_writer import MISSED, PADDING, TraceWriter

Event = tuple[int, int, bytes]
"""(time, processor, what it is)"""


def reading(
    writers: list[TraceWriter], wanted: set[int] | None = None
) -> tuple[memoryview, memoryview, memoryview, bytes]:
    """Tables for `merge` of all pages of these processors at once, and the pages."""
    first = writers[0]
    pages = Pages(first.header_page(), "made", first.order, 0)
    table = zeroes("q", core.STREAM * len(writers))
    data = b""
    for at, writer in enumerate(writers):
        table[core.STREAM * at + core.NEXT] = len(data)
        data += writer.pages()
        table[core.STREAM * at + core.THERE] = len(data)
        table[core.STREAM * at + core.CPU] = 10 + at
    numbers = zeroes("q", 1 << 16)
    for number in range(1 << 16):
        numbers[number] = int(wanted is None or number in wanted)
    return pages.table, table, numbers, data


def merged(writers: list[TraceWriter], room: int = 1 << 16, wanted: set[int] | None = None) -> Any:
    """(events, statuses but FULL) of a run through buffers of that size."""
    order, mark = writers[0].order, writers[0].mark
    pages, table, numbers, data = reading(writers, wanted)
    state = zeroes("q", core.RUN)
    state[core.LIMIT] = core.FOREVER
    out, rows = bytearray(room), zeroes("q", ROW * 64)
    state[core.ROOM], state[core.MOST] = len(out), 64
    events: list[Event] = []
    statuses = []
    for _ in range(100_000):
        state[core.OUT] = state[core.ROWS] = 0
        status = core.merge(pages, table, numbers, data, out, rows, state)
        for at in range(state[core.ROWS]):
            _, start, place, length = rows[ROW * at : ROW * at + ROW]
            time, cpu, number = struct.unpack_from(mark + "QII", out, start)
            payload = bytes(out[start + core.HEAD : start + length])
            assert payload == data[place : place + length - core.HEAD]
            assert number == int.from_bytes(payload[:2], order)
            events.append((time, cpu, payload))
        if status == core.NEED:
            table[core.STREAM * state[core.ASKED] + core.STATE] = core.OVER
        elif status != core.FULL:
            statuses.append(status)
            if status != core.BAD:
                break
            stream = core.STREAM * state[core.ASKED]
            statuses[-1] = tuple(table[stream + core.FAULT : stream + core.SAID + 1])
    else:
        raise AssertionError("no end")
    return events, statuses, table


def payload_of(number: int, size: int, order: Any, chooser: random.Random) -> bytes:
    return number.to_bytes(2, order) + chooser.randbytes(size)


class Trace:
    """A random trace of some processors."""

    def __init__(self, seed: int) -> None:
        chooser = random.Random(seed)
        order = chooser.choice(("little", "big"))
        size = chooser.choice((512, 4096, 4096, 8192))
        long = chooser.choice((4, 8))
        self.writers = [TraceWriter(order, size, long) for _ in range(chooser.randint(1, 4))]
        self.events: list[Event] = []
        for cpu, writer in enumerate(self.writers, 10):
            time = chooser.choice((0, 1 << 40, (1 << 60) + 5))
            for _ in range(chooser.choice((0, 1, 30, 200))):
                time += chooser.choice((0, 0, 1, 700, 1 << 20, (1 << 27) - 1, 1 << 27, 1 << 35))
                data = payload_of(
                    chooser.choice((1, 2, 300, 65535)), chooser.choice((2, 6, 60, 111, 200)),
                    order, chooser,
                )  # fmt: skip
                self.events.append((time, cpu, writer.add(time, data, chooser)))
                if chooser.random() < 0.01:
                    writer.end_page(chooser)
        self.events.sort(key=lambda event: event[:2])
        self.room = chooser.choice((400, 4096, 1 << 16))


def by_time(events: list[Event]) -> list[Event]:
    """In order of time and processor, as ties are."""
    return sorted(events, key=lambda event: event[:2])


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, 1 << 32).map(Trace))
def test_what_was_written_is_read(trace: Trace) -> None:
    events, statuses, _ = merged(trace.writers, trace.room)
    assert statuses == [core.DONE]
    times = [time for time, _, _ in events]
    assert times == sorted(times)
    assert by_time(events) == trace.events


def test_events_that_are_not_wanted_are_left_out() -> None:
    trace = Trace(5)
    order = trace.writers[0].order
    events, _, _ = merged(trace.writers, wanted={300, 2})
    assert by_time(events) == [
        event for event in trace.events if int.from_bytes(event[2][:2], order) in (300, 2)
    ]


def test_numbers_are_counted() -> None:
    writer = TraceWriter()
    for time in range(5):
        writer.add(time, struct.pack("<HHI", 7 if time else 8, 0, time))
    pages, table, numbers, data = reading([writer])
    numbers[7], numbers[8] = 2, 1
    state = zeroes("q", core.RUN)
    state[core.LIMIT], state[core.ROOM], state[core.MOST] = core.FOREVER, 1 << 12, 64
    core.merge(pages, table, numbers, data, bytearray(1 << 12), zeroes("q", 256), state)
    assert (numbers[7], numbers[8]) == (6, 1)


def test_a_run_stops_at_a_time_and_looks_ahead() -> None:
    writer = TraceWriter()
    for time in (10, 20, 30):
        writer.add(time, bytes(8))
    pages, table, numbers, data = reading([writer])
    state = zeroes("q", core.RUN)
    state[core.ROOM], state[core.MOST] = 1 << 12, 64
    out, rows = bytearray(1 << 12), zeroes("q", 256)
    nothing = zeroes("q", 1 << 16)
    assert core.latest(pages, table, nothing, data, 0) == 30
    for limit, count in ((5, 0), (20, 2), (29, 2)):
        state[core.LIMIT] = limit
        assert core.merge(pages, table, numbers, data, out, rows, state) == core.LATER
        assert state[core.ROWS] == count
        assert core.latest(pages, table, nothing, data, 0) == 30


def test_times_of_59_bits_go_on_from_those_before() -> None:
    base = (5 << 59) + 100
    writer = TraceWriter()
    writer.begin_page(base - (1 << 64) if base >> 63 else base)
    assert writer.page is not None
    first, second = 200, 50  # the second one is lower: the 59 bits have gone round
    for low in (first, second):
        writer.page += writer.word(31, low) + writer.number(0) + writer.word(1, 0) + bytes(4)
    events, _, _ = merged([writer])
    assert [time for time, _, _ in events] == [(5 << 59) + first, (6 << 59) + second]


def test_lost_events_are_counted() -> None:
    writer = TraceWriter()
    writer.missed = 7
    writer.add(1, bytes(8))
    writer.end_page()
    writer.missed = 5
    writer.add(2, bytes(8))
    writer.end_page()
    writer.missed = -1  # not known how many
    writer.add(3, bytes(8))
    _, _, table = merged([writer])
    assert (table[core.LOST], table[core.GAPS]) == (12, 1)


@pytest.mark.parametrize(
    ("used", "words", "fault"),
    [
        (4081, b"", (core.TOO_FULL, 0, 4081)),
        (MISSED >> 8, b"", (core.TOO_FULL, 0, MISSED >> 8)),
        (3, b"", (core.NO_EVENT, 16, 3)),
        (4, struct.pack("<I", 0), (core.NO_EVENT, 16, 4)),
        (8, struct.pack("<II", 0, 3), (core.TOO_LONG, 16, 3)),
        (8, struct.pack("<II", 0, 99), (core.TOO_LONG, 24, 95)),
        (8, struct.pack("<II", 2, 0), (core.TOO_LONG, 20, 8)),
        (8, struct.pack("<II", PADDING | 1 << 5, 99), (core.TOO_LONG, 20, 99)),
        (8, struct.pack("<II", 0, 4), (core.TOO_LONG, 24, 0)),
        (4, struct.pack("<I", 30), (core.NO_EVENT, 16, 4)),
    ],
)
def test_damaged_pages_are_left_out(used: int, words: bytes, fault: Any) -> None:
    writer = TraceWriter()
    writer.add(9, b"\1\0\0\0")
    good = writer.pages()
    bad = struct.pack("<QQ", 5, used) + words
    writer.done = [bad.ljust(4096, b"\0"), good]
    events, statuses, _ = merged([writer])
    assert statuses == [fault, core.DONE]
    assert events == [(9, 10, b"\1\0\0\0")]


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(0, 1 << 32), st.integers(0, 1 << 32))
def test_mutants_end(seed: int, damage: int) -> None:
    """Whatever is in pages, there is an end, and all events are within them."""
    trace = Trace(seed)
    chooser = random.Random(damage)
    for writer in trace.writers:
        data = bytearray(writer.pages())
        for _ in range(chooser.randint(1, 6) if data else 0):
            at = chooser.choice(
                (chooser.randrange(len(data)), chooser.randrange(min(64, len(data))))
            )
            data[at] = chooser.choice((0, 0xFF, chooser.randrange(256), data[at] ^ 1 << 3))
        writer.done = [bytes(data)]
    for writer in trace.writers:
        writer.page = None
    events, statuses, _ = merged(trace.writers, 1 << 14)
    assert statuses[-1] == core.DONE
    assert len(statuses) <= 2 + sum(len(writer.pages()) // 512 for writer in trace.writers)
    assert all(len(payload) <= 8192 for _, _, payload in events)


# What pages are like.


def test_the_usual_page() -> None:
    pages = Pages(USUAL, "usual", "little", 0)
    assert pages.size == 4096
    assert list(pages.table)[:7] == [4096, 0, 8, 8, 16, 0, 0]


@pytest.mark.parametrize(
    ("old", "new", "error"),
    [
        ("commit", "comit", "no field 'commit'"),
        ("timestamp", "time", "no field 'timestamp'"),
        ("size:4080", "size:0", "its fields make no page"),
        ("size:4080", "size:999999999", "a field ends at byte 1000000015, over"),
        ("offset:16", "offset:12", "its fields make no page"),
        ("offset:8;\tsize:8", "offset:8;\tsize:2", "its fields make no page"),
        ("field: u64", "feld: u64", "line 1: a field is"),
    ],
)
def test_what_is_no_page(old: str, new: str, error: str) -> None:
    with pytest.raises(TypeInfoError, match=error):
        Pages(USUAL.replace(old, new), "usual", "little", 0)
