"""The deep convolutional GAN (arXiv:1511.06434)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="dcgan",
            title="Deep convolutional GAN",
            paper="arXiv:1511.06434",
            config="ganzoo_dcgan.config:DCGANConfig",
            factory="ganzoo_dcgan.model:build",
        )
    ]
