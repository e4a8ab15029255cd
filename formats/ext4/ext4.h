/* SPDX-License-Identifier: MIT */
/*
 * An ext2, ext3 or ext4 file system: superblock, group descriptors, inodes.
 *
 * Linux, Documentation/filesystems/ext4/: super.rst, group_descr.rst, inodes.rst, ifork.rst. Names of
 * types and of members: those of Linux's fs/ext4/ext4.h; of flags: the same header's, without
 * prefixes. Little-endian on every machine. Times are in seconds since 1970; members _hi, _high and
 * _extra hold the bits above those of _lo.
 */
#ifndef PRETTIFY_FORMATS_EXT4_H
#define PRETTIFY_FORMATS_EXT4_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;

struct ext4_state {
	__u16 VALID_FS:1;
	__u16 ERROR_FS:1;
	__u16 ORPHAN_FS:1;
	__u16 reserved_3:2;
	__u16 FC_REPLAY:1;
	__u16 reserved_6:10;
};

typedef enum ext4_errors {
	EXT4_ERRORS_CONTINUE = 1,
	EXT4_ERRORS_RO = 2,
	EXT4_ERRORS_PANIC = 3,
} __attribute__((mode(HI))) ext4_errors_t;

enum ext4_creator_os {
	EXT4_OS_LINUX = 0,
	EXT4_OS_HURD = 1,
	EXT4_OS_MASIX = 2,
	EXT4_OS_FREEBSD = 3,
	EXT4_OS_LITES = 4,
};

enum ext4_rev_level {
	EXT4_GOOD_OLD_REV = 0,
	EXT4_DYNAMIC_REV = 1,
};

struct ext4_feature_compat {
	__u32 DIR_PREALLOC:1;
	__u32 IMAGIC_INODES:1;
	__u32 HAS_JOURNAL:1;
	__u32 EXT_ATTR:1;
	__u32 RESIZE_INODE:1;
	__u32 DIR_INDEX:1;
	__u32 LAZY_BG:1;
	__u32 EXCLUDE_INODE:1;
	__u32 EXCLUDE_BITMAP:1;
	__u32 SPARSE_SUPER2:1;
	__u32 FAST_COMMIT:1;
	__u32 STABLE_INODES:1;
	__u32 ORPHAN_FILE:1;
	__u32 reserved_13:19;
};

/* A BIT64 is the feature "64bit": group descriptors of s_desc_size bytes. */
struct ext4_feature_incompat {
	__u32 COMPRESSION:1;
	__u32 FILETYPE:1;
	__u32 RECOVER:1;
	__u32 JOURNAL_DEV:1;
	__u32 META_BG:1;
	__u32 reserved_5:1;
	__u32 EXTENTS:1;
	__u32 BIT64:1;
	__u32 MMP:1;
	__u32 FLEX_BG:1;
	__u32 EA_INODE:1;
	__u32 reserved_11:1;
	__u32 DIRDATA:1;
	__u32 CSUM_SEED:1;
	__u32 LARGEDIR:1;
	__u32 INLINE_DATA:1;
	__u32 ENCRYPT:1;
	__u32 CASEFOLD:1;
	__u32 reserved_18:14;
};

struct ext4_feature_ro_compat {
	__u32 SPARSE_SUPER:1;
	__u32 LARGE_FILE:1;
	__u32 BTREE_DIR:1;
	__u32 HUGE_FILE:1;
	__u32 GDT_CSUM:1;
	__u32 DIR_NLINK:1;
	__u32 EXTRA_ISIZE:1;
	__u32 HAS_SNAPSHOT:1;
	__u32 QUOTA:1;
	__u32 BIGALLOC:1;
	__u32 METADATA_CSUM:1;
	__u32 REPLICA:1;
	__u32 READONLY:1;
	__u32 PROJECT:1;
	__u32 SHARED_BLOCKS:1;
	__u32 VERITY:1;
	__u32 ORPHAN_PRESENT:1;
	__u32 reserved_17:15;
};

