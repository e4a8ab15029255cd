/* SPDX-License-Identifier: MIT */
/*
 * ELF core files: headers, segments, and the notes about the process that died.
 *
 * System V ABI, chapters 4 and 5 (ELF headers, segments, notes); core(5). What is in a note is the
 * kernel's: names and members are those of <linux/elfcore.h>, <sys/procfs.h>, <sys/user.h> and
 * <asm-generic/siginfo.h>, as they are for 64-bit processes on x86-64. Pointers are integers here.
 */
#ifndef PRETTIFY_FORMATS_CORE_H
#define PRETTIFY_FORMATS_CORE_H

typedef signed char __s8;
typedef unsigned char __u8;
typedef signed short __s16;
typedef unsigned short __u16;
typedef signed int __s32;
typedef unsigned int __u32;
typedef signed long long __s64;
typedef unsigned long long __u64;

typedef __u32 Elf32_Addr;
typedef __u16 Elf32_Half;
typedef __u32 Elf32_Off;
typedef __u32 Elf32_Word;

typedef __u64 Elf64_Addr;
typedef __u16 Elf64_Half;
typedef __u64 Elf64_Off;
typedef __u32 Elf64_Word;
typedef __u64 Elf64_Xword;

#define EI_NIDENT 16

/* The file header, at the start of the file. */

typedef struct elf32_hdr {
	unsigned char e_ident[EI_NIDENT];
	Elf32_Half e_type;
	Elf32_Half e_machine;
	Elf32_Word e_version;
	Elf32_Addr e_entry;
	Elf32_Off e_phoff;
	Elf32_Off e_shoff;
	Elf32_Word e_flags;
	Elf32_Half e_ehsize;
	Elf32_Half e_phentsize;
	Elf32_Half e_phnum;
	Elf32_Half e_shentsize;
	Elf32_Half e_shnum;
	Elf32_Half e_shstrndx;
} Elf32_Ehdr;

typedef struct elf64_hdr {
	unsigned char e_ident[EI_NIDENT];
	Elf64_Half e_type;
	Elf64_Half e_machine;
	Elf64_Word e_version;
	Elf64_Addr e_entry;
	Elf64_Off e_phoff;
	Elf64_Off e_shoff;
	Elf64_Word e_flags;
	Elf64_Half e_ehsize;
	Elf64_Half e_phentsize;
	Elf64_Half e_phnum;
	Elf64_Half e_shentsize;
	Elf64_Half e_shnum;
	Elf64_Half e_shstrndx;
} Elf64_Ehdr;

/* A segment: e_phnum of them at e_phoff. */

typedef struct elf32_phdr {
	Elf32_Word p_type;
	Elf32_Off p_offset;
	Elf32_Addr p_vaddr;
	Elf32_Addr p_paddr;
	Elf32_Word p_filesz;
	Elf32_Word p_memsz;
	Elf32_Word p_flags;
	Elf32_Word p_align;
} Elf32_Phdr;

typedef struct elf64_phdr {
	Elf64_Word p_type;
	Elf64_Word p_flags;
	Elf64_Off p_offset;
	Elf64_Addr p_vaddr;
	Elf64_Addr p_paddr;
	Elf64_Xword p_filesz;
	Elf64_Xword p_memsz;
	Elf64_Xword p_align;
} Elf64_Phdr;

/*
 * Notes. Behind the header are n_namesz bytes of name and n_descsz bytes of descriptor, each padded
 * to a multiple of 4. n_type says what the descriptor is where the name is "CORE" or "LINUX".
 */

enum core_note_type {
	NT_PRSTATUS = 1,
	NT_PRFPREG = 2,
	NT_PRPSINFO = 3,
	NT_TASKSTRUCT = 4,
	NT_AUXV = 6,
	NT_386_TLS = 0x200,
	NT_386_IOPERM = 0x201,
	NT_X86_XSTATE = 0x202,
	NT_X86_SHSTK = 0x204,
	NT_X86_XSAVE_LAYOUT = 0x205,
	NT_ARM_VFP = 0x400,
	NT_ARM_TLS = 0x401,
	NT_ARM_HW_BREAK = 0x402,
	NT_ARM_HW_WATCH = 0x403,
	NT_ARM_SYSTEM_CALL = 0x404,
	NT_ARM_SVE = 0x405,
	NT_ARM_PAC_MASK = 0x406,
	NT_FILE = 0x46494c45,
	NT_PRXFPREG = 0x46e62b7f,
	NT_SIGINFO = 0x53494749,
};

