"""Small players, batches and finite differences for the tests of this folder."""

import torch
from torch import nn

from ganzoo.core.latent import Latent
from ganzoo.core.networks import Discriminator, Generator
from ganzoo.core.objective import Batch, Players
from ganzoo.objectives import Scored


class SmoothGenerator(Generator):
    latent = Latent((2,))

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 4))

    def forward(self, latents, condition=None):
        return self.net(latents)


class SmoothDiscriminator(Discriminator):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 1))

    def forward(self, samples, condition=None):
        return self.net(samples).squeeze(1)


class LinearCritic(Discriminator):
    """D(x) = w . x, whose gradient is w everywhere."""

    def __init__(self, weight):
        super().__init__()
        self.weight = nn.Parameter(torch.as_tensor(weight))

    def forward(self, samples, condition=None):
        return (samples * self.weight).flatten(1).sum(1)


class QuadraticCritic(Discriminator):
    """D(x) = ||x||^2 / 2, whose gradient at x is x. Remembers what it was called with."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def forward(self, samples, condition=None):
        self.calls.append((samples.detach(), condition))
        return samples.square().flatten(1).sum(1) / 2


class Echo(Generator):
    """G(z) = z, so that a test chooses the fakes."""

    latent = Latent((2,))

    def forward(self, latents, condition=None):
        return latents


def smooth_players(dtype=torch.float64):
    return Players(SmoothGenerator().to(dtype), SmoothDiscriminator().to(dtype))


def batch(reals, latents, labels=None, fake_labels=None):
    return Batch(reals, labels, latents, fake_labels, torch.tensor(0))


def random_batch(count=5, dtype=torch.float64):
    return batch(torch.randn(count, 4, dtype=dtype), torch.randn(count, 2, dtype=dtype))


def scored(discriminator, reals, fakes, labels=None, fake_labels=None):
    return Scored(Players(Echo(), discriminator), batch(reals, fakes, labels, fake_labels))


def central_differences(value, parameters, step=1e-6):
    """Gradient of the float `value()` at each of the parameters, by moving one number at a time."""
    gradients = []
    with torch.no_grad():
        for parameter in parameters:
            gradient = torch.empty_like(parameter)
            for index in range(parameter.numel()):
                numbers = parameter.view(-1)
                before = numbers[index].item()
                numbers[index] = before + step
                above = value()
                numbers[index] = before - step
                below = value()
                numbers[index] = before
                gradient.view(-1)[index] = (above - below) / (2 * step)
            gradients.append(gradient)
    return gradients
