"""The bulk path prints what one record at a time prints, whatever the buffers and threads."""

from __future__ import annotations

import io
import math
import os
import random
import struct
import threading
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import prettify
from conftest import examples
from prettify import layout as layouts
from prettify.api import RecordType
from prettify.core import emitter, shortest
from prettify.core import program as ops
from prettify.dialects import FORMS, assembler
from prettify.dialects.options import Options
from prettify.errors import DataError, UsageError
from prettify.layout import Layout
from prettify.records import input as inputs
from strategies import record_bytes, record_layouts

if TYPE_CHECKING:
    from pathlib import Path

    from prettify.api import Types
    from prettify.core.program import Program

FLAGS = ("compact", "noname", "ptr_raw", "zero", "hex")
property_test = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def drawn_flags(data: st.DataObject, form: str, layout: Layout) -> dict[str, Any]:
    """Options of a form, and a template of all members."""
    takes = FORMS[form].options
    flags: dict[str, Any] = {name: data.draw(st.booleans()) for name in FLAGS if name in takes}
    if "int64" in takes:
        flags["int64"] = data.draw(st.sampled_from(("number", "string")))
    if "template" in takes:
        names = [child.name for _, child in layouts.named_members(layout.root)]
        if layout.root.kind not in layouts.NESTED:
            names = ["value"]
        flags["template"] = "; ".join(f"{name}={{{name}}}" for name in names)
    return flags


def program_of(layout: Layout, form: str, flags: dict[str, Any]) -> Program:
    """The program, of types that the form can hold."""
    try:
        return FORMS[form].compile(layout, Options(byte_order=layout.byte_order, **flags))
    except UsageError:  # no column
        assume(False)
        raise


@property_test
@given(record_layouts(), st.sampled_from(sorted(FORMS)), st.data())
def test_the_optimiser_changes_no_text(layout: Layout, form: str, data: st.DataObject) -> None:
    flags = drawn_flags(data, form, layout)
    record = data.draw(record_bytes(layout.size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembler, "optimise", lambda code, separator, big_endian: code)
        plain = program_of(layout, form, flags)
    optimised = program_of(layout, form, flags)
    assert len(optimised.code) <= len(plain.code) + assembler.WORDS
    expected = b"".join(emitter.render(plain, record, 0, 1))
    assert b"".join(emitter.render(optimised, record, 0, 1)) == expected


@property_test
@given(record_layouts(), st.sampled_from(sorted(FORMS)), st.data())
def test_text_does_not_depend_on_the_buffers(
    layout: Layout, form: str, data: st.DataObject
) -> None:
    records = b"".join(data.draw(record_bytes(layout.size)) for _ in range(3))
    program = program_of(layout, form, drawn_flags(data, form, layout))
    whole = b"".join(emitter.render(program, records, 0, 3))
    assert b"".join(emitter.render(program, records, 0, 3, 1)) == whole
    # Buffers that held something else, taken in turn.
    spare = [bytearray(os.urandom(1024)) for _ in range(3)]
    found = b""
    for out, written in emitter.fill(program, records, 0, 3, spare, 1):
        found += out[:written]
        spare.append(out)
    assert found == whole
    each = (emitter.render(program, records, i * layout.size, 1) for i in range(3))
    assert program.separator.join(b"".join(pieces) for pieces in each) == whole


@property_test
@given(record_layouts(), st.sampled_from(sorted(FORMS)), st.integers(1, 40), st.data())
def test_bulk_text_is_the_text_of_each_record(
    layout: Layout, form: str, count: int, data: st.DataObject
) -> None:
    """The same bytes from `decode`, with one thread and three, as from `format`."""
    if not layout.size:
        return
    seed = data.draw(st.integers(0, 1 << 32))
    chunk = data.draw(st.sampled_from((1, 7, 64, 1 << 20)))
    records = random.Random(seed).randbytes(count * layout.size)
    record_type = RecordType(layout.type)
    flags = drawn_flags(data, form, layout)
    separator = program_of(layout, form, flags).separator.decode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("prettify.records.fixed.CHUNK", max(chunk, 1))
        bulk = list(prettify.decode(records, record_type, form, **flags) or ())
        threads = list(prettify.decode(records, record_type, form, jobs=3, **flags) or ())
    assert b"".join(bulk) == b"".join(threads)
    size = layout.size
    each = [
        record_type.format(records[i : i + size], form, **flags)
        for i in range(0, len(records), size)
    ]
    options = Options(byte_order=layout.byte_order, **flags)
    before, after = FORMS[form].start(layout, options).decode(), FORMS[form].after.decode()
    bodies = (text[len(before) : len(text) - len(after)] for text in each)
    encoding = "latin-1" if form == "kernel" else "utf-8"
    expected = before + separator.join(bodies) + after
    assert b"".join(bulk) == expected.encode(encoding, "surrogateescape")


# Numbers.


EDGES = st.integers(0, 19).map(lambda n: 10**n)
NUMBERS = st.one_of(st.integers(0, (1 << 64) - 1), EDGES, EDGES.map(lambda n: n - 1))


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_digits_of_integers(numbers: list[int]) -> None:
    to = assembler.Assembler()
    to.add(ops.UNSIGNED, 0, 8)
    to.add(ops.DECIMAL)
    to.literal(b" ")
    to.add(ops.SIGNED, 0, 8)
    to.add(ops.DECIMAL)
    program = to.finish(8, big_endian=False, separator=b",")
    data = struct.pack(f"<{len(numbers)}Q", *numbers)
    signed = struct.unpack(f"<{len(numbers)}q", data)
    expected = ",".join(f"{a} {b}" for a, b in zip(numbers, signed))
    assert b"".join(emitter.render(program, data, 0, len(numbers))).decode() == expected


def float_texts(form: int, size: int, bits: list[int]) -> list[str]:
    to = assembler.Assembler()
    to.add(ops.UNSIGNED, 0, size)
    to.add(ops.FLOAT, form, shortest.PLAIN)
    program = to.finish(size, big_endian=False, separator=b" ")
    data = b"".join(b.to_bytes(size, "little") for b in bits)
    return b"".join(emitter.render(program, data, 0, len(bits))).decode().split(" ")


def exact(form: int, bits: list[int]) -> list[str]:
    return [shortest.float_text(b, 0, form, shortest.PLAIN).decode() for b in bits]


@pytest.mark.parametrize("form", [shortest.HALF, shortest.BFLOAT])
def test_every_small_float_is_shortest(form: int) -> None:
    bits = list(range(0, 1 << 16, 1 if emitter.COMPILED else 61))
    assert float_texts(form, 2, bits) == exact(form, bits)


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(st.integers(0, (1 << 64) - 1), min_size=30, max_size=60))
def test_doubles_and_singles_are_shortest(numbers: list[int]) -> None:
    # Random bits, powers of two (whose lower neighbours are nearer), and short decimals.
    near = [n & 0x7FF << 52 for n in numbers] + [
        struct.unpack("<Q", struct.pack("<d", float(f"{n % 1000}e{n % 617 - 308}")))[0]
        for n in numbers
    ]
    bits = numbers + near
    assert float_texts(shortest.DOUBLE, 8, bits) == exact(shortest.DOUBLE, bits)
    small = [n >> 32 for n in bits]
    assert float_texts(shortest.SINGLE, 4, small) == exact(shortest.SINGLE, small)


