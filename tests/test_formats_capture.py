"""Captures of packets and of events, against the programs that make and read them."""

from __future__ import annotations

import re
import struct
import subprocess
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import ROOT, need
from format_oracles import run, sample
from format_rows import records, rows

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

FORMATS = ROOT / "formats"


def path_of(format: str, name: str) -> Path:
    return FORMATS / format / "samples" / f"{name}.bin"


def tshark(path: Path, *fields: str) -> list[list[str]]:
    """Members of all packets, as tshark has them."""
    words = [word for field in fields for word in ("-e", field)]
    told = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=/t", *words)
    return [line.split("\t") for line in told.splitlines()]


def dumped(path: Path) -> list[bytes]:
    """The bytes of all packets, as tcpdump prints them."""
    packets: list[str] = []
    for line in run("tcpdump", "-nn", "-t", "-xx", "-r", path).splitlines():
        if line.startswith("\t0x"):
            packets[-1] += line.split(":", 1)[1]
        else:
            packets.append("")
    return [bytes.fromhex(packet) for packet in packets]


# pcap.


@pytest.mark.parametrize("order", ["", "_big"])
@pytest.mark.parametrize("unit", ["microseconds", "nanoseconds"])
def test_packets_are_those_that_tcpdump_and_tshark_show(unit: str, order: str) -> None:
    need("tcpdump", "tshark")
    path = path_of("pcap", unit + order)
    found = records(path, "packet")
    assert [bytes(packet["data"]) for packet in found] == dumped(path)
    told = tshark(path, "frame.time_epoch", "frame.cap_len", "frame.len")
    assert len(found) == len(told) >= 3
    part, digits = ("tv_usec", 6) if unit == "microseconds" else ("tv_nsec", 9)
    for packet, (time, caplen, length) in zip(found, told):
        spelled = f"{packet['ts']['tv_sec']}.{packet['ts'][part]:0{digits}}"
        assert Decimal(spelled) == Decimal(time)
        assert (packet["caplen"], packet["len"]) == (int(caplen), int(length))
    (header,) = records(path, "header")
    assert header["linktype"] == "LINKTYPE_ETHERNET"
    assert header["magic"] == f"PCAP_{unit.upper()}"


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (1, "ETHERNET"),
        (101, "RAW"),
        (113, "LINUX_SLL"),
        (147, "USER0"),
        (228, "IPV4"),
        (276, "LINUX_SLL2"),
    ],
)
def test_captures_that_text2pcap_makes(tmp_path: Path, number: int, name: str) -> None:
    need("text2pcap", "capinfos")
    packets = [bytes((i * j) & 0xFF for j in range(20 + i)) for i in range(40)]
    dump = "".join(
        "".join(f"{at:06x} {packet[at : at + 16].hex(' ')}\n" for at in range(0, len(packet), 16))
        for packet in packets
    )
    path = tmp_path / "made.pcap"
    run("text2pcap", "-F", "pcap", "-l", str(number), "-", path, data=dump.encode())
    (header,) = records(path, "header")
    assert header["linktype"] == f"LINKTYPE_{name}"
    found = records(path, "packet")
    assert [bytes(packet["data"]) for packet in found] == packets
    assert f"= {len(found)}" in re.sub(r"Number of packets: +", "= ", run("capinfos", "-c", path))


def test_packets_that_are_cut_short() -> None:
    data = sample("pcap", "microseconds")
    with pytest.raises(prettify.DataError, match="packet: record cut short at byte 626"):
        records(data[:-1], "packet")


# pcapng.


def test_enhanced_packets_are_those_that_tshark_shows() -> None:
    need("tcpdump", "tshark")
    path = path_of("pcapng", "dumpcap")
    blocks = records(path, "block")
    found = [block for block in blocks if block["block_type"] == "ENHANCED_PACKET_BLOCK"]
    assert [bytes(packet["packet_data"]) for packet in found] == dumped(path)
    resolution = [o for o in records(path, "option") if o["option_code"] == "if_tsresol"]
    assert resolution[0]["option_value"] == [9]
    told = tshark(path, "frame.time_epoch", "frame.cap_len", "frame.len", "frame.interface_id")
    assert len(told) == len(found) == 6
    for packet, (time, captured, length, interface) in zip(found, told):
        units = packet["timestamp_high"] << 32 | packet["timestamp_low"]
        assert Decimal(units).scaleb(-9) == Decimal(time)
        assert packet["captured_packet_length"] == int(captured)
        assert packet["original_packet_length"] == int(length)
        assert packet["interface_id"] == int(interface)


