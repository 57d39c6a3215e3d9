"""VAE-GAN: encoder, decoder and adversarial losses in one backward of one player."""

import torch
from contract.probe_common import ADAM, LATENT, mlp

from ganzoo import Decay, Discriminator, EncodingGenerator, Game, Latent, Losses, Objective, Stage, two_phases
from ganzoo.objectives.functional import minimax_discriminator, non_saturating_generator

GAMMA = 0.1


class VAEGenerator(EncodingGenerator):
    def __init__(self, data):
        super().__init__()
        self.latent = Latent((LATENT,))
        self.decoder, self.encoder, self.shape = mlp(LATENT, 32, 64), mlp(64, 32, 2 * LATENT), data.shape

    def forward(self, latents, condition=None):
        return self.decoder(latents).tanh().unflatten(1, self.shape)

    def distribution(self, samples):
        return self.encoder(samples.flatten(1)).chunk(2, 1)

    def encode(self, samples, condition=None):
        return self.distribution(samples)[0]


class FeatureDiscriminator(Discriminator):
    def __init__(self):
        super().__init__()
        self.body, self.head = mlp(64, 32, 16), mlp(16, 1)

    def features(self, samples):
        return self.body(self.augment(samples).flatten(1))

    def forward(self, samples, condition=None):
        return self.head(self.features(samples)).squeeze(1)


class VAEObjective(Objective):
    def phases(self):
        return two_phases(self.discriminator_loss, self.generator_loss, generator_reals="fresh")

    def discriminator_loss(self, players, batch):
        fake = players.discriminator(players.generator(batch.latents))
        return Losses({"gan": minimax_discriminator(players.discriminator(batch.reals), fake)})

    def generator_loss(self, players, batch):
        g, d = players.generator, players.discriminator
        mean, log_variance = g.distribution(batch.reals)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        scaled = z.detach() + (z - z.detach()) / GAMMA
        reconstruction = (d.features(g(scaled)) - d.features(batch.reals).detach()).square().mean()
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean()
        gan = non_saturating_generator(d(g(z.detach()))) + non_saturating_generator(d(g(batch.latents)))
        return Losses({"reconstruction": GAMMA * reconstruction, "kl": kl, "gan": gan})


def build(config, data):
    return Game(VAEGenerator(data), FeatureDiscriminator(), VAEObjective(), ADAM, (Stage(8),), Decay(0.9))
