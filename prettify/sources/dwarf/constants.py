"""The numbers of DWARF that are used here: DWARF 5, section 7, and what GNU and LLVM add to it.

Names are spelled as in the standard.
"""

from __future__ import annotations

# Kinds of entries (7.5.4).
DW_TAG_array_type = 0x01
DW_TAG_class_type = 0x02
DW_TAG_enumeration_type = 0x04
DW_TAG_formal_parameter = 0x05
DW_TAG_lexical_block = 0x0B
DW_TAG_member = 0x0D
DW_TAG_pointer_type = 0x0F
DW_TAG_reference_type = 0x10
DW_TAG_compile_unit = 0x11
DW_TAG_string_type = 0x12
DW_TAG_structure_type = 0x13
DW_TAG_subroutine_type = 0x15
DW_TAG_typedef = 0x16
DW_TAG_union_type = 0x17
DW_TAG_unspecified_parameters = 0x18
DW_TAG_variant = 0x19
DW_TAG_inheritance = 0x1C
DW_TAG_inlined_subroutine = 0x1D
DW_TAG_module = 0x1E
DW_TAG_ptr_to_member_type = 0x1F
DW_TAG_set_type = 0x20
DW_TAG_subrange_type = 0x21
DW_TAG_base_type = 0x24
DW_TAG_catch_block = 0x25
DW_TAG_const_type = 0x26
DW_TAG_enumerator = 0x28
DW_TAG_file_type = 0x29
DW_TAG_packed_type = 0x2D
DW_TAG_subprogram = 0x2E
DW_TAG_template_type_parameter = 0x2F
DW_TAG_template_value_parameter = 0x30
DW_TAG_try_block = 0x32
DW_TAG_variant_part = 0x33
DW_TAG_variable = 0x34
DW_TAG_volatile_type = 0x35
DW_TAG_restrict_type = 0x37
DW_TAG_interface_type = 0x38
DW_TAG_namespace = 0x39
DW_TAG_unspecified_type = 0x3B
DW_TAG_partial_unit = 0x3C
DW_TAG_imported_unit = 0x3D
DW_TAG_shared_type = 0x40
DW_TAG_type_unit = 0x41
DW_TAG_rvalue_reference_type = 0x42
DW_TAG_template_alias = 0x43
DW_TAG_coarray_type = 0x44
DW_TAG_generic_subrange = 0x45
DW_TAG_dynamic_type = 0x46
DW_TAG_atomic_type = 0x47
DW_TAG_call_site = 0x48
DW_TAG_skeleton_unit = 0x4A
DW_TAG_immutable_type = 0x4B
DW_TAG_GNU_call_site = 0x4109
DW_TAG_GNU_annotation = 0x6001
DW_TAG_LLVM_annotation = 0x6000

# Attributes (7.5.4).
DW_AT_sibling = 0x01
DW_AT_location = 0x02
DW_AT_name = 0x03
DW_AT_ordering = 0x09
DW_AT_byte_size = 0x0B
DW_AT_bit_offset = 0x0C
DW_AT_bit_size = 0x0D
DW_AT_language = 0x13
DW_AT_discr = 0x15
DW_AT_discr_value = 0x16
DW_AT_import = 0x18
DW_AT_comp_dir = 0x1B
DW_AT_const_value = 0x1C
DW_AT_containing_type = 0x1D
DW_AT_lower_bound = 0x22
DW_AT_producer = 0x25
DW_AT_prototyped = 0x27
DW_AT_bit_stride = 0x2E
DW_AT_upper_bound = 0x2F
DW_AT_abstract_origin = 0x31
DW_AT_accessibility = 0x32
DW_AT_artificial = 0x34
DW_AT_count = 0x37
DW_AT_data_member_location = 0x38
DW_AT_declaration = 0x3C
DW_AT_encoding = 0x3E
DW_AT_external = 0x3F
DW_AT_specification = 0x47
DW_AT_type = 0x49
DW_AT_virtuality = 0x4C
DW_AT_data_location = 0x50
DW_AT_byte_stride = 0x51
DW_AT_extension = 0x54
DW_AT_endianity = 0x65
DW_AT_signature = 0x69
DW_AT_data_bit_offset = 0x6B
DW_AT_enum_class = 0x6D
DW_AT_linkage_name = 0x6E
DW_AT_string_length_bit_size = 0x6F
DW_AT_string_length_byte_size = 0x70
DW_AT_str_offsets_base = 0x72
DW_AT_addr_base = 0x73
DW_AT_dwo_name = 0x76
DW_AT_alignment = 0x88
DW_AT_export_symbols = 0x89
DW_AT_GNU_vector = 0x2107
DW_AT_GNU_dwo_name = 0x2130
DW_AT_GNU_dwo_id = 0x2131
DW_AT_GNU_annotation = 0x2139

