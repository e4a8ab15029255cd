"""drgn, which indexes DWARF when it is first asked for a type. Always a process of its own."""

from __future__ import annotations

import importlib.util
import sys

NAME = "drgn"
PROGRAM = """
import sys, drgn
program = drgn.Program(drgn.Platform(drgn.Architecture.X86_64))
module = program.extra_module("vmlinux", create=True)
module = module[0] if isinstance(module, tuple) else module
module.try_file(sys.argv[1], force=True)
try:
    program.type(sys.argv[2])
except LookupError:
    pass
"""


def missing() -> str:
    """Why it cannot be measured; "" where it can."""
    return "" if importlib.util.find_spec("drgn") else "not installed"


def find(path: str, name: str) -> list[str]:
    """The command that finds one struct of a file."""
    return [sys.executable, "-c", PROGRAM, path, f"struct {name}"]
