"""What is in a live map: its entries, many at a time, as the kernel hands them out.

Entries that come and go meanwhile are no error: who reads a map in use sees some of them.
"""

from __future__ import annotations

import os
from errno import EINVAL, ENOENT, ENOSPC, ENOSYS

from prettify.errors import UsageError
from prettify.records.input import CHUNK
from prettify.records.maps.entry import Chunk, rounded
from prettify.records.maps.kinds import MEMORY, OWNERS, QUEUE, STREAM
from prettify.records.maps.live import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Literal

    from prettify.records.maps.live.held import LiveMap

ENOTSUPP = 524  # what the kernel says within itself, and sometimes to others
EOPNOTSUPP = 95
NOT_THERE = frozenset((EINVAL, ENOSYS, ENOTSUPP, EOPNOTSUPP))
POSSIBLE = "/sys/devices/system/cpu/possible"
TOKEN_SIZE = 4  # bytes of a place in a hash map; elsewhere it is a key


def possible_cpus() -> int:
    """How many CPUs there may ever be: so many values has an entry of a per-CPU map."""
    try:
        with open(POSSIBLE, encoding="ascii") as file:
            return sum(
                int(last or first) - int(first) + 1
                for first, _, last in (part.partition("-") for part in file.read().split(","))
            )
    except (OSError, ValueError):
        return os.cpu_count() or 1


class Failure:
    """A key whose value the kernel did not tell; `number` is the errno."""

    __slots__ = ("key", "number")

    def __init__(self, key: bytes, number: int) -> None:
        self.key = key
        self.number = number


class Reader:
    """Reads one map. cpus: 0 where CPUs have no values of their own.

    key_size, step: bytes of a key, and of a value of one CPU as the kernel writes it.
    """

    __slots__ = ("_value_room", "cpus", "key_size", "live", "step")

    def __init__(self, live: LiveMap) -> None:
        info = live.info
        self.live = live
        self.cpus = possible_cpus() if info.kind.per_cpu else 0
        self.key_size = info.key_size
        self.step = rounded(info.value_size) if self.cpus else info.value_size
        self._value_room = max(self.cpus, 1) * self.step

    def chunks(self) -> Iterator[Chunk]:
        """All entries, some at a time. A chunk is good until the next one is asked for.

        Raises UsageError, saying why, where a map of this type cannot be read.
        """
        info = self.live.info
        if info.kind.way not in _WAYS:
            raise UsageError(f"{info.title}: {reason(self.live)}")
        yield from fetched_ahead(_WAYS[info.kind.way](self))

    def taken(self, most: int | None, *, singly: bool) -> Iterator[Chunk]:
        """What a queue or stack holds, `most` of it at most, taken out of it.

        singly: no more at a time than one, for who may stop at any.
        """
        room = 1 if singly else self._room
        left = most
        while left is None or left > 0:
            wanted = room if left is None else min(room, left)
            values = bytearray(wanted * self._value_room)
            count = 0
            while count < wanted:
                result = self._element(system.MAP_LOOKUP_AND_DELETE_ELEM, 0, values, count)
                if result == -ENOENT:
                    break
                self._check(result, "cannot be taken from")
                count += 1
            if count:
                yield Chunk(count, b"", values, self.step)
            if count < wanted:
                return
            left = None if left is None else left - count

    def lookup(self, key: bytes) -> Chunk | None:
        """The entry of a key, None where there is none."""
        keys = bytearray(key)
        values = bytearray(self._value_room)
        result = self._element(system.MAP_LOOKUP_ELEM, system.address_of(keys), values, 0)
        if result == -ENOENT:
            return None
        self._check(result, "cannot be looked up in")
        return Chunk(1, keys, values, self.step)

    def might_have(self, value: bytes) -> bool:
        """Whether a value may have been put into a bloom filter."""
        values = bytearray(value)
        result = self._element(system.MAP_LOOKUP_ELEM, 0, values, 0)
        if result != -ENOENT:
            self._check(result, "cannot be asked of")
        return result == 0

    @property
    def _room(self) -> int:
        """How many entries are read at a time."""
        at_a_time = CHUNK // max(self.key_size + self._value_room, 1)
        return max(min(at_a_time, self.live.info.max_entries), 1)

    def _memory(self, room: int) -> tuple[bytearray, bytearray]:
        """For the keys and the values of so many entries."""
        return bytearray(room * self.key_size), bytearray(room * self._value_room)

    def _walked(self) -> Iterator[Chunk]:
        """By batches; one by one where the kernel does not have them for this type."""
        room = self._room
        token, given = b"", bytearray(max(self.key_size, TOKEN_SIZE))
        memory = [self._memory(room) for _ in range(2)]  # one is filled while the other is used
        while True:
            before = bytearray(token)
            keys, values = memory[0]
            attributes = bytearray(
                system.BATCH.pack(
                    system.address_of(before),
                    system.address_of(given),
                    system.address_of(keys),
                    system.address_of(values),
                    room,
                    self.live.descriptor,
                    0,
                    0,
                )
            )
            result = system.bpf(system.MAP_LOOKUP_BATCH, attributes)
            if result == -ENOSPC:  # a bucket with more entries than that
                room *= 2
                memory = [self._memory(room) for _ in range(2)]
                continue
            if -result in NOT_THERE and not token:
                yield from self._one_by_one()
                return
            if result != -ENOENT:
                self._check(result, "cannot be read")
            count = system.BATCH.unpack(attributes)[4]
            if count:
                yield Chunk(count, keys, values, self.step)
                memory.reverse()
            if result == -ENOENT:
                return
            token = bytes(given)

    def _one_by_one(self) -> Iterator[Chunk]:
        """As `lookups`; what cannot be looked up is an error, but for what is not there."""
        for found in self.lookups():
            if isinstance(found, Chunk):
                yield found
            elif found.number != ENOENT:  # else it has gone meanwhile, or the place is empty
                self._check(-found.number, "cannot be read")

    def lookups(self) -> Iterator[Chunk | Failure]:
        """Each key after the one before it: chunks of entries, and keys without a value.

        The kernel begins anew behind a key that has gone; there are no more keys than entries, so
        that this ends all the same.
        """
        size, room = self.key_size, self._room
        keys, values = self._memory(room)
        before = bytearray(size)
        count = 0
        for turn in range(max(self.live.info.max_entries, 1 << 16)):
            known = system.address_of(before) if turn else 0
            place = system.address_of(keys) + count * size
            attributes = system.ELEMENT.pack(self.live.descriptor, known, place, 0)
            result = system.bpf(system.MAP_GET_NEXT_KEY, attributes)
            if result == -ENOENT:
                break
            self._check(result, "has no keys that can be listed")
            before[:] = keys[count * size : (count + 1) * size]
            result = self._element(system.MAP_LOOKUP_ELEM, place, values, count)
            if result >= 0:
                count += 1
            if count and (count == room or result < 0):
                yield Chunk(count, keys, values, self.step)
                keys, values = self._memory(room)
                count = 0
            if result < 0:
                yield Failure(bytes(before), -result)
        if count:
            yield Chunk(count, keys, values, self.step)

    def _seen(self) -> Iterator[Chunk]:
        """Of a queue or stack the entry that would be taken next."""
        values = bytearray(self._value_room)
        result = self._element(system.MAP_LOOKUP_ELEM, 0, values, 0)
        if result != -ENOENT:
            self._check(result, "cannot be read")
            yield Chunk(1, b"", values, self.step)

    def _owned(self) -> Iterator[Chunk]:
        """The values that processes, sockets or control groups own; their numbers are the keys."""
        from prettify.records.maps.live.storage import OWNER_SIZE, OWNERS_OF

        find = OWNERS_OF.get(self.live.info.kind.name)
        if find is None:
            raise UsageError(f"{self.live.info.title}: {reason(self.live)}")
        for number, descriptor in find():
            found = self.lookup(descriptor.to_bytes(4, _native()))
            if found is not None:
                found.keys = number.to_bytes(OWNER_SIZE, _native())
                yield found

    def _element(self, command: int, key: int, values: bytearray, index: int) -> int:
        """One call about one entry: its key at that address, its value at that index."""
        place = system.address_of(values) + index * self._value_room
        return system.bpf(command, system.ELEMENT.pack(self.live.descriptor, key, place, 0))

    def _check(self, result: int, what: str) -> None:
        if result < 0:
            title = self.live.info.title
            if -result in NOT_THERE:
                raise UsageError(f"{title}: {reason(self.live)}")
            raise system.refusal(f"{title} {what}", -result)


