cdef Py_ssize_t write_float(
    unsigned long long low, unsigned long long high, Py_ssize_t form, Py_ssize_t style,
    const unsigned long long *powers, unsigned char *out, Py_ssize_t written) noexcept nogil
