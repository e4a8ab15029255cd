"""Ring buffers and perf buffers in files in memory, written by hand: what they can be, and what no
program can be made to make of them. This needs no BPF.
"""

from __future__ import annotations

import io
import mmap
import os
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from event_runs import BUSY, DISCARDED, Outcome, follow, record
from prettify.errors import DataError
from prettify.records.maps.events import perf_buffer, ring_buffer
from prettify.records.maps.events.perf_buffer import PerfBuffer
from prettify.records.maps.events.ring_buffer import RingBuffer
from prettify.records.until import Until
from test_ring_scan import perf_record


def sequences(outcome: Outcome) -> list[int]:
    return [line["sequence"] for line in outcome.lines]


def event(sequence: int) -> bytes:
    return struct.pack("=QII", sequence, 1, 0)


class Ring:
    """A ring buffer in a file in memory, which is written by hand; its data is there twice."""

    def __init__(self, size: int = mmap.PAGESIZE) -> None:
        self.size = size
        self.file = os.memfd_create("ring")
        os.ftruncate(self.file, 2 * mmap.PAGESIZE + 2 * size)
        self.end = 0

    def place(self, position: int, data: bytes) -> None:
        for at, byte in enumerate(data):
            where = (position + at) % self.size
            for copy in (0, self.size):
                os.pwrite(self.file, bytes([byte]), 2 * mmap.PAGESIZE + copy + where)

    def write(self, data: bytes) -> int:
        """Add what is there already when the position changes; returns its own."""
        before = self.end
        self.place(before, data)
        self.move(before + len(data))
        return before

    def move(self, position: int) -> None:
        self.end = position
        os.pwrite(self.file, struct.pack("@L", position % (1 << 64)), mmap.PAGESIZE)

    @property
    def consumed(self) -> int:
        return int(struct.unpack("@L", os.pread(self.file, struct.calcsize("@L"), 0))[0])

    def read(self, **choices: Any) -> Outcome:
        source = RingBuffer(self.file, self.size, "ring")
        return follow([source], "event", duration=0, **choices)


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ring]:
    """Regular files cannot be waited for, and here nobody waits."""
    monkeypatch.setattr(Until, "watch", lambda self, *files, edges=False: io.BytesIO())
    ring = Ring()
    yield ring
    os.close(ring.file)


def test_an_event_that_is_being_written_is_waited_for(by_hand: Ring) -> None:
    by_hand.write(record(event(1)) + record(b"gone", DISCARDED))
    busy = by_hand.write(record(event(2), BUSY) + record(event(3)))
    assert sequences(by_hand.read()) == [1]
    assert by_hand.consumed == busy
    assert by_hand.read().output == b""
    by_hand.place(busy, record(event(2)))
    assert sequences(by_hand.read()) == [2, 3]
    assert by_hand.consumed == by_hand.end


def test_discarded_events_alone_are_consumed(by_hand: Ring) -> None:
    by_hand.write(record(event(1), DISCARDED) * 3)
    assert by_hand.read().output == b""
    assert by_hand.consumed == by_hand.end


def test_positions_go_around(by_hand: Ring) -> None:
    by_hand.end = (1 << 64) - 48
    os.pwrite(by_hand.file, struct.pack("@L", by_hand.end), 0)
    by_hand.write(b"".join(record(event(n)) for n in range(4)))
    outcome = by_hand.read()
    assert sequences(outcome) == [0, 1, 2, 3]
    assert by_hand.consumed == 48
    assert not outcome.errors


@pytest.mark.parametrize(
    ("data", "position", "message"),
    [
        (record(event(1)), 1 << 20, "there are said to be 1048576 bytes in 4096"),
        (record(event(1)), 27, "there are said to be 27 bytes in 4096"),
        (record(event(1)) + record(bytes(16))[:8], 32, "ends behind what has been written"),
        (record(event(1), DISCARDED)[:16], 16, "ends behind what has been written"),
    ],
)
def test_what_no_kernel_writes_is_an_error(
    by_hand: Ring, data: bytes, position: int, message: str
) -> None:
    by_hand.place(0, data)
    by_hand.move(position)
    outcome = by_hand.read()
    assert len(outcome.lines) == (position == 32)
    [found] = outcome.messages
    assert found.startswith("ring: position ")
    assert found.endswith(message)
    assert isinstance(outcome.errors[0], DataError)


