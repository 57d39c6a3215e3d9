"""From images to latents, of models whose variants encode."""

from __future__ import annotations

import numpy
import torch
from torch import Tensor

from ganzoo import plugins
from ganzoo.core.networks import EncodingGenerator
from ganzoo.errors import ConfigError
from ganzoo.models.trained import Classes, Trained
from ganzoo.plugins.modalities import modality_of
from ganzoo.sampling import generate as sampling


def encoder(model: Trained) -> EncodingGenerator:
    """The generator, of a model whose variant encodes.

    Raises:
        ConfigError: If it has no encoder.
    """
    if isinstance(model.generator, EncodingGenerator):
        return model.generator
    able = ", ".join(variant.name for variant in plugins.variants() if variant.encodes)
    raise ConfigError(
        f"{model.name} cannot encode: it is a {model.variant}, which has no encoder; variants that have one: {able}"
    )


def encode(model: Trained, images: Tensor | numpy.ndarray, labels: Classes = None) -> Tensor:
    """Latents of images, of a model whose variant encodes (`ganzoo list` names such variants).

    Args:
        model: Whose encoder.
        images: `(N, *spec.shape)`, that is (N, C, H, W), floats in [-1, 1].
        labels: Of a conditional model: the class of all images, or of each.

    Returns:
        `(N, *latent.shape)` float32 on the CPU.

    Raises:
        ConfigError: If the variant has no encoder, or images or labels are not as described.
    """
    generator, checked = encoder(model), _checked(model, images)
    classes = classes_of(model, len(checked), labels)
    device, parts = next(generator.parameters()).device, []
    with torch.no_grad():
        for start in range(0, len(checked), sampling.BATCH):
            batch = slice(start, start + sampling.BATCH)
            condition = None if classes is None else torch.from_numpy(classes[batch]).to(device)
            parts.append(generator.encode(checked[batch].to(device), condition).float().cpu())
    return torch.cat(parts)


def reconstruct(model: Trained, images: Tensor | numpy.ndarray, labels: Classes = None) -> tuple[Tensor, Tensor]:
    """Latents of images, as `encode` gives them, and what the generator makes of these: `(N, *spec.shape)`."""
    latents = encode(model, images, labels)
    classes = classes_of(model, len(latents), labels)
    return latents, sampling.generate(model.generator, latents.numpy(), classes)


def classes_of(model: Trained, count: int, labels: Classes) -> numpy.ndarray | None:
    """The classes of images that are there: they are not taken in turn, as those of images that are drawn.

    Raises:
        ConfigError: If a conditional model was not told them, or another was.
    """
    if model.conditional and labels is None:
        raise ConfigError(
            f"{model.name} encodes an image with its class: give --label, such as --label "
            f"{model.spec.class_names[-1]}; in Python labels, one for all or one for each"
        )
    return model.labels(count, labels)


def _checked(model: Trained, images: Tensor | numpy.ndarray) -> Tensor:
    """Samples as float32, refused where a network would make nonsense of them without an error."""
    given = torch.as_tensor(images)
    shape = ", ".join(map(str, model.spec.shape))
    if tuple(given.shape[1:]) != model.spec.shape or len(given) == 0:
        raise ConfigError(f"the images have shape {tuple(given.shape)}, but {model.name} takes (N, {shape}), N > 0")
    if not given.is_floating_point():
        raise ConfigError(
            f"the images are {str(given.dtype).removeprefix('torch.')}, but must be floats in [-1, 1]: "
            "of uint8, pass images / 127.5 - 1"
        )
    if modality_of(model.spec.kind).bounded and not bool((given.abs() <= 1.0 + 1e-3).all()):
        raise ConfigError("the images have values outside [-1, 1], or NaN: of 0 to 255, pass images / 127.5 - 1")
    return given.to(torch.float32)
