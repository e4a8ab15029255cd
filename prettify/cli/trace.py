"""`prettify trace [FILE ...]`: events of the kernel's trace buffer, saved or as they happen."""

from __future__ import annotations

import sys

from prettify.cli.arguments import HELP, Command, Option
from prettify.cli.interrupts import Interrupts
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
    to_option,
)
from prettify.dialects import C_DIALECTS
from prettify.errors import UsageError
from prettify.records.forms import FORMS
from prettify.sources.request import TRACEFS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.cli.arguments import Values
    from prettify.records.tracing.events import Chosen
    from prettify.sources.tracefs.graph import Tracefs

TO = ("c", *(form for form in FORMS if form not in (*C_DIALECTS, "bpftool")))
BYTE_ORDERS = ("little", "big")
# Clocks whose times are nanoseconds, which are shown as seconds; those of others are plain numbers.
SECONDS = ("local", "global", "perf", "mono", "mono_raw", "boot", "tai")
COUNTERS = ("counter", "uptime", "x86-tsc")
MOST_KB = 1 << 22  # of a buffer

DESCRIPTION = """Show events of the kernel's trace buffer, without perf or trace-cmd.

FILE is pages as /sys/kernel/tracing/per_cpu/cpu*/trace_pipe_raw has them, of one processor each;
several are merged by time. Without FILE the events of -e are traced now, in an instance of tracefs
of their own, until Ctrl-C; without -e, standard input is read. A record starts with event, time and
cpu; the event's own members follow."""

EPILOG = """examples:
  prettify trace -e sched:sched_switch --duration 1 --to ndjson
  prettify trace -e 'block:*' -e syscalls:sys_enter_openat --where 'common_pid == 42'
  prettify trace -e sched:sched_process_exec --template '{time} {filename}'
  prettify trace cpu0.raw cpu1.raw --event sched --to ndjson
  prettify trace -t tracefs:saved/events -e tcp:tcp_probe cpu*.raw --to parquet -o tcp.parquet
  prettify types -t tracefs: '*switch*'

numbers: C integers (10, 0x0a, 012), + - * / and parentheses.
exit status: 0 all decoded, 1 the data was bad or events were lost, 2 wrong use or not permitted."""

COMMAND = Command(
    "prettify trace",
    "prettify trace [OPTIONS] [FILE ...]",
    DESCRIPTION,
    EPILOG,
    (
        (
            "which events",
            (
                Option(
                    "-e --event",
                    "only these: SYSTEM:EVENT, a SYSTEM, or an EVENT; shell patterns ('sched:*'); "
                    "repeatable",
                    "EVENT[,EVENT]",
                ),
                *CHOICES,
                Option("--skip", "leave out the first N events", "N"),
                Option("--count", "show N events at most (0: all)", "N"),
            ),
        ),
        (
            "what is traced now",
            (
                Option("--duration", "end after so many seconds (default: with Ctrl-C)", "SECONDS"),
                Option(
                    "--buffer",
                    "kilobytes of the kernel's buffer for each processor (default: as it likes)",
                    "KB",
                ),
            ),
        ),
        (
            "what the pages are",
            (
                Option(
                    "-t --types",
                    "where the events' formats are: tracefs:DIR, a copy of tracefs or of its "
                    "events (default: the running kernel's)",
                    "SOURCE",
                ),
                Option(
                    "--clock",
                    f"the trace clock: {', '.join((*SECONDS, *COUNTERS))} (default: local); of "
                    f"what is traced now, and whether times of saved pages are seconds",
                    "CLOCK",
                    choices=(*SECONDS, *COUNTERS),
                ),
                Option(
                    "--endian",
                    "byte order of saved pages (default: little, or this machine's)",
                    "ORDER",
                    choices=BYTE_ORDERS,
                ),
            ),
        ),
        (
            "how it looks",
            (
                to_option(TO),
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
    form = form_of(options)
    jobs = jobs_of(options.text("jobs"))
    output = options.text("output")
    check_terminal(form, output)
    patterns = [name.strip() for text in options.texts("event") for name in text.split(",")]
    live = bool(patterns) and not files
    if not live:
        for name in ("duration", "buffer"):
            if options.text(name) is not None:
                raise UsageError(
                    f"--{name} is of what is traced now, which is so where -e names events and no "
                    f"FILE is given"
                )
    from prettify.records.tracing.events import NANOSECONDS, Chosen
    from prettify.records.tracing.run import Choice, TraceRun

    chosen = Chosen(_formats(options, live=live), patterns, internal=not live)
    choice = Choice(
        where=options.text("where"),
        select=options.text("select"),
        skip=number_of(options, "skip") or 0,
        count=number_of(options, "count") or None,
        decimals=0 if options.text("clock") in COUNTERS else NANOSECONDS,
    )
    text_options = text_options_of(options, options.text("endian"))
    work = TraceRun(form, text_options, chosen, choice, jobs, named=bool(patterns))
    if not live:
        return put_out(work, [files or ["-"]], output, options)
    return _trace(work, chosen, options, output)


def _trace(work: object, chosen: Chosen, options: Values, output: str | None) -> int:
    """Trace what was chosen until it is over."""
    from prettify.records.tracing.live import Live
    from prettify.records.tracing.run import TraceRun
    from prettify.records.until import Until
    from prettify.sources.tracefs.mounts import mount_point

    assert isinstance(work, TraceRun)
    with Interrupts() as interrupts:
        live = Live(
            mount_point(),
            chosen.titles(),
            Until(seconds_of(options, "duration"), interrupts.stop),
            clock=options.text("clock"),
            buffer=_kilobytes(options.text("buffer")),
        )
        status = put_out(work, [live], output, options)
    return interrupts.status or status


def _formats(options: Values, *, live: bool) -> Tracefs:
    """The events that there are."""
    from prettify.sources.tracefs.graph import open_tracefs

    source = options.text("types")
    if live and source is not None:
        raise UsageError("--types is of saved pages: what is traced now is of the running kernel")
    if source is not None and not source.startswith(TRACEFS):
        raise UsageError(f"--types {source!r}: events have formats: tracefs:{source}")
    return open_tracefs(source or TRACEFS)


def _kilobytes(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or not 0 < int(text) <= MOST_KB:
        raise UsageError(f"--buffer {text!r}: kilobytes from 1 to {MOST_KB} expected")
    return int(text)
