"""From the text of `-C 'TYPE(ARGS)'` to the plan of a run."""

from __future__ import annotations

from prettify.errors import UsageError
from prettify.layout import Layout, resolve
from prettify.records.forms import open_conversion
from prettify.records.plan import Plan, Selection
from prettify.records.query.projection import select as selected
from prettify.records.sized.arguments import parse_types
from prettify.records.sized.binding import bind
from prettify.records.sized.choosing import projection
from prettify.records.sized.dispatch import Dispatch
from prettify.records.sized.forms import open_batches
from prettify.sources.search import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.dialects.options import Options
    from prettify.sources.search import Sources


def plan_types(
    text: str,
    sources: Sources,
    form: str,
    options: Options,
    header: Layout | None,
    selection: Selection,
    *,
    select: str | Sequence[str] | None = None,
    rest: bool = False,
    resync: bool = False,
    jobs: int = 1,
) -> Plan:
    """The plan for records of these types, put out in that form.

    text: as of `-C`. header: the layout at the start of each input. select: paths of the members to
    show, None for all. rest: whether the bytes behind a record's type are shown. resync: whether to
    go on behind a bad record. Raises TypeNotFound, and UsageError where something makes no sense.
    """
    texts = parse_types(text)
    ranges = [one.arguments.range for one in texts]
    if header is None and any(ranges):
        raise UsageError(f"--type {text!r}: range={next(filter(None, ranges))} needs --header TYPE")
    order = options.byte_order
    streams = [
        Dispatch(one.name, index, resolve(find(sources, one.name)))
        if one.arguments.plain
        else bind(one, sources, index=index, byte_order=order, header=header, rest=rest)
        for index, one in enumerate(texts)
    ]
    sized = any(stream.codes for stream in streams)
    for name, given in (("tail", rest), ("resync", resync)):
        if given and not sized:
            raise UsageError(f"--{name} is for records that say their size: -C 'TYPE(sizeof)'")
    if resync:
        _check_resync(streams)
    records: Sequence[Layout | Dispatch] = streams
    if sized:
        project = projection(streams, select)
        conversion = open_batches(form, options, streams, project, jobs)
    else:
        records = layouts = [stream.layout for stream in streams]
        shown = layouts if select is None else [selected(layout, select) for layout in layouts]
        conversion = open_conversion(form, shown, options, jobs)
    return Plan(
        conversion,
        records,
        header,
        selection,
        byte_order=order,
        jobs=jobs,
        ranges=ranges,
        resync=resync,
    )


def _check_resync(streams: Sequence[Dispatch]) -> None:
    """Raise UsageError where what is plausible cannot be computed for every byte."""
    for stream in streams:
        for key, code in stream.codes.items():
            if code.ops is None:
                raise UsageError(
                    f"--resync: {key} of {stream.name} is not computed of integers alone, so that "
                    f"records cannot be looked for by it"
                )
