"""Damaged dumps of maps: they are read, or refused in one line.

By default 5,000 of them; with PRETTIFY_MUTANTS_FULL=1, 100,000.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

import map_mutants
import mutants
from conftest import PURE
from dumped import read
from prettify.errors import UsageError
from prettify.records.maps.dumped import shapes, tokens, window

FULL = os.environ.get("PRETTIFY_MUTANTS_FULL") == "1"
RUNS = 20 if FULL else 1
COUNT = 5000
FEW = 200 if PURE else 1000


@pytest.mark.slow_pure
@pytest.mark.parametrize("run", range(1, RUNS + 1))
def test_many(run: int, tmp_path: Path) -> None:
    """In a process of its own, whose memory and time for one mutant are limited."""
    mutants.run_limited(map_mutants.__file__, [str(run), str(COUNT)], tmp_path)


@pytest.mark.parametrize("small", [False, True])
def test_some(small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process; also with windows that hold little of a dump at a time."""
    if small:
        for module, name, size in (
            (window, "CHUNK", 200), (window, "ROOM", 700), (window, "KEPT", 300),
            (tokens, "KEPT", 300),
        ):  # fmt: skip
            monkeypatch.setattr(module, name, size)
    assert list(mutants.read_many(0, FEW, map_mutants.check, lambda number: None)) == []


def test_they_differ_and_get_through() -> None:
    seen = set()
    of_shape: Counter[str] = Counter()
    read_whole = read_partly = 0
    for number in range(400):
        original, data, _ = map_mutants.mutant(0, number)
        seen.add(data)
        of_shape[original.shape] += 1
        if original.shape == shapes.LIST:
            continue
        key, value = map_mutants.type_of(original.key), map_mutants.type_of(original.value)
        try:
            reading = read(data, key, value, shape=original.shape)
        except UsageError:  # it looks like one of another shape
            continue
        read_whole += reading.error is None
        read_partly += reading.error is not None and bool(reading.entries)
    assert len(seen) > 380
    assert set(of_shape) == set(shapes.SHAPES) - {shapes.RAW}
    assert read_whole > 40
    assert read_partly > 80
