"""Micro-batches: PacGAN's packs of two, in four parts of a batch of eight, whose gradients are accumulated."""

from contract.probe_common import ADAM
from contract.probe_packed import PackedDiscriminator, PackedGenerator

from ganzoo import Game, Stage
from ganzoo.objectives import AdversarialObjective, NonSaturating


def build(config, data):
    stage = Stage(8, micro_batches=4)
    return Game(PackedGenerator(data), PackedDiscriminator(), AdversarialObjective(NonSaturating()), ADAM, (stage,))
