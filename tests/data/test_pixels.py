"""Ranges, bits, color spaces, frames and borders: the right pixel values, and that each conversion is told."""

from __future__ import annotations

import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.data import DataOptions, inspect, load
from ganzoo.errors import ConfigError, DataError

NOISE = np.random.default_rng(0).integers(0, 4096, (4, 8, 8))


def loaded(path, **options):
    dataset = load(DataOptions.parse({"data": str(path), **options}))
    return dataset.gather(torch.arange(len(dataset))).permute(0, 2, 3, 1).numpy(), dataset


def kinds(dataset):
    return {note.kind: note.count for note in dataset.spec.notes}


def save_all(folder, images, ending="png"):
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number}.{ending}")


def scaled(values, low, high):
    return np.clip(np.floor((values.astype(float) - low) * 255 / (high - low) + 0.5), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("values", "ending", "advice"),
    [
        (NOISE.astype(np.uint16), "png", "0,4095"),
        (NOISE.astype(np.int32) % 256, "tif", "0,255"),
        ((NOISE % 2).astype(np.uint8), "png", "0,1"),
        ((NOISE % 21).astype(np.uint8), "bmp", "0,20"),
    ],
)
def test_a_small_part_of_the_range_is_refused_and_what_is_advised_works(folder, values, ending, advice):
    save_all(folder, values, ending)
    with pytest.raises(DataError, match=rf"photos has pixels from \d+ to \d+, .*nearly black: --range {advice} makes"):
        loaded(folder)
    pixels, dataset = loaded(folder, range=advice)
    assert np.array_equal(pixels[..., 0], scaled(values, 0, int(advice[2:])))
    assert kinds(dataset).get("ranged", 4) == 4
    assert "dark" not in kinds(dataset)


