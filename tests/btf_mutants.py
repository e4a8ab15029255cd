"""Damages BTF at random, as `word_mutants` says."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import word_mutants
from btf_kinds import all_kinds, split_btf
from btf_writer import Endian
from prettify.sources.btf import Btf

VECTORS = Path(__file__).resolve().parent / "vectors"
HEADER = 24
TYPES_LENGTH, STRINGS_START = 12, 16  # where the header has them


def _original(name: str, data: bytes, base: bytes | None = None) -> word_mutants.Original:
    order: Endian = "little" if data[:2] == b"\x9f\xeb" else "big"
    size = int.from_bytes(data[TYPES_LENGTH : TYPES_LENGTH + 4], order)
    return word_mutants.Original(
        name,
        data,
        order,
        header=HEADER,
        types=range(HEADER, HEADER + size),
        lengths=(TYPES_LENGTH, STRINGS_START),
        base=base,
    )


def _originals() -> list[word_mutants.Original]:
    """Real files, and files of the writer with every kind, of both ends."""
    found = [_original(p.name, p.read_bytes()) for p in sorted(VECTORS.rglob("*.btf"))]
    orders: tuple[Endian, ...] = ("little", "big")
    for order in orders:
        found.append(_original(f"all-{order}", all_kinds(order)))
        base, split = split_btf(order)
        found.append(_original(f"split-{order}", split, base))
        found.append(_original(f"base-{order}", base))
    return found


def _opened(damaged: word_mutants.Mutant, random: Random) -> Btf:
    base = damaged.original.base
    return Btf(
        damaged.data,
        word_mutants.NAME,
        None if base is None else Btf(base, word_mutants.BASE_NAME),
    )


def _places(graph: Btf) -> tuple[int, Sequence[int], int]:
    return graph._types, graph._offsets, graph.first_id


FORMAT = word_mutants.Format(_originals, _opened, _places)

if __name__ == "__main__":
    sys.exit(FORMAT.main(sys.argv[1:]))
