"""The memory of an arena, which BPF programs and processes share: mapped where those have it.

All who map an arena have it at one address: pointers in it are the same for all of them. A page
that is looked at and was never used comes into being, empty, as for any process that does so.
"""

from __future__ import annotations

import ctypes
import mmap
import os

from prettify.errors import UsageError
from prettify.records.maps.live.held import open_id, owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.records.maps.live.held import LiveMap

LABEL = "anon_inode:bpf-map"  # of a mapping of a map, in /proc/PID/maps
FAILED = ctypes.c_void_p(-1).value


def memory_of(live: LiveMap) -> memoryview:
    """All bytes of an arena; pages are read when they are looked at.

    Raises UsageError where it cannot be mapped.
    """
    length = live.info.max_entries * mmap.PAGESIZE
    call = ctypes.CDLL(None, use_errno=True).mmap
    call.restype = ctypes.c_void_p
    call.argtypes = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long,
    )  # fmt: skip
    failure = 0
    # One that is open for reading alone cannot be mapped at all. The mapping outlives it.
    with open_id(live.info.id, writing=True) as whole:
        for address in _addresses(live, length):
            found = call(address, length, mmap.PROT_READ, mmap.MAP_SHARED, whole.descriptor, 0)
            if found != FAILED:
                room = (ctypes.c_ubyte * length).from_address(found)
                return memoryview(room).cast("B").toreadonly()
            failure = ctypes.get_errno()
    raise UsageError(f"{live.info.title} cannot be mapped: {os.strerror(failure)}")


def _addresses(live: LiveMap, length: int) -> Iterator[int | None]:
    """Where it may be: as its maker said, or where other processes have it; else anywhere."""
    if live.info.extra:
        yield live.info.extra
        return
    known = set()
    for process, _ in owners().get(live.info.id, ()):
        for start in _mappings(process, length):
            if start not in known:
                known.add(start)
                yield start
    yield None


def _mappings(process: int, length: int) -> Iterator[int]:
    """Where a process has mapped a BPF map of that many bytes."""
    try:
        with open(f"/proc/{process}/maps", encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        if line.endswith(LABEL):
            start, _, end = line.split(" ", 1)[0].partition("-")
            if int(end, 16) - int(start, 16) == length:
                yield int(start, 16)
