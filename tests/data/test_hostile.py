"""Archives that lie: each ends in one sentence with the file's name, without the memory that it asks for."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from ganzoo.data import DataOptions, inspect, load
from ganzoo.errors import DataError


def options(path, **more):
    return DataOptions(data=str(path), **more)


@pytest.fixture
def archive(tmp_path, paint):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.write(paint(tmp_path / "a.png"), "ant/aaaa.png")
    return path


def patch(path, position, data):
    content = bytearray(path.read_bytes())
    at = content.index(b"PK\x01\x02") + position
    content[at : at + len(data)] = data
    path.write_bytes(content)


def test_version_from_the_future(archive):
    patch(archive, 6, struct.pack("<H", 255))
    with pytest.raises(DataError, match=r"a\.zip is not a readable zip file \(zip file version 25\.5\)"):
        inspect(options(archive))


def test_names_that_are_no_utf8(archive):
    patch(archive, 8, struct.pack("<H", 0x800))
    patch(archive, 46, b"\xff\xfe")
    with pytest.raises(DataError, match=r"a\.zip is not a readable zip file"):
        inspect(options(archive))


def test_a_size_that_is_not_true(archive):
    patch(archive, 24, struct.pack("<I", 9999))
    with pytest.raises(DataError, match=r"aaaa\.png (cannot be decoded|does not unpack)"):
        load(options(archive))


def npy(shape, dtype="|u1", data=b""):
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data


@pytest.mark.parametrize("name", ["images", "samples"])
@pytest.mark.parametrize(
    "shape", ["(-1, 8, 8)", "(3, -8)", f"({2**62}, 8, 8)", "(3000000000, 3000000000)", "(2, 8, 8, 3)", "(True, 8)"]
)
def test_shapes_that_are_not_true(tmp_path, name, shape):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr(f"{name}.npy", npy(shape, "<f4" if name == "samples" else "|u1", bytes(100)))
    with pytest.raises(DataError, match=rf"a\.npz: the array `{name}` cannot be read"):
        inspect(options(tmp_path / "a.npz"))


@pytest.mark.parametrize("name", ["labels", "classes"])
def test_labels_of_a_shape_that_is_not_true(tmp_path, name):
    images, other = io.BytesIO(), {"labels": npy("(-3,)", "<i8"), "classes": npy("(99999999999,)", "<U9")}
    np.save(images, np.zeros((3, 8, 8), np.uint8))
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("images.npy", images.getvalue())
        file.writestr(f"{name}.npy", other[name])
        if name == "classes":
            file.writestr("labels.npy", npy("(3,)", "<i8", bytes(24)))
    with pytest.raises(DataError, match=rf"a\.npz: the array `{name}` cannot be read"):
        inspect(options(tmp_path / "a.npz"))


def zeros(archive, name, size, head=b""):
    with archive.open(name, "w", force_zip64=True) as file:
        file.write(head)
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))


def measured(path):
    """The end of `ganzoo data check`, and the most memory it took in MB."""
    code = (
        "import re, sys; from ganzoo.data import check; print(check(sys.argv[1]).refused); "
        # Not ru_maxrss, which a process inherits from the one that started it.
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1]) // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    sentence, peak = done.stdout.splitlines()
    return sentence, int(peak)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("count", [1, 8])
def test_a_zip_bomb(tmp_path, count):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(count):
            zeros(archive, f"{number}.png", 80 << 20)
    sentence, peak = measured(tmp_path / "bomb.zip")
    assert "0.png unpacks from" in sentence
    assert "it may be a bomb" in sentence
    assert peak < 400


@pytest.mark.slow
def test_an_npz_bomb(tmp_path):
    images = 1100 << 20
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        zeros(archive, "images.npy", images, npy(f"({images >> 10}, 32, 32)"))
    packed = (tmp_path / "bomb.npz").stat().st_size
    assert packed < 20 << 20
    sentence, peak = measured(tmp_path / "bomb.npz")
    assert "`images` unpacks from" in sentence
    assert "1.2 GB" in sentence
    assert peak < 400


def test_an_array_that_is_larger_than_the_memory(tmp_path, monkeypatch):
    np.savez(tmp_path / "a.npz", images=np.zeros((100, 8, 8), np.uint8))
    monkeypatch.setattr("ganzoo.data.sources.npz.host_free_bytes", lambda: 1000)
    with pytest.raises(DataError, match=r"`images` takes 6\.4 kB of memory, and 1\.0 kB are free: .*which stream"):
        inspect(options(tmp_path / "a.npz"))


@pytest.mark.slow
def test_a_file_of_a_folder_that_is_too_large(folder):
    with (folder / "a.png").open("wb") as file:
        file.truncate((1 << 30) + 1)  # a hole, which takes no disk
    sentence, _ = measured(folder)
    assert "a.png has 1073741825 bytes; the most is 1073741824" in sentence
