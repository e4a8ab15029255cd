"""The feature sections of a recording: what machine it is of, how it was made.

Linux, tools/perf/Documentation/perf.data-file-format.txt, "HEADER_…". Each section is read by a
function that takes a `Reader` on its bytes and gives what JSON can hold.
"""

from __future__ import annotations

from prettify.errors import DataError
from prettify.records.perf.attributes import ATTR_OLDEST, parse_attr
from prettify.records.perf.constants import FEATURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

MAX_ITEMS = 1 << 20  # of a list: no section is as long


class Reader:
    """Reads numbers and texts from the bytes of a section.

    position: where in the input the section begins. cpus: how many there are, None if unknown.
    Raises DataError past its end.
    """

    __slots__ = ("at", "cpus", "data", "order", "position", "what")

    def __init__(
        self,
        data: bytes | memoryview,
        big_endian: bool,
        position: int,
        what: str,
        cpus: int | None = None,
    ) -> None:
        self.data = memoryview(data)
        self.order: Literal["little", "big"] = "big" if big_endian else "little"
        self.position = position
        self.what = what
        self.cpus = cpus
        self.at = 0

    @property
    def left(self) -> int:
        """Bytes that are not read."""
        return len(self.data) - self.at

    def take(self, length: int) -> memoryview:
        """The next bytes."""
        if length > self.left:
            place = self.position + self.at
            raise DataError(
                f"{self.what} is cut short at byte {place}: {self.left} bytes left, {length} "
                f"needed",
                place,
            )
        self.at += length
        return self.data[self.at - length : self.at]

    def number(self, size: int) -> int:
        """An unsigned integer."""
        return int.from_bytes(self.take(size), self.order)

    def u32(self) -> int:
        """The same of 32 bits."""
        return self.number(4)

    def u64(self) -> int:
        """And of 64."""
        return self.number(8)

    def text(self) -> str:
        """A text with its length before it, up to its first NUL."""
        return decoded(self.take(self.u32()))

    def count(self, least: int, size: int = 4) -> range:
        """As many rounds as the next number says, of things of so many bytes at least."""
        number = self.number(size)
        if number * least > self.left or number > MAX_ITEMS:
            place = self.position + self.at - size
            raise DataError(
                f"{self.what} says at byte {place} that {number} things follow, of {least} bytes "
                f"at least, and has {self.left}",
                place,
            )
        return range(number)

    def texts(self) -> list[str]:
        """A list of texts with its length before it."""
        return [self.text() for _ in self.count(4)]


def decoded(raw: bytes | memoryview) -> str:
    """Bytes up to the first NUL as text; what is not UTF-8 as U+0080 and on."""
    text = bytes(raw).split(b"\0", 1)[0]
    try:
        return text.decode()
    except UnicodeDecodeError:
        return text.decode("latin-1")


def read_feature(
    number: int,
    data: bytes | memoryview,
    big_endian: bool,
    position: int,
    cpus: int | None = None,
) -> Any:
    """What the section of that number says; of an unknown one, its bytes in hexadecimal.

    cpus: how many there are, None if unknown. Raises DataError where it is cut short, or says that
    there is more than there is.
    """
    name = FEATURES[number] if number < len(FEATURES) else str(number)
    reader = Reader(data, big_endian, position, f"feature {name}", cpus)
    function = READERS.get(name)
    return bytes(data).hex() if function is None else function(reader)


def _text(reader: Reader) -> str:
    return reader.text()


def _nothing(reader: Reader) -> bool:
    return True


def _u64(reader: Reader) -> int:
    return reader.u64()


def _nrcpus(reader: Reader) -> dict[str, int]:
    return {"available": reader.u32(), "online": reader.u32()}


def _event_desc(reader: Reader) -> list[dict[str, Any]]:
    found = []
    number, size = reader.u32(), reader.u32()
    if number * (size + 8) > reader.left or size < ATTR_OLDEST:
        place = reader.position
        raise DataError(
            f"{reader.what} says at byte {place} that it has {number} attrs of {size} bytes, which "
            f"is not so",
            place,
        )
    for _ in range(number):
        attr = parse_attr(reader.take(size), reader.order == "big")
        ids = reader.count(8)
        name = reader.text()
        found.append({"name": name, "ids": [reader.u64() for _ in ids], "attr": attr.values()})
    return found


