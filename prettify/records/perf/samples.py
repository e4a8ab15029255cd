"""PERF_RECORD_SAMPLE, and the ids of samples behind other records: what attrs say that they have.

perf_event_open(2), "MMAP layout".
"""

from __future__ import annotations

from prettify.records.perf import constants as c
from prettify.records.perf.kinds import Maker

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.model import Type
    from prettify.records.perf.attributes import Attr
    from prettify.records.perf.kinds import Kind, Members
    from prettify.records.perf.vocabulary import Vocabulary

NAME = "perf_record_sample"
# How many words are before the id in a sample, by the bits before it, and behind it in others.
BEFORE_ID = c.IP | c.TID | c.TIME | c.ADDR
BEHIND_ID = c.STREAM_ID | c.CPU


def id_place(sample_type: int) -> int:
    """Where a sample has its event's id, from its start in bytes; -1 nowhere."""
    if sample_type & c.IDENTIFIER:
        return 8
    if sample_type & c.ID:
        return 8 + 8 * bin(sample_type & BEFORE_ID).count("1")
    return -1


def trailer_place(sample_type: int) -> int:
    """Where other records have it, from their end."""
    if sample_type & c.IDENTIFIER:
        return 8
    if sample_type & c.ID:
        return 8 + 8 * bin(sample_type & BEHIND_ID).count("1")
    return -1


def trailer(attr: Attr, words: Vocabulary) -> list[tuple[str, Type]]:
    """Name and type of what is behind all other records."""
    if not attr.sample_id_all:
        return []
    rows = (
        (c.TID, (("pid", words.i32), ("tid", words.i32))),
        (c.TIME, (("time", words.time),)),
        (c.ID, (("id", words.u64),)),
        (c.STREAM_ID, (("stream_id", words.u64),)),
        (c.CPU, (("cpu", words.u32), ("", words.u32))),
        (c.IDENTIFIER, (("identifier", words.u64),)),
    )
    return [part for bit, parts in rows if attr.sample_type & bit for part in parts]


def sample_kind(attr: Attr, words: Vocabulary, machine: str, raw: Members | None) -> Kind:
    """The kind of an event's samples. machine: whose registers. raw: what raw data has.

    What is behind bits of the attr that are not known here is not shown.
    """
    to = Maker(NAME, words, event=True)
    for bit, put in PARTS:
        if attr.sample_type & bit:
            put(to, attr, machine, raw)
    kind = to.finish()
    if raw is not None:
        kind.fallback = sample_kind(attr, words, machine, None)
    return kind


def partial_kind(words: Vocabulary) -> Kind:
    """Samples of events that are not known: all there is as bytes."""
    to = Maker(NAME, words)
    to.rest("data", words.byte)
    return to.finish()


def put_read(to: Maker, attr: Attr) -> None:
    """What PERF_SAMPLE_READ and PERF_RECORD_READ have, as attr.read_format tells."""
    words, form = to.words, attr.read_format
    times = []
    if form & c.READ_ENABLED:
        times.append("time_enabled")
    if form & c.READ_RUNNING:
        times.append("time_running")
    own = ["value"]
    if form & c.READ_ID:
        own.append("id")
    if form & c.READ_LOST:
        own.append("lost")
    to.begin()
    if form & c.READ_GROUP:
        to.count(8)
        for name in times:
            to.fixed(name, words.u64)
        members = [(name, words.u64, 8 * at) for at, name in enumerate(own)]
        to.list("values", words.struct("", 8 * len(own), members))
    else:
        for name in [own[0], *times, *own[1:]]:
            to.fixed(name, words.u64)
    to.end("read")


def _read(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    put_read(to, attr)


def _callchain(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    to.count(8)
    to.list("callchain", to.words.frame)


def _raw(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    to.count(4)
    if raw is None:
        to.list("raw", to.words.byte)
    else:
        to.traced("raw", raw)


def _branch_stack(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    words = to.words
    to.begin()
    to.count(8)
    if attr.branch_sample_type & c.BRANCH_HW_INDEX:
        to.fixed("hw_idx", words.u64)
    if attr.branch_sample_type & c.BRANCH_COUNTERS:
        to.remember()
    to.list("entries", words.branch)
    if attr.branch_sample_type & c.BRANCH_COUNTERS:
        to.again()
        to.list("counters", words.u64)
    to.end("branch_stack")


def _user_registers(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    to.registers("user_regs", registers(attr.sample_regs_user, machine))


def _interrupted_registers(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    to.registers("intr_regs", registers(attr.sample_regs_intr, machine))


def _user_stack(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    to.stack("user_stack")


def _aux(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
    to.count(8)
    to.list("aux", to.words.byte)


def registers(mask: int, machine: str) -> list[str]:
    """The names of registers by their bits; of those that have none, `r` and their number."""
    family = "x86" if machine in ("x86_64", "i386", "i686") else machine
    family = next((name for name in c.REGISTERS if family.startswith(name)), family)
    names: Sequence[str] = c.REGISTERS.get(family, ())
    bits = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return [(names[bit] if bit < len(names) else "") or f"r{bit}" for bit in bits]


def _plain(*parts: tuple[str, str]) -> Part:
    """What puts down members of fixed sizes: (name, which of the words' types)."""

    def put(to: Maker, attr: Attr, machine: str, raw: Members | None) -> None:
        for name, type_ in parts:
            to.fixed(name, getattr(to.words, type_))

    return put


if TYPE_CHECKING:
    from collections.abc import Callable

    Part = Callable[[Maker, Attr, str, Members | None], None]

# In the order of a sample's bytes.
PARTS: tuple[tuple[int, Part], ...] = (
    (c.IDENTIFIER, _plain(("identifier", "u64"))),
    (c.IP, _plain(("ip", "address"))),
    (c.TID, _plain(("pid", "i32"), ("tid", "i32"))),
    (c.TIME, _plain(("time", "time"))),
    (c.ADDR, _plain(("addr", "address"))),
    (c.ID, _plain(("id", "u64"))),
    (c.STREAM_ID, _plain(("stream_id", "u64"))),
    (c.CPU, _plain(("cpu", "u32"), ("", "u32"))),
    (c.PERIOD, _plain(("period", "u64"))),
    (c.READ, _read),
    (c.CALLCHAIN, _callchain),
    (c.RAW, _raw),
    (c.BRANCH_STACK, _branch_stack),
    (c.REGS_USER, _user_registers),
    (c.STACK_USER, _user_stack),
    (c.WEIGHT, _plain(("weight", "u64"))),
    (c.WEIGHT_STRUCT, _plain(("weight", "weight"))),
    (c.DATA_SRC, _plain(("data_src", "data_src"))),
    (c.TRANSACTION, _plain(("transaction", "transaction"))),
    (c.REGS_INTR, _interrupted_registers),
    (c.PHYS_ADDR, _plain(("phys_addr", "address"))),
    (c.CGROUP, _plain(("cgroup", "u64"))),
    (c.DATA_PAGE_SIZE, _plain(("data_page_size", "u64"))),
    (c.CODE_PAGE_SIZE, _plain(("code_page_size", "u64"))),
    (c.AUX, _aux),
)
