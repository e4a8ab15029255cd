"""prettify perf on recordings that tests write: any samples, and files that are damaged."""

from __future__ import annotations

import json
import os
import sys
import time
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import EXAMPLES_PART, PURE, examples
from perf_files import HERE, need_zstd, rows, shown
from perf_writer import packed, random_recording
from prettify.errors import DataError, UsageError
from prettify.records.perf.about import AboutRun
from prettify.records.perf.raw import RawTypes
from prettify.records.perf.run import Choice

FULL = os.environ.get("PRETTIFY_MUTANTS_FULL") == "1"
MUTANTS = (20000 if FULL else 2000) // (EXAMPLES_PART * (5 if PURE else 1))
SECONDS = 20 if PURE else 2  # for one mutant


@settings(deadline=None, max_examples=examples(150))
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_samples_are_read_as_they_were_written(seed: int, records: int) -> None:
    data, expected = random_recording(Random(seed), records)
    assert rows(data) == expected


@settings(deadline=None, max_examples=examples(30))
@given(st.integers(0, 2**32))
def test_all_forms_take_any_samples(seed: int) -> None:
    data, expected = random_recording(Random(seed), 20)
    text, errors = shown(data, "json")
    assert not errors
    assert json.loads(text, parse_float=Decimal) == expected
    text, errors = shown(data, "pahole")
    assert not errors
    assert text.count(b"\n\t.type = ") == len(expected)


@settings(deadline=None, max_examples=examples(30))
@given(st.integers(0, 2**32), st.integers(1, 30))
def test_packed_records_are_those_that_were_packed(seed: int, records: int) -> None:
    need_zstd()
    data, expected = random_recording(Random(seed), records)
    whole, places = packed(data, Random(seed))
    found = rows(whole)
    inside = [row for row in found if "COMPRESSED" not in row["type"]]
    assert [{**row, "offset": 0} for row in inside] == [{**row, "offset": 0} for row in expected]
    assert [row["offset"] for row in found if row not in inside] == places
    assert {row["offset"] for row in inside} <= set(places)


def test_packed_records_need_something_that_unpacks(monkeypatch: pytest.MonkeyPatch) -> None:
    need_zstd()
    whole, _ = packed(random_recording(Random(1), 5)[0], Random(1))
    for name in ("zstandard", "compression", "backports", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match="pip install zstandard"):
        shown(whole)


# Damaged ones.


def mutant(random: Random, data: bytes) -> bytes:
    """A recording with something wrong in it."""
    damaged = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        what = random.randrange(6)
        at = random.randrange(len(damaged)) if damaged else 0
        if what == 0:
            damaged[at : at + 1] = random.randbytes(1)
        elif what == 1:
            damaged[at : at + 8] = random.choice(
                (0, 1, 8, 2**16, 2**31, 2**32, 2**63, 2**64 - 1)
            ).to_bytes(8, random.choice(("little", "big")))
        elif what == 2:
            del damaged[at:]
        elif what == 3:
            del damaged[at : at + random.randrange(1, 40)]
        elif what == 4:
            damaged[at:at] = random.randbytes(random.randrange(1, 40))
        else:  # the sizes of records, and where the header says that things are
            at = random.choice(
                (8, 16, 24, 32, 40, 48, 72, 8 * random.randrange(len(data) // 8) + 6)
            )
            damaged[at : at + 2] = random.choice((0, 1, 7, 8, 9, 2**15, 2**16 - 1)).to_bytes(
                2, "little"
            )
    return bytes(damaged)


def sources() -> list[bytes]:
    found = [path.read_bytes() for path in HERE.values() if path.stat().st_size < 20000]
    written = [random_recording(Random(seed), 12)[0] for seed in range(40)]
    try:
        import zstandard  # noqa: F401
    except ImportError:
        return found + written
    return found + written + [packed(data, Random(1))[0] for data in written[:10]]


@pytest.mark.parametrize("part", range(4))
def test_damaged_recordings_give_an_error_of_one_line(part: int) -> None:
    random = Random(part)
    originals = sources()
    wrong = 0
    for number in range(MUTANTS // 4):
        data = mutant(random, random.choice(originals))
        began = time.process_time()
        if number % 10 == 0:
            errors: list[Exception] = []
            run = AboutRun(random.choice(("header", "summary")), "text", Choice(), RawTypes())
            for _ in run.run([data], errors.append):
                pass
        else:
            form = random.choice(("ndjson", "ndjson", "pahole"))
            text, errors = shown(data, form)
            if form == "ndjson":
                for line in text.splitlines():
                    json.loads(line)
        assert time.process_time() - began < SECONDS
        for error in errors:
            wrong += 1
            assert isinstance(error, (DataError, UsageError))
            assert "\n" not in str(error)
            assert not isinstance(error, DataError) or error.offset is not None, error
    assert wrong > MUTANTS // 40


def test_what_is_no_recording_says_so() -> None:
    for data, what in (
        (b"", "does not begin with PERFILE2"),
        (b"PERFFILE" + bytes(100), "before 2010"),
        (b"PERFILE2" + bytes(8), "its header says that it has 0 bytes"),
        (HERE["cpu_clock"].read_bytes()[:50], "header cut short"),
    ):
        _, [error] = shown(data)
        assert what in str(error)


def test_a_record_cut_short_comes_behind_all_before() -> None:
    data = HERE["big_endian"].read_bytes()
    whole = rows(data)
    text, [error] = shown(data[:-60])
    assert [json.loads(line, parse_float=Decimal) for line in text.splitlines()] == whole[:-2]
    assert "byte 1056" in str(error)
