"""One run of PacGAN's table 1: its game, through the engine, and the score of what came out."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import torch

from ganzoo import plugins
from ganzoo._version import __version__
from ganzoo.bench.plan import PACKINGS, Result, Run
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.game import Game
from ganzoo.core.networks import Generator
from ganzoo.data.dataset import Dataset
from ganzoo.data.mixtures import MIXTURES, Mixture
from ganzoo.data.sources.toy import MIXTURE_COUNT
from ganzoo.engine.device import seed_all
from ganzoo.engine.training import Training
from ganzoo.metrics.modes import SAMPLES, ModeScore, score_modes

_TICK_STEPS = 20
# One set of latents for all runs, as the authors' code has it. Which one does not matter.
_LATENT_SEED = 2500


def game(packing: int, data: DataSpec) -> Game:
    """The paper's game (section 4.1), by name and not by import: a variant enters by its own door here too."""
    variant = plugins.registry().find("pacgan")
    config = variant.load_config().resolve("paper", {"packing": packing})
    return variant.build(config, data)


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
    training = Training(game(packing, points.spec), points, device, seed=seed, conditional=False, warn=print)
    for step in range(1, steps + 1):
        training.round()
        if step % _TICK_STEPS == 0 or step == steps:
            advanced(step)
    # With a half-life of 0 it is the generator itself, in evaluation mode.
    return training.ema.generator


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
