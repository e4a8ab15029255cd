"""Damaged type information: it is read, or refused in one line.

By default 2,500 mutants of each format; with PRETTIFY_MUTANTS_FULL=1, of DWARF 20,000 of each file
and of the other formats 20,000.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

import btf_mutants
import ctf_mutants
import elf_mutants
import mutants
from conftest import PURE
from prettify.errors import PrettifyError
from prettify.sources.search import Sources

FULL = os.environ.get("PRETTIFY_MUTANTS_FULL") == "1"
RUNS = 8 if FULL else 1
COUNT = 2500
COUNT_OF_FILE = COUNT if FULL else COUNT // 4  # there are four files of DWARF
FEW = 50 if PURE else 200

FORMATS = {"btf": btf_mutants, "ctf": ctf_mutants}


@pytest.mark.slow_pure
@pytest.mark.parametrize("run", range(1, RUNS + 1))
@pytest.mark.parametrize("name", [*FORMATS, *elf_mutants.ORIGINALS])
def test_many(name: str, run: int, tmp_path: Path) -> None:
    """In a process of its own, whose memory and time for one mutant are limited."""
    if name in FORMATS:
        mutants.run_limited(FORMATS[name].__file__, [str(run), str(COUNT)], tmp_path)
    else:
        arguments = [name, str(run), str(COUNT_OF_FILE)]
        mutants.run_limited(elf_mutants.__file__, arguments, tmp_path)


@pytest.mark.parametrize("name", [*FORMATS, *elf_mutants.ORIGINALS])
def test_some(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process."""
    monkeypatch.chdir(tmp_path)
    module = FORMATS.get(name)
    check = functools.partial(elf_mutants.check, name) if module is None else module.FORMAT.check
    assert list(mutants.read_many(0, FEW, check, lambda number: None)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_files_of_words_differ_and_get_through(name: str) -> None:
    opened = 0
    seen = set()
    for number in range(300):
        damaged, random = FORMATS[name].FORMAT.mutant(0, number)
        seen.add(damaged.data)
        try:
            FORMATS[name].FORMAT.opened(damaged, random)
        except PrettifyError:
            continue
        opened += 1
    assert len(seen) > 280
    assert 100 < opened < 250


@pytest.mark.parametrize("name", elf_mutants.ORIGINALS)
def test_files_of_sections_differ_and_get_through(
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
    assert opened > 15
    assert read > 10
