"""`prettify [OPTIONS] [DATA ...]`: decode records."""

from __future__ import annotations

import sys

from prettify import __version__
from prettify.api import BYTE_ORDERS, Types
from prettify.cli.arguments import HELP, SOURCES, Command, Option, Values, sources
from prettify.cli.output import (
    CHOICES,
    LOOKS,
    check_terminal,
    form_of,
    jobs_of,
    put_out,
    text_options_of,
    to_option,
)
from prettify.dialects import C_DIALECTS, MAP_FORMS
from prettify.errors import UsageError
from prettify.records.forms import FORMS, open_conversion
from prettify.records.plan import Plan, Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.layout import Layout
    from prettify.records.catalogue.reading import Choice

TO = ("c", *(form for form in FORMS if form not in C_DIALECTS and form not in MAP_FORMS))

USAGE = """prettify [OPTIONS] [DATA ...]
       prettify formats [OPTIONS] [NAME]
       prettify map list|dump|get|read [OPTIONS]
       prettify perf [OPTIONS] [FILE ...]
       prettify trace [OPTIONS] [FILE ...]
       prettify types [OPTIONS] [GLOB]"""

DESCRIPTION = """Decode binary records into C, JSON, CSV or lines of your own, from type information
that is already there.

DATA is one or more files; none, or -, is standard input. Without -C and --header their format is
recognised, and all its tables are shown."""

EPILOG = """examples:
  prettify /bin/bash
  prettify --format elf --table symbol --to csv /bin/bash
  prettify --header elf64_hdr < /bin/bash
  prettify --header elf64_hdr -C elf64_shdr --seek '$header.e_shoff' --count 3 /bin/bash
  prettify -C 'struct timespec64' --dialect kernel --compact samples/timespec64.bin
  prettify -t prog.bpf.o -C event --to ndjson events.bin | jq .pid
  prettify -t perf --header perf_file_header \\
      -C 'perf_event_header(range=data,sizeof,type,type_enum=perf_event_type)' perf.data
  prettify types 'elf64*'

numbers: C integers (10, 0x0a, 012), $header.MEMBER[.MEMBER], + - * / and parentheses.
exit status: 0 all decoded, 1 the data was bad, 2 wrong use or no such type."""