def test_a_dark_set_is_taken_if_that_is_meant(folder):
    save_all(folder, NOISE.astype(np.uint16))
    pixels, _ = loaded(folder, range="0,65535")
    assert np.array_equal(pixels[..., 0], (NOISE + 128) // 257)


def test_a_streaming_set_is_refused_too_and_scaled_alike(folder):
    save_all(folder, NOISE.astype(np.uint16))
    with pytest.raises(DataError, match="nearly black"):
        loaded(folder, data_memory="0")
    resident, _ = loaded(folder, range="0,4095")
    stream, dataset = loaded(folder, range="0,4095", data_memory="0", limit=4)
    assert dataset.mode == "resident" or np.array_equal(stream, resident)


def test_half_of_the_range_is_told(folder):
    save_all(folder, (NOISE * 8).astype(np.uint16))
    _, dataset = loaded(folder)
    assert "--range 0,32767 makes these black to white" in " ".join(dataset.notes)


def test_a_black_set_is_black(folder):
    save_all(folder, np.zeros((2, 8, 8), np.uint8))
    _, dataset = loaded(folder)
    assert dataset.notes == ("every pixel of photos is 0",)


def test_floating_point(folder):
    values = (NOISE / 4095 * 2 - 1).astype(np.float32)
    save_all(folder, values, "tif")
    with pytest.raises(DataError, match=r"0\.tif has floating-point pixels from .* give --range -1,1, or save it with"):
        loaded(folder)
    pixels, _ = loaded(folder, range="-1,1")
    assert np.array_equal(pixels[..., 0], scaled(values, -1, 1))


def test_values_outside_of_the_range_are_told(folder):
    save_all(folder, NOISE.astype(np.int32) - 1000, "tif")
    pixels, dataset = loaded(folder, range="0,2000")
    assert np.array_equal(pixels[..., 0], scaled(NOISE - 1000, 0, 2000))
    assert kinds(dataset)["clipped"] == 4


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number(folder, bad):
    values = np.full((8, 8), 0.5, np.float32)
    values[0, 0] = bad
    save_all(folder, [values], "tif")
    with pytest.raises(DataError, match=r"0\.tif has pixels that are infinite or not a number"):
        loaded(folder, range="0,1")


@pytest.mark.parametrize("shape", [(4, 8, 8), (4, 8, 8, 3)])
@pytest.mark.parametrize(("dtype", "low", "high"), [(np.float64, 0, 1), (np.uint16, 0, 4095), (bool, 0, 1)])
def test_npz_of_other_numbers(tmp_path, shape, dtype, low, high):
    values = (np.random.default_rng(1).random(shape) * (high + 0.99)).astype(dtype)
    np.savez(tmp_path / "a.npz", images=values)
    with pytest.raises(DataError, match=r"must be uint8 .*--range"):
        loaded(tmp_path / "a.npz")
    pixels, dataset = loaded(tmp_path / "a.npz", range=f"{low},{high}")
    assert np.array_equal(pixels.reshape(shape), scaled(values, low, high))
    assert kinds(dataset)["range"] == 4


def test_a_mask_in_an_npz(tmp_path):
    mask = (NOISE % 2).astype(np.uint8)
    np.savez(tmp_path / "mask.npz", images=mask)
    with pytest.raises(DataError, match="--range 0,1"):
        loaded(tmp_path / "mask.npz")
    assert np.array_equal(loaded(tmp_path / "mask.npz", range="0,1")[0][..., 0], mask * 255)


@pytest.mark.parametrize("text", ["1", "5,5", "9,1", "a,b", "0,inf", "0,1,2", ""])
def test_ranges_that_are_none(text):
    with pytest.raises(ConfigError, match="--range"):
        DataOptions.parse({"range": text})


def png16(values, alpha=False):
    raw = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = struct.pack(">IIBBBBB", values.shape[1], len(values), 16, 6 if alpha else 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    packed = (struct.pack(">I", len(c)) + t + c + struct.pack(">I", zlib.crc32(t + c)) for t, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def test_sixteen_bits_of_color(folder):
    values = np.random.default_rng(0).integers(0, 65536, (8, 8, 3))
    (folder / "a.png").write_bytes(png16(values))
    pixels, dataset = loaded(folder)
    assert np.array_equal(pixels[0], (values + 128) // 257)
    assert kinds(dataset)["sixteen"] == 1


def test_twelve_bits_of_color_keep_their_levels(folder):
    values = np.random.default_rng(0).integers(0, 4096, (8, 8, 3))
    (folder / "a.png").write_bytes(png16(values))
    assert np.array_equal(loaded(folder, range="0,4095")[0][0], scaled(values, 0, 4095))


def test_sixteen_bits_with_alpha(folder):
    values = np.random.default_rng(0).integers(0, 65536, (8, 8, 4))
    values[..., 3] = 65535
    values[0, 0, 3] = 0
    (folder / "a.png").write_bytes(png16(values, alpha=True))
    pixels, dataset = loaded(folder)
    assert pixels[0, 0, 0].tolist() == [255, 255, 255]
    assert np.array_equal(pixels[0, 1:], (values[1:, :, :3] + 128) // 257)
    assert kinds(dataset)["flattened"] == 1


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "YCbCr"])
def test_color_spaces(folder, mode):
    # Red in each of them; L of 53, a of 80 and b of 67 as bytes, the latter from -128.
    color = {"CMYK": (0, 255, 255, 0), "LAB": (136, 208, 195), "YCbCr": (76, 85, 255)}[mode]
    Image.new(mode, (8, 8), color).save(folder / "a.tif")
    pixels, dataset = loaded(folder)
    assert np.abs(pixels[0, 0, 0].astype(int) - [255, 0, 0]).max() <= 12
    assert kinds(dataset)[mode.lower()] == 1


@pytest.mark.parametrize("ending", ["gif", "webp", "tiff", "png", "mpo"])
def test_several_frames(folder, ending):
    frames = [Image.new("RGB", (8, 8), color) for color in ("white", "black", "red")]
    target = folder / ("a.jpg" if ending == "mpo" else f"a.{ending}")
    frames[0].save(target, "MPO" if ending == "mpo" else None, save_all=True, append_images=frames[1:])
    pixels, dataset = loaded(folder)
    assert pixels.min() > 250
    assert kinds(dataset)["frames"] == 1


def test_a_color_profile_is_told(folder):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (8, 8), "red").save(folder / "a.png", icc_profile=profile)
    assert "profile" not in kinds(loaded(folder)[1])
    other = profile.replace(b"sRGB", b"Wide").replace("sRGB".encode("utf-16-be"), "Wide".encode("utf-16-be"))
    Image.new("RGB", (8, 8), "red").save(folder / "b.png", icc_profile=other)
    assert kinds(loaded(folder)[1])["profile"] == 1


@pytest.mark.parametrize(("channels", "mode", "kind"), [(3, "L", "gray"), (1, "RGB", "colorless")])
def test_channels_are_told(folder, paint, channels, mode, kind):
    paint(folder / "a.png", mode=mode)
    assert kinds(loaded(folder, channels=channels)[1])[kind] == 1


def test_pictures_on_white_are_padded_with_white(folder):
    on_white = np.full((28, 28), 255, np.uint8)
    on_white[10:20, 10:20] = 0
    save_all(folder, [on_white, 255 - on_white])
    pixels, dataset = loaded(folder, res=32)
    assert (pixels[0, :2].min(), pixels[0, :, -2:].min()) == (255, 255)
    assert (pixels[1, :2].max(), pixels[1, :, -2:].max()) == (0, 0)
    assert np.array_equal(pixels[:, 2:-2, 2:-2, 0], [on_white, 255 - on_white])
    assert kinds(dataset)["edge"] == 1
    assert dataset.spec.fit == "padded from 28 to 32"


def test_an_array_is_padded_as_its_files(folder, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (6, 28, 28), np.uint8)
    images[3:, [0, -1]] = images[3:, :, [0, -1]] = 0
    save_all(folder, images)
    np.savez(tmp_path / "a.npz", images=images)
    from_files, from_array = loaded(folder, res=32), loaded(tmp_path / "a.npz", res=32)
    assert np.array_equal(from_files[0], from_array[0])
    assert kinds(from_files[1])["edge"] == kinds(from_array[1])["edge"] == 3


def test_two_side_by_side_are_told(folder, paint):
    paint(folder / "a.png", (16, 8))
    assert "twice as wide as high" in " ".join(loaded(folder, res=8)[1].notes)


def test_a_large_image_is_refused_with_the_way_to_allow_it(folder):
    Image.new("1", (20000, 10000)).save(folder / "a.png")
    with pytest.raises(DataError, match=r"a\.png .*20000x10000 pixels take 0\.6 GB.*--max-pixels 200M allows it"):
        inspect(DataOptions(data=str(folder), res=8))
    assert loaded(folder, res=8, max_pixels="200M")[0].shape == (1, 8, 8, 1)


def test_what_pillow_warns_of_has_a_name(folder, paint):
    paint(folder / "b.png")
    palette = Image.new("P", (8, 8))
    palette.putpalette([0, 0, 0, 255, 255, 255])
    palette.save(folder / "a.png", transparency=b"\x00\xff")
    Image.new("L", (9600, 9600)).save(folder / "c.png")
    with warnings.catch_warnings(record=True) as raw:
        warnings.simplefilter("always")
        before = Image.MAX_IMAGE_PIXELS
        _, dataset = loaded(folder, res=8)
    assert not raw
    assert before == Image.MAX_IMAGE_PIXELS
    assert all(note.first for note in dataset.spec.notes if note.kind == "warning")


def test_a_warning_of_a_decoder_is_a_note_with_the_file(folder, paint, monkeypatch):
    paint(folder / "a.png")
    paint(folder / "b.png", seed=1)
    opened = Image.open

    def warns(file):
        warnings.warn("Corrupt EXIF data.\n Expecting more", stacklevel=1)
        return opened(file)

    monkeypatch.setattr(Image, "open", warns)
    _, dataset = loaded(folder)
    (note,) = dataset.spec.notes
    assert note.text == "2 of 2 images were read with a warning: Corrupt EXIF data. Expecting more"
    assert note.first.endswith("a.png")


def test_one_image_that_cannot_fit_into_memory(folder, paint, monkeypatch):
    paint(folder / "a.png")
    monkeypatch.setattr("ganzoo.data.memory.host_free_bytes", lambda: 64 << 30)
    with pytest.raises(ConfigError, match=r"--res 100000: one image of 3x100000x100000 numbers takes 120\.0 GB"):
        inspect(DataOptions(data=str(folder), res=100_000))
