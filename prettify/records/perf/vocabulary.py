"""The types that records of a recording are put together of."""

from __future__ import annotations

from prettify import model
from prettify.composed import Composed
from prettify.errors import UsageError
from prettify.records.perf import constants as c
from prettify.sources import catalogue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from prettify.model import Type

FORMAT = "perf"  # of the catalogue


class Vocabulary(Composed):
    """A type graph on top of the catalogue's, in the byte order of a recording.

    events: what each is called. Types that are the same for all kinds are members of it.
    """

    __slots__ = (
        "abi", "address", "big_endian", "branch", "byte", "char", "data_src", "event", "frame",
        "i32", "record_type", "time", "transaction", "u16", "u32", "u64", "weight",
    )  # fmt: skip

    def __init__(self, events: Sequence[str], *, big_endian: bool) -> None:
        """Raises UsageError where the catalogue is missing."""
        base = catalogue.open_format(FORMAT)
        if base is None:
            raise UsageError(f"format {FORMAT} has no types: {FORMAT}.btf is missing")
        super().__init__(base)
        self.byte_order = "big" if big_endian else "little"
        self.big_endian = big_endian
        self.u16 = self.integer("__u16", 2)
        self.u32 = self.integer("__u32", 4)
        self.i32 = self.integer("__s32", 4, signed=True)
        self.u64 = self.integer("__u64", 8)
        self.time = self.integer("__u64", 8, decimals=9)
        self.address = self.pointer(None)
        self.frame = self.addresses(c.CONTEXTS)
        self.char = self.integer("char", 1, signed=True, character=True)
        self.byte = self.opaque(1)
        self.record_type = self._record_type()
        self.event = self.names("perf_event", 4, ((name, i) for i, name in enumerate(events)))
        self.abi = self.names("perf_sample_regs_abi", 8, c.ABIS)
        self.data_src = self._word("perf_mem_data_src", c.DATA_SRC_BITS)
        self.transaction = self._word("perf_transaction", c.TRANSACTION_BITS)
        places = (4, 2, 0) if big_endian else (0, 4, 6)
        parts = zip(("var1", "var2", "var3"), (self.u32, self.u16, self.u16), places)
        self.weight = self.struct("perf_sample_weight", 8, parts)
        self.branch = self._branch()

    def names(self, name: str, size: int, rows: Iterable[tuple[str, int]]) -> Type:
        """An enum of `size` bytes: (name, value) of each enumerator."""
        return self.enum(name, size, (model.Enumerator(label, value) for label, value in rows))

    def _record_type(self) -> Type:
        """The catalogue's types of records, and others; then all by what follows PERF_RECORD_."""
        [found] = self.ids("perf_event_type")
        known = self.by_id(found)
        assert isinstance(known, model.Enum)
        names = [(e.name, e.value) for e in known.enumerators]
        names += [row for row in c.MORE_RECORDS if row[0] not in {name for name, _ in names}]
        short = [(name.removeprefix(c.PREFIX), value) for name, value in names]
        return self.names("perf_event_type", 4, [*names, *short])

    @property
    def record_types(self) -> dict[str, int]:
        """The numbers of types of records, by all their names."""
        assert isinstance(self.record_type, model.Enum)
        return {e.name: e.value for e in self.record_type.enumerators}

    def _word(self, name: str, bits: Iterable[tuple[str, int]]) -> Type:
        """A struct of bitfields of one integer of 64 bits, from its lowest bit on."""
        members, at = [], 0
        for member, width in bits:
            if member:
                place = 64 - at - width if self.big_endian else at
                members.append((member, self.u64, place, width))
            at += width
        return self.bitfields(name, 8, members)

    def _branch(self) -> Type:
        """struct perf_branch_entry, whose bitfields go by the byte order as C's do."""
        parts = [
            model.Member("from", self.use(self.address), 0),
            model.Member("to", self.use(self.address), 64),
        ]
        at = 128
        for name, width in c.BRANCH_BITS:
            parts.append(model.Member(name, self.use(self.u64), at, width))
            at += width
        return self._next(model.Struct(self, self._next_id, "perf_branch_entry", 24, tuple(parts)))

    def named(self, name: str) -> Type | None:
        """The catalogue's struct of that name."""
        found = self.ids(name)
        return self.by_id(found[0]) if found else None
