cimport cython
from prettify.core.dwarf_digest cimport Digest
from prettify.core.dwarf_names cimport Names
from prettify.core.dwarf_recorder cimport Recorder

@cython.final
cdef class Scanner:
    cdef object _sections, _text_lengths
    cdef public Digest digest
    cdef public Recorder recorder
    cdef public Names names
    cdef const unsigned char *info_at
    cdef const unsigned char *types_at
    cdef const unsigned char *offsets_at
    cdef long long *lengths_at
    cdef long long info_length, offsets_length
    cdef bint big

    cdef void _unit(self, long long *units, long long unit) noexcept nogil
    cdef long long _walk(self, long long *units, long long unit) noexcept nogil
    cdef long long _reference(self, long long kind, long long value, long long base,
                              long long offset_size, long long section) noexcept nogil