# Forms (7.5.6): how an attribute's value is written.
DW_FORM_addr = 0x01
DW_FORM_block2 = 0x03
DW_FORM_block4 = 0x04
DW_FORM_data2 = 0x05
DW_FORM_data4 = 0x06
DW_FORM_data8 = 0x07
DW_FORM_string = 0x08
DW_FORM_block = 0x09
DW_FORM_block1 = 0x0A
DW_FORM_data1 = 0x0B
DW_FORM_flag = 0x0C
DW_FORM_sdata = 0x0D
DW_FORM_strp = 0x0E
DW_FORM_udata = 0x0F
DW_FORM_ref_addr = 0x10
DW_FORM_ref1 = 0x11
DW_FORM_ref2 = 0x12
DW_FORM_ref4 = 0x13
DW_FORM_ref8 = 0x14
DW_FORM_ref_udata = 0x15
DW_FORM_indirect = 0x16
DW_FORM_sec_offset = 0x17
DW_FORM_exprloc = 0x18
DW_FORM_flag_present = 0x19
DW_FORM_strx = 0x1A
DW_FORM_addrx = 0x1B
DW_FORM_ref_sup4 = 0x1C
DW_FORM_strp_sup = 0x1D
DW_FORM_data16 = 0x1E
DW_FORM_line_strp = 0x1F
DW_FORM_ref_sig8 = 0x20
DW_FORM_implicit_const = 0x21
DW_FORM_loclistx = 0x22
DW_FORM_rnglistx = 0x23
DW_FORM_ref_sup8 = 0x24
DW_FORM_strx1 = 0x25
DW_FORM_strx2 = 0x26
DW_FORM_strx3 = 0x27
DW_FORM_strx4 = 0x28
DW_FORM_addrx1 = 0x29
DW_FORM_addrx2 = 0x2A
DW_FORM_addrx3 = 0x2B
DW_FORM_addrx4 = 0x2C
DW_FORM_GNU_addr_index = 0x1F01
DW_FORM_GNU_str_index = 0x1F02
DW_FORM_GNU_ref_alt = 0x1F20
DW_FORM_GNU_strp_alt = 0x1F21

# How long the values of a form are: so many bytes ...
FIXED_FORMS = {
    DW_FORM_flag_present: 0,
    DW_FORM_implicit_const: 0,  # the value stands in the abbreviation
    DW_FORM_data1: 1,
    DW_FORM_ref1: 1,
    DW_FORM_flag: 1,
    DW_FORM_strx1: 1,
    DW_FORM_addrx1: 1,
    DW_FORM_data2: 2,
    DW_FORM_ref2: 2,
    DW_FORM_strx2: 2,
    DW_FORM_addrx2: 2,
    DW_FORM_strx3: 3,
    DW_FORM_addrx3: 3,
    DW_FORM_data4: 4,
    DW_FORM_ref4: 4,
    DW_FORM_strx4: 4,
    DW_FORM_addrx4: 4,
    DW_FORM_ref_sup4: 4,
    DW_FORM_data8: 8,
    DW_FORM_ref8: 8,
    DW_FORM_ref_sig8: 8,
    DW_FORM_ref_sup8: 8,
    DW_FORM_data16: 16,
}
# ... or as many as an offset in the unit has, 4 or 8 (7.4) ...
OFFSET_FORMS = frozenset(
    (
        DW_FORM_strp,
        DW_FORM_line_strp,
        DW_FORM_sec_offset,
        DW_FORM_strp_sup,
        DW_FORM_GNU_strp_alt,
        DW_FORM_GNU_ref_alt,
    )
)
# ... or as an address; DW_FORM_ref_addr is an address in DWARF 2 and an offset since ...
ADDRESS_FORMS = frozenset((DW_FORM_addr,))
# ... or they are LEB128 numbers (7.6), of which sdata alone has a sign ...
LEB128_FORMS = frozenset(
    (
        DW_FORM_sdata,
        DW_FORM_udata,
        DW_FORM_ref_udata,
        DW_FORM_strx,
        DW_FORM_addrx,
        DW_FORM_loclistx,
        DW_FORM_rnglistx,
        DW_FORM_GNU_addr_index,
        DW_FORM_GNU_str_index,
    )
)
# ... or blocks, behind a length of so many bytes; 0: a LEB128 number.
BLOCK_FORMS = {
    DW_FORM_block1: 1,
    DW_FORM_block2: 2,
    DW_FORM_block4: 4,
    DW_FORM_block: 0,
    DW_FORM_exprloc: 0,
}

