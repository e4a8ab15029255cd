"""The loops that walk ring buffers, against plain readings of the same bytes."""

from __future__ import annotations

import importlib
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import PURE
from event_runs import BUSY, DISCARDED, KEPT, Order, plain_reading, record
from prettify.core import perf_ring, ring
from prettify.core.ring import SPAN, load_position, store_position
from prettify.core.tables import table, zeroes

ORDERS = st.sampled_from(("little", "big"))
RECORDS = st.lists(
    st.tuples(st.binary(max_size=40), st.sampled_from((KEPT, KEPT, DISCARDED, BUSY))), max_size=30
)


@pytest.mark.parametrize("module", [ring, perf_ring])
def test_the_modules_are_compiled_or_not_as_they_say(module: Any) -> None:
    assert importlib.import_module(module.__name__).__file__.endswith(".py") is not module.COMPILED
    assert not (PURE and module.COMPILED)


def scanned(
    image: bytes, most: int, enough: int, *, live: bool, order: Order
) -> tuple[list[tuple[int, int]], int, int, list[int]]:
    """(spans, where it ended, why, discarded and unfinished ones), in as many scans as it takes."""
    state = table("q", [0, len(image), enough, 0, 0, 0, 0])
    found: list[tuple[int, int]] = []
    counts = [0, 0]
    while True:
        spans = zeroes("q", SPAN * most)
        before = state[ring.AT]
        reason = ring.scan(image, spans, state, live=live, big=order == "big")
        count = state[ring.FOUND]
        assert count <= most
        found += zip(spans[: SPAN * count : SPAN].tolist(), spans[1 : SPAN * count : SPAN].tolist())
        counts[0] += state[ring.DISCARDED]
        counts[1] += state[ring.UNFINISHED]
        assert (state[ring.FIRST_UNFINISHED] >= 0) == bool(state[ring.UNFINISHED])
        if reason != ring.FULL:
            return found, state[ring.AT], reason, counts
        assert state[ring.AT] > before


@given(records=RECORDS, cut=st.integers(0, 60), most=st.integers(1, 9), enough=st.integers(1, 99),
       order=ORDERS)  # fmt: skip
def test_records_are_found(
    records: list[tuple[bytes, int]], cut: int, most: int, enough: int, order: Order
) -> None:
    image = b"".join(record(payload, state, order) for payload, state in records)
    image = image[: len(image) - cut] if cut else image
    spans, end, reason, counts = scanned(image, most, enough, live=False, order=order)
    expected, stop = plain_reading(image, order)
    assert (spans, end) == (expected, stop)
    assert [image[start : start + length] for start, length in spans] == [
        payload for payload, state in records if state == KEPT
    ][: len(spans)]
    assert reason == (ring.CUT if len(image) - end >= 8 else ring.DONE)
    if not cut:
        assert counts == [sum(s == kind for _, s in records) for kind in (DISCARDED, BUSY)]


@given(records=RECORDS, most=st.integers(1, 9))
def test_a_live_scan_stops_at_a_record_that_is_being_written(
    records: list[tuple[bytes, int]], most: int
) -> None:
    image = b"".join(record(payload, state) for payload, state in records)
    spans, end, reason, counts = scanned(image, most, 1 << 30, live=True, order="little")
    states = [state for _, state in records]
    known = states.index(BUSY) if BUSY in states else len(states)
    assert reason == (ring.STOPPED if BUSY in states else ring.DONE)
    assert end == sum(len(record(payload)) for payload, _ in records[:known])
    assert counts == [states[:known].count(DISCARDED), 0]
    assert len(spans) == states[:known].count(KEPT)


@given(data=st.binary(max_size=200), most=st.integers(1, 5), order=ORDERS)
def test_any_bytes_are_read_as_plainly(data: bytes, most: int, order: Order) -> None:
    spans, end, _, _ = scanned(data, most, 64, live=False, order=order)
    assert (spans, end) == plain_reading(data, order)


def test_a_header_of_zeroes_is_none_unless_the_ring_is_live() -> None:
    image = record(b"12345678") + bytes(16)
    assert scanned(image, 4, 99, live=False, order="little")[1:3] == (16, ring.BLANK)
    assert scanned(image, 4, 99, live=True, order="little")[:3] == (
        [(8, 8), (24, 0), (32, 0)], 32, ring.DONE,
    )  # fmt: skip


def test_padding_at_the_end_need_not_be_there() -> None:
    image = record(b"123")[:11]
    assert scanned(image, 4, 99, live=False, order="little")[:3] == ([(8, 3)], 16, ring.DONE)


@pytest.mark.parametrize("size", [4, 8])
def test_positions_are_stored_and_loaded(size: int) -> None:
    memory = bytearray(24)
    value = (1 << 8 * size) - 3
    store_position(memory, 8, size, value)
    assert memory == bytes(8) + struct.pack("=I" if size == 4 else "=Q", value).ljust(16, b"\0")
    assert load_position(memory, 8, size) == value


