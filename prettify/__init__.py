"""Shows raw binary records as C or JSON, from type information that is already there.

import prettify
types = prettify.load_types()
print(types["struct elf64_hdr"].format(open("/bin/true", "rb").read(64)))
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.api import RecordType, Types, decode, load_types
    from prettify.errors import DataError, PrettifyError, TypeInfoError, TypeNotFound, UsageError
    from prettify.files import formats, read
    from prettify.maps import Map, list_maps, open_map
    from prettify.streams import Record, stream

__all__ = [
    "DataError",
    "Map",
    "PrettifyError",
    "Record",
    "RecordType",
    "TypeInfoError",
    "TypeNotFound",
    "Types",
    "UsageError",
    "decode",
    "formats",
    "list_maps",
    "load_types",
    "open_map",
    "read",
    "stream",
]

# Where each is, if not in prettify.api.
_MODULES = {
    "DataError": "errors",
    "Map": "maps",
    "PrettifyError": "errors",
    "Record": "streams",
    "TypeInfoError": "errors",
    "TypeNotFound": "errors",
    "UsageError": "errors",
    "formats": "files",
    "list_maps": "maps",
    "open_map": "maps",
    "read": "files",
    "stream": "streams",
}


def __getattr__(name: str) -> object:
    """What is public is imported when it is first asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'prettify' has no attribute {name!r}")
    from importlib import import_module

    module = import_module(f"prettify.{_MODULES.get(name, 'api')}")
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
