cimport cython

@cython.final
cdef class Names:
    cdef public object texts
    cdef public object entries
    cdef public object scopes
    cdef object _entry_slots, _scope_slots
    cdef const unsigned char *text0
    cdef const unsigned char *text1
    cdef const unsigned char *text2
    cdef const unsigned char *text3
    cdef const unsigned char *text4
    cdef long long *entries_at
    cdef long long *scopes_at
    cdef unsigned int *entry_slots_at
    cdef unsigned int *scope_slots_at
    cdef unsigned int *recent_at
    cdef object _recent
    cdef public long long count, scope_count
    cdef public long long room, scope_room

    cdef const unsigned char *text_of(self, long long reference) noexcept nogil
    cdef long long hash_of(self, long long reference) noexcept nogil
    cdef bint same(self, long long a, long long b) noexcept nogil
    cdef bint insert(self, long long position, long long reference, long long size,
                     long long kind, long long scope, long long known) noexcept nogil
    cdef long long scope_row(self, long long parent, long long reference, long long tag,
                             long long position) noexcept nogil

cdef size_t start_of(object buffer) noexcept
cdef size_t address_of(object of) noexcept
