cimport cython
from prettify.core.dwarf_digest cimport Digest
from prettify.core.dwarf_names cimport Names

@cython.final
cdef class Scanner:
    cdef object _sections, _wanted, _text_lengths, _stack, _declared
    cdef public Digest digest
    cdef public Names names
    cdef const unsigned char *info_at
    cdef const unsigned char *types_at
    cdef const unsigned char *offsets_at
    cdef const unsigned char *wanted_at
    cdef long long *lengths_at
    cdef long long *stack_at
    cdef long long *declared_at
    cdef long long wanted_length, info_length, offsets_length
    cdef long long declared_room, declared_count, stack_count, functions
    cdef bint big

    cdef void _unit(self, long long *units, long long unit) noexcept nogil
    cdef long long _walk(self, long long *units, long long unit) noexcept nogil
    cdef long long _reference(self, long long kind, long long value, long long base,
                              long long offset_size, long long section) noexcept nogil
    cdef long long _entry(self, long long flags, long long position, long long name,
                          long long size, bint declaration, long long specification,
                          long long depth) noexcept nogil
    cdef bint _push(self, long long depth, long long name, long long tag, long long position,
                    long long row, long long parent, long long function) noexcept nogil
    cdef long long _scope(self) noexcept nogil
    cdef bint _is_wanted(self, long long name) noexcept nogil
    cdef long long _find_declared(self, long long position) noexcept nogil
