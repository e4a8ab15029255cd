/* SPDX-License-Identifier: MIT */
/*
 * A FAT file system: boot sector, FSInfo sector, entries of a directory.
 *
 * Microsoft Extensible Firmware Initiative FAT32 File System Specification, version 1.03 ("fatgen103");
 * ECMA-107 for FAT12 and FAT16. Names of members: Microsoft's. Little-endian.
 */
#ifndef PRETTIFY_FORMATS_FAT_H
#define PRETTIFY_FORMATS_FAT_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;

enum fat_media {
	FAT_MEDIA_REMOVABLE = 0xf0,
	FAT_MEDIA_FIXED = 0xf8,
	FAT_MEDIA_720K = 0xf9,
	FAT_MEDIA_320K = 0xfa,
	FAT_MEDIA_640K = 0xfb,
	FAT_MEDIA_180K = 0xfc,
	FAT_MEDIA_360K = 0xfd,
	FAT_MEDIA_160K = 0xfe,
	FAT_MEDIA_320K_8 = 0xff,
} __attribute__((packed));

/* The BIOS parameter block, the same in all three. */
#define FAT_BPB \
	__u8 BS_jmpBoot[3]; \
	char BS_OEMName[8]; \
	__u16 BPB_BytsPerSec; \
	__u8 BPB_SecPerClus; \
	__u16 BPB_RsvdSecCnt; \
	__u8 BPB_NumFATs; \
	__u16 BPB_RootEntCnt; \
	__u16 BPB_TotSec16; \
	enum fat_media BPB_Media; \
	__u16 BPB_FATSz16; \
	__u16 BPB_SecPerTrk; \
	__u16 BPB_NumHeads; \
	__u32 BPB_HiddSec; \
	__u32 BPB_TotSec32

#define FAT_BOOT_SECTOR \
	__u8 BS_DrvNum; \
	__u8 BS_Reserved1; \
	__u8 BS_BootSig; \
	__u32 BS_VolID; \
	char BS_VolLab[11]; \
	char BS_FilSysType[8]

/* The boot sector of FAT12 and FAT16, as far as boot code. */
struct fat16_boot_sector {
	FAT_BPB;
	FAT_BOOT_SECTOR;
} __attribute__((packed));

/* The number of the only active FAT, where mirroring is off. */
struct fat32_ext_flags {
	__u16 active_fat:4;
	__u16 reserved_4:3;
	__u16 mirroring_off:1;
	__u16 reserved_8:8;
};

/* The boot sector of FAT32, as far as boot code. */
struct fat32_boot_sector {
	FAT_BPB;
	__u32 BPB_FATSz32;
	struct fat32_ext_flags BPB_ExtFlags;
	__u16 BPB_FSVer;
	__u32 BPB_RootClus;
	__u16 BPB_FSInfo;
	__u16 BPB_BkBootSec;
	__u8 BPB_Reserved[12];
	FAT_BOOT_SECTOR;
} __attribute__((packed));

/* The FSInfo sector of FAT32; 0xffffffff is an unknown count. */
struct fat32_fsinfo {
	__u32 FSI_LeadSig;
	__u8 FSI_Reserved1[480];
	__u32 FSI_StrucSig;
	__u32 FSI_Free_Count;
	__u32 FSI_Nxt_Free;
	__u8 FSI_Reserved2[12];
	__u32 FSI_TrailSig;
};

/* Its part with numbers, at 484. */
struct fat32_fsinfo_counts {
	__u32 FSI_StrucSig;
	__u32 FSI_Free_Count;
	__u32 FSI_Nxt_Free;
};

struct fat_attributes {
	__u8 READ_ONLY:1;
	__u8 HIDDEN:1;
	__u8 SYSTEM:1;
	__u8 VOLUME_ID:1;
	__u8 DIRECTORY:1;
	__u8 ARCHIVE:1;
	__u8 reserved:2;
};

/* Windows NT's: names to be shown in lower case. */
struct fat_nt_reserved {
	__u8 reserved_0:3;
	__u8 lower_case_base:1;
	__u8 lower_case_extension:1;
	__u8 reserved_5:3;
};

struct fat_time {
	__u16 two_seconds:5;
	__u16 minute:6;
	__u16 hour:5;
};

struct fat_date {
	__u16 day:5;
	__u16 month:4;
	__u16 years_since_1980:7;
};

/* A directory's entry. A name's first byte is 0 behind the last entry, 0xe5 in a deleted one. */
struct fat_directory_entry {
	char DIR_Name[11];
	struct fat_attributes DIR_Attr;
	struct fat_nt_reserved DIR_NTRes;
	__u8 DIR_CrtTimeTenth;
	struct fat_time DIR_CrtTime;
	struct fat_date DIR_CrtDate;
	struct fat_date DIR_LstAccDate;
	__u16 DIR_FstClusHI;
	struct fat_time DIR_WrtTime;
	struct fat_date DIR_WrtDate;
	__u16 DIR_FstClusLO;
	__u32 DIR_FileSize;
} __attribute__((packed));

/* A piece of a long name, before the entry that has it, the last piece first; UTF-16. */
struct fat_long_name_entry {
	__u8 LDIR_Ord;
	__u16 LDIR_Name1[5];
	struct fat_attributes LDIR_Attr;
	__u8 LDIR_Type;
	__u8 LDIR_Chksum;
	__u16 LDIR_Name2[6];
	__u16 LDIR_FstClusLO;
	__u16 LDIR_Name3[2];
} __attribute__((packed));

#endif
