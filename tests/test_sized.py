"""Records that say their own size and type: the compiled scanner, Python's loop, and a third."""

from __future__ import annotations

import json
import os
import random
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prettify
from conftest import examples
from prettify.core import measure
from prettify.core import sized as machine
from prettify.core.rows import ROW, gather, used, with_headings
from prettify.core.tables import table
from prettify.errors import DataError
from prettify.records.catalogue.scope import Scope
from prettify.records.input import Input
from prettify.records.query.enumerators import Enumerators
from prettify.records.query.scalar import Code, NoValueError, compile_number
from prettify.records.sized import reader
from prettify.records.sized.arguments import parse_types
from prettify.records.sized.binding import bind
from prettify.records.sized.dispatch import UNRESOLVED, Dispatch
from prettify.records.sized.frame import Frame
from prettify.records.sized.placed import Placed
from prettify.records.sized.reader import SizedReader
from prettify.records.sized.scanner import Scanner
from prettify.records.sized.shapes import Shapes, fitted
from sized_streams import streams

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prettify.api import Types
    from prettify.layout import Layout
    from sized_streams import Protocol

    Outcome = tuple[bytes, DataError | None]

QUICK = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
    max_examples=examples(40),
)


def lines(stream: prettify.streams.Stream, source: Any, **options: Any) -> list[Any]:
    """The records as objects of JSON; what is wrong at the end is raised by `decode` as it is."""
    return [json.loads(line) for line in text(stream, source, **options).splitlines()]


def text(stream: prettify.streams.Stream, source: Any, to: str = "ndjson", **options: Any) -> bytes:
    return b"".join(prettify.decode(source, stream, to=to, **options) or ())


def outcome(stream: prettify.streams.Stream, source: Any, to: str = "ndjson") -> Outcome:
    """What is put out, and what is wrong in the end, if anything is."""
    pieces = prettify.decode(source, stream, to=to)
    found: list[bytes] = []
    try:
        found += pieces or ()
    except DataError as error:
        return b"".join(found), error
    return b"".join(found), None


def piped(data: bytes, sizes: Iterator[int]) -> Any:
    """A pipe into which the data comes in pieces."""
    read, write = os.pipe()

    def feed() -> None:
        at = 0
        with os.fdopen(write, "wb", buffering=0) as out:
            while at < len(data):
                size = next(sizes)
                out.write(data[at : at + size])
                at += size

    threading.Thread(target=feed, daemon=True).start()
    return os.fdopen(read, "rb", buffering=0)


# Three readings.


@QUICK
@given(streams(), st.integers(0, 1 << 30))
def test_records_are_the_same_however_they_are_read(
    tmp_path: Path, made: tuple[Protocol, list[bytes]], seed: int
) -> None:
    protocol, records = made
    stream = prettify.stream(protocol.types(tmp_path), protocol.text)
    data = protocol.stream(records)
    expected = [protocol.expected(record) for record in records]
    chooser = random.Random(seed)
    sizes = iter(lambda: chooser.choice((1, 3, 17, 100)), 0)
    assert lines(stream, data) == expected
    (tmp_path / "data").write_bytes(data)
    assert lines(stream, str(tmp_path / "data"), jobs=2) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "CHUNK", chooser.choice((16, 64, 1000)))
        assert lines(stream, data) == expected
        assert lines(stream, piped(data, sizes)) == expected
        patch.setattr(reader.sized, "COMPILED", not machine.COMPILED)
        assert lines(stream, data) == expected
        assert lines(stream, str(tmp_path / "data")) == expected
    offsets = [len(protocol.stream(records[:n])) for n in range(len(records))]
    found = list(stream.read(data))
    assert [record.offset for record in found] == offsets
    names = [record.type.type.name for record in found]
    assert names == [
        (next(iter(e)) == "head" and e["head"]["kind"].lower()) or "head" for e in expected
    ]


