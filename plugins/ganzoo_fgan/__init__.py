"""GAN of any f-divergence (arXiv:1606.00709)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="fgan",
            title="GAN of any f-divergence",
            paper="arXiv:1606.00709",
            config="ganzoo_fgan.config:FGANConfig",
            factory="ganzoo_fgan.model:build",
            data="both",
        )
    ]
