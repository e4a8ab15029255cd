/* SPDX-License-Identifier: MIT */
/*
 * The headers of a tar archive: one block of 512 bytes before each member's content.
 *
 * POSIX.1-2017, pax, "ustar Interchange Format" (tar_ustar); Seventh Edition UNIX, tar(5) (tar_v7);
 * GNU tar manual, "Basic Tar Format" (tar_gnu). Names of members: those of the specifications' header
 * blocks, of typeflag's values: POSIX's <tar.h> and, for GNU's own, GNU tar's.
 *
 * All is text, numbers are spelled in octal. Where a number does not fit, GNU tar writes it in
 * binary, big-endian, with the field's first bit set.
 */
#ifndef PRETTIFY_FORMATS_TAR_H
#define PRETTIFY_FORMATS_TAR_H

enum tar_typeflag {
	AREGTYPE = '\0',
	REGTYPE = '0',
	LNKTYPE = '1',
	SYMTYPE = '2',
	CHRTYPE = '3',
	BLKTYPE = '4',
	DIRTYPE = '5',
	FIFOTYPE = '6',
	CONTTYPE = '7',
	GNUTYPE_DUMPDIR = 'D',
	GNUTYPE_LONGLINK = 'K',
	GNUTYPE_LONGNAME = 'L',
	GNUTYPE_MULTIVOL = 'M',
	GNUTYPE_SPARSE = 'S',
	GNUTYPE_VOLHDR = 'V',
	XGLTYPE = 'g',
	XHDTYPE = 'x',
} __attribute__((packed));

/* What all have in common. */
#define TAR_HEADER \
	char name[100]; \
	char mode[8]; \
	char uid[8]; \
	char gid[8]; \
	char size[12]; \
	char mtime[12]; \
	char chksum[8]; \
	enum tar_typeflag typeflag; \
	char linkname[100]

#define TAR_USTAR_HEADER \
	TAR_HEADER; \
	char magic[6]; \
	char version[2]; \
	char uname[32]; \
	char gname[32]; \
	char devmajor[8]; \
	char devminor[8]

struct tar_v7 {
	TAR_HEADER;
	char padding[255];
};

struct tar_ustar {
	TAR_USTAR_HEADER;
	char prefix[155];
	char padding[12];
};

/* An extended header (typeflag 'x' and 'g') and its content: lines "LENGTH KEYWORD=VALUE". */
struct tar_pax {
	TAR_USTAR_HEADER;
	char prefix[155];
	char padding[12];
	char records[];
};

/* A piece of a sparse file that holds data. */
struct tar_sparse {
	char offset[12];
	char numbytes[12];
};

/* GNU tar's old format, its default until now. */
struct tar_gnu {
	TAR_USTAR_HEADER;
	char atime[12];
	char ctime[12];
	char offset[12];
	char longnames[4];
	char unused;
	struct tar_sparse sp[4];
	char isextended;
	char realsize[12];
	char padding[17];
};

/* A name (typeflag 'L') or link name ('K') of the member behind, too long for its header. */
struct tar_gnu_long {
	TAR_USTAR_HEADER;
	char atime[12];
	char ctime[12];
	char offset[12];
	char longnames[4];
	char unused;
	struct tar_sparse sp[4];
	char isextended;
	char realsize[12];
	char padding[17];
	char text[];
};

#endif
