"""Writes recordings of perf: any attrs, random samples, and what is in them as JSON should have it.

Written from perf_event_open(2) alone, one value after the other, so that it can be held against
prettify's scanner, which goes by programs.
"""

from __future__ import annotations

import struct
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random
    from typing import Any

SAMPLE, COMM = 9, 3
ATTR_SIZE = 136
CONTEXTS = {2**64 - 128: "PERF_CONTEXT_KERNEL", 2**64 - 512: "PERF_CONTEXT_USER"}
X86 = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp", "ip", "flags", "cs", "ss", "ds", "es",
       "fs", "gs", *(f"r{number}" for number in range(8, 16))]  # fmt: skip
(IP, TID, TIME, ADDR, READ, CALLCHAIN, ID, CPU, PERIOD, STREAM_ID, RAW, BRANCH, REGS_USER, STACK,
 WEIGHT, DATA_SRC, IDENTIFIER, TRANSACTION, REGS_INTR, PHYS, AUX, CGROUP, DATA_PAGE, CODE_PAGE,
 WEIGHT_STRUCT) = (1 << bit for bit in range(25))  # fmt: skip
HW_INDEX, COUNTERS = 1 << 17, 1 << 19


class Attr:
    """What an event's samples have. number: its place among the events; id: the one it has."""

    def __init__(self, random: Random, sample_type: int, number: int, *, alike: int) -> None:
        self.sample_type = sample_type
        self.read_format = random.getrandbits(5)
        self.branch = random.choice((0, HW_INDEX, COUNTERS, HW_INDEX | COUNTERS))
        self.user = random.getrandbits(24)
        self.intr = random.getrandbits(24)
        self.id = random.getrandbits(40)
        self.number = number
        self.config = alike


