"""Format specifications of template fields: Python's format specification mini-language.

    [[fill]align][sign][#][0][width][grouping][.precision][type]

What Python refuses is refused, and what it means is what Python's format() makes of it.
"""

from __future__ import annotations

import re

from prettify.core.program import MOST_WIDE
from prettify.errors import UsageError

SPECIFICATION = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>^=]))?(?P<sign>[-+ ])?(?P<prefixed>#)?(?P<zero>0)?"
    r"(?P<width>[0-9]*)(?P<grouping>[,_])?(?:\.(?P<precision>[0-9]+))?(?P<type>[a-zA-Z%])?",
    re.DOTALL,
)
TEXT_TYPES = ("", "s")
INTEGER_TYPES = ("b", "c", "d", "o", "x", "X")
FLOAT_TYPES = ("", "e", "E", "f", "F", "g", "G", "%")
SAMPLES = {"text": "", "integer": 0, "float": 0.0}  # of each kind of field, for Python to try


class Specification:
    """What a specification says; `text` is the whole of it."""

    __slots__ = (
        "align",
        "fill",
        "grouping",
        "precision",
        "prefixed",
        "sign",
        "text",
        "type",
        "width",
        "zero",
    )

    def __init__(self, text: str) -> None:
        """Raises UsageError for what is none, or is too much."""
        match = SPECIFICATION.fullmatch(text)
        if match is None:
            raise UsageError(
                f"{text!r} is no format specification: "
                f"[[fill]align][sign][#][0][width][grouping][.precision][type]"
            )
        self.text = text
        self.zero = match["zero"] is not None and not match["fill"]
        self.fill = match["fill"] or ("0" if self.zero else " ")
        self.align = match["align"] or ""
        self.sign = match["sign"] or ""
        self.prefixed = match["prefixed"] is not None
        self.width = _limited("width", match["width"])
        self.grouping = match["grouping"] or ""
        self.precision = None
        if match["precision"] is not None:
            self.precision = _limited("precision", match["precision"])
        self.type = match["type"] or ""
        if not " " <= self.fill <= "~":
            raise UsageError(f"fills up with {self.fill!r}, which is no ASCII character")

    def aligned(self, default: str) -> str:
        """Where the field stands; the default is `<` for text, `>` for numbers."""
        # Zeroes that a number is filled up with stand behind its sign.
        return self.align or ("=" if self.zero and default == ">" else default)

    def check(self, kind: str, types: tuple[str, ...], what: str, default: str = "") -> None:
        """Raise UsageError unless it fits a field of that kind, a key of SAMPLES.

        what: the field, for the message. default: the type where none is given.
        """
        if self.type not in types:
            known = ", ".join(filter(None, types))
            raise UsageError(f"{self.text!r} does not fit {what}, which takes {known}")
        try:
            format(SAMPLES[kind], self.text if self.type else self.text + default)
        except ValueError as error:
            raise UsageError(f"{self.text!r} does not fit {what}: {error}") from None


def _limited(what: str, digits: str) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) > len(str(MOST_WIDE)) or int(digits) > MOST_WIDE:
        raise UsageError(f"{what} {digits} is over {MOST_WIDE}")
    return int(digits)
