"""The maps that the kernel holds: found, opened, and what it says of them.

Structs: the kernel's UAPI, include/uapi/linux/bpf.h, `bpf_map_info` and `bpf_btf_info`.
"""

from __future__ import annotations

import os
import struct
from errno import ENOENT

from prettify.errors import UsageError, one_line
from prettify.records.maps.kinds import Kind, kind_of
from prettify.records.maps.live import system
from prettify.records.maps.live.proc import fdinfo, mounts, numbers_in
from prettify.sources.btf import Btf, is_split
from prettify.sources.kernels import KERNEL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.model import Type

# type, id, key_size, value_size, max_entries, map_flags, name, ifindex, btf_vmlinux_value_type_id,
# netns_dev, netns_ino, btf_id, btf_key_type_id, btf_value_type_id, btf_vmlinux_id, map_extra
MAP_INFO = struct.Struct("=6I16sIIQQIIIIQ")
BTF_INFO = struct.Struct("=QIIQII")  # address, size, id, address of the name, its room, kernel_btf
NAME_SIZE = 15  # bytes of a name that the kernel keeps


class MapInfo:
    """What the kernel says of a map. Sizes in bytes; ids of types are those of the BTF `btf_id`.

    kernel_type_id: of struct_ops, the value's type in the BTF `kernel_btf_id` of the kernel.
    """

    __slots__ = (
        "btf_id",
        "extra",
        "flags",
        "id",
        "kernel_btf_id",
        "kernel_type_id",
        "key_size",
        "key_type_id",
        "kind",
        "max_entries",
        "name",
        "value_size",
        "value_type_id",
    )

    def __init__(self, data: bytes) -> None:
        self.id: int
        self.key_size: int
        self.value_size: int
        self.max_entries: int
        (
            number, self.id, self.key_size, self.value_size, self.max_entries, self.flags, name, _,
            self.kernel_type_id, _, _, self.btf_id, self.key_type_id, self.value_type_id,
            self.kernel_btf_id, self.extra,
        ) = MAP_INFO.unpack(data)  # fmt: skip
        self.kind: Kind = kind_of(number)
        self.name: str = name.rstrip(b"\0").decode("utf-8", "surrogateescape")

    def __repr__(self) -> str:
        return f"<MapInfo {self.title}>"

    @property
    def title(self) -> str:
        """What messages call it."""
        name = f" {one_line(self.name)}" if self.name else ""
        return f"map {self.id} ({self.kind.name}{name})"


class LiveMap:
    """A map of the kernel's that is open. `descriptor` is good until `close`."""

    __slots__ = ("descriptor", "info")

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        try:
            self.info = MapInfo(_info(descriptor, MAP_INFO.size, "a map"))
        except BaseException:
            os.close(descriptor)
            raise

    def __repr__(self) -> str:
        return f"<LiveMap {self.info.title}>"

    def __enter__(self) -> LiveMap:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it. Nothing happens to what is in it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1

    def types(self) -> tuple[Type | None, Type | None]:
        """The types of its key and value, None where its BTF does not say.

        Raises TypeInfoError for bad BTF.
        """
        info = self.info
        key: Type | None = None
        value: Type | None = None
        if info.btf_id and (info.key_type_id or info.value_type_id):
            graph = fetch_btf(info.btf_id)
            key = graph.by_id(info.key_type_id) if info.key_type_id else None
            value = graph.by_id(info.value_type_id) if info.value_type_id else None
        if info.kernel_type_id:
            value = _kernel_btf(info.kernel_btf_id).by_id(info.kernel_type_id)
        return key, value


def all_ids() -> Iterator[int]:
    """The ids of all maps, in order. Raises UsageError where that is not permitted."""
    place = 0
    while True:
        attributes = bytearray(system.ID.pack(place, 0, 0, 0))
        result = system.bpf(system.MAP_GET_NEXT_ID, attributes)
        if result == -ENOENT:
            return
        if result < 0:
            raise system.refusal("BPF maps", -result)
        place = system.ID.unpack(attributes)[1]
        yield place


def open_id(map_id: int, *, writing: bool = False) -> LiveMap:
    """The map of that id. Raises UsageError where there is none or it may not be opened."""
    flags = 0 if writing else system.OPEN_READ_ONLY
    result = system.bpf(system.MAP_GET_FD_BY_ID, system.ID.pack(map_id, 0, flags, 0))
    if result == -ENOENT:
        raise UsageError(f"no map has the id {map_id}; prettify map list shows those there are")
    if result < 0:
        raise system.refusal(f"map {map_id}", -result)
    return LiveMap(result)


def open_pinned(path: str, *, writing: bool = False) -> LiveMap:
    """The map that is pinned there. Raises UsageError where none is or it may not be opened."""
    descriptor = _pinned(path, 0 if writing else system.OPEN_READ_ONLY)
    if descriptor < 0:
        if -descriptor in system.REFUSED:
            raise system.refusal(f"{path!r}", -descriptor)
        raise UsageError(f"no map is pinned at {path!r}: {os.strerror(-descriptor)}")
    if "map_id" not in fdinfo(descriptor):
        os.close(descriptor)
        raise UsageError(f"what is pinned at {path!r} is no map")
    return LiveMap(descriptor)


