/* SPDX-License-Identifier: MIT */
/*
 * A GUID partition table.
 *
 * Unified Extensible Firmware Interface Specification, section 5.3, "GUID Partition Table (GPT)
 * Disk Layout"; the protective MBR: section 5.2.3. Names of types and of members: those of Linux's
 * block/partitions/efi.h, the parts of attributes after UEFI's table of them. Little-endian.
 */
#ifndef PRETTIFY_FORMATS_GPT_H
#define PRETTIFY_FORMATS_GPT_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

enum mbr_os_type {
	MBR_EMPTY = 0x00,
	MBR_EXTENDED = 0x05,
	MBR_NTFS_EXFAT = 0x07,
	MBR_FAT32_LBA = 0x0c,
	MBR_LINUX_SWAP = 0x82,
	MBR_LINUX = 0x83,
	MBR_HFS = 0xaf,
	MBR_GPT_PROTECTIVE = 0xee,
	MBR_EFI_SYSTEM = 0xef,
} __attribute__((packed));

/* A cylinder's ten bits are eight in the last byte and, above them, two beside the sector. */
struct mbr_chs {
	__u8 head;
	__u8 sector:6;
	__u8 cylinder_high:2;
	__u8 cylinder_low;
};

/* A partition of the protective MBR, at 446 of the disk: one of type GPT_PROTECTIVE. */
struct gpt_mbr_record {
	__u8 boot_indicator;
	struct mbr_chs starting_chs;
	enum mbr_os_type os_type;
	struct mbr_chs ending_chs;
	__u32 starting_lba;
	__u32 size_in_lba;
};

/* A GUID's first three members are little-endian numbers, the last eight bytes are in order. */
typedef struct guid {
	__u32 data1;
	__u16 data2;
	__u16 data3;
	__u8 data4[8];
} guid_t;

/* Types of partitions by their GUID's first member, which no two of these share. */
enum gpt_partition_type {
	GPT_UNUSED = 0x00000000,
	GPT_LEGACY_MBR = 0x024dee41,
	GPT_EFI_SYSTEM = 0xc12a7328,
	GPT_BIOS_BOOT = 0x21686148,
	GPT_MICROSOFT_RESERVED = 0xe3c9e316,
	GPT_MICROSOFT_BASIC_DATA = 0xebd0a0a2,
	GPT_MICROSOFT_LDM_METADATA = 0x5808c8aa,
	GPT_MICROSOFT_LDM_DATA = 0xaf9b60a0,
	GPT_MICROSOFT_RECOVERY = 0xde94bba4,
	GPT_MICROSOFT_STORAGE_SPACES = 0xe75caf8f,
	GPT_LINUX_FILESYSTEM = 0x0fc63daf,
	GPT_LINUX_SWAP = 0x0657fd6d,
	GPT_LINUX_LVM = 0xe6d6d379,
	GPT_LINUX_RAID = 0xa19d880f,
	GPT_LINUX_RESERVED = 0x8da63339,
	GPT_LINUX_HOME = 0x933ac7e1,
	GPT_LINUX_SRV = 0x3b8f8425,
	GPT_LINUX_VAR = 0x4d21b016,
	GPT_LINUX_XBOOTLDR = 0xbc13c2ff,
	GPT_LINUX_DM_CRYPT = 0x7ffec5c9,
	GPT_LINUX_LUKS = 0xca7d7ccb,
	GPT_LINUX_ROOT_X86 = 0x44479540,
	GPT_LINUX_ROOT_X86_64 = 0x4f68bce3,
	GPT_LINUX_ROOT_ARM = 0x69dad710,
	GPT_LINUX_ROOT_ARM_64 = 0xb921b045,
	GPT_FREEBSD_BOOT = 0x83bd6b9d,
	GPT_FREEBSD_DATA = 0x516e7cb4,
	GPT_FREEBSD_SWAP = 0x516e7cb5,
	GPT_FREEBSD_UFS = 0x516e7cb6,
	GPT_FREEBSD_VINUM = 0x516e7cb8,
	GPT_FREEBSD_ZFS = 0x516e7cba,
	GPT_APPLE_HFS = 0x48465300,
	GPT_APPLE_APFS = 0x7c3457ef,
	GPT_APPLE_BOOT = 0x426f6f74,
	GPT_APPLE_CORE_STORAGE = 0x53746f72,
	GPT_SOLARIS_ROOT = 0x6a85cf4d,
	GPT_SOLARIS_USR_OR_ZFS = 0x6a898cc3,
	GPT_VMWARE_VMFS = 0xaa31e02a,
	GPT_CHROMEOS_KERNEL = 0xfe3a2a5d,
	GPT_CHROMEOS_ROOT = 0x3cb8e202,
};

struct gpt_type_guid {
	enum gpt_partition_type data1;
	__u16 data2;
	__u16 data3;
	__u8 data4[8];
};

/* The header, at LBA 1, and its copy at the last LBA. */
typedef struct gpt_header {
	char signature[8];
	__u32 revision;
	__u32 header_size;
	__u32 header_crc32;
	__u32 reserved1;
	__u64 my_lba;
	__u64 alternate_lba;
	__u64 first_usable_lba;
	__u64 last_usable_lba;
	guid_t disk_guid;
	__u64 partition_entry_lba;
	__u32 num_partition_entries;
	__u32 sizeof_partition_entry;
	__u32 partition_entry_array_crc32;
} __attribute__((packed)) gpt_header;

typedef struct _gpt_entry_attributes {
	__u64 required_to_function:1;
	__u64 no_block_io_protocol:1;
	__u64 legacy_bios_bootable:1;
	__u64 reserved:45;
	__u64 type_guid_specific:16;
} gpt_entry_attributes;

/* An entry: num_partition_entries of them, sizeof_partition_entry bytes apart; the name is UTF-16. */
typedef struct _gpt_entry {
	struct gpt_type_guid partition_type_guid;
	guid_t unique_partition_guid;
	__u64 starting_lba;
	__u64 ending_lba;
	gpt_entry_attributes attributes;
	__u16 partition_name[36];
} gpt_entry;

#endif
