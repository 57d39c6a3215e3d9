"""Projected GANs (arXiv:2111.01007): D judges features of a frozen network, patch by patch and at two scales."""

import torch
from contract.probe_common import ADAM, LATENT, mlp
from torch import nn
from torch.nn.functional import leaky_relu

from ganzoo import Discriminator, Game, Generator, Latent, Losses, Objective, two_phases
from ganzoo.objectives import Hinge, over_scales


class Features(nn.Module):
    """Maps of 8 x 8 and 4 x 4 pixels. Stands for a trained network: its weights are the same in each process."""

    def __init__(self):
        super().__init__()
        self.fine, self.coarse = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 4, 2, 1)
        fixed = torch.Generator().manual_seed(0)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0.0, 0.3, generator=fixed)

    def forward(self, images):
        fine = leaky_relu(self.fine(images), 0.2)
        return fine, leaky_relu(self.coarse(fine), 0.2)


class PlainGenerator(Generator):
    def __init__(self, data):
        super().__init__()
        self.latent, self.layers, self.shape = Latent((LATENT,)), mlp(LATENT, 32, 64), data.shape

    def forward(self, latents, condition=None):
        return self.layers(latents).tanh().unflatten(1, self.shape)


class Heads(Discriminator):
    """A map of scores for each scale of features."""

    def __init__(self):
        super().__init__()
        self.heads = nn.ModuleList([nn.Conv2d(4, 1, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1)])

    def forward(self, samples, features):
        maps = features(self.augment(samples))
        return tuple(head(scale) for head, scale in zip(self.heads, maps, strict=True))


class Projected(Objective):
    loss = Hinge()

    def phases(self):
        return two_phases(self.discriminator, self.generator)

    def discriminator(self, players, batch):
        with torch.no_grad():
            fakes = players.generator(batch.latents)
        features = players.frozen["features"]
        real, fake = players.discriminator(batch.reals, features), players.discriminator(fakes, features)
        return Losses({"adversarial": over_scales(self.loss.discriminator, real, fake)})

    def generator(self, players, batch):
        fake = players.discriminator(players.generator(batch.latents), players.frozen["features"])
        return Losses({"adversarial": over_scales(self.loss.generator, fake)})


def build(config, data):
    return Game(PlainGenerator(data), Heads(), Projected(), ADAM, frozen={"features": Features()})
