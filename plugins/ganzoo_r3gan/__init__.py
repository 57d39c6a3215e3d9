"""Relativistic GAN with R1 and R2 (arXiv:2501.05441)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="r3gan",
            title="Relativistic GAN with R1 and R2",
            paper="arXiv:2501.05441",
            config="ganzoo_r3gan.config:R3GANConfig",
            factory="ganzoo_r3gan.model:build",
        )
    ]
