"""perf_event_attr: which event was recorded, and what its samples have.

perf_event_open(2), "Arguments". It grew over time; what is behind its end is 0.
"""

from __future__ import annotations

from prettify.records.perf import constants as c

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

ATTR_OLDEST = 64  # bytes, PERF_ATTR_SIZE_VER0
# Members behind the flags, and where they are: (name, offset, bytes).
PLACES = (
    ("type", 0, 4),
    ("size", 4, 4),
    ("config", 8, 8),
    ("sample_period", 16, 8),
    ("sample_type", 24, 8),
    ("read_format", 32, 8),
    ("flags", 40, 8),
    ("wakeup_events", 48, 4),
    ("bp_type", 52, 4),
    ("config1", 56, 8),
    ("config2", 64, 8),
    ("branch_sample_type", 72, 8),
    ("sample_regs_user", 80, 8),
    ("sample_stack_user", 88, 4),
    ("clockid", 92, 4),
    ("sample_regs_intr", 96, 8),
    ("aux_watermark", 104, 4),
    ("sample_max_stack", 108, 2),
    ("aux_sample_size", 112, 4),
    ("sig_data", 120, 8),
    ("config3", 128, 8),
)
OMITTED = ("size", "flags")  # of what is shown: how long it is, and what is shown bit by bit


class Attr:
    """An event's perf_event_attr. raw: its bytes, as long as they were. flags: bit 0 `disabled`."""

    __slots__ = (*(name for name, _, _ in PLACES), "raw")

    # What type checkers are to know of members.
    if TYPE_CHECKING:
        type: int
        size: int
        config: int
        sample_period: int
        sample_type: int
        read_format: int
        flags: int
        branch_sample_type: int
        sample_regs_user: int
        sample_regs_intr: int
        raw: bytes

    def __repr__(self) -> str:
        return f"<Attr type {self.type}, config {self.config:#x}, sampling {self.sample_type:#x}>"

    @property
    def sample_id_all(self) -> bool:
        """Whether other records have the id of a sample behind them."""
        return bool(self.flags >> c.SAMPLE_ID_ALL & 1)

    @property
    def shape(self) -> tuple[int, ...]:
        """What the layout of its records depends on."""
        return (
            self.sample_type,
            self.read_format,
            self.branch_sample_type & (c.BRANCH_HW_INDEX | c.BRANCH_COUNTERS),
            self.sample_regs_user,
            self.sample_regs_intr,
            int(self.sample_id_all),
        )

    def values(self) -> dict[str, Any]:
        """What is in it and not 0; names of the bits that are set of what has such."""
        found: dict[str, Any] = {}
        for name, _, _ in PLACES:
            value = getattr(self, name)
            if name not in OMITTED and (value or name in ("type", "config")):
                found[name] = value
        if self.type < len(c.TYPES):
            found["type"] = c.TYPES[self.type]
        found["sample_type"] = _set_bits(self.sample_type, c.SAMPLE_TYPES)
        found["read_format"] = _set_bits(self.read_format, c.READ_FORMATS)
        precise = self.flags >> c.FLAGS.index("precise_ip") & 3
        plain = self.flags & ~(3 << c.FLAGS.index("precise_ip"))
        found["flags"] = _set_bits(plain, c.FLAGS)
        if precise:
            found["precise_ip"] = precise
        return found


def parse_attr(raw: bytes | memoryview, big_endian: bool) -> Attr:
    """The attr that these bytes are, all there is of it."""
    order: Literal["little", "big"] = "big" if big_endian else "little"
    attr = Attr()
    attr.raw = bytes(raw)
    whole = attr.raw + bytes(max(PLACES[-1][1] + 8 - len(attr.raw), 0))
    for name, offset, size in PLACES:
        setattr(attr, name, int.from_bytes(whole[offset : offset + size], order))
    if big_endian:  # the first bitfield is the highest bit
        flags = f"{attr.flags:064b}"
        at = c.FLAGS.index("precise_ip")
        attr.flags = int((flags[:at] + flags[at : at + 2][::-1] + flags[at + 2 :])[::-1], 2)
    return attr


def generic_name(attr: Attr, pmus: dict[str, int]) -> str:
    """What an event is called that nobody has named. pmus: by name the types of PMUs."""
    config = attr.config
    if attr.type == c.HARDWARE and config < len(c.HARDWARE_EVENTS):
        return c.HARDWARE_EVENTS[config]
    if attr.type == c.SOFTWARE and config < len(c.SOFTWARE_EVENTS):
        return c.SOFTWARE_EVENTS[config]
    if attr.type == c.TRACEPOINT:
        return f"tracepoint:{config}"
    if attr.type == c.HW_CACHE:
        cache, operation, result = config & 0xFF, config >> 8 & 0xFF, config >> 16 & 0xFF
        known = cache < len(c.CACHES) and operation < len(c.CACHE_OPS)
        if known and result < len(c.CACHE_RESULTS) and not config >> 24:
            operation_name = c.CACHE_OPS[operation]
            suffix = f"{operation_name}-misses" if result else f"{operation_name}s"
            return f"{c.CACHES[cache]}-{suffix}"
    if attr.type == c.RAW_EVENT:
        return f"raw {config:#x}"
    if attr.type == c.BREAKPOINT:
        return f"mem:{getattr(attr, 'config1'):#x}"  # noqa: B009
    name = next((name for name, number in pmus.items() if number == attr.type), str(attr.type))
    return f"{name}/config={config:#x}/"


def _set_bits(number: int, names: tuple[str, ...]) -> list[str]:
    """The names of the bits that are set; of those without one, their number."""
    bits = (bit for bit in range(number.bit_length()) if number >> bit & 1)
    return [names[bit] if bit < len(names) else str(bit) for bit in bits]
