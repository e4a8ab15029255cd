"""What events are: a type, or several that a member tells apart, as of `-C`."""

from __future__ import annotations

from prettify.errors import UsageError
from prettify.layout import flexible_tail, resolve
from prettify.model import spelled
from prettify.records.sized.arguments import parse_types
from prettify.records.sized.binding import bind
from prettify.records.sized.dispatch import Dispatch
from prettify.sources.search import find

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.layout import Layout
    from prettify.sources.search import Sources


def types_of(
    text: str, sources: Sources, *, byte_order: str | None = None, rest: bool = False
) -> Dispatch:
    """What `text` says that events are, in the words of `records.sized.arguments`.

    A member that `sizeof` or `length` names is how much of an event counts, as perf event arrays
    have bytes behind it that nobody wrote. byte_order: of the data, None is the type's own. rest:
    whether bytes behind an event's type are shown. Raises TypeNotFound, and UsageError where an
    argument makes no sense.
    """
    texts = parse_types(text)
    if len(texts) > 1:
        names = ", ".join(one.name for one in texts)
        raise UsageError(
            f"--type {text!r}: events are of one type, and {names} are several: name the one that "
            f"all begin with, -C 'TYPE(type,cast={{1:TYPE,2:TYPE}})'"
        )
    only = texts[0]
    for word in ("align", "range"):
        if getattr(only.arguments, word) is not None:
            raise UsageError(
                f"--type {text!r}: {word} is for records in files: the kernel says where events are"
            )
    if only.arguments.plain:
        return of_one_type(resolve(find(sources, only.name)), rest=rest)
    return bind(only, sources, byte_order=byte_order, rest=rest, placed=True)


def of_one_type(layout: Layout, *, rest: bool = False) -> Dispatch:
    """Events that are all of one type. Raises UsageError for a type that has no bytes."""
    if not layout.size and flexible_tail(layout.root) is None:
        raise UsageError(f"{spelled(layout.type)} has 0 bytes, no events to decode")
    return Dispatch(layout.type.name or spelled(layout.type), 0, layout, rest=rest, placed=True)
