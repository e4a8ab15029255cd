"""What a C compiler says of its types' layouts, and what a layout of ours says, to be compared.

The compiler's own `sizeof`, `offsetof` and bitfields come out of the objects that it makes: nothing
is run, so a compiler for another machine will do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from prettify import model
from prettify.layout import is_bool, is_char, is_signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from c_compilers import Compiler
    from prettify.layout import Layout, Node


# What C can set to -1. Of these some are bitfields, which have no `offsetof`.
NUMBERS = (model.INT, model.ENUM)


class Member(NamedTuple):
    """A member as C names it from the outermost struct: `a.b[0].c`."""

    path: str
    node: Node
    empty: bool  # whether it is, or lies in, an array of no elements


def shape(node: Node, *, enumerators: bool) -> tuple[Any, ...]:
    """All that decides how a node's bytes are read and shown, free of where that was said.

    A bitfield that fills its type is like any other member: clang's DWARF makes no difference.
    enumerators: whether they count. Of the values of enumerators gcc's BTF and CTF and clang's BTF
    keep the low 32 bits, not all of them the sign.
    """
    values: tuple[Any, ...] = ()
    if enumerators and isinstance(node.type, model.Enum):
        values = tuple((e.name, e.value) for e in node.type.enumerators)
    signed = is_signed(node) if node.kind == model.INT and not is_bool(node) else None
    inside = node.children if node.element is None else (node.element,)
    return (
        node.kind,
        node.name,
        (node.bit_offset, node.bit_size, node.bitfield and not _fills(node)),
        (node.count, node.stride),
        (is_char(node), is_bool(node), signed, values),
        tuple(shape(child, enumerators=enumerators) for child in inside),
    )


def _fills(node: Node) -> bool:
    return not node.bit_offset % 8 and node.bit_size == 8 * model.size_of(node.type)


def members(layout: Layout) -> list[Member]:
    """Every member that C can name, aggregates and leaves, of arrays their first element's too."""
    return list(_members(layout.root, "", False))


def _members(node: Node, path: str, empty: bool) -> Iterator[Member]:
    for child in node.children:
        inner = f"{path}.{child.name}" if path and child.name else path or child.name
        bottom, inside, none = child, inner, empty
        if child.name:
            none = none or (child.kind == model.ARRAY and not child.size)
            yield Member(inner, child, none)
        while bottom.element is not None:
            bottom, inside = bottom.element, f"{inside}[0]"
        yield from _members(bottom, inside, none)


def source(names: Iterable[str], layouts: Iterable[Layout]) -> str:
    """C, to stand behind the definitions, whose objects say how these types are laid out.

    For each of the types in turn `size_I`, `offsets_I` and `sizes_I`, which are arrays of unsigned
    long long in the order of `members`, and `bits_I_J` for its member J, a bitfield: an object of
    the type in which that one is all ones.
    """
    lines = []
    for index, (name, layout) in enumerate(zip(names, layouts)):
        lines.append(f"const unsigned long long size_{index} = sizeof({name}) + 1;")
        offsets, sizes = ["1"], ["1"]
        for number, (path, node, empty) in enumerate(members(layout)):
            if node.kind in NUMBERS:
                if not empty:
                    value = 1 if is_bool(node) else -1
                    lines.append(f"{name} bits_{index}_{number} = {{ .{path} = {value} }};")
            else:
                offsets.append(f"__builtin_offsetof({name}, {path})")
                if not empty:
                    sizes.append(f"sizeof((({name} *)0)->{path})")
        for label, values in (("offsets", offsets), ("sizes", sizes)):
            row = ", ".join(values)
            lines.append(f"const unsigned long long {label}_{index}[] = {{ {row} }};")
    return "\n".join([*lines, ""])


def check(
    compiler: Compiler, definitions: str, names: list[str], layouts: list[Layout], *flags: str
) -> int:
    """Assert that layouts are what the compiler says; how many facts that were."""
    objects = compiler.objects(definitions + source(names, layouts), "-w", "-std=gnu11", *flags)
    count = 0
    for index, (name, layout) in enumerate(zip(names, layouts)):
        order = layout.byte_order
        assert _numbers(objects[f"size_{index}"], order) == [layout.size + 1], name
        offsets, sizes = [1], [1]
        for number, (path, node, empty) in enumerate(members(layout)):
            if node.kind not in NUMBERS:
                offsets.append(node.offset)
                if not empty:
                    sizes.append(node.size)
            elif not empty:
                ones = _ones(layout, node)
                assert objects[f"bits_{index}_{number}"] == ones, f"{name}: {path}"
                count += 1
        paths = [m.path for m in members(layout)]
        assert _numbers(objects[f"offsets_{index}"], order) == offsets, (name, paths)
        assert _numbers(objects[f"sizes_{index}"], order) == sizes, (name, paths)
        count += len(offsets) + len(sizes)
    return count


def _ones(layout: Layout, node: Node) -> bytes:
    """A record in which only a number's bits are set (of a `_Bool`, the one that means true)."""
    width = 1 if is_bool(node) else node.bit_size
    if layout.byte_order == "little":
        number = ((1 << width) - 1) << node.bit_offset
        return number.to_bytes(layout.size, "little")
    number = ((1 << width) - 1) << 8 * layout.size - node.bit_offset - node.bit_size
    return number.to_bytes(layout.size, "big")


def _numbers(data: bytes, order: str) -> list[int]:
    return [
        int.from_bytes(data[at : at + 8], "little" if order == "little" else "big")
        for at in range(0, len(data), 8)
    ]
