"""Networks."""

from math import prod

from torch import nn

import ganzoo.objectives
from ganzoo import Adam, DataSpec, Game, Latent, Optimizers, layers
from ganzoo_mygan.config import MyConfig


def build(config: MyConfig, data: DataSpec) -> Game:
    size, adam = prod(data.shape), Adam(config.lr, (0.5, 0.999))
    ends = [nn.Tanh(), nn.Unflatten(1, data.shape)]
    maker = nn.Sequential(nn.Linear(4, config.width), nn.ReLU(), nn.Linear(config.width, size), *ends)
    judge = nn.Sequential(nn.Flatten(), nn.Linear(size, config.width), nn.ReLU(), nn.Linear(config.width, 1))
    return Game(
        generator=layers.SequentialGenerator(Latent((4,)), maker),
        discriminator=layers.SequentialDiscriminator(judge),
        objective=ganzoo.objectives.AdversarialObjective(ganzoo.objectives.NonSaturating()),
        optimizers=Optimizers.both(adam),
    )
