"""pahole, which prettify's C text is made after. Always a process of its own."""

from __future__ import annotations

import shutil
import subprocess

NAME = "pahole"


def version() -> str:
    """What pahole says its version is, "" where it is not installed."""
    if shutil.which(NAME) is None:
        return ""
    done = subprocess.run([NAME, "--version"], capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip()


def c_text(type_name: str, types: str | None = None) -> list[str]:
    """The command that shows standard input; types: a BTF file, None is the running kernel's."""
    return [NAME, "-C", type_name, "--prettify=-", *([types] if types else [])]


def shown(command: list[str], records: bytes) -> int:
    """How many records it shows: some versions do not understand some kernels' types."""
    done = subprocess.run(command, input=records, capture_output=True, check=False)
    return done.stdout.splitlines().count(b"{")


def header(type_name: str) -> list[str]:
    """The command that shows one record at the start of standard input."""
    return [NAME, "--header", type_name, "--prettify=-"]
