"""A package as one .zip file."""

import io
import os
import stat
import struct
import subprocess
import time
import zipfile
import zlib

import pytest
from registry import limited
from registry.forge import edit, make, seal

from ganzoo.errors import GanzooError, PackageError, RegistryError
from ganzoo.registry.packages import archive
from ganzoo.registry.packages.package import Package


@pytest.fixture
def package(tmp_path):
    return Package.open(make(tmp_path / "package", extra={"model.onnx": b"onnx" * 500}))


@pytest.fixture
def staging(tmp_path):
    (tmp_path / "staging").mkdir()
    return tmp_path / "staging"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write(path, files, *, compress=zipfile.ZIP_STORED):
    """A zip of `(name or ZipInfo, bytes)` pairs."""
    with zipfile.ZipFile(path, "w", compress) as zipped:
        for entry, data in files:
            zipped.writestr(entry, data)
    return path


def entries(package):
    return list(contents(package.folder).items())


def info(name, *, mode=0, system=3, **fields):
    entry = zipfile.ZipInfo(name)
    entry.external_attr, entry.create_system = mode << 16, system
    for field, value in fields.items():
        setattr(entry, field, value)
    return entry


def refused(path, staging, match, error=PackageError):
    with pytest.raises(error, match=match) as caught:
        archive.unpack(path, staging)
    assert "\n" not in str(caught.value)
    assert list(staging.iterdir()) == []


def test_what_was_packed_comes_back(package, staging, tmp_path):
    told = {}
    archive.pack(package, tmp_path / "m.zip", lambda name, done, total: told.update({name: (done, total)}))
    sizes = {name: (len(data), len(data)) for name, data in contents(package.folder).items()}
    assert told == sizes
    told.clear()
    got = archive.unpack(tmp_path / "m.zip", staging, lambda name, done, total: told.update({name: (done, total)}))
    assert told == sizes
    assert got.folder == staging
    assert got.manifest == package.manifest
    assert contents(staging) == contents(package.folder)


@pytest.mark.slow
def test_another_reader_reads_it(package, tmp_path):
    archive.pack(package, tmp_path / "m.zip")
    done = subprocess.run(
        ["python3", "-m", "zipfile", "-l", str(tmp_path / "m.zip")], capture_output=True, text=True, check=True
    )
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == package.files()
    with zipfile.ZipFile(tmp_path / "m.zip") as zipped:
        assert zipped.testzip() is None
        facts = {(stat.filemode(e.external_attr >> 16), e.date_time, e.create_system) for e in zipped.infolist()}
    assert facts == {("-rw-r--r--", (1980, 1, 1, 0, 0, 0), 3)}


def test_equal_packages_make_equal_archives(package, tmp_path):
    archive.pack(package, tmp_path / "a.zip")
    copied = make(tmp_path / "again", extra={"model.onnx": b"onnx" * 500})
    for path in copied.iterdir():
        path.chmod(0o600)
        os.utime(path, (10**9, 10**9))
    archive.pack(Package.open(copied), tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_archive_is_replaced_in_one_move(package, tmp_path):
    (tmp_path / "m.zip").write_bytes(b"before")
    os.link(tmp_path / "m.zip", tmp_path / "held")
    archive.pack(package, tmp_path / "m.zip")
    assert archive.is_archive(tmp_path / "m.zip")
    assert (tmp_path / "held").read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["held", "m.zip", "package"]


def test_a_zip_made_by_hand_is_read(package, staging, tmp_path):
    path = write(tmp_path / "m.zip", reversed(entries(package)), compress=zipfile.ZIP_DEFLATED)
    assert archive.unpack(path, staging).manifest == package.manifest


def test_a_damaged_package_is_not_packed(package, tmp_path):
    (tmp_path / "m.zip").write_bytes(b"before")
    (package.folder / "model.onnx").write_bytes(b"0nnx" * 500)
    with pytest.raises(PackageError, match="sha256"):
        archive.pack(package, tmp_path / "m.zip")
    assert (tmp_path / "m.zip").read_bytes() == b"before"


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "..\\evil", "C:evil", "ok\0.txt", ".."])
def test_names_that_lead_out(package, staging, tmp_path, name):
    hidden = name.encode()
    path = write(tmp_path / "m.zip", [*entries(package), ("x" * len(hidden), b"evil")])
    path.write_bytes(path.read_bytes().replace(b"x" * len(hidden), hidden))
    refused(path, staging, "leads out of its folder")
    assert not (tmp_path / "evil").exists()


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFDIR])
@pytest.mark.parametrize("system", [0, 3])
def test_entries_that_are_no_files(package, staging, tmp_path, kind, system):
    others = [(name, data) for name, data in entries(package) if name != "README.md"]
    link = info("README.md", mode=kind | 0o777, system=system)
    refused(write(tmp_path / "m.zip", [*others, (link, b"/etc/passwd")]), staging, "'README.md' is not a plain file")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("README.MD", "take for one file"), ("Config.json", "take for one file"),
        ("config.json", "'config.json' twice"), ("notes.txt", "'notes.txt', which is not in its ganzoo.json"),
        ("a/config.json", "is not in its ganzoo.json"),
        ("discriminator.safetensors", "is not in its ganzoo.json"), ("model.pkl", "could run code"),
        ("a/b/model.PT", "could run code"), ("folder/", "is not a plain file"),
    ],
)  # fmt: skip
def test_entries_too_many(package, staging, tmp_path, name, says):
    refused(write(tmp_path / "m.zip", [*entries(package), (name, b"x")]), staging, says)


