"""Results as Markdown: rows of comparisons, the ratio first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from measure import Contender, Timing, side_by_side

NO_PEER = "(no peer)"


class Comparison(NamedTuple):
    """A row: prettify and another tool at one job."""

    job: str
    other: str
    ours: Timing | str
    theirs: Timing | str

    @property
    def ratio(self) -> float | None:
        """How many times as fast as the other prettify is; None where there is nothing to say."""
        if isinstance(self.ours, Timing) and isinstance(self.theirs, Timing):
            return self.theirs.median / self.ours.median
        return None


class Section(NamedTuple):
    """A heading, what stands below it, and the comparisons among that."""

    title: str
    lines: list[str]
    comparisons: list[Comparison]


def compare(job: str, contenders: Sequence[Contender], runs: int) -> list[Comparison]:
    """Measure the contenders, of which the first is prettify, and compare it to each other one."""
    ours, *theirs = side_by_side(contenders, runs)
    if not theirs:
        return [Comparison(job, NO_PEER, ours, "")]
    return [
        Comparison(job, other.name, ours, timing) for other, timing in zip(contenders[1:], theirs)
    ]


def comparison_table(comparisons: Sequence[Comparison]) -> list[str]:
    """The comparisons as a table."""
    head = ("job", "against", "prettify is … times as fast", "prettify", "the other")
    rows = [
        (
            row.job,
            row.other,
            f"**{times(row.ratio)}**" if row.ratio is not None else "",
            shown(row.ours),
            shown(row.theirs),
        )
        for row in comparisons
    ]
    return table(head, "llrrr", rows)


def table(head: Sequence[str], alignment: str, rows: Sequence[Sequence[str]]) -> list[str]:
    """A Markdown table; alignment has l or r for each column."""
    marks = {"l": "---", "r": "---:"}
    return [
        _row(head),
        _row([marks[side] for side in alignment]),
        *(_row(row) for row in rows),
    ]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def times(ratio: float) -> str:
    """A ratio with as many digits as mean something."""
    if ratio >= 100:
        return f"{ratio:.0f}"
    return f"{ratio:.1f}" if ratio >= 10 else f"{ratio:.2f}"


def shown(timing: Timing | str) -> str:
    """A time: median, and least to most in brackets."""
    if isinstance(timing, str):
        return timing
    if timing.median >= 1:
        return f"{timing.median:.2f} s ({timing.least:.2f} to {timing.most:.2f})"
    median, least, most = (1000 * seconds for seconds in timing)
    digits = 0 if median >= 100 else 1
    return f"{median:.{digits}f} ms ({least:.{digits}f} to {most:.{digits}f})"
