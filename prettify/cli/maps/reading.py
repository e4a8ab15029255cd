"""`prettify map read`: the events of a ring buffer or perf event array, as they come."""

from __future__ import annotations

import sys

from prettify.api import BYTE_ORDERS
from prettify.cli.arguments import HELP, SOURCES, Command, Option, sources
from prettify.cli.interrupts import Interrupts
from prettify.cli.maps.options import TO, WHICH, one_chosen
from prettify.cli.output import (
    CHOICES,
    LOOKS,
    check_terminal,
    form_of,
    jobs_of,
    number_of,
    put_out,
    seconds_of,
    text_options_of,
)
from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from prettify.cli.arguments import Values

DESCRIPTION = """Follow a BPF ring buffer or perf event array: each event is a record of the type
that -C names, shown as it comes. Reading an event takes it away from others who read.

IMAGE is a ring buffer that was saved, or a pipe of its records: each a header of 8 bytes (its
length, with the BUSY and DISCARD bits, and a page), the event, and padding to 8 bytes."""

EPILOG = """examples:
  prettify map read --name events -t prog.bpf.o -C event --to ndjson
  prettify map read --id 17 -t prog.bpf.o -C event --duration 10 -o events.parquet --to parquet
  prettify map read -t prog.bpf.o -C event --where 'pid == 42' --count 5 saved.ring
  prettify map read --name events -t prog.bpf.o -C 'event(type=kind,type_enum=event_kind)'
  prettify map read --name events -t prog.bpf.o -C 'event(type=kind,cast={1:sample,2:text})'

ARGS, as of `prettify decode`: type=MEMBER tells of which type an event is, by the names of
type_enum=ENUM in small letters or by cast={VALUE:TYPE,...}; sizeof=MEMBER or length=MEMBER is how
many bytes of an event count; filter=CONDITION; prefix=TYPE is what stands before TYPE.

exit status: 0 all decoded, 1 an event was bad or some were lost, 2 wrong use, no such map or not
permitted, 130 ended by Ctrl-C, with all that had come."""

COMMAND = Command(
    "prettify map read",
    "prettify map read [OPTIONS] [IMAGE ...]",
    DESCRIPTION,
    EPILOG,
    (
        ("which map", WHICH),
        (
            "what events are",
            (
                Option(
                    "-C --type",
                    "the type of the events: event, 'struct event', u32; 'event(ARGS)' where a "
                    "member tells of which type each is (see below)",
                    "TYPE[(ARGS)]",
                ),
                Option("--tail", "bytes behind an event's type as a member `tail`"),
                Option(
                    "--endian",
                    "byte order of saved events, little or big (default: that of their type)",
                    "ORDER",
                    choices=BYTE_ORDERS,
                ),
                *SOURCES,
            ),
        ),
        (
            "which events and members, and until when",
            (
                *CHOICES,
                Option("--count", "end after N events (0: do not)", "N"),
                Option("--duration", "end after so many seconds", "SECONDS"),
                Option(
                    "--pages",
                    "pages of memory for each CPU, of a perf event array; a power of two",
                    "N",
                ),
            ),
        ),
        ("how it looks", (TO, *LOOKS, HELP)),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """Follow what the arguments name; returns the exit status."""
    options, images = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    from prettify.records.maps.events.following import Following
    from prettify.records.maps.events.types import types_of

    form, output = form_of(options), options.text("output")
    check_terminal(form, output)
    name = options.text("type")
    if name is None:
        raise UsageError("what are the events? -C TYPE, with -t prog.bpf.o where that is described")
    if images and any(options.texts(which) for which in ("id", "name", "pinned")):
        raise UsageError("either a map that is live or an IMAGE is read, not both")
    endian = options.text("endian")
    types = types_of(name, sources(options), byte_order=endian, rest=bool(options.given("tail")))
    followed: list[Any] = images or _live(options)
    with Interrupts() as interrupts:
        work = Following(
            form,
            text_options_of(options, endian),
            types,
            where=options.text("where"),
            select=options.text("select"),
            count=number_of(options, "count") or None,
            duration=seconds_of(options, "duration"),
            stop=interrupts.stop,
            jobs=jobs_of(options.text("jobs")),
        )
        return interrupts.status or put_out(work, followed, output, options) or interrupts.status


def _live(options: Values) -> list[Any]:
    """What follows the maps that the options name. Raises UsageError."""
    from prettify.records.maps.events.following import open_map
    from prettify.records.maps.events.perf_buffer import PAGES

    live = one_chosen(options, writing=True)
    info = live.info
    pages = number_of(options, "pages") or PAGES
    kind, descriptor = info.kind.number, live.descriptor
    return [open_map(kind, descriptor, info.max_entries, info.title, pages=pages)]