@pytest.mark.parametrize("missing", ["ganzoo.json", "config.json", "model.safetensors", "model.onnx"])
def test_entries_too_few(package, staging, tmp_path, missing):
    files = [(name, data) for name, data in entries(package) if name != missing]
    refused(write(tmp_path / "m.zip", files), staging, missing)


def test_a_package_within_a_folder(package, staging, tmp_path):
    files = [(f"m/{name}", data) for name, data in entries(package)]
    refused(write(tmp_path / "m.zip", files), staging, "no ganzoo.json at its top")
    assert archive.is_archive(tmp_path / "m.zip")
    assert not archive.is_archive(write(tmp_path / "images.zip", [("a.png", b"")]))
    assert not archive.is_archive(package.folder / "config.json")


@pytest.mark.parametrize("name", ["ganzoo.json", "config.json", "model.safetensors", "model.onnx"])
@pytest.mark.parametrize("change", [lambda data: data + b"\0", lambda data: data[:-1], lambda data: data[:-1] + b"~"])
def test_one_byte_more_less_or_different(package, staging, tmp_path, name, change):
    files = [(entry, change(data) if entry == name else data) for entry, data in entries(package)]
    refused(write(tmp_path / "m.zip", files), staging, name)


def test_a_bomb_that_says_so(package, staging, tmp_path):
    huge = bytes(50_000_000)
    files = [(name, huge if name == "model.onnx" else data) for name, data in entries(package)]
    path = write(tmp_path / "m.zip", files, compress=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    refused(path, staging, r"model.onnx has 50,000,000 bytes, and ganzoo.json says 2,000")
    for name in ("README.md", "ganzoo.json", "samples.png"):
        files = [(entry, data) for entry, data in entries(package) if entry != name]
        write(path, [*files, (name, huge)], compress=zipfile.ZIP_DEFLATED)
        refused(path, staging, f"{name} is larger than")


@pytest.mark.parametrize("forged_crc", [False, True])
def test_a_bomb_that_lies_about_its_size(package, staging, tmp_path, forged_crc):
    """The entry declares the 2,000 bytes of the manifest, and unpacks to 50 MB."""
    huge = bytes(50_000_000)
    files = [(name, huge if name == "model.onnx" else data) for name, data in entries(package)]
    path = write(tmp_path / "m.zip", files, compress=zipfile.ZIP_DEFLATED)
    data = path.read_bytes().replace(struct.pack("<I", 50_000_000), struct.pack("<I", 2000))
    if forged_crc:
        data = data.replace(struct.pack("<I", zlib.crc32(huge)), struct.pack("<I", zlib.crc32(huge[:2000])))
    path.write_bytes(data)
    refused(path, staging, "does not match its sha256" if forged_crc else "CRC")


def test_a_list_of_a_million_entries(staging, tmp_path):
    """What is read at once is bounded, so neither time nor memory grow with it."""
    one = io.BytesIO()
    with zipfile.ZipFile(one, "w") as zipped:
        zipped.writestr("a", b"")
    data = one.getvalue()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    central = data[start:end] * 1_000_000
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFE, 0xFFFE, len(central), start, 0)
    path = tmp_path / "m.zip"
    path.write_bytes(data[:start] + central + tail)
    began = time.perf_counter()
    refused(path, staging, r"its list of entries has 47,000,000 bytes")
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("flag", [0x1, 0x20, 0x40, 0x2000])
def test_encrypted(package, staging, tmp_path, flag):
    path = write(tmp_path / "m.zip", entries(package))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02")
    data[at + 8 : at + 10] = struct.pack("<H", flag)
    path.write_bytes(data)
    refused(path, staging, "encrypted")


