"""Types as C spells them in casts: `struct list_head *`, `char[16]`, `int (*)(void *, long)`."""

from __future__ import annotations

from prettify import model

MAX_STEPS = 64  # pointers and arrays in one declarator; a damaged file may have endless ones
MAX_PROTOTYPES = 8  # functions that take functions that take functions …

QUALIFIER_WORDS = {
    model.CONST: "const",
    model.VOLATILE: "volatile",
    model.RESTRICT: "restrict",
}
TAG_WORDS = {model.STRUCT: "struct", model.UNION: "union", model.ENUM: "enum"}


def type_name(type_: model.Type, depth: int = 0) -> str | None:
    """The type as a cast names it, or None where it holds something that has no name."""
    declarator = ""
    qualifiers: list[str] = []
    for _ in range(MAX_STEPS):
        word = QUALIFIER_WORDS.get(type_.kind)
        if word:
            if word not in qualifiers:
                qualifiers.append(word)
        elif isinstance(type_, model.Pointer):
            declarator = "*" + "".join(f"{q} " for q in qualifiers) + declarator
            qualifiers = []
            if model.unqualified(type_.target).kind in (model.ARRAY, model.PROTOTYPE):
                declarator = f"({declarator.rstrip()})"
        elif isinstance(type_, model.Array):
            declarator += f"[{type_.count}]"
        elif isinstance(type_, model.Prototype):
            parameters = _parameters(type_, depth)
            if parameters is None:
                return None
            declarator += f"({parameters})"
        elif type_.kind != model.TYPE_TAG:
            return _joined(type_, qualifiers, declarator.rstrip())
        type_ = _inner(type_)
    return None


def _inner(type_: model.Type) -> model.Type:
    if isinstance(type_, model.Array):
        return type_.element
    if isinstance(type_, model.Prototype):
        return type_.graph.by_id(type_.return_id)
    assert isinstance(type_, model.Reference)
    return type_.target


def _joined(base: model.Type, qualifiers: list[str], declarator: str) -> str | None:
    if base.kind == model.VOID:
        name = "void"
    elif not base.name:
        return None
    elif isinstance(base, model.Forward):
        name = f"{'union' if base.union else 'struct'} {base.name}"
    else:
        word = TAG_WORDS.get(base.kind)
        name = f"{word} {base.name}" if word else base.name
    between = " " if declarator and not declarator.startswith("[") else ""
    return " ".join([*qualifiers, name]) + between + declarator


def _parameters(prototype: model.Prototype, depth: int) -> str | None:
    if depth >= MAX_PROTOTYPES:
        return None
    names = []
    for index, parameter in enumerate(prototype.parameters):
        if not parameter.type_id and index == len(prototype.parameters) - 1 and index:
            names.append("...")
            continue
        name = type_name(prototype.graph.by_id(parameter.type_id), depth + 1)
        if name is None:
            return None
        names.append(name)
    return ", ".join(names) or "void"
