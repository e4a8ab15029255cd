r"""Values as people write them, guided by a layout: C initializers, JSON, or a plain constant.

value      = { cast } ( braces | object | list | string | address | expression )
braces     = "{" [ item { "," item } [ "," ] ] "}"
item       = [ { "." name | "[" expression "]" } "=" ] value
object     = "{" [ string ":" value { "," string ":" value } ] "}"
list       = "[" [ value { "," value } ] "]"
cast       = "(" type ")"
expression = integers with C's operators, or a floating point number with a sign

Items without a designator go to the next member, as in C: inner braces may be left out, of a union
they go to the first member, and what is left out is zero. Other than in C
- a type in parentheses means nothing, and a value has to be in the range of its member, but that
  `~0` and `0xffffffff` are the bits of a number, whether it has a sign or not;
- of a union every member that is given is set; where one is zero, another one's bits stay;
- braces whose first designator is not of the next member are for the unnamed struct that has it.

A string is the text of an array of `char`, or whatever else would be read from it. An enumerator is
one of the member's own enum, else of any enum that gives the name one value. `10.0.0.1` is for an
unsigned integer or array of 4 bytes, `aa:bb:cc:dd:ee:ff` for 6 bytes, `fe80::1` for 16, and for
structs of nothing else; its bytes are in network order whatever order the record has.

As the whole value, `hex 01 00 ff` or `hex:0100ff` are the bytes of any type, and text that does not
begin with `"`, `{`, `[` or `(` is the text of an array of `char`. JSON's array of one record is
that record.
"""

from __future__ import annotations

import re

from prettify import model
from prettify.compilers import values
from prettify.compilers.packing import packed
from prettify.errors import UsageError, one_line
from prettify.layout import NESTED, Node, name_of, room_for
from prettify.paths import choices
from prettify.records.initializer import fitting, literals
from prettify.records.initializer.constants import ConstantReader, shown
from prettify.records.initializer.fitting import NUMBERS, Misfit, what_of
from prettify.records.initializer.literals import ADDRESSES
from prettify.records.initializer.places import Place, advance, as_array, holder_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from prettify.layout import Layout

MAX_BYTES = 1 << 24  # of a type whose values are read from text, which takes memory for each byte
ORDERS: dict[str, Literal["little", "big"]] = {"little": "little", "big": "big"}

_RAW = re.compile(r"\s*hex\s*[:\s]\s*(.*)", re.DOTALL)
_PARSED = frozenset('"{[(')  # what a value of `char` begins with that is no mere text
_CONTAINERS = NESTED | {model.ARRAY, model.BYTES}


def value_of(text: str, layout: Layout, byte_order: str, option: str = "value") -> Any:
    """The value that a text stands for, as `RecordType.pack` takes it; what it lacks is zero.

    Structs and unions are dicts of the members that are given, arrays lists up to the last element
    that is, enumerators and pointers numbers. byte_order: of the records, "little" or "big".
    option: what messages call the text. Raises UsageError, naming option, member and column.
    """
    raw = _raw_bytes(text, layout, byte_order, option)
    if raw is None:
        return _Reader(text, layout, byte_order, option).read()
    if layout.root.kind == model.BYTES:
        return raw
    from prettify.compilers.construct_parser import unpack

    return unpack(layout, byte_order, raw)


def bytes_of(text: str, layout: Layout, byte_order: str, option: str = "value") -> bytes:
    """The bytes of the record that a text stands for. Raises UsageError as `value_of` does."""
    raw = _raw_bytes(text, layout, byte_order, option)
    if raw is None:
        raw = packed(layout, byte_order, _Reader(text, layout, byte_order, option).read())
    return raw


def _raw_bytes(text: str, layout: Layout, byte_order: str, option: str) -> bytes | None:
    """The bytes of `hex …`, None for all other texts. Raises UsageError for all types alike."""
    title = values.title_of(layout.type)
    if byte_order not in ORDERS:
        raise UsageError(f"byte order {byte_order!r} is neither 'little' nor 'big'")
    if layout.root.kind not in model.SIZED:
        raise UsageError(f"{option}: {title} is a {layout.root.kind}, which has no size")
    if layout.size > MAX_BYTES:
        raise UsageError(
            f"{option}: {title} has {layout.size} bytes, and values of more than "
            f"{MAX_BYTES >> 20} MiB are not read from text"
        )
    match = _RAW.fullmatch(text)
    content = match[1] if match is not None else text
    if match is None and layout.root.kind != model.BYTES:
        return None
    raw = literals.octets(content)
    if raw is None and (match is None or layout.root.of_chars):
        return None
    try:
        return fitting.octets(layout.root, raw)
    except Misfit as misfit:
        raise UsageError(one_line(f"{option} {shown(text)}: {misfit}")) from None


