"""Real BPF maps of many types, what is in them, and what bpftool and the kernel write of them.

    python tests/map_dumps.py        writes vectors/maps anew, as root, where bpftool is

Each output comes with what was put into the map, so that what is read back can be compared. The
files have them for machines where there are no maps.
"""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bpf_maps
from btf_writer import BtfWriter
from conftest import PATH, VECTORS
from prettify.records.maps.dumped import shapes

FOLDER = VECTORS / "maps"
TYPES = FOLDER / "types.btf"
OUTPUTS = FOLDER / "outputs.json"

# The options for an output, by the end of its file's name.
FORMS = {"json": ("-j",), "pretty.json": ("-p",), "txt": ()}


def possible_cpus() -> int:
    """How many CPUs there may be; values of each go into per-CPU maps, be it there or not."""
    try:
        text = Path("/sys/devices/system/cpu/possible").read_text()
    except OSError:
        return 1
    return int(re.split("[-,]", text.strip())[-1]) + 1


CPUS = possible_cpus()


class Types:
    """The types of all maps here, for the kernel: it takes what compilers make."""

    def __init__(self) -> None:
        w = self.writer = BtfWriter("little")
        self.u8 = w.int("unsigned char", 1)
        self.s8 = w.int("signed char", 1, signed=True)
        self.char = w.int("char", 1, signed=True)
        self.text = w.int("text", 1, char=True)  # as old compilers say that it is a character
        self.bool = w.int("_Bool", 1, boolean=True)
        self.s16 = w.int("short", 2, signed=True)
        self.u32 = w.int("unsigned int", 4)
        self.s32 = w.int("int", 4, signed=True)
        self.u64 = w.int("unsigned long long", 8)
        self.u128 = w.int("unsigned __int128", 16)
        self.float, self.double = w.float("float", 4), w.float("double", 8)
        self.color = w.enum("color", [("RED", 0), ("BLUE", 7), ("HUGE", 0x7FFFFFFF)])
        self.level = w.enum("level", [("LOW", -1), ("HIGH", 1)], signed=True)
        self.small = w.enum("small", [("NONE", 0), ("SOME", 5)], size=1)
        self.large = w.enum64("large", [("FIRST", 1), ("LAST", (1 << 64) - 1)])
        self.name = w.array(self.char, 8)
        self.mac = w.array(self.u8, 6)
        self.pair = w.struct("pair", 8, [("a", self.u32, 0), ("b", self.u32, 32)])
        self.key = w.struct(
            "key", 8, [("a", self.u32, 0), ("b", self.s16, 32), ("c", self.s16, 48)]
        )
        row = w.array(self.s32, 3)
        pointer = w.ptr(self.pair)
        either = w.union("", 8, [("x", self.u64, 0), ("y", self.u32, 0)])
        other = w.union("", 4, [("z", self.u32, 0), ("bytes", w.array(self.u8, 4), 0)])
        inner = w.struct("", 8, [("p", self.s8, 0), ("q", self.s32, 32)])
        number = w.typedef("number_t", w.const(self.u32))
        # What all texts tell in full, if there is nothing behind NULs.
        self.plain = w.struct(
            "plain", 104,
            [
                ("i", self.s32, 0), ("f", self.u32, 32, 3), ("g", self.s32, 35, 5),
                ("h", self.color, 40, 4), ("color", self.color, 64), ("level", self.level, 96),
                ("flag", self.bool, 128), ("u", self.u8, 136), ("s", self.s8, 144),
                ("c", self.char, 152), ("name", self.name, 160), ("number", number, 224),
                ("wide", self.u128, 256), ("large", self.large, 384), ("", either, 448),
                ("pairs", w.array(self.pair, 2), 512), ("", inner, 640), ("", other, 704),
                ("in", inner, 736), ("last", self.s16, 800), ("none", w.array(self.u64, 0), 832),
            ],
        )  # fmt: skip
        self.pointers = w.struct(
            "pointers", 56,
            [
                ("p", pointer, 0), ("q", w.ptr(0), 64), ("both", w.array(pointer, 2), 128),
                ("rows", w.array(row, 2), 256),
            ],
        )  # fmt: skip
        self.characters = w.struct(
            "characters", 24,
            [
                ("t", self.text, 0), ("v", self.text, 8), ("small", self.small, 16),
                ("mac", self.mac, 32), ("many", w.array(self.text, 8), 80),
                ("after", self.u32, 160),
            ],
        )  # fmt: skip
        floating = w.struct("floating", 8, [("x", self.u32, 0), ("f", self.float, 32)])
        self.floats = w.struct(
            "floats", 32,
            [
                ("a", self.u32, 0), ("f", self.float, 32), ("d", self.double, 64),
                ("list", w.array(floating, 1), 128), ("z", self.u32, 192),
            ],
        )  # fmt: skip
        self.section = w.datasec(
            ".data", 120,
            [
                (w.var("count", self.s32, 1), 0, 4), (w.var("title", self.name, 0), 4, 8),
                (w.var("all", self.plain, 1), 16, 104),
            ],
        )  # fmt: skip

    def ids(self) -> dict[str, int]:
        """The ids of all of them that have a name here."""
        return {name: number for name, number in vars(self).items() if isinstance(number, int)}


