/* SPDX-License-Identifier: MIT */
/*
 * What a read from an inotify file descriptor gives: events, each with the name behind it.
 *
 * inotify(7); names of members and events: those of <linux/inotify.h>. Events are in the byte
 * order of the machine; mask's bits here are those of a little-endian one.
 */
#ifndef PRETTIFY_FORMATS_INOTIFY_H
#define PRETTIFY_FORMATS_INOTIFY_H

typedef signed int __s32;
typedef unsigned int __u32;

/* Exactly one of them is in the mask of an event. */
enum inotify_event_type {
	IN_ACCESS = 0x1,
	IN_MODIFY = 0x2,
	IN_ATTRIB = 0x4,
	IN_CLOSE_WRITE = 0x8,
	IN_CLOSE_NOWRITE = 0x10,
	IN_OPEN = 0x20,
	IN_MOVED_FROM = 0x40,
	IN_MOVED_TO = 0x80,
	IN_CREATE = 0x100,
	IN_DELETE = 0x200,
	IN_DELETE_SELF = 0x400,
	IN_MOVE_SELF = 0x800,
	IN_UNMOUNT = 0x2000,
	IN_Q_OVERFLOW = 0x4000,
	IN_IGNORED = 0x8000,
	/* No event: it makes the enum as wide as this part of the mask is. */
	IN_16_BITS = 0xffff,
} __attribute__((packed));

struct inotify_event {
	__s32 wd;
	/* The specification's mask is one integer of 32 bits. */
	struct {
		enum inotify_event_type event;
		unsigned short : 14;
		unsigned short IN_ISDIR : 1; /* it happened to a directory */
		unsigned short : 1;
	} mask;
	__u32 cookie; /* joins IN_MOVED_FROM with IN_MOVED_TO */
	__u32 len; /* bytes of name, with the NULs that pad it */
	char name[];
};

#endif