struct core_nhdr {
	Elf64_Word n_namesz;
	Elf64_Word n_descsz;
	enum core_note_type n_type;
};

/* Below, notes are packed: descriptors of 64-bit words lie at multiples of 4 only. */

/* Notes whose descriptor is shown as bytes, by the room that their name takes. */

struct core_note {
	struct core_nhdr nhdr;
};

struct core_note_name4 {
	struct core_nhdr nhdr;
	char name[4];
	__u8 desc[];
};

struct core_note_name8 {
	struct core_nhdr nhdr;
	char name[8];
	__u8 desc[];
};

struct core_note_name12 {
	struct core_nhdr nhdr;
	char name[12];
	__u8 desc[];
};

/* NT_PRSTATUS: what a thread was doing. There is one for each thread. */

struct elf_siginfo {
	__s32 si_signo;
	__s32 si_code;
	__s32 si_errno;
};

struct timeval {
	__s64 tv_sec;
	__s64 tv_usec;
};

struct user_regs_struct {
	__u64 r15;
	__u64 r14;
	__u64 r13;
	__u64 r12;
	__u64 rbp;
	__u64 rbx;
	__u64 r11;
	__u64 r10;
	__u64 r9;
	__u64 r8;
	__u64 rax;
	__u64 rcx;
	__u64 rdx;
	__u64 rsi;
	__u64 rdi;
	__u64 orig_rax;
	__u64 rip;
	__u64 cs;
	__u64 eflags;
	__u64 rsp;
	__u64 ss;
	__u64 fs_base;
	__u64 gs_base;
	__u64 ds;
	__u64 es;
	__u64 fs;
	__u64 gs;
};

struct elf_prstatus {
	struct elf_siginfo pr_info;
	__s16 pr_cursig;
	__u64 pr_sigpend;
	__u64 pr_sighold;
	__s32 pr_pid;
	__s32 pr_ppid;
	__s32 pr_pgrp;
	__s32 pr_sid;
	struct timeval pr_utime;
	struct timeval pr_stime;
	struct timeval pr_cutime;
	struct timeval pr_cstime;
	struct user_regs_struct pr_reg;
	__s32 pr_fpvalid;
};

struct core_note_prstatus {
	struct core_nhdr nhdr;
	char name[8];
	struct elf_prstatus desc;
} __attribute__((packed));

/* NT_PRFPREG: the thread's x87 and SSE registers, as FXSAVE stores them. */

struct user_fpregs_struct {
	__u16 cwd;
	__u16 swd;
	__u16 ftw;
	__u16 fop;
	__u64 rip;
	__u64 rdp;
	__u32 mxcsr;
	__u32 mxcsr_mask;
	__u32 st_space[32];
	__u32 xmm_space[64];
	__u32 padding[24];
};

struct core_note_prfpreg {
	struct core_nhdr nhdr;
	char name[8];
	struct user_fpregs_struct desc;
} __attribute__((packed));

/* NT_X86_XSTATE: the thread's registers as XSAVE stores them; the header tells what follows it. */

struct core_xstate {
	struct user_fpregs_struct legacy;
	__u64 xstate_bv;
	__u64 xcomp_bv;
	__u64 reserved[6];
	__u8 extended[];
};

struct core_note_xstate {
	struct core_nhdr nhdr;
	char name[8];
	struct core_xstate desc;
} __attribute__((packed));

/* NT_PRPSINFO: about the process as a whole. */

struct elf_prpsinfo {
	__s8 pr_state;
	char pr_sname;
	__s8 pr_zomb;
	__s8 pr_nice;
	__u64 pr_flag;
	__u32 pr_uid;
	__u32 pr_gid;
	__s32 pr_pid;
	__s32 pr_ppid;
	__s32 pr_pgrp;
	__s32 pr_sid;
	char pr_fname[16];
	char pr_psargs[80];
};

struct core_note_prpsinfo {
	struct core_nhdr nhdr;
	char name[8];
	struct elf_prpsinfo desc;
} __attribute__((packed));

