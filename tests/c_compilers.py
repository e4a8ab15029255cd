"""Lets C compilers judge initializers: do they warn, and which bytes does the object have?

Objects are read from the object file, nothing is run: so a compiler for another machine will do,
without its libraries.
"""

from __future__ import annotations

import functools
import shutil
import struct
import subprocess
import tempfile
from pathlib import Path

WARNINGS = ("-std=gnu11", "-Wall", "-Wextra", "-Werror")
# A `char` array that is full has no room for the NUL of its literal. C is fine with that, and so
# were all compilers until gcc 15.
FULL = "-Wno-unterminated-string-initialization"
MESSAGES = 4000  # characters of a compiler's messages that a failure shows


class Compiler:
    """A C compiler and the flags that choose its target."""

    def __init__(self, command: str, *flags: str) -> None:
        self.command = command
        self.flags = flags

    def __repr__(self) -> str:
        return " ".join((self.command, *self.flags))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The flags that make it strict."""
        flags = (*WARNINGS, FULL)
        return flags if can(self.command, (*self.flags, *flags)) else WARNINGS

    def messages(self, source: str, *flags: str, folder: str | None = None) -> str:
        """What the compiler says where it fails, which with -Werror any warning makes it do.

        folder: where it runs.
        """
        done = subprocess.run(
            [self.command, *self.flags, *flags, "-x", "c", "-"],
            input=source,
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
        )
        if not done.returncode:
            return ""
        return done.stderr[:MESSAGES] or f"exit status {done.returncode}"

    def objects(self, source: str, *flags: str) -> dict[str, bytes]:
        """The bytes of a source's variables, by name; an AssertionError where it fails."""
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "objects.o"
            messages = self.messages(source, *flags, "-c", "-o", str(output))
            assert not messages, f"{self}: {messages}"
            return variables(output)


@functools.cache
def can(command: str, flags: tuple[str, ...] = (), macro: str = "", declaration: str = "") -> bool:
    """Whether a compiler takes these flags, then defines the macro, and takes the declaration."""
    if not shutil.which(command):
        return False
    source = f"#if {f'!defined({macro})' if macro else '0'}\n#error\n#endif\n{declaration}\n"
    # As assembly, since a target may be known but not supported; in a folder, where split debug
    # information goes too.
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(command, *flags)
        return not compiler.messages(source, "-S", "-o", "empty.s", folder=folder)


SYMBOL_TABLE, NO_BITS = 2, 8  # types of sections
OBJECT = 1  # type of symbols
FIRST_SPECIAL = 0xFF00  # section numbers that are no sections


def variables(path: Path) -> dict[str, bytes]:
    """The bytes of the variables in an ELF object file, which needs no relocation.

    pyelftools would take longer for this than the compilers for theirs.
    """
    data = path.read_bytes()
    order = "<" if data[5] == 1 else ">"
    # Of the ELF header e_shoff, e_shentsize and e_shnum; then sh_type, sh_offset, sh_size, sh_link
    # of section headers; then st_name, st_info, st_shndx, st_value, st_size of symbols.
    if data[4] == 2:
        start, entry, count = struct.unpack_from(f"{order}40xQ10xHH", data)
        header, symbol, wide = f"{order}4xI16xQQI", struct.Struct(f"{order}IBxHQQ"), True
    else:
        start, entry, count = struct.unpack_from(f"{order}32xI10xHH", data)
        header, symbol, wide = f"{order}4xI8xIII", struct.Struct(f"{order}IIIBxH"), False
    sections = [struct.unpack_from(header, data, start + entry * i) for i in range(count)]
    found = {}
    for kind, offset, size, names in sections:
        if kind != SYMBOL_TABLE:
            continue
        for row in symbol.iter_unpack(data[offset : offset + size]):
            name, info, section, value, length = row if wide else (row[0], *row[3:], *row[1:3])
            if info & 15 != OBJECT or not 0 < section < FIRST_SPECIAL:
                continue
            kind_there, offset_there, *_ = sections[section]
            begin = sections[names][1] + name
            text = data[begin : data.index(b"\0", begin)].decode()
            if kind_there == NO_BITS:
                found[text] = bytes(length)
            else:
                found[text] = data[offset_there + value : offset_there + value + length]
    return found
