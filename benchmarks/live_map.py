"""A real map to measure with: made and filled through bpf(2), with BTF of types/flow.h."""

from __future__ import annotations

import ctypes
import os
import random
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import prettify
from prettify.errors import PrettifyError
from prettify.records.maps.live import system

TYPES = Path(__file__).parent / "types" / "flow.btf"
KEY, VALUE = struct.Struct("=IIHHI"), struct.Struct("=5QIIB7s16sII")
HASH = 1  # BPF_MAP_TYPE_HASH
UPDATE_BATCH = 26  # BPF_MAP_UPDATE_BATCH
BATCH = 10_000  # entries set at a time
SEED = 5
# bpf_attr of BPF_MAP_CREATE and of BPF_BTF_LOAD, as tests/bpf_maps.py has them.
CREATE = struct.Struct("=7I16s5IQ")
LOAD_BTF = struct.Struct("=QQIIIIII")


@contextmanager
def flows(count: int) -> Iterator[int]:
    """The id of a hash of so many entries, for as long as it lasts. Raises OSError."""
    types = prettify.load_types(str(TYPES))
    data = TYPES.read_bytes()
    room = ctypes.create_string_buffer(data, len(data))
    btf = _called(
        system.BTF_LOAD, LOAD_BTF.pack(ctypes.addressof(room), 0, len(data), 0, 0, 0, 0, 0)
    )
    attributes = CREATE.pack(
        HASH, KEY.size, VALUE.size, count, 0, 0, 0, b"flows", 0, btf,
        types["flow_key"].type.id, types["flow_value"].type.id, 0, 0,
    )  # fmt: skip
    descriptor = _called(system.MAP_CREATE, attributes)
    try:
        _fill(descriptor, count)
        text = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
        yield int(text.partition("map_id:")[2].split()[0])
    finally:
        os.close(descriptor)
        os.close(btf)


def _fill(descriptor: int, count: int) -> None:
    chance = random.Random(SEED)
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        keys = bytearray(b"".join(_key(chance, number) for number in numbers))
        values = bytearray(b"".join(_value(chance) for _ in numbers))
        attributes = bytearray(
            system.BATCH.pack(
                0, 0, system.address_of(keys), system.address_of(values), len(numbers),
                descriptor, 0, 0,
            )
        )  # fmt: skip
        _called(UPDATE_BATCH, attributes)


def _key(chance: random.Random, number: int) -> bytes:
    return KEY.pack(
        0x0A000000 + number, chance.getrandbits(32), chance.randrange(1024, 65536), 443, 2
    )


def _value(chance: random.Random) -> bytes:
    start = chance.randrange(10**12)
    packets = chance.randrange(10**5)
    return VALUE.pack(
        start,
        start + chance.randrange(10**10),
        packets,
        packets * chance.randrange(60, 1500),
        chance.getrandbits(64),
        0,
        chance.randrange(3),
        6,
        bytes((chance.randrange(64), 0, 0, 0, 0, 0, 0)),
        chance.choice((b"nginx", b"sshd", b"curl", b"systemd-resolve")),
        chance.randrange(5),
        chance.randrange(10**5),
    )


def _called(command: int, attributes: bytes | bytearray) -> int:
    try:
        result = system.bpf(command, attributes)
    except PrettifyError as error:
        raise OSError(str(error)) from error
    if result < 0:
        raise OSError(-result, f"bpf(): {os.strerror(-result)}")
    return result
