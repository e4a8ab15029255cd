cdef Py_ssize_t write_text(
    const unsigned char *data, Py_ssize_t at, Py_ssize_t length, long long style,
    long long *state, unsigned char *out, Py_ssize_t written, Py_ssize_t limit) noexcept nogil
cdef Py_ssize_t write_plain_text(
    const unsigned char *data, Py_ssize_t at, Py_ssize_t length, long long style, Py_ssize_t most,
    long long *state, unsigned char *out, Py_ssize_t written, Py_ssize_t limit) noexcept nogil
cdef Py_ssize_t write_padding(
    const unsigned char *data, Py_ssize_t at, Py_ssize_t length, Py_ssize_t sizes,
    long long filling, unsigned char *out, Py_ssize_t written) noexcept nogil
cdef Py_ssize_t repeat(
    long long byte, Py_ssize_t count, unsigned char *out, Py_ssize_t written) noexcept nogil
cdef bint is_text(
    const unsigned char *data, Py_ssize_t at, Py_ssize_t length) noexcept nogil
cdef Py_ssize_t write_octets(
    const unsigned char *data, Py_ssize_t at, Py_ssize_t length, long long style,
    long long *state, unsigned char *out, Py_ssize_t written, Py_ssize_t limit) noexcept nogil
