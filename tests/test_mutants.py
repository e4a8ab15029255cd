"""Damaged DWARF and CTF: 20,000 mutants of each file are read, or refused in one line.

By default some of them; PRETTIFY_MUTANTS_FULL=1 reads all.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import elf_mutants
import mutants
from prettify.errors import PrettifyError
from prettify.sources.search import Sources

FULL = os.environ.get("PRETTIFY_MUTANTS_FULL") == "1"
RUNS, COUNT = (8, 2500) if FULL else (1, 1000)


@pytest.mark.slow_pure
@pytest.mark.parametrize("run", range(RUNS))
@pytest.mark.parametrize("name", elf_mutants.ORIGINALS)
def test_many(name: str, run: int, tmp_path: Path) -> None:
    """In a process of its own, whose memory and time for one mutant are limited."""
    mutants.run_limited(elf_mutants.__file__, [name, str(run), str(COUNT)], tmp_path)


@pytest.mark.parametrize("name", elf_mutants.ORIGINALS)
def test_they_differ_and_get_through(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opened = read = 0
    seen = set()
    for number in range(60):
        data, _ = elf_mutants.mutant(name, 0, number)
        seen.add(data)
        Path(elf_mutants.NAME).write_bytes(data)
        try:
            [graph] = Sources([elf_mutants.NAME], (elf_mutants.original(name).format,))
            ids = graph.all_ids()
            opened += 1
            read += any(graph.by_id(type_id) for type_id in list(ids)[:5])
        except PrettifyError:
            continue
    assert len(seen) > 55
    assert opened > 20
    assert read > 15
