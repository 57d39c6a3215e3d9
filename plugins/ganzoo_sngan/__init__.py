"""Spectrally normalized GAN (arXiv:1802.05957)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="sngan",
            title="Spectrally normalized GAN",
            paper="arXiv:1802.05957",
            config="ganzoo_sngan.config:SNGANConfig",
            factory="ganzoo_sngan.model:build",
            labels="optional",
        )
    ]
