"""The project's exceptions: what went wrong, whose fault it is, and where."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class PrettifyError(Exception):
    """Base of every error this project raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        # Not made anew, as Exception would: `args` is the message, not what the class is made with.
        return _arrived, (type(self), self.args, vars(self))


def _arrived(kind: type[PrettifyError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """The error that was pickled, in another process perhaps."""
    error = kind.__new__(kind, *args)
    vars(error).update(state)
    return error


class TypeInfoError(PrettifyError):
    """Type information (BTF, DWARF, CTF) that cannot be read or contradicts itself.

    `path` names the source, `offset` is the byte offset in it, where known.
    """

    def __init__(self, what: str, path: str = "", offset: int | None = None) -> None:
        self.what = what
        self.path = path
        self.offset = offset
        place = "" if offset is None else f" (at byte {offset:#x})"
        super().__init__(f"{path}: {what}{place}" if path else f"{what}{place}")


class TypeNotFound(PrettifyError):
    """No type of that name; `near` holds the nearest names there are."""

    def __init__(self, name: str, near: tuple[str, ...] = (), sources: str = "") -> None:
        self.name = name
        self.near = near
        where = f" in {sources}" if sources else ""
        hint = f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""
        super().__init__(f"type {name!r} not found{where}{hint}")


class DataError(PrettifyError):
    """Records that are bad or cut short; `offset` is the byte offset in the data."""

    def __init__(self, what: str, offset: int | None = None) -> None:
        self.offset = offset
        super().__init__(what)


class UsageError(PrettifyError):
    """An option, argument or combination that cannot work."""


def one_line(text: str) -> str:
    """A message as one line of what can be printed, whatever names from a file are in it."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
