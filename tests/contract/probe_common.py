"""What the probe games share: a tiny data set's networks, and how a probe enters as a plugin."""

from itertools import pairwise
from types import SimpleNamespace

from torch import nn

from ganzoo import Adam, Optimizers, Variant, VariantConfig, hookimpl

LATENT = 4
ADAM = Optimizers.both(Adam(1e-3, (0.5, 0.99)))


class ProbeConfig(VariantConfig):
    batch_size: int = 8
    ema_images: int = 100


def plugin(module: str) -> SimpleNamespace:
    """A plugin object with one variant, `probe`, whose factory is `module:build`."""

    @hookimpl
    def ganzoo_variants() -> list[Variant]:
        config = "contract.probe_common:ProbeConfig"
        return [Variant("probe", "A probe of the contract", "none", config, f"{module}:build", labels="optional")]

    return SimpleNamespace(ganzoo_variants=ganzoo_variants)


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with leaky ReLU between them."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        layers += [nn.Linear(inputs, outputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers[:-1])