def test_many_events_come_in_several_batches(
    by_hand: Ring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ring_buffer, "MANY", 7)
    by_hand.write(b"".join(record(event(n)) for n in range(150)))
    assert sequences(by_hand.read(count=100)) == list(range(100))
    assert by_hand.consumed == 100 * 24
    monkeypatch.setattr(ring_buffer, "CHUNK", 100)
    assert sequences(by_hand.read()) == list(range(100, 150))


def test_a_short_event_is_told_with_its_number(by_hand: Ring) -> None:
    by_hand.write(record(event(1)) + record(b"short") + record(event(2)))
    outcome = by_hand.read()
    assert sequences(outcome) == [1, 2]
    assert outcome.messages == ["ring: event 2 has 5 bytes, 16 needed for struct event"]


# Perf buffers.


class PerfRing:
    """The buffer of a processor in a file in memory, which is written by hand."""

    def __init__(self, pages: int = 1) -> None:
        self.size = pages * mmap.PAGESIZE
        self.file = os.memfd_create("perf")
        os.ftruncate(self.file, mmap.PAGESIZE + self.size)
        self.head = 0

    def write(self, data: bytes) -> None:
        place = self.head % self.size
        first = data[: self.size - place]
        os.pwrite(self.file, first, mmap.PAGESIZE + place)
        os.pwrite(self.file, data[len(first) :], mmap.PAGESIZE)
        self.head += len(data)
        os.pwrite(self.file, struct.pack("=Q", self.head), perf_buffer.HEAD_AT)

    @property
    def tail(self) -> int:
        return int(struct.unpack("=Q", os.pread(self.file, 8, perf_buffer.TAIL_AT))[0])


@pytest.fixture
def perf_by_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[PerfRing]]:
    rings = [PerfRing(), PerfRing()]
    monkeypatch.setattr(Until, "watch", lambda self, *files, edges=False: io.BytesIO())
    monkeypatch.setattr(perf_buffer, "online_cpus", lambda: [0, 1])
    monkeypatch.setattr(perf_buffer, "_perf_event", lambda cpu, name: os.dup(rings[cpu].file))
    monkeypatch.setattr(perf_buffer, "_change", lambda *_: 0)
    yield rings
    for ring in rings:
        os.close(ring.file)


def read_perf(**choices: Any) -> Outcome:
    return follow([PerfBuffer(0, 2, "perf", 1)], "event", duration=0, **choices)


def perf_event(sequence: int, more: bytes = b"") -> bytes:
    return perf_record(9, event(sequence) + more, sequence)


def test_samples_are_read_wherever_they_are_in_the_buffer(perf_by_hand: list[PerfRing]) -> None:
    sequence = 0
    for turn in range(400):
        first = sequence
        for count in range(turn % 7):
            perf_by_hand[(turn + count) % 2].write(perf_event(sequence, bytes(turn * 8 % 200)))
            perf_by_hand[count % 2].write(perf_record(77, b"skipped", 0))
            sequence += 1
        assert sequences(read_perf()) == list(range(first, sequence))
        assert all(ring.tail == ring.head for ring in perf_by_hand)
    assert min(ring.head for ring in perf_by_hand) > 20 * mmap.PAGESIZE


def test_many_samples_take_several_turns(
    perf_by_hand: list[PerfRing], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perf_buffer, "LEAST_ROOM", 200)
    monkeypatch.setattr(perf_buffer, "ROOM", 200)
    for n in range(40):
        perf_by_hand[n % 2].write(perf_event(n))
    outcome = read_perf()
    assert sorted(sequences(outcome)) == list(range(40))
    assert sequences(outcome)[:2] == [0, 1]


def test_what_no_kernel_puts_into_a_perf_buffer_is_an_error(perf_by_hand: list[PerfRing]) -> None:
    perf_by_hand[0].write(perf_event(0) + struct.pack("=IHH", 9, 0, 4))
    perf_by_hand[1].write(perf_event(1))
    outcome = read_perf()
    assert sequences(outcome) == [0]
    assert outcome.messages == [
        "perf: position 40 of the buffer of CPU 0: not a record as the kernel writes them"
    ]
    perf_by_hand[0].head = 0
    perf_by_hand[0].write(struct.pack("=IHH", 9, 0, 160))  # its end has not been written
    [message] = read_perf().messages
    assert "not a record" in message
