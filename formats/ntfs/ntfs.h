/* SPDX-License-Identifier: MIT */
/*
 * An NTFS volume: boot sector, records of the master file table (MFT), their attributes.
 *
 * Linux-NTFS project, NTFS Documentation ("NTFS concepts", "attributes", "files"); Microsoft,
 * "Master File Table" (MULTI_SECTOR_HEADER, FILE_RECORD_SEGMENT_HEADER, ATTRIBUTE_RECORD_HEADER) of the
 * NTFS and Windows API documentation. Names of members: those that Linux's tools use. Little-endian.
 * Times are in units of 100 ns since 1601; names are UTF-16.
 */
#ifndef PRETTIFY_FORMATS_NTFS_H
#define PRETTIFY_FORMATS_NTFS_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;

/* As far as boot code. A negative number of clusters is the size's logarithm: -10 is 1024 bytes. */
struct ntfs_boot_sector {
	__u8 jump[3];
	char oem_id[8];
	__u16 bytes_per_sector;
	__u8 sectors_per_cluster;
	__u16 reserved_sectors;
	__u8 fats;
	__u16 root_entries;
	__u16 sectors;
	__u8 media_type;
	__u16 sectors_per_fat;
	__u16 sectors_per_track;
	__u16 heads;
	__u32 hidden_sectors;
	__u32 large_sectors;
	__u8 physical_drive;
	__u8 current_head;
	__u8 extended_boot_signature;
	__u8 reserved2;
	__s64 number_of_sectors;
	__s64 mft_lcn;
	__s64 mftmirr_lcn;
	__s8 clusters_per_mft_record;
	__u8 reserved0[3];
	__s8 clusters_per_index_record;
	__u8 reserved1[3];
	__u64 volume_serial_number;
	__u32 checksum;
} __attribute__((packed));

/* The number of an MFT record, and how often it was used before. */
struct ntfs_reference {
	__u64 record_number:48;
	__u64 sequence_number:16;
};

struct ntfs_record_flags {
	__u16 IN_USE:1;
	__u16 IS_DIRECTORY:1;
	__u16 IS_4:1;
	__u16 IS_VIEW_INDEX:1;
	__u16 reserved:12;
};

/*
 * A record of the MFT. The last two bytes of each 512 are, on disk, the update sequence number that
 * stands at usa_ofs; the bytes that belong there are behind that number.
 */
struct ntfs_mft_record {
	char magic[4];
	__u16 usa_ofs;
	__u16 usa_count;
	__u64 lsn;
	__u16 sequence_number;
	__u16 link_count;
	__u16 attrs_offset;
	struct ntfs_record_flags flags;
	__u32 bytes_in_use;
	__u32 bytes_allocated;
	struct ntfs_reference base_mft_record;
	__u16 next_attr_instance;
	__u16 reserved;
	__u32 mft_record_number;
};

enum ntfs_attribute_type {
	AT_STANDARD_INFORMATION = 0x10,
	AT_ATTRIBUTE_LIST = 0x20,
	AT_FILE_NAME = 0x30,
	AT_OBJECT_ID = 0x40,
	AT_SECURITY_DESCRIPTOR = 0x50,
	AT_VOLUME_NAME = 0x60,
	AT_VOLUME_INFORMATION = 0x70,
	AT_DATA = 0x80,
	AT_INDEX_ROOT = 0x90,
	AT_INDEX_ALLOCATION = 0xa0,
	AT_BITMAP = 0xb0,
	AT_REPARSE_POINT = 0xc0,
	AT_EA_INFORMATION = 0xd0,
	AT_EA = 0xe0,
	AT_LOGGED_UTILITY_STREAM = 0x100,
	AT_END = 0xffffffff,
};

struct ntfs_attribute_flags {
	__u16 compression:8;
	__u16 reserved:6;
	__u16 IS_ENCRYPTED:1;
	__u16 IS_SPARSE:1;
};

#define NTFS_ATTRIBUTE \
	enum ntfs_attribute_type type; \
	__u32 length; \
	__u8 non_resident; \
	__u8 name_length; \
	__u16 name_offset; \
	struct ntfs_attribute_flags flags; \
	__u16 instance

struct ntfs_attribute {
	NTFS_ATTRIBUTE;
};

#define NTFS_RESIDENT_ATTRIBUTE \
	NTFS_ATTRIBUTE; \
	__u32 value_length; \
	__u16 value_offset; \
	__u8 resident_flags; \
	__u8 reservedR

/* Its value is in the record, at value_offset; content is all from there or from its name on. */
struct ntfs_resident_attribute {
	NTFS_RESIDENT_ATTRIBUTE;
	__u8 content[];
};

/* Its value is in clusters; runs says where, from mapping_pairs_offset on if there is no name. */
struct ntfs_non_resident_attribute {
	NTFS_ATTRIBUTE;
	__s64 lowest_vcn;
	__s64 highest_vcn;
	__u16 mapping_pairs_offset;
	__u8 compression_unit;
	__u8 reserved1[5];
	__s64 allocated_size;
	__s64 data_size;
	__s64 initialized_size;
	__u8 runs[];
};

struct ntfs_file_attributes {
	__u32 READONLY:1;
	__u32 HIDDEN:1;
	__u32 SYSTEM:1;
	__u32 reserved_3:1;
	__u32 DIRECTORY:1;
	__u32 ARCHIVE:1;
	__u32 DEVICE:1;
	__u32 NORMAL:1;
	__u32 TEMPORARY:1;
	__u32 SPARSE_FILE:1;
	__u32 REPARSE_POINT:1;
	__u32 COMPRESSED:1;
	__u32 OFFLINE:1;
	__u32 NOT_CONTENT_INDEXED:1;
	__u32 ENCRYPTED:1;
	__u32 reserved_15:13;
	__u32 I30_INDEX_PRESENT:1;
	__u32 VIEW_INDEX_PRESENT:1;
	__u32 reserved_30:2;
};

struct ntfs_standard_information {
	NTFS_RESIDENT_ATTRIBUTE;
	__s64 creation_time;
	__s64 last_data_change_time;
	__s64 last_mft_change_time;
	__s64 last_access_time;
	struct ntfs_file_attributes file_attributes;
	__u32 maximum_versions;
	__u32 version_number;
	__u32 class_id;
	__u8 more[];
};

enum ntfs_file_name_type {
	FILE_NAME_POSIX = 0,
	FILE_NAME_WIN32 = 1,
	FILE_NAME_DOS = 2,
	FILE_NAME_WIN32_AND_DOS = 3,
} __attribute__((packed));

struct ntfs_file_name {
	NTFS_RESIDENT_ATTRIBUTE;
	struct ntfs_reference parent_directory;
	__s64 creation_time;
	__s64 last_data_change_time;
	__s64 last_mft_change_time;
	__s64 last_access_time;
	__s64 allocated_size;
	__s64 data_size;
	struct ntfs_file_attributes file_attributes;
	__u32 reparse_point_tag;
	__u8 file_name_length;
	enum ntfs_file_name_type file_name_type;
	__u16 file_name[];
} __attribute__((packed));

#endif
