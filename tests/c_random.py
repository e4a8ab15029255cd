"""Random C type definitions, for compilers to judge what is printed of records of them."""

from __future__ import annotations

import random

# (type, bits) of what a bitfield may be of.
BITFIELD_TYPES = (
    ("_Bool", 1),
    ("unsigned char", 8),
    ("signed char", 8),
    ("unsigned short", 16),
    ("short", 16),
    ("unsigned int", 32),
    ("int", 32),
    ("long", 64),
    ("unsigned long long", 64),
    ("const unsigned int", 32),
)
SCALARS = (
    "char",
    "_Bool",
    "unsigned char",
    "signed char",
    "short",
    "unsigned short",
    "int",
    "unsigned int",
    "long",
    "unsigned long",
    "long long",
    "unsigned long long",
    "float",
    "double",
    "const int",
    "volatile unsigned char",
)
PARAMETERS = ("int", "void *", "const char *", "double", "_Bool", "unsigned long", "void (*)(int)")
PACKED = "__attribute__((packed))"
MAX_DEPTH = 3


class Definitions:
    """Definitions drawn from one generator of random numbers.

    grids: arrays may have several dimensions. extended: `long double` and 128-bit integers too.
    plain: no bitfields without a name, none that fills its type, none of `long` that a machine of
    32 bits does not know: what all compilers' BTF, CTF and DWARF can say.
    Structs and unions are called s0, u1 …, their names are in `names`.
    """

    def __init__(
        self, chooser: random.Random, *, grids: bool, extended: bool, plain: bool = False
    ) -> None:
        self.chooser = chooser
        self.grids = grids
        self.plain = plain
        self.scalars = SCALARS + ("long double", "__int128", "unsigned __int128") * extended
        self.names: list[str] = []
        self._lines: list[str] = []
        self._enums: list[str] = []
        self._typedefs: list[str] = []
        self._count = 0

    @property
    def text(self) -> str:
        """All definitions, with a variable of each struct and union."""
        return "\n".join([*self._lines, ""])

    def define(self) -> None:
        """One more struct or union, now and then an enum or typedef before it."""
        if self._maybe(3):
            self._define_enum()
        word = self.chooser.choice(("struct", "struct", "struct", "union"))
        name = self._name(word[0])
        packed = self._maybe(5)
        body = self._members(0, word == "union", packed)
        if word == "struct" and self._maybe(8):
            element = self.chooser.choice(self.scalars)
            body += f"\tchar {self._name('m')};\n\t{element} {self._name('m')}[];\n"
        attribute = f" {PACKED}" if packed else ""
        if self._maybe(6):
            self._lines.append(f"typedef {word}{attribute} {{\n{body}}} {name};\n{name} v{name};")
            self.names.append(name)
            self._typedefs.append(name)
        else:
            self._lines.append(f"{word}{attribute} {name} {{\n{body}}} v{name};")
            self.names.append(f"{word} {name}")

    def _maybe(self, one_in: int) -> bool:
        return not self.chooser.randrange(one_in)

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def _define_enum(self) -> None:
        name = self._name("e")
        values = sorted({self.chooser.choice((0, 1, 2, 7, 100, 255)) for _ in range(4)})
        rows = ", ".join(f"{self._name('E')} = {value}" for value in values)
        packed = f" {PACKED}" if self._maybe(3) else ""
        self._lines.append(f"enum{packed} {name} {{ {rows} }} v{name};")
        self._enums.append(f"enum {name}")

    def _members(self, depth: int, union: bool, packed: bool) -> str:
        indent = "\t" * (depth + 1)
        count = self.chooser.randint(1, 5)
        return "".join(f"{indent}{self._member(depth, union, packed)};\n" for _ in range(count))

    def _member(self, depth: int, union: bool, packed: bool) -> str:
        kind = self.chooser.randrange(12)
        if kind < 3 and depth < MAX_DEPTH:
            return self._nested(depth)
        name = self._name("m")
        if kind < 5:
            if not union and not self.plain and self._maybe(8):
                return f"unsigned int :{self.chooser.choice((0, 3, 9))}"
            return self._bitfield(name)
        if kind == 5:
            return f"char {name}[{self.chooser.randint(1, 9)}]"
        if kind == 6:
            return self._pointer(name)
        if kind == 7 and self._enums:
            return f"{self.chooser.choice(self._enums)} {name}{self._dimensions()}"
        if kind == 8 and self.names:
            return f"{self.chooser.choice(self.names)} {name}{self._dimensions()}"
        aligned = "" if packed or not self._maybe(10) else " __attribute__((aligned(16)))"
        return f"{self.chooser.choice(self.scalars)} {name}{self._dimensions()}{aligned}"

    def _bitfield(self, name: str) -> str:
        if self._enums and self._maybe(4):
            return f"{self.chooser.choice(self._enums)} {name}:{7 if self.plain else 8}"
        type_name, most = self.chooser.choice(BITFIELD_TYPES)
        if self.plain:
            most = max(1, min(most, 32) - 1)
        return f"{type_name} {name}:{self.chooser.randint(1, most)}"

    def _dimensions(self) -> str:
        count = self.chooser.choice((0, 0, 0, 1, 1, 2 if self.grids else 1))
        sizes = [self.chooser.choice((1, 2, 3)) for _ in range(count)]
        if sizes and self._maybe(12):
            sizes[0] = 0
        return "".join(f"[{size}]" for size in sizes)

    def _nested(self, depth: int) -> str:
        word = self.chooser.choice(("struct", "struct", "union"))
        if self._maybe(20):
            return f"{word} {{ }} {self._name('m')}"
        packed = self._maybe(6)
        attribute = f" {PACKED}" if packed else ""
        body = self._members(depth + 1, word == "union", packed)
        end = "\t" * (depth + 1)
        name = "" if self._maybe(2) else f" {self._name('m')}{self._dimensions()}"
        return f"{word}{attribute} {{\n{body}{end}}}{name}"

    def _pointer(self, name: str) -> str:
        """A pointer to whatever a declarator can say."""
        declarator = f"*{name}" + ("[2]" if self._maybe(5) else "")
        last = "pointer"
        for _ in range(self.chooser.randrange(4)):
            step = self.chooser.choice(("pointer", "array", "function"))
            if step == "pointer":
                # A qualifier of what a function returns has no effect, and compilers say so.
                marks = ("*",) if last == "function" else ("*", "*const ", "*volatile ")
                declarator = self.chooser.choice(marks) + declarator
            elif last != "pointer":
                continue  # no functions that return arrays, no arrays of functions
            elif step == "array":
                declarator = f"({declarator})[{self.chooser.randint(1, 4)}]"
            else:
                parameters = self.chooser.sample(PARAMETERS, self.chooser.randrange(3))
                if parameters and self._maybe(5):
                    parameters.append("...")
                declarator = f"({declarator})({', '.join(parameters) or 'void'})"
            last = step
        bases = ["int", "unsigned long long", "float", "struct unknown *"]
        bases += [*self.names[-3:], *self._enums[-2:]]
        if last != "function":
            bases.append("const char")
        if last != "array":
            bases.append("void")
        return f"{self.chooser.choice(bases)} {declarator}"
