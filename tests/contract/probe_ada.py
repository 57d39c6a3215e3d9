"""ADA by hand (arXiv:2006.06676): an augmentation whose probability follows D's scores of reals."""

from dataclasses import replace

import torch
from contract.probe_common import ADAM, LATENT, mlp
from torch import nn

from ganzoo import Discriminator, Game, Generator, Latent, Losses, Objective
from ganzoo.objectives import R1, AdversarialObjective, NonSaturating

TARGET, ADJUSTED_IN_IMAGES = 0.6, 500


class Adaptive(nn.Module):
    """Flips and brightens each image with probability p. It is the objective's state too: p, and the mean sign."""

    def __init__(self):
        super().__init__()
        self.register_buffer("p", torch.full((), 0.1))
        self.register_buffer("sign", torch.zeros(()))

    def forward(self, images):
        flips, brightens = (torch.rand(2, len(images), 1, 1, 1, device=images.device) < self.p).unbind()
        flipped = torch.where(flips, images.flip(3), images)
        return flipped + brightens * 0.4 * torch.randn(len(images), 1, 1, 1, device=images.device)


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


class AdaptiveObjective(Objective):
    def __init__(self):
        self.adversarial = AdversarialObjective(NonSaturating(), R1(1.0))

    def phases(self):
        discriminator, generator = self.adversarial.phases()
        return (replace(discriminator, loss=self.discriminator_loss, after=self.adapt), generator)

    def discriminator_loss(self, players, batch):
        losses = self.adversarial.discriminator_loss(players, batch)
        players.auxiliary.sign.lerp_(2.0 * losses.measures["real_accuracy"] - 1.0, 0.25)
        return Losses(losses.terms, {**losses.measures, "p": players.auxiliary.p.clone()})

    def adapt(self, players, batch):
        ada = players.auxiliary
        ada.p.add_((ada.sign - TARGET).sign() * len(batch.reals) / ADJUSTED_IN_IMAGES).clamp_(0.0, 1.0)


def build(config, data):
    discriminator, ada = PlainDiscriminator(), Adaptive()
    discriminator.set_augmentation(ada)
    return Game(PlainGenerator(data), discriminator, AdaptiveObjective(), ADAM, auxiliary=ada)