# Values that are an index into the unit's part of .debug_str_offsets.
STRING_INDEX_FORMS = frozenset(
    (
        DW_FORM_strx,
        DW_FORM_strx1,
        DW_FORM_strx2,
        DW_FORM_strx3,
        DW_FORM_strx4,
        DW_FORM_GNU_str_index,
    )
)
# References to an entry: within the unit, in the file, in the supplement.
UNIT_REFERENCE_FORMS = frozenset(
    (DW_FORM_ref1, DW_FORM_ref2, DW_FORM_ref4, DW_FORM_ref8, DW_FORM_ref_udata)
)
SUPPLEMENT_REFERENCE_FORMS = frozenset((DW_FORM_ref_sup4, DW_FORM_ref_sup8, DW_FORM_GNU_ref_alt))
SUPPLEMENT_STRING_FORMS = frozenset((DW_FORM_strp_sup, DW_FORM_GNU_strp_alt))

# Kinds of units (7.5.1).
DW_UT_compile = 0x01
DW_UT_type = 0x02
DW_UT_partial = 0x03
DW_UT_skeleton = 0x04
DW_UT_split_compile = 0x05
DW_UT_split_type = 0x06

# How numbers are encoded in base types (7.8).
DW_ATE_address = 0x01
DW_ATE_boolean = 0x02
DW_ATE_complex_float = 0x03
DW_ATE_float = 0x04
DW_ATE_signed = 0x05
DW_ATE_signed_char = 0x06
DW_ATE_unsigned = 0x07
DW_ATE_unsigned_char = 0x08
DW_ATE_imaginary_float = 0x09
DW_ATE_packed_decimal = 0x0A
DW_ATE_numeric_string = 0x0B
DW_ATE_edited = 0x0C
DW_ATE_signed_fixed = 0x0D
DW_ATE_unsigned_fixed = 0x0E
DW_ATE_decimal_float = 0x0F
DW_ATE_UTF = 0x10
DW_ATE_UCS = 0x11
DW_ATE_ASCII = 0x12

# Byte orders of single types (7.8).
DW_END_default = 0x00
DW_END_big = 0x01
DW_END_little = 0x02

# Operations in the location of a member (7.7.1).
DW_OP_addr = 0x03
DW_OP_constu = 0x10
DW_OP_consts = 0x11
DW_OP_plus_uconst = 0x23

# Source languages (7.12); the list goes on at dwarfstd.org.
DW_LANG_C89 = 0x01
DW_LANG_C = 0x02
DW_LANG_Ada83 = 0x03
DW_LANG_C_plus_plus = 0x04
DW_LANG_Cobol74 = 0x05
DW_LANG_Cobol85 = 0x06
DW_LANG_Fortran77 = 0x07
DW_LANG_Fortran90 = 0x08
DW_LANG_Pascal83 = 0x09
DW_LANG_Modula2 = 0x0A
DW_LANG_Java = 0x0B
DW_LANG_C99 = 0x0C
DW_LANG_Ada95 = 0x0D
DW_LANG_Fortran95 = 0x0E
DW_LANG_PLI = 0x0F
DW_LANG_ObjC = 0x10
DW_LANG_ObjC_plus_plus = 0x11
DW_LANG_UPC = 0x12
DW_LANG_D = 0x13
DW_LANG_Python = 0x14
DW_LANG_OpenCL = 0x15
DW_LANG_Go = 0x16
DW_LANG_Modula3 = 0x17
DW_LANG_Haskell = 0x18
DW_LANG_C_plus_plus_03 = 0x19
DW_LANG_C_plus_plus_11 = 0x1A
DW_LANG_OCaml = 0x1B
DW_LANG_Rust = 0x1C
DW_LANG_C11 = 0x1D
DW_LANG_Swift = 0x1E
DW_LANG_Julia = 0x1F
DW_LANG_C_plus_plus_14 = 0x21
DW_LANG_Fortran03 = 0x22
DW_LANG_Fortran08 = 0x23
DW_LANG_RenderScript = 0x24
DW_LANG_BLISS = 0x25
DW_LANG_Kotlin = 0x26
DW_LANG_Zig = 0x27
DW_LANG_Crystal = 0x28
DW_LANG_C_plus_plus_17 = 0x2A
DW_LANG_C_plus_plus_20 = 0x2B
DW_LANG_C17 = 0x2C
DW_LANG_Fortran18 = 0x2D
DW_LANG_Ada2005 = 0x2E
DW_LANG_Ada2012 = 0x2F
DW_LANG_C23 = 0x3E
DW_LANG_Mips_Assembler = 0x8001