def test_options_are_those_that_capinfos_shows() -> None:
    need("capinfos", "tshark")
    path = path_of("pcapng", "dumpcap")
    told = run("capinfos", path)
    options = {
        o["option_code"]: o["option_value"] for o in records(path, "option") if o["option_length"]
    }
    for label, code in (
        ("Capture hardware", "shb_hardware"),
        ("Capture oper-sys", "shb_os"),
        ("Capture application", "shb_userappl"),
        ("Name", "if_name"),
        ("Description", "if_description"),
        ("Operating system", "if_os"),
    ):
        assert re.findall(rf"^ *{label}(?: =|:) *(.*)$", told, re.M)[0] == options[code]
    comments = [
        (row["offset"], row["record"]["option_value"])
        for row in rows(path, "option")
        if row["record"]["option_code"] == "opt_comment"
    ]
    assert re.findall(r"^Capture comment: +(.*)$", told, re.M) == [comments[0][1]]
    shown = [line[0] for line in tshark(path, "frame.comment") if line[0]]
    assert shown == [comments[1][1]]
    assert options["isb_ifrecv"] == [6]


def test_secrets_are_those_that_were_put_in(tmp_path: Path) -> None:
    need("editcap", "capinfos")
    keys = "CLIENT_RANDOM 00010203 04050607\n" * 3
    (tmp_path / "keys").write_text(keys)
    made = tmp_path / "made.pcapng"
    run(
        "editcap",
        "--inject-secrets",
        f"tls,{tmp_path / 'keys'}",
        path_of("pcap", "nanoseconds"),
        made,
    )
    secrets = [b for b in records(made, "block") if b["block_type"] == "DECRYPTION_SECRETS_BLOCK"]
    assert [(s["secrets_type"], s["secrets_data"]) for s in secrets] == [("TLS_KEY_LOG", keys)]
    packets = [b for b in records(made, "block") if b["block_type"] == "ENHANCED_PACKET_BLOCK"]
    assert [packet["packet_data"] for packet in packets] == [
        packet["data"] for packet in records(path_of("pcap", "nanoseconds"), "packet")
    ]


def test_a_big_endian_section_is_what_tshark_shows() -> None:
    need("tcpdump", "capinfos")
    path = path_of("pcapng", "big_endian")
    blocks = records(path, "block")
    packets = [bytes(b["packet_data"]) for b in blocks if "packet_data" in b]
    assert packets == dumped(path)
    assert [len(packet) for packet in packets] == [40, 38, 30]
    told = run("capinfos", path)
    names = [record for record in records(path, "name") if "name" in record]
    assert [(bytes(n["address"]).hex(), n["name"]) for n in names] == [
        ("7f000001", "localhost"),
        (f"{1:032x}", "ip6-localhost"),
    ]
    assert len(re.findall(r"^Number of resolved IPv[46] addresses in file: 1$", told, re.M)) == 2
    assert re.findall(r"^Capture application: +(.*)$", told, re.M) == ["by hand"]


def test_blocks_of_a_length_that_cannot_be() -> None:
    data = bytearray(sample("pcapng", "dumpcap"))
    data[184 + 4 : 184 + 8] = bytes(4)
    with pytest.raises(prettify.DataError, match="record at byte 184 says it is 0 bytes long"):
        records(bytes(data), "block")


# perf.


def events(path: Path) -> list[tuple[int, int, int]]:
    """(offset, bytes, type) of all records that perf finds."""
    told = run("perf", "report", "-D", "-i", path)
    found = re.findall(r"^0x([0-9a-f]+)@\S* \[0x([0-9a-f]+)\]: event: (\d+)$", told, re.M)
    return [(int(at, 16), int(size, 16), int(kind)) for at, size, kind in found]


def record_types() -> dict[str, int]:
    header = (FORMATS / "perf/perf.h").read_text()
    return {n: int(v) for n, v in re.findall(r"^\t(PERF_RECORD_\w+) = (\d+),$", header, re.M)}


@pytest.fixture(params=["cpu_clock", "big_endian", "pipe"])
def recording(request: pytest.FixtureRequest) -> Path:
    need("perf")
    return path_of("perf", request.param)


