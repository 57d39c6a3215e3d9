"""Checks of what a form's generator makes. Each raises `Nonconforming`; the first sentence says what is checked."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo.core.game import Game
from ganzoo.core.networks import EncodingGenerator
from ganzoo.sampling import generate as sampling
from ganzoo.testing.checks.phases import (
    SAMPLES,
    condition_of,
    differing,
    few,
    finished,
    perturbed,
    reals_of,
    require_float32,
    shape_at,
    stages,
)
from ganzoo.testing.forms import Form
from ganzoo.testing.outcome import require

FAR = 1e6
"""Latents are multiplied by it to look for the ends of a generator's range: first weights are small."""


def check_shapes(form: Form) -> None:
    """The generator gives finite float32 samples of the stage's shape, in training and in evaluation.

    Everything that draws, measures or saves relies on it.
    """
    game = form.build()
    generator = game.generator
    for _, resolution in stages(form, game):
        for training in (True, False):
            generator.train(training)
            samples = generator(generator.latent.sample(SAMPLES), condition_of(form, SAMPLES))
            wanted = (SAMPLES, *shape_at(form, resolution))
            require(
                tuple(samples.shape) == wanted,
                f"{form}: the generator made samples of shape {tuple(samples.shape)} where {wanted} belongs: end its "
                "forward with the data's own channels, height and width",
            )
            require_float32(f"{form}: samples", samples)
    for player in (game.generator, game.discriminator):
        for name, value in [*player.named_parameters(), *player.named_buffers()]:
            if value.is_floating_point():
                require_float32(f"{form}: {type(player).__name__}.{name}", value)


def check_range(form: Form) -> None:
    """A generator that declares `bounded` keeps every sample in [-1, 1], however far out its latents are."""
    game = finished(form)
    generator = game.generator
    if not generator.bounded:
        return
    with torch.no_grad():
        # In evaluation: batch norm of the batch itself would divide the distance out again.
        samples = generator.eval()(FAR * generator.latent.sample(SAMPLES), condition_of(form, SAMPLES))
    furthest = float(samples.abs().max())
    require(
        furthest <= 1.0,
        f"{form}: a sample has the value {furthest:.3g}, and the generator declares bounded = True: end it with a "
        "tanh, or leave the declaration out",
    )


def check_seeds(form: Form) -> None:
    """The same seed gives the same networks and the same samples, another seed gives others."""
    one, same, other = (finished(form, seed) for seed in (3, 3, 4))
    changed = differing(one.generator, same.generator) + differing(one.discriminator, same.discriminator)
    require(
        not changed,
        f"{form}: the same seed gave other first weights in {few(changed)}: draw them with torch's global generator "
        "and with nothing else",
    )
    require(
        bool(differing(one.generator, other.generator)),
        f"{form}: another seed gave the same first weights: seed nothing in the factory",
    )
    first, again, others = (_samples(form, game) for game in (one, same, other))
    require(
        torch.equal(first, again), f"{form}: the same weights and latents gave other samples: forward must not vary"
    )
    require(not torch.equal(first, others), f"{form}: two seeds gave the same samples: use the latents")


def check_batch_size(form: Form) -> None:
    """In evaluation a sample depends on its own latent (and label) alone, not on what is made beside it."""
    game = finished(form)
    generator, condition = game.generator, condition_of(form, SAMPLES)
    with torch.no_grad():
        for _ in range(3):
            generator.train()(generator.latent.sample(SAMPLES), condition)
        generator.eval()
        latents = generator.latent.sample(SAMPLES)
        together = generator(latents, condition)
        alone = [(latents[i : i + 1], None if condition is None else condition[i : i + 1]) for i in range(SAMPLES)]
        parts = [generator(*each) for each in alone]
    gap = float((together - torch.cat(parts)).abs().max() / together.abs().max().clamp(min=1.0))
    require(
        gap < 1e-5,
        f"{form}: samples made one by one differ by {gap:.2g} from those made together: in eval() use running "
        "statistics, and nothing of the batch",
    )


def check_encoding(form: Form) -> None:
    """A variant encodes exactly if it says so, and then gives latents of the latents' shape."""
    game = finished(form)
    generator = game.generator
    require(
        isinstance(generator, EncodingGenerator) == form.variant.encodes,
        f"{form}: the descriptor says encodes={form.variant.encodes}, and the generator is a "
        f"{type(generator).__name__}: make both say the same (EncodingGenerator)",
    )
    if not isinstance(generator, EncodingGenerator):
        return
    latents = generator.eval().encode(reals_of(form, form.data.resolution), condition_of(form, SAMPLES))
    wanted = (SAMPLES, *generator.latent.shape)
    require(
        tuple(latents.shape) == wanted,
        f"{form}: encode gave {tuple(latents.shape)} where {wanted} belongs: one latent for each sample",
    )
    require_float32(f"{form}: latents of encode", latents)


def check_labels(form: Form) -> None:
    """A conditional generator makes something else of the same latents for another class, or of another source."""
    if form.data.source is not None:
        _check_sources(form)
    if not form.conditional:
        return
    # A conditional batch norm begins with the same scale and shift for each class.
    generator = perturbed(form).generator
    latents = generator.latent.sample(SAMPLES)
    made = [generator(latents, torch.full((SAMPLES,), label)) for label in range(form.data.classes)]
    require(
        not any(torch.equal(made[0], other) for other in made[1:]),
        f"{form}: the generator is given labels and makes the same of each: use them in forward, or say labels='none'",
    )


def _check_sources(form: Form) -> None:
    generator = finished(form).generator.eval()
    latents = generator.latent.sample(SAMPLES)
    one, other = (generator(latents, condition_of(form, SAMPLES)) for _ in range(2))
    require(
        not torch.equal(one, other),
        f"{form}: the generator is given source images and makes the same of each: use condition in forward",
    )


def _samples(form: Form, game: Game) -> Tensor:
    generator = game.generator.eval()
    # The same sources for each game.
    torch.manual_seed(6)
    condition = condition_of(form, SAMPLES)
    latents = generator.latent.draw(SAMPLES, 0)
    return sampling.generate(generator, latents, None if condition is None else condition.numpy())
