"""What the modules of this package need of `cython` when they run uncompiled: no effect at all.

Importing the real one would cost 10 ms and make Cython a dependency at run time. The names of
types stand in annotations only, which nothing evaluates.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Function = TypeVar("Function")

compiled = False


class _Nothing:
    """A decorator and a context manager without effect."""

    def __call__(self, decorated: Function) -> Function:
        return decorated

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_exception: object) -> None:
        return None


def _factory(*_args: object, **_options: object) -> _Nothing:
    return nogil


nogil = gil = cfunc = cclass = final = inline = _Nothing()
exceptval = _factory


def __getattr__(name: str) -> Any:
    """Types and casts are named only in annotations and behind `if cython.compiled`."""
    raise AttributeError(f"cython.{name} in plain Python")
