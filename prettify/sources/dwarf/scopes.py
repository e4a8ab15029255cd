"""What entries lie in: the namespaces, modules and types whose names stand before their own."""

from __future__ import annotations

from prettify.sources.dwarf import constants as dw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from prettify.sources.dwarf.entries import Part
    from prettify.sources.dwarf.units import Unit

SEPARATOR = "::"
ANONYMOUS = "(anonymous namespace)"
# Entries whose names stand before those of what lies in them.
SCOPES = frozenset(
    (
        dw.DW_TAG_namespace,
        dw.DW_TAG_module,
        dw.DW_TAG_structure_type,
        dw.DW_TAG_class_type,
        dw.DW_TAG_union_type,
        dw.DW_TAG_interface_type,
    )
)
# Entries below which there are no types.
CLOSED = frozenset(
    (
        dw.DW_TAG_enumeration_type,
        dw.DW_TAG_array_type,
        dw.DW_TAG_subroutine_type,
        dw.DW_TAG_formal_parameter,
        dw.DW_TAG_inlined_subroutine,
        dw.DW_TAG_call_site,
        dw.DW_TAG_GNU_call_site,
    )
)


def scopes_of(part: Part, unit: Unit) -> dict[int, str]:
    """For the position of each entry of a unit that lies in a scope: that scope's whole name."""
    found: dict[int, str] = {}
    # The scope of each level of entries, from the unit's own down to where the walk is.
    levels = [""]
    at = part.entry(unit.first_entry, unit).end
    while at < unit.end and levels:
        entry = part.read(at, unit)
        if entry is None:
            levels.pop()
            at += 1
            continue
        scope = levels[-1]
        if scope:
            found[entry.position] = scope
        if not entry.has_children:
            at = entry.end
        elif entry.tag in CLOSED:
            at = part.behind(entry)
        else:
            at = entry.end
            name = scope_name(entry.tag, entry.text(dw.DW_AT_name))
            levels.append(joined(scope, name) if name else scope)
    return found


def scope_name(tag: int, name: str) -> str:
    """What an entry puts before the names of those in it, if anything."""
    if tag == dw.DW_TAG_namespace:
        return name or ANONYMOUS
    return name if tag in SCOPES else ""


def joined(scope: str, name: str) -> str:
    """A name behind that of its scope."""
    return f"{scope}{SEPARATOR}{name}" if scope else name


def last_component(name: str) -> str:
    """`B<C::D>` of `A::B<C::D>`."""
    depth = 0
    start = 0
    for at, character in enumerate(name):
        if character in "<([{":
            depth += 1
        elif character in ">)]}" and depth:
            depth -= 1
        elif not depth and name.startswith(SEPARATOR, at):
            start = at + len(SEPARATOR)
    return name[start:]


def is_called(whole: str, name: str) -> bool:
    """Whether a type of that whole name may be called by that one, which may lack outer scopes."""
    return whole == name or whole.endswith(SEPARATOR + name)
