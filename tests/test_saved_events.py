"""Events that were saved, or come through a pipe: in every form, whole or damaged."""

from __future__ import annotations

import io
import json
import os
import random
import sqlite3
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

import prettify
from bpf_programs import DISCARDS, IMAGE, OBJECT, TEXTS, expected
from conftest import PURE
from event_runs import (
    BOTH,
    BUSY,
    DISCARDED,
    KEPT,
    Order,
    defined,
    events_of,
    follow,
    plain_reading,
    record,
)
from prettify import layout as layout_module
from prettify.composed import Composed
from prettify.core import sized as machine
from prettify.dialects import C_DIALECTS
from prettify.dialects.options import Options
from prettify.errors import DataError, PrettifyError, UsageError
from prettify.records.maps.events import following, saved_ring
from prettify.records.maps.events.following import Following
from prettify.records.maps.events.types import types_of
from prettify.records.sized import shapes
from prettify.records.until import Stop

SAMPLE = struct.Struct("<QIIQ16s")
TEXT = struct.Struct("<QIIH")
HOW = TEXTS | DISCARDS  # of the image


def sample(sequence: int) -> bytes:
    return SAMPLE.pack(sequence, 1, 0, 3 * sequence, b"sample%d" % sequence)


def text(sequence: int, characters: bytes) -> bytes:
    return TEXT.pack(sequence, 2, 0, len(characters)) + characters


def image_of(payloads: list[bytes]) -> bytes:
    """A record for each, and between them some that are left out."""
    pieces = []
    for at, payload in enumerate(payloads):
        pieces.append(record(payload))
        if at % 5 == 2:
            pieces.append(record(bytes(at % 50), DISCARDED))
    return b"".join(pieces)


def without_cpu(line: dict[str, Any]) -> dict[str, Any]:
    line["event"].pop("cpu")
    return line


# The image that the program made.


def test_the_image_is_read() -> None:
    outcome = follow([str(IMAGE)], BOTH)
    assert not outcome.errors
    assert [without_cpu(line) for line in outcome.lines] == [expected(n, HOW) for n in range(40)]


def test_the_image_is_read_as_one_type() -> None:
    outcome = follow([str(IMAGE)], "event")
    assert not outcome.errors
    assert [line["sequence"] for line in outcome.lines] == list(range(40))


def test_a_part_of_the_image_is_read_as_plainly() -> None:
    image = IMAGE.read_bytes()
    for length in range(0, len(image), 7):
        found, end = plain_reading(image[:length])
        outcome = follow([image[:length]], "event")
        assert [line["sequence"] for line in outcome.lines] == [
            int.from_bytes(image[start : start + 8], "little") for start, _ in found
        ]
        whole = length <= end or image[end:length].startswith(bytes(8))
        assert bool(outcome.errors) != whole
        if not whole:
            assert (
                f"record cut short at byte {end}: {length - end} bytes left" in outcome.messages[0]
            )


# Forms.

TEXT_FORMS = [
    *((form, {}) for form in (*C_DIALECTS, "json", "ndjson", "csv")),
    ("pahole", {"compact": True, "zero": False, "hex": True}),
    ("ndjson", {"enums": "both", "int64": "string"}),
    ("template", {"template": "{event.sequence:04} {name}"}),
]


def plainly(payloads: bytes, name: str, form: str, **choices: Any) -> bytes:
    """The output for records of that type side by side."""
    record_type = prettify.load_types(str(OBJECT))[name]
    return b"".join(prettify.decode(payloads, record_type, form, **choices) or ())


@pytest.mark.parametrize(("form", "options"), TEXT_FORMS, ids=str)
@pytest.mark.parametrize("jobs", [1, 3])
def test_text_is_that_of_records_side_by_side(
    form: str, options: dict[str, Any], jobs: int
) -> None:
    payloads = [sample(n) for n in range(30 if PURE else 9000)]
    outcome = follow([image_of(payloads)], "event_sample", form, Options(**options), jobs=jobs)
    assert outcome.output == plainly(b"".join(payloads), "event_sample", form, **options)
    assert not outcome.errors
    assert outcome.run.shown == len(payloads)


