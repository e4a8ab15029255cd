"""`prettify [OPTIONS] [DATA ...]`: decode records."""

from __future__ import annotations

import sys

from prettify import __version__
from prettify.api import BYTE_ORDERS, check_options, load_types
from prettify.cli import complain
from prettify.cli.parser import Parser, add_source_options, format_list, make_parser
from prettify.dialects import C_DIALECTS, FORMS
from prettify.dialects.options import Options
from prettify.errors import UsageError
from prettify.records.output import write_file
from prettify.records.plan import Plan, Selection

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from prettify.api import Types
    from prettify.layout import Layout

USAGE = """prettify [OPTIONS] [DATA ...]
       prettify types [OPTIONS] [GLOB]"""

DESCRIPTION = """Decode binary records into C or JSON, from type information that is already there.

DATA is one or more files; none, or -, is standard input."""

EPILOG = """examples:
  prettify --header elf64_hdr < /bin/bash
  prettify --header elf64_hdr -C elf64_shdr --seek '$header.e_shoff' --count '$header.e_shnum' /bin/bash
  prettify -C 'struct timespec64' --dialect kernel --compact samples/timespec64.bin
  prettify -t prog.bpf.o -C event --to ndjson events.bin | jq .pid
  prettify types 'elf64*'

numbers: C integers (10, 0x0a, 012), $header.MEMBER[.MEMBER], + - * / and parentheses.
exit status: 0 all decoded, 1 the data was bad, 2 wrong use or no such type."""


def run(arguments: Sequence[str]) -> int:
    """Decode what the arguments say; returns the exit status."""
    parser = _parser()
    if not arguments and sys.stdin is not None and sys.stdin.isatty():
        parser.print_usage(sys.stderr)
        raise UsageError("no type to decode: name one with -C TYPE or --header TYPE")
    options = parser.parse_args(arguments)
    form = _form(options)
    text_options = Options(
        compact=options.compact,
        noname=options.noname,
        ptr_raw=options.ptr_raw,
        zero=options.zero,
        hex=options.hex,
        byte_order=options.endian,
    )
    check_options(form, text_options)
    types = load_types(
        *options.types, formats=format_list(options.format_path), base=options.btf_base
    )
    plan = Plan(
        FORMS[form],
        text_options,
        _layouts(types, options.type),
        types[options.header].layout if options.header else None,
        Selection(
            seek=options.seek,
            size=options.size,
            skip=options.skip,
            count=options.count,
            range=options.range,
        ),
    )
    statuses = [0]
    pieces = plan.run(options.data or ["-"], lambda error: statuses.append(complain(error)))
    if options.output:
        write_file(options.output, pieces)
    else:
        _print(pieces)
    return max(statuses)


def _print(pieces: Iterator[bytes]) -> None:
    out = sys.stdout.buffer
    for piece in pieces:
        out.write(piece)
        out.flush()


def _form(options: Namespace) -> str:
    if options.to in (None, "c"):
        dialect: str = options.dialect or "pahole"
        return dialect
    if options.dialect:
        raise UsageError(f"--dialect is for --to c, not for --to {options.to}")
    form: str = options.to
    return form


def _layouts(types: Types, names: str | None) -> list[Layout]:
    """The layouts of a comma separated list of types."""
    layouts = []
    for name in names.split(",") if names else []:
        if not name.strip():
            raise UsageError(f"--type {names!r}: a type's name is empty")
        if name.rstrip().endswith("()"):
            name = name.rstrip()[:-2]
        if "(" in name:
            raise UsageError(f"--type {names!r}: a type's name has no parentheses")
        layouts.append(types[name.strip()].layout)
    return layouts


def _parser() -> Parser:
    parser = make_parser("prettify", USAGE, DESCRIPTION, EPILOG)
    parser.add_argument("data", nargs="*", metavar="DATA", help="files to decode, or -")
    parser.add_argument("--version", action="version", version=f"prettify {__version__}")

    what = parser.add_argument_group("what to decode")
    what.add_argument(
        "-C",
        "--type",
        "--class-name",
        "--class_name",
        metavar="TYPE[,TYPE]",
        help="the type of the records: elf64_sym, 'struct file', u32, '#17' for a type id",
    )
    what.add_argument(
        "--header",
        "--header-type",
        "--header_type",
        metavar="TYPE",
        help="a type at the start of the data; alone, print it and stop; with -C, $header.MEMBER "
        "may be used below",
    )
    add_source_options(what)

    where = parser.add_argument_group("which part of the data")
    where.add_argument("--seek", "--seek-bytes", "--seek_bytes", metavar="N", help="begin at byte N")
    where.add_argument(
        "--size", "--size-bytes", "--size_bytes", metavar="N", help="decode N bytes at most"
    )
    where.add_argument(
        "--range",
        metavar="MEMBER",
        help="begin and size are $header.MEMBER.offset and $header.MEMBER.size",
    )
    where.add_argument("--skip", metavar="N", help="leave out the first N records")
    where.add_argument("--count", metavar="N", help="print N records at most (0: all)")
    where.add_argument(
        "--endian",
        choices=BYTE_ORDERS,
        help="byte order of the data (default: that of the type's source)",
    )

    how = parser.add_argument_group("how it looks")
    how.add_argument(
        "--to", choices=("c", "json", "ndjson"), help="form of the output (default: c)"
    )
    how.add_argument(
        "--dialect",
        choices=C_DIALECTS,
        help="how C text looks: as pahole --prettify (the default), byte for byte as the kernel's "
        "bpf_snprintf_btf, or as C that compiles",
    )
    how.add_argument("--compact", action="store_true", help="no indentation, no line ends")
    how.add_argument("--noname", action="store_true", help="no member names, no casts")
    _add_switch(how, "ptr-raw", "pointers as they are", "pointers hashed")
    _add_switch(how, "zero", "members that are zero too", "no members that are zero")
    how.add_argument("--hex", action="store_true", help="integers in hexadecimal (pahole dialect)")
    how.add_argument("-o", "--output", metavar="FILE", help="write to FILE")
    return parser


def _add_switch(group: argparse._ArgumentGroup, name: str, on: str, off: str) -> None:
    """An option and its opposite; neither given is the dialect's default."""
    target = name.replace("-", "_")
    spellings = dict.fromkeys((name, target))
    for prefix, value, text in (("--", True, on), ("--no-", False, off)):
        group.add_argument(
            *(prefix + s for s in spellings),
            dest=target,
            action="store_const",
            const=value,
            default=None,
            help=text,
        )
