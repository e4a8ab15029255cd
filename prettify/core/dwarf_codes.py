"""The numbers that the compiled modules for DWARF share, by name.

`dwarf_codes.pxd` has them once more, for the C compiler, to which a name in a Python module would
be a variable. This is for all others, and for those modules uncompiled.
"""

from __future__ import annotations

# What DWARF itself has (version 5, section 7.5), by its own names.
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
# Of a byte of a LEB128 number: another follows; in the last one: it is negative.
LEB128_MORE, LEB128_NEGATIVE = 0x80, 0x40
LEB128_BITS = 7  # of the number, in each byte
SIGNED_BYTES = 8  # of the longest one that is read with its sign
# .debug_str_offsets: from which version on it has a header, which is longer if offsets are.
FIRST_WITH_HEADER, OFFSETS_HEADER, LONG_OFFSETS_HEADER, LONG_OFFSET = 5, 8, 16, 8

# Instead of a row, a name or a size.
NONE, NOT_ASKED, AS_IT_STANDS, NO_ROOM = -1, -2, -2, -3

# Columns of the table of units. All but RESULT, RESULT_AT and SKIPPED are given; offsets are those
# in the section.
UNIT_SECTION, UNIT_START, UNIT_FIRST, UNIT_STOP, UNIT_VERSION = range(5)
UNIT_OFFSET_SIZE, UNIT_ADDRESS_SIZE, UNIT_TABLE, UNIT_STRING_BASE = range(5, 9)
UNIT_RESULT, UNIT_RESULT_AT, UNIT_SKIPPED = range(9, 12)
UNIT_COLUMNS = 12
# Results: why a unit's walk ended early. From FULL on it is made again, with more room.
FINE, NO_TABLE, BAD_TABLE, NO_CODE, BAD_FORM, CUT_SHORT, TOO_DEEP, TOO_MUCH = range(8)
FULL, NEED_ROOM = 8, 9

# The table of forms: how long a value is, and of what kind. Rows: the standard's, then GNU's.
FORM_LENGTH, FORM_KIND, FORM_COLUMNS = range(3)
STANDARD_FORMS, GNU_INDEX_FORMS, GNU_ALT_FORMS, FORMS = 64, 64, 66, 72
# How long: so many bytes up to 16, or one of these.
OFFSET, ADDRESS, ADDRESS_OR_OFFSET, LEB128, NUL, BLOCK_LEB128, ANY, UNKNOWN = range(32, 40)
BLOCK = 40  # and 1, 2 or 4 for the bytes of the length in front
FIRST_REF_ADDR_OF_OFFSETS = 3  # the version from which on ADDRESS_OR_OFFSET is OFFSET
# Kinds of values.
NUMBER, SIGNED, STRING, LINE_STRING, INDEXED_STRING, SUPPLEMENT_STRING, TEXT = range(1, 8)
UNIT_REFERENCE, REFERENCE, PRESENT, CONSTANT = range(8, 12)

# Columns of a digest's rows: flags and the tag above them, size of all attributes or NONE, first
# operation, code.
ROW_FLAGS, ROW_SIZE, ROW_FIRST, ROW_CODE, ROW_COLUMNS = range(5)
TAG_SHIFT = 16
TAG = 0xFFFF
# Flags of rows; from TYPE on they are those in the table of tags. Without CHILDREN there is no
# FUNCTION and no LEAF, and no SCOPE; without a name no TYPE, SCOPE or VARIABLE.
CHILDREN, TYPE, SCOPE, FUNCTION, LEAF, UNIT, VARIABLE = 1, 2, 4, 8, 16, 32, 64
KEPT = TYPE | VARIABLE
NAMED = TYPE | VARIABLE | SCOPE
PARENTS = SCOPE | FUNCTION | LEAF
LOOKED_AT = NAMED | PARENTS | UNIT  # all others are only stepped over

# Columns of operations. The first: what to do, above it what is read, above that the kind of value.
OPERATION, OPERAND, OPERATION_COLUMNS = range(3)
ACTION, WHAT_SHIFT, WHAT, KIND_SHIFT = 0x0F, 8, 0xFF, 16
# What to do.
END, SKIP, SKIP_LEB128, SKIP_STRING, SKIP_BLOCK, SKIP_LEB128_BLOCK, INDIRECT = range(7)
READ, READ_LEB128, READ_CONSTANT = 7, 8, 9
# What is read.
NOTHING, NAME, SIZE, DECLARATION, SPECIFICATION, SIBLING, STRING_BASE = range(7)

# A name: which text it is in, in the highest byte, and where.
IN_STRINGS, IN_LINE_STRINGS, IN_INFO, IN_TYPES, IN_SUPPLEMENT, TEXTS = range(6)
TEXT_SHIFT = 56
TEXT_OFFSET = 0xFFFFFFFFFFFFFF
MAX_NAME = 4096  # bytes; a file may name any number of things with one long string

# Columns of scopes that are open: depth of what is in it, name, tag, position, row (NOT_ASKED:
# not yet), parent (AS_IT_STANDS: the scope below), whether it is a function.
OPEN_DEPTH, OPEN_NAME, OPEN_TAG, OPEN_POSITION, OPEN_ROW, OPEN_PARENT, OPEN_FUNCTION = range(7)
OPEN_COLUMNS = 7
MAX_SCOPES = 1000  # within each other
# Columns of a unit's declarations.
DECLARED_POSITION, DECLARED_NAME, DECLARED_SCOPE, DECLARED_COLUMNS = range(4)

# Columns of what is found.
ENTRY_POSITION, ENTRY_NAME, ENTRY_SIZE, ENTRY_KIND, ENTRY_SCOPE, ENTRY_HASH = range(6)
ENTRY_COLUMNS = 6
SCOPE_PARENT, SCOPE_NAME, SCOPE_TAG, SCOPE_POSITION, SCOPE_HASH, SCOPE_COLUMNS = range(6)
# Flags of what is found, above its tag.
DECLARED = 1 << 16
LOCAL = 1 << 17  # to a function
DEFINED_KIND = TAG | LOCAL  # what a declaration has in common with its definition
LEFT_OUT = 0xFFFFFFFF  # instead of a row

# Hashes: what is multiplied with what, and how much of it is used.
MIX_KIND, MIX_SIZE, MIX_SCOPE, MIX_BITS = 0x1E3779B1, 0x42B2AE3D, 0x165667B1, 0x3FFFFFFF
FAST_KIND, FAST_SCOPE, FAST_SHIFT = 0x9E5, 0x61, 15
RECENT = 1 << 15  # rows that are found without their name being read
