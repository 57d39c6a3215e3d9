"""The discriminator is trained alone first; then WGAN with its early critic schedule and clipping."""

from contract.probe_common import LATENT, mlp

from ganzoo import (
    Discriminator,
    Game,
    Generator,
    Latent,
    Losses,
    Objective,
    Optimizers,
    Phase,
    RMSprop,
    Stage,
)
from ganzoo.objectives import AdversarialObjective, Wasserstein, WeightClip


class PlainGenerator(Generator):
    def __init__(self, data):
        super().__init__()
        self.latent, self.layers, self.shape = Latent((LATENT,)), mlp(LATENT, 32, 64), data.shape

    def forward(self, latents, condition=None):
        return self.layers(latents).tanh().unflatten(1, self.shape)


class PlainDiscriminator(Discriminator):
    def __init__(self):
        super().__init__()
        self.layers = mlp(64, 32, 1)

    def forward(self, samples, condition=None):
        return self.layers(self.augment(samples).flatten(1)).squeeze(1)


class BrightnessRegression(Objective):
    """Squared error against a known function of the samples, as the toy's against a density."""

    def phases(self):
        return (Phase("discriminator", self.loss, ("discriminator",), counts=True),)

    def loss(self, players, batch):
        target = batch.reals.flatten(1).mean(1)
        return Losses({"regression": (players.discriminator(batch.reals) - target).square().mean()})


def early_schedule(round):
    return 3 if round < 2 else 2


def build(config, data):
    stages = (
        Stage(8, images=32, objective=BrightnessRegression()),
        Stage(8, reset_optimizers=True),
    )
    objective = AdversarialObjective(Wasserstein(), WeightClip(0.05), discriminator_steps=early_schedule)
    optimizers = Optimizers({"generator": RMSprop(1e-3), "discriminator": RMSprop(1e-3, momentum=0.5)})
    return Game(PlainGenerator(data), PlainDiscriminator(), objective, optimizers, stages)