@QUICK
@given(streams(), st.data())
def test_a_bad_record_ends_the_stream_where_it_is(
    tmp_path: Path, made: tuple[Protocol, list[bytes]], data: st.DataObject
) -> None:
    protocol, records = made
    stream = prettify.stream(protocol.types(tmp_path), protocol.text)
    whole = protocol.stream(records)
    # A record that is too short, or data that ends within one.
    short = protocol.record(1, 2, b"")
    place = data.draw(st.integers(0, len(records)))
    start = len(protocol.stream(records[:place]))
    if data.draw(st.booleans()) and protocol.form != "behind":
        damaged = bytearray(whole[:start] + short + whole[start:])
        at = start
        for name, kind in protocol.head:
            width = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}[kind]
            if name == "len":
                damaged[at : at + width] = bytes(width)
            at += width
        cut = bytes(damaged)
    else:
        cut = whole[: start + data.draw(st.integers(1, protocol.head_size - 1))]
        if len(cut) == len(whole[:start]) or place == len(records):
            return
    put_out, error = outcome(stream, cut)
    assert error is not None
    assert error.offset == start
    assert f"byte {start}" in str(error)
    shown = [json.loads(line) for line in put_out.splitlines()]
    assert shown == [protocol.expected(record) for record in records[:place]]


@QUICK
@given(streams(), st.integers(0, 4), st.integers(0, 0xFFFF))
def test_filters_choose(
    tmp_path: Path, made: tuple[Protocol, list[bytes]], which: int, bound: int
) -> None:
    protocol, records = made
    types = protocol.types(tmp_path)
    data = protocol.stream(records)
    expected = [protocol.expected(record) for record in records]
    heads = [one.get("head", one) for one in expected]
    name, value = list(protocol.values.items())[which % 4]
    for condition, wanted in (
        (f"kind=={name}", [h["kind"] == name for h in heads]),
        (f"filter=kind == {name.removeprefix('KIND_')}", [h["kind"] == name for h in heads]),
        (f"kind=={value}", [h["kind"] == name for h in heads]),
        (f"filter=more > {bound}", [h["more"] > bound for h in heads]),
        (
            f"filter=kind != {name} and not more & 1",
            [h["kind"] != name and not h["more"] & 1 for h in heads],
        ),
        (
            f"kind=={name},filter=more<{bound}",
            [h["kind"] == name and h["more"] < bound for h in heads],
        ),
        # Where it has no value, a record is not wanted.
        (f"filter=1 // (more - {bound}) > -1", [h["more"] > bound for h in heads]),
        # A float keeps it from the machine.
        (f"filter=more * 1.0 > {bound}", [h["more"] > bound for h in heads]),
    ):
        stream = prettify.stream(types, protocol.text[:-1] + f",{condition})")
        assert lines(stream, data) == [e for e, w in zip(expected, wanted) if w], condition


@QUICK
@given(streams(), st.integers(0, 5), st.integers(0, 5), st.integers(0, 0xFFFF))
def test_where_skip_and_count(
    tmp_path: Path, made: tuple[Protocol, list[bytes]], skip: int, count: int, bound: int
) -> None:
    protocol, records = made
    stream = prettify.stream(protocol.types(tmp_path), protocol.text)
    data = protocol.stream(records)
    expected = [protocol.expected(record) for record in records]
    last = skip + count if count else None
    assert lines(stream, data, skip=skip, count=count) == expected[skip:last]
    kept = [e for e in expected if e.get("x", -1) > bound]
    assert lines(stream, data, where=f"x > {bound}", skip=skip, count=count) == kept[skip:last]
    # A member of no size has one for each record.
    first = [e for e in expected if e.get("list", [bound])[:1] == [bound] and "list" in e]
    assert lines(stream, data, where=f"list[0] == {bound}") == first


# The machine.

NODES = ("u8", "u16", "u32", "u64", "s32", "flags", "tiny")


@pytest.fixture(scope="module")
def record() -> Layout:
    types = prettify.load_types(
        define="struct record { unsigned char u8; unsigned short u16; unsigned u32; unsigned long "
        "long u64; int s32; int flags : 5; unsigned tiny : 3; _Bool truth; };"
    )
    return types["struct record"].layout


