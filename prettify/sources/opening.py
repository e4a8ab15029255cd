"""Opens whatever a user names as a source of types, and knows where to look by default."""

from __future__ import annotations

import os

from prettify.errors import TypeInfoError, UsageError
from prettify.sources import catalogue
from prettify.sources.btf import ORDERS, Btf, checked_base
from prettify.sources.kernels import KERNEL, KERNEL_FOLDER
from prettify.sources.request import FORMATS, TRACEFS, CompilerOptions, Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from prettify.model import TypeGraph
    from prettify.sources.dwarf.languages import Languages

CTF_MAGICS = (b"\xf2\xdf", b"\xdf\xf2", b"\xf1\xcf", b"\xcf\xf1")
CTF_ARCHIVE_MAGIC = b"\xeb\x3e\x62\xd7\xa4\xf2\x47\x8b"
ELF_MAGIC = b"\x7fELF"
EVENT_MAGIC = b"name: "  # of the format file of a trace event
HEAD = 0x250  # bytes at the start of a file that tell what it is
DEEPEST = 4  # wrappings around type information: a compressed image of a compressed kernel has 2
LARGEST_PACKED = 1 << 30  # bytes of a file that is unpacked, which is done in memory
IMAGE = "a kernel image"  # as a container of types
KERNEL_POINTER = 8  # bytes, of the machines whose kernels are flat images


def open_source(
    path: str,
    formats: Sequence[str] = FORMATS,
    base: TypeGraph | None = None,
    options: CompilerOptions | None = None,
    languages: Languages | None = None,
) -> TypeGraph:
    """The type graph of a file, or of the catalogue's format of that name where no file has it.
    `tracefs:…` names trace events of the kernel that runs.

    base: what split BTF continues, or the parent of a CTF dictionary; BTF of a kernel module finds
    the kernel's by itself. options: for files that are C. languages: of the compile units of DWARF.
    Raises UsageError where there is no such source, TypeInfoError where it is bad.
    """
    if not os.path.exists(path):
        if path.startswith(TRACEFS):
            from prettify.sources.tracefs.graph import open_tracefs

            return open_tracefs(path)
        known = catalogue.open_format(path)
        if known is not None:
            return known
        raise UsageError(f"cannot open types {path!r}: no such file, and no format of that name")
    folder, name = os.path.split(os.path.abspath(path))
    if base is None and folder == KERNEL_FOLDER and name != "vmlinux":
        base = open_source(KERNEL)
    try:
        with open(path, "rb") as stream:
            graph = _opened(stream, path, Request(formats, base, options, languages), 0)
    except OSError as error:
        raise UsageError(f"cannot open types {path!r}: {error.strerror}") from error
    return graph


def _opened(stream: BinaryIO, path: str, request: Request, depth: int) -> TypeGraph:
    """What an open file holds, whatever it is wrapped in; `depth` is how many wrappings deep."""
    base = request.base
    head = stream.read(HEAD)
    stream.seek(0)
    if head[:2] in ORDERS:
        return Btf(stream.read(), path, checked_base(base))
    if head[:2] in CTF_MAGICS or head.startswith(CTF_ARCHIVE_MAGIC):
        from prettify.sources.ctf.graph import Ctf

        return Ctf(stream.read(), path, base if isinstance(base, Ctf) else None)
    if head.startswith(ELF_MAGIC):
        from prettify.sources.elf import open_elf

        return open_elf(stream, path, request, _base_of_module)
    if not depth:
        if head.startswith(EVENT_MAGIC):
            from prettify.sources.tracefs.graph import open_tracefs

            return open_tracefs(path)
        from prettify.sources.headers import LANGUAGES, open_header

        language = LANGUAGES.get(os.path.splitext(path)[1])
        if language:
            return open_header(path, language, request.options)
    from prettify.sources import compression, kernel_images

    if kernel_images.is_flat(head):
        graph: TypeGraph = Btf(
            kernel_images.btf_of(stream.read(), path), path, checked_base(base), KERNEL_POINTER
        )
        graph.origin.container = IMAGE
        return graph
    codec = compression.codec_of(head)
    if depth < DEEPEST and (codec or kernel_images.is_image(head)):
        data = stream.read(LARGEST_PACKED + 1)
        if len(data) > LARGEST_PACKED:
            raise TypeInfoError(f"packed, and larger than {LARGEST_PACKED >> 20} MiB", path)
        if codec:
            inner = compression.as_file(compression.unpacked(codec, data, 0, path))
        else:
            inner = kernel_images.kernel_in(data, path)
        del data
        with inner:
            graph = _opened(inner, path, request, depth + 1)
        graph.origin.container += f" in {codec.name if codec else IMAGE}"
        return graph
    raise TypeInfoError(
        "neither BTF nor CTF nor an ELF file, no kernel image, not named as C is (.h)", path
    )


def _base_of_module(release: str, path: str) -> Btf:
    """The kernel's BTF that a module's continues."""
    from prettify.sources.kernels import base_of_module

    found = base_of_module(release, path, lambda place: open_source(place, ("btf",)))
    assert isinstance(found, Btf)
    return found


def compiler_options(
    include: Sequence[str], macro: Sequence[str], target_flags: str | Sequence[str]
) -> CompilerOptions | None:
    """What the compiler of C is told: see `CompilerOptions`. None where that is nothing.

    target_flags: a list, or a line that is taken apart as by a shell. Raises UsageError.
    """
    if not (include or macro or target_flags):
        return None
    from prettify.sources.headers import flags

    split = flags(target_flags) if isinstance(target_flags, str) else target_flags
    return CompilerOptions(include, macro, split)


def languages_of(
    only: str | Sequence[str] | None, without: str | Sequence[str] | None
) -> Languages | None:
    """What `lang` and `lang_exclude` name ("c11,rust", or a list); None for all languages.

    Raises UsageError for a language that is not known.
    """
    if only is None and without is None:
        return None
    from prettify.sources.dwarf.languages import Languages, language_codes

    wanted = None if only is None else language_codes("--lang", only)
    return Languages(wanted, language_codes("--lang-exclude", without or ()))


def default_sources() -> list[str]:
    """Where types are looked for when the user names no source: the running kernel, the catalogue.

    A kernel without BTF is left out. `open_default` opens them.
    """
    kernel = [KERNEL] if os.path.exists(KERNEL) else []
    return [*kernel, *catalogue.names()]


def open_default(name: str) -> TypeGraph:
    """The type graph of a default source, whatever files of that name the current folder has."""
    return catalogue.open_format(name) or open_source(name)
