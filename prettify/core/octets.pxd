cdef Py_ssize_t write_octets(
    const unsigned char *data, Py_ssize_t at, Py_ssize_t length, long long style,
    long long *state, unsigned char *out, Py_ssize_t written, Py_ssize_t limit) noexcept nogil