class Expressions:
    """Random expressions of integers, in the language of both."""

    def __init__(self, chooser: random.Random) -> None:
        self.choose = chooser

    def number(self, depth: int) -> str:
        pick = self.choose
        if not depth:
            return pick.choice(
                (*(f"$r.{name}" for name in NODES), "$r.truth", "$offset", "0", "1", "7", "255",
                 str(pick.randint(-5, 70)), str(1 << pick.randint(0, 63)))
            )  # fmt: skip
        one, other = self.number(pick.randint(0, depth - 1)), self.number(depth - 1)
        kind = pick.randint(0, 9)
        if kind < 5:
            operator = pick.choice(("+", "-", "*", "/", "//", "%", "&", "|", "^", "<<", ">>"))
            return f"({one} {operator} {other})"
        if kind < 7:
            return f"({one} if {self.truth(depth - 1)} else {other})"
        if kind == 7:
            return f"{pick.choice(('align', 'min', 'max'))}({one}, {other})"
        if kind == 8:
            return f"({pick.choice('-~+')}({one}))"
        return f"({self.truth(depth - 1)})"

    def truth(self, depth: int) -> str:
        pick = self.choose
        one, other = self.number(depth), self.number(depth)
        kind = pick.randint(0, 5)
        if kind < 2 or not depth:
            return f"({one} {pick.choice(('==', '!=', '<', '<=', '>', '>='))} {other})"
        if kind == 2:
            items = ", ".join(self.number(0) for _ in range(pick.randint(1, 4)))
            return f"({one} {pick.choice(('in', 'not in'))} ({items}))"
        if kind == 3:
            return f"({self.truth(depth - 1)} {pick.choice(('and', 'or'))} {self.truth(depth - 1)})"
        if kind == 4:
            return f"(not {self.truth(depth - 1)})"
        return f"({one} < {other} <= {self.number(depth - 1)})"


@settings(deadline=None, max_examples=examples(300))
@given(st.integers(0, 1 << 40), st.binary(min_size=40, max_size=40), st.booleans())
def test_programs_compute_what_expressions_mean(
    record: Layout, seed: int, data: bytes, big: bool
) -> None:
    """The machine gives the number that Python does, or none: never another."""
    order = "big" if big else "little"
    raw = data[: record.size]
    for depth in (0, 1, 2, 4):
        expression = Expressions(random.Random(seed)).number(depth)
        scope = Scope({"r": (0, record)}, order, Enumerators(record), "r")
        try:
            code = compile_number(expression, "test", scope)
        except prettify.UsageError:
            continue  # a constant part that has no value
        frame: Any = Frame(Input(raw), "big" if big else "little", lambda _: b"")
        frame[0] = raw
        frame.offset = 3
        try:
            wanted = code.run(frame)
        except NoValueError:
            wanted = None
        assert told(record, code, raw, wanted, big=big) is not False, expression


def told(layout: Layout, code: Code, raw: bytes, wanted: int | None, *, big: bool) -> bool | None:
    """Whether the machine computes that number; None if it computes none."""
    if code.ops is None or measure.depth(code.ops) > measure.DEPTH:
        return None
    dispatch = Dispatch("record", 0, layout)
    dispatch.codes["tag"] = code
    asked: list[int] = []
    dispatch.tags = {wanted or 0: UNRESOLVED}
    dispatch.resolve = lambda tag: asked.append(tag)
    scanner = Scanner(dispatch, [], big_endian=big)
    scanner.state[machine.THERE] = len(raw)
    scanner.state[machine.START] = 3
    scanner.state[machine.ROOM] = 1
    status = scanner.scan(Shapes(dispatch), memoryview(raw), table("q", [0] * ROW))
    if status == machine.OTHERWISE:
        return None
    return asked == [wanted]


def test_programs_are_there_for_what_they_are_for(record: Layout) -> None:
    """Everything but floats and texts; and small numbers are computed."""
    raw = bytes([200, 1, 0, 0, 5, 0, 0, 0]) + bytes(record.size - 8)
    for expression, wanted in (
        ("$r.u8", 200),
        ("$r.u8 * 4 + 1", 801),
        ("align($r.u8, 16) - $r.u32 // 2", 206),
        ("-7 // 2 * ($r.u32 - 4)", -4),
        ("-7 % 3 + $r.truth", 2),
        ("$r.u8 >> 3 & 7 if $r.u32 in (4, 5) else 9", 1),
        ("not ($r.u32 == 5 and $r.u8 < 100)", 1),
        ("1 < $r.u32 <= 5", 1),
        ("max($r.u32, $r.u8) << 2", 800),
        ("$offset + 1", 4),
        ("u8($offset + 4)", 5),
    ):
        scope = Scope({"r": (0, record)}, "little", Enumerators(record), "r")
        code = compile_number(expression, "test", scope)
        assert told(record, code, raw, wanted, big=False), expression
    for expression in ("hexadecimal('1f')", "1.5 < $r.u8"):
        scope = Scope({"r": (0, record)}, "little", Enumerators(record), "r")
        code = compile_number(expression, "test", scope)
        assert (code.ops is None) == (expression[0] == "1")


