/* SPDX-License-Identifier: MIT */
/*
 * The records of an NTFS volume's change journal, $Extend\$UsnJrnl:$J.
 *
 * Microsoft, winioctl.h: USN_RECORD_COMMON_HEADER, USN_RECORD_V2, USN_RECORD_V3, USN_RECORD_V4; also
 * [MS-FSCC] 2.3 "USN_RECORD_V2" and "USN_RECORD_V3", and 2.6 "File Attributes". Names of types and
 * of members: winioctl.h's, the flags' without their prefixes (USN_REASON_, FILE_ATTRIBUTE_,
 * USN_SOURCE_). Little-endian. Times are in units of 100 ns since 1601; names are UTF-16.
 */
#ifndef PRETTIFY_FORMATS_USN_H
#define PRETTIFY_FORMATS_USN_H

typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;

typedef __s64 USN;
typedef __s64 LARGE_INTEGER;

typedef struct USN_RECORD_COMMON_HEADER {
	__u32 RecordLength;
	__u16 MajorVersion;
	__u16 MinorVersion;
} USN_RECORD_COMMON_HEADER;

struct usn_reason {
	__u32 DATA_OVERWRITE:1;
	__u32 DATA_EXTEND:1;
	__u32 DATA_TRUNCATION:1;
	__u32 reserved_3:1;
	__u32 NAMED_DATA_OVERWRITE:1;
	__u32 NAMED_DATA_EXTEND:1;
	__u32 NAMED_DATA_TRUNCATION:1;
	__u32 reserved_7:1;
	__u32 FILE_CREATE:1;
	__u32 FILE_DELETE:1;
	__u32 EA_CHANGE:1;
	__u32 SECURITY_CHANGE:1;
	__u32 RENAME_OLD_NAME:1;
	__u32 RENAME_NEW_NAME:1;
	__u32 INDEXABLE_CHANGE:1;
	__u32 BASIC_INFO_CHANGE:1;
	__u32 HARD_LINK_CHANGE:1;
	__u32 COMPRESSION_CHANGE:1;
	__u32 ENCRYPTION_CHANGE:1;
	__u32 OBJECT_ID_CHANGE:1;
	__u32 REPARSE_POINT_CHANGE:1;
	__u32 STREAM_CHANGE:1;
	__u32 TRANSACTED_CHANGE:1;
	__u32 INTEGRITY_CHANGE:1;
	__u32 DESIRED_STORAGE_CLASS_CHANGE:1;
	__u32 reserved_25:6;
	__u32 CLOSE:1;
};

struct usn_source_info {
	__u32 DATA_MANAGEMENT:1;
	__u32 AUXILIARY_DATA:1;
	__u32 REPLICATION_MANAGEMENT:1;
	__u32 CLIENT_REPLICATION_MANAGEMENT:1;
	__u32 reserved:28;
};

struct file_attributes {
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
	__u32 INTEGRITY_STREAM:1;
	__u32 VIRTUAL:1;
	__u32 NO_SCRUB_DATA:1;
	__u32 RECALL_ON_OPEN:1;
	__u32 PINNED:1;
	__u32 UNPINNED:1;
	__u32 reserved_21:1;
	__u32 RECALL_ON_DATA_ACCESS:1;
	__u32 reserved_23:9;
};

/* An NTFS file reference: the MFT record's number, and how often it was used before. */
struct file_reference {
	__u64 segment_number:48;
	__u64 sequence_number:16;
};

typedef struct FILE_ID_128 {
	__u8 Identifier[16];
} FILE_ID_128;

typedef struct USN_RECORD_V2 {
	__u32 RecordLength;
	__u16 MajorVersion;
	__u16 MinorVersion;
	struct file_reference FileReferenceNumber;
	struct file_reference ParentFileReferenceNumber;
	USN Usn;
	LARGE_INTEGER TimeStamp;
	struct usn_reason Reason;
	struct usn_source_info SourceInfo;
	__u32 SecurityId;
	struct file_attributes FileAttributes;
	__u16 FileNameLength;
	__u16 FileNameOffset;
	__u16 FileName[];
} __attribute__((packed)) USN_RECORD_V2;

typedef struct USN_RECORD_V3 {
	__u32 RecordLength;
	__u16 MajorVersion;
	__u16 MinorVersion;
	FILE_ID_128 FileReferenceNumber;
	FILE_ID_128 ParentFileReferenceNumber;
	USN Usn;
	LARGE_INTEGER TimeStamp;
	struct usn_reason Reason;
	struct usn_source_info SourceInfo;
	__u32 SecurityId;
	struct file_attributes FileAttributes;
	__u16 FileNameLength;
	__u16 FileNameOffset;
	__u16 FileName[];
} __attribute__((packed)) USN_RECORD_V3;

typedef struct USN_RECORD_EXTENT {
	LARGE_INTEGER Offset;
	LARGE_INTEGER Length;
} USN_RECORD_EXTENT;

/* Which ranges of a file changed, with range tracking; a V3 record of the same file follows. */
typedef struct USN_RECORD_V4 {
	__u32 RecordLength;
	__u16 MajorVersion;
	__u16 MinorVersion;
	FILE_ID_128 FileReferenceNumber;
	FILE_ID_128 ParentFileReferenceNumber;
	USN Usn;
	struct usn_reason Reason;
	struct usn_source_info SourceInfo;
	__u32 RemainingExtents;
	__u16 NumberOfExtents;
	__u16 ExtentSize;
	USN_RECORD_EXTENT Extents[];
} USN_RECORD_V4;

#endif
