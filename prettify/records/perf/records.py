"""All other records: those of the kernel, with the id of a sample behind them, and perf's own.

Members are those of the catalogue's structs, formats/perf; what their arrays go by is said here.
"""

from __future__ import annotations

from prettify import model
from prettify.core.perf_records import MMAP2_BUILD_ID
from prettify.records.perf import constants as c
from prettify.records.perf.attributes import ATTR_OLDEST
from prettify.records.perf.kinds import HEADER, Maker
from prettify.records.perf.samples import put_read, trailer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from prettify.model import Type
    from prettify.records.perf.attributes import Attr
    from prettify.records.perf.kinds import Kind
    from prettify.records.perf.vocabulary import Vocabulary

    Special = Callable[[Maker, Attr | None], None]

ADDRESSES = frozenset(("addr", "ip"))
TIMES = frozenset(("time",))
# What is called otherwise, as all records have members of these names: by struct and member.
RENAMED = {
    ("perf_record_bpf_event", "type"): "bpf_type",
    ("perf_record_auxtrace_info", "type"): "trace_type",
    ("perf_record_auxtrace", "size"): "trace_size",
    ("perf_record_auxtrace", "offset"): "trace_offset",
    ("perf_record_auxtrace_error", "type"): "error_type",
    ("perf_record_stat_round", "type"): "round_type",
    ("perf_record_header_tracing_data", "size"): "data_size",
}
# By struct, the members that together say how many elements its array has.
COUNTS = {
    "perf_record_namespaces": ("nr_namespaces",),
    "perf_record_text_poke": ("old_len", "new_len"),
    "perf_record_id_index": ("nr",),
    "perf_record_thread_map": ("nr",),
    "perf_record_stat_config": ("nr",),
    "perf_record_compressed2": ("data_size",),
}
SIZES = {64: "ver0", 72: "ver1", 80: "ver2", 96: "ver3", 104: "ver4", 112: "ver5", 120: "ver6",
         128: "ver7", 136: ""}  # fmt: skip


def record_kind(type_: int, attr: Attr | None, words: Vocabulary) -> Kind:
    """The kind of records of a type; attr: that of the event whose samples' ids are behind them."""
    if type_ in USUAL:
        return USUAL[type_](words)
    names = {number: name for name, number in reversed(words.record_types.items())}
    if type_ == MMAP2_BUILD_ID:
        name = names[c.MMAP2]
    else:
        name = names.get(type_, "")
    struct_name = f"perf_record_{name.removeprefix(c.PREFIX).lower()}" if name else "perf_record"
    to = Maker(struct_name, words)
    special = SPECIAL.get(type_)
    struct = words.named(ALIKE.get(struct_name, struct_name))
    if type_ in PACKED:
        return to.finish()
    if special is not None:
        special(to, attr)
    elif struct is not None:
        assert isinstance(struct, model.Struct)
        put_struct(to, struct)
    elif type_ not in EMPTY:
        to.rest("data", words.byte)
    if attr is not None and type_ and (type_ < c.USER or type_ == MMAP2_BUILD_ID):
        to.trailer(trailer(attr, words))
    return to.finish()


PACKED = frozenset((c.COMPRESSED, c.COMPRESSED2))
ALIKE = {"perf_record_unthrottle": "perf_record_throttle"}
# SWITCH, FINISHED_ROUND, FINISHED_INIT have nothing but a header; of what is compressed, what comes
# out of it is shown.
EMPTY = frozenset((14, 68, 82))


def put_struct(to: Maker, struct: model.Struct, skipped: int = 1) -> None:
    """Put down the members of a catalogue's struct behind its header."""
    graph = struct.graph
    places = {member.name: member.bit_offset >> 3 for member in struct.members}
    for member in struct.members[skipped:]:
        declared = graph.by_id(member.type_id)
        type_ = model.strip(declared)
        if isinstance(type_, model.Array) and not type_.count:
            _put_array(to, struct, member.name, model.strip(type_.element), places)
        else:
            name = RENAMED.get((struct.name, member.name), member.name)
            to.fixed(name, member_type(to.words, member.name, declared))


def member_type(words: Vocabulary, name: str, declared: Type) -> Type:
    """The type of a member as it is shown: addresses, times, and arrays of bytes as such."""
    type_ = model.strip(declared)
    if name in ADDRESSES:
        return words.address
    if name in TIMES:
        return words.time
    if isinstance(type_, model.Array) and _is_byte(model.strip(type_.element)):
        return words.opaque(type_.count)
    return declared


def _is_byte(type_: Type) -> bool:
    return isinstance(type_, model.Integer) and type_.size == 1 and type_.name != "char"


def _put_array(
    to: Maker, struct: model.Struct, name: str, element: Type, places: dict[str, int]
) -> None:
    if isinstance(element, model.Integer) and element.name == "char":
        to.text(name)
        return
    if _is_byte(element):
        element = to.words.byte
    counts = COUNTS.get(struct.name, ())
    for at, count in enumerate(counts):
        member = next(m for m in struct.members if m.name == count)
        size = model.size_of(struct.graph.by_id(member.type_id))
        to.field(places[count], size, add=bool(at))
    if counts:
        to.list(name, element)
    else:
        to.rest(name, element)


# Records that are more than one struct.


def _read(to: Maker, attr: Attr | None) -> None:
    to.fixed("pid", to.words.u32)
    to.fixed("tid", to.words.u32)
    if attr is None:
        to.rest("values", to.words.u64)
    else:
        put_read(to, attr)


