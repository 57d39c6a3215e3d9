"""One run of PacGAN's table 1: its game, through the engine, and the score of what came out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from ganzoo._version import __version__
from ganzoo.bench.networks import MaxoutDiscriminator, MixtureGenerator
from ganzoo.bench.plan import PACKINGS, Result, Run
from ganzoo.core.game import Adam, Decay, Game, Optimisers, Stage
from ganzoo.core.networks import Generator
from ganzoo.data.dataset import Dataset
from ganzoo.data.mixtures import MIXTURES, Mixture
from ganzoo.data.vectors import MIXTURE_COUNT
from ganzoo.engine.device import seed_all
from ganzoo.engine.training import Training
from ganzoo.modes import SAMPLES, ModeScore, score_modes
from ganzoo.objectives import AdversarialObjective, NonSaturating

PACKS = 100
"""A batch, in packs and not in samples: so the authors' published configuration counts it."""

_TICK_STEPS = 20
# One set of latents for all runs, as the authors' code has it. Which one does not matter.
_LATENT_SEED = 2500


def game(packing: int) -> Game:
    """The paper's game (section 4.1): both players are updated at once, and no weights are averaged."""
    adam = Adam(1e-4, (0.8, 0.999))
    return Game(
        MixtureGenerator(),
        MaxoutDiscriminator(packing),
        AdversarialObjective(NonSaturating(), simultaneous=True),
        Optimisers(adam, adam),
        (Stage(PACKS * packing),),
        Decay(0.0),
    )


def train(
    mixture: Mixture, packing: int, seed: int, steps: int, advanced: Callable[[int], None] = lambda steps: None
) -> Generator:
    """Train on 100,000 points that the seed draws, on the CPU.

    Args:
        mixture: Where the points come from.
        packing: Samples m that the discriminator judges together.
        seed: Decides everything.
        steps: Of both players.
        advanced: Told the steps so far, now and then; what it raises ends the training.

    Returns:
        The generator, not averaged, in evaluation mode: with the running statistics of its batch norms, as the
        authors' code samples it.
    """
    device = torch.device("cpu")
    seed_all(seed, deterministic=False)
    points = Dataset.from_arrays(mixture.draw(MIXTURE_COUNT, seed), name=mixture.name)
    training = Training(game(packing), points, device, seed=seed, conditional=False, warn=print)
    for step in range(1, steps + 1):
        training.round()
        if step % _TICK_STEPS == 0 or step == steps:
            advanced(step)
    # With a decay of 0 it is the generator itself, in evaluation mode.
    return training.average.generator


def score(generator: Generator, mixture: Mixture) -> ModeScore:
    """Score 2,500 samples, from the same latents for every run."""
    latents = torch.from_numpy(generator.latent.draw(SAMPLES, _LATENT_SEED))
    with torch.no_grad():
        samples = generator(latents).numpy()
    return score_modes(samples, mixture)


def run_one(run: Run, advanced: Callable[[int], None] = lambda steps: None) -> Result:
    """Train and score one run."""
    began = time.perf_counter()
    mixture = MIXTURES[run.data]
    scored = score(train(mixture, PACKINGS[run.row], run.seed, run.steps, advanced), mixture)
    return Result(
        row=run.row,
        data=run.data,
        seed=run.seed,
        steps=run.steps,
        covered=scored.covered,
        modes=scored.modes,
        high_quality=scored.high_quality,
        reverse_kl=scored.reverse_kl if math.isfinite(scored.reverse_kl) else None,
        seconds=round(time.perf_counter() - began, 1),
        torch=torch.__version__,
        ganzoo=__version__,
    )
