"""One C type has one layout, whoever compiled it, in whatever format it is written down.

Each way to compile is compared with what the compiler itself says of the type (`sizeof`,
`offsetof`, where a bitfield's ones are), and with all other ways for the same machine.
"""

from __future__ import annotations

import functools
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import prettify
from c_compilers import Compiler, can
from c_random import Definitions
from conftest import VECTORS
from layout_facts import check, shape
from prettify.layout import Layout, Node

ZOO = (VECTORS / "pahole" / "types.c").read_text()
# More machines have no such integers than the one it knows.
ZOO = ZOO.replace("#if !defined(__i386__)", "#ifdef __SIZEOF_INT128__")

GCC, CLANG = Compiler("gcc"), Compiler("clang")
GCC_32 = Compiler("gcc", "-m32")
POWERPC = Compiler("powerpc-linux-gnu-gcc")
CLANG_BIG = Compiler("clang", "--target=powerpc64-linux-gnu")
CLANG_ARM = Compiler("clang", "--target=armeb-linux-gnueabi")
CLANG_S390 = Compiler("clang", "--target=s390x-linux-gnu")
CLANG_RISCV = Compiler("clang", "--target=riscv64-linux-gnu")
CLANG_MIPS = Compiler("clang", "--target=mips-linux-gnu")
CLANG_AARCH64 = Compiler("clang", "--target=aarch64-linux-gnu")
BPF = Compiler("clang", "-target", "bpfel")
BPF_BIG = Compiler("clang", "-target", "bpfeb")

PLAIN = ("-w", "-std=gnu11", "-x", "c", "-c", "-")

Finish = Callable[[Path], Path]


class Way(NamedTuple):
    """How a source becomes type information: a compiler, its flags, what is done to the object."""

    compiler: Compiler
    flags: tuple[str, ...]
    format: str = "dwarf"
    finish: Finish | None = None
    needs: tuple[str, ...] = ()  # commands

    def __str__(self) -> str:
        done = getattr(self.finish, "__name__", "").strip("_")
        return " ".join((repr(self.compiler), *self.flags, done)).strip()

    @property
    def lacking(self) -> str:
        """What this machine lacks for it, or nothing."""
        commands = [command for command in self.needs if not shutil.which(command)]
        if commands:
            return f"no {commands[0]}"
        ok = can(self.compiler.command, (*self.compiler.flags, *self.flags))
        return "" if ok else f"{self.compiler} cannot {' '.join(self.flags)}"

    def compile(self, source: str, folder: Path) -> Path:
        made = folder / f"types-{abs(hash(self))}.o"
        # In the folder, since split information is named relative to it.
        subprocess.run(
            [self.compiler.command, *self.compiler.flags, *self.flags, *PLAIN, "-o", made.name],
            input=source.encode(),
            cwd=folder,
            check=True,
            capture_output=True,
        )
        return self.finish(made) if self.finish else made


def _linked(made: Path, *flags: str) -> Path:
    # A name of the program's own, beside which nothing of the object's lies.
    program = made.with_suffix(".program")
    subprocess.run(
        ["gcc", "-nostdlib", "-Wl,-e,0", *flags, made, "-o", program], check=True, cwd=made.parent
    )
    return program


def _program(made: Path) -> Path:
    return _linked(made)


def _program_with_relocations(made: Path) -> Path:
    return _linked(made, "-Wl,--emit-relocs")


def _link_time_optimised(made: Path) -> Path:
    return _linked(made, "-flto", "-g")


def _dwz(made: Path) -> Path:
    """Two programs whose common entries dwz moves to a file beside them."""
    program = _linked(made)
    other = program.with_suffix(".other")
    shutil.copy(program, other)
    command = ["dwz", "-m", "common.debug", "-M", "common.debug", program.name, other.name]
    subprocess.run(command, check=True, cwd=made.parent, capture_output=True)
    assert (made.parent / "common.debug").exists()
    return program


