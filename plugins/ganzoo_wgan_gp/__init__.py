"""Wasserstein GAN with gradient penalty (arXiv:1704.00028)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="wgan-gp",
            title="Wasserstein GAN with gradient penalty",
            paper="arXiv:1704.00028",
            config="ganzoo_wgan_gp.config:WGANGPConfig",
            factory="ganzoo_wgan_gp.model:build",
        )
    ]
