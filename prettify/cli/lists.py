"""Lists of things, a line or a JSON object each: what the commands share that put them out."""

from __future__ import annotations

import sys

from prettify.cli.arguments import Option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

TEXT = "text"
# What stands before all, between two and behind the last.
FORMS = {
    TEXT: (b"", b"\n", b"\n"),
    "json": (b"[", b",\n", b"]\n"),
    "ndjson": (b"", b"\n", b"\n"),
}
OPTIONS = (
    Option(
        "--to",
        f"form of the output: {', '.join(FORMS)} (default: {TEXT})",
        "FORM",
        choices=tuple(FORMS),
    ),
    Option("--json", "the same as --to json", name="to", value="json"),
)


def put_list(lines: Iterable[bytes], form: str) -> None:
    """Write the lines or objects, one by one, in that form."""
    before, between, after = FORMS[form]
    out = sys.stdout.buffer
    out.write(before)
    count = 0
    for count, line in enumerate(lines, 1):
        out.write((between if count > 1 else b"") + line)
    out.write(after if count or before else b"")
