"""EDID, SMBIOS, NTFS's journal and devicetrees, against the programs that read them."""

from __future__ import annotations

import random
import re
import struct
from typing import TYPE_CHECKING, Any

import pytest

from conftest import need
from format_oracles import enumerators, run, sample, tables, text

if TYPE_CHECKING:
    from pathlib import Path

# EDID.


def block(content: bytes) -> bytes:
    """128 bytes that add up to 0."""
    content = content.ljust(128, b"\0")[:127]
    return content + bytes([-sum(content) % 256])


def timing(values: dict[str, int]) -> tuple[int, ...]:
    """Of a detailed timing what edid-decode says: clock, then sizes of both directions."""

    def high(name: str) -> int:
        return values[f"{name}_lo"] | values.get(f"{name}_hi", 0) << 8

    def vertical(name: str) -> int:
        return values[f"{name}_lo"] | values[f"{name}_hi"] << 4

    across, down = high("hsync_offset"), vertical("vsync_offset")
    width, height = high("hsync_pulse_width"), vertical("vsync_pulse_width")
    return (
        values["pixel_clock"], high("hactive"), high("vactive"), high("width_mm"),
        high("height_mm"), across, width, high("hblank") - across - width,
        down, height, high("vblank") - down - height,
    )  # fmt: skip


TIMING = re.compile(
    r"DTD +\d+: +(\d+)x(\d+) .* ([\d.]+) MHz \((\d+) mm x (\d+) mm.*\)\n"
    r" +Hfront +(\d+) Hsync +(\d+) Hback +(\d+).*\n +Vfront +(\d+) Vsync +(\d+) Vback +(\d+)"
)


def check_edid(data: bytes, folder: Path) -> str:
    """What edid-decode says of a block and its extensions is what the records hold; returns it."""
    path = folder / "edid"
    path.write_bytes(data)
    found = tables(path)
    said = run("edid-decode", path)
    base = found["base"][0][1]
    name = base["mfg_id"]
    letters = (
        name["letter_1"],
        name["letter_2_high"] << 3 | name["letter_2_low"],
        name["letter_3"],
    )
    spelled = "".join(chr(64 + letter) for letter in letters)
    stated = dict(re.findall(r"^ *([A-Z][^:\n]+): (.+)$", said, re.MULTILINE))
    assert stated["Manufacturer"] == spelled
    assert int(stated["Model"]) == base["prod_code"]
    assert int(stated.get("Serial Number", "0").split()[0]) == base["serial"]
    assert stated["EDID Structure Version & Revision"] == f"{base['version']}.{base['revision']}"
    assert stated["Made in"] == f"week {base['mfg_week']} of {1990 + base['mfg_year']}"
    assert stated["Maximum image size"] == f"{base['width_cm']} cm x {base['height_cm']} cm"
    assert stated["Gamma"] == f"{(base['gamma'] + 100) / 100:.2f}"
    assert ("Digital display" in said) == base["input"]["digital"]
    assert stated.get("Extension blocks", "0") == str(found["end"][0][1]["extensions"])
    assert int(stated["Checksum"].split()[0], 16) in (data[127], data[-1])
    chromaticity = base["chromaticity"]
    for color in ("red", "green", "blue", "white"):
        ours = [
            (chromaticity[f"{color}_{axis}"] << 2 | chromaticity[f"{color}_{axis}_lo"])
            * 10000
            // 1024
            for axis in "xy"
        ]
        theirs = re.search(rf"^ +{color.capitalize()} *: ([\d.]+), ([\d.]+)$", said, re.MULTILINE)
        assert theirs is not None
        assert [f"0.{n:04}" for n in ours] == list(theirs.groups())
    ours = [
        timing(values)
        for table in ("descriptor", "cta_timing")
        for _, values in found.get(table, ())
        if values.get("pixel_clock")
    ]
    theirs = []
    for words in TIMING.findall(said):
        numbers = [int(word) for n, word in enumerate(words) if n != 2]
        theirs.append((round(float(words[2]) * 100), *numbers))
    assert ours == theirs
    return said