def _cpu_topology(reader: Reader) -> dict[str, Any]:
    found: dict[str, Any] = {"cores": reader.texts(), "threads": reader.texts()}
    # Pairs follow, of how many CPUs another section says; then perhaps dies.
    many = reader.left // 8 if reader.cpus is None else min(reader.cpus, reader.left // 8)
    cpus = [{"cpu": cpu, "core": reader.u32(), "socket": reader.u32()} for cpu in range(many)]
    found["cpus"] = cpus
    if reader.left >= 4:
        found["dies"] = reader.texts()
        for one in cpus[: reader.left // 4]:
            one["die"] = reader.u32()
    return found


def _numa_topology(reader: Reader) -> list[dict[str, Any]]:
    return [
        {
            "node": reader.u32(),
            "mem_total": reader.u64(),
            "mem_free": reader.u64(),
            "cpus": reader.text(),
        }
        for _ in reader.count(24)
    ]


def _pmu_mappings(reader: Reader) -> dict[str, int]:
    found = {}
    for _ in reader.count(8):
        number = reader.u32()
        found[reader.text()] = number
    return found


def _group_desc(reader: Reader) -> list[dict[str, Any]]:
    return [
        {"name": reader.text(), "leader": reader.u32(), "members": reader.u32()}
        for _ in reader.count(12)
    ]


def _auxtrace(reader: Reader) -> list[dict[str, int]]:
    return [{"offset": reader.u64(), "size": reader.u64()} for _ in reader.count(16, 8)]


def _cache(reader: Reader) -> list[dict[str, Any]]:
    reader.u32()  # the version
    return [
        {
            "level": reader.u32(),
            "line_size": reader.u32(),
            "sets": reader.u32(),
            "ways": reader.u32(),
            "type": reader.text(),
            "size": reader.text(),
            "cpus": reader.text(),
        }
        for _ in reader.count(28)
    ]


def _sample_time(reader: Reader) -> dict[str, int]:
    return {"first_ns": reader.u64(), "last_ns": reader.u64()}


def _mem_topology(reader: Reader) -> dict[str, Any]:
    reader.u64()  # the version
    found: dict[str, Any] = {"block_size": reader.u64(), "nodes": []}
    for _ in reader.count(24, 8):
        node, blocks, bits = reader.u64(), reader.u64(), reader.u64()
        words = (bits + 63) // 64
        raw = reader.take(8 * words)
        present = bin(int.from_bytes(raw, reader.order)).count("1")
        found["nodes"].append({"node": node, "blocks": blocks, "present": present})
    return found


def _bpf_prog_info(reader: Reader) -> list[dict[str, Any]]:
    found = []
    for _ in reader.count(16):
        info_size, data_size = reader.u32(), reader.u32()
        reader.u64()  # which arrays the data has
        info = Reader(
            reader.take(info_size), reader.order == "big", reader.position + reader.at, reader.what
        )
        row: dict[str, Any] = {"type": info.u32(), "id": info.u32(), "tag": info.take(8).hex()}
        row["jited_prog_len"], row["xlated_prog_len"] = info.u32(), info.u32()
        info.take(min(PROG_NAME - info.at, info.left))
        row["name"] = decoded(info.take(min(PROG_NAME_LENGTH, info.left)))
        row["data_size"] = len(reader.take(data_size))
        found.append(row)
    return found


PROG_NAME = 64  # the place of the name in struct bpf_prog_info of <linux/bpf.h>
PROG_NAME_LENGTH = 16


def _bpf_btf(reader: Reader) -> list[dict[str, int]]:
    return [
        {"id": reader.u32(), "data_size": len(reader.take(reader.u32()))} for _ in reader.count(8)
    ]


def _compressed(reader: Reader) -> dict[str, int]:
    names = ("version", "type", "level", "ratio", "mmap_len")
    return {name: reader.u32() for name in names}


def _caps(reader: Reader) -> dict[str, str]:
    return {reader.text(): reader.text() for _ in reader.count(8)}


def _clock_data(reader: Reader) -> dict[str, int]:
    return {
        "version": reader.u32(),
        "clockid": reader.u32(),
        "wall_clock_ns": reader.u64(),
        "clockid_time_ns": reader.u64(),
    }


def _hybrid_topology(reader: Reader) -> dict[str, str]:
    return {reader.text(): reader.text() for _ in reader.count(8)}


def _pmu_caps(reader: Reader) -> dict[str, dict[str, str]]:
    found = {}
    for _ in reader.count(8):
        caps = _caps(reader)
        found[reader.text()] = caps
    return found


def _build_ids(reader: Reader) -> list[dict[str, Any]]:
    """A list of records, PERF_RECORD_HEADER_BUILD_ID without that type."""
    found = []
    while reader.left >= 8:
        reader.u32()
        misc, size = reader.number(2), reader.number(2)
        if size < BUILD_ID_HEAD:
            place = reader.position + reader.at - 2
            raise DataError(f"{reader.what} has {size} bytes long build id at byte {place}", place)
        row = reader.take(size - 8)
        pid = int.from_bytes(row[:4], reader.order, signed=True)
        length = row[24] if misc & MISC_SIZE else 20
        text = bytes(row[4 : 4 + min(length, 20)]).hex()
        found.append({"pid": pid, "build_id": text, "filename": decoded(row[28:])})
    return found


BUILD_ID_HEAD = 36  # bytes of such a record without the name
MISC_SIZE = 1 << 15  # PERF_RECORD_MISC_BUILD_ID_SIZE: how many bytes the id has stands behind it

READERS: dict[str, Callable[[Reader], Any]] = {
    "build_id": _build_ids,
    "hostname": _text,
    "osrelease": _text,
    "version": _text,
    "arch": _text,
    "nrcpus": _nrcpus,
    "cpudesc": _text,
    "cpuid": _text,
    "total_mem": _u64,
    "cmdline": Reader.texts,
    "event_desc": _event_desc,
    "cpu_topology": _cpu_topology,
    "numa_topology": _numa_topology,
    "branch_stack": _nothing,
    "pmu_mappings": _pmu_mappings,
    "group_desc": _group_desc,
    "auxtrace": _auxtrace,
    "stat": _nothing,
    "cache": _cache,
    "sample_time": _sample_time,
    "mem_topology": _mem_topology,
    "clockid": _u64,
    "dir_format": _u64,
    "bpf_prog_info": _bpf_prog_info,
    "bpf_btf": _bpf_btf,
    "compressed": _compressed,
    "cpu_pmu_caps": _caps,
    "clock_data": _clock_data,
    "hybrid_topology": _hybrid_topology,
    "pmu_caps": _pmu_caps,
}
