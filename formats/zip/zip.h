/* SPDX-License-Identifier: MIT */
/*
 * The records of a ZIP file.
 *
 * PKWARE, APPNOTE.TXT, ".ZIP File Format Specification", version 6.3.10: sections 4.3.7 (local file
 * header), 4.3.12 (central directory), 4.3.16 (its end), 4.4 (members). Names of members: the
 * specification's, words joined by _. Little-endian.
 */
#ifndef PRETTIFY_FORMATS_ZIP_H
#define PRETTIFY_FORMATS_ZIP_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;

/* 4.4.2: the file system that external_file_attributes are of. */
enum zip_host {
	ZIP_FAT = 0,
	ZIP_AMIGA = 1,
	ZIP_OPENVMS = 2,
	ZIP_UNIX = 3,
	ZIP_VM_CMS = 4,
	ZIP_ATARI_ST = 5,
	ZIP_OS_2_HPFS = 6,
	ZIP_MACINTOSH = 7,
	ZIP_Z_SYSTEM = 8,
	ZIP_CP_M = 9,
	ZIP_WINDOWS_NTFS = 10,
	ZIP_MVS = 11,
	ZIP_VSE = 12,
	ZIP_ACORN_RISC = 13,
	ZIP_VFAT = 14,
	ZIP_ALTERNATE_MVS = 15,
	ZIP_BEOS = 16,
	ZIP_TANDEM = 17,
	ZIP_OS_400 = 18,
	ZIP_OS_X = 19,
} __attribute__((packed));

/* 4.4.4 */
struct zip_flags {
	__u16 encrypted:1;
	__u16 compression_option:2;
	__u16 data_descriptor:1;
	__u16 enhanced_deflating:1;
	__u16 patched_data:1;
	__u16 strong_encryption:1;
	__u16 reserved_7:4;
	__u16 utf_8:1;
	__u16 reserved_12:1;
	__u16 masked_header:1;
	__u16 reserved_14:2;
};

/* 4.4.5 */
typedef enum zip_compression_method {
	ZIP_STORED = 0,
	ZIP_SHRUNK = 1,
	ZIP_IMPLODED = 6,
	ZIP_DEFLATED = 8,
	ZIP_DEFLATE64 = 9,
	ZIP_BZIP2 = 12,
	ZIP_LZMA = 14,
	ZIP_ZSTD = 93,
	ZIP_MP3 = 94,
	ZIP_XZ = 95,
	ZIP_JPEG = 96,
	ZIP_WAVPACK = 97,
	ZIP_PPMD = 98,
	ZIP_AE_X = 99,
} __attribute__((mode(HI))) zip_compression_method_t;

/* 4.4.6: MS-DOS's. */
struct zip_time {
	__u16 two_seconds:5;
	__u16 minute:6;
	__u16 hour:5;
};

struct zip_date {
	__u16 day:5;
	__u16 month:4;
	__u16 years_since_1980:7;
};

/* Before each file's content; with data_descriptor set, crc_32 and sizes are behind it instead. */
struct zip_local_file_header {
	__u32 local_file_header_signature;
	__u16 version_needed_to_extract;
	struct zip_flags general_purpose_bit_flag;
	zip_compression_method_t compression_method;
	struct zip_time last_mod_file_time;
	struct zip_date last_mod_file_date;
	__u32 crc_32;
	__u32 compressed_size;
	__u32 uncompressed_size;
	__u16 file_name_length;
	__u16 extra_field_length;
	char file_name[];
} __attribute__((packed));

struct zip_central_file_header {
	__u32 central_file_header_signature;
	__u8 version_made_by;
	enum zip_host version_made_by_host;
	__u16 version_needed_to_extract;
	struct zip_flags general_purpose_bit_flag;
	zip_compression_method_t compression_method;
	struct zip_time last_mod_file_time;
	struct zip_date last_mod_file_date;
	__u32 crc_32;
	__u32 compressed_size;
	__u32 uncompressed_size;
	__u16 file_name_length;
	__u16 extra_field_length;
	__u16 file_comment_length;
	__u16 disk_number_start;
	__u16 internal_file_attributes;
	__u32 external_file_attributes;
	__u32 relative_offset_of_local_header;
	char file_name[];
} __attribute__((packed));

/* An extra field, 4.5. */
struct zip_extra_field {
	__u16 header_id;
	__u16 data_size;
	__u8 data[];
};

struct zip_end_of_central_directory {
	__u32 end_of_central_dir_signature;
	__u16 number_of_this_disk;
	__u16 disk_with_central_directory;
	__u16 entries_on_this_disk;
	__u16 entries;
	__u32 size_of_the_central_directory;
	__u32 offset_of_central_directory;
	__u16 zip_file_comment_length;
	char zip_file_comment[];
} __attribute__((packed));

#endif
