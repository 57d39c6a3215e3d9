"""Folders and zips: classes, what is ignored, and a sentence that names the file for each bad input."""

from __future__ import annotations

import struct
import zipfile
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data import DataOptions, inspect, load
from ganzoo.errors import ConfigError, DataError


def options(path, **values):
    return DataOptions(data=str(path), **values)


@pytest.fixture
def classes(folder, paint):
    for number, name in enumerate(("ant/a.png", "ant/b.png", "bee/sub/c.PNG", "cat/d.jpg")):
        paint(folder / name, seed=number)
    return folder


def zipped(folder, path, prefix=""):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*.*")):
            archive.write(file, prefix + file.relative_to(folder).as_posix())
    return path


def test_classes_from_sub_folders(classes):
    dataset = load(options(classes))
    assert dataset.spec.class_names == ("ant", "bee", "cat")
    assert dataset.labels.tolist() == [0, 0, 1, 2]
    assert dataset.spec.name == "photos"
    assert inspect(options(classes)) == dataset.spec  # remembered, with its digest
    assert load(DataOptions.parse({"data": str(classes), "classes": "cat,ant"})).labels.tolist() == [0, 0, 1]


@pytest.mark.parametrize("prefix", ["", "wrapping/", "wrap/ping/", "./"])
def test_a_zip_is_as_its_folder(classes, tmp_path, prefix):
    from_zip = load(options(zipped(classes, tmp_path / "photos.zip", prefix)))
    from_folder = load(options(classes))
    assert from_zip.spec == from_folder.spec
    assert torch.equal(from_zip.labels, from_folder.labels)
    assert torch.equal(from_zip.gather(torch.arange(4)), from_folder.gather(torch.arange(4)))


def test_ignored_files(classes, paint, tmp_path):
    paint(classes / ".hidden" / "x.png")
    paint(classes / "__MACOSX" / "x.png")
    paint(classes / "ant" / "._a.png")
    (classes / "notes.txt").write_text("not an image")
    assert inspect(options(classes)).count == 4
    assert load(options(zipped(classes, tmp_path / "a.zip"))).spec.count == 4


def test_images_beside_sub_folders(classes, paint):
    paint(classes / "loose.png")
    dataset = load(options(classes))
    assert dataset.labels is None
    assert len(dataset) == 5
    assert "loose.png" in dataset.notes[0]
    with pytest.raises(ConfigError, match="no labels"):
        load(DataOptions.parse({"data": str(classes), "classes": "ant"}))


def test_links(classes, tmp_path):
    (classes / "dog").symlink_to(classes / "ant")
    (classes / "ant" / "loop").symlink_to(classes)
    assert load(options(classes)).spec.class_names == ("ant", "bee", "cat", "dog")


def test_one_image(folder, paint):
    paint(folder / "a.png")
    dataset = load(options(folder))
    assert (len(dataset), dataset.spec.class_names) == (1, ())
    assert "one image only" in dataset.notes[0]


def test_not_square(folder, paint):
    paint(folder / "wide.png", (10, 8))
    assert inspect(options(folder)).shape == load(options(folder)).spec.shape == (3, 8, 10)
    paint(folder / "zebra.png", (8, 10))
    with pytest.raises(DataError, match=r"zebra\.png is 8x10, but .*wide\.png is 10x8: give --res 10x8 to resize all"):
        load(options(folder))


def truncated(path):
    path.write_bytes(path.read_bytes()[:-60])


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_bytes(b"this is no image at all")


def bomb(path):
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(b"")))
    packed = (struct.pack(">I", len(c)) + t + c + struct.pack(">I", zlib.crc32(t + c)) for t, c in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (truncated, r"cannot be decoded \(.*\)"),
        (empty, r"is empty \(0 bytes\)"),
        (text, "is not an image, or its beginning is damaged"),
        (bomb, r"cannot be decoded \(.*decompression bomb"),
    ],
)
@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("packed", [False, True])
def test_bad_file(classes, tmp_path, paint, damage, reason, ending, packed):
    bad = paint(classes / "bee" / f"bad.{ending}")
    damage(bad)
    path = zipped(classes, tmp_path / "photos.zip") if packed else classes
    with pytest.raises(DataError, match=rf"bad\.{ending} {reason}.*--skip-bad"):
        load(options(path))
    dataset = load(options(path, skip_bad=True))
    assert dataset.labels.tolist() == [0, 0, 1, 2]
    assert dataset.notes[-1].startswith("1 of 5 files were skipped: ")
    assert f"bad.{ending}" in dataset.notes[-1]