enum ext4_hash_version {
	DX_HASH_LEGACY = 0,
	DX_HASH_HALF_MD4 = 1,
	DX_HASH_TEA = 2,
	DX_HASH_LEGACY_UNSIGNED = 3,
	DX_HASH_HALF_MD4_UNSIGNED = 4,
	DX_HASH_TEA_UNSIGNED = 5,
	DX_HASH_SIPHASH = 6,
} __attribute__((packed));

enum ext4_journal_mode {
	EXT4_JMODE_DEFAULT = 0,
	EXT4_JMODE_DATA = 1,
	EXT4_JMODE_DATA_ORDERED = 2,
	EXT4_JMODE_WBACK = 3,
} __attribute__((packed));

struct ext4_default_mount_opts {
	__u32 DEBUG:1;
	__u32 BSDGROUPS:1;
	__u32 XATTR_USER:1;
	__u32 ACL:1;
	__u32 UID16:1;
	enum ext4_journal_mode JMODE:2;
	__u32 reserved_7:1;
	__u32 NOBARRIER:1;
	__u32 BLOCK_VALIDITY:1;
	__u32 DISCARD:1;
	__u32 NODELALLOC:1;
	__u32 reserved_12:20;
};

struct ext4_flags {
	__u32 SIGNED_HASH:1;
	__u32 UNSIGNED_HASH:1;
	__u32 TEST_FILESYS:1;
	__u32 reserved_3:1;
	__u32 IS_SNAPSHOT:1;
	__u32 FIX_SNAPSHOT:1;
	__u32 FIX_EXCLUDE:1;
	__u32 reserved_7:25;
};

enum ext4_checksum_type {
	EXT4_CRC32C_CHKSUM = 1,
} __attribute__((packed));

/* At byte 1024. Sizes of blocks and clusters are 1024 << s_log_…_size. */
struct ext4_super_block {
	__u32 s_inodes_count;
	__u32 s_blocks_count_lo;
	__u32 s_r_blocks_count_lo;
	__u32 s_free_blocks_count_lo;
	__u32 s_free_inodes_count;
	__u32 s_first_data_block;
	__u32 s_log_block_size;
	__u32 s_log_cluster_size;
	__u32 s_blocks_per_group;
	__u32 s_clusters_per_group;
	__u32 s_inodes_per_group;
	__u32 s_mtime;
	__u32 s_wtime;
	__u16 s_mnt_count;
	__u16 s_max_mnt_count;
	__u16 s_magic;
	struct ext4_state s_state;
	ext4_errors_t s_errors;
	__u16 s_minor_rev_level;
	__u32 s_lastcheck;
	__u32 s_checkinterval;
	enum ext4_creator_os s_creator_os;
	enum ext4_rev_level s_rev_level;
	__u16 s_def_resuid;
	__u16 s_def_resgid;
	__u32 s_first_ino;
	__u16 s_inode_size;
	__u16 s_block_group_nr;
	struct ext4_feature_compat s_feature_compat;
	struct ext4_feature_incompat s_feature_incompat;
	struct ext4_feature_ro_compat s_feature_ro_compat;
	__u8 s_uuid[16];
	char s_volume_name[16];
	char s_last_mounted[64];
	__u32 s_algorithm_usage_bitmap;
	__u8 s_prealloc_blocks;
	__u8 s_prealloc_dir_blocks;
	__u16 s_reserved_gdt_blocks;
	__u8 s_journal_uuid[16];
	__u32 s_journal_inum;
	__u32 s_journal_dev;
	__u32 s_last_orphan;
	__u32 s_hash_seed[4];
	enum ext4_hash_version s_def_hash_version;
	__u8 s_jnl_backup_type;
	__u16 s_desc_size;
	struct ext4_default_mount_opts s_default_mount_opts;
	__u32 s_first_meta_bg;
	__u32 s_mkfs_time;
	__u32 s_jnl_blocks[17];
	__u32 s_blocks_count_hi;
	__u32 s_r_blocks_count_hi;
	__u32 s_free_blocks_count_hi;
	__u16 s_min_extra_isize;
	__u16 s_want_extra_isize;
	struct ext4_flags s_flags;
	__u16 s_raid_stride;
	__u16 s_mmp_update_interval;
	__u64 s_mmp_block;
	__u32 s_raid_stripe_width;
	__u8 s_log_groups_per_flex;
	enum ext4_checksum_type s_checksum_type;
	__u8 s_encryption_level;
	__u8 s_reserved_pad;
	__u64 s_kbytes_written;
	__u32 s_snapshot_inum;
	__u32 s_snapshot_id;
	__u64 s_snapshot_r_blocks_count;
	__u32 s_snapshot_list;
	__u32 s_error_count;
	__u32 s_first_error_time;
	__u32 s_first_error_ino;
	__u64 s_first_error_block;
	char s_first_error_func[32];
	__u32 s_first_error_line;
	__u32 s_last_error_time;
	__u32 s_last_error_ino;
	__u32 s_last_error_line;
	__u64 s_last_error_block;
	char s_last_error_func[32];
	char s_mount_opts[64];
	__u32 s_usr_quota_inum;
	__u32 s_grp_quota_inum;
	__u32 s_overhead_clusters;
	__u32 s_backup_bgs[2];
	__u8 s_encrypt_algos[4];
	__u8 s_encrypt_pw_salt[16];
	__u32 s_lpf_ino;
	__u32 s_prj_quota_inum;
	__u32 s_checksum_seed;
	__u8 s_wtime_hi;
	__u8 s_mtime_hi;
	__u8 s_mkfs_time_hi;
	__u8 s_lastcheck_hi;
	__u8 s_first_error_time_hi;
	__u8 s_last_error_time_hi;
	__u8 s_first_error_errcode;
	__u8 s_last_error_errcode;
	__u16 s_encoding;
	__u16 s_encoding_flags;
	__u32 s_orphan_file_inum;
	__u16 s_def_resuid_hi;
	__u16 s_def_resgid_hi;
	__u32 s_reserved[93];
	__u32 s_checksum;
};

