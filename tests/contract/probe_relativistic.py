"""R3GAN: a relativistic pairing loss with R1 and R2, conditional, both players updated at once."""

import torch
from contract.probe_common import LATENT, mlp
from torch import nn

from ganzoo import Adam, CosineDecay, Discriminator, Game, Generator, Latent, LinearDecay, Optimizers
from ganzoo.objectives import R1, R2, AdversarialObjective, Relativistic


class LabeledGenerator(Generator):
    def __init__(self, data):
        super().__init__()
        self.latent, self.shape = Latent((LATENT,)), data.shape
        self.embedding, self.layers = nn.Embedding(data.classes, LATENT), mlp(2 * LATENT, 32, 64)

    def forward(self, latents, condition=None):
        return self.layers(torch.cat([latents, self.embedding(condition)], 1)).tanh().unflatten(1, self.shape)


class LabeledDiscriminator(Discriminator):
    def __init__(self, data):
        super().__init__()
        self.embedding, self.layers = nn.Embedding(data.classes, LATENT), mlp(64 + LATENT, 32, 1)

    def forward(self, samples, condition=None):
        return self.layers(torch.cat([self.augment(samples).flatten(1), self.embedding(condition)], 1)).squeeze(1)


def build(config, data):
    objective = AdversarialObjective(Relativistic(), R1(1.0), R2(1.0), simultaneous=True)
    optimizers = Optimizers(
        {
            "generator": Adam(2e-3, (0.0, 0.99), schedule=CosineDecay(200)),
            "discriminator": Adam(2e-3, (0.0, 0.99), weight_decay=1e-4, schedule=LinearDecay(40, 200)),
        }
    )
    players = LabeledGenerator(data), LabeledDiscriminator(data)
    return Game(*players, objective, optimizers)
