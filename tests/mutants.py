"""Reads damaged type information as hard as a user could, and judges what happens.

Whatever is in a file: it is read, or an error of one line says what is wrong with it, in little
time and memory, and of records nothing but the record is read.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import prettify
from prettify import layout, model
from prettify.core import emitter
from prettify.dialects import C_DIALECTS, FORMS
from prettify.dialects.options import Options
from prettify.errors import TypeInfoError, TypeNotFound, UsageError
from prettify.sources.search import Sources, find, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from prettify.core.program import Program
    from prettify.model import TypeGraph

FORM_NAMES = (*C_DIALECTS, "json", "ndjson")

SECONDS = 1 if emitter.COMPILED else 10  # of processor time, for one mutant
HANGING = 20  # seconds after which the process is killed
MEMORY = 256 << 20  # bytes of address space that a run may take on top of what it begins with
MAX_RECORD = 1 << 16
MAX_TEXT = 1 << 20  # bytes of text of one record that are waited for


def read_list(sources: Sources) -> None:
    """List a source's types, with their sizes."""
    with judged():
        for type_ in listed(sources):
            assert type_.size is None or 0 <= type_.size <= model.MAX_SIZE


def read_type(sources: Sources, graph: TypeGraph, type_id: int, random: Random) -> None:
    """Build a type, find it by its name, lay it out and show a record of it."""
    type_ = graph.by_id(type_id)
    assert repr(type_)
    if type_.name:
        with judged():
            find(sources, model.spelled(type_))
    if random.random() < 0.3 or type_.kind in (model.TYPEDEF, model.POINTER):
        resolved = layout.resolve(type_)
        assert resolved.size == max(model.size_of(type_), 0)
        if resolved.size <= MAX_RECORD and random.random() < 0.5:
            render(resolved, random)


def render(resolved: layout.Layout, random: Random) -> None:
    """Show a record, whose surroundings must not show."""
    name = random.choice(FORM_NAMES)
    options = Options(byte_order=random.choice((None, "little", "big")))
    if name in C_DIALECTS:
        options.zero = random.choice((None, True, False))
        options.compact = random.random() < 0.2
    program = FORMS[name].compile(resolved, options)
    size = resolved.size
    record = bytes(size) if random.random() < 0.7 else random.randbytes(size)
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
def judged(check: Callable[[TypeInfoError], None] | None = None) -> Iterator[None]:
    """The errors that a reader may raise pass, if they look as they should."""
    try:
        yield
    except TypeInfoError as error:
        _one_line(error)
        if check is not None:
            check(error)
    except (TypeNotFound, UsageError) as error:
        _one_line(error)


def _one_line(error: Exception) -> None:
    assert str(error).isprintable(), str(error)


def read_many(
    run: int, count: int, check: Callable[[int, int], None], watch: Callable[[int], object]
) -> Iterator[str]:
    """Check that many mutants of a run, telling `watch` of each; yields what went wrong, in
    a line each.

    check: reads the mutant of (run, number); raises what no reader may raise, or AssertionError.
    """
    for number in range(count):
        watch(number)
        before = time.process_time()
        try:
            check(run, number)
        except Exception as error:
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            yield f"{run}:{number}: {what}"
        spent = time.process_time() - before
        if spent > SECONDS:
            yield f"{run}:{number}: took {spent:.1f} s"


def read_limited(run: int, count: int, check: Callable[[int, int], None], progress: str) -> int:
    """Read mutants in a process that is killed when it takes too much of anything.

    The file `progress` then says with which mutant. Returns the exit status.
    """
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    with open(progress, "wb", buffering=0) as file:

        def watch(number: int) -> None:
            os.pwrite(file.fileno(), b"%09d" % number, 0)
            signal.setitimer(signal.ITIMER_VIRTUAL, HANGING)

        failures = list(read_many(run, count, check, watch))
    print(*failures, sep="\n", end="")
    return 1 if failures else 0


def run_limited(script: str, arguments: list[str], folder: Path) -> None:
    """Run a script that ends with `read_limited`, whose last argument is the file `progress`."""
    progress = folder / "progress"
    done = subprocess.run(
        [sys.executable, script, *arguments, str(progress)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(Path(prettify.__file__).parent.parent), "HOME": str(folder)},
    )
    at = int(progress.read_text() or 0) if progress.exists() else "the start"
    assert done.returncode in (0, 1), (
        f"{arguments} killed at {at}: {done.returncode}\n{done.stderr}"
    )
    assert not done.stdout, done.stdout
