"""Models to export: small networks whose batch norm, if any, has seen something."""

from __future__ import annotations

import torch

from ganzoo import DataSpec, Decay, Generator, Latent, Model, plugins
from ganzoo.testing import Form, forms_of
from ganzoo.testing.checks import onnx as exporting


def forms(name: str) -> list[Form]:
    """The first plain form of a variant for each kind of data, with labels and without."""
    found: dict[tuple[str, bool], Form] = {}
    for form in forms_of(plugins.registry().find(name)):
        if form.plain:
            found.setdefault((form.data.kind, form.conditional), form)
    return list(found.values())


def model_of(form: Form, resolution: int | None = None, fade: float = 0.0) -> Model:
    generator = exporting.model_of(form).generator
    generator.enter_stage(resolution or form.data.resolution, torch.tensor(fade))
    return wrap(generator, form.data, form.variant.name, conditional=form.conditional)


def wrap(generator: Generator, data: DataSpec, variant: str = "mine", *, conditional: bool = False) -> Model:
    generator.eval().requires_grad_(False)
    return Model("small", variant, generator, data, conditional, 1234, Decay(0.99))


class Scaled(Generator):
    """`(N, 3 * 8 * 8)` -> images of 8 pixels; what is done to them is for tests to say."""

    def __init__(self, change) -> None:
        super().__init__()
        self.latent = Latent((3 * 8 * 8,), "uniform")
        self.scale = torch.nn.Parameter(torch.tensor(0.9))
        self.change = change

    def forward(self, latents, condition=None):
        return self.change(self.scale * latents.unflatten(1, (3, 8, 8)))


COLOR = DataSpec("noise", (3, 8, 8), 50)
