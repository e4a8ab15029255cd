"""The machine: numbers, bits, text, names, loops, and output that does not fit its buffer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prettify.core import emitter
from prettify.core import program as ops
from prettify.core.program import Program
from prettify.core.rows import fill_rows
from prettify.core.tables import table
from prettify.dialects.assembler import Assembler, Label, listing


def text(to: Assembler, data: bytes, *, big: bool = False, count: int = 1, sep: bytes = b"") -> str:
    program = to.finish(len(data) // max(count, 1), big_endian=big, separator=sep)
    return b"".join(emitter.render(program, data, 0, count)).decode("latin-1")


def machine(*instructions: tuple[int, ...]) -> Assembler:
    to = Assembler()
    for instruction in instructions:
        to.add(*instruction)
    return to


@given(st.binary(min_size=1, max_size=16), st.booleans())
def test_integers_of_every_size(data: bytes, big: bool) -> None:
    order = "big" if big else "little"
    unsigned = machine((ops.UNSIGNED, 0, len(data)), (ops.DECIMAL,))
    assert text(unsigned, data, big=big) == str(int.from_bytes(data, order))
    signed = machine((ops.SIGNED, 0, len(data)), (ops.DECIMAL,))
    assert text(signed, data, big=big) == str(int.from_bytes(data, order, signed=True))
    hexadecimal = machine((ops.SIGNED, 0, len(data)), (ops.HEX,))
    assert text(hexadecimal, data, big=big) == hex(int.from_bytes(data, order))


@given(st.binary(min_size=20, max_size=20), st.integers(0, 31), st.integers(1, 128), st.booleans())
def test_bits_of_every_width_and_place(data: bytes, at: int, width: int, big: bool) -> None:
    bits = "".join(f"{byte:08b}" if big else f"{byte:08b}"[::-1] for byte in data)
    field = bits[at : at + width]
    value = int(field if big else field[::-1], 2)
    assert text(machine((ops.BITS, at, width), (ops.DECIMAL,)), data, big=big) == str(value)
    signed = value - (1 << width) if value >> (width - 1) else value
    assert text(machine((ops.BITS, at, width, 1), (ops.DECIMAL,)), data, big=big) == str(signed)


@pytest.mark.parametrize(
    ("least", "plain", "value", "shown"),
    [
        (0, 0, 0, "0x0"),
        (0, 1, 0, "0"),
        (16, 0, 0, "0x" + "0" * 16),
        (16, 0, 0xAB, "0x" + "0" * 14 + "ab"),
    ],
)
def test_hexadecimal(least: int, plain: int, value: int, shown: str) -> None:
    to = machine((ops.UNSIGNED, 0, 8), (ops.HEX, least, plain))
    assert text(to, value.to_bytes(8, "little")) == shown


@given(
    st.dictionaries(st.integers(0, 255), st.binary(min_size=1, max_size=5), max_size=40),
    st.binary(min_size=1, max_size=1),
)
def test_names_are_found_or_passed_over(names: dict[int, bytes], data: bytes) -> None:
    to = Assembler()
    done = Label()
    to.add(ops.UNSIGNED, 0, 1)
    to.name("table", names.items, 8, done)
    to.literal(b"none")
    to.place(done)
    assert text(to, data) == names.get(data[0], b"none").decode("latin-1")


def test_the_first_of_several_names_counts() -> None:
    to = Assembler()
    done = Label()
    to.add(ops.UNSIGNED, 0, 1)
    to.name("table", lambda: [(1, b"first"), (1, b"second"), (257, b"third")], 8, done)
    to.place(done)
    assert text(to, b"\1") == "first"


def test_loops_within_loops_step_and_come_back() -> None:
    to = Assembler()
    rows = to.loop(2, 3)
    to.between(b"; ")
    items = to.loop(3, 1)
    to.between(b",")
    to.add(ops.UNSIGNED, 0, 1)
    to.add(ops.DECIMAL)
    to.next(items)
    to.next(rows)
    to.literal(b" ")
    to.add(ops.UNSIGNED, 0, 1)
    to.add(ops.DECIMAL)
    assert text(to, bytes(range(1, 7))) == "1,2,3; 4,5,6 1"


def test_a_branch_out_of_two_loops_restores_the_place() -> None:
    to = Assembler()
    out = Label()
    rows = to.loop(2, 3)
    items = to.loop(3, 1)
    to.add(ops.UNSIGNED, 0, 1)
    to.branch(ops.IF_ZERO, out)
    to.add(ops.DECIMAL)
    to.next(items)
    to.next(rows)
    to.place(out)
    to.add(ops.UNSIGNED, 5, 1)
    to.add(ops.DECIMAL)
    assert text(to, bytes((1, 2, 3, 4, 0, 9))) == "12349"


def test_index_of_a_loop() -> None:
    to = Assembler()
    rounds = to.loop(3, 0)
    to.add(ops.INDEX)
    to.add(ops.DECIMAL)
    to.next(rounds)
    assert text(to, b"") == "012"


@pytest.mark.parametrize(
    ("style", "data", "shown"),
    [
        (ops.TEXT_PAHOLE, b'a"\\\n\t\r\x01\x7f\xff\0rest', r"a\"\\\n\t\r\001\177\377"),
        (ops.TEXT_PAHOLE, "aé€𐍈\u0085".encode(), "aé€𐍈\\302\\205"),
        (ops.TEXT_PAHOLE, b"\xc3", r"\303"),
        (ops.TEXT_PAHOLE, b"\xed\xa0\x80\xc0\x80", r"\355\240\200\300\200"),
        (ops.TEXT_PAHOLE, b"\xf4\x90\x80\x80", r"\364\220\200\200"),
        (ops.TEXT_JSON, b'a"\\\n\b\f\x01\x7f\xff', 'a\\"\\\\\\n\\b\\f\\u0001\x7f\\u00ff'),
        (ops.TEXT_JSON, "é\u0085".encode(), "é\u0085"),
        (ops.TEXT_BPFTOOL, b"a\"b\\c/'\0", "a\\\"b\\nc/'"),
        (ops.TEXT_PLAIN, b'a",\n\x01\x7f\xff\0rest', 'a",\n\x01\x7f\xff'),
        (ops.TEXT_PLAIN, b"\xc3\xed\xa0\x80", "\xc3\xed\xa0\x80"),
        (ops.TEXT_CSV, b"a b;\t'", "a b;\t'"),
        (ops.TEXT_CSV, b'a"b', '"a""b"'),
        (ops.TEXT_CSV, b"a\rb\xff\0,", '"a\rb\xff"'),
        (ops.TEXT_CSV, b'ab\0"', "ab"),
        (ops.TEXT_C, b"a\0b??=\xc3\xa9\0\0", r"a\000b?\?=\303\251"),
    ],
)
def test_text(style: int, data: bytes, shown: str) -> None:
    to = machine((ops.STRING, 0, len(data), style))
    assert text(to, data).encode("latin-1").decode() == shown


DIGITS = {
    ops.BYTES_PLAIN: ("", "%02x"),
    ops.BYTES_C: (", ", "0x%02x"),
    ops.BYTES_JSON: (",", '"0x%02x"'),
    ops.BYTES_SPACED: (" ", "%02x"),
}


@given(st.sampled_from(sorted(DIGITS)), st.binary(max_size=40), st.integers(0, 5))
def test_bytes_are_digits(style: int, data: bytes, at: int) -> None:
    at = min(at, len(data))
    between, digits = DIGITS[style]
    to = Assembler()
    to.literal(b"[")
    to.add(ops.BYTES, at, len(data) - at, style)
    to.literal(b"]")
    assert text(to, data) == f"[{between.join(digits % byte for byte in data[at:])}]"


@pytest.mark.parametrize("style", sorted(DIGITS))
@pytest.mark.parametrize("before", [0, 1, 2, 3, 4, 5, 6, 7, 300])
def test_bytes_go_on_where_the_buffer_was_full(style: int, before: int) -> None:
    between, digits = DIGITS[style]
    data = bytes(i * 7 % 256 for i in range(40_001))
    to = Assembler()
    to.literal(b"|" * before)
    to.add(ops.BYTES, 0, len(data), style)
    to.literal(b"|")
    program = to.finish(len(data), big_endian=False)
    pieces = list(emitter.render(program, data, 0, 1, 4096))
    expected = between.join(digits % byte for byte in data)
    assert b"".join(pieces).decode() == "|" * before + expected + "|"
    assert max(map(len, pieces)) <= 4096
    assert len(pieces) > len(expected) // 4096


@given(st.binary(max_size=12), st.lists(st.integers(0, 255), max_size=20), st.integers(0, 3))
def test_text_is_ascii_up_to_a_nul(before: bytes, more: list[int], cut: int) -> None:
    printable = bytes(0x20 + byte % 0x5F for byte in before)
    for data in (printable + bytes(more), printable + b"\0" + bytes(more), before + bytes(more)):
        to = Assembler()
        yes, done = Label(), Label()
        to.branch(ops.IF_TEXT, yes, min(cut, len(data)), len(data) - min(cut, len(data)))
        to.literal(b"no")
        to.branch(ops.JUMP, done)
        to.place(yes)
        to.literal(b"yes")
        to.place(done)
        head, nul, _ = data[cut:].partition(b"\0")
        expected = bool(nul) and all(0x20 <= byte < 0x7F for byte in head)
        assert text(to, data) == ("yes" if expected else "no")


def test_hash_is_siphash() -> None:
    """The reference vector of SipHash-2-4 for the key 00..0f and the message 00..07."""
    to = machine((ops.UNSIGNED, 0, 8), (ops.HASH,), (ops.HEX,))
    program = to.finish(8, big_endian=False, key=bytes(range(16)))
    reference = int.from_bytes(bytes.fromhex("6224939a79f5f593"), "little") & 0xFFFFFFFF
    assert b"".join(emitter.render(program, bytes(range(8)), 0, 1, True)) == b"%#x" % reference


@pytest.mark.parametrize("value", [0, 0xFFFFFFFFFFFFF001, 0xFFFFFFFFFFFFFFFF])
def test_null_and_errors_are_not_hashed(value: int) -> None:
    to = machine((ops.UNSIGNED, 0, 8), (ops.HASH,), (ops.HEX,))
    assert text(to, value.to_bytes(8, "little")) == hex(value)


def test_separators_stand_between_records() -> None:
    to = machine((ops.UNSIGNED, 0, 1), (ops.DECIMAL,))
    program = to.finish(1, big_endian=False, separator=b", ")
    assert b"".join(emitter.render(program, b"\1\2\3", 0, 3)) == b"1, 2, 3"
    assert b"".join(emitter.render(program, b"\1\2\3", 1, 2)) == b"2, 3"
    assert b"".join(emitter.render(program, b"", 0, 0)) == b""


@pytest.mark.parametrize(
    "size", [1, 100, emitter.BUFFER - 257, emitter.BUFFER - 256, 3 * emitter.BUFFER]
)
def test_output_of_any_length_is_whole(size: int) -> None:
    """A full buffer stops the machine anywhere, and it goes on where it stopped."""
    to = Assembler()
    to.add(ops.STRING, 0, size, ops.TEXT_PAHOLE)
    to.literal(b"|" * 300)
    inner = to.loop(max(1, min(size // 8, 50_000)), 8 if size >= 8 else 0)
    to.between(b",")
    to.add(ops.UNSIGNED, 0, 1)
    to.add(ops.DECIMAL)
    to.next(inner)
    data = bytes(97 + i % 26 for i in range(size))
    program = to.finish(size, big_endian=False)
    pieces = list(emitter.render(program, data, 0, 1))
    numbers = range(0, 8 * max(1, min(size // 8, 50_000)), 8) if size >= 8 else [0]
    expected = data.decode() + "|" * 300 + ",".join(str(data[i]) for i in numbers)
    assert b"".join(pieces).decode() == expected
    assert max(map(len, pieces)) <= emitter.BUFFER + 2 * ops.MARGIN + 300


def test_data_that_is_too_short_is_refused() -> None:
    program = machine((ops.UNSIGNED, 0, 4), (ops.DECIMAL,)).finish(4, big_endian=False)
    for start, count in ((0, 2), (1, 1), (-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="bytes do not hold"):
            list(emitter.render(program, bytes(4), start, count))


def test_operation_numbers_are_the_named_ones() -> None:
    """The machine names its literal numbers in comments: both must agree with core.program."""
    import re
    from pathlib import Path

    import prettify

    source = (Path(prettify.__file__).parent / "core" / "emitter.py").read_text()
    named = re.findall(r"op == (\d+)(?: or op == (\d+))?:  # (\w+)(?:, (\w+))?", source)
    found = {}
    for first, second, name, other in named:
        found[name] = int(first)
        if other:
            found[other] = int(second)
    others = {"WORDS", "MAX_LOOPS", "MARGIN", "MAX_LITERAL", "SLACK", "FIELD_ROOM", "MOST_WIDE"}
    others |= {"LOCATED", "ORIGIN", "RELATIVE", "REST"}
    others |= {name for name in vars(ops) if name.startswith(("TEXT_", "BYTES_"))}
    operations = {n: v for n, v in vars(ops).items() if n.isupper() and n not in others}
    assert found == operations


def test_literals_next_to_each_other_are_one() -> None:
    to = Assembler()
    to.literal(b"a")
    to.literal(b"b")
    program = to.finish(0, big_endian=False)
    assert listing(program) == [(ops.LITERAL, 0, 2, 0, 0), (ops.END, 0, 0, 0, 0)]
    assert program.code.nbytes == 8 * ops.WORDS * 2


# Rows: records of several programs.


def number_program(size: int, word: bytes, *, sep: bytes = b"") -> Program:
    """A program that prints where a record is, then its number after some text."""
    to = Assembler()
    to.add(ops.POSITION)
    to.add(ops.DECIMAL)
    to.literal(word)
    to.add(ops.LOOP, 3, 0)
    start = Label()
    to.place(start)
    to.add(ops.UNSIGNED, 0, size)
    to.add(ops.HEX)
    to.branch(ops.NEXT, start)
    return to.finish(size, big_endian=False, separator=sep)


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 56), st.integers(0, 1 << 62)), max_size=60
    ),
    st.binary(min_size=64, max_size=64),
    st.sampled_from((b"", b",")),
    st.integers(1, 4000),
)
def test_rows_are_what_each_program_prints(
    drawn: list[tuple[int, int, int]], data: bytes, sep: bytes, size: int
) -> None:
    words = [b"a" * 300, b"-", b" b "]
    programs = [number_program(1 << n, word, sep=sep) for n, word in enumerate(words)]
    rows = table("q", [number for row in drawn for number in (*row, 0)])
    found = [
        bytes(memoryview(out)[:written])
        for out, written in fill_rows(programs, data, rows, [], size)
    ]
    expected = []
    for which, start, position in drawn:
        value = int.from_bytes(data[start : start + (1 << which)], "little")
        expected.append(b"%d" % position + words[which] + hex(value).encode() * 3)
    assert b"".join(found) == sep.join(expected)


def test_a_row_may_go_without_separator() -> None:
    programs = [number_program(1, b":", sep=b",")]
    rows = table("q", [0, 0, 7, 0, 0, 1, 8, 1, 0, 2, 9, 0])
    [(out, written)] = fill_rows(programs, b"abc", rows, [])
    assert out[:written] == b"7:0x610x610x618:0x620x620x62,9:0x630x630x63"


def test_rows_have_to_be_in_the_data() -> None:
    programs = [number_program(4, b":")]
    for start in (-1, 5):
        with pytest.raises(ValueError, match="8 bytes do not hold a record of 4 at"):
            list(fill_rows(programs, bytes(8), table("q", [0, start, 0, 0]), []))
