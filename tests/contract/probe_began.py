"""BEGAN (arXiv:1703.10717): D is an autoencoder, and a balance k between its two losses moves with each step."""

import torch
from contract.probe_common import LATENT, mlp
from torch import nn

from ganzoo import Adam, Discriminator, Game, Generator, Latent, LinearDecay, Losses, Objective, Optimizers, two_phases

GAMMA, RATE = 0.5, 0.05


class Decoder(Generator):
    def __init__(self, data):
        super().__init__()
        self.latent, self.layers, self.shape = Latent((LATENT,), "uniform"), mlp(LATENT, 32, 64), data.shape

    def forward(self, latents, condition=None):
        return self.layers(latents).tanh().unflatten(1, self.shape)


class AutoEncoder(Discriminator):
    """Scores are minus the error of each sample, so that higher is more real."""

    def __init__(self):
        super().__init__()
        self.layers = mlp(64, 16, 4, 16, 64)

    def forward(self, samples, condition=None):
        seen = self.augment(samples).flatten(1)
        return -(self.layers(seen) - seen).abs().mean(1)


class Balance(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("k", torch.zeros(()))
        self.register_buffer("difference", torch.zeros(()))


class BEGAN(Objective):
    def phases(self):
        return two_phases(self.discriminator, self.generator, after_discriminator_step=self.balance)

    def discriminator(self, players, batch):
        with torch.no_grad():
            fakes = players.generator(batch.latents)
        real, fake = -players.discriminator(batch.reals).mean(), -players.discriminator(fakes).mean()
        state = players.auxiliary
        difference = (GAMMA * real - fake).detach()
        state.difference.copy_(difference)
        return Losses({"real": real, "fake": -state.k * fake}, {"convergence": real.detach() + difference.abs()})

    def generator(self, players, batch):
        return Losses({"energy": -players.discriminator(players.generator(batch.latents)).mean()})

    def balance(self, players, batch):
        players.auxiliary.k.add_(RATE * players.auxiliary.difference).clamp_(0.0, 1.0)


def build(config, data):
    adam = Adam(1e-3, (0.5, 0.999), schedule=LinearDecay(40, 200, 0.1))
    return Game(Decoder(data), AutoEncoder(), BEGAN(), Optimizers.both(adam), auxiliary=Balance())
