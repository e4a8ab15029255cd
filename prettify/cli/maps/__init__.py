"""`prettify map JOB`: BPF maps, live and dumped. A job is a module, imported when it is called."""

from __future__ import annotations

import sys

from prettify.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

JOBS = {
    "list": ("prettify.cli.maps.listing", "the maps there are"),
    "dump": ("prettify.cli.maps.dumping", "all entries of maps, live or dumped"),
    "get": ("prettify.cli.maps.getting", "the entry of one key"),
    "read": ("prettify.cli.maps.reading", "the events of a ring or perf buffer, as they come"),
}


def run(arguments: Sequence[str]) -> int:
    """Do the job that the first argument names; returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        sys.stdout.write(_help())
        return 0 if arguments else 2
    name = arguments[0]
    if name not in JOBS:
        from prettify.sources.search import closest

        near = closest(name, JOBS)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"map {name!r}: known are {', '.join(JOBS)}{hint}")
    job: Callable[[Sequence[str]], int] = __import__(JOBS[name][0], fromlist=["run"]).run
    return job(arguments[1:])


def _help() -> str:
    return "\n".join(
        (
            "usage: prettify map JOB [OPTIONS]",
            "",
            "BPF maps, live and dumped.",
            "",
            *(f"  prettify map {name:<5} {what}" for name, (_, what) in JOBS.items()),
            "",
            "prettify map JOB --help shows the options of each.",
            "",
        )
    )
