"""The expressions of options and of the catalogue: from text to a small tree.

expression = or [ "if" or "else" expression ]
or         = and { ("or" | "||") and }
and        = not { ("and" | "&&") not }
not        = "not" not | comparison
comparison = bits { compare bits } [ ["not"] "in" list | ["not"] "like" string ]
compare    = "==" | "!=" | "<" | "<=" | ">" | ">="
list       = "(" bits { "," bits } ")"
bits       = xor { "|" xor }
xor        = and { "^" and }
and        = shift { "&" shift }
shift      = sum { ("<<" | ">>") sum }
sum        = product { ("+" | "-") product }
product    = unary { ("*" | "/" | "//" | "%") unary }
unary      = ("-" | "+" | "~" | "!") unary | primary
primary    = number | string | "true" | "false" | reference | name | call | "(" expression ")"
reference  = "$" name
call       = word "(" [ expression { "," expression } ] ")"
name       = word { "." word | "[" integer "]" }
number     = as in C: decimal, 0x hexadecimal, 0b binary, octal with a leading 0; or with a point
             or an exponent, a float
string     = in single or double quotes, with C's escapes

Precedence is Python's, so `a & 4 == 4` means `(a & 4) == 4`, and `1 < a < 5` means what it says.
What would mean one thing to Python and another to C, `!a == b` and `!a & b`, is refused.
"""

from __future__ import annotations

import re

from prettify.errors import UsageError, one_line
from prettify.records.query.numbers import MAX_DEPTH, MAX_LENGTH, integer_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Link = tuple[str, int, "Tree"]  # (operator, its column, right operand)

# The trees. `column` counts characters from 1.


class Tree:
    """A part of an expression; `depth` in levels."""

    __slots__ = ("column", "depth")

    def __init__(self, column: int, below: Sequence[Tree] = ()) -> None:
        self.column = column
        self.depth: int = 1 + max((tree.depth for tree in below), default=0)


class Number(Tree):
    """A number; `true` and `false` are bools."""

    __slots__ = ("value",)

    def __init__(self, column: int, value: bool | int | float) -> None:
        super().__init__(column)
        self.value = value


class String(Tree):
    """A text."""

    __slots__ = ("text",)

    def __init__(self, column: int, text: str) -> None:
        super().__init__(column)
        self.text = text


class Reference(Tree):
    """What is not of the record itself: `$header.a.b`, `$offset`. steps: as of a Name."""

    __slots__ = ("steps",)

    def __init__(self, column: int, steps: Sequence[tuple[str | int, int]]) -> None:
        super().__init__(column)
        self.steps = tuple(steps)

    @property
    def name(self) -> str:
        """The first word: `header`."""
        return str(self.steps[0][0])

    @property
    def path(self) -> str:
        """What is behind it, `a.b[0]`, or nothing."""
        parts = (f"[{s}]" if isinstance(s, int) else f".{s}" for s, _ in self.steps[1:])
        return "".join(parts).removeprefix(".")


class Call(Tree):
    """A function of some values: `min(a, b)`."""

    __slots__ = ("arguments", "name")

    def __init__(self, column: int, name: str, arguments: Sequence[Tree]) -> None:
        super().__init__(column, arguments)
        self.name = name
        self.arguments = tuple(arguments)


class Choice(Tree):
    """`yes if condition else no`. place: the column of the `if`."""

    __slots__ = ("condition", "no", "place", "yes")

    def __init__(self, place: int, yes: Tree, condition: Tree, no: Tree) -> None:
        super().__init__(yes.column, (yes, condition, no))
        self.place = place
        self.yes = yes
        self.condition = condition
        self.no = no


class Name(Tree):
    """A member's path, or an enumerator: (name or index, its column) of each step."""

    __slots__ = ("steps",)

    def __init__(self, column: int, steps: Sequence[tuple[str | int, int]]) -> None:
        super().__init__(column)
        self.steps = tuple(steps)

    @property
    def alone(self) -> str:
        """The name, where it is one word, else nothing."""
        name = self.steps[0][0]
        return name if len(self.steps) == 1 and isinstance(name, str) else ""


class Items(Tree):
    """The list behind `in`."""

    __slots__ = ("items",)

    def __init__(self, column: int, items: Sequence[Tree]) -> None:
        super().__init__(column, items)
        self.items = tuple(items)


class Unary(Tree):
    """`-`, `+`, `~` or `not`, and an operand."""

    __slots__ = ("operand", "operator")

    def __init__(self, column: int, operator: str, operand: Tree) -> None:
        super().__init__(column, (operand,))
        self.operator = operator
        self.operand = operand


class Chain(Tree):
    """Operands with operators of one precedence between them, from the left."""

    __slots__ = ("first", "links")

    def __init__(self, first: Tree, links: Sequence[Link]) -> None:
        super().__init__(first.column, (first, *(tree for _, _, tree in links)))
        self.first = first
        self.links = tuple(links)