@pytest.mark.parametrize("name", ["analog", "digital"])
def test_edid_samples_are_what_edid_decode_reads(name: str, tmp_path: Path) -> None:
    need("edid-decode")
    said = check_edid(sample("edid", name), tmp_path)
    found = tables(sample("edid", name))
    texts = {v["type"]: v["str"].split("\n")[0] for _, v in found["descriptor"] if "str" in v}
    assert f"Display Product Name: '{texts['EDID_DETAIL_MONITOR_NAME']}'" in said
    assert f"Display Product Serial Number: '{texts['EDID_DETAIL_MONITOR_SERIAL']}'" in said
    (limits,) = [v for _, v in found["descriptor"] if "min_vfreq" in v]
    assert (
        f"{limits['min_vfreq']}-{limits['max_vfreq']} Hz V, {limits['min_hfreq_khz']}-"
        f"{limits['max_hfreq_khz']} kHz H, max dotclock {10 * limits['pixel_clock_mhz']} MHz"
    ) in said
    blocks = [v["tag"] for _, v in found.get("cta_block", ())]
    assert len(blocks) == len(re.findall(r"^  \S.* Data Block", said, re.MULTILINE))


def test_edid_timings_of_all_sizes(tmp_path: Path) -> None:
    need("edid-decode")
    source = random.Random(4)
    for _ in range(10):
        data = bytearray(sample("edid", "digital"))
        for place in (54, 128 + 20):
            raw = bytearray(source.randbytes(17) + bytes([0x1E]))
            raw[0] |= 1
            raw[15:17] = b"\0\0"
            # Porches have to fit into their blanks.
            raw[3], raw[6] = 255, 255
            raw[4] |= 0x0F
            raw[7] |= 0x01
            raw[11] = 0
            data[place : place + 18] = raw
        check_edid(block(bytes(data[:127])) + block(bytes(data[128:255])), tmp_path)


# SMBIOS.


@pytest.mark.parametrize("name", ["smbios2", "smbios3"])
def test_every_smbios_structure_and_string_is_what_dmidecode_reads(
    name: str, tmp_path: Path
) -> None:
    need("dmidecode")
    data = sample("smbios", name)
    path = tmp_path / "dump"
    path.write_bytes(data)
    said = run("dmidecode", "-u", "--from-dump", path)
    kinds = enumerators("smbios")
    found = tables(path)
    theirs = []
    for part in said.split("\nHandle ")[1:]:
        handle, kind, length = re.match(  # type: ignore[union-attr]
            r"0x(\w+), DMI type (\d+), (\d+) bytes", part
        ).groups()
        header, _, strings = part.partition("Strings:")
        raw = bytes.fromhex("".join(re.findall(r"^\t\t((?:[0-9A-F]{2} ?)+)$", header, re.M)))
        texts = re.findall(r"^\t\t(?!(?:[0-9A-F]{2} )*[0-9A-F]{2}$)(.*)$", strings, re.M)
        theirs.append((int(kind), int(handle, 16), int(length), raw, texts))
    ours = []
    strings_of: dict[int, list[str]] = {}
    starts = [offset for offset, _ in found["structure"]]
    for offset, values in found["string"]:
        at = max(start for start in starts if start < offset)
        strings_of.setdefault(at, []).append(values["string"])
    for offset, values in found["structure"]:
        kind = values["type"]
        length = values["length"]
        ours.append(
            (
                kinds.get(kind, kind),
                values["handle"],
                length,
                data[offset : offset + length],
                strings_of.get(offset, []),
            )
        )
    assert [o[:4] for o in ours] == [t[:4] for t in theirs]
    assert [o[4] for o in ours] == [[t.strip('"') for t in their[4]] for their in theirs]
    version = re.search(r"SMBIOS ([\d.]+) present", said)
    point = found["entry_point"][0][1]
    assert version is not None
    assert version[1].startswith(f"{point['major_version']}.{point['minor_version']}")


def test_smbios_structures_are_found_without_an_entry_point(tmp_path: Path) -> None:
    """As /sys/firmware/dmi/tables/DMI has them; and smbios_entry_point beside it."""
    whole = sample("smbios", "smbios3")
    path = tmp_path / "firmware" / "dmi" / "tables" / "DMI"
    path.parent.mkdir(parents=True)
    path.write_bytes(whole[32:])
    expected = tables(whole)
    found = tables(path)
    assert [v for _, v in found["structure"]] == [v for _, v in expected["structure"]]
    assert [v for _, v in found["string"]] == [v for _, v in expected["string"]]
    assert tables(whole[:24]) == {"entry_point": expected["entry_point"]}


# The NTFS journal.


