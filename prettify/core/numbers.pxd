cdef Py_ssize_t write_decimal(
    unsigned long long low, unsigned long long high, Py_ssize_t width, bint negative,
    unsigned long long *value, unsigned char *out, Py_ssize_t written) noexcept nogil
cdef Py_ssize_t write_hex(
    unsigned long long low, unsigned long long high, Py_ssize_t least, bint plain_zero,
    unsigned char *out, Py_ssize_t written) noexcept nogil
cdef unsigned char hex_digit(unsigned long long number) noexcept nogil
