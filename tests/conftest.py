"""Which prettify is tested: as installed; with PRETTIFY_PURE=1, without compiled modules.

The latter is slow, so that property tests try fewer examples, unless PRETTIFY_EXAMPLES_FULL=1.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from prettify.api import Types

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "tests" / "vectors"
# Programs for administrators are in no user's PATH.
PATH = os.pathsep.join(
    (os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin")
)
# The command under test.
COMMAND = [sys.executable, str(ROOT / "tests" / "launch.py")]
PURE = os.environ.get("PRETTIFY_PURE") == "1"
EXAMPLES_PART = 4 if PURE and os.environ.get("PRETTIFY_EXAMPLES_FULL") != "1" else 1


def need(*programs: str) -> None:
    """Skip the test where one of the programs is missing."""
    for program in programs:
        if shutil.which(program, path=PATH) is None:
            pytest.skip(f"{program} is not installed")


def need_shell() -> None:
    """Skip the test where bash, or what scripts call, is missing."""
    need("bash", "cat", "grep", "head")


def examples(count: int) -> int:
    """How many examples a property test tries that tries `count` of them on compiled modules."""
    return count // EXAMPLES_PART


# Without a deadline for an example: other work on a machine is no fault of the code's.
hypothesis.settings.register_profile("tests", max_examples=examples(100), deadline=None)
hypothesis.settings.load_profile("tests")


def _use_uncompiled_copy() -> None:
    """Put a copy of the package that has no compiled modules before all others."""
    folder = tempfile.mkdtemp(prefix="prettify-pure-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shutil.copytree(
        ROOT / "prettify",
        Path(folder) / "prettify",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "*.c", "__pycache__"),
    )
    shutil.copytree(ROOT / "formats", Path(folder) / "formats")
    sys.path.insert(0, folder)
    # Processes that tests start take the copy too.
    os.environ["PYTHONPATH"] = folder


if PURE:
    _use_uncompiled_copy()


@pytest.fixture(scope="session")
def vectors() -> Path:
    """The folder of the checked inputs and outputs."""
    return VECTORS


@pytest.fixture(scope="session")
def zoo() -> Types:
    """The types of vectors/pahole/types.c, compiled by gcc for x86-64."""
    import prettify

    return prettify.load_types(str(VECTORS / "pahole" / "gcc-pahole.btf"))
