"""Partition tables and file systems, against the programs that make and read them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import need
from format_oracles import enumerators, guid, run, sample, tables, text, until_wrong
from prettify.records.input import Input

if TYPE_CHECKING:
    from typing import Any

MEBIBYTE = 1 << 20


def image(folder: Path, size: int) -> Path:
    """An empty disk, of no blocks."""
    path = folder / "disk.img"
    with path.open("wb") as file:
        file.truncate(size)
    return path


def test_a_disk_is_read_where_it_is(tmp_path: Path) -> None:
    need("losetup", "mke2fs")
    disk = image(tmp_path, MEBIBYTE)
    run("mke2fs", "-q", "-F", disk)
    try:
        device = run("losetup", "--find", "--show", "--read-only", disk).strip()
    except (AssertionError, OSError) as failure:
        pytest.skip(f"no loop device: {failure}")
    try:
        with Input(device) as data:
            assert (data.seekable, data.size) == (True, MEBIBYTE)
            assert data.at(1080, 2) == b"\x53\xef"
        assert tables(Path(device)) == tables(disk)
    finally:
        run("losetup", "--detach", device)


# Partition tables.


def label(path: Path) -> Any:
    """A disk's partition table, as sfdisk reads it."""
    return json.loads(run("sfdisk", "--json", path))["partitiontable"]


def test_gpt_partitions_are_those_that_sfdisk_reads(tmp_path: Path) -> None:
    need("sgdisk", "sfdisk")
    disk = image(tmp_path, 64 * MEBIBYTE)
    codes = ("ef00", "8200", "8300", "8e00", "fd00", "0700")
    arguments = []
    for number, code in enumerate(codes, 1):
        entry = 3 * number  # those between are unused
        arguments += ["-n", f"{entry}:0:+{number}M", "-t", f"{entry}:{code}"]
        arguments += ["-c", f"{entry}:name {entry} ä"]
    run("sgdisk", *arguments, "-A", "3:set:0", "-A", "6:set:2", "-A", "9:set:60", disk)
    expected = label(disk)
    found = tables(disk)
    named = enumerators("gpt")
    partitions = [values for _, values in found["partition"]]
    assert [p["starting_lba"] for p in partitions] == [p["start"] for p in expected["partitions"]]
    assert [p["ending_lba"] - p["starting_lba"] + 1 for p in partitions] == [
        p["size"] for p in expected["partitions"]
    ]
    for ours, theirs in zip(partitions, expected["partitions"]):
        kind = ours["partition_type_guid"]
        assert guid({**kind, "data1": named[kind["data1"]]}) == theirs["type"]
        assert guid(ours["unique_partition_guid"]) == theirs["uuid"]
        assert text(ours["partition_name"]) == theirs["name"]
    assert [offset for offset, _ in found["partition"]] == [
        1024 + 128 * (3 * n - 1) for n in range(1, 7)
    ]
    flags = [p["attributes"] for p in partitions]
    assert [f["required_to_function"] for f in flags] == [1, 0, 0, 0, 0, 0]
    assert [f["legacy_bios_bootable"] for f in flags] == [0, 1, 0, 0, 0, 0]
    assert [f["type_guid_specific"] for f in flags] == [0, 0, 1 << 12, 0, 0, 0]
    ((_, header),) = found["header"]
    ((place, backup),) = found["backup"]
    assert guid(header["disk_guid"]) == expected["id"]
    assert (header["first_usable_lba"], header["last_usable_lba"]) == (
        expected["firstlba"],
        expected["lastlba"],
    )
    assert place == 64 * MEBIBYTE - 512
    assert backup["my_lba"] == header["alternate_lba"] == 64 * MEBIBYTE // 512 - 1
    assert backup["partition_entry_array_crc32"] == header["partition_entry_array_crc32"]
    ((_, protective),) = found["protective"]
    assert protective["size_in_lba"] == 64 * MEBIBYTE // 512 - 1


def test_gpt_with_sectors_of_4096_bytes(tmp_path: Path) -> None:
    need("fdisk")
    disk = image(tmp_path, 16 * MEBIBYTE)
    script = b"g\nn\n1\n\n+1M\nn\n2\n\n+3M\nw\n"
    run("fdisk", "-b", "4096", disk, data=script)
    listed = run("fdisk", "-b", "4096", "-l", "-o", "Start,End,UUID", disk)
    expected = re.findall(r"^ *(\d+) +(\d+) +([-0-9A-F]{36})$", listed, re.MULTILINE)
    assert len(expected) == 2
    found = tables(disk)
    assert [
        (str(p["starting_lba"]), str(p["ending_lba"]), guid(p["unique_partition_guid"]))
        for _, p in found["partition"]
    ] == expected
    assert found["header"][0][0] == 4096
    assert found["backup"][0][0] == 16 * MEBIBYTE - 4096