def test_bad_first_file(classes, paint):
    empty(paint(classes / "ant" / "0.png"))
    with pytest.raises(DataError, match=r"0\.png is empty"):
        inspect(options(classes))
    assert inspect(options(classes, skip_bad=True)).shape == (3, 8, 8)
    assert len(load(options(classes, skip_bad=True))) == 4


def test_nothing_left(folder):
    for name in ("a.png", "b.png"):
        text(folder / name)
    with pytest.raises(DataError, match="photos: --skip-bad left no image"):
        load(options(folder, skip_bad=True))


def test_many_skipped_are_not_all_listed(classes):
    for number in range(5):
        empty(classes / f"ant/z{number}.png")
    note = load(options(classes, skip_bad=True)).notes[-1]
    assert note.startswith("5 of 9 files were skipped")
    assert note.endswith("; ...")


def test_empty_folder(folder):
    (folder / "readme.txt").write_text("no image")
    with pytest.raises(DataError, match=r"photos has no image in it; images end in .*\.png"):
        inspect(options(folder))


def test_split_of_a_folder(classes):
    assert load(options(classes, split="all")).spec.count == 4
    with pytest.raises(ConfigError, match=r"--split test: .*photos has one part only"):
        inspect(options(classes, split="test"))


def test_corrupt_zip(classes, tmp_path):
    path = zipped(classes, tmp_path / "photos.zip")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match=r"photos\.zip is not a readable zip file"):
        inspect(options(path))


def test_damaged_entry(classes, tmp_path):
    path = zipped(classes, tmp_path / "photos.zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"IDAT") + 10] ^= 255
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"photos\.zip: ant/a\.png cannot be decoded"):
        load(options(path))


def test_encrypted_entry(classes, tmp_path):
    path = zipped(classes, tmp_path / "photos.zip")
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"ant/a\.png cannot be decoded \(.*encrypted"):
        load(options(path))


@pytest.mark.parametrize("name", ["../evil.png", "a/../../evil.png", "/evil.png", "C:\\evil.png", "..\\evil.png"])
def test_unsafe_names(classes, tmp_path, name):
    path = zipped(classes, tmp_path / "photos.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"")
    with pytest.raises(DataError, match=r"photos\.zip is refused: its entry .*evil\.png"):
        inspect(options(path))


def test_empty_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w"):
        pass
    with pytest.raises(DataError, match=r"photos\.zip has no image in it"):
        inspect(options(tmp_path / "photos.zip"))


def test_entry_that_unpacks_to_too_much(tmp_path):
    path = tmp_path / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.png", "w") as file:
        for _ in range(257):
            file.write(bytes(1 << 20))
    with pytest.raises(DataError, match=r"a\.png unpacks to 269484032 bytes"):
        load(options(path))


def test_clothing(shared):
    calls = []
    path = shared / "clothing10" / "clothing10_128.zip"
    dataset = load(options(path, res=64), progress=lambda *call: calls.append(call))
    assert dataset.spec.shape == (3, 64, 64)
    assert len(dataset) == 3781
    assert dataset.spec.classes == 10
    assert torch.bincount(dataset.labels).tolist() == [288, 149, 576, 246, 559, 345, 297, 257, 136, 928]
    assert dataset.spec.fit == "resized from 128 to 64"
    assert calls[-1][1:] == (3781, 3781)
    mean = dataset.gather(torch.arange(3781)).float().mean((0, 2, 3)) / 255
    assert mean.tolist() == pytest.approx([0.5357, 0.4665, 0.4549], abs=0.001)


def test_pixels_of_a_file(folder):
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    Image.fromarray(image).save(folder / "a.png")
    assert np.array_equal(load(options(folder)).gather(torch.tensor([0]))[0].permute(1, 2, 0), image)
