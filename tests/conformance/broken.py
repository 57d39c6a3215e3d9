"""A variant that can be broken in one way at a time."""

import math
import sys
from typing import ClassVar, Literal

import torch
from torch import nn

from ganzoo import (
    Adam,
    Discriminator,
    EncodingGenerator,
    Game,
    HalfLife,
    Latent,
    Losses,
    Objective,
    Optimizers,
    Variant,
    VariantConfig,
    two_phases,
)
from ganzoo.objectives import minimax_discriminator, non_saturating_generator

FAULTS = {
    "none": ("", ""),
    "flat": ("shapes", "samples of shape"),
    "double": ("shapes", "came as float64"),
    "raising": ("shapes", "raised ZeroDivisionError: division by zero in conformance/broken.py line"),
    "leaving": ("shapes", "raised SystemExit: 3 in conformance/broken.py line"),
    "bounded": ("range", "declares bounded"),
    "dead": ("gradients", "reaches generator.spare.weight"),
    "shared": ("gradients", "left gradients in"),
    "infinite": ("gradients", "infinite or NaN"),
    "sum": ("gradients", "take its mean"),
    "half": ("bf16", "came as bfloat16"),
    "unsaved": ("state", "persistent=False"),
    "listed": ("state", "plain attributes, parts"),
    "counter": ("round-trip", "has other losses, discriminator/gan"),
    "tied": ("round-trip", "give each name a tensor of its own"),
    "unseeded": ("seeds", "the same seed gave other first weights"),
    "reseeding": ("seeds", "another seed gave the same"),
    "noisy": ("seeds", "the same weights and latents gave other samples"),
    "batch": ("batch-size", "one by one differ"),
    "codes": ("encoding", "encode gave"),
    "label_blind": ("labels", "makes the same of each"),
    "unaugmented": ("augment", "sees images that did not pass through augment"),
    "around": ("augment", "no loss passes an image through BrokenDiscriminator.augment"),
    "frozen": ("training", "changed nothing of the generator"),
    "remembering": ("resume", "was resumed ended elsewhere"),
    "branch": ("onnx", "cannot be exported: torch's exporter does not take"),
}
"""The check that finds each, and what it says."""


class BrokenConfig(VariantConfig):
    fault: Literal[tuple(FAULTS)] = "none"
    small: ClassVar = {}


class BrokenGenerator(EncodingGenerator):
    def __init__(self, fault, data):
        super().__init__()
        self.latent, self.fault, self.shape = Latent((4,)), fault, data.shape
        if fault == "reseeding":
            torch.manual_seed(0)
        self.bounded, size = True, math.prod(data.shape)
        self.layer, self.encoder, self.table = nn.Linear(4, size), nn.Linear(size, 4), nn.Embedding(3, 4)
        self.norm = nn.BatchNorm1d(size)
        if fault == "dead":
            self.spare = nn.Linear(2, 2)
        if fault == "unsaved":
            self.register_buffer("scale", torch.ones(1), persistent=False)
        if fault == "listed":
            self.parts = [nn.Linear(2, 2)]
        if fault == "unseeded":
            torch.seed()
            nn.init.normal_(self.layer.weight)
        if fault == "tied":
            self.register_buffer("one", torch.ones(2))
            self.register_buffer("other", self.one)

    def forward(self, latents, condition=None):
        weight = 0.0 if self.fault == "label_blind" else 1.0
        made = self.norm(self.layer(latents + weight * self.table(condition)))
        made = made if self.fault == "bounded" else made.tanh()
        if self.fault == "noisy" and not self.training:
            made = made * (1 - 0.1 * torch.rand(1, generator=NOISE))
        if self.fault == "branch" and made.abs().max() > 2:
            made = made / 2
        if self.fault == "batch":
            made = (made - made.mean(0)) / 2
        if self.fault == "double":
            made = made.double()
        return made if self.fault == "flat" else made.unflatten(1, self.shape)

    def encode(self, samples, condition=None):
        codes = self.encoder(samples.flatten(1))
        return codes[:, :2] if self.fault == "codes" else codes


NOISE = torch.Generator()


class BrokenDiscriminator(Discriminator):
    def __init__(self, fault, data, generator):
        super().__init__()
        self.layer, self.fault = nn.Linear(math.prod(data.shape), 1), fault
        if fault == "shared":
            self.table = generator.table

    def forward(self, samples, condition=None):
        seen = samples if self.fault == "unaugmented" else self.augment(samples)
        return self.layer(seen.flatten(1).float()).squeeze(1)


class BrokenObjective(Objective):
    def __init__(self, fault):
        self.fault, self.calls, self.mean = fault, 0, 0.0

    def phases(self):
        return two_phases(self.discriminator_loss, self.generator_loss, generator_reals="fresh")

    def score(self, players, samples):
        discriminator = players.discriminator
        around = self.fault == "around"
        return discriminator.layer(samples.flatten(1).float()).squeeze(1) if around else discriminator(samples)

    def discriminator_loss(self, players, batch):
        self.calls += 1
        real = self.score(players, batch.reals)
        fake = self.score(players, players.generator(batch.latents, batch.fake_condition))
        loss = minimax_discriminator(real.float(), fake.float())
        if self.fault == "counter":
            loss = loss * self.calls
        if self.fault == "remembering":
            self.mean = 0.5 * self.mean + 0.5 * fake.detach().float().mean()
            loss = loss + (real.float().mean() - self.mean).square() * (self.calls > 3)
        if self.fault == "sum":
            loss = loss + real.float()
        return Losses({"gan": loss})

    def generator_loss(self, players, batch):
        generator = players.generator
        fake = self.score(players, generator(batch.latents, batch.fake_condition))
        codes = generator.encode(batch.reals)
        terms = {"gan": non_saturating_generator(fake.float()), "codes": codes.float().square().mean()}
        if self.fault in ("half", "infinite"):
            terms["codes"] = codes.mean() if self.fault == "half" else codes.float().mean() / 0.0
        return Losses({name: 0.0 * term if self.fault == "frozen" else term for name, term in terms.items()})


def build(config, data):
    if config.fault == "raising":
        print(1 / 0)
    if config.fault == "leaving":
        sys.exit(3)
    generator = BrokenGenerator(config.fault, data)
    discriminator = BrokenDiscriminator(config.fault, data, generator)
    adam = Adam(1e-3)
    return Game(generator, discriminator, BrokenObjective(config.fault), Optimizers.both(adam), ema=HalfLife(10))


VARIANT = Variant(
    "broken",
    "Broken on purpose",
    "none",
    "conformance.broken:BrokenConfig",
    "conformance.broken:build",
    labels="required",
    encodes=True,
)
