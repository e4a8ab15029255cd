"""Lets C compilers judge initializers: do they warn, and which bytes does the object have?

Objects are read from the object file, nothing is run: so a compiler for another machine will do,
without its libraries.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

WARNINGS = ("-std=gnu11", "-Wall", "-Wextra", "-Werror")
MESSAGES = 4000  # characters of a compiler's messages that a failure shows


class Compiler:
    """A C compiler and the flags that choose its target."""

    def __init__(self, command: str, *flags: str) -> None:
        self.command = command
        self.flags = flags

    def __repr__(self) -> str:
        return " ".join((self.command, *self.flags))

    def messages(self, source: str, *flags: str) -> str:
        """What the compiler says where it fails, which with -Werror any warning makes it do."""
        done = subprocess.run(
            [self.command, *self.flags, *flags, "-x", "c", "-"],
            input=source,
            capture_output=True,
            text=True,
            check=False,
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
    # As assembly, since a target may be known but not supported.
    return not Compiler(command, *flags).messages(source, "-S", "-o", "-")


def variables(path: Path) -> dict[str, bytes]:
    """The bytes of the variables in an object file, which needs no relocation."""
    found: dict[str, bytes] = {}
    with path.open("rb") as stream:
        elf = ELFFile(stream)  # type: ignore[no-untyped-call]
        contents: dict[int, bytes] = {}
        for table in elf.iter_sections():
            if not isinstance(table, SymbolTableSection):
                continue
            for symbol in table.iter_symbols():
                section = symbol["st_shndx"]
                if symbol["st_info"]["type"] != "STT_OBJECT" or not isinstance(section, int):
                    continue
                if section not in contents:
                    contents[section] = elf.get_section(section).data()
                start = symbol["st_value"]
                found[symbol.name] = contents[section][start : start + symbol["st_size"]]
    return found
