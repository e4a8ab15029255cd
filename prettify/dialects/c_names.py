"""Types as C spells them in casts: `struct list_head *`, `char[16]`, `int (*)(void *, long)`."""

from __future__ import annotations

from prettify import model

MAX_STEPS = 64  # pointers and arrays in one declarator; a damaged file may have endless ones
MAX_PROTOTYPES = 8  # functions that take functions that take functions …
MAX_PARAMETERS = 256  # of all functions in one name

QUALIFIER_WORDS = {
    model.CONST: "const",
    model.VOLATILE: "volatile",
    model.RESTRICT: "restrict",
}
TAG_WORDS = {model.STRUCT: "struct", model.UNION: "union", model.ENUM: "enum"}
TRANSPARENT = frozenset((model.TYPE_TAG, model.VARIABLE))
# Their names are no types'.
OTHERS = frozenset((model.SECTION, model.FUNCTION, model.DECL_TAG))

# What a parameter of type `va_list` has become where that is an array of one struct. No C program
# can declare the struct.
VA_LIST_POINTER = "struct __va_list_tag *"


def type_name(type_: model.Type) -> str | None:
    """The type as a cast names it, or None where it holds something that has no name."""
    return _Speller().spell(type_, 0)


class _Speller:
    """Spells one name; `parameters` are left to be spelled in it."""

    __slots__ = ("parameters",)

    def __init__(self) -> None:
        self.parameters = MAX_PARAMETERS

    def spell(self, type_: model.Type, depth: int) -> str | None:
        """A type, from the declarator's middle outwards; in `depth` prototypes."""
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
            elif isinstance(type_, (model.Array, model.Located, model.Prototype)):
                pointed = declarator.startswith("*")
                if pointed:
                    declarator = f"({declarator.rstrip()})"
                if isinstance(type_, model.Prototype):
                    behind = self._parameters(type_, depth)
                    if behind is None:
                        return None
                    declarator += f"({behind})"
                elif isinstance(type_, model.Located):
                    declarator += "[]"
                else:
                    # `(*)[]` goes with a pointer to a flexible array and to one of no elements.
                    declarator += f"[{type_.count}]" if type_.count or not pointed else "[]"
            elif isinstance(type_, model.Bytes):
                return _joined_name("unsigned char", qualifiers, f"{declarator}[{type_.size}]")
            elif type_.kind not in TRANSPARENT:
                return _joined(type_, qualifiers, declarator.rstrip())
            type_ = _inner(type_)
        return None

    def _parameters(self, prototype: model.Prototype, depth: int) -> str | None:
        self.parameters -= len(prototype.parameters)
        if depth >= MAX_PROTOTYPES or self.parameters < 0:
            return None
        names = []
        for index, parameter in enumerate(prototype.parameters):
            if not parameter.type_id and index == len(prototype.parameters) - 1 and index:
                names.append("...")
                continue
            name = self.spell(prototype.graph.by_id(parameter.type_id), depth + 1)
            if name is None:
                return None
            names.append("__builtin_va_list" if name == VA_LIST_POINTER else name)
        return ", ".join(names) or "void"


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
    elif not base.name or base.kind in OTHERS:
        return None
    elif isinstance(base, model.Forward):
        name = f"{'union' if base.union else 'struct'} {base.name}"
    else:
        word = TAG_WORDS.get(base.kind)
        name = f"{word} {base.name}" if word else base.name
    return _joined_name(name, qualifiers, declarator)


def _joined_name(name: str, qualifiers: list[str], declarator: str) -> str:
    between = " " if declarator and not declarator.startswith("[") else ""
    return " ".join([*qualifiers, name]) + between + declarator
