"""What the tests of bad type information have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from prettify.errors import TypeInfoError

if TYPE_CHECKING:
    from collections.abc import Callable


def assert_fails(read: Callable[[], object], what: str, offset: int | None, path: str) -> None:
    """It raises an error that says this of the file, and where in it."""
    with pytest.raises(TypeInfoError) as caught:
        read()
    error = caught.value
    place = "" if offset is None else f" (at byte {offset:#x})"
    assert (str(error), error.path, error.offset) == (f"{path}: {what}{place}", path, offset)
