"""Random streams of records that say their own size and type: types, a writer, an own reading.

The reading here knows nothing of layouts: it goes by the list of members that the types were made
of, with Python's `struct` semantics, and by the rules for records that end early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

import prettify
from btf_writer import BtfWriter

if TYPE_CHECKING:
    from pathlib import Path

    from prettify.api import Types

WIDTHS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
NAMES = ["KIND_POINT", "KIND_TEXT", "KIND_LIST", "KIND_NONE"]


class Protocol:
    """Types of a stream: a header with a tag and a size, and structs that begin with it.

    members: by struct's name (kind_point …) what is behind the header: (name, element, count);
    count 1 is no array, 0 one of no size. form: how the size is meant; see `text`.
    """

    def __init__(
        self,
        *,
        big: bool,
        tag: str,
        size: str,
        first: bool,
        members: dict[str, list[tuple[str, str, int]]],
        values: list[int],
        form: str,
        align: int,
    ) -> None:
        self.big = big
        self.members = members
        self.values = dict(zip(NAMES, values))
        self.form = form
        self.align = align
        head = [("kind", tag), ("len", size), ("more", "u16")]
        self.head = head if first else head[::-1]
        self.head_size = sum(WIDTHS[kind] for _, kind in self.head)

    @property
    def order(self) -> str:
        return "big" if self.big else "little"

    @property
    def text(self) -> str:
        """The type's arguments."""
        size = {
            "total": "sizeof=len",
            "behind": "length=len",
            "units": "sizeof=len*4",
            "expression": "sizeof=(len | 0) + 2 - 1",
        }[self.form]
        more = f",align={self.align}" if self.align > 1 else ""
        return f"head({size},type=kind,type_enum=kinds{more})"

    def types(self, folder: Path) -> Types:
        """The types, from BTF of the data's byte order."""
        writer = BtfWriter("big" if self.big else "little")
        ids = {name: writer.int(name, width) for name, width in WIDTHS.items()}
        ids["char"] = writer.int("char", 1, signed=True)
        sizes = {**WIDTHS, "char": 1}
        at, members = 0, []
        for name, kind in self.head:
            members.append((name, ids[kind], 8 * at))
            at += sizes[kind]
        head = writer.struct("head", at, members)
        for struct_name, parts in self.members.items():
            at, members = self.head_size, [("head", head, 0)]
            for name, kind, count in parts:
                type_id = ids[kind] if count == 1 else writer.array(ids[kind], count)
                members.append((name, type_id, 8 * at))
                at += sizes[kind] * count
            writer.struct(struct_name, at, members)
        writer.enum("kinds", list(self.values.items()))
        path = folder / "types.btf"
        path.write_bytes(writer.bytes())
        return prettify.load_types(str(path))

    # The writer.

    def stored(self, length: int) -> int:
        """What the size member holds of a record of that many bytes."""
        if self.form == "behind":
            return length - self.head_size
        if self.form == "units":
            return length // 4
        return length - 1 if self.form == "expression" else length

    def possible(self, length: int) -> int:
        """The nearest length, not shorter, that can be stored."""
        return -(-length // 4) * 4 if self.form == "units" else length

    def record(self, tag: int, more: int, body: bytes) -> bytes:
        """A record, its header before the body."""
        length = self.possible(self.head_size + len(body))
        values = {"kind": tag, "len": self.stored(length), "more": more}
        head = b"".join(
            values[name].to_bytes(WIDTHS[kind], "big" if self.big else "little")
            for name, kind in self.head
        )
        return (head + body).ljust(length, b"\xee")

    def stream(self, records: list[bytes]) -> bytes:
        """The records with what their alignment puts between them."""
        return b"".join(r + b"\xdd" * (-len(r) % self.align) for r in records)

    # The reading.

    def expected(self, record: bytes) -> dict[str, Any]:
        """What a record is in JSON."""
        names = {value: name for name, value in reversed(self.values.items())}
        head = self._members(record, 0, [(name, kind, 1) for name, kind in self.head])
        parts = self.members.get(names.get(head["kind"], "").lower())
        head["kind"] = names.get(head["kind"], head["kind"])
        if parts is None:
            return head
        return {"head": head, **self._members(record, self.head_size, parts)}

    def _members(self, record: bytes, at: int, parts: list[tuple[str, str, int]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, kind, count in parts:
            width = WIDTHS.get(kind, 1)
            there = (len(record) - at) // width
            elements = [
                int.from_bytes(record[i : i + width], "big" if self.big else "little")
                for i in range(at, at + width * max(min(there, count or there), 0), width)
            ]
            if count == 1:
                if elements:
                    found[name] = elements[0]
            elif at < len(record) or (at == len(record) and count == 0):
                found[name] = elements
                if kind == "char":
                    found[name] = bytes(elements).split(b"\0")[0].decode("latin-1")
            at += width * count
        return found


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """Random types of a stream."""
    form = draw(st.sampled_from(("total", "behind", "units", "expression")))
    tag = draw(st.sampled_from(sorted(WIDTHS)))
    values = draw(st.lists(st.integers(0, 250), min_size=4, max_size=4, unique=True))
    members = {
        "kind_point": [("x", "u32", 1), ("y", "u16", 1), ("pair", "u16", 2), ("z", "u64", 1)],
        "kind_text": [("id", "u16", 1), ("text", "char", draw(st.sampled_from((0, 12))))],
        "kind_list": [("n", "u8", 1), ("list", draw(st.sampled_from(sorted(WIDTHS))), 0)],
    }
    return Protocol(
        big=draw(st.booleans()),
        tag=tag,
        size=draw(st.sampled_from(("u16", "u32", "u64"))),
        first=draw(st.booleans()),
        members=members,
        values=values,
        form=form,
        align=draw(st.sampled_from((1, 1, 2, 8))),
    )


@st.composite
def streams(draw: st.DrawFn) -> tuple[Protocol, list[bytes]]:
    """A protocol, and records of it: of known and unknown types, shorter and longer than these."""
    protocol = draw(protocols())
    tags = st.sampled_from([*protocol.values.values(), 251])
    bodies = st.binary(max_size=40).map(lambda body: bytes(b & 0x7F for b in body))
    rows = draw(st.lists(st.tuples(tags, st.integers(0, 0xFFFF), bodies), max_size=30))
    return protocol, [protocol.record(*row) for row in rows]
