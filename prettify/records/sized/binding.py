"""Types with arguments bound to what they name: from `-C 'TYPE(ARGS)'` to a dispatch."""

from __future__ import annotations

from prettify import layout as layouts
from prettify import model
from prettify.composed import Composed
from prettify.core import measure
from prettify.errors import UsageError
from prettify.layout import Layout, flexible_tail
from prettify.model import spelled, strip
from prettify.paths import at_path, choices, members_of, moved
from prettify.records.query.enumerators import Enumerators
from prettify.records.query.numbers import header_member, integer_of
from prettify.records.query.rules import INTEGER, TRUTH
from prettify.records.query.scalar import Code, compile_condition, compile_number, value
from prettify.records.sized.dispatch import UNRESOLVED, Dispatch
from prettify.records.sized.frame import member
from prettify.records.sized.naming import Naming
from prettify.sources.search import find, find_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from prettify.model import Enum, Type
    from prettify.records.query.parser import Name, Reference
    from prettify.records.query.scalar import Function
    from prettify.records.sized.arguments import Arguments, TypeText
    from prettify.records.sized.frame import Frame
    from prettify.sources.search import Sources

PREFIX, RECORD = "prefix", "record"  # the two members of records that something stands before
OFFSET = "offset"  # $offset


def bind(
    text: TypeText,
    sources: Sources,
    *,
    index: int = 0,
    byte_order: str | None = None,
    header: Layout | None = None,
    rest: bool = False,
    placed: bool = False,
) -> Dispatch:
    """The dispatch that a type with arguments is.

    index: where frames have its records. byte_order: of the data, None is the type's own. header:
    of what is before the records, for `$header.MEMBER`. rest: whether the bytes behind a record's
    type are shown. placed: whether it is known how long records are. Raises TypeNotFound, and
    UsageError where an argument makes no sense.
    """
    return _Binder(text, sources, index, byte_order, header).bind(rest=rest, placed=placed)


