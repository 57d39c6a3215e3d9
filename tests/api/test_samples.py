"""`Samples` is a tensor wherever a tensor is wanted, and has pictures beside."""

import copy
import io
import pickle

import numpy
import pytest
import safetensors.torch
import torch
from torch.utils.data import DataLoader, TensorDataset, default_collate
from torchvision.utils import make_grid

import ganzoo
from ganzoo import Samples
from ganzoo.sampling.generate import to_uint8


@pytest.fixture(scope="module")
def model():
    return ganzoo.load("dcgan-mnist")


@pytest.fixture(scope="module")
def samples(model):
    return model.sample(6, seed=1)


OPERATIONS = {
    "arithmetic": lambda x: 1 - (x + 1) * 0.5,
    "cat": lambda x: torch.cat([x, x]),
    "stack": lambda x: torch.stack([x]),
    "index": lambda x: x[:2],
    "mask": lambda x: x[x > 0],
    "first": lambda x: next(iter(x)),
    "view": lambda x: x.flatten(1),
    "clone": lambda x: x.clone(),
    "detach": lambda x: x.detach(),
    "half": lambda x: x.half(),
    "comparison": lambda x: x > 0,
    "module": lambda x: torch.nn.Conv2d(1, 2, 3)(x),
    "make_grid": make_grid,
    "vmap": torch.vmap(lambda x: x + 1),
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "collate": lambda x: default_collate([x, x]),
    "loader": lambda x: next(iter(DataLoader(x, batch_size=2))),
    "dataset": lambda x: next(iter(DataLoader(TensorDataset(x), batch_size=2)))[0],
    "worker": lambda x: next(iter(DataLoader(x, batch_size=2, num_workers=1))),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_what_torch_makes_of_it_is_a_plain_tensor(name, samples):
    plain = samples.as_subclass(torch.Tensor)
    assert type(samples) is Samples
    torch.manual_seed(0)
    made = OPERATIONS[name](samples)
    torch.manual_seed(0)
    expected = OPERATIONS[name](plain)
    assert type(made) is torch.Tensor
    assert torch.equal(made, expected)


def test_it_can_be_saved_and_loaded_with_weights_only(samples):
    file = io.BytesIO()
    torch.save({"x": samples}, file)
    file.seek(0)
    assert torch.equal(torch.load(file, weights_only=True)["x"], samples)
    assert torch.equal(safetensors.torch.load(safetensors.torch.save({"x": samples}))["x"], samples)


def test_numpy_gradients_and_compilation_take_it(samples):
    assert isinstance(samples, torch.Tensor)
    assert numpy.array_equal(numpy.asarray(samples), samples.numpy())
    leaf = samples.clone().requires_grad_()
    leaf.square().sum().backward()
    assert torch.equal(leaf.grad, 2 * samples)
    assert type(torch.nn.Parameter(samples.clone())) is torch.nn.Parameter
    doubled = torch.compile(lambda x: x * 2, backend="eager", fullgraph=True)(samples)
    assert torch.equal(doubled, samples + samples)


def test_pictures_are_the_samples(samples):
    pictures = samples.to_pil()
    assert [picture.mode for picture in pictures] == ["L"] * 6
    assert numpy.array_equal(numpy.stack([numpy.asarray(picture) for picture in pictures]), to_uint8(samples)[..., 0])
    grid = samples.grid(columns=3, scale=1)
    assert grid.size == (3 * 28 + 4, 2 * 28 + 3)
    assert numpy.array_equal(numpy.asarray(grid)[1:29, 1:29], to_uint8(samples)[0, :, :, 0])
    with pytest.raises(ganzoo.ConfigError, match="columns"):
        samples.grid(columns=0)
    with pytest.raises(ganzoo.ConfigError, match="makes images: use grid"):
        samples.plot()


def test_vectors_are_plotted_and_an_npz_is_data(tmp_path):
    spec = ganzoo.DataSpec("ring", (2,), 100, kind="vector")
    game = ganzoo.create("vanilla", data=spec)
    points = ganzoo.Model("toy", "vanilla", game.generator.eval(), spec, False, 0, game.ema).sample(500)
    assert points.plot().mode == "RGB"
    for draw in (points.to_pil, points.grid):
        with pytest.raises(ganzoo.ConfigError, match="makes vectors: use plot"):
            draw()
    points.save_npz(tmp_path / "points.npz")
    loaded = ganzoo.data.load(ganzoo.data.DataOptions(data=str(tmp_path / "points.npz")))
    assert loaded.spec.shape == (2,)


def test_labels_are_beside_conditional_samples_and_in_the_npz(tmp_path):
    model = ganzoo.load("cgan-mnist")
    samples = model.sample(20)
    assert samples.labels.tolist() == [*range(10)] * 2
    sevens = model.sample(5, labels="7")
    assert sevens.labels.tolist() == [7] * 5
    assert torch.equal(sevens, model.sample(5, labels=7))
    assert torch.equal(sevens, model.sample(5, labels=["7", 7, "7", 7, 7]))
    rows = model.sample_classes(3, seed=5)
    assert rows.labels.tolist() == [label for label in range(10) for _ in range(3)]
    assert torch.allclose(rows[21:24], model.sample(3, seed=5, labels=7), atol=1e-5)
    samples.save_npz(tmp_path / "digits.npz")
    loaded = ganzoo.data.load(ganzoo.data.DataOptions(data=str(tmp_path / "digits.npz")))
    assert loaded.labels.tolist() == samples.labels.tolist()
    assert loaded.spec.class_names == model.spec.class_names
    with pytest.raises(ganzoo.ConfigError, match="labels"):
        model.sample(3, labels=[1, 2])
    with pytest.raises(ganzoo.ConfigError, match="no class 'seven'"):
        model.sample(3, labels="seven")
