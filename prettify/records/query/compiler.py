"""What an expression of `--where` computes: its tree made into functions of blocks of records.

Names are members, else enumerators. Kinds of values are settled here, so that an expression that
cannot work is refused before any record is read; parts that are the same for all records are
worked out here too.
"""

from __future__ import annotations

import numpy

from prettify import model
from prettify.errors import UsageError
from prettify.layout import NESTED, decimals
from prettify.paths import choices, first_member, members_of
from prettify.records.query import exact, parser
from prettify.records.query.columns import (
    bytes_are,
    digits,
    located_texts,
    number_reader,
    text_is,
    texts,
)
from prettify.records.query.enumerators import Enumerators
from prettify.records.query.exact import Truth
from prettify.records.query.numbers import header_member
from prettify.records.query.rules import FLOAT, INTEGER, KINDS, TEXT, TRUTH, Rules, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from prettify.layout import Layout, Node
    from prettify.records.query.columns import Block
    from prettify.records.query.exact import Value
    from prettify.records.query.parser import Tree

    Run = Callable[[Block], Any]
    Steps = Sequence[tuple[str | int, int]]

WHOLE = "value"  # the name of a record that has no members
DIGITS = frozenset("0123456789abcdefABCDEF")


def condition(
    text: str,
    layout: Layout,
    byte_order: str,
    header: Callable[[str], int] | None,
    option: str,
) -> Callable[[Block], Truth]:
    """What tells for blocks of records where an expression is true; see `where.compile_where`."""
    return _Compiler(text, option, layout, byte_order, header).condition()


class _Code:
    """A part of an expression, ready to run: its kind of value and what gives that.

    constant  the value where it is the same for all records, else None; of a text, a str
    head, steps  how `run` works: the value of the first, and then function after function of the
                 value so far and another one. A long expression is no deep stack
    place     of a text that is a member: (offset, length) in bytes; None of one that is located
    opaque    whether that is the digits of bytes of no type
    enum      the enum of a member that has one
    """

    __slots__ = ("column", "constant", "enum", "head", "kind", "opaque", "place", "run", "steps")

    def __init__(self, kind: str, column: int, run: Run, constant: Any = None) -> None:
        self.kind = kind
        self.column = column
        self.run = run
        self.constant = constant
        self.head = run
        self.steps: tuple[tuple[Callable[[Any, Any], Any], Run], ...] = ()
        self.place: tuple[int, int] | None = (0, 0)
        self.opaque = False
        self.enum: model.Enum | None = None


def _constant(kind: str, column: int, value: Any) -> _Code:
    return _Code(kind, column, lambda _: value, value)


def _applied(kind: str, function: Callable[..., Value], *operands: _Code) -> _Code:
    """A function of the values of other parts, worked out now where they are constant."""
    column = operands[0].column
    if all(code.constant is not None for code in operands):
        with numpy.errstate(all="ignore"):
            return _constant(kind, column, function(*(code.constant for code in operands)))
    runs = [code.run for code in operands]
    return _Code(kind, column, lambda block: function(*(run(block) for run in runs)))


def _joined(kind: str, function: Callable[[Any, Any], Value], left: _Code, right: _Code) -> _Code:
    """The same of two parts, as one more step behind those of the left one."""
    if left.constant is not None and right.constant is not None:
        return _applied(kind, function, left, right)
    head, steps = left.head, (*left.steps, (function, right.run))

    def run(block: Block) -> Any:
        value = head(block)
        for step, other in steps:
            value = step(value, other(block))
        return value

    code = _Code(kind, left.column, run)
    code.head, code.steps = head, steps
    return code


def _quoted_enumerator(code: _Code, compared: Iterable[model.Enum]) -> _Code:
    """The value of an enumerator that has to be written in quotes, as its name is no identifier."""
    text = code.constant
    if text.isidentifier():
        return code
    values = (e.value for enum in compared for e in enum.enumerators if e.name == text)
    value = next(values, None)
    return code if value is None else _constant(INTEGER, code.column, exact.constant(value))


