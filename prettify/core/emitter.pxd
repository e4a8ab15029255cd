cdef size_t address(memoryview of) noexcept
cdef Py_ssize_t run(
    const long long *code, const unsigned char *literals, const unsigned long long *names,
    const unsigned long long *powers, const unsigned char *data, const long long *numbers,
    long long *state, unsigned long long *value, unsigned char *out) noexcept nogil
