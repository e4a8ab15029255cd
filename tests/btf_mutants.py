"""Damages BTF at random and reads what comes out, as hard as a user could.

    python tests/btf_mutants.py RUN COUNT FILE   reads COUNT mutants and prints what went wrong
    python tests/btf_mutants.py RUN:NUMBER       reads one, which may end with a traceback

Mutants are the same in every run of one Python version. Whatever is in a file: it is read, or a
TypeInfoError of one line says what is wrong with it, in little time and memory, and nothing but the
record is read.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import time
from bisect import bisect_right
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from prettify import layout, model
from prettify.core import emitter
from prettify.dialects import C_DIALECTS, FORMS
from prettify.dialects.options import Options
from prettify.errors import TypeInfoError, TypeNotFound, UsageError
from prettify.sources.btf import Btf
from prettify.sources.search import Sources, find, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.core.program import Program
    from prettify.model import TypeGraph

VECTORS = Path(__file__).resolve().parent / "vectors"
NAME = "mutant.btf"
BASE_NAME = "base.btf"
FORM_NAMES = (*C_DIALECTS, "json", "ndjson")

SECONDS = 1 if emitter.COMPILED else 10  # of processor time, for one mutant
HANGING = 20  # seconds after which the process is killed
MEMORY = 256 << 20  # bytes of address space that a run may take on top of what it begins with
MAX_RECORD = 1 << 16
MAX_TEXT = 1 << 20  # bytes of text of one record that are waited for
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


def check(damaged: Mutant, random: Random) -> None:
    """Read a mutant. Raises what no reader may raise, or AssertionError."""
    with judged():
        base = None if damaged.original.base is None else Btf(damaged.original.base, BASE_NAME)
        graph = Btf(bytes(damaged.data), NAME, base)
        sources = Sources([NAME])
        sources._graphs[NAME] = graph
        if random.random() < 0.25:
            with judged():
                for type_ in listed(sources):
                    assert type_.size is None or 0 <= type_.size <= model.MAX_SIZE
        for type_id in _chosen(damaged, graph, random):
            with judged():
                read_type(sources, graph, type_id, random)


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


def read_type(sources: Sources, graph: TypeGraph, type_id: int, random: Random) -> None:
    type_ = graph.by_id(type_id)
    assert repr(type_)
    assert (type_.kind, type_.name) == graph.summary(type_id)
    if type_.name:
        assert type_id in graph.ids(type_.name)
        with judged():
            find(sources, model.spelled(type_))
    if random.random() < 0.3 or type_.kind in (model.TYPEDEF, model.POINTER):
        resolved = layout.resolve(type_)
        assert resolved.size == max(model.size_of(type_), 0)
        if resolved.size <= MAX_RECORD and random.random() < 0.5:
            _render(resolved, random)


def _render(resolved: layout.Layout, random: Random) -> None:
    name = random.choice(FORM_NAMES)
    options = Options(byte_order=random.choice((None, "little", "big")))
    if name in C_DIALECTS:
        options.zero = random.choice((None, True, False))
        options.compact = random.random() < 0.2
    program = FORMS[name].compile(resolved, options)
    size = resolved.size
    record = bytes(size) if random.random() < 0.7 else random.randbytes(size)
    # What lies around the record must not show in its text.
    assert _text(program, record, b"\x5a" * 64) == _text(program, record, b"\xa5" * 64)


def _text(program: Program, record: bytes, around: bytes) -> bytes:
    """The beginning of a record's text."""
    text = b""
    for piece in emitter.render(program, around + record + around, len(around), 1):
        text += piece
        if len(text) > MAX_TEXT:
            break
    return text


@contextlib.contextmanager
def judged() -> Iterator[None]:
    """The errors that a reader may raise pass, if they look as they should."""
    try:
        yield
    except TypeInfoError as error:
        well_formed(error)
    except (TypeNotFound, UsageError):
        pass


def well_formed(error: TypeInfoError) -> None:
    """An error about types is one line and names its file and the place in it."""
    text = str(error)
    assert text.isprintable(), text
    # Of an archive, the dictionary in it is named too.
    assert error.path.split("[")[0] in (NAME, BASE_NAME), text
    assert error.offset is not None, text
    assert text == f"{error.path}: {error.what} (at byte {error.offset:#x})"


class Reader:
    """What is damaged, how one mutant is made, and how it is read."""

    def __init__(
        self,
        originals: Callable[[], list[Any]],
        mutant: Callable[[list[Any], int, int], tuple[Any, Random]],
        check: Callable[[Any, Random], None],
    ) -> None:
        self.originals = originals
        self.mutant = mutant
        self.check = check


READER = Reader(originals, mutant, check)


def read_many(
    run: int, count: int, watch: Callable[[int], object], reader: Reader = READER
) -> Iterator[str]:
    """Read that many mutants, telling `watch` of each; yields what went wrong, a line each."""
    known = reader.originals()
    for number in range(count):
        watch(number)
        before = time.process_time()
        try:
            reader.check(*reader.mutant(known, run, number))
        except Exception as error:
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            yield f"{run}:{number}: {what}"
        spent = time.process_time() - before
        if spent > SECONDS:
            yield f"{run}:{number}: took {spent:.1f} s"


def _alone(run: int, number: int, reader: Reader) -> None:
    damaged, random = reader.mutant(reader.originals(), run, number)
    print(f"{damaged.original.name}, damaged at {damaged.places}")
    Path(NAME).write_bytes(damaged.data)
    reader.check(damaged, random)


def _limited(run: int, count: int, progress: str, reader: Reader) -> int:
    """Read mutants in a process that is killed when it takes too much of anything.

    The file `progress` then says with which mutant.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with open(progress, "wb", buffering=0) as file:

        def watch(number: int) -> None:
            os.pwrite(file.fileno(), b"%09d" % number, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, HANGING)

        failures = list(read_many(run, count, watch, reader))
    print(*failures, sep="\n", end="")
    return 1 if failures else 0


def main(reader: Reader) -> None:
    """Do what the command line asks for."""
    if ":" in sys.argv[1]:
        run, number = map(int, sys.argv[1].split(":"))
        _alone(run, number, reader)
    else:
        sys.exit(_limited(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], reader))


if __name__ == "__main__":
    main(READER)
