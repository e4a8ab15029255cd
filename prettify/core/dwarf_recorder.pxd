cimport cython
from prettify.core.dwarf_names cimport Names

@cython.final
cdef class Recorder:
    cdef object _wanted, _stack, _declared
    cdef public Names names
    cdef const unsigned char *wanted_at
    cdef long long *stack_at
    cdef long long *declared_at
    cdef long long wanted_length, declared_room, declared_count, stack_count
    cdef long long depth, functions

    cdef void begin(self) noexcept nogil
    cdef long long entry(self, long long flags, long long position, long long name,
                         long long size, bint declaration, long long specification,
                         long long depth) noexcept nogil
    cdef long long function(self, long long depth) noexcept nogil
    cdef void close(self) noexcept nogil
    cdef long long _open(self, long long depth, long long name, long long tag,
                         long long position, long long row, long long parent,
                         long long function) noexcept nogil
    cdef long long _scope(self) noexcept nogil
    cdef bint _is_wanted(self, long long name) noexcept nogil
    cdef long long _find_declared(self, long long position) noexcept nogil
