"""tar, cpio and gzip of the catalogue, against the programs and modules that make and read them."""

from __future__ import annotations

import gzip
import io
import os
import re
import struct
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest

import prettify
from conftest import need
from format_oracles import enumerators, run, sample, tables, until_wrong

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

LONG = "long/" * 30 + "name"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with one of each kind of file."""
    top = tmp_path / "tree"
    (top / "sub").mkdir(parents=True)
    (top / "empty").touch()
    (top / "block").write_bytes(bytes(512))
    (top / "more").write_bytes(b"x" * 1234)
    (top / "sub" / "name with spaces").write_bytes(b"y" * 99)
    (top / "link").hardlink_to(top / "more")
    (top / "symlink").symlink_to("more")
    os.mkfifo(top / "pipe")
    (top / "more").chmod(0o4751)
    for number, path in enumerate(sorted(top.rglob("*"))):
        os.utime(path, (1600000000 + number,) * 2, follow_symlinks=False)
    return top


# tar.


def octal(spelled: str) -> int:
    return int(spelled.strip(" \0") or "0", 8)


def check_tar(path: Path) -> list[Any]:
    """Every member that Python's tarfile finds, against its header; returns all headers."""
    kinds = enumerators("tar")
    records = [(r.offset, r.values) for r in prettify.read(path, "tar")]
    headers = dict(records)
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    assert members
    for member in members:
        # tarfile has the header that a long name or extended header stands before.
        place = member.offset_data - 512 if member.sparse is None else member.offset
        values = headers[place]
        assert chr(kinds[values["typeflag"]]).encode() == member.type
        assert octal(values["mode"]) == member.mode
        assert octal(values["uid"]) == member.uid
        assert octal(values["gid"]) == member.gid
        assert octal(values["mtime"]) == int(member.mtime)
        assert member.name.startswith(values["name"].rstrip("/")) or values["prefix"]
        if member.sparse is None and octal(values["size"]) < 1 << 33:
            assert octal(values["size"]) == member.size
    plain = [v for _, v in records if v["typeflag"] not in EXTENSIONS]
    assert len(plain) == len(members)
    return records


EXTENSIONS = ("XHDTYPE", "XGLTYPE", "GNUTYPE_LONGNAME", "GNUTYPE_LONGLINK")


@pytest.mark.parametrize("kind", ["v7", "ustar", "gnu", "pax"])
def test_every_member_of_gnu_tar_s_archives(tree: Path, tmp_path: Path, kind: str) -> None:
    need("tar")
    archive = tmp_path / "archive"
    arguments = ["--exclude=*pipe"] if kind == "v7" else []
    run("tar", f"--format={kind}", *arguments, "-cf", archive, "-C", tree.parent, "tree")
    records = check_tar(archive)
    listed = run("tar", "-tf", archive).splitlines()
    names = [v["name"] for _, v in records if v["typeflag"] not in EXTENSIONS]
    assert names == listed


def test_long_names_and_extended_headers_are_shown_in_full(tmp_path: Path) -> None:
    for kind, type_name, member in (
        (tarfile.GNU_FORMAT, "GNUTYPE_LONGNAME", "text"),
        (tarfile.PAX_FORMAT, "XHDTYPE", "records"),
    ):
        path = tmp_path / "archive"
        with tarfile.open(path, "w", format=kind) as archive:
            for name in (LONG, "short"):
                info = tarfile.TarInfo(name)
                info.size = 5
                archive.addfile(info, io.BytesIO(b"12345"))
        records = [values for _, values in check_tar(path)]
        assert [v["typeflag"] for v in records] == [type_name, "REGTYPE", "REGTYPE"]
        content = records[0][member]
        assert content.rstrip("\0") == (LONG if member == "text" else f"164 path={LONG}\n")


