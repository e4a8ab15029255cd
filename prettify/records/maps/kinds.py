"""The types of maps: their numbers and names, and how what is in them can be read.

Numbers: `enum bpf_map_type`, include/uapi/linux/bpf.h. Names: as bpftool spells them, which is as
the kernel does, in small letters. A type that a kernel adds is a row in KINDS.
"""

from __future__ import annotations

# How entries are read.
WALK = "walk"  # from each key to the next, or in batches where the kernel has them for the type
QUEUE = "queue"  # no keys: the first one can be seen, and all be taken out
OWNERS = "owners"  # the keys are descriptors of what owns the values, which has to be found
MEMORY = "memory"  # no entries but memory, that processes map
STREAM = "stream"  # events, that are followed as they come
NOTHING = "nothing"  # not at all

# What numbers in values stand for, where it is not a map's own type that says.
INDEX, MAP_ID, PROGRAM_ID, INTERFACE, COOKIE = (
    "index",
    "map id",
    "program id",
    "interface",
    "cookie",
)


class Kind:
    """A type of maps.

    way: how entries are read. per_cpu: whether each CPU has a value of its own. key, value: what
    the kernel itself says they are, or nothing. why: of those that cannot be read, the reason.
    """

    __slots__ = ("key", "name", "number", "per_cpu", "value", "way", "why")

    def __init__(
        self,
        number: int,
        name: str,
        way: str = WALK,
        *,
        per_cpu: bool = False,
        key: str = "",
        value: str = "",
        why: str = "",
    ) -> None:
        self.number = number
        self.name = name
        self.way = way
        self.per_cpu = per_cpu
        self.key = key
        self.value = value
        self.why = why

    def __repr__(self) -> str:
        return f"<Kind {self.name}>"

    @property
    def of_maps(self) -> bool:
        """Whether values are other maps."""
        return self.value == MAP_ID


_WRITE_ONLY = "user space may set what is in it, but not look at it"

KINDS = {
    kind.number: kind
    for kind in (
        Kind(1, "hash"),
        Kind(2, "array", key=INDEX),
        Kind(3, "prog_array", key=INDEX, value=PROGRAM_ID),
        Kind(4, "perf_event_array", STREAM, key=INDEX),
        Kind(5, "percpu_hash", per_cpu=True),
        Kind(6, "percpu_array", per_cpu=True, key=INDEX),
        Kind(7, "stack_trace"),
        Kind(8, "cgroup_array", NOTHING, why=_WRITE_ONLY),
        Kind(9, "lru_hash"),
        Kind(10, "lru_percpu_hash", per_cpu=True),
        Kind(11, "lpm_trie"),
        Kind(12, "array_of_maps", key=INDEX, value=MAP_ID),
        Kind(13, "hash_of_maps", value=MAP_ID),
        Kind(14, "devmap", key=INDEX, value=INTERFACE),
        Kind(15, "sockmap", key=INDEX, value=COOKIE),
        Kind(16, "cpumap", key=INDEX),
        Kind(17, "xskmap", NOTHING, why=_WRITE_ONLY),
        Kind(18, "sockhash", value=COOKIE),
        Kind(19, "cgroup_storage"),
        Kind(20, "reuseport_sockarray", key=INDEX, value=COOKIE),
        Kind(21, "percpu_cgroup_storage", per_cpu=True),
        Kind(22, "queue", QUEUE),
        Kind(23, "stack", QUEUE),
        Kind(24, "sk_storage", OWNERS),
        Kind(25, "devmap_hash", value=INTERFACE),
        Kind(26, "struct_ops", key=INDEX),
        Kind(27, "ringbuf", STREAM),
        Kind(28, "inode_storage", OWNERS),
        Kind(29, "task_storage", OWNERS),
        Kind(
            30,
            "bloom_filter",
            NOTHING,
            why="a bloom filter does not keep its values: it can only tell of one whether it may "
            "have been put in",
        ),
        Kind(31, "user_ringbuf", NOTHING, why="in it user space sends, and a BPF program reads"),
        Kind(32, "cgrp_storage", OWNERS),
        Kind(33, "arena", MEMORY),
        Kind(34, "insn_array", key=INDEX),
    )
}
NUMBERS = {kind.name: number for number, kind in KINDS.items()}


def kind_of(number: int) -> Kind:
    """The type of that number; one that is not known is walked, which the kernel may refuse."""
    return KINDS.get(number) or Kind(number, f"type {number}")
