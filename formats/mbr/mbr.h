/* SPDX-License-Identifier: MIT */
/*
 * A PC's master boot record, and the extended boot records of its logical partitions.
 *
 * Unified Extensible Firmware Interface Specification, section 5.2, "LBA 0 Format". Names of types
 * and of members: those of Linux's block/partitions/efi.h (legacy_mbr, gpt_mbr_record); the members
 * of its cylinder, head and sector triples as UEFI describes them. Little-endian.
 */
#ifndef PRETTIFY_FORMATS_MBR_H
#define PRETTIFY_FORMATS_MBR_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;

enum mbr_boot_indicator {
	MBR_INACTIVE = 0x00,
	MBR_ACTIVE = 0x80,
} __attribute__((packed));

/* Partition types have no one authority; those that are in use, as fdisk knows them. */
enum mbr_os_type {
	MBR_EMPTY = 0x00,
	MBR_FAT12 = 0x01,
	MBR_XENIX_ROOT = 0x02,
	MBR_XENIX_USR = 0x03,
	MBR_FAT16_SMALL = 0x04,
	MBR_EXTENDED = 0x05,
	MBR_FAT16 = 0x06,
	MBR_NTFS_EXFAT = 0x07,
	MBR_AIX = 0x08,
	MBR_AIX_BOOTABLE = 0x09,
	MBR_OS2_BOOT_MANAGER = 0x0a,
	MBR_FAT32 = 0x0b,
	MBR_FAT32_LBA = 0x0c,
	MBR_FAT16_LBA = 0x0e,
	MBR_EXTENDED_LBA = 0x0f,
	MBR_HIDDEN_FAT12 = 0x11,
	MBR_COMPAQ_DIAGNOSTICS = 0x12,
	MBR_HIDDEN_FAT16_SMALL = 0x14,
	MBR_HIDDEN_FAT16 = 0x16,
	MBR_HIDDEN_NTFS = 0x17,
	MBR_HIDDEN_FAT32 = 0x1b,
	MBR_HIDDEN_FAT32_LBA = 0x1c,
	MBR_HIDDEN_FAT16_LBA = 0x1e,
	MBR_WINDOWS_RECOVERY = 0x27,
	MBR_PLAN9 = 0x39,
	MBR_PREP_BOOT = 0x41,
	MBR_WINDOWS_DYNAMIC = 0x42,
	MBR_QNX4_FIRST = 0x4d,
	MBR_QNX4_SECOND = 0x4e,
	MBR_QNX4_THIRD = 0x4f,
	MBR_HURD = 0x63,
	MBR_NETWARE_386 = 0x65,
	MBR_OLD_MINIX = 0x80,
	MBR_MINIX = 0x81,
	MBR_LINUX_SWAP = 0x82,
	MBR_LINUX = 0x83,
	MBR_HIBERNATION = 0x84,
	MBR_LINUX_EXTENDED = 0x85,
	MBR_LINUX_PLAINTEXT = 0x88,
	MBR_LINUX_LVM = 0x8e,
	MBR_ISO9660 = 0x96,
	MBR_FREEBSD = 0xa5,
	MBR_OPENBSD = 0xa6,
	MBR_NETBSD = 0xa9,
	MBR_DARWIN_UFS = 0xa8,
	MBR_DARWIN_BOOT = 0xab,
	MBR_HFS = 0xaf,
	MBR_SOLARIS_BOOT = 0xbe,
	MBR_SOLARIS = 0xbf,
	MBR_NON_FS_DATA = 0xda,
	MBR_DELL_UTILITY = 0xde,
	MBR_LINUX_BOOT = 0xea,
	MBR_BEOS = 0xeb,
	MBR_GPT_PROTECTIVE = 0xee,
	MBR_EFI_SYSTEM = 0xef,
	MBR_VMWARE_VMFS = 0xfb,
	MBR_VMWARE_VMKCORE = 0xfc,
	MBR_LINUX_RAID = 0xfd,
	MBR_BBT = 0xff,
} __attribute__((packed));

/* A cylinder's ten bits are eight in the last byte and, above them, two beside the sector. */
struct mbr_chs {
	__u8 head;
	__u8 sector:6;
	__u8 cylinder_high:2;
	__u8 cylinder_low;
};

/* A partition, at 446, 462, 478 and 494; of no partition where os_type is 0. */
struct gpt_mbr_record {
	enum mbr_boot_indicator boot_indicator;
	struct mbr_chs starting_chs;
	enum mbr_os_type os_type;
	struct mbr_chs ending_chs;
	__u32 starting_lba;
	__u32 size_in_lba;
};

/* What stands between the boot code and the partitions, at 440. */
struct mbr_disk {
	__u32 unique_mbr_signature;
	__u16 unknown;
} __attribute__((packed));

/* The whole sector. */
struct legacy_mbr {
	__u8 boot_code[440];
	__u32 unique_mbr_signature;
	__u16 unknown;
	struct gpt_mbr_record partition_record[4];
	__u16 signature;
} __attribute__((packed));

/*
 * An extended boot record's two entries, at 446 of its sector: the logical partition, its
 * starting_lba counted from this sector, and the next extended boot record, its starting_lba
 * counted from the start of the extended partition; os_type 0 where there is no next one.
 */
struct ebr {
	struct gpt_mbr_record logical;
	struct gpt_mbr_record next;
};

#endif
