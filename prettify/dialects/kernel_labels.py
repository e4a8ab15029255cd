"""The labels of the kernel dialect: `.member = (cast){`, built as bpf_snprintf_btf builds them."""

from __future__ import annotations

from prettify import model
from prettify.dialects.scalars import encode

LONGEST = 79  # bytes of a label; the kernel cuts what is longer
STEPS = 10  # typedefs, pointers and arrays walked through; as many give no label at all

PREFIXES = {model.STRUCT: b"struct", model.UNION: b"union", model.ENUM: b"enum"}


def label(declared: model.Type, member: str, noname: bool) -> bytes:
    """The label of a member of that name (empty for none) and declared type.

    It holds the opening bracket, which is all that is left of it under `noname`.
    """
    name, prefix, stars, brackets = b"", b"", b"", b""
    type_ = declared
    for step in range(STEPS + 1):
        if step == STEPS:
            return b""
        if type_.kind == model.TYPEDEF:
            name = name or encode(type_.name)
        elif type_.kind == model.POINTER:
            stars += b"*"
        elif type_.kind in (model.ARRAY, model.LOCATED):
            brackets += b"[]"
        else:
            break
        following = _next(type_)
        if following.kind == model.VOID:
            break
        type_ = following
    bracket = b""
    if not stars:
        if brackets:
            bracket = b"["
        elif type_.kind in model.AGGREGATES or type_.kind == model.SECTION:
            bracket = b"{"
    if noname:
        return bracket
    if type_.kind == model.BYTES:  # no type is known that a cast could name
        return (b"." + encode(member) + b" = " if member else b"") + bracket
    if not name:
        prefix = PREFIXES.get(type_.kind, b"")
        name = encode(type_.name)
    cast = prefix + (b" " if prefix and name else b"") + name
    if stars:
        cast += b" " + stars
    before = b"." + encode(member) + b" = " if member else b""
    return (before + b"(" + cast + brackets + b")" + bracket)[:LONGEST]


def _next(type_: model.Type) -> model.Type:
    """What a typedef, pointer or array is of, qualifiers and type tags seen through."""
    if isinstance(type_, model.Array):
        return model.unqualified(type_.element)
    assert isinstance(type_, model.Reference)
    return model.unqualified(type_.target)