def test_a_gpt_whose_end_is_cut_off_says_so_behind_its_partitions() -> None:
    found, wrong = until_wrong(sample("gpt", "gpt512")[:2048])
    assert [r.table for r in found] == ["protective", "header", "partition", "partition"]
    assert "backup" in wrong


def test_mbr_partitions_and_logical_ones_are_those_that_sfdisk_reads(tmp_path: Path) -> None:
    need("sfdisk")
    disk = image(tmp_path, 64 * MEBIBYTE)
    script = (
        b"label: dos\nlabel-id: 0x12345678\n\n"
        b"start=2048, size=4096, type=83, bootable\n"
        b"start=8192, size=102400, type=f\n"
        b"start=112640, size=2048, type=ef\n"
        + b"".join(b"start=%d, size=4096, type=8e\n" % (10240 + 8192 * n) for n in range(9))
    )
    run("sfdisk", disk, data=script)
    expected = label(disk)
    found = tables(disk)
    named = enumerators("mbr")
    primary = [
        (p["starting_lba"], p["size_in_lba"], named[p["os_type"]]) for _, p in found["partition"]
    ]
    logical = [
        ((place - 446) // 512 + p["starting_lba"], p["size_in_lba"], named[p["os_type"]])
        for place, p in ((place, values["logical"]) for place, values in found["logical"])
    ]
    assert primary + logical == [
        (p["start"], p["size"], int(p["type"], 16)) for p in expected["partitions"]
    ]
    assert len(logical) == 9
    assert [p["boot_indicator"] for _, p in found["partition"]] == [
        "MBR_ACTIVE",
        "MBR_INACTIVE",
        "MBR_INACTIVE",
    ]
    assert found["disk"][0][1]["unique_mbr_signature"] == int(expected["id"], 16)


# ext2, ext3, ext4.

EXT = {
    "ext2, 128 bytes an inode": ("ext2", "1024", ["-I", "128"], 8),
    "ext2, revision 0": ("ext2", "1024", ["-r", "0"], 8),
    "ext3, journal": ("ext3", "1024", ["-I", "256"], 16),
    "ext4": ("ext4", "4096", [], 16),
    "ext4, many groups": ("ext4", "1024", ["-g", "1024", "-N", "512"], 16),
    "ext4, not 64bit": ("ext4", "1024", ["-O", "^64bit,^metadata_csum,uninit_bg"], 8),
    "ext4, groups by themselves": ("ext4", "2048", ["-O", "^flex_bg", "-g", "2048"], 16),
}
KINDS = {
    "regular": "S_IFREG",
    "directory": "S_IFDIR",
    "symlink": "S_IFLNK",
    "FIFO": "S_IFIFO",
    "character": "S_IFCHR",
}
FEATURES = {"BIT64": "64bit", "EXTENTS": "extent", "GDT_CSUM": "uninit_bg"}


def file_system(folder: Path, kind: str, block: str, options: list[str], mebibytes: int) -> Path:
    disk = image(folder, mebibytes * MEBIBYTE)
    run("mke2fs", "-q", "-F", "-t", kind, "-b", block, "-L", "a name", *options, disk)
    content = folder / "content"
    content.write_bytes(bytes(70000))
    holes = folder / "holes"
    with holes.open("wb") as file:
        for place in range(8):
            file.seek(place * 40000)
            file.write(b"x")
    commands = [f"write {content} file{n}" for n in range(12)]
    commands += [f"write {holes} holes", "mkdir directory", "symlink short target"]
    commands += [f"symlink long {'target/' * 20}", "mknod pipe p", "mknod device c 4 5"]
    commands += ["sif file3 mode 0104755", "sif file4 uid 70000", "sif file5 links_count 7"]
    commands += ["rm file6"]
    (folder / "commands").write_text("\n".join(commands) + "\n")
    run("debugfs", "-w", "-f", folder / "commands", disk)
    return disk


@pytest.mark.parametrize("name", EXT)
def test_ext4_superblock_groups_and_every_inode(tmp_path: Path, name: str) -> None:
    need("mke2fs", "debugfs", "dumpe2fs")
    disk = file_system(tmp_path, *EXT[name])
    found = tables(disk)
    ((_, superblock),) = found["superblock"]
    check_superblock(superblock, run("dumpe2fs", disk))
    inodes = numbered(superblock, found)
    listed = range(1, superblock["s_inodes_count"] + 1)
    (tmp_path / "stats").write_text("".join(f"stat <{n}>\n" for n in listed))
    stats = re.split(r"^debugfs: stat ", run("debugfs", "-f", tmp_path / "stats", disk), flags=re.M)
    expected = {}
    for number, said in zip(listed, stats[1:]):
        words = dict(reversed(re.findall(r"(\w+): +(\S+)", said)))  # the first ones
        if int(words["Mode"], 8) or words["Type"] != "bad":
            expected[number] = words, said
    assert inodes.keys() == expected.keys()
    assert len(inodes) > 18
    for number, values in inodes.items():
        check_inode(values, *expected[number])


def check_superblock(superblock: Any, said: str) -> None:
    """Against what dumpe2fs says."""
    lines = dict(re.findall(r"^([A-Z][^:\n]+):[ \t]+(\S.*)$", said, re.MULTILINE))
    assert lines["Filesystem volume name"] == superblock["s_volume_name"]
    for name, member in {
        "Inode count": "s_inodes_count",
        "Block count": "s_blocks_count_lo",
        "Free blocks": "s_free_blocks_count_lo",
        "Free inodes": "s_free_inodes_count",
        "First block": "s_first_data_block",
        "Blocks per group": "s_blocks_per_group",
        "Inodes per group": "s_inodes_per_group",
    }.items():
        assert int(lines[name]) == superblock[member], name
    assert int(lines["Block size"]) == 1024 << superblock["s_log_block_size"]
    assert int(lines.get("Inode size", "128")) == (superblock["s_inode_size"] or 128)
    features = {
        FEATURES.get(name, name.lower())
        for word in ("compat", "incompat", "ro_compat")
        for name, value in superblock[f"s_feature_{word}"].items()
        if value
    }
    stated = lines["Filesystem features"].split()
    assert features == {word for word in stated if word != "(none)"}


def numbered(superblock: Any, found: dict[str, list[Any]]) -> dict[int, Any]:
    """The inodes by number, which is that of the group, and of the place in its table."""
    size = superblock["s_inode_size"] if superblock["s_rev_level"] else 128
    per_group = superblock["s_inodes_per_group"]
    block = 1024 << superblock["s_log_block_size"]
    starts = [group["bg_inode_table_lo"] * block for _, group in found["group"]]
    numbers = {}
    for offset, values in found["inode"]:
        ((group, start),) = [
            (n, start) for n, start in enumerate(starts) if 0 <= offset - start < per_group * size
        ]
        numbers[group * per_group + (offset - start) // size + 1] = values
    assert len(numbers) == len(found["inode"])
    return numbers


def check_inode(values: Any, words: dict[str, str], said: str) -> None:
    """Against what debugfs says of it."""
    assert values["i_mode"]["permissions"] == int(words["Mode"], 8) & 0o7777
    assert values["i_mode"]["type"] == KINDS[words["Type"]]
    assert values["i_size_lo"] + (values["i_size_high"] << 32) == int(words.get("Size", "0"))
    assert values["i_links_count"] == int(words["Links"])
    assert values["i_uid"] + (values["l_i_uid_high"] << 16) == int(words["User"])
    assert values["i_blocks_lo"] == int(words["Blockcount"])
    assert values["i_mtime"] == int(words["mtime"].split(":")[0], 16)
    assert sum(bit << n for n, bit in enumerate(values["i_flags"].values())) == int(
        words["Flags"], 16
    )
    block = values["i_block"]
    if "Fast link dest" in said:
        assert re.search(r'Fast link dest: "(.*)"', said)[1] == block  # type: ignore[index]
    elif "EXTENTS:" in said and "extent" in block and block["header"]["eh_entries"]:
        places = said.split("EXTENTS:\n")[1].split("\n")[0]
        extents = [
            [int(n) for n in pair]
            for pair in re.findall(r"\((\d+)(?:-\d+)?(?:\[u\])?\):(\d+)", places)
        ]
        ours = block["extent"][: block["header"]["eh_entries"]]
        assert [[e["ee_block"], e["ee_start_lo"]] for e in ours] == extents


def test_ext4_types_are_laid_out_as_the_kernel_s() -> None:
    """Members by name, at the same offsets; where the kernel has ext4 built in."""
    try:
        kernel = prettify.load_types("/sys/kernel/btf/vmlinux")
        theirs = kernel["struct ext4_super_block"]
    except prettify.PrettifyError:
        pytest.skip("the running kernel has no type information of ext4")
    own = prettify.load_types("ext4")
    for name in ("ext4_super_block", "ext4_group_desc", "ext4_extent", "ext4_extent_header"):
        theirs = kernel[f"struct {name}"]
        ours = own[f"struct {name}"]
        assert offsets(ours) == offsets(theirs)
        assert ours.size == theirs.size
    ours, theirs = (offsets(t["struct ext4_inode"]) for t in (own, kernel))
    assert {n: o for n, o in ours.items() if n in theirs} == {
        n: o for n, o in theirs.items() if n not in ("osd1", "osd2")
    }


def offsets(record_type: Any) -> dict[str, int]:
    return {node.name: node.offset for node in record_type.layout.root.children}


# FAT.


@pytest.mark.parametrize(("bits", "kibibytes"), [(12, 1440), (16, 16384), (32, 66000)])
def test_fat_boot_sector_and_root_directory(tmp_path: Path, bits: int, kibibytes: int) -> None:
    need("mkfs.vfat", "mcopy", "minfo", "mdir")
    disk = tmp_path / "disk.img"
    run("mkfs.vfat", "-C", "-F", str(bits), "-s", "1" if bits == 32 else "4", "-n", "LABEL",
        "-i", "12345678", disk, str(kibibytes))  # fmt: skip
    names = {"A.TXT": 5, "a rather long name.text": 1000, "ünïcödé name": 0, "lower.txt": 77}
    for name, size in names.items():
        path = tmp_path / "file"
        path.write_bytes(bytes(size))
        run("mcopy", "-i", disk, path, f"::{name}")
    run("mmd", "-i", disk, "::Folder")
    run("mcopy", "-i", disk, tmp_path / "file", "::gone")
    run("mdel", "-i", disk, "::gone")
    found = tables(disk)
    ((_, boot),) = found["boot_sector"]
    said = run("minfo", "-i", disk, "::")
    stated = {key.strip(): value for key, value in re.findall(r"^(.+?)[:=] *(.+)$", said, re.M)}
    assert int(stated["sector size"].split()[0]) == boot["BPB_BytsPerSec"]
    assert int(stated["cluster size"].split()[0]) == boot["BPB_SecPerClus"]
    assert int(stated["reserved (boot) sectors"]) == boot["BPB_RsvdSecCnt"]
    assert int(stated["fats"]) == boot["BPB_NumFATs"]
    assert int(stated["max available root directory slots"]) == boot["BPB_RootEntCnt"]
    assert int(stated["media descriptor byte"], 16) == enumerators("fat")[boot["BPB_Media"]]
    assert int(stated["serial number"], 16) == boot["BS_VolID"] == 0x12345678
    assert stated["disk type"].strip('"').strip() == boot["BS_FilSysType"].strip()
    size = int(stated["Big fatlen" if bits == 32 else "sectors per fat"])
    assert size == boot["BPB_FATSz32" if bits == 32 else "BPB_FATSz16"]
    if bits == 32:
        ((_, info),) = found["fsinfo"]
        assert int(stated["free clusters"]) == info["FSI_Free_Count"]
        assert found["backup"][0][1] == boot
    shown = run("mdir", "-b", "-i", disk, "::").splitlines()
    listed = long_names([values for _, values in found["root"]])
    assert {f"::/{name}" for name in listed} == {"::/LABEL", *(s.rstrip("/") for s in shown)}
    assert listed.pop("LABEL")["DIR_Attr"]["VOLUME_ID"] == 1
    assert listed.pop("Folder")["DIR_Attr"]["DIRECTORY"] == 1
    assert {name: values["DIR_FileSize"] for name, values in listed.items()} == names


def long_names(records: list[Any]) -> dict[str, Any]:
    """The directory's entries that are not deleted, by their long names, else by their own."""
    entries, pieces = {}, ""
    for values in records:
        if "LDIR_Ord" in values:
            if values["LDIR_Ord"] != 0xE5:
                units = [u for n in (1, 2, 3) for u in values[f"LDIR_Name{n}"]]
                pieces = text(u for u in units if u != 0xFFFF) + pieces
            continue
        name = values["DIR_Name"]
        base, extension = name[:8].rstrip(), name[8:].rstrip()
        if values["DIR_NTRes"]["lower_case_base"]:
            base = base.lower()
        if values["DIR_NTRes"]["lower_case_extension"]:
            extension = extension.lower()
        if not name.startswith("\u00e5"):
            entries[pieces or (f"{base}.{extension}" if extension else base)] = values
        pieces = ""
    return entries


# NTFS.


@pytest.mark.parametrize("size", [512, 1024, 4096])
def test_ntfs_boot_sector_and_attributes_of_every_record(tmp_path: Path, size: int) -> None:
    need("mkntfs", "ntfscp", "ntfsinfo")
    disk = image(tmp_path, 4 * MEBIBYTE)
    run("mkntfs", "-q", "-F", "-f", "-c", str(size), "-L", "a name", disk)
    for name, length in (("small", 20), ("large file ä", 200_000)):
        (tmp_path / "file").write_bytes(bytes(length))
        run("ntfscp", "-f", disk, tmp_path / "file", name)
    found = tables(disk)
    ((_, boot),) = found["boot_sector"]
    said = run("ntfsinfo", "-m", "-f", disk)
    stated = dict(re.findall(r"^\t([A-Z][^:\n]+): (\S+)", said, re.MULTILINE))
    assert int(stated["Sector Size"]) == boot["bytes_per_sector"]
    cluster = boot["bytes_per_sector"] * boot["sectors_per_cluster"]
    assert int(stated["Cluster Size"]) == cluster == size
    clusters = boot["clusters_per_mft_record"]
    assert int(stated["MFT Record Size"]) == (
        1 << -clusters if clusters < 0 else clusters * cluster
    )
    assert int(stated["LCN of Data Attribute for FILE_MFT"]) == boot["mft_lcn"]
    assert int(stated["LCN of Data Attribute for File_MFTMirr"]) == boot["mftmirr_lcn"]
    kinds = enumerators("ntfs")
    names = set()
    starts = {place: values for place, values in found["record"] if values["flags"]["IN_USE"]}
    for place, record in starts.items():
        number = record["mft_record_number"]
        ours = [v for at, v in found["attribute"] if place < at < place + record["bytes_allocated"]]
        names |= {text(v["file_name"]) for v in ours if "file_name" in v}
        if record["base_mft_record"]["record_number"] or number in range(12, 24):
            continue
        said = run("ntfsinfo", "-v", "-f", "-i", str(number), disk)
        parts = said.split("Dumping attribute ")[1:]
        assert [kinds[v["type"]] for v in ours] == [
            int(re.search(r"\((0x\w+)\)", part)[1], 16)  # type: ignore[index]
            for part in parts
        ]
        for values, part in zip(ours, parts):
            length = re.search(r"Data size:\s+(\d+)", part)
            if length is not None:
                assert values.get("value_length", values.get("data_size")) == int(length[1])
    assert {"$MFT", "$Bitmap", "$UpCase", ".", "small", "large file ä"} <= names


# squashfs.


@pytest.mark.parametrize("compression", ["gzip", "xz", "zstd"])
def test_squashfs_superblock(tmp_path: Path, compression: str) -> None:
    need("mksquashfs", "unsquashfs")
    folder = tmp_path / "folder"
    folder.mkdir()
    for number in range(5):
        (folder / f"file{number}").write_bytes(bytes(number))
    disk = tmp_path / "disk.img"
    options = ["-comp", compression, "-b", "65536", "-noI", "-no-exports", "-no-progress"]
    run("mksquashfs", folder, disk, "-quiet", *options)
    ((_, ours),) = tables(disk)["superblock"]
    said = run("unsquashfs", "-s", disk)
    assert f"Compression {compression}\n" in said
    assert ours["compression"].lower().startswith("zlib" if compression == "gzip" else compression)
    for words, member in {
        "Block size": "block_size",
        "Number of fragments": "fragments",
        "Number of inodes": "inodes",
        "Number of ids": "no_ids",
        "Filesystem size": "bytes_used",
    }.items():
        found = re.search(rf"^{words} (\d+)", said, re.MULTILINE)
        assert found is not None
        assert int(found[1]) == ours[member]
    assert (ours["flags"]["NOI"], ours["flags"]["EXPORT"]) == (1, 0)
    assert "Inodes are uncompressed" in said
    assert "Filesystem is not exportable via NFS" in said
