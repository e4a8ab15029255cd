"""Writes entries of maps as bpftool does, also such as no map here would have."""

from __future__ import annotations

from random import Random

from prettify import model
from prettify.layout import Layout, Node, is_bool, is_signed

Entries = list[tuple[bytes, bytes]]
PRINTABLE = bytes(range(0x20, 0x7F)).decode()


# Of bytes.


def parted(values: bytes, cpus: int) -> list[bytes]:
    """The values of each CPU, or the one there is."""
    size = len(values) // max(cpus, 1)
    return [values[cpu * size : (cpu + 1) * size] for cpu in range(max(cpus, 1))]


def hex_list(data: bytes, indent: str) -> str:
    """A list of bytes in JSON; indent: of a line, where it is not all on one."""
    return "[" + ",".join(f'"0x{byte:02x}"' for byte in data) + indent + "]"


def json_text(
    entries: Entries, cpus: int = 0, *, pretty: bool = False, random: Random | None = None
) -> bytes:
    """`bpftool -j map dump`, or -p. random: of what is beside the bytes, if anything."""
    line, space = ("\n        ", " ") if pretty else ("", "")
    texts = []
    for key, values in entries:
        if cpus:
            each = [
                f'{{"cpu":{space}{cpu},{line}"value":{space}{hex_list(one, line)}}}'
                for cpu, one in enumerate(parted(values, cpus))
            ]
            shown = f'"values":{space}[' + ",".join(each) + f"{line}]"
        else:
            shown = f'"value":{space}{hex_list(values, line)}'
        text = f'{{{line}"key":{space}{hex_list(key, line)},{line}{shown}'
        if random is not None:
            text += f',{line}"formatted":{space}{formatted(random, line)}'
        texts.append(text + line[:5] + "}")
    return ("[" + ",".join(texts) + line[:1] + "]\n").encode("latin-1")


def formatted(random: Random, line: str) -> str:
    """What bpftool makes of an entry: it need not be JSON."""
    value = _members(random, 3, line)
    return f'{{{line}"key":{random.randrange(99)},{line}"value":{value}{line}}}'


def _members(random: Random, depth: int, line: str) -> str:
    members = []
    for _ in range(random.randrange(5)):
        name = random.choice(("a", "key", "value", "", "x_1", "id"))
        text = _anything(random, depth, line)
        members.append(f'"{name}":{text}')
        if text == "(unsupported-kind":  # all behind it is left out
            break
    return "{" + f",{line}".join(members) + line + "}"


def _anything(random: Random, depth: int, line: str) -> str:
    way = random.randrange(12 if depth else 9)
    if way < 2:
        return str(random.randrange(-9, 9999))
    if way == 2:
        return random.choice(("true", "false", "null", "(nil)", "0x1f", '"0x1f"', "", "1.5e-07"))
    if way == 3:
        return random.choice(('"RED"', '"\\u0001"', "(unsupported-kind"))
    if way < 6:
        return f'"{random.choice(PRINTABLE)}"'  # of one char, as it is
    if way == 6:
        return "[" + ",".join(f'"{random.choice(chr(92) + ",]}")}"' for _ in range(5)) + "]"
    if way < 9:
        text = random.choice(("a", '}},{"key":["0x00"', '"', "\\", ",", "]", ""))
        return text_in_quotes(text.encode())
    if way < 11:
        return _members(random, depth - 1, line)
    return (
        "[" + ",".join(_anything(random, depth - 1, line) for _ in range(random.randrange(4))) + "]"
    )


def text_in_quotes(text: bytes) -> str:
    """A text as bpftool escapes it: a backslash becomes what stands for a line's end."""
    escaped = text.decode("latin-1").replace("\\", "\\n").replace('"', '\\"').replace("'", "\\'")
    return f'"{escaped}"'


