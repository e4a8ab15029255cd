"""Numbers and names of perf_event_open(2), <linux/perf_event.h> and perf's own file format.

Lists of names give bit 0 first, or the value 0.
"""

from __future__ import annotations

# Bits of attr.sample_type.
SAMPLE_TYPES = (
    "IP", "TID", "TIME", "ADDR", "READ", "CALLCHAIN", "ID", "CPU", "PERIOD", "STREAM_ID", "RAW",
    "BRANCH_STACK", "REGS_USER", "STACK_USER", "WEIGHT", "DATA_SRC", "IDENTIFIER", "TRANSACTION",
    "REGS_INTR", "PHYS_ADDR", "AUX", "CGROUP", "DATA_PAGE_SIZE", "CODE_PAGE_SIZE", "WEIGHT_STRUCT",
)  # fmt: skip
IP, TID, TIME, ADDR, READ, CALLCHAIN, ID, CPU, PERIOD, STREAM_ID, RAW = (1 << i for i in range(11))
BRANCH_STACK, REGS_USER, STACK_USER, WEIGHT, DATA_SRC = (1 << i for i in range(11, 16))
IDENTIFIER, TRANSACTION, REGS_INTR, PHYS_ADDR, AUX = (1 << i for i in range(16, 21))
CGROUP, DATA_PAGE_SIZE, CODE_PAGE_SIZE, WEIGHT_STRUCT = (1 << i for i in range(21, 25))

# Bits of attr.read_format.
READ_FORMATS = ("TOTAL_TIME_ENABLED", "TOTAL_TIME_RUNNING", "ID", "GROUP", "LOST")
READ_ENABLED, READ_RUNNING, READ_ID, READ_GROUP, READ_LOST = (1 << i for i in range(5))

# Bits of attr.branch_sample_type that say what a branch stack has.
BRANCH_HW_INDEX = 1 << 17
BRANCH_COUNTERS = 1 << 19

# Bits of attr's flags.
FLAGS = (
    "disabled", "inherit", "pinned", "exclusive", "exclude_user", "exclude_kernel", "exclude_hv",
    "exclude_idle", "mmap", "comm", "freq", "inherit_stat", "enable_on_exec", "task", "watermark",
    "precise_ip", "precise_ip_2", "mmap_data", "sample_id_all", "exclude_host", "exclude_guest",
    "exclude_callchain_kernel", "exclude_callchain_user", "mmap2", "comm_exec", "use_clockid",
    "context_switch", "write_backward", "namespaces", "ksymbol", "bpf_event", "aux_output",
    "cgroup", "text_poke", "build_id", "inherit_thread", "remove_on_exec", "sigtrap",
)  # fmt: skip
SAMPLE_ID_ALL = 18

# Values among the addresses of a callchain that say where those behind them are.
CONTEXTS = (
    ("PERF_CONTEXT_HV", 2**64 - 32),
    ("PERF_CONTEXT_KERNEL", 2**64 - 128),
    ("PERF_CONTEXT_USER", 2**64 - 512),
    ("PERF_CONTEXT_USER_DEFERRED", 2**64 - 640),
    ("PERF_CONTEXT_GUEST", 2**64 - 2048),
    ("PERF_CONTEXT_GUEST_KERNEL", 2**64 - 2176),
    ("PERF_CONTEXT_GUEST_USER", 2**64 - 2560),
)

# union perf_mem_data_src, PERF_SAMPLE_TRANSACTION and perf_branch_entry: members and their bits,
# the first one the lowest. Nameless are those that mean nothing.
DATA_SRC_BITS = (
    ("mem_op", 5), ("mem_lvl", 14), ("mem_snoop", 5), ("mem_lock", 2), ("mem_dtlb", 7),
    ("mem_lvl_num", 4), ("mem_remote", 1), ("mem_snoopx", 2), ("mem_blk", 3), ("mem_hops", 3),
)  # fmt: skip
TRANSACTION_BITS = (
    ("elision", 1), ("transaction", 1), ("sync", 1), ("async", 1), ("retry", 1), ("conflict", 1),
    ("capacity_write", 1), ("capacity_read", 1), ("", 24), ("abort", 32),
)  # fmt: skip
BRANCH_BITS = (
    ("mispred", 1), ("predicted", 1), ("in_tx", 1), ("abort", 1), ("cycles", 16), ("type", 4),
    ("spec", 2), ("new_type", 4), ("priv", 3),
)  # fmt: skip

