# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Keeps what a walk through the entries of a DWARF unit finds, in the scopes that it is in.

Most scopes are functions or the program's own, in which nothing is declared: a scope gets its row
among the names when the first type in it is kept.
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
_DECLARATIONS = 256  # that there is room for at first


@cython.final
@cython.cclass
class Recorder:
    """What is open and declared in one unit, and in `names` what has been found in all.

    wanted: the one name to keep, in bytes with a final NUL; empty: all. `depth`: that of what is in
    the innermost scope, NONE where there is none. `functions`: how many of the scopes are that.
    """

    def __init__(self, names: Names, wanted: bytes) -> None:
        self.names = names
        self._wanted = wanted
        self.wanted_length = len(wanted)
        self._stack = zeroes("q", codes.MAX_SCOPES * codes.OPEN_COLUMNS)
        if cython.compiled:
            self.wanted_at = cython.cast(cython.pointer[cython.const[cython.uchar]], wanted)
            self.stack_at = cython.cast(cython.pointer[cython.longlong], address_of(self._stack))
        else:
            self.wanted_at = wanted
            self.stack_at = self._stack
        self._make_room(_DECLARATIONS)
        self.begin()

    def grow(self) -> None:
        """Make room where there is none left."""
        if self.declared_count >= self.declared_room:
            self._make_room(self.declared_room * 4)
        else:
            self.names.grow()

    def _make_room(self, declarations: int) -> None:
        self.declared_room = declarations
        self._declared = zeroes("q", declarations * codes.DECLARED_COLUMNS)
        if cython.compiled:
            self.declared_at = cython.cast(
                cython.pointer[cython.longlong], address_of(self._declared)
            )
        else:
            self.declared_at = self._declared

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def begin(self) -> cython.void:
        """Begin with a unit."""
        self.declared_count = 0
        self.stack_count = 0
        self.functions = 0
        self.depth = codes.NONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def entry(
        self,
        flags: cython.longlong,
        position: cython.longlong,
        name: cython.longlong,
        size: cython.longlong,
        declaration: cython.bint,
        specification: cython.longlong,
        depth: cython.longlong,
    ) -> cython.longlong:
        """Keep a type, open a scope. `depth` is that of what is inside.

        specification: the position of its declaration, or NONE. Returns FINE, TOO_DEEP or FULL.
        """
        parent: cython.longlong = codes.AS_IT_STANDS
        scope: cython.longlong
        kind: cython.longlong
        row: cython.longlong
        if specification >= 0:
            row = self._find_declared(specification)
            if row >= 0:
                if name < 0:
                    name = self.declared_at[row + codes.DECLARED_NAME]
                parent = self.declared_at[row + codes.DECLARED_SCOPE]
        if name < 0:
            return codes.FINE
        if flags & codes.KEPT and (flags & codes.TYPE or not self.functions):
            if declaration or self.wanted_length == 0 or self._is_wanted(name):
                scope = parent
                if scope == codes.AS_IT_STANDS:
                    scope = self._scope()
                    if scope == codes.NO_ROOM:
                        return codes.FULL
                if declaration:
                    if self.declared_count >= self.declared_room:
                        return codes.FULL
                    row = self.declared_count * codes.DECLARED_COLUMNS
                    self.declared_at[row + codes.DECLARED_POSITION] = position
                    self.declared_at[row + codes.DECLARED_NAME] = name
                    self.declared_at[row + codes.DECLARED_SCOPE] = scope
                    self.declared_count += 1
                if self.wanted_length == 0 or self._is_wanted(name):
                    kind = flags >> codes.TAG_SHIFT
                    if declaration:
                        kind |= codes.DECLARED
                    if self.functions:
                        kind |= codes.LOCAL
                    if not self.names.insert(position, name, size, kind, scope, codes.NONE):
                        return codes.FULL
        if flags & codes.SCOPE:
            kind = flags >> codes.TAG_SHIFT
            return self._open(depth, name, kind, position, codes.NOT_ASKED, parent, 0)
        return codes.FINE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def function(self, depth: cython.longlong) -> cython.longlong:
        """Open a function. To what is in it, it closes all other scopes. FINE or TOO_DEEP."""
        nothing: cython.longlong = codes.NONE
        return self._open(depth, nothing, 0, nothing, nothing, codes.AS_IT_STANDS, 1)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def close(self) -> cython.void:
        """Close the innermost scope."""
        self.stack_count -= 1
        at: cython.longlong = self.stack_count * codes.OPEN_COLUMNS
        self.functions -= self.stack_at[at + codes.OPEN_FUNCTION]
        if self.stack_count:
            self.depth = self.stack_at[at - codes.OPEN_COLUMNS + codes.OPEN_DEPTH]
        else:
            self.depth = codes.NONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _open(
        self,
        depth: cython.longlong,
        name: cython.longlong,
        tag: cython.longlong,
        position: cython.longlong,
        row: cython.longlong,
        parent: cython.longlong,
        function: cython.longlong,
    ) -> cython.longlong:
        if self.stack_count >= codes.MAX_SCOPES:
            return codes.TOO_DEEP
        at: cython.longlong = self.stack_count * codes.OPEN_COLUMNS
        self.stack_at[at + codes.OPEN_DEPTH] = depth
        self.stack_at[at + codes.OPEN_NAME] = name
        self.stack_at[at + codes.OPEN_TAG] = tag
        self.stack_at[at + codes.OPEN_POSITION] = position
        self.stack_at[at + codes.OPEN_ROW] = row
        self.stack_at[at + codes.OPEN_PARENT] = parent
        self.stack_at[at + codes.OPEN_FUNCTION] = function
        self.functions += function
        self.stack_count += 1
        self.depth = depth
        return codes.FINE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _scope(self) -> cython.longlong:
        """The row of the innermost scope, NONE or NO_ROOM."""
        if not self.stack_count:
            return codes.NONE
        stack = self.stack_at
        index: cython.longlong = self.stack_count - 1
        at: cython.longlong = index * codes.OPEN_COLUMNS
        # Down to one that has a row, or a parent elsewhere, or nothing around it.
        while (
            index > 0
            and stack[at + codes.OPEN_ROW] == codes.NOT_ASKED
            and stack[at + codes.OPEN_PARENT] == codes.AS_IT_STANDS
        ):
            index -= 1
            at -= codes.OPEN_COLUMNS
        row: cython.longlong = codes.NONE
        while index < self.stack_count:
            at = index * codes.OPEN_COLUMNS
            if stack[at + codes.OPEN_ROW] == codes.NOT_ASKED:
                if stack[at + codes.OPEN_PARENT] != codes.AS_IT_STANDS:
                    row = stack[at + codes.OPEN_PARENT]
                row = self.names.scope_row(
                    row,
                    stack[at + codes.OPEN_NAME],
                    stack[at + codes.OPEN_TAG],
                    stack[at + codes.OPEN_POSITION],
                )
                if row == codes.NO_ROOM:
                    return row
                stack[at + codes.OPEN_ROW] = row
            row = stack[at + codes.OPEN_ROW]
            index += 1
        return row

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _is_wanted(self, name: cython.longlong) -> cython.bint:
        """Whether a name is the one to find."""
        text = self.names.text_of(name)
        at: cython.longlong = name & codes.TEXT_OFFSET
        index: cython.longlong = 0
        while index < self.wanted_length:
            if text[at + index] != self.wanted_at[index]:
                return False
            index += 1
        return True

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _find_declared(self, position: cython.longlong) -> cython.longlong:
        """Where the declaration at a position is in the table of them; NONE: it is not."""
        low: cython.longlong = 0
        high: cython.longlong = self.declared_count
        middle: cython.longlong
        at: cython.longlong
        while low < high:
            middle = (low + high) >> 1
            at = middle * codes.DECLARED_COLUMNS
            if self.declared_at[at + codes.DECLARED_POSITION] < position:
                low = middle + 1
            else:
                high = middle
        at = low * codes.DECLARED_COLUMNS
        if low < self.declared_count and self.declared_at[at + codes.DECLARED_POSITION] == position:
            return at
        return codes.NONE
