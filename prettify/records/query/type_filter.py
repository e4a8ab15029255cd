"""Which types a list shows: their kinds, `struct,union`, and their sizes, `64..128`.

sizes = N        exactly
      | N..M     both included
      | N..      | ..M
N is a number as C writes it.
"""

from __future__ import annotations

from prettify import model
from prettify.errors import UsageError
from prettify.records.query.numbers import integer_of
from prettify.sources.listing import LISTED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = {model.KIND_WORDS.get(kind, kind): kind for kind in LISTED}
BETWEEN = ".."


def parse_kinds(text: str | None, option: str) -> tuple[str, ...]:
    """The kinds that a list of their words names, all for None. Raises UsageError."""
    if text is None:
        return LISTED
    words = [word.strip() for word in text.split(",")]
    for word in words:
        if word not in WORDS:
            raise UsageError(f"{option}: {word!r} is none of {', '.join(WORDS)}")
    return tuple(WORDS[word] for word in words)


def parse_sizes(text: str | None, option: str) -> Callable[[int], bool] | None:
    """Whether a size is one of those, None where all are. Raises UsageError."""
    if text is None:
        return None
    first, between, last = (part.strip() for part in text.partition(BETWEEN))
    low = integer_of(first) if first else 0
    high = integer_of(last) if last else (None if between else low)
    if low is None or (last and high is None) or not (first or last):
        raise UsageError(
            f"{option} {text!r}: N, N{BETWEEN}M, N{BETWEEN} or {BETWEEN}M expected, in bytes"
        )
    least, most = low, model.MAX_SIZE if high is None else high
    return lambda size: least <= size <= most