def test_tables_are_those_of_records_side_by_side(tmp_path: Path) -> None:
    payloads = [sample(n) for n in range(10_000)]
    whole = pyarrow.ipc.open_stream(plainly(b"".join(payloads), "event_sample", "arrow")).read_all()
    image = [image_of(payloads)]
    arrow = follow(image, "event_sample", "arrow")
    assert pyarrow.ipc.open_stream(arrow.output).read_all() == whole
    parquet = follow(image, "event_sample", "parquet", jobs=2)
    assert pyarrow.parquet.read_table(io.BytesIO(parquet.output)) == whole
    rows = whole.column("value").to_pylist()
    (tmp_path / "x.sqlite").write_bytes(follow(image, "event_sample", "sqlite").output)
    with sqlite3.connect(tmp_path / "x.sqlite") as database:
        assert [v for (v,) in database.execute("SELECT value FROM event_sample")] == rows


def test_types_have_tables_of_their_own_in_a_database(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(follow([str(IMAGE)], BOTH, "sqlite").output)
    with sqlite3.connect(tmp_path / "x.sqlite") as database:
        [[texts]] = database.execute("SELECT count(*) FROM event_text")
        values = [v for (v,) in database.execute("SELECT value FROM event_sample")]
    assert texts == 13
    assert values == [3 * n for n in range(40) if n % 3 != 2]


@pytest.mark.parametrize("form", ["csv", "template", "arrow", "parquet"])
def test_forms_of_one_type_refuse_several(form: str) -> None:
    options = Options(template="{sequence}" if form == "template" else None)
    with pytest.raises(UsageError, match="one type"):
        Following(form, options, events_of(BOTH))


def test_a_template_is_checked_before_an_event_is_read() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        Following("template", Options(template="{nonsense}"), events_of("event"))
    lines = follow([str(IMAGE)], "event", "template", Options(template="{sequence:02}"))
    assert lines.output == b"".join(b"%02d\n" % n for n in range(40))


def test_no_records_are_what_no_records_are_elsewhere() -> None:
    for form in (*C_DIALECTS, "json", "ndjson", "csv"):
        assert follow([b""], "event", form).output == plainly(b"", "event", form)


# Types and lengths.


def of_length(length: int) -> prettify.layout.Layout:
    """Of a text with so many characters, as an array of that many."""
    layout = events_of("event_text").layout
    struct_type: Any = layout.type
    members = {m.name: layout.type.graph.by_id(m.type_id) for m in struct_type.members}
    types = Composed(layout.type.graph)
    characters = types.array(members["text"].element, length)
    parts = [("event", members["event"], 0), ("length", members["length"], 16)]
    parts.append(("text", characters, TEXT.size))
    return layout_module.resolve(types.struct("event_text", TEXT.size + length, parts))


@pytest.mark.parametrize("form", [*C_DIALECTS, "ndjson"])
@pytest.mark.parametrize("length", [1, 5, 6, 7, 30, 5000])
def test_a_text_of_any_length_is_that_of_an_array(form: str, length: int) -> None:
    """Those of up to 5 characters end before the struct does, which has padding."""
    payload = text(7, bytes(65 + n % 26 for n in range(length)))
    outcome = follow([record(payload)], "event_text", form)
    array = prettify.api.RecordType(of_length(length).type)
    assert outcome.output == b"".join(prettify.decode(payload, array, form) or ())
    assert not outcome.errors


def test_shapes_are_made_anew_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_SHAPES", 20)
    monkeypatch.setattr(saved_ring, "MANY", 7)
    texts = [b"x" * (n * 37 % 100) for n in range(200)]
    outcome = follow([image_of([text(n, t) for n, t in enumerate(texts)])], "event_text")
    assert [line["text"].encode() for line in outcome.lines] == texts


@pytest.mark.parametrize("jobs", [1, 3])
def test_events_of_several_types_keep_their_order(jobs: int) -> None:
    payloads = [
        text(n, b"y" * (n % 7)) if n % 4 == 1 else sample(n) for n in range(60 if PURE else 20_000)
    ]
    outcome = follow([image_of(payloads)], BOTH, jobs=jobs)
    assert [line["event"]["sequence"] for line in outcome.lines] == list(range(len(payloads)))
    assert all(("text" in line) == (n % 4 == 1) for n, line in enumerate(outcome.lines))


def test_csv_has_the_same_columns_for_all_lengths() -> None:
    source = "struct numbers { int first; unsigned char flag; unsigned char more[]; };"
    types = defined(source, "numbers")
    image = b"".join(record(struct.pack("<iB", n, n) + b"z" * n) for n in range(5))
    outcome = follow([image], types, "csv")
    assert outcome.output == b"first,flag\n0,0\n1,1\n2,2\n3,3\n4,4\n"
    with pytest.raises(UsageError, match="more"):
        Following("template", Options(template="{more[0]}"), types)
    assert follow([image], types, "ndjson").lines[2]["more"] == [122, 122]
    assert not outcome.errors


def test_an_event_shorter_than_its_type_is_told_and_the_next_follows() -> None:
    image = record(sample(0)) + record(b"short") + record(sample(1)) + record(bytes(17))
    outcome = follow([image], "event_sample")
    assert [line["event"]["sequence"] for line in outcome.lines] == [0, 1]
    assert outcome.messages == [
        "data: event 2 at byte 56 has 5 bytes, 40 needed for struct event_sample",
        "data: event 4 at byte 120 has 17 bytes, 40 needed for struct event_sample",
    ]
    assert [getattr(error, "offset", None) for error in outcome.errors] == [56, 120]
    outcome = follow([record(bytes(17))], "event_text")
    assert outcome.messages == [
        "data: event 1 at byte 8 has 17 bytes, 18 needed for struct event_text"
    ]


def test_many_short_events_are_told_together() -> None:
    image = record(bytes(3)) * 25 + record(sample(4))
    outcome = follow([image], "event_sample")
    assert len(outcome.lines) == 1
    assert len(outcome.messages) == 11
    assert outcome.messages[-1] == "data: 15 more events cannot be shown"


def test_a_longer_event_is_of_the_type_it_begins_with() -> None:
    outcome = follow([record(sample(5) + b"more")], "event", "csv")
    assert outcome.output == b"sequence,kind,cpu\n5,EVENT_SAMPLE,0\n"
    assert not outcome.errors


def test_big_endian_headers_and_members() -> None:
    payload = struct.pack(">QII", 1 << 40, 2, 7)
    image = record(payload, order="big") + record(payload, DISCARDED, "big") + bytes(8)
    outcome = follow([image], "event", options=Options(byte_order="big"))
    assert outcome.lines == [{"sequence": 1 << 40, "kind": "EVENT_TEXT", "cpu": 7}]


@pytest.mark.parametrize("source", ["struct none {};", "struct only { int a[0]; };"])
def test_types_without_bytes(source: str) -> None:
    name = source.split()[1]
    if name == "none":
        with pytest.raises(UsageError, match="struct none has 0 bytes, no events"):
            defined(source, name)
        return
    types = defined(source, name)
    outcome = follow([record(bytes(8)) + record(b"")], types)
    assert outcome.lines == [{"a": [0, 0]}, {"a": []}]
    with pytest.raises(UsageError, match="members of one size"):
        Following("sqlite", Options(), types)


# Types that a member tells apart.


def test_an_enum_names_the_types_of_events() -> None:
    image = IMAGE.read_bytes()
    by_name = follow([image], "event(type=kind,type_enum=event_kind)")
    assert not by_name.errors
    assert by_name.output == follow([image], BOTH).output


def test_events_of_a_kind_that_nobody_names_are_of_the_type_they_begin_with() -> None:
    image = image_of([sample(0), text(1, b"abc"), sample(2)])
    outcome = follow([image], "event(type=kind,cast={1:event_sample})")
    assert [line.get("sequence") for line in outcome.lines] == [None, 1, None]
    assert not outcome.errors


def test_a_filter_leaves_events_out_without_a_word() -> None:
    image = image_of([b"short", sample(1), text(2, b"abc"), sample(3)])
    outcome = follow([image], "event(type=kind,cast={2:event_text},filter=kind==2)")
    assert [line["text"] for line in outcome.lines] == ["abc"]
    assert outcome.messages == ["data: event 1 at byte 8 has 5 bytes, 16 needed for struct event"]


def test_an_event_is_as_short_as_its_own_type() -> None:
    image = record(sample(0)) + record(sample(1)[:39]) + record(text(2, b"")[:17])
    outcome = follow([image], BOTH)
    assert len(outcome.lines) == 1
    assert outcome.messages == [
        "data: event 2 at byte 56 has 39 bytes, 40 needed for struct event_sample",
        "data: event 3 at byte 104 has 17 bytes, 18 needed for struct event_text",
    ]


@pytest.mark.parametrize("argument", ["sizeof=18+length", "length", "length=length"])
def test_events_may_say_how_long_they_are(argument: str) -> None:
    """As perf event arrays have bytes behind them that nobody wrote."""
    image = b"".join(record(text(n, b"z" * n) + b"odd") for n in range(9))
    outcome = follow([image], f"event_text({argument})")
    assert [line["text"] for line in outcome.lines] == ["z" * n for n in range(9)]
    assert not outcome.errors


def test_what_an_event_says_of_its_length_cannot_be_more_or_less_than_there_is() -> None:
    whole = text(0, b"abcd")
    outcome = follow([record(whole[:-1]) + record(whole)], "event_text(length)")
    assert [line["text"] for line in outcome.lines] == ["abcd"]
    assert outcome.messages == ["data: event 1 at byte 8 says it has 22 bytes, 21 are there"]
    outcome = follow([record(whole)], "event_text(sizeof=length+13)")
    assert outcome.messages == [
        "data: event 1 at byte 8 has 17 bytes, 18 needed for struct event_text"
    ]


def test_what_cannot_be_computed_is_told_and_the_next_event_follows() -> None:
    image = record(sample(0)) + record(sample(1))
    outcome = follow([image], "event(sizeof=16/sequence)")
    assert [line["sequence"] for line in outcome.lines] == [1]
    assert outcome.messages == ["data: event 1 at byte 8 is not understood: division by zero"]
    # What a filter makes nothing of is not what it is for.
    outcome = follow([image], "event(filter=6/sequence>1)")
    assert [line["sequence"] for line in outcome.lines] == [1]
    assert not outcome.errors


def test_a_prefix_stands_before_each_event() -> None:
    source = """
    struct before { unsigned int kind; unsigned int length; };
    struct point { int x, y; };
    """
    types = prettify.load_types(define=source)
    image = b"".join(
        record(struct.pack("<II", kind, len(rest)) + rest + b"behind")
        for kind, rest in ((1, struct.pack("<ii", 3, -4)), (2, struct.pack("<ii", 5, 6)))
    )
    said = "point(prefix=before,type=kind,length,filter=kind<=2)"
    outcome = follow([image], types_of(said, types.sources))
    assert [line["record"] for line in outcome.lines] == [{"x": 3, "y": -4}, {"x": 5, "y": 6}]
    assert outcome.lines[0]["prefix"] == {"kind": 1, "length": 8}


def test_bytes_behind_a_type_may_be_shown() -> None:
    types = prettify.load_types(str(OBJECT))
    image = image_of([sample(1), sample(2) + b"\1\2", text(3, b"ab")])
    outcome = follow([image], types_of("event_sample", types.sources, rest=True))
    assert [line.get("tail") for line in outcome.lines] == [None, "0102"]
    outcome = follow([image], types_of(BOTH, types.sources, rest=True))
    assert [line.get("tail") for line in outcome.lines] == [None, "0102", None]


def test_big_endian_events_are_told_apart() -> None:
    image = b"".join(
        record(struct.pack(">QIIQ16s", n, 1, 0, 3 * n, b"big"), order="big") for n in range(30)
    )
    types = events_of("event(type=kind,cast={1:event_sample})", "big")
    outcome = follow([image], types, options=Options(byte_order="big"))
    assert [line["value"] for line in outcome.lines] == [3 * n for n in range(30)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("event(align=8)", "align is for records in files"),
        ("event(range=x)", "range is for records in files"),
        ("event,event_text", "event, event_text are several"),
        ("event(type=nonsense)", "'nonsense' is neither a member"),
        ("event(type=kind,cast={1:u32x})", "u32x"),
        ("event(sizeof,length)", "sizeof"),
        ("event(tpye=kind)", "did you mean 'type'"),
    ],
)
def test_arguments_that_make_no_sense(said: str, why: str) -> None:
    with pytest.raises(PrettifyError, match=why) as failure:
        events_of(said)
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("by_hand", [False, True])
def test_events_are_told_apart_the_same_in_plain_python(
    by_hand: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if by_hand:
        monkeypatch.setattr(machine, "COMPILED", False)
    source = random.Random(7)
    payloads = [
        sample(n) if source.random() < 0.6 else text(n, b"c" * source.randrange(40))
        for n in range(300)
    ]
    payloads = [p[: source.randrange(len(p))] if n % 10 == 9 else p for n, p in enumerate(payloads)]
    outcome = follow([image_of(payloads)], BOTH, "ndjson")
    wanted, short = [], 0
    for payload in payloads:
        kind = payload[8] if len(payload) >= 16 else 0
        if len(payload) < {0: 1 << 20, 1: 40, 2: 18}[kind]:
            short += 1
            continue
        event = {"sequence": int.from_bytes(payload[:8], "little"), "cpu": 0}
        event["kind"] = ("EVENT_SAMPLE", "EVENT_TEXT")[kind - 1]
        if kind == 1:
            rest = {"value": 3 * event["sequence"], "name": f"sample{event['sequence']}"}
        else:
            rest = {"length": payload[16], "text": payload[18:].decode()}
        wanted.append({"event": event, **rest})
    assert outcome.lines == wanted
    assert short > 10
    assert len(outcome.messages) == 11
    assert outcome.messages[-1] == f"data: {short - 10} more events cannot be shown"


# Which events.


def test_only_those_are_shown_that_are_asked_for() -> None:
    payloads = [sample(n) for n in range(1000)]
    choices = {"where": "event.sequence % 7 == 3", "select": "value,event.sequence"}
    outcome = follow([image_of(payloads)], "event_sample", count=50, **choices)
    assert outcome.output == plainly(
        b"".join(payloads), "event_sample", "ndjson", count=50, **choices
    )
    assert outcome.lines[1] == {"value": 30, "event": {"sequence": 10}}


def test_a_filter_is_of_the_types_that_have_its_members() -> None:
    outcome = follow([str(IMAGE)], BOTH, where="value > 60", select="value")
    assert outcome.lines == [{"value": 3 * n} for n in range(21, 40) if n % 3 != 2]
    outcome = follow([str(IMAGE)], BOTH, where="event.sequence < 3")
    assert [line["event"]["sequence"] for line in outcome.lines] == [0, 1, 2]
    outcome = follow([str(IMAGE)], BOTH, where="length == 14", form="sqlite")
    assert outcome.output.startswith(b"SQLite")
    with pytest.raises(UsageError, match="nonsense"):
        follow([str(IMAGE)], BOTH, where="nonsense == 1")
    with pytest.raises(UsageError, match="nonsense"):
        follow([str(IMAGE)], BOTH, select="nonsense")


def test_a_filter_sees_what_a_short_text_has() -> None:
    """Its struct is longer than the event: the padding is not there."""
    image = record(text(1, b"a")) + record(text(2, b"bc"))
    assert follow([image[:-4]], "event_text", where="length == 2").lines[0]["text"] == "bc"


def test_the_count_is_of_all_inputs() -> None:
    image = image_of([sample(n) for n in range(10)])
    outcome = follow([image, image, image], "event", count=14)
    assert [line["sequence"] for line in outcome.lines] == [*range(10), *range(4)]
    assert outcome.run.progress[0] <= 3 * len(image)


# Streams.


@pytest.fixture
def pipe() -> Iterator[tuple[Any, int]]:
    """(what is read, the descriptor that is written to) of a pipe."""
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as source:
        yield source, writing


@given(payloads=st.lists(st.binary(min_size=16, max_size=50), max_size=10),
       sizes=st.lists(st.integers(1, 60), min_size=1, max_size=5))  # fmt: skip
def test_a_pipe_in_pieces_is_read_as_a_whole(payloads: list[bytes], sizes: list[int]) -> None:
    image = image_of(payloads)
    outcome = follow([Pieces(image, sizes)], "event", "csv")
    assert outcome.output == plainly(b"".join(p[:16] for p in payloads), "event", "csv")
    assert not outcome.errors


class Pieces(io.RawIOBase):
    """A stream that gives few bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self._data = data
        self._sizes = sizes
        self._turn = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self._turn += 1
        wanted = min(size, self._sizes[self._turn % len(self._sizes)])
        piece, self._data = self._data[:wanted], self._data[wanted:]
        return piece


@pytest.mark.parametrize("jobs", [1, 2])
def test_events_are_put_out_as_they_come(pipe: tuple[Any, int], jobs: int) -> None:
    source, writing = pipe
    run = Following("ndjson", Options(), events_of("event"), jobs=jobs)
    pieces = (bytes(piece) for piece in run.run([source], pytest.fail))
    for n in range(5):
        os.write(writing, record(sample(n)))
        line = next(piece for piece in pieces if piece)
        assert json.loads(line)["sequence"] == n
    os.close(writing)
    assert b"".join(pieces) == b""


def test_a_record_that_is_not_there_in_full_is_waited_for(pipe: tuple[Any, int]) -> None:
    source, writing = pipe
    run = Following("ndjson", Options(), events_of("event"))
    pieces = (bytes(piece) for piece in run.run([source], pytest.fail))
    image = record(sample(0) + b"odd") + record(sample(1))
    os.write(writing, image[:51])  # without the padding
    assert json.loads(next(piece for piece in pieces if piece))["sequence"] == 0
    threading.Timer(0.05, os.write, (writing, image[51:60])).start()
    threading.Timer(0.1, os.write, (writing, image[60:])).start()
    assert json.loads(next(piece for piece in pieces if piece))["sequence"] == 1
    os.close(writing)
    assert not any(pieces)


@pytest.mark.parametrize("way", ["duration", "stop"])
def test_a_run_ends_when_it_is_time(pipe: tuple[Any, int], way: str) -> None:
    """What has come by then is shown, and half a record is no error."""
    source, writing = pipe
    os.write(writing, image_of([sample(n) for n in range(9)]) + record(sample(9))[:13])
    stop = Stop()
    began = time.monotonic()
    if way == "stop":
        threading.Timer(0.2, stop.ask).start()
    outcome = follow(
        [source], "event", "json", stop=stop, duration=0.2 if way == "duration" else None
    )
    assert [line["sequence"] for line in json.loads(outcome.output)] == list(range(9))
    assert not outcome.errors
    assert 0.15 < time.monotonic() - began < 5
    os.close(writing)
    stop.close()


def test_a_writer_that_does_not_stop_does_not_keep_a_run_from_ending() -> None:
    with open("/dev/zero", "rb") as source:
        assert follow([source], "event", duration=0.05).output == b""


def test_a_file_is_not_read_on_when_the_run_is_asked_to_end() -> None:
    stop = Stop()
    stop.ask()
    assert follow([str(IMAGE)], "event", stop=stop).output == b""
    stop.close()


@pytest.mark.parametrize("seconds", [-1, float("nan"), 1e30])
def test_a_duration_is_some_time(seconds: float) -> None:
    with pytest.raises(UsageError, match="duration"):
        Following("ndjson", Options(), events_of("event"), duration=seconds)


# What is wrong.


def test_records_that_were_being_written_are_told() -> None:
    image = record(sample(0)) + record(sample(1), BUSY) + record(sample(2)) + record(b"", BUSY)
    outcome = follow([image], "event")
    assert [line["sequence"] for line in outcome.lines] == [0, 2]
    assert outcome.messages == ["data: 2 records were still being written, the first at byte 48"]
    assert getattr(outcome.errors[0], "offset", None) == 48


def through_pipe(image: bytes) -> Any:
    return Pieces(image, [4096])


@pytest.mark.parametrize("of", [bytes, through_pipe])
def test_what_is_cut_short_is_told(of: Any) -> None:
    good = record(sample(0))
    for image, message in (
        (good + b"123", "record cut short at byte 48: 3 bytes left, 8 needed"),
        (good + record(sample(1))[:40], "record cut short at byte 48: 40 bytes left, 48 needed"),
        (good + record(bytes(99), DISCARDED)[:40],
         "record cut short at byte 48: 40 bytes left, 107 needed"),
    ):  # fmt: skip
        outcome = follow([of(image)], "event")
        assert [line["sequence"] for line in outcome.lines] == [0]
        [message_found] = outcome.messages
        assert message_found.endswith(message)
        assert getattr(outcome.errors[0], "offset", None) == 48


def test_a_length_that_cannot_be_takes_no_memory() -> None:
    long = (saved_ring.MAX_RECORD + 1).to_bytes(4, "little") + b"\x03\0\0\0"
    outcome = follow([through_pipe(record(sample(0)) + long + bytes(100))], "event")
    assert len(outcome.lines) == 1
    assert outcome.messages == [
        f"stream: record of {saved_ring.MAX_RECORD + 1} bytes at byte 48, more than the "
        f"{saved_ring.MAX_RECORD} that can be shown"
    ]
    # Of a file it is known that it does not have them.
    outcome = follow([record(sample(0)) + long + bytes(100)], "event")
    assert outcome.messages == [
        f"data: record cut short at byte 48: 108 bytes left, {saved_ring.MAX_RECORD + 9} needed"
    ]


def test_a_long_record_is_read_as_it_comes() -> None:
    payload = sample(0) + bytes(3_000_000)
    image = record(payload) + record(payload, DISCARDED) + record(sample(1))
    for source in (image, through_pipe(image)):
        outcome = follow([source], "event")
        assert [line["sequence"] for line in outcome.lines] == [0, 1]
        assert not outcome.errors


@pytest.mark.parametrize("of", [bytes, through_pipe])
def test_behind_a_header_of_zeroes_all_is_zero(of: Any) -> None:
    good = record(sample(0))
    outcome = follow([of(good + bytes(1_500_000))], "event")
    assert len(outcome.lines) == 1
    assert not outcome.errors
    outcome = follow([of(good + bytes(1_500_000) + b"x" + bytes(9))], "event")
    assert len(outcome.lines) == 1
    [message] = outcome.messages
    assert message.endswith(
        "the header at byte 48 is zero, as where nothing was written, but byte 1500048 is not"
    )


def test_the_next_file_follows_one_that_is_bad(tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"12345")
    outcome = follow([str(bad), str(tmp_path / "none"), str(IMAGE)], "event", count=2)
    assert len(outcome.lines) == 2
    assert [type(error) for error in outcome.errors] == [DataError, UsageError]


# Damage.

MUTANTS = 200 if PURE else 3000


def damaged(image: bytes, source: random.Random) -> bytes:
    """The image with some of its bytes changed, more often those of headers."""
    data = bytearray(image)
    headers = [start - 8 for start, _ in plain_reading(image)[0]]
    for _ in range(source.choice((1, 1, 2, 5))):
        way = source.randrange(6)
        at = source.choice(headers) + source.randrange(8)
        if source.random() < 0.3:
            at = source.randrange(len(data))
        if way < 3:
            data[at : at + 1] = bytes([source.choice((0, 1, 4, 7, 0x40, 0x80, 0xC0, 0xFF))])
        elif way == 3:
            del data[at : at + source.choice((1, 4, 8, 40))]
        elif way == 4:
            data[at:at] = source.randbytes(source.choice((1, 4, 8, 40)))
        else:
            del data[at:]
        if not data:
            break
    return bytes(data)


def test_damaged_images_are_read_or_said_to_be_damaged() -> None:
    source = random.Random(5)
    image = IMAGE.read_bytes()
    types = events_of(BOTH)
    states = [KEPT, KEPT]
    for number in range(MUTANTS):
        mutant = damaged(image, source)
        order: Order = source.choice(("little", "little", "little", "big"))
        given = through_pipe(mutant) if number % 3 == 0 else mutant
        outcome = follow([given], types, options=Options(byte_order=order))
        found, _ = plain_reading(mutant, order)
        short = sum("needed for struct" in message for message in outcome.messages)
        more = [m for m in outcome.messages if "more events" in m]
        short += int(more[0].split()[1]) if more else 0
        assert len(outcome.lines) + short == len(found), number
        others = [m for m in outcome.messages if "struct" not in m and "more events" not in m]
        assert len(others) <= 2, number  # what was being written, and where it ends
        for error in outcome.errors:
            assert isinstance(error, DataError)
            assert str(error).isprintable()
        states[bool(outcome.errors)] += 1
    assert min(states) > MUTANTS // 20


@pytest.mark.parametrize("form", [*C_DIALECTS, "json", "csv", "arrow"])
def test_damaged_images_in_every_form(form: str) -> None:
    source = random.Random(6)
    image = IMAGE.read_bytes()
    for _ in range(MUTANTS // 30):
        outcome = follow([damaged(image, source)], "event_text", form)
        for message in outcome.messages:
            assert message.isprintable()
        if form == "json":
            assert isinstance(json.loads(outcome.output), list)


def test_maps_without_events_are_refused() -> None:
    with pytest.raises(UsageError, match="x: is a user_ringbuf: programs of user space write"):
        following.open_map(following.USER_RINGBUF, 0, 4096, "x")
    with pytest.raises(UsageError, match="neither a ringbuf nor a perf_event_array"):
        following.open_map(1, 0, 4096, "x")
    for pages in (0, 3, 1 << 17, -8):
        with pytest.raises(UsageError, match="power of two"):
            following.open_map(following.PERF_EVENT_ARRAY, 0, 4096, "x", pages=pages)
