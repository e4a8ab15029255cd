"""The catalogue of formats that ships with the project: `formats/NAME`.

Of each, `NAME.btf` has its types, `format.toml` says where records of them are.
"""

from __future__ import annotations

import os

from prettify.sources.btf import Btf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# What loaded this module can read beside it too, from a folder or from a zip file.
_LOADER: Any = globals()["__loader__"]
DECLARATION = "format.toml"
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
# Installed, inside the package; in a checkout, beside it.
FOLDERS = (os.path.join(HERE, "_formats"), os.path.join(os.path.dirname(HERE), "formats"))


def names() -> list[str]:
    """The names of all formats, sorted."""
    for folder in FOLDERS:
        found = _entries(folder)
        if found:
            return found
    return []


def open_format(name: str) -> Btf | None:
    """The types of a format, or None where the catalogue has no such format."""
    if name not in names():
        return None
    for folder in FOLDERS:
        data = _read(os.path.join(folder, name, f"{name}.btf"))
        if data is not None:
            graph = Btf(data, f"formats/{name}")
            graph.origin.container = "catalogue"
            return graph
    return None


def read_declaration(name: str) -> tuple[str, str] | None:
    """(text, path) of a format's declaration, None where it has none or there is no such format."""
    if name not in names():
        return None
    for folder in FOLDERS:
        path = os.path.join(folder, name, DECLARATION)
        data = _read(path)
        if data is not None:
            return data.decode("utf-8", "surrogateescape"), path
    return None


def notes_path(name: str) -> str | None:
    """Where a format's notes are, None where it has none."""
    paths = (os.path.join(folder, name, "README.md") for folder in FOLDERS)
    return next((path for path in paths if _read(path) is not None), None)


def _entries(folder: str) -> list[str]:
    """The folders in a folder, which may lie within a zip file."""
    if os.path.isdir(folder):
        return sorted(e.name for e in os.scandir(folder) if e.is_dir())
    archive = getattr(_LOADER, "archive", None)
    if not archive:
        return []
    from zipfile import ZipFile

    prefix = os.path.relpath(folder, archive) + "/"
    with ZipFile(archive) as file:
        inner = (n[len(prefix) :] for n in file.namelist() if n.startswith(prefix))
        return sorted({n.split("/")[0] for n in inner if "/" in n})


def _read(path: str) -> bytes | None:
    try:
        data: bytes = _LOADER.get_data(path)
    except OSError:
        return None
    return data