class _Binder:
    """Binds one type. `layout` is of the beginning of all its records, with what is before it."""

    __slots__ = ("arguments", "header", "index", "layout", "name", "order", "prefix", "sources")

    def __init__(
        self,
        text: TypeText,
        sources: Sources,
        index: int,
        byte_order: str | None,
        header: Layout | None,
    ) -> None:
        self.name = text.name
        self.arguments: Arguments = text.arguments
        self.sources = sources
        self.index = index
        self.header = header
        base = self._struct(text.name, "type arguments are")
        self.prefix: Type | None = None
        if self.arguments.prefix is not None:
            self.prefix = find(sources, self.arguments.prefix)
        self.order = byte_order or base.graph.byte_order
        self.layout = self._whole(base)

    # Types.

    def _struct(self, name: str, what: str) -> Type:
        found = find(self.sources, name)
        stripped = strip(found)
        if stripped.kind != model.STRUCT:
            raise UsageError(
                f"--type {self.name}: {what} for structs, and {name} is {spelled(stripped)}"
            )
        if not model.size_of(found):
            raise UsageError(f"--type {self.name}: {spelled(stripped)} has no bytes")
        return found

    def _whole(self, type_: Type) -> Layout:
        """The layout of records of a type, with what stands before them."""
        if self.prefix is None:
            return layouts.resolve(type_)
        graph = Composed(type_.graph)
        before = model.size_of(self.prefix)
        stripped = strip(type_)
        whole = graph.struct(
            f"prefixed_{stripped.name}",
            before + model.size_of(type_),
            [(PREFIX, self.prefix, 0), (RECORD, type_, before)],
        )
        return layouts.resolve(whole)

    def _enums(self) -> list[Enum]:
        found = []
        for name in self.arguments.type_enum:
            known = find_all(self.sources, f"enum {name}")
            type_ = strip(known[0] if known else find(self.sources, name))
            if not isinstance(type_, model.Enum):
                raise UsageError(
                    f"--type {self.name}, type_enum: {name} is no enum, but {spelled(type_)}"
                )
            found.append(type_)
        return found

    def _of_name(self, name: str) -> Layout | None:
        """The layout of a struct of exactly that name, if there is one."""
        for type_ in find_all(self.sources, name):
            if type_.kind in (model.STRUCT, model.TYPEDEF):
                stripped = strip(type_)
                if stripped.kind == model.STRUCT and model.size_of(stripped) > 0:
                    return self._whole(type_)
        return None

    # The dispatch.

    def bind(self, *, rest: bool, placed: bool) -> Dispatch:
        arguments = self.arguments
        enums = self._enums()
        naming: Naming | None = None
        path = None if arguments.type is None else self._path_of(arguments.type)
        if enums and path is not None and "[" not in path:
            naming = self._naming(path, enums)
            self.layout = naming.of(self.layout)
        tag_text = arguments.type or ("type" if arguments.cast else None)
        scopes: list[_Scope] = []
        codes: dict[str, Code] = {}
        slots: list[Callable[[Frame], int]] = []

        def compiled(key: str, text: str, compile_one: Callable[..., Code]) -> Code:
            scopes.append(_Scope(self, Enumerators(self.layout, enums), slots))
            return compile_one(text, f"--type {self.name}, {key}", scopes[-1])

        if tag_text is not None:
            codes["tag"] = compiled("type", tag_text, compile_number)
        if arguments.sizeof is not None and arguments.length is not None:
            raise UsageError(f"--type {self.name}: sizeof and length say the same twice")
        for key, text in (("sizeof", arguments.sizeof), ("length", arguments.length)):
            if text is not None:
                code = compiled(key, text, compile_number)
                codes["sizeof"] = _plus(code, self._before(scopes[-1], key, placed=placed))
        if not placed:
            codes.setdefault("sizeof", value(INTEGER, self.layout.size))
        if arguments.align is not None:
            codes["align"] = compiled("align", arguments.align, compile_number)
        filters = [compiled("filter", text, compile_condition) for text in arguments.filters]
        if filters:
            codes["filter"] = _all(filters)
        least = self.layout.size
        if self.prefix is not None and not any(scope.of_record for scope in scopes):
            least = model.size_of(self.prefix)
        dispatch = Dispatch(
            self.name,
            self.index,
            self.layout,
            least=least,
            cut=not placed,
            rest=rest,
            placed=placed,
        )
        dispatch.codes = codes
        dispatch.slots = slots
        if "tag" in codes:
            self._tags(dispatch, enums, naming)
        return dispatch

    def _before(self, scope: _Scope, key: str, *, placed: bool) -> int:
        """The bytes that a size does not count: before what says it, and if a header, that too."""
        before = 0 if self.prefix is None else model.size_of(self.prefix)
        within = self.prefix is not None and (scope.of_prefix or not scope.of_record)
        if key == "length":
            if within:
                return before
            tail = flexible_tail(self.layout.root) if placed else None
            return self.layout.size if tail is None else tail.offset
        return 0 if within else before

    def _naming(self, path: str, enums: Sequence[Enum]) -> Naming:
        """The names of the tag, which belong to the struct that it is a member of."""
        part, _, within = path.partition(".")
        if self.prefix is None:
            return Naming(self.layout, path, enums)
        owner = members_of(self.layout.root)[part]
        return Naming(Layout(owner.type, moved(owner, -owner.bit_offset)), within, enums)

    def _tags(self, dispatch: Dispatch, enums: Sequence[Enum], naming: Naming | None) -> None:
        """What each tag stands for: by its enumerators' names, or as the table says."""
        names: dict[int, list[str]] = {}
        for enum in enums if self.arguments.type is not None else ():
            for enumerator in enum.enumerators:
                names.setdefault(enumerator.value, []).append(enumerator.name)
        dispatch.tags = dict.fromkeys(names, UNRESOLVED)

        def renamed(layout: Layout) -> Layout:
            return layout if naming is None else naming.of(layout)

        def resolve(tag: int) -> Layout | None:
            for name in names[tag]:
                layout = self._of_name(name.lower())
                if layout is not None:
                    return renamed(layout)
            return None

        dispatch.resolve = resolve
        known = Enumerators(self.layout, enums)
        for key, type_name in self.arguments.cast:
            sign = -1 if key.startswith("-") else 1
            number = integer_of(key.lstrip("-"))
            number = known.value(key) if number is None else sign * number
            if number is None:
                raise UsageError(
                    f"--type {self.name}, cast: {key!r} is neither a number nor an enumerator"
                )
            cast = renamed(self._whole(self._struct(type_name, "cast is")))
            dispatch.tags[number] = dispatch.add(cast)

    # Members.

    def _path_of(self, text: str) -> str | None:
        """The path of a member in the layout, by its name in the arguments; None if it is none."""
        try:
            if self.prefix is None:
                at_path(self.layout, text)
                return text
        except UsageError:
            return None
        first = text.partition(".")[0].partition("[")[0]
        ways = (text,) if first in (PREFIX, RECORD) else (f"{PREFIX}.{text}", f"{RECORD}.{text}")
        for way in ways:
            try:
                at_path(self.layout, way)
            except UsageError:
                continue
            return way
        return None

    def known(self) -> list[str]:
        """The names of members that may be meant, for messages."""
        if self.prefix is None:
            return list(members_of(self.layout.root))
        parts = members_of(self.layout.root)
        return [name for part in (PREFIX, RECORD) for name in members_of(parts[part])]