def _mmap2(to: Maker, attr: Attr | None, *, build_id: bool = False) -> None:
    words = to.words
    for name in ("pid", "tid"):
        to.fixed(name, words.i32)
    to.fixed("addr", words.address)
    for name in ("len", "pgoff"):
        to.fixed(name, words.u64)
    if build_id:
        to.fixed("build_id_size", words.integer("__u8", 1))
        to.fixed("", words.opaque(3))
        to.fixed("build_id", words.opaque(20))
    else:
        for name, type_ in (
            ("maj", words.u32), ("min", words.u32), ("ino", words.u64),
            ("ino_generation", words.u64),
        ):  # fmt: skip
            to.fixed(name, type_)
    to.fixed("prot", words.u32)
    to.fixed("flags", words.u32)
    to.text("filename")


def _mmap(to: Maker, attr: Attr | None) -> None:
    words = to.words
    for name in ("pid", "tid"):
        to.fixed(name, words.i32)
    to.fixed("addr", words.address)
    to.fixed("len", words.u64)
    to.fixed("pgoff", words.u64)
    to.text("filename")


def _ids(*names: str, time: bool = False) -> Special:
    """Records of process and thread ids, and perhaps a time."""

    def put(to: Maker, attr: Attr | None) -> None:
        for name in names:
            to.fixed(name, to.words.i32)
        if time:
            to.fixed("time", to.words.time)

    return put


def _comm(to: Maker, attr: Attr | None) -> None:
    to.fixed("pid", to.words.i32)
    to.fixed("tid", to.words.i32)
    to.text("comm")


def _build_id(to: Maker, attr: Attr | None) -> None:
    words = to.words
    to.fixed("pid", words.i32)
    to.fixed("build_id", words.opaque(20))
    to.fixed("build_id_size", words.integer("__u8", 1))
    to.fixed("", words.opaque(3))
    to.text("filename")


def _deferred(to: Maker, attr: Attr | None) -> None:
    to.fixed("cookie", to.words.u64)
    to.count(8)
    to.list("ips", to.words.frame)


def _bpf_metadata(to: Maker, attr: Attr | None) -> None:
    words = to.words
    to.fixed("prog_name", words.array(words.char, 16))
    to.count(8)
    key, value = words.array(words.char, 64), words.array(words.char, 256)
    to.list("entries", words.struct("", 320, [("key", key, 0), ("value", value, 64)]))


SPECIAL: dict[int, Special] = {
    c.MMAP: _mmap,
    c.COMM: _comm,
    c.EXIT: _ids("pid", "ppid", "tid", "ptid", time=True),
    c.FORK: _ids("pid", "ppid", "tid", "ptid", time=True),
    c.READ_RECORD: _read,
    c.MMAP2: _mmap2,
    MMAP2_BUILD_ID: lambda to, attr: _mmap2(to, attr, build_id=True),
    c.CALLCHAIN_DEFERRED: _deferred,
    c.HEADER_BUILD_ID: _build_id,
    c.BPF_METADATA: _bpf_metadata,
}


# Records of which one has to look inside to tell what they are: by what is found there.


def attr_kind(size: int, words: Vocabulary) -> Kind:
    """PERF_RECORD_HEADER_ATTR with an attr of that size."""
    to = Maker("perf_record_header_attr", words)
    known = SIZES.get(size)
    struct = words.named("_".join(("perf_event_attr", known)) if known else "perf_event_attr")
    if known is None or struct is None:
        to.fixed("attr", words.opaque(max(size, ATTR_OLDEST)))
    else:
        to.fixed("attr", struct)
    to.rest("id", words.u64)
    return to.finish()


def update_kind(what: int, words: Vocabulary) -> Kind:
    """PERF_RECORD_EVENT_UPDATE: 0 a unit, 1 a scale, 2 a name, 3 CPUs."""
    to = Maker("perf_record_event_update", words)
    to.fixed("update", words.names("perf_event_update_type", 8, UPDATES))
    to.fixed("id", words.u64)
    if what == SCALE:
        struct = words.named("perf_record_event_update_scale")
        assert isinstance(struct, model.Struct)
        to.fixed("scale", struct.graph.by_id(struct.members[-1].type_id))
    elif what == CPUS:
        _put_cpus(to, words)
    else:
        to.text("unit" if not what else "name")
    return to.finish()


UPDATES = (("UNIT", 0), ("SCALE", 1), ("NAME", 2), ("CPUS", 3))
UNIT, SCALE, NAME, CPUS = range(4)


def cpu_map_kind(what: int, words: Vocabulary) -> Kind:
    """PERF_RECORD_CPU_MAP: 0 a list, 1 a mask, 2 a range."""
    to = Maker("perf_record_cpu_map", words)
    to.fixed("map", words.names("perf_cpu_map_type", 2, MAPS))
    if what == MASK:
        to.fixed("nr", words.u16)
        to.fixed("long_size", words.u16)
        to.rest("mask", words.byte)
    elif what == RANGE:
        to.fixed("any_cpu", words.integer("__u8", 1))
        to.fixed("", words.byte)
        to.fixed("start_cpu", words.u16)
        to.fixed("end_cpu", words.u16)
    else:
        to.count(2)
        to.list("cpu", words.u16)
    return to.finish()


def _put_cpus(to: Maker, words: Vocabulary) -> None:
    to.rest("cpus", words.u16)


MAPS = (("CPUS", 0), ("MASK", 1), ("RANGE_CPUS", 2))
LIST, MASK, RANGE = range(3)
# What such records are if nothing is known of what is in them.
USUAL: dict[int, Callable[[Vocabulary], Kind]] = {
    c.HEADER_ATTR: lambda words: attr_kind(max(SIZES), words),
    c.EVENT_UPDATE: lambda words: update_kind(NAME, words),
    c.CPU_MAP: lambda words: cpu_map_kind(LIST, words),
}

MAP_AT, UPDATE_AT, ATTR_SIZE_AT = HEADER, HEADER, HEADER + 4
