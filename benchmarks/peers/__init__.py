"""The tools that prettify is measured against, a module each.

A module has NAME and version(), "" where the tool is not installed; it imports the tool only where
it is used. What it measures it gives as a Write, made beforehand from the records.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from typing import BinaryIO

Write = Callable[[BinaryIO], object]


def installed(distribution: str) -> str:
    """The version of a Python package, "" where it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""