def open_named(pattern: str, *, writing: bool = False) -> list[LiveMap]:
    """All maps of that name, which may be longer than the kernel keeps; or a shell pattern.

    Raises UsageError, with the nearest names, where there are none.
    """
    short = os.fsdecode(os.fsencode(pattern)[:NAME_SIZE])
    fits = _matcher(pattern) if any(mark in pattern for mark in "*?[") else short.__eq__
    names: set[str] = set()
    found: list[LiveMap] = []
    for live in all_maps(writing=writing):
        name = live.info.name
        names.add(name)
        if fits(name):
            found.append(live)
        else:
            live.close()
    if not found:
        from prettify.sources.search import closest

        near = closest(short, names - {""})
        hint = f"; did you mean {' or '.join(repr(one_line(n)) for n in near)}?" if near else ""
        raise UsageError(f"no map has the name {pattern!r}{hint}")
    return found


def _matcher(pattern: str) -> Callable[[str], bool]:
    from fnmatch import fnmatchcase

    return lambda name: fnmatchcase(name, pattern)


def all_maps(*, writing: bool = False) -> Iterator[LiveMap]:
    """All maps, open; whoever takes one closes it. One that vanishes meanwhile is left out."""
    for map_id in all_ids():
        flags = 0 if writing else system.OPEN_READ_ONLY
        result = system.bpf(system.MAP_GET_FD_BY_ID, system.ID.pack(map_id, 0, flags, 0))
        if result >= 0:
            yield LiveMap(result)
        elif result != -ENOENT:
            raise system.refusal(f"map {map_id}", -result)


def fetch_btf(btf_id: int, base: Btf | None = None) -> Btf:
    """The BTF of that id, as the kernel holds it; split BTF continues the kernel's own.

    Raises UsageError, TypeInfoError.
    """
    result = system.bpf(system.BTF_GET_FD_BY_ID, system.ID.pack(btf_id, 0, 0, 0))
    if result < 0:
        raise system.refusal(f"BTF {btf_id}", -result)
    try:
        said = BTF_INFO.unpack(_info(result, BTF_INFO.size, f"BTF {btf_id}"))
        room = bytearray(said[1])
        asked = BTF_INFO.pack(system.address_of(room), len(room), 0, 0, 0, 0)
        _info(result, BTF_INFO.size, f"BTF {btf_id}", asked)
    finally:
        os.close(result)
    data = bytes(room)
    if base is None and is_split(data):
        base = _vmlinux()
    return Btf(data, f"BTF {btf_id} of the kernel", base)


def pins() -> dict[int, list[str]]:
    """Where maps are pinned, by id: the files of all BPF file systems that may be read."""
    found: dict[int, list[str]] = {}
    for mount in mounts("bpf"):
        for folder, _, names in os.walk(mount):
            for name in names:
                path = os.path.join(folder, name)
                descriptor = _pinned(path, system.OPEN_READ_ONLY)
                if descriptor < 0:
                    continue
                map_id = fdinfo(descriptor).get("map_id", "")
                os.close(descriptor)
                if map_id.isdecimal():
                    found.setdefault(int(map_id), []).append(path)
    return found


def owners() -> dict[int, list[tuple[int, str]]]:
    """(pid, name) of the processes that hold maps open, by id; of those that may be looked at."""
    found: dict[int, list[tuple[int, str]]] = {}
    for process in numbers_in("/proc"):
        folder = f"/proc/{process}"
        ids = set()
        try:
            for descriptor in os.listdir(f"{folder}/fd"):
                if os.readlink(f"{folder}/fd/{descriptor}") == "anon_inode:bpf-map":
                    ids.add(fdinfo(int(descriptor), process).get("map_id", ""))
            if ids and process != os.getpid():
                with open(f"{folder}/comm", encoding="utf-8", errors="surrogateescape") as comm:
                    name = comm.read().rstrip("\n")
                for map_id in ids:
                    if map_id.isdecimal():
                        found.setdefault(int(map_id), []).append((process, name))
        except OSError:  # it has ended, or is not ours to look at
            continue
    return found


def _kernel_btf(btf_id: int) -> Btf:
    """BTF of the kernel's own types: vmlinux's, or a module's that continues it."""
    kernel = _vmlinux()
    if not btf_id:
        return kernel
    graph = fetch_btf(btf_id, kernel)
    return graph if graph.base is not None else kernel


def _vmlinux() -> Btf:
    from prettify.sources.opening import open_source

    kernel = open_source(KERNEL)
    assert isinstance(kernel, Btf)
    return kernel


def _info(descriptor: int, size: int, what: str, asked: bytes = b"") -> bytes:
    """What BPF_OBJ_GET_INFO_BY_FD says: `size` bytes, those that the kernel does not know zero."""
    room = bytearray(asked or bytes(size))
    attributes = bytearray(system.INFO.pack(descriptor, size, system.address_of(room)))
    result = system.bpf(system.OBJ_GET_INFO_BY_FD, attributes)
    if result < 0:
        raise system.refusal(what, -result)
    return bytes(room)


def _pinned(path: str, flags: int) -> int:
    """A descriptor of what is pinned there, or minus the errno."""
    name = bytearray(os.fsencode(path) + b"\0")
    return system.bpf(system.OBJ_GET, system.PATH.pack(system.address_of(name), 0, flags, 0))