class Writer:
    """Makes one recording, in a byte order."""

    def __init__(self, random: Random, order: str) -> None:
        self.random = random
        self.order = order
        self.mark = "<" if order == "little" else ">"
        self.rows: list[dict[str, Any]] = []

    def pack(self, codes: str, *values: int) -> bytes:
        return struct.pack(self.mark + codes, *values)

    def u64(self) -> int:
        random = self.random
        return random.choice(
            (0, random.getrandbits(8), random.getrandbits(48), random.getrandbits(64))
        )

    def file(self, attrs: list[Attr], records: int) -> bytes:
        """A recording of so many records; what it should be read as is in `rows`."""
        data_at = 104 + len(attrs) * (ATTR_SIZE + 16 + 8)
        data = b""
        for _ in range(records):
            attr = self.random.choice(attrs)
            make = self.comm if self.random.random() < 0.2 else self.sample
            data += make(attr, data_at + len(data))
        return self.file_of(attrs, data)

    def file_of(self, attrs: list[Attr], data: bytes) -> bytes:
        """A recording of these records."""
        attr_at = 104
        ids_at = attr_at + len(attrs) * (ATTR_SIZE + 16)
        data_at = ids_at + 8 * len(attrs)
        entries = b""
        for i, attr in enumerate(attrs):
            entries += self.attr(attr) + self.pack("QQ", ids_at + 8 * i, 8)
        ids = b"".join(self.pack("Q", attr.id) for attr in attrs)
        features = 1 << 6  # the architecture, by which registers have their names
        behind = data_at + len(data)
        header = b"PERFILE2" if self.order == "little" else b"2ELIFREP"
        header += self.pack("QQ", 104, ATTR_SIZE + 16)
        header += self.pack("QQQQQQ", attr_at, len(entries), data_at, len(data), 0, 0)
        header += self.pack("QQQQ", features, 0, 0, 0)
        arch = self.pack("I", 64) + b"x86_64".ljust(64, b"\0")
        return header + entries + ids + data + self.pack("QQ", behind + 16, len(arch)) + arch

    def attr(self, attr: Attr) -> bytes:
        flags = 1 << 18  # sample_id_all
        if self.order == "big":
            flags = 1 << (63 - 18)
        return self.pack(
            "IIQQQQQIIQQQQIiQIHHIIQQ",
            1, ATTR_SIZE, attr.config, 1, attr.sample_type, attr.read_format, flags, 0, 0, 0, 0,
            attr.branch, attr.user, 0, 0, attr.intr, 0, 0, 0, 0, 0, 0, 0,
        )  # fmt: skip

    def record(self, type_: int, misc: int, body: bytes) -> bytes:
        return self.pack("IHH", type_, misc, 8 + len(body)) + body

    def time(self) -> tuple[int, Decimal]:
        nanoseconds = self.u64()
        return nanoseconds, Decimal(nanoseconds).scaleb(-9)

    def comm(self, attr: Attr, place: int) -> bytes:
        """A record that has the id of a sample behind it."""
        name = bytes(self.random.choices(b"abc/", k=self.random.randrange(12)))
        body = self.pack("II", 5, 6) + name + bytes(8 - len(name) % 8)
        named, sample_id = self.trailer(attr)
        record = self.record(COMM, 0, body + sample_id)
        row = {"type": "PERF_RECORD_COMM", "offset": place, "size": len(record), "misc": 0,
               "pid": 5, "tid": 6, "comm": name.decode()}  # fmt: skip
        if named:
            row["sample_id"] = named
        self.rows.append(row)
        return record

    def trailer(self, attr: Attr) -> tuple[dict[str, Any], bytes]:
        row: dict[str, Any] = {}
        out = b""
        kind = attr.sample_type
        if kind & TID:
            row["pid"], row["tid"] = 7, 8
            out += self.pack("II", 7, 8)
        if kind & TIME:
            number, row["time"] = self.time()
            out += self.pack("Q", number)
        if kind & ID:
            row["id"] = attr.id
            out += self.pack("Q", attr.id)
        if kind & STREAM_ID:
            row["stream_id"] = self.u64()
            out += self.pack("Q", row["stream_id"])
        if kind & CPU:
            row["cpu"] = self.random.randrange(300)
            out += self.pack("II", row["cpu"], 0)
        if kind & IDENTIFIER:
            row["identifier"] = attr.id
            out += self.pack("Q", attr.id)
        return row, out

    def sample(self, attr: Attr, place: int) -> bytes:
        row: dict[str, Any] = {}
        body = b""
        for bit, put in PARTS:
            if attr.sample_type & bit:
                body += put(self, attr, row)
        record = self.record(SAMPLE, 1, body)
        head = {"type": "PERF_RECORD_SAMPLE", "offset": place, "size": len(record), "misc": 1}
        self.rows.append({**head, "event": ("cpu-clock", "task-clock", "page-faults")[attr.config],
                          **row})  # fmt: skip
        return record

    # Parts of a sample.

    def plain(self, name: str, row: dict[str, Any]) -> bytes:
        row[name] = self.u64()
        return self.pack("Q", row[name])

    def address(self, name: str, row: dict[str, Any]) -> bytes:
        number = self.u64()
        row[name] = f"{number:#x}"
        return self.pack("Q", number)

    def own_id(self, name: str, attr: Attr, row: dict[str, Any]) -> bytes:
        row[name] = attr.id
        return self.pack("Q", attr.id)

    def task(self, attr: Attr, row: dict[str, Any]) -> bytes:
        row["pid"], row["tid"] = self.random.randrange(1 << 22), -1
        return self.pack("Ii", row["pid"], -1)

    def when(self, attr: Attr, row: dict[str, Any]) -> bytes:
        number, row["time"] = self.time()
        return self.pack("Q", number)

    def processor(self, attr: Attr, row: dict[str, Any]) -> bytes:
        row["cpu"] = self.random.randrange(1024)
        return self.pack("II", row["cpu"], 0)

    def read(self, attr: Attr, row: dict[str, Any]) -> bytes:
        form = attr.read_format
        found: dict[str, Any] = {}
        out = b""

        def put(name: str, into: dict[str, Any]) -> bytes:
            into[name] = self.u64()
            return self.pack("Q", into[name])

        times = [n for n, bit in (("time_enabled", 1), ("time_running", 2)) if form & bit]
        own = ["value"] + [n for n, bit in (("id", 4), ("lost", 16)) if form & bit]
        if form & 8:
            count = self.random.randrange(4)
            out += self.pack("Q", count)
            for name in times:
                out += put(name, found)
            found["values"] = []
            for _ in range(count):
                one: dict[str, Any] = {}
                for name in own:
                    out += put(name, one)
                found["values"].append(one)
        else:
            for name in [own[0], *times, *own[1:]]:
                out += put(name, found)
        row["read"] = found
        return out

    def chain(self, attr: Attr, row: dict[str, Any]) -> bytes:
        numbers = [self.u64() for _ in range(self.random.randrange(5))]
        numbers += self.random.sample(list(CONTEXTS), self.random.randrange(3))
        row["callchain"] = [CONTEXTS.get(number, f"{number:#x}") for number in numbers]
        return self.pack(f"Q{len(numbers)}Q", len(numbers), *numbers)

    def raw(self, attr: Attr, row: dict[str, Any]) -> bytes:
        data = self.random.randbytes(4 + 8 * self.random.randrange(4))
        row["raw"] = data.hex()
        return self.pack("I", len(data)) + data

    def branches(self, attr: Attr, row: dict[str, Any]) -> bytes:
        count = self.random.randrange(4)
        found: dict[str, Any] = {}
        out = self.pack("Q", count)
        if attr.branch & HW_INDEX:
            found["hw_idx"] = self.u64()
            out += self.pack("Q", found["hw_idx"])
        found["entries"] = []
        widths = (("mispred", 1), ("predicted", 1), ("in_tx", 1), ("abort", 1), ("cycles", 16),
                  ("type", 4), ("spec", 2), ("new_type", 4), ("priv", 3))  # fmt: skip
        for _ in range(count):
            one: dict[str, Any] = {}
            out += self.address("from", one) + self.address("to", one)
            flags, at = 0, 0
            for name, width in widths:
                one[name] = self.random.getrandbits(width)
                flags |= one[name] << (at if self.order == "little" else 64 - at - width)
                at += width
            out += self.pack("Q", flags)
            found["entries"].append(one)
        if attr.branch & COUNTERS:
            found["counters"] = [self.u64() for _ in range(count)]
            out += self.pack(f"{count}Q", *found["counters"])
        row["branch_stack"] = found
        return out

    def registers(self, name: str, mask: int, row: dict[str, Any]) -> bytes:
        names = [X86[bit] for bit in range(24) if mask >> bit & 1]
        abi = self.random.randrange(3)
        out = self.pack("Q", abi)
        values = [self.u64() if abi else 0 for _ in names]
        if abi:
            out += self.pack(f"{len(values)}Q", *values)
        row[name] = {"abi": ("NONE", "32", "64")[abi]}
        row[name].update({one: f"{value:#x}" for one, value in zip(names, values)})
        return out

    def stack(self, attr: Attr, row: dict[str, Any]) -> bytes:
        size = 8 * self.random.randrange(5)
        used = self.random.randrange(size + 1)
        data = self.random.randbytes(size)
        row["user_stack"] = {"size": size, "data": data[:used].hex()}
        return self.pack("Q", size) + (data + self.pack("Q", used) if size else b"")

    def weights(self, attr: Attr, row: dict[str, Any]) -> bytes:
        one, two, three = (self.random.getrandbits(16) for _ in range(3))
        row["weight"] = {"var1": one, "var2": two, "var3": three}
        return self.pack("Q", three << 48 | two << 32 | one)

    def bits(self, name: str, widths: tuple[tuple[str, int], ...], row: dict[str, Any]) -> bytes:
        number, at = 0, 0
        found = {}
        for member, width in widths:
            if member:
                found[member] = self.random.getrandbits(width)
                number |= found[member] << at
            at += width
        row[name] = found
        return self.pack("Q", number)

    def trace(self, attr: Attr, row: dict[str, Any]) -> bytes:
        data = self.random.randbytes(8 * self.random.randrange(4))
        row["aux"] = data.hex()
        return self.pack("Q", len(data)) + data