@pytest.mark.parametrize(("at", "size"), [(-8, 8), (17, 8), (4, 8), (24, 8), (0, 3), (22, 4)])
def test_positions_outside_of_the_memory_are_refused(at: int, size: int) -> None:
    memory = bytearray(24)
    with pytest.raises(ValueError, match="no position"):
        load_position(memory, at, size)
    with pytest.raises(ValueError, match="no position"):
        store_position(memory, at, size, 1)


# Records of perf events.

SAMPLE, LOST, THROTTLE = 9, 2, 5
PERF_RECORDS = st.lists(
    st.one_of(
        st.tuples(st.just(SAMPLE), st.binary(max_size=40), st.integers(0, (1 << 63) - 1)),
        st.tuples(st.just(LOST), st.just(b""), st.integers(0, 1000)),
        st.tuples(st.sampled_from((THROTTLE, 77)), st.binary(max_size=20), st.just(0)),
    ),
    max_size=30,
)


def perf_record(kind: int, payload: bytes, number: int) -> bytes:
    """A record as the kernel writes it: padding counts as part of a sample's bytes."""
    if kind == SAMPLE:
        padded = payload + bytes(-(len(payload) + 4) % 8)
        body = struct.pack("=QI", number, len(padded)) + padded
    elif kind == LOST:
        body = struct.pack("=QQ", 5, number)
    else:
        body = payload + bytes(-len(payload) % 8)
    return struct.pack("=IHH", kind, 0, 8 + len(body)) + body


@given(records=PERF_RECORDS, cut=st.integers(0, 60), most=st.integers(1, 9))
def test_samples_are_found(records: list[tuple[int, bytes, int]], cut: int, most: int) -> None:
    pieces = [perf_record(*one) for one in records]
    image = b"".join(pieces)
    image = image[: max(len(image) - cut, 0)]
    whole = [sum(map(len, pieces[:n])) for n in range(len(pieces) + 1)]
    whole = [end for end in whole if end <= len(image)]
    found, state = [], table("q", [0, len(image), 0, 0])
    while True:
        samples = zeroes("q", perf_ring.SAMPLE * most)
        state[perf_ring.FOUND] = 0
        reason = perf_ring.scan(image, samples, state)
        numbers = samples[: perf_ring.SAMPLE * state[perf_ring.FOUND]].tolist()
        found += list(zip(numbers[::3], numbers[1::3], numbers[2::3]))
        if reason != perf_ring.FULL:
            break
    assert reason == perf_ring.DONE
    assert state[perf_ring.AT] == whole[-1]
    there = records[: len(whole) - 1]
    assert state[perf_ring.LOST] == sum(n for kind, _, n in there if kind == LOST)
    samples_there = [(p, n) for kind, p, n in there if kind == SAMPLE]
    assert [time for time, _, _ in found] == [n for _, n in samples_there]
    for (_, start, length), (payload, _) in zip(found, samples_there):
        assert length == len(payload) + -(len(payload) + 4) % 8
        assert image[start : start + len(payload)] == payload


@pytest.mark.parametrize(
    ("image", "at"),
    [
        (struct.pack("=IHH", SAMPLE, 0, 0), 0),
        (struct.pack("=IHH", SAMPLE, 0, 12) + bytes(8), 0),
        (struct.pack("=IHH", SAMPLE, 0, 16) + bytes(8), 0),
        (struct.pack("=IHHQI", SAMPLE, 0, 24, 1, 5) + bytes(8), 0),
        (struct.pack("=IHHQ", LOST, 0, 16, 1), 0),
        (perf_record(SAMPLE, b"1234", 1) + struct.pack("=IHH", 1, 0, 4), 24),
    ],
    ids=["no bytes", "odd", "no raw data", "raw data too long", "no count", "behind a good one"],
)
def test_what_is_no_record_ends_the_scan(image: bytes, at: int) -> None:
    state = table("q", [0, len(image), 0, 0])
    assert perf_ring.scan(image, zeroes("q", 30), state) == perf_ring.BAD
    assert state[perf_ring.AT] == at


@given(runs=st.lists(st.lists(st.integers(0, 50)), max_size=5))
def test_samples_are_put_in_the_order_of_their_times(runs: list[list[int]]) -> None:
    times = [time for run in runs for time in sorted(run)]
    samples = table("q", [n for at, time in enumerate(times) for n in (time, 8 * at, at)])
    spans = zeroes("q", SPAN * len(times))
    perf_ring.in_order(samples, len(times), spans)
    order = sorted(range(len(times)), key=times.__getitem__)
    assert spans.tolist() == [n for at in order for n in (8 * at, at)]


def test_tables_that_are_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="no 3 samples"):
        perf_ring.in_order(zeroes("q", 8), 3, zeroes("q", 6))