def hex_text(entries: Entries, cpus: int = 0) -> bytes:
    """`bpftool map dump` without types."""
    lines = []
    for key, values in entries:
        if cpus:
            lines.append(_lines(key, "key:\n", 16) if key else "key:\n")
            size = len(values) // cpus
            for cpu, one in enumerate(parted(values, cpus)):
                lines.append(f"value (CPU {cpu:02d}):" + ("\n" if size > 16 else " "))
                lines.append(_lines(one, "", 16))
            continue
        alone = len(key) > 16 or len(values) > 16
        end = "\n" if alone or len(key) + len(values) > 24 else "  "
        between = "\n" if alone else " "
        lines.append(_lines(key, "key:" + between, 16)[:-1] + end)
        lines.append(_lines(values, "value:" + between, 16))
    lines.append(f"Found {len(entries)} element{'s' * (len(entries) != 1)}\n")
    return "".join(lines).encode()


def _lines(data: bytes, begin: str, size: int) -> str:
    rows = [data[at : at + size] for at in range(0, len(data), size)]
    return begin + "\n".join(f"{r[:8].hex(' ')}  {r[8:].hex(' ')}".rstrip() for r in rows) + "\n"


# Of members.


def members_text(entries: Entries, key: Layout, value: Layout, cpus: int = 0) -> bytes:
    """`bpftool map dump` of a map with types."""
    texts = []
    for name, values in entries:
        shown = [member_text(value.root, one, value.byte_order) for one in parted(values, cpus)]
        if cpus:
            each = (f'{{"cpu": {cpu}, "value": {one}\n}}' for cpu, one in enumerate(shown))
            text = f'"values": [{",".join(each)}\n]'
        else:
            text = f'"value": {shown[0]}'
        texts.append(f'{{\n "key": {member_text(key.root, name, key.byte_order)},\n {text}\n}}')
    return ("[" + ",".join(texts) + "\n]\n").encode("latin-1")


def member_text(node: Node, data: bytes, order: str, shift: int = 0) -> str:
    """A value by its members; shift: bytes to the element that is meant."""
    if node.element is not None:
        element = node.element
        own = data[node.offset + shift : node.offset + shift + node.count * node.stride]
        if is_text(element) and b"\0" in own:
            text = own.partition(b"\0")[0].decode("latin-1")
            if all(character in PRINTABLE for character in text):
                return text_in_quotes(text.encode())
        texts = [
            member_text(element, data, order, shift + index * node.stride)
            for index in range(node.count)
        ]
        return "[" + ",".join(texts) + "\n ]"
    if node.kind in model.AGGREGATES:
        members = [
            f'"{child.name}": {member_text(child, data, order, shift)}' for child in node.children
        ]
        return "{" + ",\n ".join(members) + "\n}"
    return scalar_text(node, data, order, shift)


def scalar_text(node: Node, data: bytes, order: str, shift: int) -> str:
    """A scalar; of a float what tells nothing."""
    if node.kind == model.FLOAT:
        return "(unsupported-kind\n"
    first, width = node.bit_offset + 8 * shift, node.bit_size
    type_ = node.type
    odd = node.bitfield
    if isinstance(type_, model.Integer) and not odd:
        odd = type_.bit_offset != 0 or type_.bits not in (8, 16, 32, 64)
        first, width = first + type_.bit_offset, type_.bits
    whole = int.from_bytes(data, order)  # type: ignore[arg-type]
    up = first if order == "little" else 8 * len(data) - first - width
    bits = whole >> up & ((1 << width) - 1)
    if node.kind == model.POINTER:
        return f"{bits:#x}" if bits else "(nil)"
    if odd:
        return f"{bits:#x}"
    number = bits - (1 << width) if is_signed(node) and bits >> width - 1 else bits
    if isinstance(type_, model.Enum):
        low = (1 << width) - 1
        names = [e.name for e in type_.enumerators if e.value & low == bits and e.value == number]
        return f'"{names[0]}"' if names else str(number)
    if is_bool(node):
        return "true" if bits else "false"
    if is_text(node) and node.type.name != "char":
        return f'"{chr(bits)}"' if chr(bits) in PRINTABLE else f"{bits:#x}"
    return str(number)


def is_text(node: Node) -> bool:
    """Whether bpftool takes a place for a character."""
    type_ = node.type
    return (
        isinstance(type_, model.Integer)
        and type_.size == 1
        and (type_.name == "char" or type_.character)
    )
