"""Opens whatever a user names as a source of types, and knows where to look by default."""

from __future__ import annotations

import os

from prettify.errors import TypeInfoError, UsageError
from prettify.sources import catalogue
from prettify.sources.btf import Btf, checked_base

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.model import TypeGraph

KERNEL_FOLDER = "/sys/kernel/btf"
KERNEL = KERNEL_FOLDER + "/vmlinux"
FORMATS = ("btf", "ctf")  # of type information in ELF files, in the order they are tried
MAGIC_LENGTH = 8  # bytes; the longest is that of CTF archives
BTF_MAGICS = (b"\x9f\xeb", b"\xeb\x9f")
CTF_MAGICS = (b"\xf2\xdf", b"\xdf\xf2", b"\xf1\xcf", b"\xcf\xf1")
CTF_ARCHIVE_MAGIC = b"\xeb\x3e\x62\xd7\xa4\xf2\x47\x8b"
ELF_MAGIC = b"\x7fELF"


def open_source(
    path: str, formats: Sequence[str] = FORMATS, base: TypeGraph | None = None
) -> TypeGraph:
    """The type graph of a file, or of the catalogue's format of that name where no file has it.

    base: what split BTF continues, or the parent of a CTF dictionary. BTF of a kernel module in
    /sys/kernel/btf finds the kernel's by itself. Raises UsageError where there is no such source,
    TypeInfoError where it is bad.
    """
    if not os.path.exists(path):
        known = catalogue.open_format(path)
        if known is not None:
            return known
        raise UsageError(f"cannot open types {path!r}: no such file, and no format of that name")
    folder, name = os.path.split(os.path.abspath(path))
    if base is None and folder == KERNEL_FOLDER and name != "vmlinux":
        base = open_source(KERNEL)
    try:
        with open(path, "rb") as stream:
            magic = stream.read(MAGIC_LENGTH)
            stream.seek(0)
            if magic[:2] in BTF_MAGICS:
                return Btf(stream.read(), path, checked_base(base))
            if magic[:2] in CTF_MAGICS or magic == CTF_ARCHIVE_MAGIC:
                from prettify.sources.ctf.graph import Ctf

                return Ctf(stream.read(), path, base if isinstance(base, Ctf) else None)
            if magic[:4] == ELF_MAGIC:
                from prettify.sources.elf import open_elf

                return open_elf(stream, path, formats, base)
    except OSError as error:
        raise UsageError(f"cannot open types {path!r}: {error.strerror}") from error
    raise TypeInfoError("neither BTF nor CTF nor an ELF file", path)


def default_sources() -> list[str]:
    """Where types are looked for when the user names no source: the running kernel, the catalogue.

    A kernel without BTF is left out. `open_default` opens them.
    """
    kernel = [KERNEL] if os.path.exists(KERNEL) else []
    return [*kernel, *catalogue.names()]


def open_default(name: str) -> TypeGraph:
    """The type graph of a default source, whatever files of that name the current folder has."""
    return catalogue.open_format(name) or open_source(name)
