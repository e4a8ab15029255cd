cimport cython

@cython.final
cdef class Digest:
    cdef object _abbrev, _forms, _tags
    cdef const unsigned char *abbrev_at
    cdef long long abbrev_length
    cdef long long *forms_at
    cdef long long *tags_at
    cdef long long tags_length
    cdef object _rows, _operations, _slots
    cdef long long *rows_at
    cdef long long *operations_at
    cdef unsigned int *slots_at
    cdef long long row_room, operation_room
    cdef public long long count, operation_count
    cdef long long offset, offset_size, address_size, version
    cdef public long long reached
    cdef public long long budget
    cdef bint dense
    cdef long long code, operand

    cdef long long load(self, long long offset, long long offset_size, long long address_size,
                        long long version) noexcept nogil
    cdef long long _read(self) noexcept nogil
    cdef long long _code_of(self, long long row) noexcept nogil
    cdef long long find(self, long long code) noexcept nogil
    cdef bint operation_for(self, long long form, long long what) noexcept nogil
    cdef bint _add(self, long long code, long long operand) noexcept nogil
    cdef void _index(self) noexcept nogil
