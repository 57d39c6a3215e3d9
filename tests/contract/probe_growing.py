"""Growth over two levels with a fade, under a gradient penalty, with the optimizers reset."""

import torch
from contract.probe_common import ADAM, LATENT
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from ganzoo import Decay, Discriminator, Game, Generator, Latent, Stage
from ganzoo.objectives import AdversarialObjective, Drift, GradientPenalty, Wasserstein


class GrowingGenerator(Generator):
    def __init__(self):
        super().__init__()
        self.latent = Latent((LATENT,))
        self.base, self.block = nn.Linear(LATENT, 16 * 16), nn.Conv2d(16, 16, 3, padding=1)
        self.to_image4, self.to_image8 = nn.Conv2d(16, 1, 1), nn.Conv2d(16, 1, 1)

    def enter_stage(self, resolution, fade):
        self.resolution, self.fade = resolution, fade

    def forward(self, latents, condition=None):
        maps = leaky_relu(self.base(latents).unflatten(1, (16, 4, 4)), 0.2)
        if self.resolution == 4:
            return self.to_image4(maps)
        maps = interpolate(maps, scale_factor=2)
        return torch.lerp(self.to_image8(leaky_relu(self.block(maps), 0.2)), self.to_image4(maps), self.fade)


class GrowingDiscriminator(Discriminator):
    def __init__(self):
        super().__init__()
        self.from_image4, self.from_image8 = nn.Conv2d(1, 16, 1), nn.Conv2d(1, 16, 1)
        self.block, self.head = nn.Conv2d(16, 16, 3, padding=1), nn.Linear(16 * 16, 1)

    def enter_stage(self, resolution, fade):
        self.resolution, self.fade = resolution, fade

    def forward(self, samples, condition=None):
        samples = self.augment(samples)
        if self.resolution == 4:
            maps = leaky_relu(self.from_image4(samples), 0.2)
        else:
            fine = avg_pool2d(leaky_relu(self.block(leaky_relu(self.from_image8(samples), 0.2)), 0.2), 2)
            maps = torch.lerp(fine, leaky_relu(self.from_image4(avg_pool2d(samples, 2)), 0.2), self.fade)
        return self.head(maps.flatten(1)).squeeze(1)


def build(config, data):
    stages = (
        Stage(8, images=32, resolution=4),
        Stage(4, images=16, resolution=8, fade_images=16, reset_optimizers=True, lr={"discriminator": 5e-4}),
        Stage(4, resolution=8, reset_optimizers=True),
    )
    objective = AdversarialObjective(Wasserstein(), GradientPenalty(10.0), Drift(1e-3))
    return Game(GrowingGenerator(), GrowingDiscriminator(), objective, ADAM, stages, Decay(0.99))
