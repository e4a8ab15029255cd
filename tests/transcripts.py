"""Runs the commands that stand in the documentation, and says what they print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from conftest import COMMAND, ROOT, need_shell

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Step(NamedTuple):
    """A command of a transcript and what is said to follow it."""

    command: str
    output: str


def steps(document: Path) -> list[Step]:
    """The commands in a document's console blocks: each `$ ` line, and what stands below it."""
    found = []
    for block in BLOCK.findall(document.read_text()):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines(keepends=True)
            command = lines.pop(0)
            while command.endswith("\\\n"):
                command += lines.pop(0)
            found.append(Step(command.rstrip("\n"), "".join(lines)))
    return found


def run(command: str, folder: Path) -> str:
    """What a command prints, errors included, run by bash from the top of the project.

    `prettify` is the one under test; `folder` is for a script that calls it.
    Skips the test where there is no bash.
    """
    need_shell()
    script = folder / "prettify"
    if not script.exists():
        script.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
        script.chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )
    return (done.stdout + done.stderr).decode()
