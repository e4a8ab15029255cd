"""What records of a stream may be: their types, what tells of which each is and how long."""

from __future__ import annotations

from prettify.layout import Layout, flexible_tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.records.sized.frame import Frame

    Run = Callable[[Frame], int]


class Kind:
    """A type that records may be of.

    sizeof: bytes of such a record, None where the dispatch says. tail: the flexible array that ends
    it, None where it has none. held: bytes of that, None where it goes on to the record's end.
    least: bytes that any such record has.
    """

    __slots__ = ("held", "layout", "least", "sizeof", "tail")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.least = max(layout.size, 1)
        self.sizeof: Run | None = None
        self.tail = flexible_tail(layout.root)
        self.held: Run | None = None


class Dispatch:
    """The types of a stream's records; expressions are functions of a frame.

    index: where frames have the current record. layout: of the beginning of every record. kinds:
    what they may be, the stream's own type first; tags: the place of each tag's.
    """

    __slots__ = ("index", "kinds", "layout", "name", "run", "tags")

    def __init__(self, name: str, index: int, layout: Layout) -> None:
        self.name = name
        self.index = index
        self.layout = layout
        self.kinds = [Kind(layout)]
        self.tags: dict[int, int] = {}
        self.run: dict[str, Run] = {}