class _Reader(ConstantReader):
    """Reads one text. `stacks` are the places that it is in, one within the other."""

    __slots__ = ("_inside_of", "_trails_of", "order", "stacks")

    def __init__(self, text: str, layout: Layout, byte_order: str, option: str) -> None:
        super().__init__(text, layout, option)
        self.order = ORDERS[byte_order]
        self.stacks: list[list[Place]] = []
        self._inside_of: dict[Node, tuple[Node, ...]] = {}
        self._trails_of: dict[Node, dict[str, tuple[int, ...]]] = {}

    @property
    def path(self) -> str:
        steps = (place.step for stack in self.stacks for place in stack)
        return "".join(steps).removeprefix(".")

    def read(self) -> Any:
        """The value of the whole text."""
        root = self.layout.root
        if root.of_chars and self.text.lstrip()[:1] not in _PARSED:
            return self.fitted(1, lambda: fitting.text(root, self.text))
        self.tokens = self.read_tokens(self.text, 0)
        wrapped = root.kind not in (model.ARRAY, model.BYTES) and self.take("[")
        value = self._value(root)
        self.take(",")
        if wrapped:
            self.end_of_items("]")
        self.take(";")
        if self.next.kind != "end":
            raise self.wanted("the end of the value")
        return value

    # Values.

    def _value(self, node: Node) -> Any:
        self.skip_casts(node)
        token = self.next
        if self.take("{"):
            if self._at_key():
                return self._object(node)
            return self._items(node, "}") if node.kind in _CONTAINERS else self._braced(node)
        if self.take("["):
            if node.kind not in (model.ARRAY, model.BYTES):
                raise self.fault(f"a list, which {what_of(node)} is not,", token.column)
            return self._items(node, "]")
        if token.kind == "string":
            return self._string(node)
        if token.kind in ADDRESSES:
            return self._address(node)
        if node.kind in NUMBERS:
            return self.number(node)
        text = "a string or " if fitting.holds_bytes(node) or node.kind == model.BYTES else ""
        raise self.wanted(f"{text}'{{'", node)

    def _string(self, node: Node) -> Any:
        """What a string stands for: text, bytes, an address, a number."""
        column = self.next.column
        content = ""
        while self.next.kind == "string":
            content += self.unquoted(self.next)
            self.position += 1
        address = None if node.of_chars else literals.address(content)
        if address is not None:
            found = fitting.network(node, address, self.order)
            if found is not None:
                return found
        if fitting.holds_bytes(node):
            return self.fitted(column, lambda: fitting.text(node, content))
        if node.kind == model.BYTES:
            return self.fitted(column, lambda: fitting.octets(node, literals.octets(content)))
        if node.kind not in NUMBERS:
            raise self.fault(f"a string, which {what_of(node)} is not,", column)
        around = self.tokens, self.position
        self.tokens, self.position = self.read_tokens(content, column), 0
        value = self.number(node)
        if self.next.kind != "end":
            raise self.wanted("the end of the string")
        self.tokens, self.position = around
        return value

    def _address(self, node: Node) -> Any:
        token = self.next
        self.position += 1
        address = literals.address(token.text)
        if address is None:
            raise self.fault(f"{token.text!r} is no address", token.column)
        value = fitting.network(node, address, self.order)
        if value is None:
            raise self.fault(
                f"an address of {len(address)} bytes, which {what_of(node)} does not take",
                token.column,
            )
        return value

    # What holds other values.

    def _at_key(self) -> bool:
        """Whether a string and a colon come next, as in JSON's objects."""
        behind = self.tokens[min(self.position + 1, len(self.tokens) - 1)]
        return self.next.kind == "string" and behind.text == ":"

    def _key(self) -> str:
        if not self._at_key():
            raise self.wanted("a string, the name of a member,")
        self.position += 2
        return self.unquoted(self.tokens[self.position - 2])

    def _object(self, node: Node) -> Any:
        """JSON's object, behind its brace."""
        if node.kind == model.ENUM:
            return self._name_and_value(node)
        if node.kind not in NESTED:
            raise self.fault(f"an object, which {what_of(node)} is not,", self.next.column)
        stack = self._open(node, {})
        while not self.take("}"):
            column = self.next.column
            self._go(stack, self._trail(node, self._key(), column))
            stack[-1].put(self._value(stack[-1].child))
            del stack[1:]
            self.between_items("}")
        return self._close()

    def _name_and_value(self, node: Node) -> Any:
        """An enum as the JSON of `enums="both"` has it, of which the value counts."""
        value = 0
        while not self.take("}"):
            if self._key() != "value":
                self.position += 1
            elif self.next.kind == "string":
                value = self._string(node)
            else:
                value = self.number(node)
            self.between_items("}")
        return value

    def _braced(self, node: Node) -> Any:
        """A scalar in braces, behind the first of them."""
        if self.take("}"):
            return fitting.zero(node)
        if self.sees("{"):
            raise self.wanted("a number", node)
        value = self._value(node)
        self.take(",")
        self.end_of_items("}")
        return value

    def _items(self, node: Node, end: str) -> Any:
        """Values, up to that symbol, each at its place."""
        if node.of_chars and self.next.kind == "string":
            value = self._string(node)
            self.take(",")
            self.end_of_items(end)
            return value
        stack = self._open(node, holder_of(node))
        while not self.take(end):
            if self._find_place(stack, named=end == "}"):
                stack[-1].put(self._value(stack[-1].child))
            self.between_items(end)
        holder = self._close()
        if node.of_chars:
            return fitting.unpacked_text(node, bytes(holder))
        return bytes(holder) if node.kind == model.BYTES else holder

    def _find_place(self, stack: list[Place], *, named: bool) -> bool:
        """Go where the next value belongs, from where the one before it went.

        named: whether there are designators. False where there is no value but the braces of an
        unnamed struct without members.
        """
        column = self.next.column
        if named and (self.sees(".") or self.sees("[")):
            self._designate(stack)
        elif not self._next_place(stack):
            if not self.sees("{", "}"):
                raise self._excess(stack, column)
            self.position += 2
            return False
        self.skip_casts(stack[-1].child)
        while not self._takes_whole(stack[-1].child):
            self._enter(stack)
            if not advance(stack):
                raise self._excess(stack, column)
        return True

    def _excess(self, stack: list[Place], column: int) -> UsageError:
        del stack[1:]
        stack[0].index = -1
        return self.fault(f"more values than {what_of(stack[0].node)} has places for", column)

    def _takes_whole(self, node: Node) -> bool:
        """Whether the next value is for all of a place, and not for the first one within it."""
        token = self.next
        if node.kind in NUMBERS or token.text in ("{", "[") or token.kind in ("symbol", "end"):
            return True
        address = None
        if token.kind in ADDRESSES:
            address = literals.address(token.text)
        elif token.kind == "string":
            if fitting.holds_bytes(node) or node.kind == model.BYTES:
                return True
            address = literals.address(self.unquoted(token))
        return address is not None and fitting.network(node, address, self.order) is not None

    # Places.

    def _open(self, node: Node, holder: Any) -> list[Place]:
        """The stack of what is about to be read into `holder`, the value of a node."""
        node = as_array(node)
        self.stacks.append([Place(node, holder, self._inside(node))])
        return self.stacks[-1]

    def _close(self) -> Any:
        """The value of what has been read."""
        return self.stacks.pop()[0].holder

    def _inside(self, node: Node) -> tuple[Node, ...]:
        """The members of a node that values can be for."""
        found = self._inside_of.get(node)
        if found is None:
            found = tuple(c for c in node.children if c.name or c.kind in NESTED)
            self._inside_of[node] = found
        return found

    def _trails(self, node: Node) -> dict[str, tuple[int, ...]]:
        """By name the way to each member, through unnamed ones: the index in each `_inside`."""
        found = self._trails_of.get(node)
        if found is None:
            found = self._trails_of[node] = {}
            pending: list[tuple[Node, tuple[int, ...]]] = [(node, ())]
            while pending:
                current, trail = pending.pop()
                if trail and current.name:
                    found[name_of(current.name)] = trail  # of two of one name the last one counts
                    continue
                inside = [(child, (*trail, i)) for i, child in enumerate(self._inside(current))]
                pending += reversed(inside)
        return found

    def _trail(self, node: Node, name: str, column: int) -> tuple[int, ...]:
        trails = self._trails(node)
        if name not in trails:
            there = choices(name, list(trails))
            title = f"{what_of(node)} has no member {fitting.shown(name)}"
            raise self.fault(title, column, f"; {there}")
        return trails[name]

    def _enter(self, stack: list[Place]) -> None:
        """Go into the place where the stack is, to what there is of its value."""
        place = stack[-1]
        node = as_array(place.child)
        holder = place.holder
        if node.name or not isinstance(holder, dict):
            holder = holder_of(place.child, place.value())
            place.put(holder)
        stack.append(Place(node, holder, self._inside(node)))

    def _go(self, stack: list[Place], trail: tuple[int, ...]) -> None:
        """Go from the last place on to the member of that trail."""
        stack[-1].index = trail[0]
        for index in trail[1:]:
            self._enter(stack)
            stack[-1].index = index

    def _designate(self, stack: list[Place]) -> None:
        """Go where designators say: `.a.b[2]`, of the whole."""
        del stack[1:]
        first = True
        while self.sees(".") or self.sees("["):
            if not first:
                if stack[-1].child.kind not in _CONTAINERS:
                    raise self.wanted("'='", stack[-1].child)
                self._enter(stack)
            first = False
            stack[-1].index = -1
            if self.take("."):
                self._go(stack, self._named(stack[-1].node))
            else:
                self.position += 1
                self._index(stack[-1])
        if not self.take("="):
            raise self.wanted("'='")

    def _named(self, node: Node) -> tuple[int, ...]:
        """The trail of the member whose name comes next, which may have points in it."""
        words: list[str] = []
        start = self.position
        while self.tokens[start + 2 * len(words)].kind == "word":
            words.append(name_of(self.tokens[start + 2 * len(words)].text))
            if self.tokens[start + 2 * len(words) - 1].text != ".":
                break
        if not words:
            raise self.wanted("a member's name")
        if node.kind not in NESTED:
            raise self.fault(f"{what_of(node)} has no members", self.next.column)
        trails = self._trails(node)
        lengths = range(len(words), 0, -1)
        length = next((n for n in lengths if ".".join(words[:n]) in trails), 1)
        trail = self._trail(node, ".".join(words[:length]), self.next.column)
        self.position += 2 * length - 1
        return trail

    def _index(self, place: Place) -> None:
        """Go to the element whose index and closing bracket come next."""
        column = self.next.column
        index = self.expression(self.layout.root)
        if place.node.element is None:
            raise self.fault(f"{what_of(place.node)} has no elements", column)
        count = room_for(place.node)
        if not isinstance(index, int) or not 0 <= index < count:
            title = f"an array of {count} has no element {fitting.shown(index)}"
            raise self.fault(title, column)
        self.end_of_items("]")
        place.index = index

    def _next_place(self, stack: list[Place]) -> bool:
        """Go where a value without a designator belongs; False where there is no such place."""
        there = advance(stack)
        depth = 0
        while self.tokens[self.position + depth].text == "{":
            depth += 1
        point = self.tokens[self.position + depth]
        if not depth or point.text != "." or stack[0].node.kind not in NESTED:
            return there
        name = name_of(self.tokens[self.position + depth + 1].text)
        if there and name in self._trails(stack[-1].child):
            return True
        # Braces of unnamed structs, which other dialects write where a member before them is
        # named: they are for the one that has the member.
        trail = self._trails(stack[0].node).get(name, ())
        structs = []
        node = stack[0].node
        for length, index in enumerate(trail[:-1], 1):
            node = self._inside(node)[index]
            if node.kind == model.STRUCT:
                structs.append(trail[:length])
        if depth > len(structs):
            return there
        del stack[1:]
        self._go(stack, structs[-depth])
        return True
