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
    "quiet_labels": ("", ""),
    "flat": ("shapes", "samples of shape"),
    "double": ("shapes", "came as float64"),
    "raising": ("shapes", "raised ZeroDivisionError: division by zero in conformance/broken.py line"),
    "leaving": ("shapes", "raised SystemExit: 3 in conformance/broken.py line"),
    "bounded": ("range", "declares bounded"),
    "dead": ("gradients", "reaches generator.spare.weight"),
    "shared": ("gradients", "left gradients in"),
    "infinite": ("gradients", "infinite or NaN"),
    "item": ("gradients", "the phase 'generator' asks for a value by Tensor.item in conformance/broken.py line"),
    "values": ("gradients", "asks for a value by Tensor.__bool__ in conformance/broken.py line"),
    "sum": ("gradients", "take its mean"),
    "half": ("bf16", "came as bfloat16"),
    "unsaved": ("state", "persistent=False"),
    "listed": ("state", "plain attributes, parts"),
    "private": ("state", "plain attributes, _parts"),
    "counter": ("gradients", "the phase 'discriminator' changed BrokenObjective's calls (0, then 1)"),
    "remembering": ("gradients", "changed BrokenObjective's mean (0.0, then 0.5)"),
    "periodic": ("gradients", "changed BrokenObjective's _round.0 (0, then 1)"),
    "late": ("training", "a round changed BrokenObjective's _round.0 (0, then 1)"),
    "tied": ("round-trip", "give each name a tensor of its own"),
    "unseeded": ("seeds", "the same seed gave other first weights"),
    "reseeding": ("seeds", "another seed gave the same"),
    "noisy": ("seeds", "the same weights and latents gave other samples"),
    "batch": ("batch-size", "one by one differ"),
    "codes": ("encoding", "encode gave"),
    "label_blind": ("labels", "makes the same of each"),
    "unaugmented": ("augment", "sees images that did not pass through augment"),
    "around": ("augment", "no loss passes an image through BrokenDiscriminator.augment"),
    "printing": ("trace", "the phase 'discriminator' cannot be traced whole, Unsupported"),
    "frozen": ("training", "changed nothing of the generator"),
    "thieving": ("training", "`after` of the phase 'discriminator' moved generator.layer.weight"),
    "pushing": ("training", "the loss of the phase 'generator' moved discriminator.layer.weight"),
    "thawed": ("training", "training changed the frozen judge.weight"),
    "elsewhere": ("resume", "was resumed ended elsewhere"),
    "counting": ("resume", "after a resume the discriminator's passes ("),
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
        if fault == "quiet_labels":
            nn.init.zeros_(self.table.weight)
        if fault == "dead":
            self.spare = nn.Linear(2, 2)
        if fault == "unsaved":
            self.register_buffer("scale", torch.ones(1), persistent=False)
        if fault == "listed":
            self.parts = [nn.Linear(2, 2)]
        if fault == "private":
            self._parts = (nn.Linear(2, 2),)
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
        if self.fault == "branch" and not self.training and made.abs().max() > 2:
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
ELSEWHERE = []
"""Of the whole process, where nobody looks."""


class BrokenDiscriminator(Discriminator):
    def __init__(self, fault, data, generator):
        super().__init__()
        self.layer, self.fault = nn.Linear(math.prod(data.shape), 1), fault
        self.passes = 0
        if fault == "shared":
            self.table = generator.table

    def forward(self, samples, condition=None):
        self.passes += self.fault == "counting"
        seen = samples if self.fault == "unaugmented" else self.augment(samples)
        return self.layer(seen.flatten(1).float()).squeeze(1)


class BrokenObjective(Objective):
    def __init__(self, fault):
        self.fault, self.calls, self.mean, self._round = fault, 0, 0.0, [0]

    def phases(self):
        after = {"thieving": self.steal, "late": self.count}.get(self.fault)
        return two_phases(
            self.discriminator_loss, self.generator_loss, generator_reals="fresh", after_discriminator_step=after
        )

    def count(self, players, batch):
        self._round[0] = (self._round[0] + 1) % 4

    def steal(self, players, batch):
        players.generator.layer.weight.data.mul_(0.99)

    def score(self, players, samples):
        discriminator = players.discriminator
        around = self.fault == "around"
        return discriminator.layer(samples.flatten(1).float()).squeeze(1) if around else discriminator(samples)

    def discriminator_loss(self, players, batch):
        if self.fault == "counter":
            self.calls += 1
        if self.fault == "printing":
            print("a step", file=sys.stderr)
        if self.fault == "periodic":
            self.count(players, batch)
        if self.fault == "elsewhere":
            ELSEWHERE.append(1)
        real = self.score(players, batch.reals)
        fake = self.score(players, players.generator(batch.latents, batch.fake_condition))
        loss = minimax_discriminator(real.float(), fake.float())
        if self.fault == "counter":
            loss = loss * self.calls
        if self.fault == "remembering":
            self.mean = 0.5 * self.mean + 0.5
        if self.fault == "elsewhere":
            loss = loss * (1 + (batch.images > 0) * (len(ELSEWHERE) % 5))
        if self.fault == "sum":
            loss = loss + real.float()
        return Losses({"gan": loss})

    def generator_loss(self, players, batch):
        generator = players.generator
        fake = self.score(players, generator(batch.latents, batch.fake_condition))
        codes = generator.encode(batch.reals, batch.condition)
        if self.fault == "pushing":
            players.discriminator.layer.weight.data.add_(0.01)
        if self.fault == "thawed":
            players.frozen["judge"].weight.data.add_(0.01)
        if self.fault == "item":
            codes = codes * codes.detach().mean().item()
        if self.fault == "values" and codes.mean() > 0:
            codes = 2 * codes
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
    return Game(
        generator,
        discriminator,
        BrokenObjective(config.fault),
        Optimizers.both(Adam(1e-3)),
        ema=HalfLife(10),
        frozen={"judge": nn.Linear(2, 2)},
    )


VARIANT = Variant(
    "broken",
    "Broken on purpose",
    "none",
    "conformance.broken:BrokenConfig",
    "conformance.broken:build",
    labels="required",
    encodes=True,
)