def test_operations_have_the_numbers_that_they_are_named_by() -> None:
    found = {name: getattr(measure, name) for name in dir(measure) if name.isupper()}
    numbers = {n: v for n, v in found.items() if type(v) is int and n not in ("MOST", "DEPTH")}
    assert sorted(numbers.values()) == list(range(len(numbers)))
    assert set(measure.GROWTH) == set(numbers.values())


# Rows.


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=20), st.integers(-1, 2))
def test_rows_are_used_headed_and_gathered(made: list[tuple[int, int]], before: int) -> None:
    data = bytes(range(40))
    rows = table("q", [n for which, start in made for n in (which, start, 100 + start, 0)])
    assert used(rows, 4) == sorted({which for which, _ in made})
    kinds = [0, 1, 1, 2]
    expected, last = [], before
    for which, start in made:
        if kinds[which] != last:
            expected += [10 + kinds[which], start, 100 + start, 0]
        expected += [which, start, 100 + start, int(kinds[which] != last)]
        last = kinds[which]
    assert with_headings(rows, table("q", kinds), before, 10).tolist() == expected
    sizes = [3, -1, 0, 5]
    gathered = gather(data, rows, table("q", sizes), 6)
    assert gathered == b"".join(
        data[start : start + sizes[which]].ljust(6, b"\0")
        for which, start in made
        if sizes[which] >= 0
    )


def test_rows_that_the_data_does_not_hold_are_not_gathered() -> None:
    for start in (-1, 6, 1 << 40):
        with pytest.raises(ValueError, match="do not hold"):
            gather(bytes(8), table("q", [0, start, 0, 0]), table("q", [3]), 4)
    with pytest.raises(ValueError, match="do not hold"):
        gather(bytes(8), table("q", [0, 0, 0, 0]), table("q", [5]), 4)


# Layouts of records that end elsewhere than their type.

SHAPES = """
struct inner { unsigned short a; unsigned b; };
struct deep { unsigned n; struct inner one; struct inner many[3]; char name[6]; };
struct open { unsigned char n; union { unsigned u; struct { unsigned char k; char text[]; }; }; };
struct padded { unsigned long long a; unsigned b; char rest[]; };
struct bits { unsigned char n; unsigned x : 4, y : 12; unsigned long long last; };
"""


@pytest.fixture(scope="module")
def shapes_of() -> Types:
    return prettify.load_types(define=SHAPES)


def shown(types: Types, name: str, raw: bytes, *, rest: bool = False) -> Any:
    layout = types[f"struct {name}"].layout
    fit = prettify.api.RecordType(layout.type, "little", fitted(layout, len(raw), rest=rest))
    assert fit.size <= len(raw)
    return json.loads(fit.format(raw, "json").strip()[1:-1])


def test_what_is_behind_the_end_is_left_out(shapes_of: Types) -> None:
    raw = bytes(range(1, 60))
    whole = shown(shapes_of, "deep", raw)
    assert shown(shapes_of, "deep", raw[:42]) == {**whole, "name": "%&'()*"}
    assert shown(shapes_of, "deep", raw[:38])["name"] == "%&"
    assert "name" not in shown(shapes_of, "deep", raw[:36])
    assert shown(shapes_of, "deep", raw[:35])["many"] == whole["many"][:2]
    assert shown(shapes_of, "deep", raw[:13]) == {"n": whole["n"], "one": whole["one"], "many": []}
    assert shown(shapes_of, "deep", raw[:11]) == {"n": whole["n"], "one": {"a": whole["one"]["a"]}}
    assert shown(shapes_of, "deep", raw[:5]) == {"n": whole["n"], "one": {}}
    assert shown(shapes_of, "deep", raw[:4]) == {"n": whole["n"]}
    assert shown(shapes_of, "deep", raw[:3]) == {}


def test_what_is_open_goes_on_to_the_end(shapes_of: Types) -> None:
    raw = b"\x01\0\0\0Kabcdefgh"
    assert shown(shapes_of, "open", raw)["text"] == "abcdefgh"
    assert shown(shapes_of, "open", raw[:6]) == {"n": 1, "k": 75, "text": "a"}
    assert shown(shapes_of, "open", raw[:5]) == {"n": 1, "k": 75, "text": ""}
    padded = bytes(8) + b"\1\0\0\0" + b"tail!"
    assert [shown(shapes_of, "padded", padded[:n]).get("rest") for n in range(11, 18)] == [
        None, "", "t", "ta", "tai", "tail", "tail!",
    ]  # fmt: skip


