"""PacGAN: the discriminator judges two samples at once, and gives half as many scores."""

from contract.probe_common import ADAM, LATENT, mlp
from torch import nn

from ganzoo import Discriminator, Game, Generator, Latent
from ganzoo.objectives import AdversarialObjective, NonSaturating


class PackedGenerator(Generator):
    def __init__(self, data):
        super().__init__()
        self.latent = Latent((LATENT,))
        # Batch norm and dropout: buffers and the global random state must survive a kill too.
        self.layers = nn.Sequential(
            nn.Linear(LATENT, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 64), nn.Tanh()
        )
        self.shape = data.shape

    def forward(self, latents, condition=None):
        return self.layers(latents).unflatten(1, self.shape)


class PackedDiscriminator(Discriminator):
    packing = 2

    def __init__(self):
        super().__init__()
        self.layers = mlp(64 * self.packing, 32, 1)

    def forward(self, samples, condition=None):
        return self.layers(self.augment(samples).reshape(len(samples) // self.packing, -1)).squeeze(1)


def build(config, data):
    objective = AdversarialObjective(NonSaturating(), simultaneous=True)
    return Game(PackedGenerator(data), PackedDiscriminator(), objective, ADAM)
