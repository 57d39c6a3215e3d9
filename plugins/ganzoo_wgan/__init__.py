"""Wasserstein GAN with clipped weights (arXiv:1701.07875)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="wgan",
            title="Wasserstein GAN with clipped weights",
            paper="arXiv:1701.07875",
            config="ganzoo_wgan.config:WGANConfig",
            factory="ganzoo_wgan.model:build",
        )
    ]
