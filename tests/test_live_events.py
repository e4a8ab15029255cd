"""Events as BPF programs write them: ring buffers and perf event arrays, followed."""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

import bpf_maps
import prettify
from bpf_programs import (
    BUILD,
    DISCARDS,
    FAILED,
    IMAGE,
    OBJECT,
    QUIET,
    SENT,
    TEXTS,
    Programs,
    data_area,
    expected,
)
from conftest import ROOT, need
from event_runs import BOTH, Outcome, events_of, follow
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.records.maps.events import following, perf_buffer
from prettify.records.maps.events.following import PERF_EVENT_ARRAY, RINGBUF, Following
from prettify.records.maps.events.perf_buffer import PerfBuffer, online_cpus
from prettify.records.maps.events.types import types_of
from prettify.records.maps.live import system
from prettify.records.until import Stop, Until
from test_saved_events import without_cpu

HOW = TEXTS | DISCARDS
CPUS = sorted(os.sched_getaffinity(0))


@pytest.fixture
def programs() -> Iterator[Programs]:
    with Programs() as loaded:
        yield loaded


@pytest.fixture
def small() -> Iterator[Programs]:
    """With a ring of one page."""
    with Programs(entries={"ring": mmap.PAGESIZE}) as loaded:
        yield loaded


def ring_of(programs: Programs) -> Any:
    return following.open_map(RINGBUF, programs.maps["ring"], programs.entries["ring"], "ring")


def perf_of(programs: Programs, pages: int = 64) -> Any:
    """Skips the test where perf events are refused."""
    source = following.open_map(
        PERF_EVENT_ARRAY, programs.maps["perf"], programs.entries["perf"], "perf", pages=pages
    )
    try:
        with source:
            return source
    except UsageError as error:
        pytest.skip(f"no perf events here: {error}")


def sequences(outcome: Outcome) -> list[int]:
    return [line["sequence"] for line in outcome.lines]


# A form of which many lines are quickly read again.
COLUMN: dict[str, Any] = {"form": "csv", "select": "sequence"}


def column(outcome: Outcome) -> list[int]:
    return list(map(int, outcome.output.splitlines()[1:]))


def now() -> Until:
    """The end of a run that shows what there is."""
    until = Until(0)
    until.begin()
    return until


