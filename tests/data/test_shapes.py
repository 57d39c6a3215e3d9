"""Images of any height, width, number of channels and depth, from real files, to the network and back."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo import ConfigError
from ganzoo.data import DataOptions, Dataset, inspect, load
from ganzoo.errors import DataError
from ganzoo.plugins.modalities import modality_of

RANDOM = np.random.RandomState(0)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "pictures"
    path.mkdir()
    return path


def first(dataset):
    return dataset.gather(torch.tensor([0]))[0].numpy()


def seen(dataset):
    return dataset.to_network(dataset.gather(torch.arange(len(dataset))))


def back(dataset):
    return dataset.modality.to_stored(seen(dataset).numpy(), dataset.spec)


def test_width_and_height(folder):
    # Left half red, right half blue; the middle 48 columns of 64 are kept, then halved.
    image = Image.new("RGB", (64, 32), "red")
    image.paste("blue", (32, 0, 64, 32))
    image.save(folder / "a.png")
    dataset = load(DataOptions(data=str(folder), res="24x16"))
    assert dataset.spec.shape == (3, 16, 24)
    assert dataset.spec.fit == "cropped to the center of that ratio and resized from 64x32 to 24x16"
    assert first(dataset)[0, :, :8].min() == 255 == first(dataset)[2, :, 16:].min()
    again = load(DataOptions(data=str(folder), res="24x16"))
    assert (again.spec.digest, again.spec.shape) == (dataset.spec.digest, (3, 16, 24))
    assert load(DataOptions(data=str(folder))).spec.shape == (3, 32, 64)
    assert load(DataOptions(data=str(folder), res="16x16")).spec.shape == (3, 16, 16)


@pytest.mark.parametrize("res", ["96x", "x64", "64x64x64", "wide", "0x8", "9999999x8", "-3"])
def test_a_size_that_is_none(res):
    with pytest.raises(ConfigError, match=r"--res \(=.*\) must be"):
        DataOptions.parse({"res": res})


def test_options_survive_json():
    options = DataOptions(res="96x64")
    assert DataOptions.parse(options.model_dump(mode="json")).size == (96, 64)
    assert DataOptions(res="64").res == DataOptions(res="64x64").res == 64


def test_alpha_is_kept_where_asked(folder):
    rgba = RANDOM.randint(0, 256, (8, 12, 4)).astype(np.uint8)
    Image.fromarray(rgba).save(folder / "a.png")
    kept = load(DataOptions(data=str(folder), channels=4))
    assert np.array_equal(first(kept), rgba.transpose(2, 0, 1))
    flat = load(DataOptions(data=str(folder)))
    assert flat.spec.shape == (3, 8, 12)
    assert any("flattened on white" in note for note in flat.notes)
    # A picture shows its colors; a PNG has all of it.
    shown = kept.modality.pixels(seen(kept).numpy(), kept.spec)
    assert np.array_equal(shown[0], rgba[..., :3])
    (folder / "b.png").write_bytes(kept.modality.file(seen(kept).numpy()[0], kept.spec))
    assert np.array_equal(np.asarray(Image.open(folder / "b.png")), rgba)


@pytest.mark.parametrize(("channels", "shown"), [(2, [10, 20, 0]), (5, [10, 20, 30])])
def test_any_number_of_channels(tmp_path, channels, shown):
    images = np.broadcast_to(np.arange(1, channels + 1, dtype=np.uint8) * 10, (3, 6, 8, channels)).copy()
    np.savez(tmp_path / "bands.npz", images=images)
    options = DataOptions(data=str(tmp_path / "bands.npz"))
    dataset = load(options)
    assert inspect(options).shape == dataset.spec.shape == (channels, 6, 8)
    assert np.array_equal(back(dataset).transpose(0, 2, 3, 1), images)
    assert dataset.modality.pixels(seen(dataset).numpy(), dataset.spec)[0, 0, 0].tolist() == shown
    assert f"3 of 3 images are stored as uint8, {channels} channels each" in dataset.notes
    resized = load(options.model_copy(update={"res": 4}))
    assert (resized.spec.shape, first(resized)[1].max()) == ((channels, 4, 4), 20)
    with pytest.raises(DataError, match=f"has {channels} channels, which do not become 3"):
        load(options.model_copy(update={"channels": 3}))
    with pytest.raises(ConfigError, match=f"a PNG holds 1, 3 or 4 channels, and these images have {channels}"):
        dataset.modality.file(seen(dataset).numpy()[0], dataset.spec)


def test_pictures_have_no_more_channels_than_four(folder):
    Image.new("RGB", (8, 8)).save(folder / "a.png")
    with pytest.raises(DataError, match="--channels 5: pictures have 1"):
        load(DataOptions(data=str(folder), channels=5))


@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_sixteen_bits_are_kept_where_asked(folder, suffix):
    values = RANDOM.randint(0, 65536, (2, 6, 8)).astype(np.uint16)
    for number, pixels in enumerate(values):
        Image.fromarray(pixels).save(folder / f"{number}{suffix}")
    deep = load(DataOptions(data=str(folder), dtype="uint16"))
    assert (first(deep).dtype, deep.spec.dtype) == (np.uint16, "uint16")
    assert np.array_equal(back(deep)[:, 0], values)
    assert "2 of 2 images are stored as uint16, 1 channels each" in deep.notes
    # From the cache, from a stream, and with 8 bits they are the same images.
    again = load(DataOptions(data=str(folder), dtype="uint16"))
    streamed = load(DataOptions(data=str(folder), dtype="uint16", data_memory=0, workers=0))
    assert again.spec.digest == streamed.spec.digest == deep.spec.digest
    assert streamed.mode == "stream"
    assert torch.equal(seen(streamed), seen(deep))
    shallow = load(DataOptions(data=str(folder)))
    assert shallow.spec.digest != deep.spec.digest
    assert (seen(shallow) - seen(deep)).abs().max() < 1 / 255


def test_color_of_sixteen_bits_and_of_eight(folder):
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    values = RANDOM.randint(0, 65536, (4, 6, 3)).astype(">u2")
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    header = struct.pack(">IIBBBBB", 6, 4, 16, 2, 0, 0, 0)
    (folder / "a.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    Image.fromarray(np.full((4, 6, 3), 255, np.uint8)).save(folder / "b.png")
    dataset = load(DataOptions(data=str(folder), dtype="uint16"))
    assert np.array_equal(first(dataset), values.astype(np.uint16).transpose(2, 0, 1))
    assert back(dataset)[1].min() == 65535
    assert "1 of 2 images had 8 bits a channel and were scaled to 16 (first: " in " ".join(dataset.notes)


def test_floats_have_a_range_and_keep_their_values(tmp_path):
    images = RANDOM.uniform(-3, 5, (4, 6, 8, 2)).astype(np.float32)
    np.savez(tmp_path / "field.npz", images=images)
    path = str(tmp_path / "field.npz")
    with pytest.raises(ConfigError, match="--dtype float32 needs --range LOW,HIGH"):
        DataOptions.parse({"data": path, "dtype": "float32"})
    dataset = load(DataOptions(data=path, dtype="float32", range="-3,5"))
    assert (dataset.spec.dtype, dataset.spec.values, dataset.spec.shape) == ("float32", (-3.0, 5.0), (2, 6, 8))
    assert np.array_equal(dataset.gather(torch.arange(4)).numpy().transpose(0, 2, 3, 1), images)
    assert back(dataset).transpose(0, 2, 3, 1) == pytest.approx(images, abs=1e-5)
    assert seen(dataset).numpy().transpose(0, 2, 3, 1) == pytest.approx((images + 3) / 4 - 1, abs=1e-5)
    arrays = dataset.modality.arrays(seen(dataset).numpy(), dataset.spec)
    assert (arrays["images"].dtype, arrays["images"].shape) == (np.float32, images.shape)
    cut = load(DataOptions(data=path, dtype="float32", range="0,1"))
    assert cut.gather(torch.arange(4)).max() == 1
    assert "4 of 4 images had values outside of --range" in " ".join(cut.notes)


@pytest.mark.parametrize(
    ("dtype", "asked", "says"),
    [("uint8", "uint16", "are uint8: give --dtype uint8"), ("uint16", "uint8", "--dtype keeps uint16 and float32"),
     ("float32", "uint16", "--dtype keeps uint16")],
)  # fmt: skip
def test_another_type_than_there_is(tmp_path, dtype, asked, says):
    np.savez(tmp_path / "set.npz", images=np.zeros((2, 4, 4), dtype))
    with pytest.raises(DataError, match=says):
        load(DataOptions(data=str(tmp_path / "set.npz"), dtype=asked))


@pytest.mark.parametrize(
    ("variant", "shape", "says"),
    [
        ("progan", (3, 64, 96), "make square images, and set has 96x64: give --res 64"),
        ("r3gan", (3, 64, 96), "make square images, and set has 96x64: give --res 64"),
        ("dcgan", (3, 64, 90), "multiple of 16 where the shorter has 64 pixels, and set has 90x64: give --res 96x64"),
        ("dcgan", (3, 48, 96), "make images of 28, 32, 64, 128 pixels, and set has 96x48"),
    ],
)
def test_what_a_variant_cannot_make_is_said(variant, shape, says):
    from ganzoo import DataSpec, plugins

    config = plugins.registry().find(variant).load_config().resolve("laptop", {})
    with pytest.raises(ConfigError, match=says):
        config.check(DataSpec("set", shape, 10))


@pytest.mark.parametrize("shape", [(3, 32, 48), (5, 64, 32), (2, 28, 56)])
def test_networks_of_a_rectangle(shape):
    from ganzoo.layers import convolutional_decoder, convolutional_encoder

    images = convolutional_decoder(6, shape[0], shape[1:], 4)(torch.randn(3, 6))
    assert images.shape == (3, *shape)
    assert convolutional_encoder(shape[0], shape[1:], 4, 2)(images).shape == (3, 2)


def test_eight_bits_are_as_they_were():
    dataset = Dataset.from_arrays(np.arange(256, dtype=np.uint8).reshape(1, 16, 16))
    expected = torch.arange(256).reshape(1, 1, 16, 16).float() * (1 / 127.5) - 1
    assert torch.equal(seen(dataset), expected)
    assert modality_of("image") is dataset.modality


def test_a_look_at_what_has_other_channels(tmp_path):
    from ganzoo.data import check

    images = RANDOM.randint(0, 65536, (5, 6, 8, 2)).astype(np.uint16)
    images[4] = images[0]
    np.savez(tmp_path / "set.npz", images=images)
    found = check(DataOptions(data=str(tmp_path / "set.npz"), dtype="uint16"))
    assert (found.refused, found.broken, found.sizes) == (None, (), {"8x6": 5})
    (twins,) = found.duplicates
    assert [title.partition(" of ")[0] for title in twins] == ["image 0", "image 4"]