ABIS = (("NONE", 0), ("32", 1), ("64", 2))  # of registers, PERF_SAMPLE_REGS_ABI_

# Registers by their bit in attr.sample_regs_user and _intr: <asm/perf_regs.h> of each architecture.
_X86 = (
    *[
        "ax",
        "bx",
        "cx",
        "dx",
        "si",
        "di",
        "bp",
        "sp",
        "ip",
        "flags",
        "cs",
        "ss",
        "ds",
        "es",
        "fs",
        "gs",
    ],
    *(f"r{i}" for i in range(8, 16)),
)
REGISTERS = {
    "x86": (
        *_X86,
        *("" for _ in range(8)),
        *(f"xmm{i // 2}{'_high' * (i % 2)}" for i in range(32)),
    ),
    "aarch64": (*(f"x{i}" for i in range(30)), "lr", "sp", "pc", *("" for _ in range(13)), "vg"),
    "arm": (*(f"r{i}" for i in range(10)), "fp", "ip", "sp", "lr", "pc"),
    "riscv": [
        "pc",
        "ra",
        "sp",
        "gp",
        "tp",
        "t0",
        "t1",
        "t2",
        "s0",
        "s1",
        "a0",
        "a1",
        "a2",
        "a3",
        "a4",
        "a5",
        "a6",
        "a7",
        "s2",
        "s3",
        "s4",
        "s5",
        "s6",
        "s7",
        "s8",
        "s9",
        "s10",
        "s11",
        "t3",
        "t4",
        "t5",
        "t6",
    ],
}

# Names of events that have no other: attr.type, and by it attr.config.
TYPES = ("hardware", "software", "tracepoint", "hw-cache", "raw", "breakpoint")
HARDWARE, SOFTWARE, TRACEPOINT, HW_CACHE, RAW_EVENT, BREAKPOINT = range(6)
HARDWARE_EVENTS = (
    "cycles", "instructions", "cache-references", "cache-misses", "branches", "branch-misses",
    "bus-cycles", "stalled-cycles-frontend", "stalled-cycles-backend", "ref-cycles",
)  # fmt: skip
SOFTWARE_EVENTS = (
    "cpu-clock", "task-clock", "page-faults", "context-switches", "cpu-migrations", "minor-faults",
    "major-faults", "alignment-faults", "emulation-faults", "dummy", "bpf-output",
    "cgroup-switches",
)  # fmt: skip
BPF_OUTPUT = 10
CACHES = ("L1-dcache", "L1-icache", "LLC", "dTLB", "iTLB", "branch", "node")
CACHE_OPS = ("load", "store", "prefetch")
CACHE_RESULTS = ("access", "miss")

# Records, by what follows PERF_RECORD_ in their names.
MMAP, LOST, COMM, EXIT, THROTTLE, UNTHROTTLE, FORK, READ_RECORD, SAMPLE, MMAP2 = range(1, 11)
LOST_SAMPLES = 13
USER = 64  # perf's own from here on
HEADER_ATTR, HEADER_EVENT_TYPE, HEADER_TRACING_DATA, HEADER_BUILD_ID = range(64, 68)
ID_INDEX, AUXTRACE_INFO, AUXTRACE, AUXTRACE_ERROR, THREAD_MAP, CPU_MAP = range(69, 75)
EVENT_UPDATE, TIME_CONV, HEADER_FEATURE, COMPRESSED, FINISHED_INIT, COMPRESSED2 = range(78, 84)
BPF_METADATA = 84
CALLCHAIN_DEFERRED = 22
# What <linux/perf_event.h> and perf know, and the catalogue does not.
MORE_RECORDS = (
    ("PERF_RECORD_CALLCHAIN_DEFERRED", CALLCHAIN_DEFERRED),
    ("PERF_RECORD_BPF_METADATA", BPF_METADATA),
)
PREFIX = "PERF_RECORD_"

# Feature sections, by their bits in the file header.
FEATURES = (
    "reserved", "tracing_data", "build_id", "hostname", "osrelease", "version", "arch", "nrcpus",
    "cpudesc", "cpuid", "total_mem", "cmdline", "event_desc", "cpu_topology", "numa_topology",
    "branch_stack", "pmu_mappings", "group_desc", "auxtrace", "stat", "cache", "sample_time",
    "mem_topology", "clockid", "dir_format", "bpf_prog_info", "bpf_btf", "compressed",
    "cpu_pmu_caps", "clock_data", "hybrid_topology", "pmu_caps",
)  # fmt: skip
TRACING_DATA, BUILD_ID = 1, 2
