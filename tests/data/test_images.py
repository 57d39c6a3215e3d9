"""Conversions that have one right answer, pixel for pixel, and the notes that count them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data import DataOptions, load
from ganzoo.errors import DataError


def pixels(folder, **options):
    """The first image as (H, W, C)."""
    dataset = load(DataOptions(data=str(folder), **options))
    return dataset.gather(torch.tensor([0]))[0].permute(1, 2, 0).numpy(), dataset.notes


@pytest.mark.parametrize(("orientation", "turn"), [(3, 2), (6, 3), (8, 1)])
def test_exif_rotation(folder, orientation, turn):
    upright = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(np.rot90(upright, -turn))).save(folder / "a.png", exif=exif)
    found, notes = pixels(folder)
    assert np.array_equal(found, upright)
    assert "turned upright" in notes[0]
    assert "a.png" in notes[0]


def test_exif_decides_the_size(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8, 4)).save(folder / "a.png", exif=exif)
    assert pixels(folder)[0].shape[:2] == (8, 4)


def test_sixteen_bits(folder):
    values = np.array([[0, 128, 129, 257], [256, 385, 386, 65535], [65406, 65407, 32896, 1], [2, 3, 4, 5]], np.uint16)
    Image.fromarray(values).save(folder / "a.png")
    found, notes = pixels(folder)
    assert np.array_equal(found[..., 0], np.round(values / 257).astype(np.uint8))
    assert "16 bits" in notes[0]


@pytest.mark.parametrize("values", [np.full((4, 4), 70000, np.int32), np.full((4, 4), 0.5, np.float32)])
def test_unknown_range(folder, values):
    Image.fromarray(values).save(folder / "a.tif")
    with pytest.raises(DataError, match=r"a\.tif .*8 or 16 bits"):
        pixels(folder)


def test_transparency_on_white(folder):
    rgba = np.random.default_rng(0).integers(0, 256, (8, 8, 4), np.uint8)
    rgba[0, 0] = (10, 20, 30, 0)
    rgba[0, 1] = (10, 20, 30, 255)
    Image.fromarray(rgba).save(folder / "a.png")
    found, notes = pixels(folder)
    alpha = rgba[..., 3:].astype(float) / 255
    expected = rgba[..., :3] * alpha + 255 * (1 - alpha)
    assert np.array_equal(found, np.floor(expected + 0.5).astype(np.uint8))
    assert found[0, 0].tolist() == [255, 255, 255]
    assert found[0, 1].tolist() == [10, 20, 30]
    assert notes[0].startswith("1 of 1 images had transparency and were flattened on white (first: ")


def test_opaque_alpha_is_dropped(folder):
    rgba = np.random.default_rng(0).integers(0, 256, (8, 8, 4), np.uint8)
    rgba[..., 3] = 255
    Image.fromarray(rgba).save(folder / "a.png")
    found, notes = pixels(folder)
    assert np.array_equal(found, rgba[..., :3])
    assert "opaque" in notes[0]


def test_gray_with_alpha_stays_gray(folder):
    Image.fromarray(np.array([[[9, 0], [9, 255]], [[77, 255], [0, 128]]], np.uint8)).save(folder / "a.png")
    found, _ = pixels(folder)
    assert found[..., 0].tolist() == [[255, 9], [77, 127]]


@pytest.mark.parametrize("transparent", [False, True])
def test_palette(folder, transparent):
    image = Image.new("P", (2, 2))
    image.putpalette([1, 2, 3, 40, 50, 60])
    image.putpixel((1, 1), 1)
    image.save(folder / "a.png", **({"transparency": 0} if transparent else {}))
    found, notes = pixels(folder)
    assert found[1, 1].tolist() == [40, 50, 60]
    assert found[0, 0].tolist() == ([255, 255, 255] if transparent else [1, 2, 3])
    assert "palette" in notes[0]
    assert len(notes) == 2 + transparent  # one image only is a note too


def test_two_colors_and_cmyk(folder):
    Image.fromarray(np.eye(4, dtype=bool)).save(folder / "a.png")
    found, _ = pixels(folder)
    assert np.array_equal(found[..., 0], np.eye(4, dtype=np.uint8) * 255)
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(folder / "a.tif")
    (folder / "a.png").unlink()
    assert pixels(folder)[0][0, 0].tolist() == [255, 0, 0]


def test_gray_file_in_a_color_set(folder, paint):
    paint(folder / "a.png")
    paint(folder / "b.png", mode="L")
    dataset = load(DataOptions(data=str(folder)))
    second = dataset.gather(torch.tensor([1]))
    assert torch.equal(second[:, 0], second[:, 2])
    assert "1 of 2 images were gray" in dataset.notes[0]
    assert "b.png" in dataset.notes[0]


def test_color_file_in_a_gray_set(folder, paint):
    paint(folder / "a.png", mode="L")
    paint(folder / "b.png")
    with pytest.raises(DataError, match=r"b\.png has color, but .*a\.png is gray: give --channels 3"):
        load(DataOptions(data=str(folder)))
    assert load(DataOptions(data=str(folder), channels=1)).spec.shape == (1, 8, 8)
    assert load(DataOptions(data=str(folder), channels=3)).spec.shape == (3, 8, 8)
    assert len(load(DataOptions(data=str(folder), skip_bad=True))) == 1


def test_crop_and_resize(folder):
    # Only the center square is white, so a correct crop is all white.
    image = Image.new("RGB", (64, 32))
    image.paste("white", (16, 0, 48, 32))
    image.save(folder / "a.png")
    dataset = load(DataOptions(data=str(folder), res=16))
    assert dataset.gather(torch.tensor([0])).min() == 255
    assert dataset.spec.fit == "cropped to the center square and resized from 64x32 to 16"


def test_mixed_sizes(folder, paint):
    paint(folder / "a.png", (8, 8))
    paint(folder / "b.png", (10, 6))
    with pytest.raises(DataError, match=r"b\.png is 10x6, but .*a\.png is 8x8: give --res 8 .*--skip-bad"):
        load(DataOptions(data=str(folder)))
    dataset = load(DataOptions(data=str(folder), res=4))
    assert dataset.spec.shape == (3, 4, 4)
    assert "several sizes to 4" in dataset.spec.fit
    assert load(DataOptions(data=str(folder), skip_bad=True)).spec.count == 1