DATA_SRC_BITS = (("mem_op", 5), ("mem_lvl", 14), ("mem_snoop", 5), ("mem_lock", 2), ("mem_dtlb", 7),
                 ("mem_lvl_num", 4), ("mem_remote", 1), ("mem_snoopx", 2), ("mem_blk", 3),
                 ("mem_hops", 3))  # fmt: skip
TRANSACTION_BITS = (("elision", 1), ("transaction", 1), ("sync", 1), ("async", 1), ("retry", 1),
                    ("conflict", 1), ("capacity_write", 1), ("capacity_read", 1), ("", 24),
                    ("abort", 32))  # fmt: skip
PARTS = (
    (IDENTIFIER, lambda w, a, r: w.own_id("identifier", a, r)),
    (IP, lambda w, a, r: w.address("ip", r)),
    (TID, Writer.task),
    (TIME, Writer.when),
    (ADDR, lambda w, a, r: w.address("addr", r)),
    (ID, lambda w, a, r: w.own_id("id", a, r)),
    (STREAM_ID, lambda w, a, r: w.plain("stream_id", r)),
    (CPU, Writer.processor),
    (PERIOD, lambda w, a, r: w.plain("period", r)),
    (READ, Writer.read),
    (CALLCHAIN, Writer.chain),
    (RAW, Writer.raw),
    (BRANCH, Writer.branches),
    (REGS_USER, lambda w, a, r: w.registers("user_regs", a.user, r)),
    (STACK, Writer.stack),
    (WEIGHT, lambda w, a, r: w.plain("weight", r)),
    (WEIGHT_STRUCT, Writer.weights),
    (DATA_SRC, lambda w, a, r: w.bits("data_src", DATA_SRC_BITS, r)),
    (TRANSACTION, lambda w, a, r: w.bits("transaction", TRANSACTION_BITS, r)),
    (REGS_INTR, lambda w, a, r: w.registers("intr_regs", a.intr, r)),
    (PHYS, lambda w, a, r: w.address("phys_addr", r)),
    (CGROUP, lambda w, a, r: w.plain("cgroup", r)),
    (DATA_PAGE, lambda w, a, r: w.plain("data_page_size", r)),
    (CODE_PAGE, lambda w, a, r: w.plain("code_page_size", r)),
    (AUX, Writer.trace),
)


