"""Perf event arrays (BPF_MAP_TYPE_PERF_EVENT_ARRAY) that programs are writing to.

For each processor a perf event is opened and put into the map; its ring buffer is mapped, as
perf_event_open(2) says. Whoever had events of his own in the map gets nothing from then on.

What a program puts out comes with up to 7 bytes behind it that nobody wrote; how many they are is
not told. A flexible array has them as elements.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import struct

from prettify.core import perf_ring
from prettify.core.ring import SPAN, load_position, store_position
from prettify.core.tables import zeroes
from prettify.errors import DataError, UsageError
from prettify.records.maps.events.batch import Events
from prettify.records.maps.events.ring_buffer import LOOK
from prettify.records.maps.live import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from prettify.records.until import Until

ONLINE = "/sys/devices/system/cpu/online"
# The numbers of the system call perf_event_open(2), by machine as uname(2) says it.
SYSCALLS = {
    "x86_64": 298, "i386": 336, "i486": 336, "i586": 336, "i686": 336, "aarch64": 241,
    "armv6l": 364, "armv7l": 364, "riscv64": 241, "riscv32": 241, "loongarch64": 241,
    "s390x": 331, "ppc64": 319, "ppc64le": 319, "mips64": 5292, "sparc64": 327,
}  # fmt: skip
# struct perf_event_attr as it was at first: type, size, config, sample_period, sample_type,
# read_format, flags, wakeup_events, bp_type, config1
ATTRIBUTES = struct.Struct("=IIQQQQQIIQ")
SOFTWARE, BPF_OUTPUT = 1, 10  # type and config
TIME, RAW = 1 << 2, 1 << 10  # of sample_type
FORMAT_LOST = 1 << 4  # of read_format
CLOSE_ON_EXEC = 1 << 3
ANY_PROCESS = -1
# Bytes from the start of the first page: positions of the writer and the reader.
HEAD_AT, TAIL_AT = 1024, 1032

PAGES = 64  # of each processor's buffer, where nothing else is asked for
MAX_PAGES = 1 << 16
ROOM = 1 << 20  # bytes of a batch, shared by the processors
LEAST_ROOM = 1 << 16  # bytes for one processor in any case: no record is longer
LEAST_SAMPLE = 24  # bytes of a record


class Cpu:
    """One processor's perf event and its buffer.

    lost: samples that were lost, as far as is known; told: how many of them have been reported.
    """

    __slots__ = ("_base", "_data", "_map", "_size", "file", "lost", "number", "tail", "told")

    def __init__(self, number: int, file: int, pages: int, name: str) -> None:
        """Raises UsageError where the buffer cannot be mapped; the file is closed then."""
        self.number = number
        self.file = file
        self.lost = 0
        self.told = 0
        self._size = pages * mmap.PAGESIZE
        try:
            self._map = mmap.mmap(file, mmap.PAGESIZE + self._size)
        except OSError as error:
            os.close(file)
            raise UsageError(
                f"{name}: a buffer of {pages} pages for each CPU cannot be mapped: "
                f"{os.strerror(error.errno or 0)}: fewer --pages may do"
            ) from error
        self._base = memoryview(self._map)
        self._data = self._base[mmap.PAGESIZE :]
        self.tail = load_position(self._base, TAIL_AT, 8)

    @property
    def head(self) -> int:
        """How far the producers are, in bytes of all time; it is no less than the tail."""
        return load_position(self._base, HEAD_AT, 8)

    def take(self, room: memoryview, end: int) -> int:
        """Copy the next bytes up to that position, as many as fit; returns how many.

        Records that go back to the beginning of the buffer are whole then.
        """
        length = min(end - self.tail, len(room), self._size)
        start = self.tail % self._size
        first = min(length, self._size - start)
        room[:first] = self._data[start : start + first]
        room[first:length] = self._data[: length - first]
        return length

    def consume(self, length: int) -> None:
        """Let the producers have so many bytes more."""
        self.tail += length
        store_position(self._base, TAIL_AT, 8, self.tail)

    def read_lost(self) -> None:
        """Ask the kernel how many were lost, which its records only say when the next one comes."""
        try:
            counts = os.read(self.file, 16)
        except OSError:
            return
        if len(counts) == 16:
            self.lost = max(self.lost, struct.unpack("=QQ", counts)[1])

    def close(self) -> None:
        """Unmap the buffer and close the event."""
        self._data.release()
        self._base.release()
        self._map.close()
        os.close(self.file)


class PerfBuffer:
    """The events of a perf event array, those that come together in the order of their times."""

    __slots__ = (
        "_cpus", "_file", "_max_entries", "_number", "_pages", "_quota", "_room", "_samples",
        "_spans", "name", "position",
    )  # fmt: skip

    at_once = True

    def __init__(
        self, descriptor: int, max_entries: int, name: str = "perf buffer", pages: int = PAGES
    ) -> None:
        """descriptor: of the map, open for writing; it stays the caller's.

        max_entries: the map's; processors beyond are left out, as programs cannot name them. pages:
        of memory for each processor. Raises UsageError where that is no power of two.
        """
        if not 0 < pages <= MAX_PAGES or pages & (pages - 1):
            raise UsageError(f"pages {pages}: a power of two up to {MAX_PAGES} expected")
        self.name = name
        self.position = 0
        self._file = descriptor
        self._max_entries = max_entries
        self._pages = pages
        self._number = 1  # of the next event
        self._cpus: list[Cpu] = []
        self._quota = 0  # bytes of the room that are for one processor
        self._room = bytearray()
        self._samples = self._spans = zeroes("q", 0)

    def __enter__(self) -> PerfBuffer:
        """Raises UsageError where that is not permitted, or the map does not take the events."""
        try:
            for number in online_cpus():
                if number < self._max_entries:
                    file = _perf_event(number, self.name)
                    self._cpus.append(Cpu(number, file, self._pages, self.name))
                    self._set(self._cpus[-1])
            if not self._cpus:
                raise UsageError(f"{self.name}: has no entry for any CPU")
        except BaseException:
            self.__exit__()
            raise
        share = max(LEAST_ROOM, ROOM // len(self._cpus))
        self._quota = min(share, self._pages * mmap.PAGESIZE)
        self._room = bytearray(self._quota * len(self._cpus))
        most = len(self._room) // LEAST_SAMPLE + 1
        self._samples = zeroes("q", perf_ring.SAMPLE * most)
        self._spans = zeroes("q", SPAN * most)
        return self

    def __exit__(self, *_exception: object) -> None:
        for cpu in self._cpus:
            # Where that fails, the entry goes when the event does.
            _change(system.MAP_DELETE_ELEM, self._file, cpu.number)
            cpu.close()
        self._cpus = []

    def lost(self, *, last: bool) -> list[DataError]:
        """What has been lost since the last time, by processor."""
        found = []
        for cpu in self._cpus:
            if last:
                cpu.read_lost()
            if cpu.lost > cpu.told:
                found.append(
                    DataError(
                        f"{self.name}: {cpu.lost - cpu.told} events lost on CPU {cpu.number}: its "
                        f"buffer of {self._pages} pages was full"
                    )
                )
                cpu.told = cpu.lost
        return found

    def batches(self, until: Until) -> Iterator[Events | None]:
        """Events as they come; those that there are at the end too."""
        poll = until.watch(*(cpu.file for cpu in self._cpus))
        try:
            while True:
                over, before = until.over, self.position  # what has come by now is shown
                yield from self._there()
                if over:
                    return
                if not until.pause(self.position - before, self._pages * mmap.PAGESIZE):
                    yield None
                    until.wait(poll, LOOK)
        finally:
            poll.close()

    def _there(self) -> Iterator[Events]:
        """The events up to where the producers are now."""
        ends = [cpu.head for cpu in self._cpus]
        failure: DataError | None = None
        while failure is None and any(cpu.tail != end for cpu, end in zip(self._cpus, ends)):
            found, failure = self._take(ends)
            if found:
                perf_ring.in_order(self._samples, found, self._spans)
                events = Events(memoryview(self._room), self._spans, found, self._number)
                self._number += found
                yield events
        if failure is not None:
            raise failure

    def _take(self, ends: list[int]) -> tuple[int, DataError | None]:
        """Take what fits of each processor's; returns how many samples that are, and what is wrong
        with the next one, if anything is.
        """
        state = zeroes("q", perf_ring.SCAN)
        room = memoryview(self._room)
        used = 0
        for cpu, end in zip(self._cpus, ends):
            length = cpu.take(room[used : used + self._quota], end)
            state[perf_ring.AT], state[perf_ring.END] = used, used + length
            state[perf_ring.LOST] = 0
            reason = perf_ring.scan(self._room, self._samples, state)
            cpu.lost += state[perf_ring.LOST]
            whole = state[perf_ring.AT] - used
            if reason == perf_ring.BAD or (length and not whole):
                place = cpu.tail + whole
                return state[perf_ring.FOUND], DataError(
                    f"{self.name}: position {place} of the buffer of CPU {cpu.number}: not a record"
                    f" as the kernel writes them",
                    place,
                )
            cpu.consume(whole)
            self.position += whole
            used += whole
        return state[perf_ring.FOUND], None

    def _set(self, cpu: Cpu) -> None:
        """Put a processor's event into the map."""
        result = _change(system.MAP_UPDATE_ELEM, self._file, cpu.number, cpu.file)
        if result < 0:
            raise system.refusal(f"{self.name}: entry of CPU {cpu.number}", -result)


