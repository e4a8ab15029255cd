"""Options of all commands that put out records: which of them, in which form, and where to."""

from __future__ import annotations

import sys

from prettify.cli import complain
from prettify.cli.arguments import Option
from prettify.dialects import C_DIALECTS
from prettify.dialects.options import Options
from prettify.errors import UsageError, one_line
from prettify.records.forms import TABLE_FORMS
from prettify.records.output import write_file, write_pieces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from prettify.cli.arguments import Values
    from prettify.errors import PrettifyError
    from prettify.records.conversion import Piece
    from prettify.records.run import Run

MAX_JOBS = 256

CHOICES = (
    Option(
        "--where",
        "only records for which EXPR is true, such as 'st_size > 4096 and st_info == "
        "18'; --skip and --count are of these",
        "EXPR",
    ),
    Option("--select", "only these members, in this order: a,b.c,d*", "PATHS"),
)

LOOKS = (
    Option(
        "--dialect",
        "how C text looks: pahole, as pahole --prettify (the default); kernel, byte "
        "for byte as the kernel's bpf_snprintf_btf; or c, C that compiles",
        "DIALECT",
        choices=C_DIALECTS,
    ),
    Option("--compact", "no indentation, no line ends"),
    Option("--noname", "no member names, no casts"),
    Option("--ptr-raw --ptr_raw", "pointers as they are, not hashed"),
    Option("--no-ptr-raw --no-ptr_raw", "pointers hashed", name="ptr_raw", value=False),
    Option("--zero", "members that are zero too"),
    Option("--no-zero", "no members that are zero", name="zero", value=False),
    Option("--hex", "integers in hexadecimal (pahole dialect)"),
    Option(
        "--int64",
        "integers of types of more than 53 bits: number (the default) or string (JSON)",
        "FORM",
        choices=Options.CHOICES["int64"],
    ),
    Option(
        "--enums",
        "enums: name (the default, a number where none fits), number, or both (JSON; "
        "CSV takes name and number)",
        "FORM",
        choices=Options.CHOICES["enums"],
    ),
    Option(
        "--template",
        "a line of text for each record: {MEMBER}, or {MEMBER:SPEC} formatted as "
        "Python does, as in '{st_name:08x} {st_value}'",
        "TEXT",
    ),
    Option("-o --output", "write to FILE, which appears whole or not at all", "FILE"),
    Option("-j --jobs", "convert with N threads (default: 1)", "N"),
    Option("--no-progress", "no bar on the terminal in long runs"),
)


def to_option(forms: tuple[str, ...]) -> Option:
    """`--to`, for a command that has these forms, `c` for all dialects among them."""
    return Option(
        "--to",
        f"form of the output: {', '.join(forms)} (default: c, or template with --template)",
        "FORM",
        choices=forms,
    )


def number_of(options: Values, name: str) -> int | None:
    """The number that an option says, None where it is not given. Raises UsageError."""
    text = options.text(name)
    if text is None:
        return None
    from prettify.records.query.expression import evaluate

    return evaluate(text, f"--{name}")


def seconds_of(options: Values, name: str) -> float | None:
    """The seconds that an option says, None where it is not given. Raises UsageError."""
    text = options.text(name)
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--{name} {text!r}: a number of seconds expected") from None


def text_options_of(options: Values, byte_order: str | None = None) -> Options:
    """What the options say of how text looks; byte_order: of the data, None is its types'."""
    return Options(
        compact=bool(options.given("compact")),
        noname=bool(options.given("noname")),
        ptr_raw=options.given("ptr_raw"),
        zero=options.given("zero"),
        hex=bool(options.given("hex")),
        int64=options.text("int64") or "number",
        enums=options.text("enums") or "name",
        template=options.text("template"),
        byte_order=byte_order,
    )


def check_terminal(form: str, output: str | None) -> None:
    """Raise UsageError for a form that is not for terminals where the output comes to one."""
    if form in TABLE_FORMS and output is None and sys.stdout.isatty():
        raise UsageError(f"--to {form} is not for terminals: name a file with -o, or use a pipe")


def jobs_of(text: str | None) -> int:
    """How many threads to use. Raises UsageError."""
    if text is None:
        return 1
    if not text.isdecimal() or not 0 < int(text) <= MAX_JOBS:
        raise UsageError(f"--jobs {text!r}: a number of threads from 1 to {MAX_JOBS} expected")
    return int(text)


def form_of(options: Values) -> str:
    to, dialect = options.text("to"), options.text("dialect")
    if options.text("template") is not None and to is None and dialect is None:
        return "template"
    if to in (None, "c"):
        return dialect or "pahole"
    if dialect:
        raise UsageError(f"--dialect is for --to c, not for --to {to}")
    return to


def note(text: str) -> None:
    """Say something on standard error that is no error."""
    print(f"prettify: {one_line(text)}", file=sys.stderr)


def put_out(work: Run, sources: Sequence[Any], output: str | None, options: Values) -> int:
    """Write the output of a run over its sources; returns the exit status."""
    statuses = [0]
    bar = None
    if sys.stderr.isatty() and not options.given("no_progress"):
        from prettify.cli.progress import Bar

        bar = Bar(work, output)

    def report(error: PrettifyError) -> None:
        if bar is not None:
            bar.hide()
        statuses.append(complain(error))

    pieces: Iterable[Piece] = work.run(sources, report)
    if bar is not None:
        pieces = bar.beside(pieces)
    try:
        if output is not None:
            write_file(output, pieces)
        else:
            sys.stdout.flush()
            write_pieces(sys.stdout.fileno(), pieces)
    finally:
        if bar is not None:
            bar.hide()
    return max(statuses)
