"""Maps looked at again and again: which entries changed since the last time, and by how much."""

from __future__ import annotations

from time import monotonic, sleep, strftime

from prettify import model
from prettify.composed import KEY, MAP, VALUE
from prettify.core.emitter import render
from prettify.dialects.assembler import Assembler
from prettify.dialects.json import put_value
from prettify.dialects.options import Options
from prettify.layout import NESTED, Node, is_bool, name_of, named_members
from prettify.paths import WHOLE, moved
from prettify.records.maps.live.run import MapRun
from prettify.records.query.members import integer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from prettify.core.program import Program
    from prettify.layout import Layout
    from prettify.records.conversion import Piece
    from prettify.records.maps.live.parts import Part
    from prettify.records.run import Report

SMALL = 1 << 12  # bytes of a buffer for the text of one member


class Watch(MapRun):
    """A run that shows the entries that were not there, or were others, the last time.

    seconds: from one look to the next. lines: whether an entry is a line that says what changed in
    it, instead of a record in the run's form. Ends after `count` entries, else not by itself.
    """

    __slots__ = ("_known", "_lines", "_seconds")

    def __init__(self, *given: Any, seconds: float, lines: bool) -> None:
        """given: as for `MapRun`."""
        super().__init__(*given)
        self._seconds = seconds
        self._lines = lines
        self._known: dict[int, dict[bytes, bytes]] = {}

    def run(self, sources: Sequence[Part], report: Report) -> Iterator[Piece]:
        """The output of one look after the other."""
        conversion = self._conversion
        left = self._choice.count
        differences = {part.index: Differences(part.entry.layout) for part in sources}
        try:
            yield from conversion.before() if not self._lines else ()
            due = monotonic()
            for part in sources:
                self._changed(part)
            while left is None or left > 0:
                due = max(due + self._seconds, monotonic())
                sleep(max(due - monotonic(), 0))
                for part in sources:
                    changed = self._changed(part)[:left]
                    left = None if left is None else left - len(changed)
                    if self._lines:
                        yield from differences[part.index].lines(changed)
                        continue
                    records = memoryview(b"".join(new for _, new in changed if new))
                    if records:
                        yield from conversion.pieces(conversion.convert(part.index, records))
            yield from conversion.after() if not self._lines else ()
        finally:
            conversion.close()

    def _changed(self, part: Part) -> list[tuple[bytes, bytes]]:
        """(record the last time, record now) of the entries of a map that differ; b"" for none."""
        size = part.entry.size
        found: dict[bytes, bytes] = {}
        for block in self._filtered(part):
            if block is None:
                continue
            for start in range(0, len(block), size):
                record = bytes(block[start : start + size])
                found[part.entry.key_of(record)] = record
        known = self._known.get(part.live.info.id)
        self._known[part.live.info.id] = found
        if known is None:
            return []
        changed = [(known.get(k, b""), new) for k, new in found.items() if known.get(k) != new]
        return changed + [(old, b"") for k, old in known.items() if k not in found]


class Differences:
    """What changed between two records of one layout, as lines of text."""

    __slots__ = ("_layout", "_options", "_programs")

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._options = Options()
        self._programs: dict[tuple[int, model.Type], Program] = {}

    def lines(self, changed: Sequence[tuple[bytes, bytes]]) -> Iterator[bytes]:
        """A line for each: the time, the entry's key, and what its members are now."""
        now = strftime("%H:%M:%S")
        for old, new in changed:
            heads = [child for child in self._layout.root.children if child.name in (MAP, KEY)]
            head = " ".join(f"{child.name} {self._text(child, new or old)}" for child in heads)
            if not old:
                what = "new: " + self._whole(new)
            elif not new:
                what = "gone"
            else:
                what = ", ".join(self._of(self._layout.root, "", old, new))
            before = f"{now} {head}".rstrip()
            yield f"{before}: {what}\n".encode("utf-8", "surrogateescape")

    def _whole(self, record: bytes) -> str:
        rest = [child for child in self._layout.root.children if child.name not in (MAP, KEY)]
        texts = [self._text(child, record) for child in rest or [self._layout.root]]
        return ", ".join(texts)

    def _of(self, node: Node, path: str, old: bytes, new: bytes) -> Iterator[str]:
        """What changed in a node: a text for each member that did."""
        start, end = node.offset, (node.bit_offset + node.bit_size + 7) >> 3
        if old[start:end] == new[start:end]:
            return
        if node.kind in NESTED:
            for _, child in named_members(node):
                yield from self._of(child, _joined(path, name_of(child.name)), old, new)
        elif node.element is not None and not node.of_chars:
            for index in range(node.count):
                element = moved(node.element, 8 * node.stride * index)
                yield from self._of(element, f"{path or WHOLE}[{index}]", old, new)
        else:
            text = self._difference(node, old, new)
            if text:
                yield f"{path or WHOLE} {text}"

    def _difference(self, node: Node, old: bytes, new: bytes) -> str:
        """From what to what a member changed; of counters by how much."""
        after = self._text(node, new)
        if node.kind == model.INT and not is_bool(node):
            order = self._layout.byte_order
            change = integer(node, new, order) - integer(node, old, order)
            return f"{after} ({change:+})" if change else ""
        before = self._text(node, old)
        return f"{before} -> {after}" if before != after else ""

    def _text(self, node: Node, record: bytes) -> str:
        """A member as JSON has it."""
        key = node.bit_offset, node.type
        program = self._programs.get(key)
        if program is None:
            to = Assembler()
            put_value(to, node, self._options)
            big = self._layout.byte_order == "big"
            program = self._programs[key] = to.finish(self._layout.size, big_endian=big)
        text = b"".join(render(program, record, 0, 1, SMALL))
        return text.decode("utf-8", "surrogateescape")


def _joined(path: str, name: str) -> str:
    """A member's path, without the word for the whole value, which stands before all of them."""
    return name if path in ("", VALUE) else f"{path}.{name}"
