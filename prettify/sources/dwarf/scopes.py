"""Whole names: those of the namespaces, modules and types around a type, before its own."""

from __future__ import annotations

SEPARATOR = "::"


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
