"""`prettify map dump`: all entries of maps."""

from __future__ import annotations

import sys

from prettify.api import Types
from prettify.cli.arguments import HELP, SOURCES, Command, Option, sources
from prettify.cli.maps.options import TO, TYPED, WHICH, chosen, said_types, selected
from prettify.cli.output import (
    CHOICES,
    LOOKS,
    check_terminal,
    form_of,
    jobs_of,
    note,
    number_of,
    put_out,
    text_options_of,
)
from prettify.errors import UsageError
from prettify.layout import resolve
from prettify.records.forms import open_conversion
from prettify.records.maps.kinds import MEMORY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.cli.arguments import Values
    from prettify.records.maps.live.held import LiveMap
    from prettify.records.maps.live.run import Choice

OF_LIVE = ("id", "name", "pinned", "follow", "consume", "watch", "seek")
OF_DUMPS = ("raw", "cpus")
NOT_OF_MEMORY = ("var", "follow", "consume", "watch")
FORMED = (
    "to",
    "dialect",
    "template",
    "compact",
    "noname",
    "hex",
    "zero",
    "ptr_raw",
)  # how it looks
LONGEST = 86400  # seconds from one look to the next

DESCRIPTION = """Show what is in BPF maps, with the types that the maps themselves carry.

DUMP is what has been dumped of maps before, - is standard input: the output of bpftool map dump (as
text or JSON, with or without types), of cat for a pinned map, or raw keys and values. Types are
those of -C, or of --map in the BPF object of -t.

An entry is a record with the members key and value (or values, one of each CPU)."""

EPILOG = """examples:
  prettify map dump --name conns
  prettify map dump --pinned /sys/fs/bpf/conns --to ndjson | jq .value.packets
  prettify map dump --id 17 --where 'value.packets > 1000' --select key,value.packets --to csv
  prettify map dump --name prog.bss --var counters
  prettify map dump -t prog.bpf.o --map conns dump.json --to csv
  bpftool -j map dump id 17 | prettify map dump -t prog.bpf.o --map conns -
  prettify map dump --id 17 -t prog.bpf.o -C key:u32,value:'struct event'

numbers: C integers (10, 0x0a, 012), + - * / and parentheses.
exit status: 0 all decoded, 1 the data was bad, 2 wrong use, no such map or not permitted."""

