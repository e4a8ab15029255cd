/* SPDX-License-Identifier: MIT */
/*
 * A flattened devicetree.
 *
 * Devicetree Specification, release 0.4, chapter 5, "Flattened Devicetree (DTB) Format": 5.2 (header),
 * 5.3 (memory reservation block), 5.4 (structure block). Names: the specification's. Big-endian.
 */
#ifndef PRETTIFY_FORMATS_DTB_H
#define PRETTIFY_FORMATS_DTB_H

typedef unsigned char __u8;
typedef unsigned int __u32;
typedef unsigned long long __u64;

struct fdt_header {
	__u32 magic;
	__u32 totalsize;
	__u32 off_dt_struct;
	__u32 off_dt_strings;
	__u32 off_mem_rsvmap;
	__u32 version;
	__u32 last_comp_version;
	__u32 boot_cpuid_phys;
	__u32 size_dt_strings;
	__u32 size_dt_struct;
};

/* Memory that must not be used; the list ends with one of zeros. */
struct fdt_reserve_entry {
	__u64 address;
	__u64 size;
};

enum fdt_token {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_END = 9,
};

/* Nodes are nested: one begins, has its properties and nodes, and ends. */
struct fdt_tag {
	enum fdt_token token;
};

struct fdt_node {
	enum fdt_token token;
	char name[];
};

/* A property: len bytes of value; its name is nameoff bytes behind off_dt_strings. */
struct fdt_property {
	enum fdt_token token;
	__u32 len;
	__u32 nameoff;
	__u8 value[];
};

/* A property's name. */
struct fdt_string {
	char name[0];
};

#endif
