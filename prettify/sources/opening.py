"""Opens whatever a user names as a source of types, and knows where to look by default."""

from __future__ import annotations

import os

from prettify.errors import TypeInfoError, UsageError
from prettify.sources import catalogue
from prettify.sources.btf import Btf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from prettify.model import TypeGraph

KERNEL_FOLDER = "/sys/kernel/btf"
KERNEL = KERNEL_FOLDER + "/vmlinux"
FORMATS = ("btf",)  # of type information in ELF files, in the order they are tried
BTF_MAGICS = (b"\x9f\xeb", b"\xeb\x9f")
ELF_MAGIC = b"\x7fELF"


def open_source(
    path: str, formats: Sequence[str] = FORMATS, base: TypeGraph | None = None
) -> TypeGraph:
    """The type graph of a file, or of the catalogue's format of that name where no file has it.

    base: what split BTF continues. BTF of a kernel module in /sys/kernel/btf finds the kernel's
    by itself. Raises UsageError where there is no such source, TypeInfoError where it is bad.
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
            magic = stream.read(4)
            stream.seek(0)
            if magic[:2] in BTF_MAGICS:
                return Btf(stream.read(), path, _checked_base(base))
            if magic == ELF_MAGIC:
                from prettify.sources.elf import open_elf

                return open_elf(stream, path, formats, _checked_base(base))
    except OSError as error:
        raise UsageError(f"cannot open types {path!r}: {error.strerror}") from error
    raise TypeInfoError("neither BTF nor an ELF file", path)


def _checked_base(base: TypeGraph | None) -> Btf | None:
    if base is None or isinstance(base, Btf):
        return base
    raise UsageError(f"{base.path} is no BTF: split BTF needs BTF as its base")


def default_sources() -> list[str]:
    """Where types are looked for when the user names no source: the running kernel, the catalogue.

    A kernel without BTF is left out. `open_default` opens them.
    """
    kernel = [KERNEL] if os.path.exists(KERNEL) else []
    return [*kernel, *catalogue.names()]


def open_default(name: str) -> TypeGraph:
    """The type graph of a default source, whatever files of that name the current folder has."""
    return catalogue.open_format(name) or open_source(name)