def random_recording(random: Random, records: int) -> tuple[bytes, list[dict[str, Any]]]:
    """A recording of one to three events, and what it should be read as."""
    writer = Writer(random, random.choice(("little", "big")))
    count = random.randrange(1, 4)
    placing = random.choice((IDENTIFIER, ID | TIME))  # where all of them have their ids
    before = random.getrandbits(25) & (IP | TID | TIME | ADDR | STREAM_ID | CPU)
    attrs = []
    for number in range(count):
        free = random.getrandbits(25)
        if placing != IDENTIFIER:  # then what is before and behind it is the same in all
            free = free & ~(IP | TID | TIME | ADDR | STREAM_ID | CPU | IDENTIFIER) | before
        if free & WEIGHT:
            free &= ~WEIGHT_STRUCT
        attrs.append(Attr(random, free | placing, number, alike=number))
    return writer.file(attrs, records), writer.rows


def packed(data: bytes, random: Random) -> tuple[bytes, list[int]]:
    """The same recording with its records in compressed ones, of both types, cut anywhere.

    Also where each of those is.
    """
    import zstandard

    mark = "<" if data.startswith(b"PERFILE2") else ">"
    at, size = struct.unpack_from(mark + "QQ", data, 40)
    stream = zstandard.ZstdCompressor().compressobj()
    out, places, done = b"", [], 0
    while done < size:
        length = random.randrange(1, 600)
        piece = stream.compress(data[at + done : at + min(done + length, size)])
        piece += stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        done += length
        places.append(at + len(out))
        if random.random() < 0.5:
            out += struct.pack(mark + "IHH", 81, 0, 8 + len(piece)) + piece
        else:
            padding = bytes(-len(piece) % 8)
            head = struct.pack(mark + "IHHQ", 83, 0, 16 + len(piece) + len(padding), len(piece))
            out += head + piece + padding
    header = bytearray(data[:at])
    struct.pack_into(mark + "Q", header, 48, len(out))
    place, length = struct.unpack_from(mark + "QQ", data, at + size)
    behind = at + len(out) + 16
    features = struct.pack(mark + "QQ", behind, length) + data[place : place + length]
    return bytes(header) + out + features, places
