# dwarf_codes.py once more, where it is explained, as constants of C: a name costs nothing.
# tests/test_dwarf_scan.py compares the two.

cdef extern from *:
    """
    #define PRETTIFY_TEXT_OFFSET 0xFFFFFFFFFFFFFFLL
    #define PRETTIFY_LEFT_OUT 0xFFFFFFFFU
    """
    const long long TEXT_OFFSET "PRETTIFY_TEXT_OFFSET"
    const unsigned int LEFT_OUT "PRETTIFY_LEFT_OUT"

cdef enum:
    DW_AT_sibling = 0x01
    DW_AT_name = 0x03
    DW_AT_byte_size = 0x0B
    DW_AT_declaration = 0x3C
    DW_AT_specification = 0x47
    DW_AT_str_offsets_base = 0x72
    DW_FORM_implicit_const = 0x21
    DW_FORM_GNU_addr_index = 0x1F01
    DW_FORM_GNU_str_index = 0x1F02
    DW_FORM_GNU_ref_alt = 0x1F20
    DW_FORM_GNU_strp_alt = 0x1F21
    LEB128_MORE = 0x80
    LEB128_NEGATIVE = 0x40
    LEB128_BITS = 7
    SIGNED_BYTES = 8
    FIRST_WITH_HEADER = 5
    OFFSETS_HEADER = 8
    LONG_OFFSETS_HEADER = 16
    LONG_OFFSET = 8

cdef enum:
    NONE = -1
    NOT_ASKED = -2
    AS_IT_STANDS = -2
    NO_ROOM = -3

cdef enum:
    UNIT_SECTION = 0
    UNIT_START = 1
    UNIT_FIRST = 2
    UNIT_STOP = 3
    UNIT_VERSION = 4
    UNIT_OFFSET_SIZE = 5
    UNIT_ADDRESS_SIZE = 6
    UNIT_TABLE = 7
    UNIT_STRING_BASE = 8
    UNIT_RESULT = 9
    UNIT_RESULT_AT = 10
    UNIT_SKIPPED = 11
    UNIT_COLUMNS = 12
    FINE = 0
    NO_TABLE = 1
    BAD_TABLE = 2
    NO_CODE = 3
    BAD_FORM = 4
    CUT_SHORT = 5
    TOO_DEEP = 6
    TOO_MUCH = 7
    FULL = 8
    NEED_ROOM = 9

cdef enum:
    FORM_LENGTH = 0
    FORM_KIND = 1
    FORM_COLUMNS = 2
    STANDARD_FORMS = 64
    GNU_INDEX_FORMS = 64
    GNU_ALT_FORMS = 66
    FORMS = 72
    OFFSET = 32
    ADDRESS = 33
    ADDRESS_OR_OFFSET = 34
    LEB128 = 35
    NUL = 36
    BLOCK_LEB128 = 37
    ANY = 38
    UNKNOWN = 39
    BLOCK = 40
    FIRST_REF_ADDR_OF_OFFSETS = 3
    NUMBER = 1
    SIGNED = 2
    STRING = 3
    LINE_STRING = 4
    INDEXED_STRING = 5
    SUPPLEMENT_STRING = 6
    TEXT = 7
    UNIT_REFERENCE = 8
    REFERENCE = 9
    PRESENT = 10
    CONSTANT = 11

cdef enum:
    ROW_FLAGS = 0
    ROW_SIZE = 1
    ROW_FIRST = 2
    ROW_CODE = 3
    ROW_COLUMNS = 4
    TAG_SHIFT = 16
    TAG = 0xFFFF
    CHILDREN = 1
    TYPE = 2
    SCOPE = 4
    FUNCTION = 8
    LEAF = 16
    UNIT = 32
    VARIABLE = 64
    KEPT = TYPE | VARIABLE
    NAMED = TYPE | VARIABLE | SCOPE
    PARENTS = SCOPE | FUNCTION | LEAF
    LOOKED_AT = NAMED | PARENTS | UNIT

cdef enum:
    OPERATION = 0
    OPERAND = 1
    OPERATION_COLUMNS = 2
    ACTION = 0x0F
    WHAT_SHIFT = 8
    WHAT = 0xFF
    KIND_SHIFT = 16
    END = 0
    SKIP = 1
    SKIP_LEB128 = 2
    SKIP_STRING = 3
    SKIP_BLOCK = 4
    SKIP_LEB128_BLOCK = 5
    INDIRECT = 6
    READ = 7
    READ_LEB128 = 8
    READ_CONSTANT = 9
    NOTHING = 0
    NAME = 1
    SIZE = 2
    DECLARATION = 3
    SPECIFICATION = 4
    SIBLING = 5
    STRING_BASE = 6

cdef enum:
    IN_STRINGS = 0
    IN_LINE_STRINGS = 1
    IN_INFO = 2
    IN_TYPES = 3
    IN_SUPPLEMENT = 4
    TEXTS = 5
    TEXT_SHIFT = 56
    MAX_NAME = 4096

cdef enum:
    OPEN_DEPTH = 0
    OPEN_NAME = 1
    OPEN_TAG = 2
    OPEN_POSITION = 3
    OPEN_ROW = 4
    OPEN_PARENT = 5
    OPEN_FUNCTION = 6
    OPEN_COLUMNS = 7
    MAX_SCOPES = 1000
    DECLARED_POSITION = 0
    DECLARED_NAME = 1
    DECLARED_SCOPE = 2
    DECLARED_COLUMNS = 3

cdef enum:
    ENTRY_POSITION = 0
    ENTRY_NAME = 1
    ENTRY_SIZE = 2
    ENTRY_KIND = 3
    ENTRY_SCOPE = 4
    ENTRY_HASH = 5
    ENTRY_COLUMNS = 6
    SCOPE_PARENT = 0
    SCOPE_NAME = 1
    SCOPE_TAG = 2
    SCOPE_POSITION = 3
    SCOPE_HASH = 4
    SCOPE_COLUMNS = 5
    DECLARED = 1 << 16
    LOCAL = 1 << 17
    DEFINED_KIND = TAG | LOCAL

cdef enum:
    MIX_KIND = 0x1E3779B1
    MIX_SIZE = 0x42B2AE3D
    MIX_SCOPE = 0x165667B1
    MIX_BITS = 0x3FFFFFFF
    FAST_KIND = 0x9E5
    FAST_SCOPE = 0x61
    FAST_SHIFT = 15
    RECENT = 1 << 15
