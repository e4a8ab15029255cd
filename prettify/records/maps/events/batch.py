"""Some events that are at hand, where they came from, and what a source of events is."""

from __future__ import annotations

from prettify.core.ring import SPAN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from prettify.errors import DataError
    from prettify.records.until import Until

    class Source(Protocol):
        """Where events come from. It is open within `with`."""

        name: str  # for messages

        @property
        def position(self) -> int:
            """Bytes read so far, of records with their headers."""

        @property
        def at_once(self) -> bool:
            """Whether a batch has to be done with when the next one is asked for."""

        def __enter__(self) -> Source: ...

        def __exit__(self, *exception: object) -> None: ...

        def batches(self, until: Until) -> Iterator[Events | None]:
            """Events as they come, until the end; None comes before a wait.

            Raises DataError, after all events before it, where what is read makes no sense.
            """

        def lost(self, *, last: bool) -> list[DataError]:
            """What has been lost since this was asked before, or cannot be shown, to be reported.

            last: whether the source is at its end.
            """


class Events:
    """`count` events, SPAN numbers in `spans` of each: where it begins in `data`, how long it is.

    number: of the first of them, among all of its source. base: where `data` begins in the input;
    None where there is no such place.
    """

    __slots__ = ("_release", "base", "count", "data", "number", "spans")

    def __init__(
        self,
        data: memoryview,
        spans: memoryview,
        count: int,
        number: int,
        base: int | None = None,
        release: Callable[[int], None] | None = None,
    ) -> None:
        """release: called with the number of events that are done with, those at the start."""
        self.data = data
        self.spans = spans
        self.count = count
        self.number = number
        self.base = base
        self._release = release

    def __repr__(self) -> str:
        return f"<Events {self.number} to {self.number + self.count - 1}>"

    def done(self, starts: int | None = None) -> None:
        """Give back the memory: of all, or of those up to the one that begins there in `data`."""
        release, self._release = self._release, None
        if release is None:
            return
        count = self.count
        if starts is not None:
            places = self.spans[: SPAN * count : SPAN].tolist()
            count = places.index(starts) + 1
        release(count)
