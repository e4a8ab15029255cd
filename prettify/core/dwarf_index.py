# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Makes the tables of an index out of what a scan has found.

Entries are in order of position. Equal names are linked, from a slot found by the name's hash.
Declarations of what is defined elsewhere are left out.
"""

from __future__ import annotations

from prettify.core.tables import zeroes

if not __file__.endswith(".py"):
    import cython
else:
    from prettify.core import plain as cython

if cython.compiled:
    from cython.cimports.prettify.core import dwarf_codes as codes
    from cython.cimports.prettify.core.dwarf_names import Names, address_of
else:
    from prettify.core import dwarf_codes as codes
    from prettify.core.dwarf_names import Names

COMPILED: bool = cython.compiled
_MOST_TEXT = 1 << 32  # bytes that an offset of 32 bits can reach


def finish(names: Names) -> tuple[memoryview, ...]:
    """The tables of an index of these names.

    Of entries: positions, sizes, names (offsets in the text), kinds (tag, flags above it), scopes
    (row + 1), links (to the next entry of the name, + 1). Of scopes: positions, names, tags,
    parents (row + 1). Then slots (the first entry of a name, + 1), a power of two of them, and
    the text. Raises OverflowError where the text has more than 4 GB.
    """
    order = _kept(names, _sorted(names))
    count: cython.longlong = len(order)
    scope_count: cython.longlong = names.scope_count
    slot_count: cython.longlong = 2
    while slot_count < 2 * count:
        slot_count *= 2
    tables = (
        zeroes("q", count),
        zeroes("q", count),
        zeroes("I", count),
        zeroes("I", count),
        zeroes("I", count),
        zeroes("I", count),
        zeroes("q", scope_count),
        zeroes("I", scope_count),
        zeroes("I", scope_count),
        zeroes("I", scope_count),
        zeroes("I", slot_count),
    )
    first = zeroes("I", count)  # the entry that brings a name's text
    if cython.compiled:
        order_at = cython.cast(cython.pointer[cython.uint], address_of(order))
        positions = cython.cast(cython.pointer[cython.longlong], address_of(tables[0]))
        sizes = cython.cast(cython.pointer[cython.longlong], address_of(tables[1]))
        texts = cython.cast(cython.pointer[cython.uint], address_of(tables[2]))
        kinds = cython.cast(cython.pointer[cython.uint], address_of(tables[3]))
        scopes = cython.cast(cython.pointer[cython.uint], address_of(tables[4]))
        links = cython.cast(cython.pointer[cython.uint], address_of(tables[5]))
        scope_positions = cython.cast(cython.pointer[cython.longlong], address_of(tables[6]))
        scope_texts = cython.cast(cython.pointer[cython.uint], address_of(tables[7]))
        scope_tags = cython.cast(cython.pointer[cython.uint], address_of(tables[8]))
        parents = cython.cast(cython.pointer[cython.uint], address_of(tables[9]))
        slots = cython.cast(cython.pointer[cython.uint], address_of(tables[10]))
        first_at = cython.cast(cython.pointer[cython.uint], address_of(first))
        entries = names.entries_at
        rows = names.scopes_at
    else:
        order_at, first_at, entries, rows = order, first, names.entries, names.scopes
        positions, sizes, texts, kinds, scopes, links = tables[:6]
        scope_positions, scope_texts, scope_tags, parents, slots = tables[6:]
    index: cython.longlong
    at: cython.longlong
    slot: cython.longlong
    other: cython.longlong
    other_at: cython.longlong
    length: cython.longlong = 0
    mask: cython.longlong = slot_count - 1
    for index in range(count - 1, -1, -1):
        at = order_at[index] * codes.ENTRY_COLUMNS
        positions[index] = entries[at + codes.ENTRY_POSITION]
        sizes[index] = entries[at + codes.ENTRY_SIZE]
        kinds[index] = entries[at + codes.ENTRY_KIND]
        scopes[index] = entries[at + codes.ENTRY_SCOPE] + 1
        slot = entries[at + codes.ENTRY_HASH] & mask
        first_at[index] = index
        while slots[slot]:
            other = slots[slot] - 1
            other_at = order_at[other] * codes.ENTRY_COLUMNS
            if entries[other_at + codes.ENTRY_HASH] == entries[
                at + codes.ENTRY_HASH
            ] and names.same(entries[other_at + codes.ENTRY_NAME], entries[at + codes.ENTRY_NAME]):
                first_at[index] = first_at[other]
                links[index] = other + 1
                break
            slot = (slot + 1) & mask
        slots[slot] = index + 1
        if not links[index]:
            length += _length(names, entries[at + codes.ENTRY_NAME]) + 1
    for index in range(scope_count):
        length += _length(names, rows[index * codes.SCOPE_COLUMNS + codes.SCOPE_NAME]) + 1
    if length >= _MOST_TEXT:
        raise OverflowError
    text = bytearray(length)
    if cython.compiled:
        text_at = cython.cast(cython.pointer[cython.uchar], cython.cast(cython.p_char, text))
    else:
        text_at = text
    length = 0
    for index in range(count - 1, -1, -1):
        if first_at[index] == index:
            texts[index] = length
            at = order_at[index] * codes.ENTRY_COLUMNS
            length = _copy(names, entries[at + codes.ENTRY_NAME], text_at, length)
        else:
            texts[index] = texts[first_at[index]]
    for index in range(scope_count):
        at = index * codes.SCOPE_COLUMNS
        parents[index] = rows[at + codes.SCOPE_PARENT] + 1
        scope_positions[index] = rows[at + codes.SCOPE_POSITION]
        scope_tags[index] = rows[at + codes.SCOPE_TAG]
        scope_texts[index] = length
        length = _copy(names, rows[at + codes.SCOPE_NAME], text_at, length)
    return (*tables, memoryview(text))


def _sorted(names: Names) -> memoryview:
    """The rows of all entries by position: runs of one, two, four … are merged."""
    count: cython.longlong = names.count
    order, other = zeroes("I", count), zeroes("I", count)
    if cython.compiled:
        source = cython.cast(cython.pointer[cython.uint], address_of(order))
        target = cython.cast(cython.pointer[cython.uint], address_of(other))
        entries = names.entries_at
    else:
        source, target, entries = order, other, names.entries
    width: cython.longlong = 1
    index: cython.longlong
    left: cython.longlong
    right: cython.longlong
    left_end: cython.longlong
    right_end: cython.longlong
    start: cython.longlong
    swapped: cython.bint = False
    for index in range(count):
        source[index] = index
    while width < count:
        start = 0
        while start < count:
            left, left_end = start, min(start + width, count)
            right, right_end = left_end, min(start + 2 * width, count)
            for index in range(start, right_end):
                if right >= right_end or (
                    left < left_end
                    and entries[source[left] * codes.ENTRY_COLUMNS + codes.ENTRY_POSITION]
                    <= entries[source[right] * codes.ENTRY_COLUMNS + codes.ENTRY_POSITION]
                ):
                    target[index] = source[left]
                    left += 1
                else:
                    target[index] = source[right]
                    right += 1
            start += 2 * width
        source, target = target, source
        swapped = not swapped
        width *= 2
    return other if swapped else order


def _kept(names: Names, order: memoryview) -> memoryview:
    """Those rows without the declarations of what is defined in the same scope."""
    count: cython.longlong = len(order)
    slot_count: cython.longlong = 2
    while slot_count < 2 * count:
        slot_count *= 2
    table, kept = zeroes("I", slot_count), zeroes("I", count)
    if cython.compiled:
        order_at = cython.cast(cython.pointer[cython.uint], address_of(order))
        kept_at = cython.cast(cython.pointer[cython.uint], address_of(kept))
        slots = cython.cast(cython.pointer[cython.uint], address_of(table))
        entries = names.entries_at
    else:
        order_at, kept_at, slots, entries = order, kept, table, names.entries
    mask: cython.longlong = slot_count - 1
    index: cython.longlong
    at: cython.longlong
    other: cython.longlong
    slot: cython.longlong
    kind: cython.longlong
    declared: cython.longlong
    left: cython.longlong = 0
    for declared in (0, codes.DECLARED):  # what is defined, then what is declared
        for index in range(count):
            at = order_at[index] * codes.ENTRY_COLUMNS
            if entries[at + codes.ENTRY_KIND] & codes.DECLARED != declared:
                continue
            kind = entries[at + codes.ENTRY_KIND] & codes.DEFINED_KIND
            slot = (
                entries[at + codes.ENTRY_HASH]
                ^ (kind * codes.FAST_KIND)
                ^ (entries[at + codes.ENTRY_SCOPE] * codes.FAST_SCOPE)
            ) & mask
            while slots[slot]:
                other = (slots[slot] - 1) * codes.ENTRY_COLUMNS
                if (
                    entries[other + codes.ENTRY_HASH] == entries[at + codes.ENTRY_HASH]
                    and entries[other + codes.ENTRY_KIND] & codes.DEFINED_KIND == kind
                    and entries[other + codes.ENTRY_SCOPE] == entries[at + codes.ENTRY_SCOPE]
                    and names.same(
                        entries[other + codes.ENTRY_NAME], entries[at + codes.ENTRY_NAME]
                    )
                ):
                    break
                slot = (slot + 1) & mask
            else:
                if not declared:
                    slots[slot] = order_at[index] + 1
                continue
            if declared:
                order_at[index] = codes.LEFT_OUT
    for index in range(count):
        if order_at[index] != codes.LEFT_OUT:
            kept_at[left] = order_at[index]
            left += 1
    return kept[:left]


@cython.cfunc
@cython.exceptval(check=False)
def _length(names: Names, reference: cython.longlong) -> cython.longlong:
    """The bytes in a name, without its NUL."""
    text = names.text_of(reference)
    at: cython.longlong = reference & codes.TEXT_OFFSET
    start: cython.longlong = at
    while text[at]:
        at += 1
    return at - start


@cython.cfunc
@cython.exceptval(check=False)
def _copy(
    names: Names,
    reference: cython.longlong,
    out: cython.pointer[cython.uchar],
    at: cython.longlong,
) -> cython.longlong:
    """Write a name and its NUL there; where it ends."""
    text = names.text_of(reference)
    start: cython.longlong = reference & codes.TEXT_OFFSET
    while True:
        out[at] = text[start]
        at += 1
        if not text[start]:
            return at
        start += 1
