"""Samples and pictures; looking changes nothing."""

import numpy
import pytest
import torch
from engine.runs import assert_same_end
from PIL import Image

from ganzoo import ConfigError, DataSpec, load
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling import generate as sampling
from ganzoo.viz.grid import grid, label_rows

RUN = ("--images", 400, "--checkpoint-every", 200)


@pytest.fixture
def model(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN, "--out", "run")
    return load(tmp_path / "run")


def test_a_seed_means_the_same_samples_however_many(model):
    long = model.sample(150, seed=3)
    assert torch.equal(model.sample(150, seed=3), long)
    # Whole batches are computed alike; of a batch cut short the kernel may round otherwise.
    assert torch.equal(model.sample(64, seed=3), long[:64])
    torch.testing.assert_close(model.sample(5, seed=3), long[:5], rtol=1e-5, atol=1e-6)
    assert not torch.allclose(model.sample(5, seed=4), long[:5])
    assert long.shape == (150, 1, 8, 8)
    assert long.abs().max() <= 1


def test_sampling_and_loading_leave_torchs_generator_alone(model, tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    load(tmp_path / "run").sample(70)
    assert torch.equal(torch.rand(3), expected)


def test_an_unconditional_model_takes_no_labels(model):
    with pytest.raises(ConfigError, match="takes no labels"):
        model.sample(2, labels=[0, 1])
    with pytest.raises(ConfigError, match=r"\(=0\) must be at least 1"):
        model.sample(0)


def test_noise_in_forward_is_seeded_and_given_back():
    class Noisy(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, latents, condition=None):
            return latents + torch.randn_like(latents)

    latents = numpy.zeros((4, 2), numpy.float32)
    torch.manual_seed(1)
    one, state = sampling.generate(Noisy(), latents), torch.get_rng_state()
    assert torch.equal(sampling.generate(Noisy(), latents), one)
    torch.manual_seed(1)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_training_that_samples_all_the_time_has_the_same_bits(ganzoo, tiny, tmp_path):
    ganzoo(*tiny.train, *RUN, "--out", "seldom", "--sample-every", 10_000, "--log-every", 400)
    ganzoo(*tiny.train, *RUN, "--out", "often", "--sample-every", 20, "--log-every", 10)
    assert len(list(tmp_path.glob("often/samples/*"))) == 21
    assert len(list(tmp_path.glob("seldom/samples/*"))) == 2
    assert_same_end(tmp_path / "seldom", tmp_path / "often")


@pytest.mark.parametrize(("value", "pixel"), [(-1, 0), (1, 255), (-7, 0), (9, 255), (0.2, 153), (1 / 255, 128)])
def test_to_uint8(value, pixel):
    image = sampling.to_uint8(torch.full((1, 1, 1, 1), float(value)))
    assert image.dtype == numpy.uint8
    assert image.item() == pixel


def test_every_pixel_survives_the_way_to_a_network_and_back():
    pixels, image = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16), modality_of("image")
    spec = DataSpec("levels", (1, 16, 16), 1)
    seen = image.to_network(pixels, spec).numpy()
    assert torch.equal(torch.from_numpy(image.to_stored(seen, spec)), pixels)


def test_to_uint8_puts_channels_last():
    image = sampling.to_uint8(torch.tensor([-1.0, 0.2, 1.0]).reshape(1, 3, 1, 1).expand(1, 3, 2, 5))
    assert image.shape == (1, 2, 5, 3)
    assert image[0, 1, 4].tolist() == [0, 153, 255]


def test_a_grid_pixel_for_pixel():
    images = numpy.array([10, 20, 30], numpy.uint8).reshape(3, 1, 1, 1)
    sheet = numpy.asarray(grid(images, 2, scale=1))
    expected = [
        [32, 32, 32, 32, 32],
        [32, 10, 32, 20, 32],
        [32, 32, 32, 32, 32],
        [32, 30, 32, 32, 32],
        [32, 32, 32, 32, 32],
    ]
    assert sheet.tolist() == expected
    twice = numpy.asarray(grid(images, 2, scale=2))
    assert (twice == sheet.repeat(2, 0).repeat(2, 1)).all()


def test_a_grid_of_colors():
    images = numpy.arange(2 * 32 * 32 * 3, dtype=numpy.uint32).astype(numpy.uint8).reshape(2, 32, 32, 3)
    sheet = numpy.asarray(grid(images, 2, scale=1))
    assert sheet.shape == (36, 70, 3)
    assert (sheet[2:34, 2:34] == images[0]).all()
    assert (sheet[2:34, 36:68] == images[1]).all()


def test_label_rows():
    assert label_rows(3, 2).tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0]
    assert label_rows(2, 10, rows=3).tolist() == [0, 0, 1, 1, 2, 2]


def test_what_is_sampled_into_files_is_what_the_model_gives(model, ganzoo, tiny, tmp_path):
    expected = sampling.to_uint8(model.sample(10, seed=2))
    ganzoo("sample", "run", "-n", 10, "--seed", 2, "--npz", "s.npz", "--individual", "pngs", "--out", "g.png")
    with numpy.load(tmp_path / "s.npz") as file:
        assert numpy.abs(file["images"].astype(int) - expected).max() <= 1
        written = file["images"]
    for index, image in enumerate(written):
        with Image.open(tmp_path / f"pngs/{index:06d}.png") as png:
            assert (numpy.asarray(png) == image[:, :, 0]).all()
    ganzoo("train", "vanilla", "--data", "s.npz", "--images", 64, "--out", "second", "--device", "cpu")
    from ganzoo.data import load as load_data
    from ganzoo.data.options import DataOptions

    read = load_data(DataOptions(data=str(tmp_path / "s.npz"))).gather(torch.arange(10))
    assert (read.numpy()[:, 0] == written[:, :, :, 0]).all()