COMMAND = Command(
    "prettify map dump",
    "prettify map dump [OPTIONS] [DUMP ...]",
    DESCRIPTION,
    EPILOG,
    (
        (
            "which maps",
            (
                *WHICH,
                Option(
                    "--raw",
                    "DUMP is keys and values as they are in memory, one entry behind the other",
                ),
                Option(
                    "--cpus",
                    "of such a DUMP: N CPUs have a value each, rounded up to 8 bytes",
                    "N",
                ),
            ),
        ),
        ("what keys and values are", (*TYPED, *SOURCES)),
        (
            "which entries and members",
            (
                *CHOICES,
                Option("--seek", "of the memory of an arena: begin at byte N", "N"),
                Option("--skip", "leave out the first N entries", "N"),
                Option("--count", "show N entries at most (0: all)", "N"),
                Option("--var", "of a map of global data that variable alone", "NAME"),
                Option(
                    "--follow",
                    "of maps of maps also what is in the maps that they hold; each entry says "
                    "which map it is of",
                ),
                Option("--consume", "take what is shown out of a queue or stack"),
                Option(
                    "--watch",
                    "look again every so many seconds, and show the entries that have changed; "
                    "without --to and the like as lines that say what did, and counters by how "
                    "much",
                    "SECONDS",
                ),
            ),
        ),
        (
            "how it looks",
            (
                TO,
                *LOOKS,
                HELP,
            ),
        ),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """Dump what the arguments say; returns the exit status."""
    options, dumps = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    form = form_of(options)
    jobs = jobs_of(options.text("jobs"))
    output = options.text("output")
    check_terminal(form, output)
    seconds = _seconds(options.text("watch"))
    if dumps:
        return _dumped(options, dumps, form, jobs, output)
    for name in OF_DUMPS:
        if options.texts(name):
            raise UsageError(f"--{name} is for raw bytes that were dumped, not for live maps")
    if seconds is not None and options.text("skip") is not None:
        raise UsageError("--skip leaves out entries of a dump; --watch shows those that change")
    maps = chosen(options, writing=bool(options.given("consume")))
    if not maps:
        raise UsageError("which map? --id N, --name NAME or --pinned PATH; prettify map list")
    if any(one.info.kind.way == MEMORY for one in maps):
        return _memory(options, maps, form, jobs, output)
    if options.text("seek") is not None:
        raise UsageError(f"--seek is for the memory of an arena, not for {maps[0].info.title}")
    return _live(options, maps, form, jobs, output, seconds)


def _live(
    options: Values,
    maps: Sequence[LiveMap],
    form: str,
    jobs: int,
    output: str | None,
    seconds: float | None,
) -> int:
    from prettify.records.maps.live.parts import parts_of
    from prettify.records.maps.live.run import MapRun

    choice = _choice(options)
    types = Types(sources(options))
    parts, layouts = parts_of(
        maps,
        said_types(options, types),
        variable=options.text("var"),
        follow=bool(options.given("follow")),
        plain=form == "bpftool",
    )
    shown = selected(layouts, options.text("select"))
    text_options = text_options_of(options)
    conversion = open_conversion(form, shown, text_options, jobs)
    work = MapRun(conversion, choice, parts, jobs)
    if form == "bpftool":
        from prettify.records.maps.live.bpftool_run import BpftoolRun

        work = BpftoolRun(conversion, choice, parts, jobs, shown=shown, options=text_options)
    if seconds is not None:
        from prettify.records.maps.live.watch import Watch

        lines = not any(options.texts(name) for name in FORMED)
        work = Watch(conversion, choice, parts, jobs, seconds=seconds, lines=lines)
    return put_out(work, parts, output, options)


def _dumped(options: Values, dumps: Sequence[str], form: str, jobs: int, output: str | None) -> int:
    """What has been dumped of maps."""
    from prettify.records.maps.dumped import shapes
    from prettify.records.maps.dumped.run import DumpRun

    for name in OF_LIVE:
        if options.texts(name):
            raise UsageError(f"--{name} is for live maps, not for what has been dumped of them")
    raw = options.given("raw") or options.text("cpus") is not None
    work = DumpRun(
        form,
        text_options_of(options),
        _choice(options),
        said_types(options, Types(sources(options))),
        note=note,
        select=options.text("select"),
        variable=options.text("var"),
        cpus=number_of(options, "cpus") or 0,
        shape=shapes.RAW if raw else None,
        jobs=jobs,
    )
    return put_out(work, dumps, output, options)


def _choice(options: Values) -> Choice:
    """Which entries of each map. Raises UsageError."""
    from prettify.records.maps.live.run import Choice

    return Choice(
        where=options.text("where"),
        skip=number_of(options, "skip") or 0,
        count=number_of(options, "count") or None,
        consume=bool(options.given("consume")),
    )


def _memory(
    options: Values, maps: Sequence[LiveMap], form: str, jobs: int, output: str | None
) -> int:
    """Records of a type in the memory of an arena."""
    from prettify.records.maps.live.arena import memory_of
    from prettify.records.maps.live.reading import reason
    from prettify.records.plan import Plan, Selection

    said = said_types(options, Types(sources(options)))
    if said.value is None or said.key is not None:
        raise UsageError(f"{maps[0].info.title}: {reason(maps[0])}")
    if len(maps) > 1:
        raise UsageError("the memory of one arena at a time, please: --id tells them apart")
    if options.text("count") is None:
        raise UsageError(f"{maps[0].info.title}: --count N says how many records are there")
    for name in NOT_OF_MEMORY:
        if options.texts(name):
            raise UsageError(f"--{name} is not for the memory of an arena: it has no entries")
    layout = resolve(said.value)
    conversion = open_conversion(
        form, selected([layout], options.text("select")), text_options_of(options), jobs
    )
    selection = Selection(
        seek=options.text("seek"),
        skip=options.text("skip"),
        count=options.text("count"),
        where=options.text("where"),
    )
    work = Plan(conversion, [layout], None, selection, jobs=jobs)
    return put_out(work, [memory_of(maps[0])], output, options)


def _seconds(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.01 <= seconds <= LONGEST:
        raise UsageError(f"--watch {text!r}: seconds from 0.01 to {LONGEST} expected")
    return seconds
