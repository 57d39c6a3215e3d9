"""The two players as abstract modules."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.core.latent import Latent
from ganzoo.core.sampling_option import SamplingOption


class Generator(nn.Module, ABC):
    """Maps latents to samples.

    Attributes:
        latent: The distribution that `forward` expects; set in `__init__`.
        bounded: The networks themselves keep every sample in [-1, 1], as a tanh at the end does.
        sampling_options: What `forward` takes besides, by the names of its keywords: `{"psi": SamplingOption(1.0, 0.0,
            2.0)}` for `forward(latents, condition=None, *, psi=1.0)`. `ganzoo sample --set psi=0.7` sets one. A number
            arrives as a float, in an exported graph as a 0-dim tensor.
    """

    latent: Latent
    bounded: bool = False
    sampling_options: Mapping[str, SamplingOption] = MappingProxyType({})

    @abstractmethod
    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Generate samples.

        Args:
            latents: `(N, *latent.shape)`; of a generator without noise, `Latent((0,))`, they are `(N, 0)`.
            condition: `(N,)` int64 class indices, or source images `(N, *source.shape)` float32 in [-1, 1]; None for an
                unconditional generator.

        Returns:
            `(N, *sample.shape)`; images nominally in [-1, 1].
        """

    def enter_stage(self, resolution: int, fade: Tensor) -> None:
        """Choose the depth for a stage; called before the stage's first round, and before compiling.

        Networks of one size need not override it.

        Args:
            resolution: Of the stage's samples in pixels: a Python int, fixed within the stage.
            fade: 0-dim tensor in [0, 1] on the player's device: the weight of the next coarser level, falling
                from 1 to 0 during a fade-in and 0 afterwards. The engine fills it in place, so keep the tensor; its
                first value is there already, 0 where the stage does not fade.
        """


class EncodingGenerator(Generator):
    """A generator that can also map samples back to latents (VAE-GAN, BiGAN)."""

    @abstractmethod
    def encode(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """Infer latents `(N, *latent.shape)` from samples `(N, *sample.shape)`; `condition` as in `forward`."""


class MappedGenerator(Generator):
    """A generator that maps latents to w, and makes samples of w (StyleGAN, arXiv:1812.04948).

    Whatever works with latents (interpolation, arithmetic, the search for an image's latent, truncation) works in w.

    Args:
        w_shape: Of one w.
        average_decay: Share of the average of w that is kept each time the generator runs in training mode.

    Attributes:
        w_average: `w_shape`, a buffer: the running mean of w.
    """

    sampling_options: Mapping[str, SamplingOption] = MappingProxyType(
        {"psi": SamplingOption(1.0, 0.0, 2.0, title="truncation in w: below 1 fewer odd samples, less variety")}
    )
    w_average: Tensor

    def __init__(self, w_shape: tuple[int, ...], average_decay: float = 0.995) -> None:
        super().__init__()
        self.average_decay = average_decay
        self.register_buffer("w_average", torch.zeros(w_shape))

    @abstractmethod
    def map(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """Latents `(N, *latent.shape)` and a condition, as `forward` takes them, to w `(N, *w_shape)`."""

    @abstractmethod
    def synthesize(self, w: Tensor) -> Tensor:
        """Samples `(N, *sample.shape)` of w `(N, *w_shape)`.

        Sampling options besides `psi` reach it as keywords.
        """

    def forward(
        self, latents: Tensor, condition: Tensor | None = None, *, psi: float | Tensor = 1.0, **options: Any
    ) -> Tensor:
        """As `Generator.forward`, truncated by psi; in training mode w joins its average."""
        w = self.map(latents, condition)
        if self.training:
            self.track(w)
        return self.synthesize(self.truncate(w, psi), **options)

    def truncate(self, w: Tensor, psi: float | Tensor) -> Tensor:
        """Move w towards its average: `average + psi * (w - average)` (arXiv:1812.04948, appendix B)."""
        if isinstance(psi, float) and psi == 1.0:
            return w
        return self.w_average + psi * (w - self.w_average)

    @torch.no_grad()
    def track(self, w: Tensor) -> None:
        """Let w `(N, *w_shape)` join the average; for a loss that maps and synthesizes by itself."""
        self.w_average.lerp_(w.mean(0).to(self.w_average.dtype), 1.0 - self.average_decay)


class Discriminator(nn.Module, ABC):
    """Scores samples. A critic is a discriminator too."""

    # In a tuple, because a module that is an attribute becomes part of this one.
    _augmentation: tuple[nn.Module, ...] = ()

    @abstractmethod
    def forward(self, *args: Any, **kwargs: Any) -> Tensor | tuple[Tensor, ...]:
        """Score samples.

        The engine never calls it; the objective does, so the two agree on the arguments. `AdversarialObjective`
        calls `discriminator(samples, condition)`:

            samples: `(N, *sample.shape)`.
            condition: As for the generator.

        A discriminator of pairs takes `(samples, latents)` instead, with an objective that passes them.

        Returns:
            Raw scores, higher is more real, never a sigmoid: `(N,)` (fewer where samples are packed), a map
            `(N, 1, h, w)` of what each patch is worth, or a tuple of either, one a scale.
        """

    def augment(self, samples: Tensor) -> Tensor:
        """What the discriminator sees of samples `(N, *sample.shape)`: themselves, or as `--augment` has it.

        `forward`, and whatever else of a discriminator takes samples, passes them through it before anything else.
        So an augmentation is differentiable to the samples as they are, R1 included, and reals and fakes get the same
        (arXiv:2006.06676, section 2.2). It is for training: in evaluation mode nothing is augmented.
        """
        if not self._augmentation or not self.training:
            return samples
        augmented: Tensor = self._augmentation[0](samples)
        return augmented

    def set_augmentation(self, module: nn.Module) -> None:
        """Let `augment` pass samples through a module that is no part of this network, nor of its weights."""
        self._augmentation = (module,)

    def enter_stage(self, resolution: int, fade: Tensor) -> None:
        """As `Generator.enter_stage`."""
