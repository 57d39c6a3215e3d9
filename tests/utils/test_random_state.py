"""What draws inside of the guard changes nothing outside of it."""

import random

import numpy
import pytest
import torch

from ganzoo.utils.random_state import own_random_states


def draw():
    return random.random(), float(numpy.random.rand()), float(torch.rand(()))


@pytest.mark.parametrize("device", [None, torch.device("cpu")])
@pytest.mark.parametrize("fails", [False, True])
def test_all_three_states_are_put_back(device, fails):
    for seed in (random.seed, numpy.random.seed, torch.manual_seed):
        seed(7)
    expected = [draw(), draw()]
    for seed in (random.seed, numpy.random.seed, torch.manual_seed):
        seed(7)
    assert draw() == expected[0]
    try:
        with own_random_states(device):
            assert draw() == expected[1]
            torch.manual_seed(1)
            if fails:
                raise KeyError
    except KeyError:
        pass
    assert draw() == expected[1]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_is_put_back_too():
    device = torch.device("cuda")
    torch.cuda.manual_seed(7)
    expected = torch.rand(3, device=device)
    torch.cuda.manual_seed(7)
    with own_random_states(device):
        torch.rand(3, device=device)
    assert torch.equal(torch.rand(3, device=device), expected)
