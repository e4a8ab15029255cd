"""Records to measure with, the same on every run: all come from one seed."""

from __future__ import annotations

from typing import Any

import numpy

Array = numpy.ndarray[Any, Any]

SEED = 1

SYMBOL = numpy.dtype(
    [
        ("st_name", "<u4"),
        ("st_info", "u1"),
        ("st_other", "u1"),
        ("st_shndx", "<u2"),
        ("st_value", "<u8"),
        ("st_size", "<u8"),
    ]
)

# struct event of types/event.h. Its bitfields share the four bytes at 36.
EVENT = numpy.dtype(
    {
        "names": ["time_ns", "pid", "tid", "comm", "kind", "bits", "latency", "load", "seconds"],
        "formats": ["<u8", "<u4", "<u4", "S16", "<u4", "<u4", ("<u8", 8), "<f4", "<f8"],
        "offsets": [0, 8, 12, 16, 32, 36, 40, 104, 112],
        "itemsize": 120,
    }
)
EVENT_KINDS = ("", "EVENT_OPEN", "EVENT_READ", "EVENT_WRITE", "EVENT_SYNC", "EVENT_CLOSE")
COMMANDS = ("bash", "sshd", "kworker/u8:3", "systemd-journal", "postgres", "python3", "cc1")

# st_info: what share of the symbols has it, in which sections; as counted in the .symtab and
# .dynsym of some hundred shared libraries and object files, a million symbols.
LOCAL_FUNCTION, LOCAL_OBJECT, LOCAL_NOTHING = 2, 1, 0
FUNCTION, OBJECT, NOTHING, WEAK_FUNCTION = 18, 17, 16, 34
SYMBOLS = {
    LOCAL_FUNCTION: (0.39, (13, 15, 29, 31)),
    LOCAL_OBJECT: (0.25, (8, 9, 9, 21)),
    FUNCTION: (0.23, (13, 15, 29)),
    LOCAL_NOTHING: (0.07, (8, 9, 10)),
    NOTHING: (0.02, (0,)),
    OBJECT: (0.02, (17, 21, 28)),
    WEAK_FUNCTION: (0.02, (13, 15)),
}
OTHER = {0: 0.84, 2: 0.09, 3: 0.07}  # st_other: visibility
MEDIAN_SIZE, SPREAD_OF_SIZES = 74, 1.73  # of what st_size is not 0; log-normal
NAME_LENGTH = 24
TEXT_START = 0x1000
ALIGNMENT = 16

KERNEL_MEMORY = 0xFFFF_8880_0000_0000


def random_symbols(count: int) -> bytes:
    """elf64_sym of random bytes: every number about as long as it can be."""
    return numpy.random.default_rng(SEED).bytes(count * SYMBOL.itemsize)


def real_symbols(count: int) -> bytes:
    """elf64_sym as in the symbol tables of programs: short names, sizes and addresses."""
    random = numpy.random.default_rng(SEED)
    symbols = numpy.zeros(count, SYMBOL)
    shares = [share for share, _ in SYMBOLS.values()]
    symbols["st_info"] = random.choice(list(SYMBOLS), count, p=shares)
    symbols["st_other"] = random.choice(list(OTHER), count, p=list(OTHER.values()))
    for info, (_, sections) in SYMBOLS.items():
        these = symbols["st_info"] == info
        symbols["st_shndx"][these] = random.choice(sections, these.sum())
    sizes = random.lognormal(numpy.log(MEDIAN_SIZE), SPREAD_OF_SIZES, count).astype("u8")
    sizes[numpy.isin(symbols["st_info"], (LOCAL_NOTHING, NOTHING))] = 0
    symbols["st_size"] = sizes
    symbols["st_name"] = numpy.cumsum(random.poisson(NAME_LENGTH, count) + 1)
    room = (sizes + ALIGNMENT) // ALIGNMENT * ALIGNMENT
    symbols["st_value"] = TEXT_START + numpy.cumsum(room)
    symbols["st_value"][symbols["st_shndx"] == 0] = 0
    return symbols.tobytes()


def symbol_columns(records: bytes) -> dict[str, Array]:
    """The members of elf64_sym, each in memory of its own, as column stores need them."""
    symbols = numpy.frombuffer(records, SYMBOL)
    return {name: numpy.ascontiguousarray(symbols[name]) for name in SYMBOL.names or ()}


def kernel_memory(count: int, size: int) -> bytes:
    """Structs of `size` bytes as a kernel has them: zeroes, small numbers, addresses."""
    random = numpy.random.default_rng(SEED)
    words = count * size // 8
    small = random.lognormal(4, 3, words).astype("u8")
    addresses = KERNEL_MEMORY + random.integers(0, 1 << 34, words, "u8") * numpy.uint64(64)
    what = random.random(words)  # half of it zero, a seventh addresses
    memory = numpy.select([what < 0.5, what < 0.85], [numpy.uint64(0), small], addresses)
    return memory.tobytes() + bytes(count * size - 8 * words)


def events(count: int) -> bytes:
    """struct event of types/event.h: strings, an enum, bitfields, an array, floats."""
    random = numpy.random.default_rng(SEED)
    made = numpy.zeros(count, EVENT)
    made["time_ns"] = 1_700_000_000_000_000_000 + numpy.cumsum(random.integers(0, 1 << 20, count))
    made["pid"] = random.integers(1, 1 << 16, count)
    made["tid"] = made["pid"] + random.integers(0, 8, count)
    made["comm"] = random.choice(numpy.array(COMMANDS, "S16"), count)
    made["kind"] = random.integers(1, len(EVENT_KINDS), count)
    cpu, priority = random.integers(0, 64, count), random.integers(0, 140, count)
    in_interrupt, nice = random.integers(0, 2, count), random.integers(-20, 20, count)
    made["bits"] = cpu | priority << 10 | in_interrupt << 18 | (nice & 63) << 19
    latency = random.lognormal(4, 3, (count, 8)).astype("u8")
    made["latency"] = numpy.where(random.random((count, 8)) < 0.5, 0, latency)
    made["load"] = random.integers(0, 6400, count) / 100
    made["seconds"] = random.integers(0, 1 << 40, count) / 1e6
    return made.tobytes()


def event_columns(records: bytes) -> dict[str, Array]:
    """The members of struct event: bitfields by themselves, the enum by its names."""
    made = numpy.frombuffer(records, EVENT)
    bits = made["bits"].astype("i4")
    nice = bits >> 19 & 63
    columns = {
        "time_ns": made["time_ns"],
        "pid": made["pid"],
        "tid": made["tid"],
        "comm": made["comm"],
        "kind": numpy.array(EVENT_KINDS, "S")[made["kind"]],
        "cpu": (bits & 1023).astype("u2"),
        "priority": (bits >> 10 & 255).astype("u1"),
        "in_interrupt": (bits >> 18 & 1).astype("u1"),
        "nice": numpy.where(nice > 31, nice - 64, nice).astype("i1"),
        "latency": made["latency"],
        "load": made["load"],
        "seconds": made["seconds"],
    }
    return {name: numpy.ascontiguousarray(column) for name, column in columns.items()}