struct ext4_bg_flags {
	__u16 INODE_UNINIT:1;
	__u16 BLOCK_UNINIT:1;
	__u16 INODE_ZEROED:1;
	__u16 reserved_3:13;
};

#define EXT2_GROUP_DESC \
	__u32 bg_block_bitmap_lo; \
	__u32 bg_inode_bitmap_lo; \
	__u32 bg_inode_table_lo; \
	__u16 bg_free_blocks_count_lo; \
	__u16 bg_free_inodes_count_lo; \
	__u16 bg_used_dirs_count_lo; \
	struct ext4_bg_flags bg_flags; \
	__u32 bg_exclude_bitmap_lo; \
	__u16 bg_block_bitmap_csum_lo; \
	__u16 bg_inode_bitmap_csum_lo; \
	__u16 bg_itable_unused_lo; \
	__u16 bg_checksum

/* A group's descriptor without the feature "64bit". */
struct ext2_group_desc {
	EXT2_GROUP_DESC;
};

/* And with it. */
struct ext4_group_desc {
	EXT2_GROUP_DESC;
	__u32 bg_block_bitmap_hi;
	__u32 bg_inode_bitmap_hi;
	__u32 bg_inode_table_hi;
	__u16 bg_free_blocks_count_hi;
	__u16 bg_free_inodes_count_hi;
	__u16 bg_used_dirs_count_hi;
	__u16 bg_itable_unused_hi;
	__u32 bg_exclude_bitmap_hi;
	__u16 bg_block_bitmap_csum_hi;
	__u16 bg_inode_bitmap_csum_hi;
	__u32 bg_reserved;
};

enum ext4_file_type {
	S_IFIFO = 1,
	S_IFCHR = 2,
	S_IFDIR = 4,
	S_IFBLK = 6,
	S_IFREG = 8,
	S_IFLNK = 10,
	S_IFSOCK = 12,
} __attribute__((packed));

/* The mode, and its two parts: permissions as chmod knows them, and above them the type. */
union ext4_mode {
	__u16 mode;
	struct {
		__u16 permissions:12;
		enum ext4_file_type type:4;
	};
};

