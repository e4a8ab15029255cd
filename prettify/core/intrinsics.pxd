# What C has and typed Python cannot say: loads and stores at any address, and single
# instructions. Every use in a .py file stands beside what plain Python does instead.

cdef extern from * nogil:
    """
    #include <stdint.h>
    #include <string.h>

    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define PRETTIFY_LITTLE(x) __builtin_bswap64(x)
    #define PRETTIFY_BIG 1
    #else
    #define PRETTIFY_LITTLE(x) (x)
    #define PRETTIFY_BIG 0
    #endif

    /* An integer of 1, 2, 4 or 8 bytes; `big` is its byte order. */
    static inline uint64_t prettify_load1(const unsigned char *at) { return *at; }
    static inline uint64_t prettify_load2(const unsigned char *at, int big) {
        uint16_t x; memcpy(&x, at, 2); return big != PRETTIFY_BIG ? __builtin_bswap16(x) : x;
    }
    static inline uint64_t prettify_load4(const unsigned char *at, int big) {
        uint32_t x; memcpy(&x, at, 4); return big != PRETTIFY_BIG ? __builtin_bswap32(x) : x;
    }
    static inline uint64_t prettify_load8(const unsigned char *at, int big) {
        uint64_t x; memcpy(&x, at, 8); return big != PRETTIFY_BIG ? __builtin_bswap64(x) : x;
    }

    /* An unsigned integer of 1 to 8 bytes. */
    static inline uint64_t prettify_load(const unsigned char *at, int64_t size, int big) {
        uint64_t x = 0;
        switch (size) {
        case 1: return *at;
        case 2: return prettify_load2(at, big);
        case 4: return prettify_load4(at, big);
        case 8: return prettify_load8(at, big);
        }
        for (int64_t i = 0; i < size; i++) x = x << 8 | at[big ? i : size - 1 - i];
        return x;
    }

    /* Eight bytes, the lowest of the number first. */
    static inline void prettify_store8(unsigned char *at, uint64_t x) {
        x = PRETTIFY_LITTLE(x); memcpy(at, &x, 8);
    }

    /* What others write or read at the same time, at addresses that are multiples of their size. What
       was written before such a store is seen by whoever has loaded what it stored. A store is also
       done before whatever is loaded after it. */
    static inline uint32_t prettify_acquire4(const unsigned char *at) {
        return __atomic_load_n((const uint32_t *)at, __ATOMIC_ACQUIRE);
    }
    static inline uint64_t prettify_acquire8(const unsigned char *at) {
        return __atomic_load_n((const uint64_t *)at, __ATOMIC_ACQUIRE);
    }
    static inline void prettify_publish4(unsigned char *at, uint32_t x) {
        __atomic_store_n((uint32_t *)at, x, __ATOMIC_SEQ_CST);
    }
    static inline void prettify_publish8(unsigned char *at, uint64_t x) {
        __atomic_store_n((uint64_t *)at, x, __ATOMIC_SEQ_CST);
    }

    /* Whole blocks of 16 bytes, so up to 15 more than `length`: there must be room in both. */
    static inline void prettify_copy16(unsigned char *to, const unsigned char *from,
                                       Py_ssize_t length) {
        do {
            memcpy(to, from, 16); to += 16; from += 16; length -= 16;
        } while (length > 0);
    }

    /* Zero bits below the lowest one; of 0 undefined. */
    static inline int prettify_zeroes_below(uint64_t x) { return __builtin_ctzll(x); }

    /* Zero bits above the highest one; of 0 undefined. */
    static inline int prettify_zeroes_above(uint64_t x) { return __builtin_clzll(x); }

    /* The characters of all numbers of four digits, one after the other. */
    #define PRETTIFY_1(abc) abc "0" abc "1" abc "2" abc "3" abc "4" \
                            abc "5" abc "6" abc "7" abc "8" abc "9"
    #define PRETTIFY_2(ab) PRETTIFY_1(ab "0") PRETTIFY_1(ab "1") PRETTIFY_1(ab "2") \
        PRETTIFY_1(ab "3") PRETTIFY_1(ab "4") PRETTIFY_1(ab "5") PRETTIFY_1(ab "6") \
        PRETTIFY_1(ab "7") PRETTIFY_1(ab "8") PRETTIFY_1(ab "9")
    #define PRETTIFY_3(a) PRETTIFY_2(a "0") PRETTIFY_2(a "1") PRETTIFY_2(a "2") \
        PRETTIFY_2(a "3") PRETTIFY_2(a "4") PRETTIFY_2(a "5") PRETTIFY_2(a "6") \
        PRETTIFY_2(a "7") PRETTIFY_2(a "8") PRETTIFY_2(a "9")
    static const unsigned char prettify_fours[40001] __attribute__((aligned(64))) =
        PRETTIFY_3("0") PRETTIFY_3("1") PRETTIFY_3("2") PRETTIFY_3("3") PRETTIFY_3("4")
        PRETTIFY_3("5") PRETTIFY_3("6") PRETTIFY_3("7") PRETTIFY_3("8") PRETTIFY_3("9");

    /* The characters of a number below 10^4 or 10^8, the first in the lowest byte. */
    static inline uint64_t prettify_four_digits(uint32_t number) {
        return prettify_load4(prettify_fours + 4 * number, 0);
    }
    static inline uint64_t prettify_eight_digits(uint32_t number) {
        uint32_t upper = number / 10000;
        return prettify_four_digits(upper)
               | prettify_four_digits(number - upper * 10000) << 32;
    }

    /* The eight hexadecimal digits of a number, the first in the lowest byte: each half byte in a
       byte of its own, and 39 more for those that are letters. */
    static inline uint64_t prettify_hex_digits(uint32_t number) {
        uint64_t x = number;
        x = (x & 0xFFFF0000) << 16 | (x & 0xFFFF);
        x = (x & 0x0000FF000000FF00) << 8 | (x & 0x000000FF000000FF);
        x = (x & 0x00F000F000F000F0) << 4 | (x & 0x000F000F000F000F);
        x = __builtin_bswap64(x);
        return x + 0x3030303030303030 + ((x + 0x0606060606060606) >> 4 & 0x0101010101010101) * 39;
    }

    /* Where the LEB128 number ends that begins there, -1 where that is past the end, and the lowest
       63 bits of one that is known to end. */
    static inline int64_t prettify_leb128_end(const unsigned char *data, int64_t at, int64_t end) {
        while (at < end) {
            if (data[at++] < 0x80) return at;
        }
        return -1;
    }
    static inline int64_t prettify_leb128(const unsigned char *data, int64_t at) {
        uint64_t value = data[at] & 0x7F;
        int shift = 7;
        while (data[at++] >= 0x80) {
            if (shift < 63) value |= (uint64_t)(data[at] & 0x7F) << shift;
            shift += shift < 63 ? 7 : 0;
        }
        return value;
    }

    /* Where in data[at:end] these bytes are, -1 where they are not. The first four are compared at
       sixteen places at once. */
    typedef uint32_t prettify_words __attribute__((vector_size(16)));
    static inline int64_t prettify_find(const unsigned char *data, int64_t at, int64_t end,
                                        const unsigned char *wanted, int64_t length) {
        unsigned char head[4] = {0}, kept[4] = {0};
        uint32_t head_word, kept_word;
        int64_t size = length < 4 ? length : 4;
        memcpy(head, wanted, size);
        memset(kept, 0xFF, size);
        memcpy(&head_word, head, 4);
        memcpy(&kept_word, kept, 4);
        prettify_words value = {head_word, head_word, head_word, head_word};
        prettify_words mask = {kept_word, kept_word, kept_word, kept_word};
        while (end - at >= 20) {
            prettify_words a, b, c, d;
            uint64_t any[2];
            memcpy(&a, data + at, 16);
            memcpy(&b, data + at + 1, 16);
            memcpy(&c, data + at + 2, 16);
            memcpy(&d, data + at + 3, 16);
            a = (prettify_words)((a & mask) == value) | (prettify_words)((b & mask) == value)
                | (prettify_words)((c & mask) == value) | (prettify_words)((d & mask) == value);
            memcpy(any, &a, 16);
            if (any[0] | any[1]) {
                for (int i = 0; i < 16; i++)
                    if (end - at - i >= length && !memcmp(data + at + i, wanted, length))
                        return at + i;
            }
            at += 16;
        }
        for (; end - at >= length; at++)
            if (!memcmp(data + at, wanted, length)) return at;
        return -1;
    }

    /* The upper half of a product. */
    static inline uint64_t prettify_high(uint64_t a, uint64_t b) {
        uint64_t ah = a >> 32, al = (uint32_t)a, bh = b >> 32, bl = (uint32_t)b;
        uint64_t middle = ah * bl + (al * bl >> 32);
        uint64_t other = al * bh + (uint32_t)middle;
        return ah * bh + (middle >> 32) + (other >> 32);
    }
    """
    unsigned long long load "prettify_load"(const unsigned char *at, long long size, int big)
    unsigned long long load1 "prettify_load1"(const unsigned char *at)
    unsigned long long load2 "prettify_load2"(const unsigned char *at, int big)
    unsigned long long load4 "prettify_load4"(const unsigned char *at, int big)
    unsigned long long load8 "prettify_load8"(const unsigned char *at, int big)
    void store8 "prettify_store8"(unsigned char *at, unsigned long long x)
    unsigned int acquire4 "prettify_acquire4"(const unsigned char *at)
    unsigned long long acquire8 "prettify_acquire8"(const unsigned char *at)
    void publish4 "prettify_publish4"(unsigned char *at, unsigned int x)
    void publish8 "prettify_publish8"(unsigned char *at, unsigned long long x)
    void copy16 "prettify_copy16"(unsigned char *to, const unsigned char *source, Py_ssize_t length)
    int zeroes_below "prettify_zeroes_below"(unsigned long long x)
    int zeroes_above "prettify_zeroes_above"(unsigned long long x)
    unsigned long long four_digits "prettify_four_digits"(unsigned int number)
    unsigned long long eight_digits "prettify_eight_digits"(unsigned int number)
    unsigned long long hex_digits "prettify_hex_digits"(unsigned int number)
    unsigned long long high_half "prettify_high"(unsigned long long a, unsigned long long b)
    long long leb128_end "prettify_leb128_end"(const unsigned char *data, long long at,
                                               long long end)
    long long leb128 "prettify_leb128"(const unsigned char *data, long long at)
    long long find_bytes "prettify_find"(const unsigned char *data, long long at, long long end,
                                         const unsigned char *wanted, long long length)