/* NT_SIGINFO: the signal that ended the process. Which of _sifields counts, si_signo says. */

struct siginfo {
	__s32 si_signo;
	__s32 si_errno;
	__s32 si_code;
	union {
		struct {
			__s32 si_pid;
			__u32 si_uid;
		} _kill;
		struct {
			__s32 si_timerid;
			__s32 si_overrun;
			__u64 si_value;
		} _timer;
		struct {
			__s32 si_pid;
			__u32 si_uid;
			__u64 si_value;
		} _rt;
		struct {
			__s32 si_pid;
			__u32 si_uid;
			__s32 si_status;
			__s64 si_utime;
			__s64 si_stime;
		} _sigchld;
		struct {
			__u64 si_addr;
			__s16 si_addr_lsb;
			__u64 si_lower;
			__u64 si_upper;
		} _sigfault;
		struct {
			__s64 si_band;
			__s32 si_fd;
		} _sigpoll;
		struct {
			__u64 si_call_addr;
			__s32 si_syscall;
			__u32 si_arch;
		} _sigsys;
		__u64 _pad[14];
	} _sifields;
};

struct core_note_siginfo {
	struct core_nhdr nhdr;
	char name[8];
	struct siginfo desc;
} __attribute__((packed));

/* NT_AUXV: the auxiliary vector that the process was started with. */

enum at_type {
	AT_NULL = 0,
	AT_IGNORE = 1,
	AT_EXECFD = 2,
	AT_PHDR = 3,
	AT_PHENT = 4,
	AT_PHNUM = 5,
	AT_PAGESZ = 6,
	AT_BASE = 7,
	AT_FLAGS = 8,
	AT_ENTRY = 9,
	AT_NOTELF = 10,
	AT_UID = 11,
	AT_EUID = 12,
	AT_GID = 13,
	AT_EGID = 14,
	AT_PLATFORM = 15,
	AT_HWCAP = 16,
	AT_CLKTCK = 17,
	AT_FPUCW = 18,
	AT_DCACHEBSIZE = 19,
	AT_ICACHEBSIZE = 20,
	AT_UCACHEBSIZE = 21,
	AT_IGNOREPPC = 22,
	AT_SECURE = 23,
	AT_BASE_PLATFORM = 24,
	AT_RANDOM = 25,
	AT_HWCAP2 = 26,
	AT_RSEQ_FEATURE_SIZE = 27,
	AT_RSEQ_ALIGN = 28,
	AT_HWCAP3 = 29,
	AT_HWCAP4 = 30,
	AT_EXECFN = 31,
	AT_SYSINFO = 32,
	AT_SYSINFO_EHDR = 33,
	AT_L1I_CACHESHAPE = 34,
	AT_L1D_CACHESHAPE = 35,
	AT_L2_CACHESHAPE = 36,
	AT_L3_CACHESHAPE = 37,
	AT_L1I_CACHESIZE = 40,
	AT_L1I_CACHEGEOMETRY = 41,
	AT_L1D_CACHESIZE = 42,
	AT_L1D_CACHEGEOMETRY = 43,
	AT_L2_CACHESIZE = 44,
	AT_L2_CACHEGEOMETRY = 45,
	AT_L3_CACHESIZE = 46,
	AT_L3_CACHEGEOMETRY = 47,
	AT_MINSIGSTKSZ = 51,
	/* No type of entry: it makes the enum as wide as a_type is. */
	AT_64_BITS = 0xffffffffffffffff,
};

typedef struct {
	enum at_type a_type;
	union {
		__u64 a_val;
	} a_un;
} Elf64_auxv_t;

struct core_note_auxv {
	struct core_nhdr nhdr;
	char name[8];
	Elf64_auxv_t desc[];
} __attribute__((packed));

/*
 * NT_FILE: the files that were mapped. Behind the ranges are their names, in the same order, each
 * with a NUL behind it.
 */

struct core_file_range {
	__u64 start;
	__u64 end;
	__u64 file_ofs; /* in units of page_size */
};

struct core_note_file {
	struct core_nhdr nhdr;
	char name[8];
	__u64 count;
	__u64 page_size;
	struct core_file_range desc[];
} __attribute__((packed));

struct core_file_name {
	char name[0];
};

#endif