class Comparison(Chain):
    """Operands with comparisons between them, all of which are to hold."""

    __slots__ = ()


# Operators, the loosest first.
LOGICAL = (("or",), ("and",))
COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like")
ARITHMETIC = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "//", "%"))
LEVELS = {
    operator: level
    for level, operators in enumerate((*LOGICAL, COMPARISONS, *ARITHMETIC))
    for operator in operators
}
LAST = frozenset(("in", "not in", "like", "not like"))  # what nothing can be compared with
COMPARING = len(LOGICAL)
SYNONYMS = {"&&": "and", "||": "or"}
SIGNS = frozenset("-+~!")
UNNAMED = frozenset(("and", "or", "if", "else"))  # as first words; behind a point they are names
CONSTANTS = {"true": True, "false": False}
# What people write for something that is spelled otherwise here.
INSTEAD = {
    "=": "'==' expected in place of '='",
    "<>": "'!=' expected in place of '<>'",
    "**": "there is no operator '**'",
    "?": "there is no operator '?'",
    "->": "'->', but what a pointer points at is not in the record,",
}

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<reference>\$\w+)
    |(?P<float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)
    |(?P<number>[0-9]\w*)
    |(?P<word>\w+)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<symbol>\*\*|//|<<|>>|<=|>=|==|!=|<>|->|&&|\|\||[-+*/%&|^~!<>=()\[\].,?:])
    |(?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPED = {
    "n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b",
    "\\": "\\", "'": "'", '"': '"',
}  # fmt: skip


class Token:
    """A word or symbol of an expression, and the column where it begins."""

    __slots__ = ("column", "kind", "text")

    def __init__(self, kind: str, text: str, column: int) -> None:
        self.kind = kind
        self.text = text
        self.column = column


def fault(option: str, text: str, what: str, column: int, more: str = "") -> UsageError:
    """The error of an expression that is wrong at a column."""
    return UsageError(one_line(f"{option} {text!r}: {what} at column {column}{more}"))


def parse(text: str, option: str) -> Tree:
    """The tree of an expression. Raises UsageError naming the option and the column in its text."""
    if len(text) > MAX_LENGTH:
        raise UsageError(f"{option}: an expression of over {MAX_LENGTH} characters")
    return _Parser(text, option).parse()


class _Parser:
    __slots__ = ("depth", "option", "position", "text", "tokens")

    def __init__(self, text: str, option: str) -> None:
        self.text = text
        self.option = option
        self.tokens = self._tokens()
        self.position = 0
        self.depth = 0

    def parse(self) -> Tree:
        tree = self._expression()
        if self.next.kind != "end":
            raise self._wanted("an operator")
        return tree

    def _tokens(self) -> list[Token]:
        tokens: list[Token] = []
        position = 0
        while not tokens or tokens[-1].kind != "end":
            match = _TOKEN.match(self.text, position)
            if match is None:
                rest = self.text[position:]
                column = position + len(rest) - len(rest.lstrip()) + 1
                found = self.text[column - 1]
                what = "a string without its end" if found in "\"'" else f"{found!r} means nothing"
                raise self._fault(what, column)
            kind = match.lastgroup or "end"
            tokens.append(Token(kind, match[kind], match.start(kind) + 1))
            position = match.end()
        return tokens

    # Where the parser is.

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def _fault(self, what: str, column: int) -> UsageError:
        return fault(self.option, self.text, what, column)

    def _wanted(self, what: str) -> UsageError:
        """The error that something else is expected where the parser is."""
        token = self.next
        return self._fault(INSTEAD.get(token.text, f"{what} expected"), token.column)

    def _take(self, symbol: str) -> bool:
        """Whether the next token is that symbol, which is then consumed."""
        if self.next.kind != "symbol" or self.next.text != symbol:
            return False
        self.position += 1
        return True

    def _operator(self) -> tuple[str, int]:
        """The operator that comes next, "" if none does, and how many tokens it has."""
        token = self.next
        if token.kind not in ("symbol", "word"):
            return "", 0
        name = SYNONYMS.get(token.text, token.text)
        if name == "not" and self.tokens[self.position + 1].kind == "word":
            name += " " + self.tokens[self.position + 1].text
            return (name, 2) if name in LEVELS else ("", 0)
        return (name, 1) if name in LEVELS else ("", 0)

    # The grammar.

    def _expression(self) -> Tree:
        tree = self._operation(0)
        if self._word("if"):
            place = self.tokens[self.position - 1].column
            condition = self._operation(0)
            if not self._word("else"):
                raise self._wanted("'else'")
            tree = Choice(place, tree, condition, self._expression())
            self._limit(tree.depth)
        return tree

    def _word(self, word: str) -> bool:
        """Whether the next token is that word, which is then consumed."""
        if self.next.kind != "word" or self.next.text != word:
            return False
        self.position += 1
        return True

    def _operation(self, least: int) -> Tree:
        """Operands and operators of that level or a tighter one."""
        self.depth += 1
        self._limit(self.depth)
        column = self.next.column
        if self.next.kind == "word" and self.next.text == "not":
            if least > COMPARING:
                raise self._fault("parentheses expected around 'not'", column)
            self.position += 1
            tree: Tree = Unary(column, "not", self._operation(COMPARING))
        else:
            negation = self.next.text == "!"
            tree = self._unary()
            level = LEVELS.get(self._operator()[0], -1)
            if negation and level >= max(least, COMPARING):
                raise self._fault("parentheses expected around what '!' is of", column)
        while (level := LEVELS.get(self._operator()[0], -1)) >= least:
            links = self._links(level)
            tree = Comparison(tree, links) if level == COMPARING else Chain(tree, links)
            self._limit(tree.depth)
        self.depth -= 1
        return tree

    def _limit(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise UsageError(f"{self.option}: an expression nested over {MAX_DEPTH} levels deep")

    def _links(self, level: int) -> list[Link]:
        """The operators of one level that follow each other, with their right operands."""
        links: list[Link] = []
        while True:
            name, length = self._operator()
            if LEVELS.get(name) != level:
                return links
            if links and links[-1][0] in LAST:
                raise self._wanted("'and' or 'or'")
            column = self.next.column
            self.position += length
            if name.endswith("in"):
                links.append((name, column, self._items()))
            elif name.endswith("like"):
                if self.next.kind != "string":
                    raise self._wanted("a pattern in quotes")
                links.append((name, column, self._primary()))
            else:
                links.append((name, column, self._operation(level + 1)))

    def _items(self) -> Items:
        column = self.next.column
        if not self._take("("):
            raise self._wanted("'('")
        items = [self._operation(COMPARING + 1)]
        while self._take(","):
            items.append(self._operation(COMPARING + 1))
        if not self._take(")"):
            raise self._wanted("',' or ')'")
        return Items(column, items)

    def _unary(self) -> Tree:
        signs = []
        while self.next.kind == "symbol" and self.next.text in SIGNS:
            signs.append(self.next)
            self.position += 1
        tree = self._primary()
        for sign in reversed(signs):
            tree = Unary(sign.column, "not" if sign.text == "!" else sign.text, tree)
            self._limit(tree.depth)
        return tree

    def _primary(self) -> Tree:
        token = self.next
        if self._take("("):
            tree = self._expression()
            if not self._take(")"):
                raise self._wanted("')'")
            return tree
        if token.kind in ("end", "symbol") or token.text in UNNAMED:
            raise self._wanted("a value")
        self.position += 1
        if token.kind == "word":
            if token.text in CONSTANTS:
                return Number(token.column, CONSTANTS[token.text])
            if self._take("("):
                return Call(token.column, token.text, self._arguments())
            return Name(token.column, self._steps(token.text, token.column))
        if token.kind == "string":
            return String(token.column, self._string(token))
        if token.kind == "reference":
            return Reference(token.column, self._steps(token.text[1:], token.column))
        if token.kind == "float":
            return Number(token.column, float(token.text))
        number = integer_of(token.text)
        if number is None:
            raise self._fault(f"{token.text!r} is no number", token.column)
        return Number(token.column, number)

    def _arguments(self) -> list[Tree]:
        """What is in the parentheses of a call."""
        if self._take(")"):
            return []
        found = [self._expression()]
        while self._take(","):
            found.append(self._expression())
        if not self._take(")"):
            raise self._wanted("',' or ')'")
        return found

    def _steps(self, first: str, column: int) -> list[tuple[str | int, int]]:
        """A path that begins with that word, and the columns of its steps."""
        steps: list[tuple[str | int, int]] = [(first, column)]
        while self.next.kind == "symbol":
            if self._take("."):
                token = self.next
                if token.kind != "word":
                    raise self._wanted("a member's name")
                steps.append((token.text, token.column))
                self.position += 1
            elif self._take("["):
                token = self.next
                index = integer_of(token.text) if token.kind == "number" else None
                if index is None:
                    raise self._wanted("a number, the index of an element,")
                self.position += 1
                if not self._take("]"):
                    raise self._wanted("']'")
                steps.append((index, token.column))
            else:
                break
        return steps

    def _string(self, token: Token) -> str:
        for match in _ESCAPE.finditer(token.text[1:-1]):
            if match[1] is None and match[2] not in _ESCAPED:
                column = token.column + 1 + match.start()
                raise self._fault(f"{match[0]!r} is no escape", column)
        return _ESCAPE.sub(
            lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPED[m[2]], token.text[1:-1]
        )


__all__ = [
    "Call",
    "Chain",
    "Choice",
    "Comparison",
    "Items",
    "Name",
    "Number",
    "Reference",
    "String",
    "Tree",
    "Unary",
    "fault",
    "parse",
]
