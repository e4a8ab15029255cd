"""Imports point one way, start-up is lean, the public names are there."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import prettify

PACKAGE = Path(prettify.__file__).parent
# From what everything may import down to what imports nothing of the project; parts on one line
# do not import each other.
ORDER = (
    ("errors", "model", "description"),
    ("core", "detached", "composed"),
    ("layout", "sources"),
    ("paths",),
    ("compilers", "dialects"),
    ("records",),
    ("api",),
    ("streams",),
    ("cli", "dask", "files", "maps"),
    ("__init__", "__main__"),
)
RANK = {part: rank for rank, parts in enumerate(ORDER) for part in parts}
# Within one rank, and one step up that is for type checkers alone.
ALLOWED = {("model", "errors"), ("model", "description")}
MODULES = sorted(PACKAGE.rglob("*.py"))


def part_of(module: str) -> str:
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def imports(path: Path) -> list[str]:
    """The project's modules that a file imports, wherever in it."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            module = node.module or ""
            if module == "prettify":
                found += [f"prettify.{alias.name}" for alias in node.names]
            else:
                found.append(module)
    return [name for name in found if name.split(".")[0] == "prettify"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for name in imports(path):
        other = part_of(name)
        if other == "__version__" or (own, other) in ALLOWED or own == other:
            continue
        assert RANK[other] < RANK[own], f"{own} imports {other}"


def test_only_the_core_is_compiled() -> None:
    compiled = {path.parent.name for path in PACKAGE.rglob("*.so")}
    assert compiled <= {"core"}


HEAVY = {
    "argparse",
    "collections",
    "construct",
    "dataclasses",
    "elftools",
    "importlib.metadata",
    "inspect",
    "logging",
    "numpy",
    "pathlib",
    "re",
    "typing",
}
# The command decodes one record of a BTF type, and says what it imported for that.
SCRIPT = """
import sys
before = set(sys.modules)
from prettify.cli import main
status = main(["-t", "elf", "--header", "elf64_hdr", sys.argv[1]])
sys.stdout.flush()
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    sample = PACKAGE.parent / "samples" / "elf64_hdr.bin"
    if not sample.exists():
        sample = Path(__file__).parent.parent / "samples" / "elf64_hdr.bin"
    done = subprocess.run(
        [sys.executable, "-S", "-c", SCRIPT, str(sample)],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",  # -c takes modules of the current folder first
        env={"PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.stdout.startswith("{")
    return set(done.stderr.split())


def test_one_record_needs_no_third_party_package(imported: set[str]) -> None:
    third_party = {m.split(".")[0] for m in imported} - set(sys.stdlib_module_names) - {"prettify"}
    # What Cython's own modules put there is no package.
    assert not {name for name in third_party if "ython" not in name}


def test_start_up_imports_nothing_slow(imported: set[str]) -> None:
    assert not imported & HEAVY


def test_start_up_imports_few_modules(imported: set[str]) -> None:
    assert len(imported) < 60, sorted(imported)


def test_public_names() -> None:
    for name in prettify.__all__:
        assert getattr(prettify, name).__doc__
    assert set(prettify.__all__) <= set(dir(prettify))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = prettify.nonsense  # type: ignore[attr-defined]
