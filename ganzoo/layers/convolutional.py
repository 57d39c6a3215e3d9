"""The pyramid of DCGAN (arXiv:1511.06434, section 3 and figure 1), which half of the zoo is built on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

from torch import nn

Upsampling = Literal["transposed", "nearest"]

SLOPE = 0.2
"""Of the leaky ReLU."""


Resolution = int | tuple[int, ...]
"""Side of a square image in pixels, 28 or a power of two from 8 on; or (height, width), as `DataSpec.size`: the shorter
is such a side, and the longer a multiple of what one pixel of the smallest feature map becomes, as 64 by 96."""


def coarsest(resolution: int) -> int:
    """Shorter side of the smallest feature map: 7 for 28 pixels, 4 for powers of two."""
    return 7 if resolution == 28 else 4


def coarsest_size(resolution: Resolution) -> tuple[int, int]:
    """Height and width of the smallest feature map: (4, 6) for 64 by 96 pixels."""
    height, width = (resolution, resolution) if isinstance(resolution, int) else resolution
    short = min(height, width)
    step = short // coarsest(short)
    return height // step, width // step


def feature_maps(resolution: Resolution, width: int) -> list[int]:
    """Feature maps from the finest hidden map to the coarsest: `width`, 2 `width`, ...

    Args:
        resolution: Of the image.
        width: Feature maps next to the image; they double with each halving of the size.
    """
    short = resolution if isinstance(resolution, int) else min(resolution)
    halvings = (short // coarsest(short)).bit_length() - 1
    return [width * 2**level for level in range(halvings)]


def convolutional_decoder(
    inputs: int,
    channels: int,
    resolution: Resolution,
    width: int,
    *,
    upsampling: Upsampling = "transposed",
    norm: Callable[[int], nn.Module] | None = nn.BatchNorm2d,
    activation: Callable[[], nn.Module] = nn.ReLU,
    dropout: float = 0.0,
    image_maps: int = 0,
) -> nn.Sequential:
    """Layers from vectors `(N, inputs)` to images `(N, channels, height, width)` in [-1, 1].

    Project and reshape, then doublings, each with a norm and an activation; no norm at the output, and tanh.

    Args:
        inputs: Length of the vector: latents, and whatever is concatenated to them.
        channels: Of the images.
        resolution: Of the images.
        width: As `feature_maps` takes it.
        upsampling: How a layer doubles the size, see `doubling`.
        norm: Makes the norm for so many feature maps; None for a network without.
        activation: Makes the activation of the hidden layers.
        dropout: Share of feature maps dropped after each hidden layer.
        image_maps: Feature maps of one more hidden layer, at the image's own size, of which a 3 x 3 convolution makes
            the image; 0: the last doubling makes it.
    """

    def hidden(maps: int) -> list[nn.Module]:
        layers = [norm(maps)] if norm else []
        return [*layers, activation(), *([nn.Dropout2d(dropout)] if dropout else [])]

    maps = [*feature_maps(resolution, width)[::-1], *([image_maps] if image_maps else [])]
    size, bias = coarsest_size(resolution), norm is None
    layers: list[nn.Module] = [
        nn.Unflatten(1, (inputs, 1, 1)),
        nn.ConvTranspose2d(inputs, maps[0], size, bias=bias),
        *hidden(maps[0]),
    ]
    for coarse, fine in pairwise(maps):
        layers += [*doubling(coarse, fine, upsampling, bias=bias), *hidden(fine)]
    if image_maps:
        return nn.Sequential(*layers, nn.Conv2d(image_maps, channels, 3, 1, 1), nn.Tanh())
    return nn.Sequential(*layers, *doubling(maps[-1], channels, upsampling, bias=True), nn.Tanh())


def convolutional_encoder(
    channels: int,
    resolution: Resolution,
    width: int,
    outputs: int,
    *,
    norm: Callable[[int], nn.Module] | None = nn.BatchNorm2d,
    wrap: Callable[[nn.Module], nn.Module] = lambda layer: layer,
    dropout: float = 0.0,
    image_maps: int = 0,
) -> nn.Sequential:
    """Layers from images `(N, channels, height, width)` to raw vectors `(N, outputs)`.

    Strided convolutions with leaky ReLU, and a norm in all but the first and the last layer. A discriminator of one
    score adds `nn.Flatten(0)`.

    Args:
        channels: Of the images.
        resolution: Of the images.
        width: As `feature_maps` takes it.
        outputs: Length of the vector.
        norm: Makes the norm for so many feature maps; None for a network without.
        wrap: Applied to each convolution (`torch.nn.utils.parametrizations.spectral_norm`).
        dropout: Share of feature maps dropped after each hidden layer.
        image_maps: Feature maps of one more layer, a 3 x 3 convolution at the image's own size; 0: none.
    """
    maps = feature_maps(resolution, width)
    dropped = [nn.Dropout2d(dropout)] if dropout else []
    first = nn.Conv2d(channels, image_maps, 3, 1, 1) if image_maps else nn.Conv2d(channels, maps[0], 4, 2, 1)
    layers: list[nn.Module] = [wrap(first), nn.LeakyReLU(SLOPE), *dropped]
    maps = [image_maps, *maps] if image_maps else maps
    for fine, coarse in pairwise(maps):
        layers.append(wrap(nn.Conv2d(fine, coarse, 4, 2, 1, bias=norm is None)))
        layers += [*([norm(coarse)] if norm else []), nn.LeakyReLU(SLOPE), *dropped]
    return nn.Sequential(*layers, wrap(nn.Conv2d(maps[-1], outputs, coarsest_size(resolution))), nn.Flatten(1))


def doubling(inputs: int, outputs: int, upsampling: Upsampling, *, bias: bool) -> list[nn.Module]:
    """Layers that double height and width.

    The kernel of the transposed convolution is 4, a multiple of its stride, so that every output pixel is
    reached by equally many weights; DCGAN's authors' 5 is not, and gives a checkerboard.
    """
    if upsampling == "nearest":
        return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=bias)]
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)]


def initialize_normal(module: nn.Module) -> None:
    """For `network.apply`: weights N(0, 0.02), a norm's scale N(1, 0.02) (arXiv:1511.06434, section 4)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d | nn.InstanceNorm2d) and module.affine:
        nn.init.normal_(module.weight, 1.0, 0.02)
