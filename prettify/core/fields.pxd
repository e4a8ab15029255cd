cdef Py_ssize_t write_integer_field(
    unsigned long long low, unsigned long long high, Py_ssize_t bits, bint negative,
    Py_ssize_t style, Py_ssize_t width, long long filling, long long marks,
    unsigned long long *value, unsigned char *out, Py_ssize_t written) noexcept nogil
cdef Py_ssize_t write_float_field(
    unsigned long long low, unsigned long long high, Py_ssize_t form,
    const unsigned char *literals, Py_ssize_t start, Py_ssize_t length, long long from_text,
    unsigned char *out, Py_ssize_t written) noexcept nogil
