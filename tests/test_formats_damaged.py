"""Damaged files: every sample of the catalogue, cut off and changed, is read or said to be bad.

With PRETTIFY_MUTANTS_FULL=1 there are 20,000 of each.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SAMPLES = sorted((ROOT / "formats").glob("*/samples/*.bin"))
NAMES = [f"{path.parent.parent.name}-{path.stem}" for path in SAMPLES]
MUTANTS = 20_000 if os.environ.get("PRETTIFY_MUTANTS_FULL") == "1" else 60
MAX_RECORDS = 2000


def readable(data: bytes, format: str) -> int:
    """How many of the first records there are; what is wrong with the others is a DataError."""
    count = 0
    try:
        for _ in prettify.read(data, format):
            count += 1
            if count == MAX_RECORDS:
                break
    except (prettify.DataError, prettify.UsageError):
        pass
    return count


@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_a_sample_cut_off_anywhere_is_read_as_far_as_it_goes(path: Path) -> None:
    data = path.read_bytes()
    format = path.parent.parent.name
    whole = readable(data, format)
    assert whole > 0
    source = random.Random(6)
    lengths = [source.randrange(len(data)) for _ in range(20)]
    for length in (0, 1, len(data) - 1, *lengths):
        readable(data[:length], format)


@pytest.mark.slow_pure
@pytest.mark.parametrize("path", SAMPLES, ids=NAMES)
def test_a_damaged_sample_is_read_or_said_to_be_damaged(path: Path) -> None:
    data = path.read_bytes()
    format = path.parent.parent.name
    source = random.Random(7)
    for _ in range(MUTANTS):
        damaged = bytearray(data)
        for _ in range(source.randrange(1, 6)):
            damaged[source.randrange(min(len(data), 1200))] = source.choice((0, 1, 127, 128, 255))
        readable(bytes(damaged), format)
