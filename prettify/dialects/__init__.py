"""How text looks: each dialect is a module that makes a program of a layout.

A new dialect is a module and a row in FORMS.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout


class Form:
    """A form of text: who compiles it, what stands before the first record and behind the last.

    `after` is left out where no record was printed, but where `always` says so.
    """

    __slots__ = ("after", "always", "before", "function", "module", "options")

    def __init__(
        self,
        module: str,
        function: str = "compile_program",
        before: bytes = b"",
        after: bytes = b"",
        *,
        always: bool = False,
        options: frozenset[str] = frozenset(),
    ) -> None:
        self.module = module
        self.function = function
        self.before = before
        self.after = after
        self.always = always
        self.options = options

    def compile(self, layout: Layout, options: Options) -> Program:
        """The program that prints records of that layout."""
        module = __import__(self.module, fromlist=[self.function])  # importlib costs 1 ms
        program: Program = getattr(module, self.function)(layout, options)
        return program


_FLAGS = frozenset(("compact", "noname", "ptr_raw", "zero"))

FORMS = {
    "pahole": Form("prettify.dialects.pahole", options=_FLAGS | {"hex"}),
    "kernel": Form("prettify.dialects.kernel", options=_FLAGS),
    "c": Form("prettify.dialects.c", after=b"\n", options=_FLAGS),
    "json": Form("prettify.dialects.json", before=b"[", after=b"]\n", always=True),
    "ndjson": Form("prettify.dialects.json", "compile_lines"),
}
C_DIALECTS = ("pahole", "kernel", "c")
