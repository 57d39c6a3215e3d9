"""The latents whose samples are nearest to given images, by gradient descent through the generator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ganzoo.core.networks import EncodingGenerator
from ganzoo.core.sampling_option import Settable
from ganzoo.errors import ConfigError
from ganzoo.models.encoding import encode
from ganzoo.models.interpolation import images_only, of_noise
from ganzoo.models.samples import Samples
from ganzoo.models.space import Space, SpaceName, space_of
from ganzoo.models.trained import Trained
from ganzoo.sampling.latents import Latents
from ganzoo.utils.random_state import own_random_states

if TYPE_CHECKING:
    from PIL import Image

CANDIDATES = 1024
"""Latents drawn, of which the nearest are the starts; at least one for each class."""

LR = 0.1
"""Adam's, on latents whose components are of the order of 1; it falls to 0 along half a cosine."""


@dataclass(frozen=True, eq=False, slots=True)
class Nearest:
    """What was found for N images.

    Args:
        model: Whose.
        space: Where: in what latents are drawn from, or in w.
        images: `(N, *spec.shape)` float32 on the CPU, which were given.
        latents: `(N, *space.shape)`.
        labels: `(N,)` int64 of a conditional model, else None.
        samples: `(N, *spec.shape)` float32 on the CPU: what the generator makes of them.
        errors: `(N,)` float32, squared error averaged over channels and pixels, whose values go from -1 to 1.
    """

    model: Trained
    space: Space
    images: Tensor
    latents: Latents
    labels: NDArray[np.int64] | None
    samples: Samples
    errors: NDArray[np.float32]

    def picture(self, scale: int | None = None) -> Image.Image:
        """Images above what was found for them, with the errors.

        Args:
            scale: Each pixel becomes so many; None: what makes a small picture about 900 pixels wide.

        Raises:
            ConfigError: If the model makes vectors.
        """
        from ganzoo.viz import figures
        from ganzoo.viz.samples import pixels

        images_only(self.model)
        names, spec = [f"{error:.3f}" for error in self.errors], self.model.spec
        return figures.pairs(pixels(self.images, spec), pixels(self.samples, spec), names, scale=scale)


def nearest(
    model: Trained,
    images: Tensor,
    *,
    label: int | str | None = None,
    starts: int = 16,
    steps: int = 200,
    seed: int = 0,
    space: SpaceName | None = None,
    set: Settable | None = None,
) -> Nearest:
    """Search for the latents, or the w, that generate given images, as nearly as the generator can.

    The nearest of `CANDIDATES` samples, and what an encoder says where there is one, are where Adam starts; it lowers
    the squared error of the pixels (Lipton and Tripathi, arXiv:1702.04782; Creswell and Bharath, arXiv:1611.05644).
    Latents are kept where the generator knows them: uniform ones in their range, normal ones in the ball that holds
    all but some 0.3 % of draws; w is free. A categorical part stays what it was at the start, as a class does. The best
    of all starts is the result; it does not depend on the other images.

    Args:
        model: Of images or vectors.
        images: `(N, *spec.shape)` floats in [-1, 1].
        label: The class to generate, of a conditional model. None: the starts, and so the classes tried, are the
            nearest of candidates of all classes.
        starts: Of the descent, for each image.
        steps: Of the descent.
        seed: Of the candidates.
        space: `"z"`, what latents are drawn from, or `"w"`; None: w of a model that has it.
        set: Parts of latents, which the search then leaves alone, and sampling options by name.

    Raises:
        ConfigError: If images, label, space or what is set do not fit, or there is no start or no step.
    """
    of_noise(model)
    if starts < 1 or steps < 1:
        raise ConfigError(f"starts (={starts}) and steps (={steps}) must be at least 1")
    if tuple(images.shape[1:]) != model.spec.shape or not len(images):
        raise ConfigError(f"the images have shape {tuple(images.shape)}, but {model.name} makes {model.spec.shape}")
    count, where = max(CANDIDATES, starts, model.spec.classes), space_of(model, space, set)
    labels = model.labels(count, label)
    points = where.of(model.generator.latent.draw(count, seed), labels)
    candidates = where.generate(points, labels).flatten(1)
    found = []
    for image in images.float().cpu():
        distances = (candidates - image.flatten()).square().mean(1)
        chosen = distances.topk(starts, largest=False).indices.numpy()
        begin, kinds = points[chosen], None if labels is None else labels[chosen]
        if isinstance(model.generator, EncodingGenerator) and where.name == "z":
            known = None if kinds is None else [int(kinds[0])]
            begin = np.concatenate([begin, encode(model, image[None], known).numpy()])
            kinds = None if kinds is None else np.append(kinds, kinds[0])
        found.append(_descend(where, begin, kinds, image, steps))
    best = np.stack([latent for latent, _ in found])
    best_labels = None if labels is None else np.array([kind for _, kind in found], dtype=np.int64)
    samples = where.generate(best, best_labels)
    given = images.float().cpu()
    errors = (samples - given).flatten(1).square().mean(1).numpy()
    return Nearest(model, where, given, best, best_labels, samples, errors)


def _descend(
    where: Space, begin: Latents, labels: NDArray[np.int64] | None, image: Tensor, steps: int
) -> tuple[Latents, int | None]:
    """The best point that Adam finds from the starts `(S, ...)`, and its label."""
    device, movable = where.device, where.movable
    latents = torch.from_numpy(begin).to(device).clone()
    where.project(latents)
    latents.requires_grad_()
    given = None if labels is None else torch.from_numpy(labels).to(device)
    target = image.to(device)
    adam = torch.optim.Adam([latents], lr=LR)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    lowest = torch.full((len(latents),), torch.inf, device=device)
    best = latents.detach().clone()
    with own_random_states(device), torch.enable_grad():
        for _ in range(steps):
            # The same noise at each step, of a generator that draws some.
            torch.manual_seed(0)
            errors = (where.forward(latents, given).float() - target).flatten(1).square().mean(1)
            better = errors.detach() < lowest
            lowest = torch.where(better, errors.detach(), lowest)
            best[better] = latents.detach()[better]
            (gradient,) = torch.autograd.grad(errors.sum(), [latents])
            latents.grad = gradient if movable is None else gradient * movable
            adam.step()
            schedule.step()
            where.project(latents.detach())
    index = int(lowest.argmin())
    return best[index].cpu().numpy(), None if labels is None else int(labels[index])
