"""Damages CTF at random, as `word_mutants` says."""

from __future__ import annotations

import functools
import struct
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from random import Random

import word_mutants
from ctf_kinds import all_kinds, family
from ctf_writer import ARCHIVE_MAGIC, COMPRESSED, FORMS, Endian
from prettify.sources.ctf.graph import Ctf

VECTORS = Path(__file__).resolve().parent / "vectors" / "ctf"
ORDERS: tuple[Endian, ...] = ("little", "big")
ARCHIVE_HEADER = 40


def _original(name: str, data: bytes, *, packed: bool = False) -> word_mutants.Original:
    """A file; packed: it is compressed when it is damaged."""
    archive = data[:8] == struct.pack("<Q", ARCHIVE_MAGIC)
    order: Endian = "little" if archive or data[:1] in b"\xf2\xf1" else "big"
    magic, version = int.from_bytes(data[:2], order), data[2]
    forms = [f for f in FORMS.values() if (f.magic, f.version) == (magic, version)]
    if not forms:
        return word_mutants.Original(name, data, order, header=ARCHIVE_HEADER, types=None)
    header = forms[0].header_size
    # Where the types and the strings begin, behind the header.
    words = (header - 12, header - 8)
    types, strings = (header + int.from_bytes(data[at : at + 4], order) for at in words)
    return word_mutants.Original(
        name,
        data,
        order,
        header=header,
        types=range(types, strings),
        lengths=words[1:],
        finish=functools.partial(_packed, header=header) if packed else bytes,
    )


def _packed(data: bytearray, header: int) -> bytes:
    if len(data) > 3:
        data[3] |= COMPRESSED
        data[header:] = zlib.compress(bytes(data[header:]), 1)
    return bytes(data)


def _originals() -> list[word_mutants.Original]:
    """Real files, and files of the writer: each version, of both ends."""
    found = [_original(p.name, p.read_bytes()) for p in sorted(VECTORS.glob("*.ctf"))]
    for order in ORDERS:
        for form in FORMS:
            data = all_kinds(form, order).bytes()
            found.append(_original(f"{form}-{order}", data))
            found.append(_original(f"{form}-{order}-packed", data, packed=True))
        found.append(_original(f"family-{order}", family(order)))
        found.append(_original(f"family-{order}-packed", family(order, compress=True)))
    return found


def _opened(damaged: word_mutants.Mutant, random: Random) -> Ctf:
    """As files that old compilers made are read, or as others."""
    graph = Ctf(damaged.data, word_mutants.NAME, arrays_reversed=random.random() < 0.5)
    assert graph.pointer_size in (4, 8)
    return graph


def _places(graph: Ctf) -> tuple[int, Sequence[int], int]:
    [dictionary] = graph._dictionaries
    return dictionary.section("types")[0], dictionary.offsets, dictionary.first_id


FORMAT = word_mutants.Format(_originals, _opened, _places)

if __name__ == "__main__":
    sys.exit(FORMAT.main(sys.argv[1:]))