struct ext4_inode_flags {
	__u32 SECRM:1;
	__u32 UNRM:1;
	__u32 COMPR:1;
	__u32 SYNC:1;
	__u32 IMMUTABLE:1;
	__u32 APPEND:1;
	__u32 NODUMP:1;
	__u32 NOATIME:1;
	__u32 DIRTY:1;
	__u32 COMPRBLK:1;
	__u32 NOCOMPR:1;
	__u32 ENCRYPT:1;
	__u32 INDEX:1;
	__u32 IMAGIC:1;
	__u32 JOURNAL_DATA:1;
	__u32 NOTAIL:1;
	__u32 DIRSYNC:1;
	__u32 TOPDIR:1;
	__u32 HUGE_FILE:1;
	__u32 EXTENTS:1;
	__u32 VERITY:1;
	__u32 EA_INODE:1;
	__u32 reserved_22:1;
	__u32 reserved_23:1;
	__u32 SNAPFILE:1;
	__u32 DAX:1;
	__u32 SNAPFILE_DELETED:1;
	__u32 SNAPFILE_SHRUNK:1;
	__u32 INLINE_DATA:1;
	__u32 PROJINHERIT:1;
	__u32 CASEFOLD:1;
	__u32 RESERVED:1;
};

/* A tree of extents: its root is in the inode. eh_depth 0: extents; else: ext4_extent_idx. */
struct ext4_extent_header {
	__u16 eh_magic;
	__u16 eh_entries;
	__u16 eh_max;
	__u16 eh_depth;
	__u32 eh_generation;
};

/* ee_len over 32768: that much more, and not yet written. */
struct ext4_extent {
	__u32 ee_block;
	__u16 ee_len;
	__u16 ee_start_hi;
	__u32 ee_start_lo;
};

struct ext4_extent_idx {
	__u32 ei_block;
	__u32 ei_leaf_lo;
	__u16 ei_leaf_hi;
	__u16 ei_unused;
};

struct ext4_extent_root {
	struct ext4_extent_header header;
	struct ext4_extent extent[4];
};

struct ext4_extent_index_root {
	struct ext4_extent_header header;
	struct ext4_extent_idx index[4];
};

/* The first 128 bytes; i_block's form goes by the file's type and flags. */
#define EXT2_INODE(I_BLOCK) \
	union ext4_mode i_mode; \
	__u16 i_uid; \
	__u32 i_size_lo; \
	__u32 i_atime; \
	__u32 i_ctime; \
	__u32 i_mtime; \
	__u32 i_dtime; \
	__u16 i_gid; \
	__u16 i_links_count; \
	__u32 i_blocks_lo; \
	struct ext4_inode_flags i_flags; \
	__u32 l_i_version; \
	I_BLOCK; \
	__u32 i_generation; \
	__u32 i_file_acl_lo; \
	__u32 i_size_high; \
	__u32 i_obso_faddr; \
	__u16 l_i_blocks_high; \
	__u16 l_i_file_acl_high; \
	__u16 l_i_uid_high; \
	__u16 l_i_gid_high; \
	__u16 l_i_checksum_lo; \
	__u16 l_i_reserved

#define EXT4_INODE_EXTRA \
	__u16 i_extra_isize; \
	__u16 i_checksum_hi; \
	__u32 i_ctime_extra; \
	__u32 i_mtime_extra; \
	__u32 i_atime_extra; \
	__u32 i_crtime; \
	__u32 i_crtime_extra; \
	__u32 i_version_hi; \
	__u32 i_projid

/* Where s_inode_size is 128. */
struct ext2_inode {
	EXT2_INODE(__u32 i_block[15]);
};

struct ext2_inode_symlink {
	EXT2_INODE(char i_block[60]);
};

struct ext2_inode_extents {
	EXT2_INODE(struct ext4_extent_root i_block);
};

struct ext2_inode_extent_index {
	EXT2_INODE(struct ext4_extent_index_root i_block);
};

/* Where it is more. */
struct ext4_inode {
	EXT2_INODE(__u32 i_block[15]);
	EXT4_INODE_EXTRA;
};

struct ext4_inode_symlink {
	EXT2_INODE(char i_block[60]);
	EXT4_INODE_EXTRA;
};

struct ext4_inode_extents {
	EXT2_INODE(struct ext4_extent_root i_block);
	EXT4_INODE_EXTRA;
};

struct ext4_inode_extent_index {
	EXT2_INODE(struct ext4_extent_index_root i_block);
	EXT4_INODE_EXTRA;
};

#endif