def usn_record(version: int, usn: int, source: random.Random) -> tuple[bytes, dict[str, Any]]:
    """A record of that version, after winioctl.h, and some of its values."""
    file, parent = source.randbytes(16), source.randbytes(16)
    reason, attributes = source.getrandbits(32), source.getrandbits(32)
    time, security = source.getrandbits(62), source.getrandbits(32)
    name = "".join(source.choices("abc äö€😀.", k=source.randrange(1, 60)))
    values: dict[str, Any] = {"MajorVersion": version, "Usn": usn, "reason": reason}
    if version == 4:
        extents = [
            (source.getrandbits(40), source.getrandbits(40)) for _ in range(source.randrange(5))
        ]
        body = struct.pack("<16s16sqIIIHH", file, parent, usn, reason, 1, 2, len(extents), 16)
        body += b"".join(struct.pack("<qq", *extent) for extent in extents)
        values["extents"] = extents
    else:
        encoded = name.encode("utf-16-le")
        if version == 2:
            file, parent = file[:8], parent[:8]
        head = 8 + 2 * len(file) + 36
        body = file + parent + struct.pack("<qqIIIIHH", usn, time, reason, 0, security, attributes,
                                           len(encoded), head) + encoded  # fmt: skip
        values |= {
            "TimeStamp": time,
            "SecurityId": security,
            "name": name,
            "attributes": attributes,
        }
    values["file"] = file
    length = -(-(8 + len(body)) // 8) * 8
    return (struct.pack("<IHH", length, version, 0) + body).ljust(length, b"\0"), values


def test_usn_records_of_all_versions_in_pages() -> None:
    source = random.Random(5)
    data = bytearray(8192)  # pages that were given up
    expected = []
    for _ in range(300):
        version = source.choice((2, 3, 4))
        record, values = usn_record(version, len(data), source)
        if len(data) % 4096 + len(record) > 4096:
            data += bytes(-len(data) % 4096)
            record, values = usn_record(version, len(data), source)
        data += record
        expected.append((values["Usn"], values))
    found = tables(bytes(data), "usn")["record"]
    assert [place for place, _ in found] == [place for place, _ in expected]
    for (_, ours), (_, theirs) in zip(found, expected):
        assert (ours["MajorVersion"], ours["Usn"]) == (theirs["MajorVersion"], theirs["Usn"])
        singles = list(ours["Reason"].values())
        assert singles[:25] == [theirs["reason"] >> n & 1 for n in range(25)]
        assert ours["Reason"]["CLOSE"] == theirs["reason"] >> 31
        reference = ours["FileReferenceNumber"]
        if theirs["MajorVersion"] == 2:
            number = reference["segment_number"] | reference["sequence_number"] << 48
            assert number == int.from_bytes(theirs["file"], "little")
        else:
            assert bytes(reference["Identifier"]) == theirs["file"]
        if theirs["MajorVersion"] == 4:
            assert [(e["Offset"], e["Length"]) for e in ours["Extents"]] == theirs["extents"]
        else:
            assert text(ours["FileName"]) == theirs["name"]
            assert len(ours["FileName"]) * 2 == ours["FileNameLength"]
            assert ours["TimeStamp"] == theirs["TimeStamp"]
            assert ours["FileAttributes"]["DIRECTORY"] == theirs["attributes"] >> 4 & 1
            assert ours["FileAttributes"]["RECALL_ON_DATA_ACCESS"] == theirs["attributes"] >> 22 & 1


# Devicetrees.

DTS = """/dts-v1/;
/memreserve/ 0x10000000 0x4000;
/memreserve/ 0x20000000 0x1;
/ {
	compatible = "a,b", "c";
	empty;
	odd = [01 02 03];
	bus@1000 {
		reg = <0x1000 0x20>;
		device@1 { reg = <1>; status = "okay"; };
		device@2 { reg = <2>; };
	};
};
"""


def test_a_devicetree_s_nodes_and_properties_are_its_source_s(tmp_path: Path) -> None:
    """Written as source again, dtc makes the same tree of them."""
    need("dtc")
    made = tmp_path / "tree.dtb"
    source = tmp_path / "tree.dts"
    source.write_text(DTS)
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", made, source)
    found = tables(made)
    ((_, header),) = found["header"]
    names = {at - header["off_dt_strings"]: v["name"] for at, v in found["string"]}
    lines = ["/dts-v1/;"]
    lines += [f"/memreserve/ {v['address']:#x} {v['size']:#x};" for _, v in found["reserved"]]
    for _, token in found["token"]:
        if token["token"] == "FDT_BEGIN_NODE":
            lines.append(f"{token['name'] or '/'} {{")
        elif token["token"] == "FDT_END_NODE":
            lines.append("};")
        elif token["token"] == "FDT_PROP":
            value = f" = [{bytes(token['value']).hex(' ')}]" if token["len"] else ""
            lines.append(f"{names[token['nameoff']]}{value};")
    assert found["token"][-1][1]["token"] == "FDT_END"
    again = tmp_path / "again.dtb"
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", again, data="\n".join(lines).encode())
    assert again.read_bytes() == made.read_bytes()
