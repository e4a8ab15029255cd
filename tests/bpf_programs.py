"""The BPF programs of tests/bpf, loaded through bpf(2): their maps, their BTF, and runs of them."""

from __future__ import annotations

import ctypes
import errno
import io
import mmap
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from elftools.elf.elffile import ELFFile

import bpf_maps
import prettify
from prettify import model
from prettify.records.maps.live import system

OBJECT = Path(__file__).parent / "bpf" / "events.bpf.o"
SOURCE = OBJECT.with_name("events.bpf.c")
BUILD = OBJECT.with_name("build.sh")
IMAGE = OBJECT.with_name("events.ring")  # what `save_image` saved on x86-64

PROG_TEST_RUN = 10
RAW_TRACEPOINT = 17  # type of program
# type, instructions, their address, the license's, log level, log size, log, kernel version, flags,
# name, interface, attach type, BTF, bytes of a function's row, rows, how many; the rest is zero
PROG_LOAD = struct.Struct("=IIQQIIQII16sIIIIQI")
# program, result, sizes and addresses of packets, times, duration, sizes and addresses of contexts
TEST_RUN = struct.Struct("=IIIIQQIIIIQQ")
INSTRUCTION = 8  # bytes
CALL = 10  # R_BPF_64_32, the relocation of a call
MAP_DESCRIPTOR = 1  # in the source register of a load of 64 bits
MAPS = ".maps"
# Bytes behind an entry of a kind of BTF, and for each of what it has.
TAILS = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0),
         15: (0, 12), 17: (4, 0), 19: (0, 12)}  # fmt: skip
DATASEC = 15

# What the second argument of a run asks for; see events.bpf.c.
TEXTS, DISCARDS, QUIET = 1, 2, 4
MOST = 4096  # events of one run
SENT, FAILED, DISCARDED = range(3)  # counters