class _Compiler(Rules):
    """Makes code of the tree of one expression."""

    __slots__ = ("byte_order", "enumerators", "header", "layout")

    def __init__(
        self,
        text: str,
        option: str,
        layout: Layout,
        byte_order: str,
        header: Callable[[str], int] | None,
    ) -> None:
        super().__init__(text, option)
        self.layout = layout
        self.byte_order = byte_order
        self.header = header
        self.enumerators = Enumerators(layout)

    def condition(self) -> Callable[[Block], Truth]:
        return self._truth(self._code(self.parse())).run

    def _code(self, tree: Tree) -> _Code:
        code: _Code = self.visit(tree)
        return code

    # Kinds.

    def _number(self, code: _Code) -> _Code:
        """An integer or float; truths are 0 and 1."""
        self.need_number(code.kind, code.column)
        return _applied(INTEGER, exact.integers, code) if code.kind == TRUTH else code

    def _truth(self, code: _Code) -> _Code:
        self.need_condition(code.kind, code.column)
        return code if code.kind == TRUTH else _applied(TRUTH, exact.truth, code)

    # What stands for itself.

    def number(self, tree: parser.Number) -> _Code:
        return _constant(KINDS[type(tree.value)], tree.column, exact.constant(tree.value))

    def string(self, tree: parser.String) -> _Code:
        return _constant(TEXT, tree.column, tree.text)

    def reference(self, tree: parser.Reference) -> _Code:
        try:
            number = header_member(tree.name, tree.path, self.header)
        except UsageError as error:
            raise UsageError(f"{self.option} {self.text!r}: {error}") from error
        return _constant(INTEGER, tree.column, exact.constant(number))

    def call(self, tree: parser.Call) -> _Code:
        raise self.fault(f"{tree.name}(), which is not for records,", tree.column)

    def choice(self, tree: parser.Choice) -> _Code:
        raise self.fault("'if', which is not for records,", tree.place)

    # Names.

    def name(self, tree: parser.Name, compared: Iterable[model.Enum] = ()) -> _Code:
        if self._is_enumerator(tree):
            return self._enumerator(tree, compared)
        node, bit_offset = self._place(tree)
        if node.of_chars:
            return self._text(texts, bit_offset >> 3, node.count, tree.column)
        if node.kind == model.BYTES:
            code = self._text(digits, bit_offset >> 3, node.size, tree.column)
            code.opaque = True
            return code
        if node.locates_chars:
            return self._located_text(node, (bit_offset - node.bit_offset) >> 3, tree.column)
        if node.kind in NESTED or node.element is not None or node.located is not None:
            kind = "array" if node.element is not None else node.kind
            raise self.fault(f"{_path(tree.steps)} is no number, but {_a(kind)},", tree.column)
        kind = FLOAT if node.kind == model.FLOAT or decimals(node) else INTEGER
        code = _Code(
            kind, tree.column, number_reader(node, bit_offset, self.layout.size, self.byte_order)
        )
        if isinstance(node.type, model.Enum):
            code.enum = node.type
        return code

    def _text(
        self, read: Callable[[Block, int, int], list[str]], offset: int, length: int, column: int
    ) -> _Code:
        code = _Code(TEXT, column, lambda block: read(block, offset, length))
        code.place = (offset, length)
        return code

    def _located_text(self, node: Node, shift: int, column: int) -> _Code:
        order: Any = self.byte_order
        code = _Code(TEXT, column, lambda block: located_texts(block, node, shift, order))
        code.place = None
        return code

    def _whole(self) -> bool:
        """Whether records have no members, so that one name stands for all of each."""
        return self.layout.root.kind not in NESTED

    def _is_enumerator(self, tree: parser.Name) -> bool:
        """Whether a name can only be an enumerator's."""
        if not tree.alone:
            return False
        if self._whole():
            return tree.alone != WHOLE
        return tree.alone not in members_of(self.layout.root)

    def _enumerator(self, tree: parser.Name, compared: Iterable[model.Enum]) -> _Code:
        try:
            value = self.enumerators.value(tree.alone, compared)
        except UsageError as error:
            raise self.fault("ambiguous", tree.column, f": {error}") from error
        if value is None:
            raise self._unknown(tree.alone, tree.column, self.layout.root, self.enumerators.near)
        return _constant(INTEGER, tree.column, exact.constant(value))

    def _unknown(
        self, name: str, column: int, node: Node, also: Iterable[str] = (), within: str = ""
    ) -> UsageError:
        if node is self.layout.root and self._whole():
            known = [WHOLE]
        else:
            known = list(members_of(node))
        more = f"; {choices(name, known, also)}"
        return self.fault(f"no member {name!r}{within}", column, more)

    def _place(self, tree: parser.Name) -> tuple[Node, int]:
        """A member and where it begins in a record, in bits."""
        node = self.layout.root
        moved = at = 0
        steps = tree.steps
        if self._whole() and steps[0][0] == WHOLE:
            at = 1
        while at < len(steps):
            step, column = steps[at]
            if isinstance(step, int):
                if node.element is None:
                    raise self.fault("an index, but no array,", column)
                if step >= node.count:
                    raise self.fault(f"no element {step}", column, f"; the array has {node.count}")
                moved += 8 * step * node.stride
                node = node.element
                at += 1
                continue
            if node.element is not None:
                raise self.fault("an array: an index, such as [0], expected before", column - 1)
            names = [name for name, _ in steps[at:]]
            words = [n for n in names[: _words(names)] if isinstance(n, str)]
            found = first_member(node, words)
            if found is None:
                within = f" in {_path(steps[:at])}" if at else ""
                raise self._unknown(step, column, node, within=within)
            node, used = found
            at += used
        return node, node.bit_offset + moved

    # Operators.

    def unary(self, tree: parser.Unary) -> _Code:
        operand = self._code(tree.operand)
        if tree.operator == "not":
            return _applied(TRUTH, exact.negation, self._truth(operand))
        operand = self._number(operand)
        if tree.operator == "+":
            return operand
        if tree.operator == "-" and operand.kind == FLOAT:
            return _applied(FLOAT, exact.negative_floats, operand)
        self.check_sign(tree.operator, operand.kind, tree.column)
        function = exact.negative if tree.operator == "-" else exact.inverted
        return _applied(INTEGER, function, operand)

    def chain(self, tree: parser.Chain) -> _Code:
        code = self._code(tree.first)
        for operator, column, right in tree.links:
            code = self._combined(operator, column, code, self._code(right))
        return code

    def _combined(self, operator: str, column: int, left: _Code, right: _Code) -> _Code:
        logic = _LOGIC.get(operator)
        if logic is not None:
            return _joined(TRUTH, logic, self._truth(left), self._truth(right))
        left, right = self._number(left), self._number(right)
        number = None if right.constant is None else right.constant.data
        kind = self.result(operator, column, left.kind, right.kind, number)
        function = exact.calculate if kind == INTEGER else exact.calculate_floats
        return _joined(kind, lambda x, y: function(operator, x, y), left, right)

    # Comparisons.

    def comparison(self, tree: parser.Comparison) -> _Code:
        operands = [tree.first, *(right for _, _, right in tree.links)]
        flat = [o.items if isinstance(o, parser.Items) else (o,) for o in operands]
        codes = [[self._unless_enumerator(part) for part in parts] for parts in flat]
        enums = [[c.enum for c in row if c is not None and c.enum is not None] for row in codes]
        for index, parts in enumerate(flat):
            # What is compared with it: what stands before, and what behind.
            compared = [e for row in enums[max(index - 1, 0) : index + 2] for e in row]
            for place, part in enumerate(parts):
                code = codes[index][place]
                if code is None:
                    assert isinstance(part, parser.Name)
                    codes[index][place] = self.name(part, compared)
                elif code.kind == TEXT and code.constant is not None:
                    codes[index][place] = _quoted_enumerator(code, compared)
        known = [[code for code in row if code is not None] for row in codes]
        truths = [
            self._compared(operator, column, known[index][0], known[index + 1])
            for index, (operator, column, _) in enumerate(tree.links)
        ]
        joined = truths[0]
        for other in truths[1:]:
            joined = _joined(TRUTH, exact.conjunction, joined, other)
        return joined

    def _unless_enumerator(self, tree: Tree) -> _Code | None:
        if isinstance(tree, parser.Name) and self._is_enumerator(tree):
            return None
        return self._code(tree)

    def _compared(self, operator: str, column: int, left: _Code, right: Sequence[_Code]) -> _Code:
        negated = operator.startswith("not ")
        operator = operator.removeprefix("not ")
        if operator == "like":
            code = self._like(column, left, right[0])
        elif operator == "in":
            code = self._any("==", column, left, right)
        else:
            code = self._any(operator, column, left, right)
        return _applied(TRUTH, exact.negation, code) if negated else code

    def _any(self, operator: str, column: int, left: _Code, right: Sequence[_Code]) -> _Code:
        """Whether any of the right operands compares so with the left one."""
        if TEXT in (left.kind, *(code.kind for code in right)):
            code = self._texts(operator, column, left, right[0])
            for other in right[1:]:
                found = self._texts(operator, column, left, other)
                code = _joined(TRUTH, exact.disjunction, code, found)
            return code
        numbers = [self._number(code) for code in (left, *right)]
        return _applied(TRUTH, lambda x, *y: exact.compare_any(operator, x, y), *numbers)

    # Texts.

    def _texts(self, operator: str, column: int, left: _Code, right: _Code) -> _Code:
        other = right if left.kind == TEXT else left
        more = ""
        if other.enum is not None:
            more = "; enumerators are written without quotes"
        elif left.opaque or right.opaque:
            more = '; bytes of no type are compared with their digits, as in "01ff"'
        self.check_texts(operator, column, other.kind, more)
        if left.constant is not None:
            left, right = right, left
        code = self._equal_texts(left, right)
        return _applied(TRUTH, exact.negation, code) if operator == "!=" else code

    def _equal_texts(self, left: _Code, right: _Code) -> _Code:
        if left.constant is not None:
            return _constant(TRUTH, left.column, exact.constant(left.constant == right.constant))
        if right.constant is not None:
            text = right.constant
            if left.place is None:
                run = left.run
                return _Code(
                    TRUTH,
                    left.column,
                    lambda block: Truth(numpy.array([found == text for found in run(block)], bool)),
                )
            offset, length = left.place
            if left.opaque:
                raw = self._raw(right, length)
                return _Code(TRUTH, left.column, lambda block: Truth(bytes_are(block, offset, raw)))
            return _Code(
                TRUTH, left.column, lambda block: Truth(text_is(block, offset, length, text))
            )
        one, other = left.run, right.run

        def same(block: Block) -> Truth:
            return Truth(numpy.array([a == b for a, b in zip(one(block), other(block))], bool))

        return _Code(TRUTH, left.column, same)

    def _raw(self, code: _Code, length: int) -> bytes:
        """The bytes, so many, whose digits a text is."""
        text = code.constant
        if len(text) != 2 * length or not DIGITS.issuperset(text):
            wanted = f"; {length} bytes are {2 * length} hexadecimal digits"
            raise self.fault(f"{text!r} as bytes", code.column, wanted)
        return bytes.fromhex(text)

    def _like(self, column: int, left: _Code, right: _Code) -> _Code:
        if left.kind != TEXT or left.constant is not None:
            raise self.fault("'like' is for members that are texts,", column)
        matches, run = pattern(right.constant), left.run
        return _Code(
            TRUTH,
            left.column,
            lambda block: Truth(numpy.array([matches(text) for text in run(block)], bool)),
        )


def _words(names: Sequence[str | int]) -> int:
    """How many names there are before an index."""
    return next((at for at, name in enumerate(names) if isinstance(name, int)), len(names))


def _path(steps: Steps) -> str:
    """A name as it is written in an expression."""
    parts = (f"[{step}]" if isinstance(step, int) else f".{step}" for step, _ in steps)
    return repr("".join(parts)[1:])


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeio" else f"a {word}"


_LOGIC = {"and": exact.conjunction, "or": exact.disjunction}