COMMAND = Command(
    "prettify",
    USAGE,
    DESCRIPTION,
    EPILOG,
    (
        (
            "what to decode",
            (
                Option(
                    "-C --type --class-name --class_name",
                    "the type of the records: elf64_sym, 'struct file', u32, '#17' for a type id; "
                    "with arguments if each says how long it is and of which type: "
                    "'header(sizeof,type,type_enum=kind)'",
                    "TYPE[(ARGS)][,TYPE]",
                ),
                Option(
                    "--header --header-type --header_type",
                    "a type at the start of the data; alone, print it and stop; with -C, "
                    "$header.MEMBER may be used below",
                    "TYPE",
                ),
                *SOURCES,
            ),
        ),
        (
            "files of a known format",
            (
                Option(
                    "--format",
                    "the data's format, by its name (prettify formats lists them): all its "
                    "tables are shown; without -C and --header the default is whichever it is",
                    "NAME[:VARIANT]",
                ),
                Option(
                    "--table",
                    "only these tables of the format; --where, --select, --skip and --count are of "
                    "one",
                    "NAME[,NAME]",
                ),
            ),
        ),
        (
            "which part of the data",
            (
                Option("--seek --seek-bytes --seek_bytes", "begin at byte N", "N"),
                Option("--size --size-bytes --size_bytes", "decode N bytes at most", "N"),
                Option(
                    "--range",
                    "begin and size are $header.MEMBER.offset and $header.MEMBER.size",
                    "MEMBER",
                ),
                Option("--skip", "leave out the first N records", "N"),
                Option("--count", "print N records at most (0: all)", "N"),
                Option(
                    "--resync",
                    "behind a record whose size cannot be right go on with the next plausible one "
                    "(TYPE(ARGS))",
                ),
                Option(
                    "--endian",
                    "byte order of the data, little or big (default: that of the type's source)",
                    "ORDER",
                    choices=BYTE_ORDERS,
                ),
            ),
        ),
        (
            "which records and members",
            (
                *CHOICES,
                Option("--tail", "bytes that no member covers, as a member `tail` (TYPE(ARGS))"),
            ),
        ),
        (
            "how it looks",
            (
                to_option(TO),
                *LOOKS,
            ),
        ),
        ("about", (HELP, Option("--version", "show the version and exit"))),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """Decode what the arguments say; returns the exit status."""
    options, data = COMMAND.parse(arguments)
    if options.given("help") or options.given("version"):
        sys.stdout.write(COMMAND.help() if options.given("help") else f"prettify {__version__}\n")
        return 0
    form = form_of(options)
    jobs = jobs_of(options.text("jobs"))
    output = options.text("output")
    check_terminal(form, output)
    text_options = text_options_of(options, options.text("endian"))
    header, records = options.text("header"), options.text("type")
    if _of_a_format(options):
        from prettify.records.catalogue.reading import Reading

        reading = Reading(form, text_options, _choice(options), jobs)
        return put_out(reading, data or ["-"], output, options)
    types = Types(sources(options))
    header_layout = types[header].layout if header is not None else None
    selection = Selection(
        seek=options.text("seek"),
        size=options.text("size"),
        skip=options.text("skip"),
        count=options.text("count"),
        range=options.text("range"),
        where=options.text("where"),
    )
    if records is not None and "(" in records:
        from prettify.records.sized.plan import plan_types

        plan = plan_types(
            records,
            types.sources,
            form,
            text_options,
            header_layout,
            selection,
            select=options.text("select"),
            rest=bool(options.given("tail")),
            resync=bool(options.given("resync")),
            jobs=jobs,
        )
        return put_out(plan, data or ["-"], output, options)
    for name in ("tail", "resync"):
        if options.given(name):
            raise UsageError(f"--{name} is for records that say their size: -C 'TYPE(sizeof)'")
    layouts = _layouts(types, records) if records is not None else []
    shown = layouts or ([header_layout] if header_layout is not None else [])
    paths = options.text("select")
    if paths is not None:
        from prettify.records.query.projection import select

        shown = [select(layout, paths) for layout in shown]
    plan = Plan(
        open_conversion(form, shown, text_options, jobs),
        layouts,
        header_layout,
        selection,
        byte_order=options.text("endian"),
        jobs=jobs,
    )
    return put_out(plan, data or ["-"], output, options)


# Options that make no sense of a format, and why.
NOT_OF_FORMATS = {
    "type": "the format has types of its own: -t NAME -C TYPE takes one of those alone",
    "header": "the format has a header of its own: -t NAME --header TYPE takes its type alone",
    "types": "the format has types of its own: -t NAME is for -C and --header",
    **dict.fromkeys(
        (
            "format_path",
            "btf_base",
            "lang",
            "lang_exclude",
            "define",
            "include",
            "macro",
            "target_flags",
        ),
        "it is about where types come from, and the format has its own",
    ),
    "seek": "the format says where its tables begin",
    "size": "the format says how long its tables are",
    "range": "the format says where its tables are",
    "tail": "it is for records of -C 'TYPE(ARGS)'",
    "resync": "it is for records of -C 'TYPE(ARGS)'",
}


def _of_a_format(options: Values) -> bool:
    """Whether the data is a file of a format, rather than records of a type. Raises UsageError."""
    if options.text("format") is None:
        typed = options.text("type") or options.text("header") or options.texts("types")
        if typed is not None and typed != []:
            if options.text("table") is not None:
                raise UsageError("--table is for --format, not for records of -C or --header")
            return False
    for name, why in NOT_OF_FORMATS.items():
        if options.texts(name):
            if options.text("format") is None:
                return False
            raise UsageError(f"--{name.replace('_', '-')} with --format: {why}")
    return True


def _choice(options: Values) -> Choice:
    """What of files of formats is wanted. Raises UsageError."""
    from prettify.records.catalogue.reading import Choice

    tables = options.text("table")
    names = [] if tables is None else [name.strip() for name in tables.split(",")]
    if not all(names):
        raise UsageError(f"--table {tables!r}: a table's name is empty")
    return Choice(
        options.text("format"),
        names,
        where=options.text("where"),
        select=options.text("select"),
        skip=_count(options, "skip"),
        count=_count(options, "count") or None,
        byte_order=options.text("endian"),
    )


def _count(options: Values, name: str) -> int:
    """A number of records."""
    text = options.text(name)
    if text is None:
        return 0
    from prettify.records.query.expression import evaluate

    if "$" in text:
        raise UsageError(f"--{name} {text!r}: of a format's table it is a number, without $header")
    return evaluate(text, f"--{name}")


def _layouts(types: Types, names: str) -> list[Layout]:
    """The layouts of a comma separated list of types."""
    layouts = []
    for name in map(str.strip, names.split(",")):
        if not name:
            raise UsageError(f"--type {names!r}: a type's name is empty")
        layouts.append(types[name].layout)
    return layouts
