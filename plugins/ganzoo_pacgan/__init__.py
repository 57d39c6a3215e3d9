"""GAN whose discriminator sees packs of samples (arXiv:1712.04086)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="pacgan",
            title="GAN whose discriminator sees packs of samples",
            paper="arXiv:1712.04086",
            config="ganzoo_pacgan.config:PacGANConfig",
            factory="ganzoo_pacgan.model:build",
            data="both",
        )
    ]
