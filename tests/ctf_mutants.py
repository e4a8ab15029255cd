"""Damages CTF at random and reads what comes out, as hard as a user could.

    python tests/ctf_mutants.py RUN COUNT FILE   reads COUNT mutants and prints what went wrong
    python tests/ctf_mutants.py RUN:NUMBER       reads one, which may end with a traceback

What is expected, and the limits of time and memory, are those of `mutants`.
"""

from __future__ import annotations

import functools
import struct
import sys
import zlib
from bisect import bisect_right
from pathlib import Path
from random import Random

from btf_mutants import MAX_TYPES, WORDS
from ctf_kinds import all_kinds, family
from ctf_writer import ARCHIVE_MAGIC, COMPRESSED, FORMS, Endian, Form
from mutants import judged, read_limited, read_list, read_type
from prettify.errors import TypeInfoError
from prettify.sources.ctf.graph import Ctf
from prettify.sources.search import Sources

VECTORS = Path(__file__).resolve().parent / "vectors" / "ctf"
NAME = "mutant.ctf"
ORDERS: tuple[Endian, ...] = ("little", "big")


class Original:
    """A CTF file to damage. packed: it is compressed when it is damaged."""

    def __init__(self, name: str, data: bytes, *, packed: bool = False) -> None:
        self.name = name
        self.data = data
        self.packed = packed
        self.archive = data[:8] == struct.pack("<Q", ARCHIVE_MAGIC)
        self.order: Endian = "little" if self.archive or data[:1] in b"\xf2\xf1" else "big"
        magic, version = int.from_bytes(data[:2], self.order), data[2]
        forms = [f for f in FORMS.values() if (f.magic, f.version) == (magic, version)]
        self.form: Form | None = forms[0] if forms else None


class Mutant:
    """A damaged file; `places` are the offsets where something was done, before compression."""

    def __init__(self, original: Original, random: Random) -> None:
        self.original = original
        self.data = bytearray(original.data)
        self.order = original.order
        self.places: list[int] = []
        for _ in range(random.choice((1, 1, 1, 2, 3))):
            self._damage(random)
        if original.packed and original.form is not None and len(self.data) > 3:
            header = original.form.header_size
            self.data[3] |= COMPRESSED
            self.data[header:] = zlib.compress(bytes(self.data[header:]), 1)

    def _word(self, at: int) -> int:
        return int.from_bytes(self.data[at : at + 4], self.order)

    def _put(self, at: int, value: int) -> None:
        self.data[at : at + 4] = (value & 0xFFFFFFFF).to_bytes(4, self.order)

    def _place(self, random: Random) -> int:
        """An offset, more often in the header and among the types than in the strings."""
        size, form = len(self.data), self.original.form
        header = 40 if form is None else form.header_size
        if size < header + 8:
            return random.randrange(size + 1)
        where = random.random()
        if where < 0.15:
            return random.randrange(header)
        if where < 0.85 and form is not None:
            types, strings = (min(self._word(header - at), size - header - 4) for at in (12, 8))
            at = header + random.randrange(types, max(strings, types) + 1)
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
            self._put(at, random.choice((*WORDS, random.getrandbits(32), random.randrange(99))))
        elif way <= 7:
            self._put(at, self._word(at) + random.choice((-2, -1, 1, 2, 8, 64, 1 << 16, 1 << 26)))
        elif way == 8:  # another word of the file
            self._put(at, self._word(self._place(random)))
        elif way == 9:
            other = min(self._place(random), len(data) - 4)
            ours, theirs = self._word(at), self._word(other)
            self._put(at, theirs)
            self._put(other, ours)
        else:
            size = random.choice((1, 4, 4, 8, 12))
            if way == 10:
                start = random.randrange(len(data))
                new = data[start : start + size] if random.random() < 0.5 else None
                data[at:at] = new or random.randbytes(size)
            else:
                del data[at : at + size]
            form = self.original.form
            if random.random() < 0.8 and form is not None and len(data) > form.header_size:
                # With lengths that fit, the reader gets further.
                grown = len(data) - len(self.original.data)
                self._put(form.header_size - 8, self._word(form.header_size - 8) + grown)


@functools.cache
def originals() -> list[Original]:
    """What is damaged: real files, and files of the writer: each version, of both ends."""
    found = [Original(p.name, p.read_bytes()) for p in sorted(VECTORS.glob("*.ctf"))]
    for order in ORDERS:
        for form in FORMS:
            data = all_kinds(form, order).bytes()
            found.append(Original(f"{form}-{order}", data))
            found.append(Original(f"{form}-{order}-packed", data, packed=True))
        found.append(Original(f"family-{order}", family(order)))
        found.append(Original(f"family-{order}-packed", family(order, compress=True)))
    return found


def mutant(known: list[Original], run: int, number: int) -> tuple[Mutant, Random]:
    """One mutant, and the source of chance to read it with."""
    random = Random(run << 32 | number)
    return Mutant(random.choice(known), random), random


def check(run: int, number: int) -> None:
    """Read a mutant. Raises what no reader may raise, or AssertionError."""
    damaged, random = mutant(originals(), run, number)
    with judged(well_formed):
        # As files that old compilers made are read, and others.
        graph = Ctf(bytes(damaged.data), NAME, arrays_reversed=random.random() < 0.5)
        sources = Sources([NAME])
        sources._graphs[NAME] = graph
        assert graph.pointer_size in (4, 8)
        if random.random() < 0.25:
            read_list(sources)
        if random.random() < 0.1:
            with judged(well_formed):
                assert graph.describe().types == len(graph.all_ids())
        for type_id in _chosen(damaged, graph, random):
            with judged(well_formed):
                _read(sources, graph, type_id, random)


def _read(sources: Sources, graph: Ctf, type_id: int, random: Random) -> None:
    type_ = graph.by_id(type_id)
    assert (type_.kind, type_.name) == graph.summary(type_id)
    if type_.name:
        assert type_id in graph.ids(type_.name)
    read_type(sources, graph, type_id, random)


def well_formed(error: TypeInfoError) -> None:
    """An error about types names its file, of an archive the dictionary in it, and the place."""
    text = str(error)
    assert error.path.split("[")[0] == NAME, text
    assert error.offset is not None, text
    assert text == f"{error.path}: {error.what} (at byte {error.offset:#x})"


def _chosen(damaged: Mutant, graph: Ctf, random: Random) -> list[int]:
    """All types of a small file; of a larger one the damaged types and some others."""
    known = graph.all_ids()
    if len(known) <= 4 * MAX_TYPES:
        return list(known)
    chosen = random.sample(known, MAX_TYPES)
    [dictionary] = graph._dictionaries
    for place in damaged.places:
        offset = place - dictionary.section("types")[0]
        index = bisect_right(dictionary.offsets, offset) - 1
        if index >= 0:
            chosen.append(dictionary.first_id + index)
    return chosen


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
