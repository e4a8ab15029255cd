"""The documentation tells the truth: its commands print what it says, and it names every option."""

from __future__ import annotations

import doctest
import os
import re
from typing import TYPE_CHECKING

import pytest

from conftest import ROOT
from prettify.cli import perf, trace
from prettify.cli.decode import COMMAND
from prettify.cli.maps import dumping, getting, listing, reading
from transcripts import Step, run, steps

if TYPE_CHECKING:
    from pathlib import Path

    from prettify.cli.arguments import Command

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SAMPLES = ROOT / "samples"
UPDATE = os.environ.get("PRETTIFY_UPDATE") == "1"
ROW = re.compile(r"^\| `(\w+)\.bin` \|.*\| `(prettify [^|]*)` \|$", re.MULTILINE)
STEPS = [(d.name, step) for d in DOCUMENTS for step in steps(d)]


@pytest.mark.parametrize(("name", "step"), STEPS, ids=lambda v: getattr(v, "command", v))
def test_a_command_prints_what_the_document_says(name: str, step: Step, tmp_path: Path) -> None:
    printed = run(step.command, tmp_path)
    if UPDATE and printed != step.output:
        document = next(d for d in DOCUMENTS if d.name == name)
        old = f"$ {step.command}\n{step.output}"
        document.write_text(document.read_text().replace(old, f"$ {step.command}\n{printed}"))
        pytest.skip("updated")
    assert printed == step.output


@pytest.mark.parametrize(("name", "command"), ROW.findall((SAMPLES / "README.md").read_text()))
def test_a_sample_prints_what_is_expected(name: str, command: str, tmp_path: Path) -> None:
    expected = SAMPLES / f"{name}.expected"
    printed = run(command, tmp_path)
    if UPDATE:
        expected.write_text(printed)
    assert printed == expected.read_text()


def test_every_sample_has_a_row() -> None:
    named = {name for name, _ in ROW.findall((SAMPLES / "README.md").read_text())}
    assert named == {path.stem for path in SAMPLES.glob("*.bin")}


@pytest.mark.parametrize(
    ("command", "document"),
    [
        (COMMAND, ""),
        (listing.COMMAND, "maps.md"),
        (dumping.COMMAND, "maps.md"),
        (getting.COMMAND, "maps.md"),
        (reading.COMMAND, "maps.md"),
        (perf.COMMAND, "perf.md"),
        (trace.COMMAND, "tracing.md"),
    ],
)
def test_every_option_is_documented(command: Command, document: str) -> None:
    text = (ROOT / "docs" / "command.md").read_text()
    if document:
        text += (ROOT / "docs" / document).read_text()
    for option in command.options:
        for spelling in option.spellings:
            assert f"`{spelling}" in text or f"`{spelling}`" in text, spelling


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_python_examples(document: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    failed, _ = doctest.testfile(str(document), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert not failed
