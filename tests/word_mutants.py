"""Damages files of 32-bit words at random, as CTF and BTF are, and reads what comes out.

    python tests/btf_mutants.py RUN COUNT FILE   reads COUNT mutants and prints what went wrong
    python tests/btf_mutants.py RUN:NUMBER       reads one, which may end with a traceback

Mutants are the same in every run of one Python version. `mutants` says what is expected of them.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from mutants import judged, read_limited, read_list, read_type
from prettify.sources.search import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Literal

    from prettify.errors import TypeInfoError
    from prettify.sources.btf import Btf
    from prettify.sources.ctf.graph import Ctf

NAME = "mutant"
BASE_NAME = "base"
MAX_TYPES = 60  # built of a large file, besides those that were damaged

SMALL_WORDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100)
WORDS = (*SMALL_WORDS, 0xFFFF, 0x10000, 0xFFFFFF, 1 << 24, 0x7FFFFFFF, 1 << 31, 0xFFFFFFFF)
DISTANCES = (-2, -1, 1, 2, 8, 64, 1 << 16, 1 << 26)
SIZES = (1, 4, 4, 8, 12, 16)  # of what is put in or taken out


class Original:
    """A file to damage, and the base that it continues.

    header: its size; types: where they are, unless they are in several places; lengths: the words
    of the header that grow with the types; finish: what is done to the file when it is damaged.
    """

    def __init__(
        self,
        name: str,
        data: bytes,
        order: Literal["little", "big"],
        *,
        header: int,
        types: range | None,
        lengths: tuple[int, ...] = (),
        base: bytes | None = None,
        finish: Callable[[bytearray], bytes] = bytes,
    ) -> None:
        self.name = name
        self.data = data
        self.order: Literal["little", "big"] = order
        self.header = header
        self.types = types
        self.lengths = lengths
        self.base = base
        self.finish = finish


class Mutant:
    """A damaged file; `places` are the offsets where something was done, before it was finished."""

    def __init__(self, original: Original, random: Random) -> None:
        self.original = original
        self.places: list[int] = []
        self._data = bytearray(original.data)
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            self._damage(random)
        self.data = original.finish(self._data)

    def _word(self, at: int) -> int:
        return int.from_bytes(self._data[at : at + 4], self.original.order)

    def _put(self, at: int, value: int) -> None:
        self._data[at : at + 4] = (value & 0xFFFFFFFF).to_bytes(4, self.original.order)

    def _place(self, random: Random) -> int:
        """An offset, more often in the header and among the types than in the strings."""
        size, types = len(self._data), self.original.types
        if size < self.original.header + 8:
            return random.randrange(size + 1)
        where = random.random()
        if where < 0.15:
            return random.randrange(self.original.header)
        if where < 0.85 and types:
            at = min(random.choice(types), size - 4)
            return at & ~3 if random.random() < 0.7 else at
        return random.randrange(size)

    def _damage(self, random: Random) -> None:
        data = self._data
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
            others = (random.getrandbits(32), random.randrange(99), random.randrange(600))
            self._put(at, random.choice((*WORDS, *others)))
        elif way <= 7:
            self._put(at, self._word(at) + random.choice(DISTANCES))
        elif way == 8:  # another word of the file
            self._put(at, self._word(self._place(random)))
        elif way == 9:
            other = min(self._place(random), len(data) - 4)
            ours, theirs = self._word(at), self._word(other)
            self._put(at, theirs)
            self._put(other, ours)
        else:
            self._move(at, random, inwards=way == 10)

    def _move(self, at: int, random: Random, *, inwards: bool) -> None:
        """Put something in, or take something out."""
        data = self._data
        before, size = len(data), random.choice(SIZES)
        if inwards:
            start = random.randrange(before)
            new = data[start : start + size] if random.random() < 0.5 else None
            data[at:at] = new or random.randbytes(size)
        else:
            del data[at : at + size]
        if random.random() < 0.8 and len(data) > self.original.header:
            # With lengths that fit, the reader gets further.
            for length in self.original.lengths:
                self._put(length, self._word(length) + len(data) - before)


class Format:
    """The mutants of a format.

    originals: makes what is damaged. opened: reads a mutant. places: where in an opened mutant the
    types begin, how far behind that each of them is, and the id of the first.
    """

    def __init__(
        self,
        originals: Callable[[], list[Original]],
        opened: Callable[[Mutant, Random], Btf | Ctf],
        places: Callable[[Btf | Ctf], tuple[int, Sequence[int], int]],
    ) -> None:
        self._make = originals
        self._originals: list[Original] = []
        self.opened = opened
        self._places = places

    def mutant(self, run: int, number: int) -> tuple[Mutant, Random]:
        """One mutant, and the source of chance to read it with."""
        if not self._originals:
            self._originals = self._make()
        random = Random(run << 32 | number)
        return Mutant(random.choice(self._originals), random), random

    def check(self, run: int, number: int) -> None:
        """Read a mutant. Raises what no reader may raise, or AssertionError."""
        damaged, random = self.mutant(run, number)
        with judged(_well_formed):
            graph = self.opened(damaged, random)
            sources = Sources([NAME])
            sources._graphs[NAME] = graph
            if random.random() < 0.25:
                read_list(sources)
            if damaged.original.base is None and random.random() < 0.1:
                with judged(_well_formed):
                    assert graph.describe().types == len(graph.all_ids())
            for type_id in self._chosen(damaged, graph, random):
                with judged(_well_formed):
                    _read(sources, graph, type_id, random)

    def _chosen(self, damaged: Mutant, graph: Btf | Ctf, random: Random) -> list[int]:
        """All types of a small file; of a larger one the damaged types and some others."""
        known = graph.all_ids()
        if len(known) <= 4 * MAX_TYPES:
            return list(known)
        start, offsets, first_id = self._places(graph)
        indices = (bisect_right(offsets, place - start) - 1 for place in damaged.places)
        damaged_ids = [first_id + index for index in indices if index >= 0]
        return [*random.sample(known, MAX_TYPES), *damaged_ids]

    def main(self, arguments: list[str]) -> int:
        """Do what a script is asked to do; returns the exit status."""
        if ":" not in arguments[0]:
            run, count, progress = arguments
            return read_limited(int(run), int(count), self.check, progress)
        run, number = map(int, arguments[0].split(":"))
        damaged, _ = self.mutant(run, number)
        print(f"{damaged.original.name}, damaged at {damaged.places}")
        Path(NAME).write_bytes(damaged.data)
        self.check(run, number)
        return 0


def _read(sources: Sources, graph: Btf | Ctf, type_id: int, random: Random) -> None:
    type_ = graph.by_id(type_id)
    assert (type_.kind, type_.name) == graph.summary(type_id)
    if type_.name:
        assert type_id in graph.ids(type_.name)
    read_type(sources, graph, type_id, random)


def _well_formed(error: TypeInfoError) -> None:
    """An error about types names its file, of an archive the dictionary in it, and the place."""
    text = str(error)
    assert error.path.split("[")[0] in (NAME, BASE_NAME), text
    assert error.offset is not None, text
    assert text == f"{error.path}: {error.what} (at byte {error.offset:#x})"
