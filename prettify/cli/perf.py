"""`prettify perf [FILE]`: recordings of Linux's perf."""

from __future__ import annotations

import sys

from prettify.cli.arguments import HELP, SOURCES, Command, Option, sources
from prettify.cli.output import (
    CHOICES,
    LOOKS,
    check_terminal,
    form_of,
    jobs_of,
    number_of,
    put_out,
    text_options_of,
    to_option,
)
from prettify.dialects import C_DIALECTS
from prettify.errors import UsageError
from prettify.records.forms import FORMS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.cli.arguments import Values
    from prettify.records.perf.raw import RawTypes
    from prettify.records.perf.run import Choice

DEFAULT = "perf.data"
FORMS_SHOWN = ("c", *(form for form in FORMS if form not in (*C_DIALECTS, "bpftool")))

DESCRIPTION = """Show the records of recordings of Linux's perf, in their order in the file.

FILE is one or more recordings (default: perf.data); -, or what is no file, is read as it comes,
as from perf record -o -."""

EPILOG = """examples:
  prettify perf
  prettify perf --to ndjson --record SAMPLE perf.data | jq .callchain
  prettify perf --where 'type == SAMPLE and pid == 42' --select time,ip,callchain
  prettify perf --event sched:sched_switch --to parquet -o switches.parquet
  perf record -o - -e cpu-clock -- make | prettify perf --to ndjson -
  prettify perf --summary
  prettify perf --header --to json
  prettify perf -t prog.bpf.o -C 'struct event' --event bpf-output

numbers: C integers (10, 0x0a, 012), + - * / and parentheses.
exit status: 0 all decoded, 1 the data was bad, 2 wrong use."""

COMMAND = Command(
    "prettify perf",
    "prettify perf [OPTIONS] [FILE ...]",
    DESCRIPTION,
    EPILOG,
    (
        (
            "what to show",
            (
                Option(
                    "--header",
                    "what the recording is of, instead of its records: events, machine, command "
                    "line; as text or with --to json",
                ),
                Option(
                    "--summary",
                    "how many records there are of which types and events, and when; as text or "
                    "with --to json",
                ),
            ),
        ),
        (
            "which records and members",
            (
                Option(
                    "--record",
                    "only records of these types, such as SAMPLE,MMAP2; csv, template, arrow and "
                    "parquet have samples alone if nothing else is said",
                    "TYPE[,TYPE]",
                ),
                Option(
                    "--event",
                    "of samples only those of these events, and nothing else without --record",
                    "NAME[,NAME]",
                ),
                *CHOICES,
                Option("--skip", "leave out the first N records", "N"),
                Option("--count", "show N records at most (0: all)", "N"),
            ),
        ),
        (
            "what BPF programs have put out",
            (
                Option("-C --type", "the type of the raw data of bpf-output events", "TYPE"),
                *SOURCES,
            ),
        ),
        (
            "how it looks",
            (
                to_option(FORMS_SHOWN),
                *LOOKS,
                HELP,
            ),
        ),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """Show what the arguments ask for; returns the exit status."""
    options, files = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    files = files or [DEFAULT]
    if options.given("header") or options.given("summary"):
        return _about(options, files)
    form = form_of(options)
    output = options.text("output")
    check_terminal(form, output)
    from prettify.records.perf.run import PerfRun

    work = PerfRun(
        form,
        text_options_of(options),
        _choice(options),
        _raw_types(options),
        jobs_of(options.text("jobs")),
    )
    return put_out(work, files, output, options)


def _choice(options: Values) -> Choice:
    """Which records are wanted. Raises UsageError."""
    from prettify.records.perf.run import Choice, types_of

    events = options.text("event")
    names = None if events is None else frozenset(name.strip() for name in events.split(","))
    return Choice(
        types=types_of(options.text("record")),
        events=names,
        where=options.text("where"),
        select=options.text("select"),
        skip=number_of(options, "skip") or 0,
        count=number_of(options, "count") or None,
    )


def _raw_types(options: Values) -> RawTypes:
    from prettify.records.perf.raw import RawTypes

    name = options.text("type")
    if name is None:
        return RawTypes()
    from prettify.api import Types

    return RawTypes(Types(sources(options))[name].type)


# What is about single records, or how they look.
NOT_ABOUT = (
    "select", "dialect", "template", "compact", "noname", "ptr_raw", "zero", "hex", "int64",
    "enums",
)  # fmt: skip


def _about(options: Values, files: Sequence[str]) -> int:
    """The header or the summary of each file."""
    what = "header" if options.given("header") else "summary"
    if options.given("header") and options.given("summary"):
        raise UsageError("--header or --summary, not both at a time")
    to = options.text("to") or "text"
    if to not in ("text", "json"):
        raise UsageError(f"--{what} is text, or JSON with --to json, not {to}")
    for name in NOT_ABOUT:
        if options.texts(name):
            raise UsageError(f"--{name.replace('_', '-')} means nothing with --{what}")
    from prettify.records.perf.about import AboutRun

    work = AboutRun(what, to, _choice(options), _raw_types(options))
    return put_out(work, files, options.text("output"), options)