def _change(command: int, file: int, cpu: int, value: int = 0) -> int:
    """Set or delete the entry of a processor; returns what bpf(2) does."""
    key, room = ctypes.c_uint32(cpu), ctypes.c_uint32(value)
    return system.bpf(
        command, system.ELEMENT.pack(file, ctypes.addressof(key), ctypes.addressof(room), 0)
    )


def online_cpus() -> list[int]:
    """The numbers of the processors that are running, as the kernel lists them: 0-3,6."""
    try:
        with open(ONLINE, encoding="ascii") as file:
            text = file.read()
    except OSError:
        return list(range(os.cpu_count() or 1))
    numbers: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


def _perf_event(cpu: int, name: str) -> int:
    """The descriptor of an event that takes what BPF programs put out on a processor.

    Raises PrettifyError.
    """
    number = SYSCALLS.get(os.uname().machine)
    if number is None:
        raise UsageError(f"no perf_event_open() system call is known for {os.uname().machine}")
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    for read_format in (FORMAT_LOST, 0):  # kernels before 6.0 do not know the former
        attributes = ATTRIBUTES.pack(
            SOFTWARE, ATTRIBUTES.size, BPF_OUTPUT, 1, TIME | RAW, read_format, 0, 1, 0, 0
        )
        result: int = call(
            ctypes.c_long(number),
            attributes,
            ctypes.c_long(ANY_PROCESS),
            ctypes.c_long(cpu),
            ctypes.c_long(-1),
            ctypes.c_ulong(CLOSE_ON_EXEC),
        )
        if result >= 0:
            return result
        if ctypes.get_errno() != errno.EINVAL:
            break
    code = ctypes.get_errno()
    if code in system.REFUSED:
        raise UsageError(
            f"{name}: perf_event_open() is not permitted: this needs CAP_PERFMON (or "
            f"CAP_SYS_ADMIN): run it as root"
        )
    raise UsageError(f"{name}: no perf event on CPU {cpu}: {os.strerror(code)}")
