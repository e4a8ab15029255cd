cdef unsigned long long hash_pointer(
    unsigned long long message, unsigned long long *value) noexcept nogil
cdef void move_window(
    const unsigned char *data, Py_ssize_t record, Py_ssize_t record_size, Py_ssize_t at,
    Py_ssize_t size, long long top, long long *state) noexcept nogil
cdef unsigned long long load_window(
    long long *state, Py_ssize_t at, Py_ssize_t size) noexcept nogil