class _Scope:
    """What names mean in an argument. Afterwards it is known whose members it named.

    slots: what gives numbers that are the same for all records; what is met here is added.
    """

    __slots__ = ("_binder", "_enumerators", "_slots", "of_prefix", "of_record")

    def __init__(
        self, binder: _Binder, enumerators: Enumerators, slots: list[Callable[[Frame], int]]
    ) -> None:
        self._binder = binder
        self._enumerators = enumerators
        self._slots = slots
        self.of_prefix = False
        self.of_record = False

    def name(self, tree: Name) -> Code:
        """A member, else an enumerator."""
        text = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s, _ in tree.steps)[1:]
        binder = self._binder
        path = binder._path_of(text)
        if path is not None:
            self.of_prefix |= path.startswith(PREFIX)
            self.of_record |= not path.startswith(PREFIX)
            return member(binder.layout, path, binder.index, binder.order, text)
        number = self._enumerators.value(tree.alone) if tree.alone else None
        if number is None:
            what = "neither a member nor an enumerator" if tree.alone else "no member"
            known = binder.known()
            raise UsageError(f"{text!r} is {what} at column {tree.column}; {choices(text, known)}")
        return value(INTEGER, number)

    def reference(self, tree: Reference) -> Code:
        """`$header.MEMBER`, `$offset`."""
        if tree.name == OFFSET and not tree.path:
            return Code(INTEGER, lambda frame: frame.offset, (measure.OFFSET,))
        header, path = self._binder.header, tree.path
        known = None if header is None else lambda path: _checked(header, path)
        header_member(tree.name, path, known)
        self._slots.append(lambda frame: frame.header(path) if frame.header is not None else 0)
        return Code(INTEGER, self._slots[-1], (measure.SLOT, len(self._slots) - 1))

    def function(self, name: str) -> Function | None:
        """None of its own."""
        return None


def _checked(header: Layout, path: str) -> int:
    """Any number, where the header has that member. Raises UsageError where it has not."""
    from prettify.records.query.members import integer

    return integer(at_path(header, path), bytes(header.size), "little")


def _plus(code: Code, number: int) -> Code:
    if not number:
        return code
    run = code.run
    ops = None if code.ops is None else (*code.ops, measure.PUSH, number, measure.ADD)
    return Code(INTEGER, lambda frame: run(frame) + number, ops, constant=code.constant)


def _all(codes: Sequence[Code]) -> Code:
    """The condition that all of these hold."""
    ops = codes[-1].ops
    for code in reversed(codes[:-1]):
        if ops is not None:
            ops = None if code.ops is None else measure.branch(code.ops, ops, (measure.PUSH, 0))
    return Code(TRUTH, lambda frame: all(code.run(frame) for code in codes), ops)