class Programs:
    """The programs of an object, loaded, with maps of their own.

    entries: of maps, where they are not to be as the object says. Skips the test where that is not
    allowed here.
    """

    def __init__(self, path: Path = OBJECT, entries: dict[str, int] | None = None) -> None:
        bpf_maps.need_maps()
        self._elf = ELFFile(io.BytesIO(path.read_bytes()))
        self._names = [section.name for section in self._elf.iter_sections()]
        symbols: Any = self._elf.get_section_by_name(".symtab")
        self._symbols = list(symbols.iter_symbols())
        self._open: list[int] = []
        self.types = prettify.load_types(str(path))
        try:
            self._btf = self._kept(bpf_maps.load_btf(self._repaired_btf()))
            self.entries: dict[str, int] = {}
            self.maps = self._made_maps(entries or {})
            self._programs = self._loaded()
        except OSError as error:
            self.close()
            if error.errno != errno.EPERM:  # the verifier has its own numbers
                raise
            pytest.skip(f"no BPF programs here: {error}")

    def __enter__(self) -> Programs:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the descriptors; what nobody else holds is gone then."""
        while self._open:
            os.close(self._open.pop())

    def run(self, name: str, count: int, how: int = 0) -> None:
        """Let a program make so many events, as `how` says, on the processor this runs on."""
        while count > 0:
            context = struct.pack("=QQ", min(count, MOST), how)
            room = ctypes.create_string_buffer(context, len(context))
            attributes = TEST_RUN.pack(
                self._programs[name], 0, 0, 0, 0, 0, 0, 0, len(context), 0,
                ctypes.addressof(room), 0,
            )  # fmt: skip
            bpf_maps.called(PROG_TEST_RUN, bytearray(attributes), f"run {name}")
            count -= MOST

    def counter(self, number: int) -> int:
        """What the programs have counted."""
        key = ctypes.create_string_buffer(number.to_bytes(4, "little"), 4)
        value = ctypes.create_string_buffer(8)
        attributes = system.ELEMENT.pack(
            self.maps["counters"], ctypes.addressof(key), ctypes.addressof(value), 0
        )
        bpf_maps.called(system.MAP_LOOKUP_ELEM, attributes, "lookup")
        return int(struct.unpack("=Q", value.raw)[0])

    def _kept(self, descriptor: int) -> int:
        self._open.append(descriptor)
        return descriptor

    def _data(self, name: str) -> bytes:
        section = self._elf.get_section_by_name(name)
        return bytes(section.data())

    def _repaired_btf(self) -> bytes:
        """The object's BTF with what clang leaves to who loads it: sections' sizes, and where their
        variables are.
        """
        data = bytearray(self._data(".BTF"))
        header, types, size, strings = struct.unpack_from("=4xIIII", data)
        places = {symbol.name: symbol["st_value"] for symbol in self._symbols}
        variables = [""]
        at = header + types
        while at < header + types + size:
            name_at, flags, _ = struct.unpack_from("=III", data, at)
            start = header + strings + name_at
            name = data[start : data.index(0, start)].decode()
            kind, count = flags >> 24 & 0x1F, flags & 0xFFFF
            variables.append(name)
            if kind == DATASEC:
                struct.pack_into("=I", data, at + 8, len(self._data(name)))
                for entry in range(at + 12, at + 12 + 12 * count, 12):
                    [variable] = struct.unpack_from("=I", data, entry)
                    struct.pack_into("=I", data, entry + 4, places[variables[variable]])
            once, each = TAILS.get(kind, (0, 0))
            at += 12 + once + each * count
        return bytes(data)

    def _made_maps(self, entries: dict[str, int]) -> dict[str, int]:
        """The maps that the section `.maps` declares."""
        made = {}
        for entry in self.types[MAPS].type.entries:
            variable = self.types.by_id(entry.type_id).type
            declared = {member.name: member for member in variable.target.members}
            graph = variable.graph

            def pointee(name: str, declared: Any = declared, graph: Any = graph) -> Any:
                member = declared.get(name)
                return None if member is None else graph.by_id(member.type_id).target

            kind = pointee("type").count
            key, value = pointee("key"), pointee("value")
            room = pointee("max_entries")
            count = entries.get(variable.name, room.count if room else os.cpu_count())
            described = kind == bpf_maps.TYPES["array"]  # the kernel wants no types of the others
            self.entries[variable.name] = count
            made[variable.name] = self._kept(
                bpf_maps.create(
                    kind,
                    model.size_of(key) if key else 0,
                    model.size_of(value) if value else 0,
                    count,
                    name=variable.name,
                    btf=self._btf if described else 0,
                    key_type=key.id if described else 0,
                    value_type=value.id if described else 0,
                )
            )
        return made

    def _loaded(self) -> dict[str, int]:
        """The programs, by the names of the functions that their sections begin with."""
        functions = [s for s in self._symbols if s["st_info"]["type"] == "STT_FUNC"]
        functions.sort(key=lambda symbol: int(symbol["st_value"]))
        loaded = {}
        for first in functions:
            if not first["st_value"]:
                section = first["st_shndx"]
                inside = [f for f in functions if f["st_shndx"] == section]
                loaded[first.name] = self._kept(self._load(self._names[section], inside))
        return loaded

    def _load(self, section: str, functions: list[Any]) -> int:
        code = bytearray(self._data(section))
        relocations: Any = self._elf.get_section_by_name(f".rel{section}")
        for relocation in relocations.iter_relocations():
            at = relocation["r_offset"]
            symbol = self._symbols[relocation["r_info_sym"]]
            if relocation["r_info_type"] == CALL:
                value = (symbol["st_value"] - at) // INSTRUCTION - 1
            else:
                value = self.maps[symbol.name]
                code[at + 1] = code[at + 1] & 0x0F | MAP_DESCRIPTOR << 4
            struct.pack_into("=i", code, at + 4, value)
        rows = b"".join(
            struct.pack("=II", f["st_value"] // INSTRUCTION, self._type_of(f.name))
            for f in functions
        )
        texts = (bytes(code), rows, self._data("license"))
        rooms = [ctypes.create_string_buffer(text, len(text)) for text in texts]
        places = [ctypes.addressof(room) for room in rooms]
        log = ctypes.create_string_buffer(1 << 24)
        result = 0
        for level in (0, 1):  # the verifier's words are asked for when it has refused
            attributes = PROG_LOAD.pack(
                RAW_TRACEPOINT, len(code) // INSTRUCTION, places[0], places[2],
                level, level * len(log), level * ctypes.addressof(log), 0, 0,
                functions[0].name.encode(), 0, 0,
                self._btf, len(rows) // len(functions), places[1], len(functions),
            )  # fmt: skip
            result = system.bpf(system.PROG_LOAD, attributes + bytes(64))
            if result >= 0:
                return result
        said = log.value.decode(errors="replace").strip().splitlines()[-3:]
        raise OSError(-result, f"{section}: {os.strerror(-result)}: {said}")

    def _type_of(self, function: str) -> int:
        """The id of a function's type."""
        graph = next(iter(self.types.sources))
        return next(i for i in graph.ids(function) if graph.by_id(i).kind == model.FUNCTION)


def data_area(programs: Programs) -> bytes:
    """All bytes that the ring buffer's data area has now, read or not."""
    size = programs.entries["ring"]
    page = mmap.PAGESIZE
    with mmap.mmap(
        programs.maps["ring"], page + size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page
    ) as area:
        return area[page:]


def expected(sequence: int, how: int = 0) -> dict[str, Any]:
    """What the program puts into the event of that number, but for the processor's."""
    letter = sequence % 26
    if how & TEXTS and sequence % 3 == 2:
        length = sequence * 7 % 109
        return {
            "event": {"sequence": sequence, "kind": "EVENT_TEXT"},
            "length": length,
            "text": chr(ord("A") + letter) * length,
        }
    return {
        "event": {"sequence": sequence, "kind": "EVENT_SAMPLE"},
        "value": 3 * sequence,
        "name": f"sample{chr(ord('a') + letter)}",
    }


def save_image() -> None:
    """Make the image beside the object: 40 events in a ring of a page, some discarded."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with Programs(entries={"ring": mmap.PAGESIZE}) as programs:
        programs.run("fill_ring", 40, TEXTS | DISCARDS)
        IMAGE.write_bytes(data_area(programs))


if __name__ == "__main__":
    save_image()
