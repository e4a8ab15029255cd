"""`prettify map get KEY`: the entry of one key."""

from __future__ import annotations

import os
import sys

from prettify.api import Types
from prettify.cli.arguments import HELP, SOURCES, Command, sources
from prettify.cli.maps.options import TO, TYPED, WHICH, one_chosen, said_types, selected
from prettify.cli.output import (
    CHOICES,
    LOOKS,
    check_terminal,
    form_of,
    jobs_of,
    put_out,
    text_options_of,
)
from prettify.composed import KEY, VALUE
from prettify.errors import UsageError
from prettify.layout import resolve
from prettify.records.forms import open_conversion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.records.maps.entry import Entry
    from prettify.records.maps.live.held import LiveMap

DESCRIPTION = """Show the entries that the keys have, as prettify map dump does.

A KEY is written as C or JSON, or as bytes. Members that are left out are zero. Of local storage it
is what owns the value: the id of a thread, PID:FD for a socket, the folder of a control group, a
file. Of a bloom filter it is a value, and true or false is shown: whether it may have been put
in."""

EPILOG = """examples:
  prettify map get --name conns '{.saddr = 10.0.0.1, .dport = 80}'
  prettify map get --name conns '{"saddr":1,"dport":80}' --to ndjson
  prettify map get --id 17 7 0x10
  prettify map get --id 17 'hex 07 00 00 00'

exit status: 0 all found, 1 a key has no entry, 2 wrong use, no such map or not permitted."""

COMMAND = Command(
    "prettify map get",
    "prettify map get [OPTIONS] KEY ...",
    DESCRIPTION,
    EPILOG,
    (
        ("which map", WHICH),
        ("what keys and values are", (*TYPED, *SOURCES)),
        ("which members", CHOICES),
        ("how it looks", (TO, *LOOKS, HELP)),
    ),
)


def run(arguments: Sequence[str]) -> int:
    """Show what the arguments ask for; returns the exit status."""
    options, texts = COMMAND.parse(arguments)
    if options.given("help"):
        sys.stdout.write(COMMAND.help())
        return 0
    if not texts:
        raise UsageError("which key? prettify map get --name NAME KEY")
    from prettify.records.maps.kinds import OWNERS
    from prettify.records.maps.live.parts import parts_of
    from prettify.records.maps.live.run import Choice, Lookup
    from prettify.records.maps.live.storage import OWNER_SIZE, open_owner

    form, output = form_of(options), options.text("output")
    jobs = jobs_of(options.text("jobs"))
    check_terminal(form, output)
    with one_chosen(options) as live:
        said = said_types(options, Types(sources(options)))
        parts, layouts = parts_of([live], said, plain=form == "bpftool")
        entry: Entry = parts[0].entry  # type: ignore[assignment]  # no variable was asked for
        if live.info.kind.name == "bloom_filter":
            return _asked(live, entry, texts)
        keys = []
        for text in texts:
            if live.info.kind.way == OWNERS:
                number, descriptor = open_owner(live.info.kind.name, text)
                shown = number.to_bytes(OWNER_SIZE, sys.byteorder)
                keys.append((text, descriptor.to_bytes(4, sys.byteorder), shown))
            else:
                key = _bytes(text, live, entry, KEY)
                keys.append((text, key, key))
        conversion = open_conversion(
            form, selected(layouts, options.text("select")), text_options_of(options), jobs
        )
        choice = Choice(where=options.text("where"))
        work = Lookup(conversion, choice, parts, jobs, keys=keys)
        status = put_out(work, parts, output, options)
        if live.info.kind.way == OWNERS:
            for _, raw, _ in keys:
                os.close(int.from_bytes(raw, sys.byteorder))
        return status


def _bytes(text: str, live: LiveMap, entry: Entry, member: str) -> bytes:
    """The bytes that a text is, as a key or value of a map. Raises UsageError."""
    from prettify.records.initializer.reader import bytes_of

    node = next((child for child in entry.layout.root.children if child.name == member), None)
    if node is None:
        raise UsageError(f"{live.info.title} has no keys: prettify map dump shows what it holds")
    layout = resolve(node.declared)
    return bytes_of(text, layout, entry.layout.byte_order, "key" if member == KEY else "value")


def _asked(live: LiveMap, entry: Entry, texts: Sequence[str]) -> int:
    """Show of each value whether a bloom filter may have it."""
    from prettify.records.maps.live.reading import Reader

    found = [Reader(live).might_have(_bytes(text, live, entry, VALUE)) for text in texts]
    sys.stdout.write("".join("true\n" if one else "false\n" for one in found))
    return 0 if all(found) else 1
