"""Damages BTF at random and reads what comes out, as hard as a user could.

    python tests/btf_mutants.py RUN COUNT FILE   reads COUNT mutants and prints what went wrong
    python tests/btf_mutants.py RUN:NUMBER       reads one, which may end with a traceback

Mutants are the same in every run of one Python version. `mutants` says what is expected of them.
"""

from __future__ import annotations

import functools
import sys
from bisect import bisect_right
from pathlib import Path
from random import Random

from mutants import judged, read_limited, read_list, read_type
from prettify.errors import TypeInfoError
from prettify.sources.btf import Btf
from prettify.sources.search import Sources

VECTORS = Path(__file__).resolve().parent / "vectors"
NAME = "mutant.btf"
BASE_NAME = "base.btf"
MAX_TYPES = 60  # built of a large file, besides those that were damaged

SMALL_WORDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100)
WORDS = (*SMALL_WORDS, 0xFFFF, 0x10000, 0xFFFFFF, 1 << 24, 0x7FFFFFFF, 1 << 31, 0xFFFFFFFF)


class Original:
    """A BTF to damage, and the base it continues."""

    def __init__(self, name: str, data: bytes, base: bytes | None = None) -> None:
        self.name = name
        self.data = data
        self.base = base


class Mutant:
    """A damaged BTF; `places` are the offsets in it where something was done."""

    def __init__(self, original: Original, random: Random) -> None:
        self.original = original
        self.data = bytearray(original.data)
        self.order = "little" if original.data[:2] == b"\x9f\xeb" else "big"
        self.places: list[int] = []
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            self._damage(random)

    def _word(self, at: int) -> int:
        return int.from_bytes(self.data[at : at + 4], self.order)  # type: ignore[arg-type]

    def _put(self, at: int, value: int) -> None:
        self.data[at : at + 4] = (value & 0xFFFFFFFF).to_bytes(4, self.order)  # type: ignore[arg-type]

    def _place(self, random: Random) -> int:
        """An offset, more often in the header and among the types than in the strings."""
        size = len(self.data)
        if size < 40:
            return random.randrange(size + 1)
        header = max(24, min(self._word(4), size - 4))
        types = max(4, min(self._word(12), size - header))
        where = random.random()
        if where < 0.15:
            return random.randrange(header)
        if where < 0.85:
            at = header + random.randrange(types)
            return at & ~3 if random.random() < 0.7 else at
        return random.randrange(size)

    def _damage(self, random: Random) -> None:
        data = self.data
        at = self._place(random)
        self.places.append(at)
        way = random.randrange(12)
        if at >= len(data) - 4 or way == 0:
            if len(data) > 8 and random.random() < 0.3:
                del data[random.randrange(8, len(data)) :]
            else:
                data += random.randbytes(random.randrange(1, 9))
        elif way == 1:
            data[at] ^= 1 << random.randrange(8)
        elif way == 2:
            data[at] = random.choice((0, 1, 0x0A, 0x7F, 0x80, 0xFF, random.randrange(256)))
        elif way <= 5:
            self._put(at, random.choice((*WORDS, random.getrandbits(32), random.randrange(600))))
        elif way <= 7:
            self._put(at, self._word(at) + random.choice((-2, -1, 1, 2, 8, 64)))
        elif way == 8:  # another word of the file
            self._put(at, self._word(self._place(random)))
        elif way == 9:
            other = min(self._place(random), len(data) - 4)
            ours, theirs = self._word(at), self._word(other)
            self._put(at, theirs)
            self._put(other, ours)
        else:
            size = random.choice((1, 4, 4, 12, 16))
            if way == 10:
                start = random.randrange(len(data))
                new = data[start : start + size] if random.random() < 0.5 else None
                data[at:at] = new or random.randbytes(size)
            else:
                del data[at : at + size]
            if random.random() < 0.8 and len(self.data) > 24:
                # With lengths that fit, the reader gets further.
                grown = len(self.data) - len(self.original.data)
                self._put(12, self._word(12) + grown)
                self._put(16, self._word(16) + grown)


@functools.cache
def originals() -> list[Original]:
    """What is damaged: real files, and files of the writer with every kind, of both ends."""
    from btf_kinds import all_kinds, split_btf

    found = [Original(p.name, p.read_bytes()) for p in sorted(VECTORS.rglob("*.btf"))]
    for order in ("little", "big"):
        found.append(Original(f"all-{order}", all_kinds(order)))
        base, split = split_btf(order)
        found.append(Original(f"split-{order}", split, base))
        found.append(Original(f"base-{order}", base))
    return found


def mutant(known: list[Original], run: int, number: int) -> tuple[Mutant, Random]:
    """One mutant, and the source of chance to read it with."""
    random = Random(run << 32 | number)
    return Mutant(random.choice(known), random), random


def check(run: int, number: int) -> None:
    """Read a mutant. Raises what no reader may raise, or AssertionError."""
    damaged, random = mutant(originals(), run, number)
    with judged(well_formed):
        base = None if damaged.original.base is None else Btf(damaged.original.base, BASE_NAME)
        graph = Btf(bytes(damaged.data), NAME, base)
        sources = Sources([NAME])
        sources._graphs[NAME] = graph
        if random.random() < 0.25:
            read_list(sources)
        for type_id in _chosen(damaged, graph, random):
            with judged(well_formed):
                _read(sources, graph, type_id, random)


def _chosen(damaged: Mutant, graph: Btf, random: Random) -> list[int]:
    """All types of a small file; of a larger one the damaged types and some others."""
    known = graph.all_ids()
    if len(known) <= 4 * MAX_TYPES:
        return list(known)
    chosen = random.sample(known, MAX_TYPES)
    for place in damaged.places:
        index = bisect_right(graph._offsets, place - graph._types) - 1
        if index >= 0:
            chosen.append(graph.first_id + index)
    return chosen


def _read(sources: Sources, graph: Btf, type_id: int, random: Random) -> None:
    type_ = graph.by_id(type_id)
    assert (type_.kind, type_.name) == graph.summary(type_id)
    if type_.name:
        assert type_id in graph.ids(type_.name)
    read_type(sources, graph, type_id, random)


def well_formed(error: TypeInfoError) -> None:
    """An error about types names its file and the place in it."""
    text = str(error)
    assert error.path in (NAME, BASE_NAME), text
    assert error.offset is not None, text
    assert text == f"{error.path}: {error.what} (at byte {error.offset:#x})"


def _alone(run: int, number: int) -> None:
    damaged, _ = mutant(originals(), run, number)
    print(f"{damaged.original.name}, damaged at {damaged.places}")
    Path(NAME).write_bytes(damaged.data)
    check(run, number)


if __name__ == "__main__":
    if ":" in sys.argv[1]:
        _alone(*map(int, sys.argv[1].split(":")))
    else:
        sys.exit(read_limited(int(sys.argv[1]), int(sys.argv[2]), check, sys.argv[3]))
