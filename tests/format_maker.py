"""Makes small formats for tests: types by `BtfWriter`, a declaration, in a folder of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from btf_writer import BtfWriter
from prettify.sources import catalogue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pytest

INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8}
MAGIC = '[[variant]]\nname = "demo"\nmagic = [{ at = 0, bytes = "64 65 6d 6f" }]\n'


def types(structs: dict[str, str]) -> bytes:
    """BTF of structs by name: "u32 type, u16 size, char name[8], u8 rest[]" is what is in one."""
    writer = BtfWriter()
    ids = {name: writer.int(name, size) for name, size in INTEGERS.items()}
    ids["s32"] = writer.int("s32", 4, signed=True)
    ids["char"] = writer.int("char", 1, signed=True)
    ids["double"] = writer.float("double", 8)
    sizes = {**INTEGERS, "s32": 4, "char": 1, "double": 8}
    for name, text in structs.items():
        members = []
        at = 0
        for word in text.split(", "):
            kind, member = word.split()
            member, bracket, count = member.partition("[")
            type_id, size = ids[kind], sizes[kind]
            if bracket:
                number = int(count.rstrip("]") or 0)
                type_id = writer.array(type_id, number)
                size *= number
            members.append((member, type_id, 8 * at))
            at += size
        ids[name] = writer.struct(name, at, members)
        sizes[name] = at
    writer.enum("demo_kind", [("DEMO_POINT", 1), ("DEMO_NAME", 2)])
    return writer.bytes()


class Maker:
    """A catalogue of its own in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "formats"

    def add(self, name: str, structs: dict[str, str], declaration: str) -> None:
        """Add a format."""
        there = self.folder / name
        there.mkdir(parents=True, exist_ok=True)
        (there / f"{name}.btf").write_bytes(types(structs))
        (there / "format.toml").write_text(f'summary = "{name}"\n{declaration}')

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Make it the catalogue."""
        monkeypatch.setattr(catalogue, "FOLDERS", (str(self.folder),))


def table(name: str, type_: str, *keys: str, casts: Iterable[str] = ()) -> str:
    """The declaration of a table."""
    lines = ["[[table]]", f'name = "{name}"', f'type = "{type_}"', *keys]
    casts = list(casts)
    if casts:
        lines += ["[table.cast]", *casts]
    return "\n".join(lines) + "\n"
