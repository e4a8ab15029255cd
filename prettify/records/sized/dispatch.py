"""What records of a stream may be: their types, what tells of which each is and how long."""

from __future__ import annotations

from prettify.core.sized import BY_LENGTH, BY_TYPE, CUT
from prettify.layout import flexible_tail
from prettify.records.query.scalar import NoValueError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from prettify.layout import Layout
    from prettify.records.query.scalar import Code
    from prettify.records.sized.frame import Frame

    Resolve = Callable[[int], Layout | None]

UNRESOLVED = -1  # the kind of a tag whose type was not looked for yet


class Kind:
    """A type that records may be of.

    sizeof: bytes of such a record, None where the dispatch says. tail: the flexible array that ends
    it, None where it has none. held: bytes of that, None where it goes on to the record's end.
    least: bytes that any such record has. mode: what its layout depends on, one of `core.sized`.
    """

    __slots__ = ("held", "layout", "least", "mode", "sizeof", "tail")

    def __init__(self, layout: Layout, least: int | None = None, mode: int = BY_TYPE) -> None:
        self.layout = layout
        self.least = max(layout.size, 1) if least is None else least
        self.mode = mode
        self.sizeof: Code | None = None
        self.tail = flexible_tail(layout.root)
        self.held: Code | None = None


class Dispatch:
    """The types of a stream's records.

    index: where frames have the current record. layout: of the beginning of every record. kinds:
    what they may be, the stream's own type first; tags: the place of each tag's, UNRESOLVED where
    `resolve` has to be asked for its layout. codes: by what they say of a record (tag, sizeof,
    align, while, until, filter) expressions about it. slots: what gives the numbers that are the
    same for all records of a run.

    cut: whether records may end before their type does, and are shown as far as they go; they have
    `least` bytes then, and are there in full before they are shown. rest: whether what is behind a
    record's type is shown, and rest_always: also where nothing is. placed: whether it is known how
    long records are; then the code sizeof is a limit to that, and of a type that ends in a flexible
    array they have at least what is before that.
    """

    __slots__ = (
        "_least", "codes", "cut", "index", "kinds", "layout", "name", "placed", "resolve", "rest",
        "rest_always", "slots", "tags",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        index: int,
        layout: Layout,
        *,
        least: int | None = None,
        cut: bool = False,
        rest: bool = False,
        placed: bool = False,
    ) -> None:
        self.name = name
        self.index = index
        self.layout = layout
        self._least = layout.size if least is None else least
        self.cut = cut
        self.rest = rest
        self.placed = placed
        self.rest_always = False
        self.kinds: list[Kind] = []
        self.tags: dict[int, int] = {}
        self.codes: dict[str, Code] = {}
        self.slots: list[Callable[[Any], int]] = []
        self.resolve: Resolve | None = None
        self.add(layout)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    @property
    def head(self) -> int:
        """The bytes that expressions about a record may read, whatever type it is of."""
        least = self.kinds[0].least
        return min(self._least, least) if self.placed else least

    @property
    def step(self) -> int:
        """What the places of records are multiples of, from that of the first one on."""
        align = self.codes.get("align")
        return max(align.run(None), 1) if align is not None and align.constant else 1

    def add(self, layout: Layout) -> int:
        """The place of a new kind."""
        tail = flexible_tail(layout.root)
        least = max(self._least if self.cut else layout.size, 1)
        if self.placed:
            least = layout.size if tail is None else tail.offset
        mode = CUT if self.cut else BY_TYPE
        if self.rest or tail is not None:
            mode = BY_LENGTH
        self.kinds.append(Kind(layout, least, mode))
        return len(self.kinds) - 1

    def kind_of(self, tag: int) -> int:
        """The place of the kind that a tag stands for, looked for if it was not yet."""
        found = self.tags.get(tag, 0)
        if found == UNRESOLVED:
            layout = None if self.resolve is None else self.resolve(tag)
            found = self.tags[tag] = 0 if layout is None else self.add(layout)
        return found

    def wants(self, frame: Frame) -> bool:
        """Whether the filter lets the current record through; it does not where it has no value."""
        code = self.codes.get("filter")
        if code is None:
            return True
        try:
            return bool(code.run(frame))
        except NoValueError:
            return False

    def resolve_all(self) -> None:
        """Look for the types of all tags."""
        for tag in self.tags:
            self.kind_of(tag)