def test_bitfields_are_there_or_not(shapes_of: Types) -> None:
    raw = b"\x01\xf5\xff" + bytes(13)
    assert shown(shapes_of, "bits", raw[:2]) == {"n": 1, "x": 5}
    assert shown(shapes_of, "bits", raw[:3]) == {"n": 1, "x": 5, "y": 0xFFF}


def test_the_rest_is_what_no_member_covers(shapes_of: Types) -> None:
    """Its place and length; how it is printed is up to the dialects."""

    def rest(name: str, length: int) -> tuple[int, int] | None:
        layout = fitted(shapes_of[f"struct {name}"].layout, length, rest=True)
        last = layout.root.children[-1]
        if last.kind != "bytes":
            return None
        assert last.name == "tail"
        assert (last.type.kind, last.size) == ("bytes", last.type.size)  # type: ignore[attr-defined]
        assert layout.size == length
        return last.offset, last.size

    assert rest("deep", 44) is None
    assert rest("deep", 50) == (44, 6)
    assert rest("deep", 11) == (6, 5)
    assert rest("deep", 35) == (28, 7)
    assert rest("padded", 20) is None
    assert rest("padded", 16) is None
    assert rest("bits", 9) == (3, 6)


def test_layouts_are_made_once(shapes_of: Types) -> None:
    dispatch = Dispatch("padded", 0, shapes_of["struct padded"].layout, cut=True)
    shapes = Shapes(dispatch)
    numbers = [shapes.of(0, length) for length in [*range(8, 200), *range(8, 200)]]
    assert numbers[:192] == numbers[192:]
    assert len(shapes.layouts) == len(set(numbers)) + 1  # and the type's own
    rows = [length for length in shapes.table[2::3] if length]
    assert sorted(rows) == list(range(8, 200))  # each length once, however often it was asked for


# Records whose places are known.


@QUICK
@given(streams(), st.booleans())
def test_records_in_known_places(
    tmp_path: Path, made: tuple[Protocol, list[bytes]], by_hand: bool
) -> None:
    protocol, records = made
    [text] = parse_types("head(type=kind,type_enum=kinds,filter=more<30000)")
    dispatch = bind(text, protocol.types(tmp_path).sources, byte_order=protocol.order, placed=True)
    # Apart from each other, in another order, and some of them shorter than a header.
    records = [*records[::-1], b"\x05" * 3]
    data, numbers = b"", []
    for record in records:
        data += b"??"
        numbers += [len(data), len(record)]
        data += record
    with pytest.MonkeyPatch.context() as patch:
        if by_hand:
            patch.setattr(machine, "COMPILED", False)
        placed = Placed(dispatch, protocol.order)
    places = dict(zip(numbers[::2], range(len(records))))
    wanted = {at: protocol.expected(record) for at, record in enumerate(records[:-1])}
    wanted = {at: e for at, e in wanted.items() if e.get("head", e)["more"] < 30000}
    for _ in range(2):
        told: dict[int, str] = {}
        batch = placed.batch(
            memoryview(data), table("q", numbers), len(records), 1000, told.__setitem__
        )
        found = {}
        for shape, position, record in batch.each():
            layout = batch.shapes.layouts[shape]
            one = prettify.api.RecordType(layout.type, protocol.order, layout)
            found[places[position - 1000]] = json.loads(one.format(record, "ndjson"))
        assert told.pop(len(records) - 1).startswith("has 3 bytes")
        # Records that end before their type does are told, and all others are shown.
        assert found.keys() | (told.keys() & wanted.keys()) == wanted.keys()
        assert not found.keys() & told.keys()
        assert all(found[at] == wanted[at] for at in found)
        assert all("needed for struct" in why for why in told.values())


def test_places_have_to_be_in_the_data(tmp_path: Path) -> None:
    types = prettify.load_types(define="struct e { int kind; };")
    [text] = parse_types("e(type=kind)")
    placed = Placed(bind(text, types.sources, placed=True), "little")
    data = memoryview(bytes(8))
    for place in ([2, 7], [-1, 4], [0, -1]):
        with pytest.raises(ValueError, match="do not hold"):
            placed.batch(data, table("q", place), 1, 0, print)
    with pytest.raises(ValueError, match="hold"):
        placed.batch(data, table("q", [0, 4, 4, 4]), 3, 0, print)


# Going on behind what is bad.


