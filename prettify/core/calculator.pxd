cdef long long value(
    const long long *scanner, long long pc, const long long *slots, const unsigned char *data,
    long long at, long long *state) noexcept nogil
