"""Optimizers from recipes: the right torch class, learning rates, and a state that survives."""

import pytest
import safetensors.torch
import torch
from torch import nn

from ganzoo import SGD, Adam, CosineDecay, LinearDecay, RMSprop
from ganzoo.engine.optimizers import GroupOptimizer
from ganzoo.errors import CheckpointError

RECIPES = {
    "adam": Adam(1e-2, (0.5, 0.9)),
    "adam-integer-beta": Adam(1e-2, (0, 0.9)),
    "adamw": Adam(1e-2, weight_decay=0.1),
    "rmsprop": RMSprop(1e-2),
    "rmsprop-momentum": RMSprop(1e-2, alpha=0.9, momentum=0.5),
    "sgd": SGD(1e-2),
    "sgd-momentum": SGD(1e-2, momentum=0.9, nesterov=True),
}
REFERENCES = {
    "adam": lambda p: torch.optim.Adam(p, 1e-2, (0.5, 0.9)),
    "adamw": lambda p: torch.optim.AdamW(p, 1e-2, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 1e-2),
    "rmsprop-momentum": lambda p: torch.optim.RMSprop(p, 1e-2, alpha=0.9, momentum=0.5),
    "sgd": lambda p: torch.optim.SGD(p, 1e-2),
    "sgd-momentum": lambda p: torch.optim.SGD(p, 1e-2, momentum=0.9, nesterov=True),
}


def network():
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 1))
    layers.add_module("unused", nn.Linear(2, 2))
    return layers.to(memory_format=torch.channels_last)


def optimizer_of(layers, recipe):
    return GroupOptimizer(dict(layers.named_parameters()), recipe)


def train(layers, optimizer, first, last):
    for step in range(first, last):
        optimizer.zero_grad()
        inputs = torch.randn(5, 3, 4, 4, generator=torch.Generator().manual_seed(step))
        layers[:4](inputs).square().mean().backward()
        optimizer.step()


@pytest.mark.parametrize("name", REFERENCES)
def test_steps_equal_those_of_torch(name):
    ours, theirs = network(), network()
    optimizer = optimizer_of(ours, RECIPES[name])
    train(ours, optimizer, 0, 5)
    train(theirs, REFERENCES[name](theirs.parameters()), 0, 5)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", RECIPES)
def test_the_state_survives_a_file_bit_for_bit(name, tmp_path):
    whole = network()
    train(whole, optimizer_of(whole, RECIPES[name]), 0, 10)

    first = network()
    before = optimizer_of(first, RECIPES[name])
    train(first, before, 0, 5)
    tensors = {key: value.contiguous().clone() for key, value in before.state().items()}
    assert not any(key.startswith("unused") for key in tensors)
    safetensors.torch.save_file(tensors, tmp_path / "state.safetensors")

    second = network()
    second.load_state_dict({key: value.contiguous().clone() for key, value in first.state_dict().items()})
    after = optimizer_of(second, RECIPES[name])
    after.load_state(safetensors.torch.load_file(tmp_path / "state.safetensors"))
    train(second, after, 5, 10)
    for key, value in whole.state_dict().items():
        assert torch.equal(value, second.state_dict()[key]), key


def test_the_state_is_needed():
    """Without it the continuation differs, so the test above can fail."""
    whole, broken = network(), network()
    train(whole, optimizer_of(whole, RECIPES["adam"]), 0, 10)
    train(broken, optimizer_of(broken, RECIPES["adam"]), 0, 5)
    train(broken, optimizer_of(broken, RECIPES["adam"]), 5, 10)
    assert not torch.equal(whole[0].weight, broken[0].weight)


def test_a_state_of_another_network_is_refused():
    with pytest.raises(CheckpointError, match=r"'body\.weight', which the network has not"):
        optimizer_of(network(), RECIPES["adam"]).load_state({"body.weight/exp_avg": torch.zeros(1)})


def test_reset_forgets_the_state_and_keeps_the_weights():
    layers = network()
    optimizer = optimizer_of(layers, RECIPES["adam"])
    train(layers, optimizer, 0, 3)
    weight = layers[0].weight.clone()
    optimizer.reset()
    assert optimizer.state() == {}
    assert torch.equal(layers[0].weight, weight)
    # Adam's first step has length lr in every coordinate, whatever the gradient; later ones have not.
    train(layers, optimizer, 3, 4)
    moved = (layers[0].weight - weight).abs()
    torch.testing.assert_close(moved, torch.full_like(moved, 1e-2), rtol=1e-3, atol=0)


def test_frozen_parameters_are_left_out():
    layers = network()
    layers[0].weight.requires_grad_(False)
    optimizer = optimizer_of(layers, RECIPES["adam"])
    assert "0.weight" not in optimizer.names
    assert len(optimizer.names) == len(optimizer.parameters) == len(list(layers.parameters())) - 1


def lr_of(optimizer):
    (group,) = optimizer.optimizer.param_groups
    return group["lr"]


def test_learning_rates_of_stage_and_schedule():
    optimizer = optimizer_of(network(), Adam(0.1, schedule=LinearDecay(100, 200)))
    optimizer.set_lr(None, 50)
    assert lr_of(optimizer) == 0.1
    optimizer.set_lr(None, 150)
    assert lr_of(optimizer) == pytest.approx(0.05)
    optimizer.set_lr(0.4, 150)
    assert lr_of(optimizer) == pytest.approx(0.2)
    optimizer.set_lr(None, 500)
    assert lr_of(optimizer) == 0.0
    optimizer.set_lr(0.0, 0)
    assert lr_of(optimizer) == 0.0


@pytest.mark.parametrize(
    ("images", "factor"), [(0, 1.0), (100, 1.0), (125, 0.85), (150, 0.7), (200, 0.4), (10_000, 0.4)]
)
def test_linear_decay(images, factor):
    assert LinearDecay(100, 200, final=0.4)(images) == pytest.approx(factor)


@pytest.mark.parametrize(
    # 0.2 + 0.8 * (1 + cos(pi * share)) / 2, with the cosines of 60 and 120 degrees.
    ("images", "factor"),
    [(0, 1.0), (100, 0.2 + 0.8 * 0.75), (150, 0.6), (200, 0.2 + 0.8 * 0.25), (300, 0.2), (9_000, 0.2)],
)
def test_cosine_decay(images, factor):
    assert CosineDecay(300, final=0.2)(images) == pytest.approx(factor)
