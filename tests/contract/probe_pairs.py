"""BiGAN: the discriminator judges pairs (x, E(x)) and (G(z), z)."""

import torch
from contract.probe_common import ADAM, LATENT, mlp

from ganzoo import Discriminator, EncodingGenerator, Game, Latent, Losses, Objective, two_phases
from ganzoo.objectives.functional import minimax_discriminator, non_saturating_generator


class PairsGenerator(EncodingGenerator):
    def __init__(self, data):
        super().__init__()
        self.latent = Latent((LATENT,), "uniform")
        self.decoder, self.encoder, self.shape = mlp(LATENT, 32, 64), mlp(64, 32, LATENT), data.shape

    def forward(self, latents, condition=None):
        return self.decoder(latents).tanh().unflatten(1, self.shape)

    def encode(self, samples, condition=None):
        return self.encoder(samples.flatten(1))


class PairsDiscriminator(Discriminator):
    def __init__(self):
        super().__init__()
        self.layers = mlp(64 + LATENT, 32, 1)

    def forward(self, samples, latents):
        return self.layers(torch.cat([self.augment(samples).flatten(1), latents], 1)).squeeze(1)


class PairsObjective(Objective):
    def phases(self):
        return two_phases(self.discriminator_loss, self.generator_loss, generator_reals="fresh")

    def _scores(self, players, batch):
        real = players.discriminator(batch.reals, players.generator.encode(batch.reals))
        return real, players.discriminator(players.generator(batch.latents), batch.latents)

    def discriminator_loss(self, players, batch):
        real, fake = self._scores(players, batch)
        return Losses({"pairs": minimax_discriminator(real, fake)}, {"real_score": real.mean()})

    def generator_loss(self, players, batch):
        real, fake = self._scores(players, batch)
        return Losses({"fake": non_saturating_generator(fake), "real": non_saturating_generator(-real)})


def build(config, data):
    return Game(PairsGenerator(data), PairsDiscriminator(), PairsObjective(), ADAM)