def test_records_are_those_that_perf_finds(recording: Path) -> None:
    types = record_types()
    found = [
        (row["offset"], row["record"]["header"]["size"], types[row["record"]["header"]["type"]])
        for row in rows(recording, "record")
    ]
    # perf does not dump attrs, and the others in the order of their times; in a stream it counts
    # bytes from behind the header.
    shown = [f for f in found if f[2] != types["PERF_RECORD_HEADER_ATTR"]]
    begin = 16 if recording.stem == "pipe" else 0
    assert shown == sorted((begin + at, size, kind) for at, size, kind in events(recording))


def test_records_say_what_perf_says(recording: Path) -> None:
    told = run("perf", "report", "-D", "-i", recording)
    found: dict[str, list[Any]] = {}
    for record in records(recording, "record"):
        found.setdefault(record["header"]["type"][len("PERF_RECORD_") :], []).append(record)
    mapped = re.findall(
        r"PERF_RECORD_MMAP2 (\d+)/(\d+): \[0x(\w+)\(0x(\w+)\) @ (?:0x)?(\w+) "
        r"(\w+):(\w+) (\d+) (\d+)\]: \S+ (.*)$",
        told,
        re.M,
    )
    assert [
        (m["pid"], m["tid"], m["addr"], m["len"], m["pgoff"], m["maj"], m["min"], m["ino"],
         m["ino_generation"], m["filename"])
        for m in found["MMAP2"]
    ] == [
        (int(m[0]), int(m[1]), *(int(n, 16) for n in m[2:7]), int(m[7]), int(m[8]), m[9])
        for m in mapped
    ]  # fmt: skip
    assert re.findall(r"PERF_RECORD_COMM(?: exec)?: (.*):(\d+)/(\d+)$", told, re.M) == [
        (record["comm"], str(record["pid"]), str(record["tid"])) for record in found["COMM"]
    ]
    assert re.findall(r"PERF_RECORD_EXIT\((\d+):(\d+)\):\((\d+):(\d+)\)$", told, re.M) == [
        tuple(str(record[m]) for m in ("pid", "tid", "ppid", "ptid")) for record in found["EXIT"]
    ]
    samples = re.findall(r"PERF_RECORD_SAMPLE\(.*\): \d+/\d+: 0x(\w+) period", told)
    assert [record["array"][0] for record in found.get("SAMPLE", [])] == [
        int(address, 16) for address in samples
    ]


def test_events_are_those_that_perf_lists(recording: Path) -> None:
    table = "record" if recording.stem == "pipe" else "attr"
    (attr,) = [record["attr"] for record in records(recording, table) if "attr" in record]
    told = run("perf", "evlist", "-v", "-i", recording)
    listed = dict(re.findall(r"(\w+): (\d+)\b", told.split(": ", 1)[1]))
    for name, value in listed.items():
        if name not in ("type", "sample_type", "read_format"):
            assert attr[name] == int(value), name
    assert attr["type"] == "PERF_TYPE_SOFTWARE"
    flags = {name for name, value in attr.items() if value == 1} - {"precise_ip"}
    assert flags == {name for name, value in listed.items() if value == "1"} - {"type"}


def test_feature_sections_fill_the_rest_of_the_file() -> None:
    path = path_of("perf", "cpu_clock")
    (header,) = records(path, "header")
    sections = records(path, "feature")
    bits = sum(bin(word).count("1") for word in header["adds_features"])
    assert len(sections) == len(records(path, "feature")) == bits
    table = header["data"]["offset"] + header["data"]["size"]
    assert sections[0]["offset"] >= table + 16 * bits
    assert max(s["offset"] + s["size"] for s in sections) == path.stat().st_size
    assert [i["id"] for i in records(path, "id")] == list(
        struct.unpack("<2Q", path.read_bytes()[header["size"] :][:16])
    )


@pytest.mark.slow_pure
def test_a_recording_of_now(tmp_path: Path) -> None:
    need("perf")
    path = tmp_path / "perf.data"
    done = subprocess.run(
        ["perf", "record", "-q", "-e", "cpu-clock", "-o", str(path), "--", "true"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    if done.returncode or not path.exists():
        pytest.skip("perf may not record here")
    types = record_types()
    found = [
        (row["offset"], row["record"]["header"]["size"], types[row["record"]["header"]["type"]])
        for row in rows(path, "record")
    ]
    assert found == sorted(events(path))