@QUICK
@given(streams(), st.data())
def test_resync_finds_the_next_record(
    tmp_path: Path, made: tuple[Protocol, list[bytes]], data: st.DataObject
) -> None:
    protocol, records = made
    if not protocol.members or protocol.form in ("behind", "expression"):
        return
    types = protocol.types(tmp_path)
    stream = prettify.stream(types, protocol.text, resync=True)
    known = [r for r in records if "head" in protocol.expected(r) or len(r) > protocol.head_size]
    known = [r for r in known if protocol.expected(r).get("head") is not None]
    if len(known) < 3:
        return
    place = data.draw(st.integers(1, len(known) - 2))
    # Bytes that are no record, wherever one begins in them: a size of nothing.
    junk = bytes(data.draw(st.integers(protocol.head_size, 100)))
    junk += bytes(-len(junk) % protocol.align)
    before, behind = protocol.stream(known[:place]), protocol.stream(known[place:])
    whole = before + junk + behind
    for source in (whole, piped(whole, iter(lambda: 13, 0))):
        put_out, error = outcome(stream, source)
        assert error is not None
        assert error.offset == len(before)
        shown = [json.loads(line) for line in put_out.splitlines()]
        assert shown[:place] == [protocol.expected(r) for r in known[:place]]
        # The zeroes before it may be taken for the beginning of the next one's header.
        assert shown[-1] == protocol.expected(known[-1])


def test_resync_says_how_much_it_left_out(zoo: Types) -> None:
    text = "msg_header(sizeof,type,type_enum=msg_type)"
    hello = bytes.fromhex("01000000000020000a0000000b000000") + b"bash".ljust(16, b"\0")
    bad = hello[:6] + b"\4\0" + b"\xff" * 22
    stream = prettify.stream(zoo, text, resync=True)
    data = 2 * hello + bad + 3 * hello
    put_out, error = outcome(stream, data)
    assert str(error) == (
        "data: record at byte 64 says it is 4 bytes long, 8 needed for struct msg_header; "
        "30 bytes skipped, to byte 94"
    )
    assert put_out.count(b"bash") == 5
    errors: list[DataError] = []
    frame = Frame(Input(b""), "little", lambda _: b"")
    source = Input(data + bad + bytes(500))
    reading = SizedReader(
        stream.dispatch, frame, source, 0, limit=None, source=None, resync=errors.append
    )
    batches = reading.batches()
    assert sum(len(next(batches) or ()) for _ in range(2)) == 5
    assert [str(e) for e in errors] == [str(error)]
    with pytest.raises(DataError, match="nothing plausible in the 530 bytes behind it"):
        next(batches)


# Damage.


def test_damaged_streams_are_read_or_said_to_be_damaged(zoo: Types, tmp_path: Path) -> None:
    """Thousands of mutants: no traceback, no hang, an offset in every message."""
    text = "msg_header(sizeof,type,type_enum=msg_type+msg_user_type)"
    rows = [
        bytes.fromhex("01000000000020000a0000000b000000") + b"bash".ljust(16, b"\0"),
        bytes.fromhex("0200000000001800341200000000000007000000080000 00".replace(" ", "")),
        bytes.fromhex("0300000000001000646f6e6500000000"),
        bytes.fromhex("41000000000010000102030405060708"),
    ]
    original = b"".join(rows * 5)
    plain = prettify.stream(zoo, text)
    going_on = prettify.stream(zoo, text, resync=True)
    chooser = random.Random(3)
    for _ in range(examples(3000)):
        damaged = bytearray(original)
        for _ in range(chooser.randint(1, 6)):
            damaged[chooser.randrange(len(damaged))] = chooser.choice((0, 1, 4, 127, 128, 255))
        data = bytes(damaged[: chooser.choice((len(damaged), chooser.randrange(len(damaged))))])
        counts = []
        for stream in (plain, going_on):
            put_out, error = outcome(stream, data, "pahole")
            counts.append(put_out.count(b"\n},\n"))
            if error is not None:
                assert error.offset is not None
                assert 0 <= error.offset <= len(data)
                assert f"byte {error.offset}" in str(error)
                assert "\n" not in str(error)
        assert counts[0] <= counts[1] <= len(data) // 8


def test_a_size_from_the_file_takes_no_memory() -> None:
    """A pipe whose first record says that it has 60 million bytes: memory as they arrive."""
    types = prettify.load_types(define="struct h { unsigned size; char rest[]; };")
    stream = prettify.stream(types, "h(sizeof)")
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for size in (60_000_000, 0xFFFFFFFF):
        source = piped(size.to_bytes(4, "little") + b"x" * 100, iter(lambda: 50, 0))
        with pytest.raises(DataError, match="byte 0"):
            text(stream, source)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000
