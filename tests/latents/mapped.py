"""A small generator that maps latents to w, and models of it and of latents of parts."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo import (
    Categorical,
    DataSpec,
    Decay,
    Generator,
    Latent,
    MappedGenerator,
    Model,
    Normal,
    SamplingOption,
    Uniform,
)
from ganzoo.core.data_spec import labels_named

GRAY = DataSpec("noise", (1, 8, 8), 50)
LABELED = DataSpec("noise", (1, 8, 8), 50, labels_named(("cat", "dog", "owl")))
PARTS = Latent.parts(z=Normal(4), kind=Categorical(3), style=Uniform(2))


class Mapped(MappedGenerator):
    """Latents of 5, with three classes or none, to w of 6, to images of 8 pixels."""

    sampling_options = {
        **MappedGenerator.sampling_options,
        "noise": SamplingOption("none", choices=("none", "fixed"), title="added to each image"),
    }

    def __init__(self, *, labeled: bool = False) -> None:
        super().__init__((6,))
        self.latent = Latent((5,))
        self.embedding = nn.Embedding(3, 5) if labeled else None
        self.mapping, self.synthesis = nn.Linear(5, 6), nn.Linear(6, 64)

    def map(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        embedded = latents if self.embedding is None else latents + self.embedding(condition)
        return torch.sin(self.mapping(embedded))

    def synthesize(self, w: Tensor, *, noise: str = "none") -> Tensor:
        images = torch.tanh(self.synthesis(w)).view(-1, 1, 8, 8)
        return images + 0.125 if noise == "fixed" else images


class Coded(Generator):
    """Latents of parts, side by side, to images of 8 pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.latent = PARTS
        self.layer = nn.Linear(9, 64)

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        return torch.tanh(self.layer(latents)).view(-1, 1, 8, 8)


def mapped(*, labeled: bool = False) -> Model:
    torch.manual_seed(0)
    generator = Mapped(labeled=labeled)
    nn.init.normal_(generator.w_average)
    data = LABELED if labeled else GRAY
    return Model("small", "mine", generator.eval().requires_grad_(False), data, labeled, 1234, Decay(0.99))


def coded() -> Model:
    torch.manual_seed(0)
    return Model("small", "mine", Coded().eval().requires_grad_(False), GRAY, False, 1234, Decay(0.99))
