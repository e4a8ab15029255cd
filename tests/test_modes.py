"""The tests run both ways: with the modules of prettify.core compiled, and without."""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
from pathlib import Path

import pytest

from conftest import PURE

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