def test_a_member_of_more_than_8_gibibytes_has_its_size_in_binary(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    size = 9 << 30
    first = tarfile.TarInfo("large")
    first.size = size
    second = tarfile.TarInfo("behind")
    with path.open("wb") as file:
        file.write(first.tobuf(tarfile.GNU_FORMAT))
        file.seek(512 + size)
        file.write(second.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    found = tables(path)["member"]
    assert [(offset, v["name"]) for offset, v in found] == [(0, "large"), (512 + size, "behind")]


@pytest.mark.parametrize("pieces", [1, 4, 5, 25, 26, 60, 80])
def test_sparse_files_have_blocks_of_places_behind_their_header(
    tmp_path: Path, pieces: int
) -> None:
    need("tar")
    with (tmp_path / "sparse").open("wb") as file:
        for piece in range(pieces):
            file.seek(piece << 20)
            file.write(b"x")
        file.truncate(100 << 20)
    (tmp_path / "behind").write_bytes(b"content")
    run("tar", "--format=gnu", "-S", "-cf", "archive", "sparse", "behind", folder=tmp_path)
    found = [values for _, values in tables(tmp_path / "archive")["member"]]
    assert [(v["name"], v["typeflag"]) for v in found] == [
        ("sparse", "GNUTYPE_SPARSE"),
        ("behind", "REGTYPE"),
    ]
    assert octal(found[0]["realsize"]) == 100 << 20


def test_a_tar_that_is_cut_off_says_so_behind_the_members_before() -> None:
    found, wrong = until_wrong(sample("tar", "ustar")[:1600])
    assert [record.values["name"] for record in found] == ["d/hello.txt", "d/link"]
    assert "member: record cut short at byte 1536" in wrong


# cpio.

NUMBERS = ("c_mode", "c_uid", "c_gid", "c_nlink", "c_filesize", "c_mtime")


def numbers(values: Any, base: int) -> list[int]:
    """Some numbers of a header, whatever its form."""
    found = [values[name] for name in NUMBERS]
    if base:
        return [int(spelled, base) for spelled in found]
    return [n if isinstance(n, int) else (n[0] << 16) + n[1] for n in found]


@pytest.mark.parametrize(
    ("form", "base"), [("newc", 16), ("crc", 16), ("odc", 8), ("bin", 0), ("ustar", None)]
)
def test_every_member_of_gnu_cpio_s_archives(tree: Path, form: str, base: int | None) -> None:
    need("cpio")
    paths = sorted(str(path.relative_to(tree)) for path in tree.rglob("*"))
    archive = tree.parent / "archive"
    run("cpio", "-o", "-H", form, "-O", archive, data="\n".join(paths).encode(), folder=tree)
    if base is None:
        check_tar(archive)
        return
    found = [values for _, values in tables(archive)["member"]]
    assert found.pop()["c_name"] == "TRAILER!!!"
    assert [values["c_name"] for values in found] == run("cpio", "-it", "-I", archive).splitlines()
    said = run("cpio", "-itv", "--numeric-uid-gid", "-I", archive).splitlines()
    assert len(said) == len(found) == len(paths)
    for values, line in zip(found, said):
        mode, links, uid, gid, size = line.split()[:5]
        ours = numbers(values, base)
        assert [links, uid, gid, size] == [str(ours[n]) for n in (3, 1, 2, 4)]
        assert mode == spelled_mode(ours[0])
        path = tree / values["c_name"]
        assert ours[5] == int(path.lstat().st_mtime)


def spelled_mode(mode: int) -> str:
    from stat import filemode

    return filemode(mode)


def test_old_archives_of_both_byte_orders_and_odd_lengths() -> None:
    old = [values for _, values in tables(sample("cpio", "old"))["member"]]
    swapped = [values for _, values in tables(sample("cpio", "swapped"))["member"]]
    assert old == swapped
    assert [len(v["c_name"]) % 2 for v in old] == [1, 0, 1, 0, 0]


def test_a_cpio_member_s_name_ends_before_its_content(tmp_path: Path) -> None:
    """The content may be larger than memory."""
    head = "070701" + "".join(
        f"{n:08X}" for n in (1, 0o100644, 0, 0, 1, 0, 3 << 30, 0, 0, 0, 0, 2, 0)
    )
    end = "070701" + "".join(f"{n:08X}" for n in (0,) * 11) + "0000000B" + "0" * 8 + "TRAILER!!!\0"
    path = tmp_path / "archive"
    with path.open("wb") as file:
        file.write(head.encode() + b"a\0")
        file.seek(112 + (3 << 30))
        file.write(end.encode() + bytes(3))
    found = list(prettify.read(path))
    assert [(r.offset, len(r.data), r.values["c_name"]) for r in found] == [
        (0, 112, "a"),
        (112 + (3 << 30), 121, "TRAILER!!!"),
    ]


# gzip.


def test_gzip_s_header_and_trailer(tmp_path: Path) -> None:
    need("gzip")
    path = tmp_path / "a file.txt"
    path.write_bytes(b"some text\n" * 100)
    os.utime(path, (1234567890,) * 2)
    run("gzip", "-k", path)
    packed = tmp_path / "a file.txt.gz"
    found = tables(packed)
    ((_, member),) = found["member"]
    listed = re.findall(r"^defla ([0-9a-f]{8})", run("gzip", "-lv", packed), re.M)
    assert [int(crc, 16) for crc in listed] == [found["trailer"][0][1]["CRC32"]]
    assert found["trailer"][0][1]["ISIZE"] == 1000
    assert (member["MTIME"], member["OS"], member["CM"]) == (1234567890, "UNIX", "DEFLATE")
    assert found["name"] == [(10, {"name": "a file.txt"})]
    assert {flag for flag, value in member["FLG"].items() if value} == {"FNAME"}


@pytest.mark.parametrize("flags", range(32))
def test_every_optional_part_of_a_gzip_header(flags: int) -> None:
    """Of members made by hand, which Python's gzip unpacks."""
    parts = {
        4: b"\x0b\0ab\x03\0" + b"123cd\0\0",
        8: b"name\xe4\0",
        16: b"a comment\0",
    }
    head = b"\x1f\x8b\x08" + bytes([flags]) + (77).to_bytes(4, "little") + b"\0\xff"
    head += b"".join(part for bit, part in parts.items() if flags & bit)
    if flags & 2:
        head += (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little")
    packer = zlib.compressobj(wbits=-15)
    data = b"content"
    whole = head + packer.compress(data) + packer.flush()
    whole += zlib.crc32(data).to_bytes(4, "little") + len(data).to_bytes(4, "little")
    assert gzip.decompress(whole) == data
    found = tables(whole)
    wanted = {1 << bit for bit in range(5) if flags >> bit & 1}
    names = {4: "extra", 8: "name", 16: "comment", 2: "header_crc"}
    expected = {"member", "trailer"} | {names[bit] for bit in wanted if bit in names}
    assert found.keys() == expected | ({"subfield"} if flags & 4 else set())
    assert found["trailer"][0][1] == {"CRC32": zlib.crc32(data), "ISIZE": 7}
    if flags & 4:
        assert [v["data"] for _, v in found["subfield"]] == [[49, 50, 51], []]
    if flags & 16:
        assert found["comment"][0][1] == {"comment": "a comment"}
    if flags & 2:
        at = found["header_crc"][0][0]
        assert found["header_crc"][0][1]["CRC16"] == zlib.crc32(whole[:at]) & 0xFFFF


# ZIP.


@pytest.mark.parametrize("comment", [b"", b"a comment", b"x" * 60000])
@pytest.mark.parametrize("seekable", [True, False])
def test_every_entry_of_a_zip_file(tmp_path: Path, comment: bytes, seekable: bool) -> None:
    """Of one that is written to a pipe sizes are behind the content."""
    path = tmp_path / "archive"

    class Pipe(io.BytesIO):
        def tell(self) -> int:
            raise io.UnsupportedOperation

        def seek(self, *_: int) -> int:
            raise io.UnsupportedOperation

    target: io.BytesIO = io.BytesIO() if seekable else Pipe()
    methods = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    with zipfile.ZipFile(target, "w") as archive:
        archive.comment = comment
        for number, method in enumerate(methods):
            info = zipfile.ZipInfo(f"folder/name {number} ä" * number + "x", (2001, 2, 3, 4, 5, 6))
            info.compress_type = method
            info.external_attr = 0o100640 << 16
            archive.writestr(info, b"content" * number * 99)
    path.write_bytes(target.getvalue())
    found = tables(path)
    kinds = enumerators("zip")
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
    assert len(infos) == len(found["entry"]) == found["end"][0][1]["entries"] == len(methods)
    assert found["end"][0][1]["zip_file_comment"].encode() == comment
    for info, (_, entry), (place, local) in zip(infos, found["entry"], found["local"]):
        assert entry["file_name"] == local["file_name"] == info.filename
        assert entry["crc_32"] == info.CRC
        assert entry["uncompressed_size"] == info.file_size
        assert entry["compressed_size"] == info.compress_size
        assert kinds[entry["compression_method"]] == info.compress_type
        assert entry["external_file_attributes"] == info.external_attr
        assert place == entry["relative_offset_of_local_header"] == info.header_offset
        time, date = entry["last_mod_file_time"], entry["last_mod_file_date"]
        assert (date["years_since_1980"] + 1980, date["month"], date["day"]) == info.date_time[:3]
        assert (time["hour"], time["minute"], 2 * time["two_seconds"]) == info.date_time[3:]
        assert local["crc_32"] == (info.CRC if seekable else 0)
        assert local["general_purpose_bit_flag"]["data_descriptor"] == (not seekable)


def test_extra_fields_of_info_zip_s_entries(tmp_path: Path) -> None:
    need("zip")
    (tmp_path / "file").write_bytes(b"content")
    run("zip", "-q", "archive.zip", "file", folder=tmp_path)
    found = tables(tmp_path / "archive.zip")
    with zipfile.ZipFile(tmp_path / "archive.zip") as archive:
        (info,) = archive.infolist()
    extra = b"".join(
        struct.pack("<HH", v["header_id"], v["data_size"]) + bytes(v["data"])
        for _, v in found["extra"]
    )
    assert extra == info.extra
    assert len(found["extra"]) == 2
