"""What all commands share of argument parsing."""

from __future__ import annotations

import argparse

from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, and errors like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}; see {self.prog} --help")


def make_parser(prog: str, usage: str, description: str, epilog: str) -> Parser:
    """A parser whose help shows the texts as they are written."""
    parser = Parser(
        prog=prog,
        usage=usage,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        add_help=False,
    )
    parser.add_argument("-h", "--help", action="help", help="show this help and exit")
    return parser


def add_source_options(parser: argparse._ArgumentGroup | Parser) -> None:
    """The options that say where types come from."""
    parser.add_argument(
        "-t",
        "--types",
        action="append",
        default=[],
        metavar="SOURCE",
        help="where types come from: raw BTF, an ELF file with a .BTF section, or a format of the "
        "catalogue; repeatable, searched in order (default: the running kernel's BTF, then the "
        "catalogue)",
    )
    parser.add_argument(
        "-F",
        "--format-path",
        "--format_path",
        metavar="LIST",
        help="which type information to take from an ELF file, in order (known: btf)",
    )
    parser.add_argument(
        "--btf-base", "--btf_base", metavar="FILE", help="the BTF that split BTF continues"
    )


def format_list(text: str | None) -> tuple[str, ...]:
    """The formats that --format-path names. Raises UsageError for one that is not known."""
    from prettify.sources.opening import FORMATS

    if text is None:
        return FORMATS
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in FORMATS:
            raise UsageError(f"--format-path: {name!r} is not known, only {', '.join(FORMATS)}")
    return names