def fetched_ahead(chunks: Iterator[Chunk]) -> Iterator[Chunk]:
    """The same chunks; from the second on each is fetched while the one before it is used.

    A chunk's memory may be used again when the one behind the next is fetched.
    """
    first = next(chunks, None)
    if first is None:
        return
    from queue import SimpleQueue
    from threading import Thread

    wanted: SimpleQueue[bool] = SimpleQueue()
    found: SimpleQueue[Chunk | BaseException | None] = SimpleQueue()

    def fetch() -> None:
        while wanted.get():
            try:
                found.put(next(chunks, None))
            except BaseException as failure:  # whoever asked gets it
                found.put(failure)

    Thread(target=fetch, daemon=True).start()
    try:
        chunk: Chunk | BaseException | None = first
        while isinstance(chunk, Chunk):
            wanted.put(True)
            yield chunk
            chunk = found.get()
        if chunk is not None:
            raise chunk
    finally:
        wanted.put(False)


def reason(live: LiveMap) -> str:
    """Why a map has no entries that can be listed, and what to do instead."""
    kind = live.info.kind
    return (
        kind.why
        or _REASONS.get(kind.name)
        or _REASONS.get(
            kind.way, "this kernel does not let user space look at what is in a map of this type"
        )
    )


_REASONS = {
    STREAM: "it holds events, which are taken as they come: prettify map read",
    MEMORY: "it is memory, without entries: name what is there with -C TYPE, and --seek BYTE",
    "inode_storage": "what owns its values are files: name one, prettify map get FILE",
}

_WAYS: dict[str, Callable[[Reader], Iterator[Chunk]]] = {
    "walk": Reader._walked,
    QUEUE: Reader._seen,
    OWNERS: Reader._owned,
}


def _native() -> Literal["little", "big"]:
    import sys

    return sys.byteorder
