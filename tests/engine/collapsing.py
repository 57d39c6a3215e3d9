"""A game that is sure to collapse: its generator minimizes the spread of its own samples."""

from types import SimpleNamespace

from torch import nn

from ganzoo import (
    SGD,
    Decay,
    Discriminator,
    Game,
    Generator,
    Latent,
    Losses,
    Objective,
    Optimizers,
    Stage,
    Variant,
    VariantConfig,
    hookimpl,
    two_phases,
)


class Points(Generator):
    def __init__(self):
        super().__init__()
        self.latent = Latent((2,))
        self.layer = nn.Linear(2, 2)
        nn.init.eye_(self.layer.weight)

    def forward(self, latents, condition=None):
        return self.layer(latents)


class Judge(Discriminator):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)

    def forward(self, samples, condition=None):
        return self.layer(samples).squeeze(1)


class Shrinking(Objective):
    def phases(self):
        return two_phases(self.discriminator_loss, self.generator_loss)

    def discriminator_loss(self, players, batch):
        return Losses({"score": players.discriminator(batch.reals).square().mean()})

    def generator_loss(self, players, batch):
        return Losses({"spread": players.generator(batch.latents).var(0).sum()})


def build(config, data):
    optimizers = Optimizers({"generator": SGD(0.05), "discriminator": SGD(0.01)})
    return Game(Points(), Judge(), Shrinking(), optimizers, (Stage(config.batch_size),), Decay(0.0))


@hookimpl
def ganzoo_variants():
    here = "engine.collapsing"
    return [Variant("collapsing", "Collapses", "none", f"{here}:VariantConfig", f"{here}:build", data="vector")]


plugin = SimpleNamespace(ganzoo_variants=ganzoo_variants)
__all__ = ["VariantConfig", "build", "plugin"]
