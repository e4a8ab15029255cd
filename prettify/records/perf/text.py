"""Records of recordings as text."""

from __future__ import annotations

from prettify.records.sized.text import BatchText

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from prettify.dialects.options import Options
    from prettify.layout import Layout
    from prettify.records.conversion import Piece


class PerfText(BatchText):
    """A conversion of batches to text of a form."""

    __slots__ = ("_started",)

    def __init__(self, form: str, options: Options, project: Any, jobs: int) -> None:
        super().__init__(form, options, project, jobs)
        self._started = False

    def before(self) -> Iterable[Piece]:
        yield self.form.before

    def begin(self, layouts: Sequence[Layout]) -> Iterable[Piece]:
        """What stands before the records of a recording, which have what these layouts have."""
        return ()

    def after(self) -> Iterable[Piece]:
        if self._started or self.form.always:
            yield self.form.after

    def _joint(self, batch: Any) -> bytes:
        if not self._started:
            self._started = True
            return b""
        separator: bytes = next(iter(batch.shapes.made.values())).separator
        return separator
