"""One convolution is a generator here."""

import torch
from torch import nn
from torch.nn import functional

from ganzoo import (
    Adam,
    Discriminator,
    Game,
    Generator,
    Latent,
    Losses,
    Objective,
    Optimizers,
    two_phases,
)
from ganzoo.objectives import LeastSquares, minimax_discriminator, non_saturating_generator


class Translator(Generator):
    bounded = True

    def __init__(self, channels, shape, noise):
        super().__init__()
        self.latent = Latent((noise,))
        self.size = tuple(shape[1:])
        self.layer = nn.Conv2d(channels + noise, shape[0], 3, padding=1)

    def forward(self, latents, condition=None):
        source = functional.interpolate(condition, self.size)
        if self.latent.shape[0]:
            planes = latents[:, :, None, None].expand(-1, -1, *self.size)
            source = torch.cat([source, planes], 1)
        return torch.tanh(self.layer(source).float())


class Pairs(Discriminator):
    """Scores a sample beside its source."""

    def __init__(self, channels, shape):
        super().__init__()
        self.size = tuple(shape[1:])
        self.layer = nn.Conv2d(channels + shape[0], 1, 4, 2, 1)

    def forward(self, samples, condition):
        seen = torch.cat([self.augment(samples), functional.interpolate(condition, self.size)], 1)
        return self.layer(seen).flatten(1).float().mean(1)


class Translation(Objective):
    """Adversarial, and near to the target that belongs to the source."""

    def __init__(self, l1):
        self.l1 = l1

    def phases(self):
        return two_phases(self.discriminator, self.generator, generator_reals="last")

    def discriminator(self, players, batch):
        with torch.no_grad():
            fakes = players.generator(batch.latents, batch.condition)
        real = players.discriminator(batch.reals, batch.condition)
        return Losses({"gan": minimax_discriminator(real, players.discriminator(fakes, batch.condition))})

    def generator(self, players, batch):
        fakes = players.generator(batch.latents, batch.condition)
        scores = players.discriminator(fakes, batch.condition)
        distance = functional.l1_loss(fakes, batch.reals)
        return Losses({"gan": non_saturating_generator(scores), "l1": self.l1 * distance})


def build_translator(config, data):
    channels = data.source.shape[0]
    return Game(
        Translator(channels, data.shape, config.noise),
        Pairs(channels, data.shape),
        Translation(config.l1),
        Optimizers.both(Adam(config.lr, (0.5, 0.999))),
    )


class Turner(Generator):
    """There and back."""

    bounded = True

    def __init__(self, data):
        super().__init__()
        self.latent = Latent((0,))
        self.there = Translator(data.source.shape[0], data.shape, 0)
        self.back = Translator(data.channels, data.source.shape, 0)

    def forward(self, latents, condition=None):
        return self.there(latents, condition)


class Judge(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.layer = nn.Conv2d(channels, 1, 4, 2, 1)

    def forward(self, samples):
        return self.layer(samples).flatten(1).float().mean(1)


class Judges(Discriminator):
    def __init__(self, data):
        super().__init__()
        self.of_there, self.of_back = Judge(data.channels), Judge(data.source.shape[0])

    def forward(self, samples):
        return self.of_there(self.augment(samples))

    def judge_back(self, samples):
        return self.of_back(self.augment(samples))


class Turning(Objective):
    """Adversarial in both domains, and what goes there comes back."""

    def __init__(self, cycle):
        self.cycle, self.loss = cycle, LeastSquares()

    def phases(self):
        return two_phases(self.discriminators, self.generators, generator_reals="last")

    def discriminators(self, players, batch):
        g, d = players.generator, players.discriminator
        with torch.no_grad():
            there, back = g.there(batch.latents, batch.condition), g.back(batch.latents, batch.reals)
        return Losses(
            {
                "there": self.loss.discriminator(d(batch.reals), d(there)),
                "back": self.loss.discriminator(d.judge_back(batch.condition), d.judge_back(back)),
            }
        )

    def generators(self, players, batch):
        g, d = players.generator, players.discriminator
        there, back = g.there(batch.latents, batch.condition), g.back(batch.latents, batch.reals)
        home = functional.l1_loss(g.back(batch.latents, there), batch.condition)
        home = home + functional.l1_loss(g.there(batch.latents, back), batch.reals)
        scores = self.loss.generator(d(there)), self.loss.generator(d.judge_back(back))
        return Losses({"there": scores[0], "back": scores[1], "cycle": self.cycle * home})


def build_turner(config, data):
    return Game(Turner(data), Judges(data), Turning(config.cycle), Optimizers.both(Adam(config.lr, (0.5, 0.999))))
