"""Damages the debug information of ELF files at random and reads what comes out.

    python tests/elf_mutants.py ORIGINAL RUN COUNT FILE   reads COUNT mutants of one of ORIGINALS
    python tests/elf_mutants.py ORIGINAL RUN:NUMBER       reads one, which may end with a traceback

Mutants are the same in every run of one Python version. `mutants` says what is expected of them.
Files are written in the current folder.
"""

from __future__ import annotations

import functools
import struct
import sys
from pathlib import Path
from random import Random

from elf_writer import elf
from mutants import judged, read_limited, read_list, read_type
from prettify.sources.search import Sources

VECTORS = Path(__file__).resolve().parent / "vectors"
NAME = "mutant.o"
MAX_TYPES = 40  # built of one mutant

# What is damaged: (file, format, beginnings of the names of sections). What is no ELF file is put
# into one, as a section.
ORIGINALS = {
    "dwarf-4": ("pahole/gcc-dwarf4.o", "dwarf", (".debug_", ".rela.debug_")),
    "dwarf-5": ("pahole/gcc-dwarf5.o", "dwarf", (".debug_", ".rela.debug_")),
    "clang-dwarf-5": ("pahole/clang-dwarf5.o", "dwarf", (".debug_", ".rela.debug_")),
    "i386": ("pahole/gcc-m32.o", "dwarf", (".debug_", ".rel.debug_")),
    "ctf-in-elf": ("ctf/ld-units.ctf", "ctf", (".ctf",)),
}
UNUSED = (".debug_line", ".debug_aranges", ".debug_loc", ".debug_rng", ".debug_frame")
VALUES = (0, 1, 2, 3, 8, 0x7F, 0x80, 0xFF, 0x100, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


class Original:
    """A file to damage, and the (start, size) of what is read of it."""

    def __init__(self, name: str) -> None:
        file, self.format, beginnings = ORIGINALS[name]
        data = (VECTORS / file).read_bytes()
        self.data = data if data.startswith(b"\x7fELF") else elf({beginnings[0]: data})
        self.places = [(0, 64), *_sections(self.data, beginnings)]


def _sections(data: bytes, beginnings: tuple[str, ...]) -> list[tuple[int, int]]:
    """Where the sections of those names are, and their headers."""
    wide = data[4] == 2
    start, size, count, names = struct.unpack_from("<40xQ10xHHH" if wide else "<32xI10xHHH", data)
    row = "<I20xQQ" if wide else "<I12xII"
    headers = [struct.unpack_from(row, data, start + size * index) for index in range(count)]
    found = []
    for index, (name, offset, length) in enumerate(headers):
        at = headers[names][1] + name
        text = data[at : data.index(b"\0", at)].decode()
        plain = text.replace(".rela", "").replace(".rel", "")
        if text.startswith(beginnings) and not plain.startswith(UNUSED):
            found += [(offset, length), (start + size * index, size)]
    return found


@functools.cache
def original(name: str) -> Original:
    """The original of that name."""
    return Original(name)


def mutant(name: str, run: int, number: int) -> tuple[bytes, Random]:
    """One mutant, and the source of chance to read it with."""
    random = Random(f"{name} {run} {number}")
    source = original(name)
    data = bytearray(source.data)
    for _ in range(random.choice((1, 1, 2, 3, 5))):
        start, size = random.choice(source.places)
        if size:
            _damage(data, start + random.randrange(size), random)
    if random.random() < 0.02:
        del data[random.randrange(len(data)) :]
    return bytes(data), random


def _damage(data: bytearray, at: int, random: Random) -> None:
    size = random.choice((1, 1, 1, 2, 4, 8))
    way = random.randrange(6)
    if way == 0:
        data[at] ^= 1 << random.randrange(8)
    elif way == 1:
        data[at] = random.randrange(256)
    elif way == 2:
        new = random.choice(VALUES) & ((1 << 8 * size) - 1)
        data[at : at + size] = new.to_bytes(size, "little")
    elif way == 3:
        old = int.from_bytes(data[at : at + size], "little")
        new = (old + random.choice((-8, -2, -1, 1, 2, 8))) % (1 << 8 * size)
        data[at : at + size] = new.to_bytes(size, "little")
    elif way == 4:  # what stands elsewhere
        other = random.randrange(len(data) - 16)
        data[at : at + size] = data[other : other + size]
    else:  # what follows is moved, what is behind it stays
        end = min(at + random.choice((16, 64, 400)), len(data))
        moved = random.choice((1, 2, 4))
        data[at:end] = (bytes(moved) + data[at:end])[: end - at]


def check(name: str, run: int, number: int) -> None:
    """Read a mutant. Raises what no reader may raise, or AssertionError."""
    data, random = mutant(name, run, number)
    Path(NAME).write_bytes(data)
    sources = Sources([NAME], (original(name).format,))
    with judged():
        [graph] = sources
        if random.random() < 0.5:
            read_list(sources)
        known = list(graph.all_ids())
        for type_id in random.sample(known, min(MAX_TYPES, len(known))):
            with judged():
                read_type(sources, graph, type_id, random)


if __name__ == "__main__":
    if ":" in sys.argv[2]:
        check(sys.argv[1], *map(int, sys.argv[2].split(":")))
    else:
        chosen = functools.partial(check, sys.argv[1])
        sys.exit(read_limited(int(sys.argv[2]), int(sys.argv[3]), chosen, sys.argv[4]))