def plain(seed: int) -> bytes:
    """A value of `plain`, without bytes that no text tells."""
    number = seed * 2654435761 & 0xFFFFFFFF
    value = bytearray(104)
    struct.pack_into("<i", value, 0, -seed)
    value[4:6] = number & 0xFF, number >> 8 & 0x0F
    struct.pack_into("<Ii", value, 8, (0, 7, 9, 0x7FFFFFFF)[seed % 4], (-1, 0, 1)[seed % 3])
    value[16:20] = seed & 1, number & 0xFF, number >> 8 & 0xFF, number >> 16 & 0xFF
    value[20:28] = (b"", b"a", b"o'b\"c\\d", b"1234567", b"x,}: ]")[seed % 5].ljust(8, b"\0")
    struct.pack_into("<I", value, 28, number)
    value[32:48] = (number**4 & (1 << 128) - 1).to_bytes(16, "little")
    struct.pack_into("<QQ", value, 48, (1, (1 << 64) - 1, 0, 5)[seed % 4], number * number)
    struct.pack_into("<4I", value, 64, number, 0, seed, number >> 3)
    struct.pack_into("<b3xi", value, 80, seed - 3, -number // 2)
    value[88:92] = bytes(max(byte, 1) for byte in number.to_bytes(4, "little"))
    struct.pack_into("<b3xi", value, 92, -seed, seed)
    struct.pack_into("<h", value, 100, -seed)
    return bytes(value)


def characters(t: bytes, v: bytes, mac: bytes, many: bytes) -> bytes:
    """A value of `characters`."""
    return (t + v + b"\5\0" + mac + many.ljust(8, b"\0")).ljust(20, b"\0") + b"\7\0\0\0"


KEYS = [struct.pack("<Ihh", 3 * i, -i, i * i) for i in range(5)]
INDICES = [struct.pack("<I", i) for i in range(5)]
ADDRESS = struct.pack("<Q", 0xFFFF888012345678)
NULL, ERROR = bytes(8), struct.pack("<q", -22)
FLOATS = [
    struct.pack("<Ifd", i, i + 0.5, -i / 3) + struct.pack("<IfI4x", i, 0.25, 7) for i in range(3)
]


def bytes_of(size: int, seed: int) -> bytes:
    """Some bytes that are not alike."""
    return bytes((seed + 37 * i) & 0xFF for i in range(size))


class Map:
    """A map to make: its kind and what is in it.

    values: of each CPU, one behind the other, if `cpus`. key, value: names in Types; without them
    the map has no types. failing: how many entries cannot be looked up. pinned: whether the kernel
    can show it where it is pinned.
    """

    def __init__(
        self,
        kind: str,
        entries: list[tuple[bytes, bytes]],
        *,
        key: str = "",
        value: str = "",
        sizes: tuple[int, int] | None = None,
        cpus: int = 0,
        failing: int = 0,
        size: int = 0,
        flags: int = 0,
        pinned: bool = False,
    ) -> None:
        self.kind = kind
        self.entries = entries
        self.key = key
        self.value = value
        self.sizes = sizes or (len(entries[0][0]), len(entries[0][1]) // max(cpus, 1))
        self.cpus = cpus
        self.failing = failing
        self.size = size or len(entries)
        self.flags = flags
        self.pinned = pinned


def per_cpu(size: int, seed: int) -> bytes:
    """Values of that size of all CPUs."""
    return b"".join(bytes_of(size, seed + cpu) for cpu in range(CPUS))


PLAIN = [(key, plain(i)) for i, key in enumerate(KEYS)]
MAPS = {
    "hash": Map("hash", PLAIN, key="key", value="plain", pinned=True),
    "array": Map("array", [(i, plain(n)) for n, i in enumerate(INDICES)], key="u32", value="plain",
                 pinned=True),
    "lru": Map("lru_hash", [(KEYS[0], bytes_of(8, 3))], key="pair", value="pair", pinned=True),
    "numbers": Map("hash", [(i, i[::-1]) for i in INDICES], key="u32", value="s32", pinned=True),
    "text-key": Map("hash", [(b"ab\0\0\0\0\0\0", b"\7\0\0\0"), (b"xy: {,z\0", b"\1\0\0\0")],
                    key="name", value="color", pinned=True),
    "pointers": Map("hash", [(INDICES[0], ADDRESS + NULL + ADDRESS + ADDRESS + bytes_of(24, 1)),
                             (INDICES[1], ERROR + NULL + NULL + NULL + bytes(24))],
                    key="u32", value="pointers", pinned=True),
    "characters": Map("hash", [
        (INDICES[0], characters(b"\\", b'"', b"\1\2\3\4\5\6", b"ab\0")),
        (INDICES[1], characters(b'"', b"\\", b"\0\2\0\4\5\6", b"\\,\\,\"\n\\,")),
        (INDICES[2], characters(b"a", b"\x80", b"abcdef", b"\\,,,,,,\\")),
        (INDICES[3], characters(b"\0", b",", bytes(6), b"\\]},{\":")),
    ], key="u32", value="characters", pinned=True),
    "floats": Map("hash", list(zip(INDICES, FLOATS)), key="u32", value="floats", pinned=True),
    "data": Map("array", [(INDICES[0], struct.pack("<i8s4x", -5, b"title") + plain(4))],
                value="section", pinned=True),
    "percpu-hash": Map("percpu_hash", [(k, per_cpu(8, i)) for i, k in enumerate(KEYS)],
                       key="key", value="pair", cpus=CPUS, pinned=True),
    "percpu-array": Map("percpu_array", [(i, per_cpu(4, i[0])) for i in INDICES],
                        key="u32", value="u32", cpus=CPUS, pinned=True),
    "empty": Map("hash", [], key="u32", value="u32", sizes=(4, 4), size=4, pinned=True),
    "bytes-4-4": Map("hash", [(i, bytes_of(4, i[0])) for i in INDICES]),
    "bytes-12-12": Map("hash", [(bytes_of(12, i), bytes_of(12, -i)) for i in range(3)]),
    "bytes-12-13": Map("hash", [(bytes_of(12, i), bytes_of(13, -i)) for i in range(3)]),
    "bytes-16-16": Map("hash", [(bytes_of(16, i), bytes_of(16, -i)) for i in range(3)]),
    "bytes-8-104": Map("hash", PLAIN),
    "bytes-20-1": Map("hash", [(bytes_of(20, i), bytes_of(1, -i)) for i in range(3)]),
    "bytes-percpu": Map("percpu_hash", [(k, per_cpu(20, i)) for i, k in enumerate(KEYS)],
                        cpus=CPUS),
    "bytes-percpu-4": Map("percpu_array", [(i, per_cpu(4, i[0])) for i in INDICES], cpus=CPUS),
    "bytes-empty": Map("hash", [], sizes=(4, 4), size=4),
    "lpm": Map("lpm_trie", [(b"\x08\0\0\0\x0a\0\0\0", bytes_of(4, 1)),
                            (b"\x18\0\0\0\xc0\xa8\1\0", bytes_of(4, 2))], flags=1, size=8),
    "devmap": Map("devmap", [], sizes=(4, 4), size=3, failing=3),
    "perf": Map("perf_event_array", [], sizes=(4, 4), size=2, failing=2),
    "programs": Map("prog_array", [], sizes=(4, 4), size=2),
    "sockets": Map("reuseport_sockarray", [], key="u32", value="u32", sizes=(4, 4), size=3,
                   failing=3),
    "ring": Map("ringbuf", [], sizes=(0, 0), size=4096),
}  # fmt: skip

LOOKED_UP = ("hash", "data", "percpu-array", "bytes-4-4", "bytes-8-104", "bytes-percpu")


class Output:
    """What was written of maps, and what it says.

    key, value: names in Types of what is needed to read it, or empty. maps: for each of them how
    many CPUs have values, and the entries, in any order. lossy: whether it does not tell all bytes.
    failing: how many lookups had failed. list: whether it is a list of maps, `maps` being what that
    says of them.
    """

    def __init__(
        self,
        file: str,
        data: bytes,
        shape: str,
        maps: list[dict[str, Any]],
        *,
        key: str = "",
        value: str = "",
        failing: int = 0,
        lossy: bool = False,
    ) -> None:
        self.file = file
        self.data = data
        self.shape = shape
        self.maps = maps
        self.key = key
        self.value = value
        self.failing = failing
        self.lossy = lossy

    def row(self) -> dict[str, Any]:
        """All of it, as JSON has it: the data as Latin-1."""
        return {**vars(self), "data": self.data.decode("latin-1")}


def bpftool(*arguments: str) -> bytes:
    """What bpftool writes; where it says that it failed, too."""
    done = subprocess.run(
        ["bpftool", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, "PATH": PATH},
    )  # fmt: skip
    return done.stdout


def said(entries: list[tuple[bytes, bytes]], cpus: int = 0, **known: Any) -> dict[str, Any]:
    """What an output says of a map."""
    return {
        "cpus": cpus,
        "entries": [[key.hex(), values.hex()] for key, values in entries],
        **known,
    }


def padded(values: bytes, cpus: int) -> bytes:
    """Values of CPUs as the kernel takes them."""
    size = len(values) // cpus
    each = (values[cpu * size : (cpu + 1) * size] for cpu in range(cpus))
    return b"".join(value + bytes(-size % 8) for value in each)


class Made:
    """The maps, in the kernel until the stack is closed. mark: makes names that no one else has."""

    def __init__(self, stack: ExitStack, mark: str) -> None:
        self.types = Types()
        self.mark = mark
        self._stack = stack
        self._btf = bpf_maps.load_btf(self.types.writer.bytes())
        stack.callback(os.close, self._btf)
        self.maps = {name: self.make(map_, name.replace("-", "_")) for name, map_ in MAPS.items()}

    def make(self, map_: Map, name: str) -> int:
        """A new map's descriptor."""
        key_size, value_size = map_.sizes
        made = bpf_maps.create(
            map_.kind, key_size, value_size, map_.size, name=name[:15], flags=map_.flags,
            btf=self._btf if map_.value else 0,
            key_type=getattr(self.types, map_.key) if map_.key else 0,
            value_type=getattr(self.types, map_.value) if map_.value else 0,
        )  # fmt: skip
        self._stack.callback(os.close, made)
        for key, values in map_.entries:
            bpf_maps.update(made, key, padded(values, map_.cpus) if map_.cpus else values)
        return made

    def outputs(self, folder: Path) -> Iterator[Output]:
        """All of them. folder: a BPF file system."""
        for name in MAPS:
            yield from self.dumps(name)
            if name in LOOKED_UP:
                yield from self.lookups(name)
            if MAPS[name].pinned:
                yield self.pinned(name, folder)
        yield from self.queues()
        yield from self.several()
        yield from self.lists(folder)

    def dumps(self, name: str) -> Iterator[Output]:
        """What `map dump` writes of a map."""
        map_, number = MAPS[name], str(bpf_maps.id_of(self.maps[name]))
        for form, options in FORMS.items():
            text = bpftool(*options, "map", "dump", "id", number)
            yield self._output(
                name, f"{name}.{form}", text, map_.entries, failing=map_.failing,
                raw=bool(options), some=bool(map_.entries or map_.failing),
            )  # fmt: skip

    def lookups(self, name: str) -> Iterator[Output]:
        """What `map lookup` and `getnext` write of its first entry, and of none."""
        map_, number = MAPS[name], str(bpf_maps.id_of(self.maps[name]))
        key, values = map_.entries[0]
        asked = ("id", number, "key", "hex", *key.hex(" ").split())
        first = _first_key(bpftool("-j", "map", "dump", "id", number))
        for form, options in FORMS.items():
            text = bpftool(*options, "map", "lookup", *asked)
            yield self._output(
                name, f"{name}.lookup.{form}", text, [(key, values)], raw=bool(options)
            )
            text = bpftool(*options, "map", "getnext", "id", number)
            shape = shapes.JSON if options else shapes.HEX
            yield Output(f"{name}.getnext.{form}", text, shape, [said([(first, b"")])])
            if map_.kind == "hash":
                missing = ("id", number, "key", "hex", *["ee"] * len(key))
                text = bpftool(*options, "map", "lookup", *missing)
                maps = [] if options else [said([])]
                yield Output(f"{name}.missing.{form}", text, shape, maps, failing=1)

    def _output(
        self,
        name: str,
        file: str,
        text: bytes,
        entries: list[tuple[bytes, bytes]],
        *,
        raw: bool,
        some: bool = True,
        failing: int = 0,
    ) -> Output:
        """raw: whether there are bytes in it though the map has types. some: whether entries."""
        map_ = MAPS[name]
        typed = bool(map_.value) and not raw
        shape = shapes.TYPED if typed and some else shapes.JSON if typed or raw else shapes.HEX
        return Output(
            file, text, shape, [said(entries, map_.cpus if entries else 0)],
            key=map_.key if typed else "", value=map_.value if typed else "", failing=failing,
            lossy=typed and name == "floats",
        )  # fmt: skip

    def pinned(self, name: str, folder: Path) -> Output:
        """What the kernel writes of a map that is pinned."""
        map_ = MAPS[name]
        path = folder / name
        bpf_maps.pin(self.maps[name], str(path))
        return Output(
            f"{name}.pinned", path.read_bytes(), shapes.PINNED,
            [said(map_.entries, map_.cpus if map_.entries else 0)],
            key=map_.key, value=map_.value, lossy=name in ("pointers", "characters", "floats"),
        )  # fmt: skip

    def queues(self) -> Iterator[Output]:
        """What `map peek` and `dequeue` write."""
        for kind in ("queue", "stack"):
            made = self.make(Map(kind, [(b"", bytes_of(20, i)) for i in range(7)]), kind)
            number = str(bpf_maps.id_of(made))
            for form, options in FORMS.items():
                shape = shapes.JSON if options else shapes.HEX
                for what in ("peek", "dequeue" if kind == "queue" else "pop"):
                    text = bpftool(*options, "map", what, "id", number)
                    taken = list(FORMS).index(form)
                    value = bytes_of(20, taken if kind == "queue" else 6 - taken)
                    yield Output(f"{kind}.{what}.{form}", text, shape, [said([(b"", value)])])

    def several(self) -> Iterator[Output]:
        """What is written of maps of one name: without types, and with the same ones."""
        for what, names in {
            "bytes": ("bytes-4-4", "bytes-empty", "bytes-8-104", "bytes-percpu"),
            "types": ("numbers", "empty", "percpu-array"),
        }.items():
            mark = f"{what[0]}{self.mark}"
            ids = [bpf_maps.id_of(self.make(MAPS[name], mark)) for name in names]
            known = [
                said(
                    MAPS[name].entries, MAPS[name].cpus if MAPS[name].entries else 0,
                    id=number, name=mark, type=MAPS[name].kind,
                )
                for name, number in zip(names, ids)
            ]  # fmt: skip
            for form, options in FORMS.items():
                text = bpftool(*options, "map", "dump", "name", mark)
                shape = shapes.JSON if options else shapes.TYPED if what == "types" else shapes.HEX
                typed = shape == shapes.TYPED
                yield Output(
                    f"several-{what}.{form}", text, shape, known,
                    key="u32" if typed else "", value="u32" if typed else "",
                )  # fmt: skip

    def lists(self, folder: Path) -> Iterator[Output]:
        """What `map list` and `map show` say."""
        numbers = [bpf_maps.id_of(made) for made in self.maps.values()]
        for form, options in FORMS.items():
            known = [
                {
                    "id": number, "type": map_.kind, "key_size": map_.sizes[0],
                    "value_size": map_.sizes[1], "max_entries": map_.size,
                    "name": name.replace("-", "_")[:15],
                    "pinned": [str(folder / name)] if map_.pinned else [],
                    **({"flags": map_.flags} if map_.flags else {}),
                }
                for number, (name, map_) in zip(numbers, MAPS.items())
            ]  # fmt: skip
            text = bpftool(*options, "-f", "map", "list")
            yield Output(f"list.{form}", text, shapes.LIST, known)
            text = bpftool(*options, "-f", "map", "show", "id", str(numbers[0]))
            yield Output(f"show.{form}", text, shapes.LIST, known[:1])


def _first_key(text: bytes) -> bytes:
    """The key of the first entry of a dump in JSON."""
    found = re.findall(rb"0x(..)", text.partition(b"]")[0])
    return bytes.fromhex(b"".join(found).decode())


def kept() -> tuple[dict[str, int], list[Output]]:
    """Ids of the types in TYPES by their names here, and the outputs that were kept."""
    found = json.loads(OUTPUTS.read_text())
    outputs = []
    for row in found["outputs"]:
        data = row.pop("data").encode("latin-1")
        outputs.append(Output(row.pop("file"), data, row.pop("shape"), row.pop("maps"), **row))
    return found["types"], outputs


def write_all() -> None:
    """Keep what is written here and now."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        pins = stack.enter_context(bpf_maps.bpf_file_system(folder))
        made = Made(stack, "same")
        lines = ",\n".join(json.dumps(output.row()) for output in made.outputs(pins))
    FOLDER.mkdir(exist_ok=True)
    TYPES.write_bytes(made.types.writer.bytes())
    OUTPUTS.write_text(f'{{"types": {json.dumps(made.types.ids())}, "outputs": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    write_all()
