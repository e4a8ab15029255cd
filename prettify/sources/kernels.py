"""Where kernels are: the running one's BTF, and the kernel that a module belongs to."""

from __future__ import annotations

import os

from prettify.errors import TypeInfoError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prettify.model import TypeGraph

KERNEL_FOLDER = "/sys/kernel/btf"
KERNEL = KERNEL_FOLDER + "/vmlinux"
KERNEL_NOTES = "/sys/kernel/notes"
MODULE_NOTES = "/sys/module/{}/notes/.note.gnu.build-id"
# Where a kernel may be, from the root folder of its system; those that need no unpacking first.
PLACES = (
    "lib/modules/{}/vmlinux",
    "lib/modules/{}/build/vmlinux",
    "boot/vmlinux-{}",
    "usr/lib/debug/boot/vmlinux-{}",
    "usr/lib/debug/lib/modules/{}/vmlinux",
    "lib/modules/{}/vmlinuz",
    "boot/vmlinuz-{}",
)
MODULES = "/lib/modules/"
# What stands before it in the paths of modules, besides the root folder.
BELOW_ROOT = ("/usr/lib/debug", "/usr")


def running() -> str:
    """The release of the running kernel, as `uname -r` prints it."""
    return os.uname().release


def running_build_id(name: str, byte_order: str) -> bytes:
    """The build-id of the running kernel, vmlinux, or one of its modules; empty where unknown."""
    from prettify.sources.notes import build_id_of_file

    notes = KERNEL_NOTES if name == "vmlinux" else MODULE_NOTES.format(name)
    return build_id_of_file(notes, byte_order)


def base_of_module(release: str, path: str, open_btf: Callable[[str], TypeGraph]) -> TypeGraph:
    """The BTF of the kernel of that release, which a module's BTF continues.

    path: the module's; a kernel of the same system, which may be mounted or unpacked anywhere,
    comes first. Raises TypeInfoError where there is none.
    """
    for place in _places(release, path):
        if os.path.exists(place):
            try:
                return open_btf(place)
            except TypeInfoError:
                continue  # one without BTF, often: the next may have it
    raise TypeInfoError(
        f"split BTF of a module of Linux {release}, whose kernel is not here: name its vmlinux or "
        f"vmlinuz with --btf-base",
        path,
    )


def _places(release: str, path: str) -> Iterator[str]:
    if not release or "/" in release:
        return
    roots = ["/"]
    before, found, _ = os.path.abspath(path).rpartition(MODULES)
    if found:
        for folder in BELOW_ROOT:
            before = before.removesuffix(folder)
        if before:
            roots.insert(0, before)
    for root in roots:
        if root == "/" and release == running():
            yield KERNEL
        for place in PLACES:
            yield os.path.join(root, place.format(release))