def _compressed(kind: str) -> Finish:
    def compress(made: Path) -> Path:
        command = ["objcopy", f"--compress-debug-sections={kind}", str(made)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip(f"objcopy cannot compress with {kind}")
        return made

    compress.__name__ = f"compressed with {kind}"
    return compress


def _separate_by_link(made: Path) -> Path:
    """The debug information in `.debug/`, the program names it."""
    program = _linked(made)
    debug = made.parent / ".debug" / f"{program.name}.debug"
    debug.parent.mkdir(exist_ok=True)
    subprocess.run(["objcopy", "--only-keep-debug", program, debug], check=True)
    subprocess.run(["objcopy", "-g", f"--add-gnu-debuglink={debug}", program], check=True)
    return program


def _packaged(made: Path) -> Path:
    """The split parts in one package beside the program."""
    program = _linked(made)
    parts = sorted(made.parent.glob(f"{made.stem}*.dwo"))
    package = Path(f"{program}.dwp")
    tool = "dwp" if shutil.which("dwp") else "llvm-dwp"
    subprocess.run([tool, *parts, "-o", package], check=True, cwd=made.parent)
    for part in parts:
        part.unlink()
    return program


WAYS = [
    *(Way(GCC, (f"-gdwarf-{n}",)) for n in (2, 3, 4, 5)),
    *(Way(GCC, (f"-gdwarf-{n}", "-gstrict-dwarf")) for n in (2, 3, 4)),
    *(Way(CLANG, (f"-gdwarf-{n}",)) for n in (2, 3, 4, 5)),
    Way(GCC, ("-gdwarf64", "-gdwarf-5")),
    *(Way(GCC, (f"-gdwarf-{n}", "-fdebug-types-section")) for n in (4, 5)),
    *(Way(CLANG, (f"-gdwarf-{n}", "-fdebug-types-section")) for n in (4, 5)),
    Way(GCC, ("-gbtf",), "btf"),
    Way(GCC, ("-gctf",), "ctf"),
    *(Way(GCC, ("-g",), finish=finish) for finish in (_program, _program_with_relocations)),
    Way(GCC, ("-g", "-O2", "-flto"), finish=_link_time_optimised),
    Way(GCC, ("-gdwarf-4",), finish=_separate_by_link, needs=("objcopy",)),
    *(
        Way(GCC, ("-g",), finish=_compressed(kind), needs=("objcopy",))
        for kind in ("zlib", "zlib-gnu", "zstd")
    ),
    *(Way(GCC, (f"-gdwarf-{n}",), finish=_dwz, needs=("dwz",)) for n in (4, 5)),
    *(
        Way(compiler, (f"-gdwarf-{n}", "-gsplit-dwarf"), finish=finish)
        for compiler in (GCC, CLANG)
        for n in (4, 5)
        for finish in (None, _program)
    ),
    Way(GCC, ("-gdwarf-4", "-gsplit-dwarf", "-fdebug-types-section"), finish=_program),
    Way(GCC, ("-gdwarf-4", "-gsplit-dwarf"), finish=_packaged, needs=("dwp",)),
    Way(CLANG, ("-gdwarf-5", "-gsplit-dwarf"), finish=_packaged, needs=("llvm-dwp",)),
    *(Way(GCC_32, (f"-gdwarf-{n}",)) for n in (2, 4, 5)),
    Way(GCC_32, ("-gbtf",), "btf"),
    Way(GCC_32, ("-gctf",), "ctf"),
    *(Way(POWERPC, (f"-gdwarf-{n}",)) for n in (2, 3, 4, 5)),
    Way(POWERPC, ("-gbtf",), "btf"),
    Way(POWERPC, ("-gctf",), "ctf"),
    *(
        Way(compiler, (f"-gdwarf-{n}",))
        for compiler in (CLANG_BIG, CLANG_ARM, CLANG_S390, CLANG_RISCV, CLANG_MIPS, CLANG_AARCH64)
        for n in (3, 5)
    ),
    *(
        Way(compiler, ("-g", "-O2"), format_)
        for compiler in (BPF, BPF_BIG)
        for format_ in ("btf", "dwarf")
    ),
]


def machine(way: Way) -> str:
    """Ways for one machine agree. Clang and gcc for x86-64 are two witnesses of the same."""
    return "x86-64" if way.compiler in (GCC, CLANG) else repr(way.compiler)


def loaded(way: Way, source: str, names: list[str], folder: Path) -> list[Layout]:
    types = prettify.load_types(str(way.compile(source, folder)), formats=(way.format,))
    return [types[name].layout for name in names]


@functools.cache
def names_of_zoo(command: str, flags: tuple[str, ...]) -> list[str]:
    """The structs and unions of the zoo that a compiler has for its machine."""
    left = subprocess.run(
        [command, *flags, "-E", "-x", "c", "-"],
        input=ZOO,
        text=True,
        capture_output=True,
        check=True,
    ).stdout
    names = {" ".join(words) for words in re.findall(r"(struct|union) (\w+) \*?var_", left)}
    # A vector is an array to some compilers, a number to others.
    return sorted(names - {"struct x_vec"})


@functools.cache
def witness(name: str) -> tuple[Way, list[Layout]] | None:
    """The first way that works for a machine, and the layouts that it gives."""
    for way in WAYS:
        if machine(way) == name and not way.lacking:
            with tempfile.TemporaryDirectory() as folder:
                names = names_of_zoo(way.compiler.command, way.compiler.flags)
                return way, loaded(way, ZOO, names, Path(folder))
    return None


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_zoo(way: Way, tmp_path: Path) -> None:
    if way.lacking:
        pytest.skip(way.lacking)
    names = names_of_zoo(way.compiler.command, way.compiler.flags)
    layouts = loaded(way, ZOO, names, tmp_path)
    assert len(layouts) > 75
    assert check(way.compiler, ZOO, names, layouts) > 750
    known = witness(machine(way))
    assert known is not None
    exact = way.format == known[0].format == "dwarf"
    for name, layout, other in zip(names, layouts, known[1]):
        if is_gcc_btf(way) and has_grid(layout.root):
            continue
        ours, theirs = (shape(x.root, enumerators=exact) for x in (layout, other))
        assert ours == theirs, f"{name}: {way}, {known[0]}"


@pytest.mark.slow_pure
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1 << 30))
def test_random_types(seed: int) -> None:
    """Definitions nobody thought of, in a few ways each; the compiler is the judge."""
    chooser = random.Random(seed)
    # What is not plain only gcc's DWARF says right.
    plain = bool(chooser.randrange(3))
    known = [way for way in WAYS if not way.lacking and not way.finish]
    known = [way for way in known if not is_gcc_btf(way) and (plain or is_gcc_dwarf(way))]
    if not known:
        pytest.skip("no compiler")
    definitions = Definitions(chooser, grids=True, extended=False, plain=plain)
    for _ in range(15):
        definitions.define()
    for way in chooser.sample(known, min(6, len(known))):
        with tempfile.TemporaryDirectory() as folder:
            layouts = loaded(way, definitions.text, definitions.names, Path(folder))
        assert check(way.compiler, definitions.text, definitions.names, layouts), way


def has_grid(node: Node) -> bool:
    """Whether there is an array of several dimensions in a layout."""
    if node.element is not None:
        return node.element.element is not None or has_grid(node.element)
    return any(map(has_grid, node.children))


def is_gcc_dwarf(way: Way) -> bool:
    return way.compiler is GCC and way.format == "dwarf"


def is_gcc_btf(way: Way) -> bool:
    """gcc before 14 turns round the dimensions of arrays in BTF, and nothing there tells."""
    return way.format == "btf" and "gcc" in way.compiler.command