@pytest.mark.parametrize("compress", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressed_in_a_strange_way(package, staging, tmp_path, compress):
    refused(write(tmp_path / "m.zip", entries(package), compress=compress), staging, "compressed in a strange way")


@pytest.mark.parametrize("keep", [0, 10, 100, 1000, -1, -22, -100])
def test_cut_short(package, staging, tmp_path, keep):
    archive.pack(package, tmp_path / "m.zip")
    data = (tmp_path / "m.zip").read_bytes()
    (tmp_path / "m.zip").write_bytes(data[:keep])
    refused(tmp_path / "m.zip", staging, "is no .zip with a model package, or a damaged one")


def test_any_flipped_byte_is_refused_or_harmless(package, staging, tmp_path):
    """In the weights every byte counts; elsewhere (times, unused fields, card) what comes out is the same package."""
    archive.pack(package, tmp_path / "m.zip")
    data = (tmp_path / "m.zip").read_bytes()
    expected = contents(package.folder)
    flipped, harmless = tmp_path / "flipped.zip", 0
    for at in range(0, len(data), 7):
        flipped.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
        try:
            archive.unpack(flipped, staging)
        except GanzooError:
            assert list(staging.iterdir()) == []
        else:
            harmless += 1
            got = contents(staging)
            assert {name: got[name] for name in package.manifest.files} == {
                name: expected[name] for name in package.manifest.files
            }
        for path in staging.iterdir():
            path.unlink()
    assert 0 < harmless < len(data) // 7 // 4


def test_a_zip_that_is_not_there_or_no_file(staging, tmp_path):
    refused(tmp_path / "none.zip", staging, "none.zip cannot be used: No such file", RegistryError)
    refused(tmp_path, staging, "cannot be used: Is a directory", RegistryError)


def test_nan_weights_in_a_zip(staging, tmp_path):
    import numpy

    folder = make(tmp_path / "nan", tensors={"w": numpy.array([1, numpy.nan], numpy.float32)})
    write(tmp_path / "m.zip", contents(folder).items())
    with pytest.raises(PackageError, match="infinite or NaN"):
        archive.unpack(tmp_path / "m.zip", staging)


def test_a_later_schema_in_a_zip(package, staging, tmp_path):
    seal(edit(package.folder, schema=2))
    refused(write(tmp_path / "m.zip", entries(package)), staging, "upgrade torch-ganzoo")


@pytest.mark.slow
def test_a_full_disk_leaves_the_archive_that_was_there(tmp_path):
    make(tmp_path / "content" / "small", seed=1)
    make(tmp_path / "content" / "large", seed=2, extra={"model.onnx": bytes(400_000)})
    code = """
    archive.pack(Package.open(Path("small")), Path("m.zip"))
    before = Path("m.zip").read_bytes()
    archive.pack(Package.open(Path("large")), Path("../large.zip"))
    Path("filler").write_bytes(bytes(300_000))
    refused(lambda: archive.pack(Package.open(Path("large")), Path("m.zip")))
    print(Path("m.zip").read_bytes() == before, sorted(os.listdir()))
    Path("got").mkdir()
    refused(lambda: archive.unpack(Path("../large.zip"), Path("got")))
    print(os.listdir("got"))
    refused(lambda: archive.pack(Package.open(Path("small")), Path("nowhere/m.zip")))
    """
    lines = limited.run(code, tmp_path, limited.FULL)
    assert lines[0] == "m.zip could not be written: No space left on device"
    assert lines[1] == "True ['filler', 'large', 'm.zip', 'small']"
    assert "the disk of got has" in lines[2]
    assert lines[3] == "[]"
    assert lines[4] == "nowhere/m.zip could not be written: No such file or directory"


@pytest.mark.slow
def test_no_permission(package, tmp_path):
    tmp_path.chmod(0o755)
    archive.pack(package, tmp_path / "m.zip")
    (tmp_path / "m.zip").chmod(0)
    (tmp_path / "shut").mkdir(0o555)
    code = """
    refused(lambda: archive.unpack(Path("m.zip"), Path("staging")))
    refused(lambda: archive.pack(Package.open(Path("package")), Path("shut/m.zip")))
    """
    assert limited.run(code, tmp_path, first=limited.AS_NOBODY) == [
        "m.zip cannot be used: Permission denied",
        "shut/m.zip could not be written: Permission denied",
    ]
