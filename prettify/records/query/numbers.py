"""What the expressions in options have in common: numbers as C writes them, `$header.a.b`."""

from __future__ import annotations

import re

from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

HEADER = "header"  # the record that --header reads
MAX_LENGTH = 1000  # characters of an expression
MAX_DEPTH = 100  # levels of nesting

_NUMBER = re.compile(
    r"0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*)"
)
_BASES = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}


def integer_of(word: str) -> int | None:
    """The number a word stands for, in any base of C's, or None where it is none."""
    match = _NUMBER.fullmatch(word)
    if match is None:
        return None
    base = match.lastgroup or "dec"
    return int(match[base], _BASES[base])


def header_member(name: str, path: str, header: Callable[[str], int] | None) -> int:
    """The integer that `$header.a.b[0]` refers to; name: `header`, path: what is behind the point.

    header: gives the integer of a header's member by its path; None where there is no header.
    Raises UsageError where there is no header or no such member, and for any other name.
    """
    if name != HEADER:
        raise UsageError(f"${name}: only $header.MEMBER is known here")
    if not path:
        raise UsageError("$header is a record: $header.MEMBER is one of its numbers")
    if header is None:
        raise UsageError(f"${name}.{path} needs --header TYPE")
    return header(path)
