/* SPDX-License-Identifier: MIT */
/*
 * The records of BTF, the BPF Type Format.
 *
 * Members, their order and their meaning: the Linux kernel's documentation, "BPF Type Format
 * (BTF)", sections 2 and 4. Names of types and of members: those of Linux's <linux/btf.h>, where
 * it has such a type. It has none for a type together with what follows it, which here is
 * struct btf_type_KIND; their members repeat those of struct btf_type.
 *
 * BTF is in the byte order of the machine that it is for, which its magic 0xeb9f shows.
 */
#ifndef PRETTIFY_FORMATS_BTF_H
#define PRETTIFY_FORMATS_BTF_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;

/* The header, hdr_len bytes long. Offsets are from its end. */

struct btf_header {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 type_off;
	__u32 type_len;
	__u32 str_off;
	__u32 str_len;
};

/* The same with what a header of 32 bytes or more adds. */

struct btf_header_layout {
	__u16 magic;
	__u8 version;
	__u8 flags;
	__u32 hdr_len;
	__u32 type_off;
	__u32 type_len;
	__u32 str_off;
	__u32 str_len;
	__u32 layout_off;
	__u32 layout_len;
};

/* What every type begins with. info: vlen in bits 0 to 23, kind in 24 to 30, kind_flag in 31. */

struct btf_type {
	__u32 name_off;
	__u32 info;
	union {
		__u32 size;
		__u32 type;
	};
};

/* What follows it for one kind or another. */

struct btf_array {
	__u32 type;
	__u32 index_type;
	__u32 nelems;
};

struct btf_member {
	__u32 name_off;
	__u32 type;
	__u32 offset;
};

struct btf_enum {
	__u32 name_off;
	__s32 val;
};

struct btf_enum64 {
	__u32 name_off;
	__u32 val_lo32;
	__u32 val_hi32;
};

struct btf_param {
	__u32 name_off;
	__u32 type;
};

struct btf_var_secinfo {
	__u32 type;
	__u32 offset;
	__u32 size;
};

/* Types with what follows them. Those that refer to another type alone are a btf_type_reference. */

struct btf_type_reference {
	__u32 name_off;
	__u32 info;
	__u32 type;
};

struct btf_type_int {
	__u32 name_off;
	__u32 info;
	__u32 size;
	__u32 int_data;
};

struct btf_type_array {
	__u32 name_off;
	__u32 info;
	__u32 size;
	struct btf_array array;
};

struct btf_type_struct {
	__u32 name_off;
	__u32 info;
	__u32 size;
	struct btf_member members[];
};

struct btf_type_enum {
	__u32 name_off;
	__u32 info;
	__u32 size;
	struct btf_enum values[];
};

struct btf_type_enum64 {
	__u32 name_off;
	__u32 info;
	__u32 size;
	struct btf_enum64 values[];
};

struct btf_type_func_proto {
	__u32 name_off;
	__u32 info;
	__u32 type;
	struct btf_param params[];
};

struct btf_type_var {
	__u32 name_off;
	__u32 info;
	__u32 type;
	__u32 linkage;
};

struct btf_type_datasec {
	__u32 name_off;
	__u32 info;
	__u32 size;
	struct btf_var_secinfo variables[];
};

struct btf_type_decl_tag {
	__u32 name_off;
	__u32 info;
	__u32 type;
	__s32 component_idx;
};

#endif