def test_doubles_agree_with_python() -> None:
    chooser = random.Random(5)
    numbers = [chooser.uniform(-1, 1) * 10.0 ** chooser.randint(-300, 300) for _ in range(3000)]
    numbers += [
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        2.0**-44,
        9007199254740993.0,
    ]
    bits = [struct.unpack("<Q", struct.pack("<d", n))[0] for n in numbers]
    assert [float(text) for text in float_texts(shortest.DOUBLE, 8, bits)] == numbers
    assert float_texts(shortest.DOUBLE, 8, bits) == [repr(n) for n in numbers]


# Streams.


def test_a_record_is_printed_when_it_has_arrived(zoo: Types) -> None:
    """As `tail -f` needs it: with one thread and several."""
    t = first_of_size(zoo, 8)
    for jobs in (1, 3):
        reader, writer = os.pipe()
        with open(reader, "rb", buffering=0) as source:
            pieces = prettify.decode(source, t, "ndjson", jobs=jobs)
            assert pieces is not None
            for _ in range(3):
                os.write(writer, bytes(t.size))
                line = next(pieces)
                assert line.count(b"\n") == 1
            os.write(writer, bytes(t.size // 2))
            os.close(writer)
            with pytest.raises(DataError, match="record cut short"):
                next(pieces)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_a_long_pipe_comes_out_whole_and_in_order(zoo: Types, jobs: int) -> None:
    count = 400_000 if emitter.COMPILED else 3000
    records = b"".join(struct.pack("<I4x", i) for i in range(count))
    t = first_of_size(zoo, 8)
    reader, writer = os.pipe()

    def feed() -> None:
        with open(writer, "wb", buffering=0) as out:
            for at in range(0, len(records), 70_001):
                out.write(records[at : at + 70_001])

    thread = threading.Thread(target=feed)
    thread.start()
    with open(reader, "rb", buffering=0) as source:
        found = b"".join(prettify.decode(source, t, "ndjson", jobs=jobs) or ())
    thread.join()
    assert found == b"".join(prettify.decode(records, t, "ndjson") or ())
    assert found.count(b"\n") == count


def until_failure(source: Any, t: RecordType, jobs: int) -> tuple[bytes, str]:
    """What comes out before the error, and the error."""
    found = bytearray()
    try:
        for piece in prettify.decode(source, t, "ndjson", jobs=jobs) or ():
            found += piece
    except DataError as error:
        return bytes(found), str(error)
    raise AssertionError("no error")


def first_of_size(types: Types, size: int) -> RecordType:
    return next(t for t in map(types.__getitem__, types.names("struct *")) if t.size == size)


def test_a_stream_without_a_descriptor(zoo: Types) -> None:
    t = first_of_size(zoo, 8)
    records = bytes(range(80))
    found = b"".join(prettify.decode(io.BytesIO(records), t, "ndjson") or ())
    assert found == b"".join(prettify.decode(records, t, "ndjson") or ())


def test_records_longer_than_a_chunk(monkeypatch: pytest.MonkeyPatch, zoo: Types) -> None:
    monkeypatch.setattr(inputs, "CHUNK", 16)
    monkeypatch.setattr("prettify.records.fixed.CHUNK", 16)
    t = first_of_size(zoo, 24)
    records = os.urandom(24 * 5)
    reader, writer = os.pipe()
    os.write(writer, records + b"rest")
    os.close(writer)
    with open(reader, "rb", buffering=0) as source:
        found, failure = until_failure(source, t, 2)
    assert "byte 120: 4" in failure
    assert found == b"".join(prettify.decode(records, t, "ndjson") or ())


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_read_error_in_the_middle_loses_nothing(zoo: Types, jobs: int) -> None:
    """All that was whole comes out, then one error says where."""
    t = first_of_size(zoo, 8)

    class Failing(io.RawIOBase):
        def __init__(self) -> None:
            self.left = 5

        def read(self, size: int = -1) -> bytes:
            if not self.left:
                raise OSError(5, "Input/output error")
            self.left -= 1
            return bytes(12)

    found, failure = until_failure(Failing(), t, jobs)
    assert "cannot read at byte 60: Input/output error" in failure
    assert found.count(b"\n") == 7


def test_output_to_a_file_and_an_open_one(tmp_path: Path, zoo: Types) -> None:
    t = first_of_size(zoo, 8)
    records = os.urandom(8000)
    expected = b"".join(prettify.decode(records, t, "c") or ())
    prettify.decode(records, t, "c", tmp_path / "out.c", jobs=2)
    assert (tmp_path / "out.c").read_bytes() == expected
    held = io.BytesIO()
    prettify.decode(records, t, "c", held)
    assert held.getvalue() == expected


def test_powers_of_ten_are_rounded_up() -> None:
    powers = shortest.powers()
    assert len(powers) == 2 * (shortest.MOST_POWER - shortest.LEAST_POWER + 1)
    for exponent in range(shortest.LEAST_POWER, shortest.MOST_POWER + 1):
        at = 2 * (exponent - shortest.LEAST_POWER)
        leading = powers[at] << 64 | powers[at + 1]
        assert leading.bit_length() == 128
        ten = Fraction(10) ** exponent
        unit = Fraction(2) ** (math.floor(math.log2(10) * exponent) - 127)
        assert (leading - 1) * unit < ten <= leading * unit


# The library's ways in.


def test_a_file_is_an_array_without_being_read(tmp_path: Path, zoo: Types) -> None:
    t = zoo["h_none"]
    records = struct.pack("<6I", 1, 2, 3, 4, 5, 6)
    path = tmp_path / "records"
    path.write_bytes(records)
    for source in (path, str(path), records, bytearray(records), memoryview(records)):
        assert t.array(source)["b"].tolist() == [2, 4, 6]
    assert not t.array(path).flags.writeable
    path.write_bytes(b"")
    assert t.array(path).shape == (0,)
    path.write_bytes(bytes(9))
    with pytest.raises(DataError, match="1 bytes left over"):
        t.array(path)
    with pytest.raises(UsageError, match="No such file"):
        t.array(tmp_path / "none")
    with pytest.raises(UsageError, match="is a directory"):
        t.array(tmp_path)


def test_a_file_is_a_table(tmp_path: Path, zoo: Types) -> None:
    pytest.importorskip("pyarrow", reason="tables are pyarrow's")
    path = tmp_path / "records"
    path.write_bytes(struct.pack("<4I", 1, 2, 3, 4))
    expected = [{"a": 1, "b": 2}, {"a": 3, "b": 4}]
    assert zoo["h_none"].table(path).to_pylist() == expected
    assert zoo["h_none"].table(path.read_bytes()).to_pylist() == expected
    assert zoo["h_none"].select("b").table(path).to_pylist() == [{"b": 2}, {"b": 4}]


def test_decode_filters_and_projects(zoo: Types) -> None:
    t = zoo["h_none"]
    records = b"".join(struct.pack("<II", n, 2 * n) for n in range(10))

    def lines(**more: Any) -> list[bytes]:
        return b"".join(prettify.decode(records, t, "csv", **more) or ()).splitlines()[1:]

    assert lines(where="a >= 7", select="b") == [b"14", b"16", b"18"]
    assert lines(where="a % 2", select=["b", "a"], skip=1, count=2) == [b"6,3", b"10,5"]
    assert lines(skip=8) == [b"8,16", b"9,18"]
    assert lines(count=1, jobs=2) == [b"0,0"]
    with pytest.raises(UsageError, match="no member 'c'"):
        lines(where="c == 1")
    with pytest.raises(UsageError, match="no member 'c'"):
        lines(select="c")
    with pytest.raises(UsageError, match="form 'xml': known are"):
        prettify.decode(records, t, "xml")
