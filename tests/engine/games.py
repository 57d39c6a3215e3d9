"""Small games that say what a round can be: lazy phases, several networks in one, state, groups, micro-batches."""

import torch
from torch import nn

from ganzoo import (
    SGD,
    Adam,
    DataSpec,
    Decay,
    Discriminator,
    Game,
    Generator,
    HalfLife,
    Latent,
    Losses,
    Objective,
    Optimizers,
    Phase,
    Stage,
    two_phases,
)
from ganzoo.objectives import (
    R1,
    AdversarialObjective,
    Lazy,
    NonSaturating,
    Wasserstein,
    WeightClip,
    non_saturating_generator,
)

SPEC = DataSpec("points", (3,), 64, kind="vector")
ADAM = Optimizers.both(Adam(1e-2, (0.5, 0.9)))


class Points(Generator):
    """Two layers with a batch norm between, so that buffers are there to be averaged."""

    def __init__(self):
        super().__init__()
        self.latent = Latent((2,))
        self.mapping, self.synthesis = nn.Linear(2, 5), nn.Sequential(nn.BatchNorm1d(5), nn.Tanh(), nn.Linear(5, 3))

    def forward(self, latents, condition=None):
        return self.synthesis(self.mapping(latents))


class Judge(Discriminator):
    def __init__(self, inputs=3):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(inputs, 6), nn.Tanh(), nn.Linear(6, 1))

    def forward(self, samples, condition=None):
        return self.layers(samples).squeeze(1)


class Pair(Generator):
    """Two generators in one, as CycleGAN has them: there, and back."""

    def __init__(self):
        super().__init__()
        self.latent = Latent((3,))
        self.there, self.back = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, latents, condition=None):
        return self.there(latents)


class PairOfJudges(Discriminator):
    def __init__(self):
        super().__init__()
        self.of_there, self.of_back = Judge(), Judge()

    def forward(self, samples, condition=None):
        return self.of_there(samples)


class Cycle(Objective):
    """Both directions at once; the second domain is the latents."""

    def phases(self):
        return (
            Phase("generators", self.generators, ("generator",), reals="fresh"),
            Phase(
                "discriminators", self.discriminators, ("discriminator.of_there", "discriminator.of_back"), counts=True
            ),
        )

    def generators(self, players, batch):
        g, d = players.generator, players.discriminator
        there, back = g.there(batch.latents), g.back(batch.reals)
        cycle = (g.back(there) - batch.latents).abs().mean() + (g.there(back) - batch.reals).abs().mean()
        return Losses(
            {"gan": non_saturating_generator(d.of_there(there)), "cycle": 10 * cycle, "back": d.of_back(back).mean()}
        )

    def discriminators(self, players, batch):
        g, d = players.generator, players.discriminator
        with torch.no_grad():
            there, back = g.there(batch.latents), g.back(batch.reals)
        loss = NonSaturating()
        return Losses(
            {
                "there": loss.discriminator(d.of_there(batch.reals), d.of_there(there)),
                "back": loss.discriminator(d.of_back(batch.latents), d.of_back(back)),
            }
        )


class PathLength(Objective):
    """The mean path length is a buffer of the auxiliary network, moved after the step that measured it."""

    def __init__(self):
        self.adversarial = AdversarialObjective(NonSaturating(), Lazy(R1(2.0), 3))

    def phases(self):
        path = Phase("path_length", self.path_length, ("generator",), every=2, reals="none", after=self.follow)
        return (*self.adversarial.phases(), path)

    def lengths(self, players, batch):
        latents = batch.latents.detach().requires_grad_()
        (gradients,) = torch.autograd.grad(players.generator(latents).square().sum(), latents, create_graph=True)
        return gradients.square().sum(1).add(1e-8).sqrt()

    def path_length(self, players, batch):
        return Losses({"path": 2 * (self.lengths(players, batch) - players.auxiliary.mean).square().mean()})

    def follow(self, players, batch):
        with torch.enable_grad():
            length = self.lengths(players, batch).detach().mean()
        players.auxiliary.mean.lerp_(length, 0.1)


class Mean(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))


class Coded(Objective):
    """InfoGAN in small: Q is auxiliary, and guesses a latent from the sample, with G's help."""

    def phases(self):
        phases = two_phases(self.discriminator, self.generator)
        return (phases[0], Phase("generator", self.generator, ("generator", "auxiliary"), reals="none"))

    def discriminator(self, players, batch):
        with torch.no_grad():
            fakes = players.generator(batch.latents)
        scores = players.discriminator(batch.reals), players.discriminator(fakes)
        return Losses({"adversarial": NonSaturating().discriminator(*scores)})

    def generator(self, players, batch):
        fakes = players.generator(batch.latents)
        code = (players.auxiliary(fakes).squeeze(1) - batch.latents[:, 0]).square().mean()
        return Losses({"adversarial": non_saturating_generator(players.discriminator(fakes)), "code": code})


class Mapped(Objective):
    """The mapping network learns at a rate of its own."""

    def __init__(self):
        self.adversarial = AdversarialObjective(NonSaturating())

    def phases(self):
        discriminator, _ = self.adversarial.phases()
        moved = ("generator", "generator.mapping")
        return (discriminator, Phase("generator", self.adversarial.generator_loss, moved, reals="none"))


def game(objective, optimizers=ADAM, stage=None, ema=None, **networks):
    players = {"generator": Points(), "discriminator": Judge(), **networks}
    return Game(
        objective=objective, optimizers=optimizers, stages=(stage or Stage(8),), ema=ema or Decay(0.9), **players
    )


def critic_steps(round):
    return 4 if round < 3 else 2


GAMES = {
    "lazy-r1": lambda: game(AdversarialObjective(NonSaturating(), Lazy(R1(2.0), 3))),
    "path-length": lambda: game(PathLength(), auxiliary=Mean()),
    "critic-steps": lambda: game(
        AdversarialObjective(Wasserstein(), WeightClip(0.1), discriminator_steps=critic_steps)
    ),
    "simultaneous": lambda: game(AdversarialObjective(NonSaturating(), simultaneous=True, discriminator_steps=2)),
    "micro-batches": lambda: game(AdversarialObjective(NonSaturating(), R1(1.0)), stage=Stage(8, micro_batches=4)),
    "cycle": lambda: game(
        Cycle(),
        Optimizers({"generator": Adam(1e-2), "discriminator.of_there": SGD(0.1), "discriminator.of_back": SGD(0.05)}),
        generator=Pair(),
        discriminator=PairOfJudges(),
    ),
    "code": lambda: game(
        Coded(),
        Optimizers({"generator": Adam(1e-2), "discriminator": Adam(2e-2), "auxiliary": Adam(3e-2, clip_norm=0.5)}),
        auxiliary=nn.Linear(3, 1),
    ),
    "groups": lambda: game(
        Mapped(),
        Optimizers({"generator": Adam(1e-2), "generator.mapping": Adam(1e-4), "discriminator": Adam(1e-2)}),
        ema=HalfLife(100, buffers="copy"),
    ),
}
