"""Real BPF maps for tests: made and filled through bpf(2), with BTF that tests write themselves."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prettify.errors import PrettifyError
from prettify.records.maps.live import system

# bpf_attr of BPF_MAP_CREATE: map_type, key_size, value_size, max_entries, map_flags, inner_map_fd,
# numa_node, map_name, map_ifindex, btf_fd, btf_key_type_id, btf_value_type_id,
# btf_vmlinux_value_type_id, map_extra
CREATE = struct.Struct("=7I16s5IQ")
LOAD_BTF = struct.Struct("=QQIIIIII")  # btf, log, their sizes, log level, true size, flags, token
PIN = struct.Struct("=QIIi")
OBJ_PIN = 6


@functools.lru_cache(maxsize=1)
def unavailable() -> str:
    """Why maps cannot be made here, or nothing."""
    try:
        os.close(create("hash", 4, 4, 1))
    except (OSError, PrettifyError) as error:
        return f"no BPF maps here: {error}"
    return ""


def need_maps() -> None:
    """Skip the test where maps cannot be made."""
    if unavailable():
        pytest.skip(unavailable())


def called(command: int, attributes: bytes | bytearray, what: str) -> int:
    """The result of bpf(2). Raises OSError."""
    result = system.bpf(command, attributes)
    if result < 0:
        raise OSError(-result, f"{what}: {os.strerror(-result)}")
    return result


# Names of types as bpftool has them.
TYPES = {
    "hash": 1, "array": 2, "prog_array": 3, "perf_event_array": 4, "percpu_hash": 5,
    "percpu_array": 6, "stack_trace": 7, "cgroup_array": 8, "lru_hash": 9, "lru_percpu_hash": 10,
    "lpm_trie": 11, "array_of_maps": 12, "hash_of_maps": 13, "devmap": 14, "sockmap": 15,
    "cpumap": 16, "xskmap": 17, "sockhash": 18, "cgroup_storage": 19, "reuseport_sockarray": 20,
    "percpu_cgroup_storage": 21, "queue": 22, "stack": 23, "sk_storage": 24, "devmap_hash": 25,
    "struct_ops": 26, "ringbuf": 27, "inode_storage": 28, "task_storage": 29, "bloom_filter": 30,
    "user_ringbuf": 31, "cgrp_storage": 32, "arena": 33,
}  # fmt: skip


def load_btf(data: bytes) -> int:
    """A descriptor of BTF that the kernel holds. Raises OSError with the verifier's last words."""
    room = ctypes.create_string_buffer(data, len(data))
    log = ctypes.create_string_buffer(1 << 16)
    attributes = LOAD_BTF.pack(
        ctypes.addressof(room), ctypes.addressof(log), len(data), len(log), 1, 0, 0, 0
    )
    result = system.bpf(system.BTF_LOAD, attributes)
    if result < 0:
        said = log.value.decode(errors="replace").strip().splitlines()
        raise OSError(-result, f"BTF: {os.strerror(-result)}: {said[-1] if said else ''}")
    return result


def create(
    kind: str | int,
    key_size: int,
    value_size: int,
    entries: int,
    *,
    name: str = "",
    flags: int = 0,
    btf: int = 0,
    key_type: int = 0,
    value_type: int = 0,
    kernel_value_type: int = 0,
    inner: int = 0,
    extra: int = 0,
) -> int:
    """A descriptor of a new map. Raises OSError."""
    attributes = CREATE.pack(
        TYPES[kind] if isinstance(kind, str) else kind, key_size, value_size, entries, flags,
        inner, 0, name.encode(), 0, btf, key_type, value_type, kernel_value_type, extra,
    )  # fmt: skip
    return called(system.MAP_CREATE, attributes, f"map {kind}")


def update(descriptor: int, key: bytes, value: bytes, flags: int = 0) -> None:
    """Set an entry; no key for queues, stacks and bloom filters."""
    keys = ctypes.create_string_buffer(key, len(key)) if key else None
    values = ctypes.create_string_buffer(value, len(value))
    attributes = system.ELEMENT.pack(
        descriptor, ctypes.addressof(keys) if keys else 0, ctypes.addressof(values), flags
    )
    called(system.MAP_UPDATE_ELEM, attributes, "update")


def delete(descriptor: int, key: bytes) -> None:
    """Remove an entry."""
    keys = ctypes.create_string_buffer(key, len(key))
    called(
        system.MAP_DELETE_ELEM,
        system.ELEMENT.pack(descriptor, ctypes.addressof(keys), 0, 0),
        "delete",
    )


def id_of(descriptor: int) -> int:
    """A map's id."""
    return int(_fdinfo(descriptor)["map_id"])


def _fdinfo(descriptor: int) -> dict[str, str]:
    text = Path(f"/proc/self/fdinfo/{descriptor}").read_text()
    return {k: v.strip() for k, _, v in (line.partition(":") for line in text.splitlines())}


def pin(descriptor: int, path: str) -> None:
    """Give a map a path in a BPF file system."""
    name = ctypes.create_string_buffer(os.fsencode(path))
    called(OBJ_PIN, PIN.pack(ctypes.addressof(name), descriptor, 0, 0), f"pin {path}")


@contextmanager
def closing(*descriptors: int) -> Iterator[None]:
    """Close these at the end."""
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@contextmanager
def bpf_file_system(folder: Path) -> Iterator[Path]:
    """A BPF file system of its own, mounted there. Skips the test where one may not mount."""
    libc = ctypes.CDLL(None, use_errno=True)
    folder.mkdir(exist_ok=True)
    if libc.mount(b"bpf", os.fsencode(folder), b"bpf", 0, None):
        code = ctypes.get_errno()
        if code in (errno.EPERM, errno.EACCES, errno.ENODEV):
            pytest.skip(f"cannot mount a BPF file system: {os.strerror(code)}")
        raise OSError(code, os.strerror(code))
    try:
        yield folder
    finally:
        libc.umount2(os.fsencode(folder), 2)
