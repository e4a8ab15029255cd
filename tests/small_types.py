"""Small types for the tests of what is compiled from layouts, and both compilers at once."""

from __future__ import annotations

from typing import Any

from btf_writer import BtfWriter
from prettify import layout as layouts
from prettify.compilers.construct_parser import compile_construct
from prettify.compilers.numpy_dtype import compile_dtype, view
from prettify.layout import Layout
from prettify.sources.btf import Btf

ORDERS = ["little", "big"]


def laid_out(writer: BtfWriter, type_id: int) -> Layout:
    """The layout of a type that a test has written."""
    return layouts.resolve(Btf(writer.bytes(), "test").by_id(type_id))


def both(writer: BtfWriter, type_id: int, data: bytes) -> tuple[Any, Any]:
    """(construct's value, numpy's array) of one record, which construct builds again."""
    layout = laid_out(writer, type_id)
    parser = compile_construct(layout, writer.endian)
    assert parser.sizeof() == layout.size
    assert parser.build(parser.parse(data)) == data
    dtype = compile_dtype(layout, writer.endian)
    assert dtype.itemsize == layout.size
    return parser.parse(data), view(layout, writer.endian, data)


class Ints:
    """The integers that most tests need, in one writer."""

    def __init__(self, order: str) -> None:
        self.w = w = BtfWriter(order)  # type: ignore[arg-type]
        self.order: Any = order
        self.u8 = w.int("unsigned char", 1)
        self.i8 = w.int("signed char", 1, signed=True)
        self.char = w.int("char", 1, signed=True)
        self.u16 = w.int("unsigned short", 2)
        self.i32 = w.int("int", 4, signed=True)
        self.u32 = w.int("unsigned int", 4)
        self.u64 = w.int("long", 8)
        self.bool = w.int("_Bool", 1, boolean=True)
        self.color = w.enum("color", [("RED", 0), ("ROUGE", 0), ("BLUE", 7), ("HUGE", 300)], size=1)
        self.double = w.float("double", 8)

    def struct(self, size: int, members: list[Any], name: str = "s") -> Layout:
        return laid_out(self.w, self.w.struct(name, size, members))