@contextmanager
def on_cpu(number: int) -> Iterator[None]:
    """Run on that processor alone."""
    os.sched_setaffinity(0, {number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, CPUS)


@contextmanager
def while_running(produce: Callable[[], None], stop: Stop) -> Iterator[None]:
    """Have another process produce, and the run stop when it is done."""
    child = os.fork()
    if not child:
        try:
            produce()
        finally:
            os._exit(0)

    def wait() -> None:
        os.waitpid(child, 0)
        stop.ask()

    waiting = threading.Thread(target=wait)
    waiting.start()
    try:
        yield
    finally:
        waiting.join()
        stop.close()


def at_a_rate(programs: Programs, name: str, rate: int, seconds: float, how: int = 0) -> None:
    """Make events evenly, some every 2 ms."""
    step = 0.002
    began = time.monotonic() + 0.2  # when the reader is there
    for turn in range(round(seconds / step)):
        time.sleep(max(0.0, began + turn * step - time.monotonic()))
        programs.run(name, round(rate * step), how)


# Ring buffers.


def test_what_the_program_wrote_is_read(programs: Programs) -> None:
    programs.run("fill_ring", 300, HOW)
    outcome = follow([ring_of(programs)], BOTH, duration=0)
    assert [without_cpu(line) for line in outcome.lines] == [expected(n, HOW) for n in range(300)]
    assert not outcome.errors
    assert follow([ring_of(programs)], BOTH, duration=0).output == b""


@pytest.mark.parametrize("form", ["pahole", "kernel", "c", "json", "ndjson", "csv", "sqlite"])
def test_saved_is_as_live(programs: Programs, form: str) -> None:
    programs.run("fill_ring", 200, HOW)
    image = data_area(programs)
    live = follow([ring_of(programs)], "event_text", form, duration=0)
    saved = follow([image], "event_text", form)
    assert live.output == saved.output
    assert not live.errors
    assert not saved.errors


def test_a_small_ring_is_gone_around_many_times(small: Programs) -> None:
    lines = []
    for _ in range(120):
        small.run("fill_ring", 17, HOW)
        outcome = follow([ring_of(small)], BOTH, duration=0)
        assert not outcome.errors
        lines += outcome.lines
    assert [without_cpu(line) for line in lines] == [expected(n, HOW) for n in range(120 * 17)]
    assert small.counter(FAILED) == 0


def test_a_full_ring_loses_what_does_not_fit(small: Programs) -> None:
    small.run("fill_ring", 1000)
    outcome = follow([ring_of(small)], "event", duration=0)
    assert sequences(outcome) == list(range(len(outcome.lines)))
    assert len(outcome.lines) + small.counter(FAILED) == 1000
    assert small.counter(FAILED) > 0


@pytest.mark.slow_pure
@pytest.mark.parametrize(("size", "seconds"), [(1 << 22, 2), (1 << 12, 1)])
def test_two_hundred_thousand_a_second(size: int, seconds: int) -> None:
    """All that was sent is there, in order, or its producer was told that there was no room."""
    stop = Stop()
    sent = 200_000 * seconds
    with Programs(entries={"ring": size}) as programs:
        with while_running(lambda: at_a_rate(programs, "fill_ring", 200_000, seconds, HOW), stop):
            outcome = follow([ring_of(programs)], "event", stop=stop, **COLUMN)
        assert not outcome.errors
        found = column(outcome)
        assert all(a < b for a, b in pairwise(found))
        assert programs.counter(SENT) == sent
        assert len(found) + programs.counter(FAILED) == sent
        if size > 1 << 20:
            assert found == list(range(sent))


def test_only_what_is_shown_is_consumed(programs: Programs) -> None:
    programs.run("fill_ring", 100, DISCARDS)
    read = []
    for count in (3, 10, 1, 20):
        outcome = follow([ring_of(programs)], "event", count=count, where="sequence % 2 == 1")
        assert len(outcome.lines) == count == outcome.run.shown
        read += sequences(outcome)
    assert read == list(range(1, 68, 2))
    assert sequences(follow([ring_of(programs)], "event", duration=0)) == list(range(68, 100))


def test_what_was_not_taken_is_not_consumed(programs: Programs) -> None:
    """Whoever takes the output goes away before there is any."""
    programs.run("fill_ring", 10)
    run = Following("ndjson", Options(), events_of("event"))
    pieces = run.run([ring_of(programs)], pytest.fail)
    assert next(iter(pieces)) == b""  # what stands before all
    pieces.close()
    assert sequences(follow([ring_of(programs)], "event", duration=0)) == list(range(10))


@pytest.mark.parametrize("how", [0, QUIET])
def test_events_are_put_out_as_they_come(programs: Programs, how: int) -> None:
    """Those too of which nobody is told."""
    run = Following("ndjson", Options(), events_of("event"), duration=60)
    pieces = (bytes(piece) for piece in run.run([ring_of(programs)], pytest.fail))
    for n in range(4):
        made = []

        def produce(made: list[float] = made) -> None:
            made.append(time.monotonic())
            programs.run("fill_ring", 1, how)

        threading.Timer(0.1, produce).start()
        line = next(piece for piece in pieces if piece)
        assert json.loads(line)["sequence"] == n
        assert time.monotonic() - made[0] < 1
    pieces.close()


def test_idle_takes_no_time(programs: Programs) -> None:
    began = time.process_time()
    assert follow([ring_of(programs)], "event", duration=1).output == b""
    assert time.process_time() - began < 0.3


def test_a_ring_opened_for_reading_alone_is_refused(programs: Programs) -> None:
    attributes = system.ID.pack(bpf_maps.id_of(programs.maps["ring"]), 0, system.OPEN_READ_ONLY, 0)
    descriptor = bpf_maps.called(system.MAP_GET_FD_BY_ID, attributes, "open")
    with bpf_maps.closing(descriptor), pytest.raises(UsageError, match="ring: cannot be mapped"):
        follow([following.open_map(RINGBUF, descriptor, 65536, "ring")], "event", duration=0)
    with pytest.raises(UsageError, match="counters: cannot be mapped into memory: "):
        follow([following.open_map(RINGBUF, programs.maps["counters"], 4096, "counters")], "event")


def test_the_program_is_what_its_source_makes(tmp_path: Path) -> None:
    need("clang")
    targets = subprocess.run(["clang", "-print-targets"], capture_output=True, check=True).stdout
    if b"bpf" not in targets:
        pytest.skip("this clang does not compile for BPF")
    made = tmp_path / "events.bpf.o"
    subprocess.run(["sh", str(BUILD), str(made)], check=True, cwd=tmp_path)
    for name in ("event_sample", "event_text", "event"):
        old, new = (prettify.load_types(str(path))[name].layout for path in (OBJECT, made))
        assert [repr(node) for node in old.fields] == [repr(node) for node in new.fields]
    with Programs(made) as programs:
        programs.run("fill_ring", 30, HOW)
        outcome = follow([ring_of(programs)], BOTH, duration=0)
    assert [without_cpu(line) for line in outcome.lines] == [expected(n, HOW) for n in range(30)]


def test_the_image_is_what_the_program_makes(tmp_path: Path, small: Programs) -> None:
    if sys.byteorder != "little" or mmap.PAGESIZE != 4096:
        pytest.skip("the image was made where pages have 4096 bytes, the lowest first")
    with on_cpu(CPUS[0]):
        small.run("fill_ring", 40, HOW)
    made, kept = data_area(small), IMAGE.read_bytes()
    assert len(made) == len(kept)
    assert follow([made], BOTH, select="event.sequence,value,length,text").output == (
        follow([kept], BOTH, select="event.sequence,value,length,text").output
    )


def test_the_types_of_the_object_are_those_of_the_events(programs: Programs) -> None:
    """The kernel gives back the BTF that the map of counters was made with."""
    programs.run("fill_ring", 5)
    saved = data_area(programs)[8 : 8 + 40]
    shown = prettify.load_types(str(OBJECT))["event_sample"].unpack(saved)
    assert shown["event"]["kind"] == "EVENT_SAMPLE"
    assert shown["name"] == "samplea"


# Perf buffers.


def following_perf(
    programs: Programs, produce: Callable[[], None], pages: int = 64, **choices: Any
) -> Outcome:
    """What a run gives while another process produces, which begins when the events are there."""
    source = perf_of(programs, pages)
    ready, tell = os.pipe()
    stop = Stop()

    def wait_and_produce() -> None:
        os.read(ready, 1)
        produce()

    class Told(PerfBuffer):
        __slots__ = ()

        def __enter__(self) -> Any:
            entered = super().__enter__()
            os.write(tell, b".")
            return entered

    source.__class__ = Told
    types = choices.pop("types", "event")
    try:
        with while_running(wait_and_produce, stop):
            return follow([source], types, stop=stop, **choices)
    finally:
        os.close(ready)
        os.close(tell)


def test_what_the_program_put_out_is_read(programs: Programs) -> None:
    outcome = following_perf(programs, lambda: programs.run("fill_perf", 300, TEXTS), types=BOTH)
    assert [without_cpu(line) for line in outcome.lines] == [expected(n, TEXTS) for n in range(300)]
    assert not outcome.errors
    # Nobody is there any more: the map's entries are free again.
    programs.run("fill_perf", 5)
    assert programs.counter(FAILED) == 5


def test_what_is_behind_an_event_of_a_perf_buffer_is_left_out(programs: Programs) -> None:
    """The kernel rounds what it puts there up to 8 bytes; the text's length is how much counts."""
    bytes_of = "struct event_text { %s event; unsigned short length; unsigned char text[]; };"
    source = bytes_of % "struct { unsigned long long sequence; unsigned int kind, cpu; }"
    types = prettify.load_types(define=source)
    said = types_of("event_text(length,filter=event.kind==2)", types.sources)
    outcome = following_perf(programs, lambda: programs.run("fill_perf", 99, TEXTS), types=said)
    numbers = range(2, 99, 3)
    assert [line["event"]["sequence"] for line in outcome.lines] == list(numbers)
    assert [len(line["text"]) for line in outcome.lines] == [n * 7 % 109 for n in numbers]
    assert not outcome.errors


def test_events_of_several_processors_come_in_their_order(programs: Programs) -> None:
    def produce() -> None:
        for turn in range(40):
            with on_cpu(CPUS[turn % len(CPUS)]):
                programs.run("fill_perf", 5)

    with perf_of(programs) as source:
        produce()
        rounds = [
            [bytes(found.data[start : start + 8]) for start in found.spans[: 2 * found.count : 2]]
            for found in source.batches(now())
            if found is not None
        ]
    assert [[int.from_bytes(one, sys.byteorder) for one in found] for found in rounds] == [
        list(range(200))
    ]


def test_what_is_lost_is_counted_for_each_processor(programs: Programs) -> None:
    with perf_of(programs, pages=1) as source:
        for number in CPUS:
            with on_cpu(number):
                programs.run("fill_perf", 1000)
        found = [events for events in source.batches(now()) if events is not None]
        read = sum(events.count for events in found)
        # The kernel tells of it in the buffer when the next event finds room: ask for it here.
        lines = [str(error) for error in source.lost(last=True)]
        assert source.lost(last=True) == []
    lost = [int(line.split()[1]) for line in lines]
    assert [int(line.split("CPU ")[1].split(":")[0]) for line in lines] == CPUS
    assert sum(lost) == programs.counter(FAILED)
    assert read + sum(lost) == 1000 * len(CPUS)


def test_what_is_lost_is_reported(programs: Programs) -> None:
    outcome = following_perf(programs, lambda: programs.run("fill_perf", 20_000), pages=1)
    lost = sum(int(message.split()[1]) for message in outcome.messages)
    assert lost == programs.counter(FAILED)
    assert len(outcome.lines) + lost == 20_000
    found = sequences(outcome)
    assert found == sorted(set(found))


@pytest.mark.slow_pure
def test_two_hundred_thousand_a_second_through_perf(programs: Programs) -> None:
    outcome = following_perf(
        programs, lambda: at_a_rate(programs, "fill_perf", 200_000, 0.7, TEXTS), 1024, **COLUMN
    )
    found = column(outcome)
    assert all(a < b for a, b in pairwise(found))
    assert programs.counter(SENT) == 140_000
    lost = sum(int(message.split()[1]) for message in outcome.messages)
    assert lost == programs.counter(FAILED)
    assert len(found) + lost == 140_000


def test_a_small_perf_buffer_is_gone_around_many_times(programs: Programs) -> None:
    """Records go from its end to its beginning, at every place."""
    source = perf_of(programs, pages=1)
    found = []
    with source, on_cpu(CPUS[0]):
        for _ in range(300):
            programs.run("fill_perf", 7, TEXTS)
            for batch in source.batches(now()):
                if batch is not None:
                    for start, length in zip(batch.spans[: 2 * batch.count : 2],
                                             batch.spans[1 : 2 * batch.count : 2]):  # fmt: skip
                        found.append(bytes(batch.data[start : start + length]))
    assert programs.counter(FAILED) == 0
    types = prettify.load_types(str(OBJECT))
    for n, payload in enumerate(found):
        assert (len(payload) + 4) % 8 == 0
        wanted = expected(n, TEXTS)
        size = 18 + wanted["length"] if "length" in wanted else 40
        assert 0 <= len(payload) - size < 8  # padding, which is whatever was there before
        assert types["event"].unpack(payload[:16])["sequence"] == n
    assert len(found) == 2100


@pytest.mark.parametrize("counts", [True, False])
def test_kernels_that_do_not_count_what_is_lost(
    programs: Programs, counts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They refuse to be asked for it, and tell of it with the next event that finds room."""
    if not counts:
        monkeypatch.setattr(perf_buffer, "FORMAT_LOST", 1 << 40)
    with on_cpu(CPUS[0]), perf_of(programs, pages=1) as source:
        lost = []
        for last in (False, True):
            programs.run("fill_perf", 1000)
            list(source.batches(now()))
            lost += [int(str(error).split()[1]) for error in source.lost(last=last)]
    assert 0 < sum(lost) <= programs.counter(FAILED)
    assert (sum(lost) == programs.counter(FAILED)) == counts


def test_perf_events_need_a_capability(programs: Programs) -> None:
    perf_of(programs)
    if os.geteuid():
        pytest.skip("not root: nothing to give up")
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setresuid(65534, 65534, 65534)
            try:
                with PerfBuffer(programs.maps["perf"], 8, "perf"):
                    os.write(writing, b"allowed")
            except UsageError as error:
                os.write(writing, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading, "rb") as file:
        said = file.read().decode()
    assert said.startswith("perf: perf_event_open() is not permitted: this needs CAP_PERFMON")


def test_a_map_that_takes_no_perf_events(programs: Programs) -> None:
    perf_of(programs)
    with pytest.raises(prettify.PrettifyError, match="counters: entry of CPU 0: "):
        PerfBuffer(programs.maps["ring"], 8, "counters").__enter__()
    with pytest.raises(UsageError, match="no entry for any CPU"):
        PerfBuffer(programs.maps["perf"], 0, "perf").__enter__()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("0\n", [0]), ("0-3\n", [0, 1, 2, 3]), ("0-1,4,6-7\n", [0, 1, 4, 6, 7])],
)
def test_processors_are_listed(
    text: str, numbers: list[int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "online").write_text(text)
    monkeypatch.setattr(perf_buffer, "ONLINE", str(tmp_path / "online"))
    assert online_cpus() == numbers
    monkeypatch.setattr(perf_buffer, "ONLINE", str(tmp_path / "none"))
    assert online_cpus() == list(range(os.cpu_count() or 1))


# Ctrl-C.

SCRIPT = """
import os, sys
from prettify.cli import complain
from prettify.cli.interrupts import Interrupts
from prettify.dialects.options import Options
from prettify.records.maps.events import following
from prettify.records.maps.events.types import of_one_type
from prettify.records.output import write_file, write_pieces
import prettify

ring, size, form, output, program = sys.argv[1:]
layout = prettify.load_types(program)["event"].layout
with Interrupts() as interrupts:
    run = following.Following(form, Options(), of_one_type(layout), stop=interrupts.stop)
    source = following.open_map(following.RINGBUF, int(ring), int(size), "ring")
    pieces = run.run([source], complain)
    if output == "-":
        write_pieces(1, pieces)
    else:
        write_file(output, pieces)
    status = interrupts.status
os._exit(status)
"""


@contextmanager
def command(programs: Programs, form: str, output: str = "-") -> Iterator[subprocess.Popen[bytes]]:
    """A process that follows the ring."""
    ring = programs.maps["ring"]
    os.set_inheritable(ring, True)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(ring), str(programs.entries["ring"]), form, output,
         str(OBJECT)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=[ring],
        env={"PYTHONPATH": str(ROOT), **os.environ},
    )  # fmt: skip
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_as_if_all_were_over(
    programs: Programs, number: signal.Signals
) -> None:
    with command(programs, "json") as process:
        assert process.stdout is not None
        programs.run("fill_ring", 3)
        first = process.stdout.read1()  # type: ignore[attr-defined]
        while first.count(b"sequence") < 3:
            first += process.stdout.read1()  # type: ignore[attr-defined]
        programs.run("fill_ring", 500)
        process.send_signal(number)
        rest, said = process.communicate(timeout=20)
    assert [line["sequence"] for line in json.loads(first + rest)] == list(range(503))
    assert process.returncode == 128 + number
    assert said == b""


def test_an_interrupted_run_leaves_a_whole_file(programs: Programs, tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    programs.run("fill_ring", 50)
    with command(programs, "parquet", str(path)) as process:
        while unread(programs):
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said == b""
    assert pyarrow.parquet.read_table(path).column("sequence").to_pylist() == list(range(50))


def unread(programs: Programs) -> int:
    """Bytes between the positions of the consumer and the producer."""
    places = []
    for at in (0, mmap.PAGESIZE):
        with mmap.mmap(
            programs.maps["ring"], mmap.PAGESIZE, mmap.MAP_SHARED, mmap.PROT_READ, offset=at
        ) as page:
            places.append(struct.unpack_from("@L", page)[0])
    return int(places[1] - places[0])


def test_a_second_interrupt_ends_a_run_whose_output_nobody_takes(programs: Programs) -> None:
    with command(programs, "pahole") as process:
        deadline = time.monotonic() + 20
        while not unread(programs) and time.monotonic() < deadline:
            programs.run("fill_ring", 1000)
            time.sleep(0.05)
        for _ in range(50):  # until the pipe is full, and the ring behind it
            programs.run("fill_ring", 1000)
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    assert process.returncode != 0
