"""The tests run both ways: with the modules of prettify.core compiled, and without."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from conftest import COMMAND, PURE

MODULES = ("emitter", "btf_scan", "shortest")


@pytest.mark.parametrize("name", MODULES)
def test_the_modules_under_test_are_the_ones_meant(name: str) -> None:
    module = importlib.import_module(f"prettify.core.{name}")
    assert module.__file__ is not None
    compiled = not module.__file__.endswith(".py")
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    built = (Path(__file__).parent.parent / "prettify" / "core" / f"{name}{suffix}").exists()
    if PURE:
        assert not compiled
        assert not sys.modules["prettify.core.emitter"].cython.compiled
    elif built and not os.environ.get("PYTHONPATH"):
        assert compiled


def test_compiled_flag_tells_the_truth() -> None:
    from prettify.core import btf_scan, emitter

    for module in (btf_scan, emitter):
        assert module.COMPILED is not module.__file__.endswith(".py")


def test_processes_run_the_modules_that_are_tested() -> None:
    """The script's folder comes before all others, so the current one cannot get in the way."""
    from prettify.core import emitter

    code = "from prettify.core import emitter; print(emitter.__file__)"
    launch = Path(COMMAND[1]).read_text()
    assert "from prettify.cli import entry" in launch
    done = subprocess.run(
        [sys.executable, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == emitter.__file__
