"""How text looks: each dialect is a module that makes a program of a layout.

A new dialect is a module and a row in FORMS.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from prettify.core.program import Program
    from prettify.dialects.options import Options
    from prettify.layout import Layout


class Form:
    """A form of text: who compiles it, what stands before the first record and behind the last.

    before, after  the same for all types; `after` is left out where no record was printed, but
                   where `always` says so
    heading        the function of the module that makes what stands first, where that depends on
                   the layout
    single         whether all records of one output have to be of one type
    options        those the form takes, of `Options.DEFAULTS`
    choices        of an option, the values it takes, where those are not all there are
    """

    __slots__ = (
        "after",
        "always",
        "before",
        "choices",
        "function",
        "heading",
        "module",
        "options",
        "single",
    )

    def __init__(
        self,
        module: str,
        function: str = "compile_program",
        before: bytes = b"",
        after: bytes = b"",
        *,
        always: bool = False,
        heading: str = "",
        single: bool = False,
        options: frozenset[str] = frozenset(),
        choices: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.module = module
        self.function = function
        self.before = before
        self.after = after
        self.always = always
        self.heading = heading
        self.single = single
        self.options = options
        self.choices = choices or {}

    def compile(self, layout: Layout, options: Options) -> Program:
        """The program that prints records of that layout."""
        program: Program = self._named(self.function)(layout, options)
        return program

    def start(self, layout: Layout, options: Options) -> bytes:
        """What stands before the first record, of that layout."""
        if not self.heading:
            return self.before
        heading: bytes = self._named(self.heading)(layout, options)
        return heading

    def _named(self, function: str) -> Callable[..., Any]:
        module = __import__(self.module, fromlist=[function])  # importlib costs 1 ms
        found: Callable[..., Any] = getattr(module, function)
        return found


_JSON = frozenset(("int64", "enums"))
_FLAGS = frozenset(("compact", "noname", "ptr_raw", "zero"))

FORMS = {
    "pahole": Form("prettify.dialects.pahole", options=_FLAGS | {"hex"}),
    "kernel": Form("prettify.dialects.kernel", options=_FLAGS),
    "c": Form("prettify.dialects.c", after=b"\n", options=_FLAGS),
    "json": Form("prettify.dialects.json", before=b"[", after=b"]\n", always=True, options=_JSON),
    "ndjson": Form("prettify.dialects.json", "compile_lines", options=_JSON),
    "csv": Form(
        "prettify.dialects.csv",
        heading="heading",
        single=True,
        options=frozenset(("enums",)),
        choices={"enums": ("name", "number")},
    ),
    "template": Form("prettify.dialects.template", options=frozenset(("template",))),
    "bpftool": Form("prettify.dialects.bpftool", before=b"[", after=b"]\n", always=True),
}
MAP_FORMS = frozenset(("bpftool",))  # for entries of BPF maps alone
C_DIALECTS = ("pahole", "kernel", "c")
