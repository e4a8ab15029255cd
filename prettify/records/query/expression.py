"""Numbers as options take them: expressions of integers and of `$header.a.b`."""

from __future__ import annotations

from prettify.errors import UsageError
from prettify.records.query.numbers import header_member
from prettify.records.query.rules import INTEGER
from prettify.records.query.scalar import Code, NoValueError, compile_number, value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.records.query.parser import Name, Reference
    from prettify.records.query.scalar import Function


def evaluate(text: str, option: str, header: Callable[[str], int] | None = None) -> int:
    """The number that an option's text means, never negative.

    header: gives the integer of a header's member by its path; None where there is no header.
    Raises UsageError naming the option and the place in its text.
    """
    run = compile_number(text, option, _Header(header)).run
    try:
        number: int = run(None)
    except NoValueError as error:
        raise UsageError(f"{option} {text!r}: {error}") from None
    if number < 0:
        raise UsageError(f"{option} {text!r}: {number} is negative")
    return number


class _Header:
    """The scope of an option: the header, which is known by now."""

    __slots__ = ("header",)

    def __init__(self, header: Callable[[str], int] | None) -> None:
        self.header = header

    def name(self, tree: Name) -> Code:
        raise UsageError(
            f"{tree.steps[0][0]!r} at column {tree.column} is no number; members of the header are "
            f"$header.MEMBER"
        )

    def reference(self, tree: Reference) -> Code:
        return value(INTEGER, header_member(tree.name, tree.path, self.header))

    def function(self, name: str) -> Function | None:
        return None
