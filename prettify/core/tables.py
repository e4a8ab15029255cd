"""Tables of C integers, which compiled code reads by address and plain Python by index.

The standard library's `array` does this too, but imports `collections` for it, 3 ms at start-up.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

    Form = Literal["q", "Q", "I"]


def table(form: Form, numbers: Sequence[int]) -> memoryview:
    """A table of these numbers. form: `struct`'s letter for them: q, Q or I."""
    return memoryview(bytearray(struct.pack(f"={len(numbers)}{form}", *numbers))).cast(form)


def zeroes(form: Form, count: int) -> memoryview:
    """A table of that many zeroes."""
    return memoryview(bytearray(count * struct.calcsize(f"={form}"))).cast(form)
