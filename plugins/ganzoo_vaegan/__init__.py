"""VAE whose reconstruction a discriminator measures (arXiv:1512.09300)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="vaegan",
            title="VAE whose reconstruction a discriminator measures",
            paper="arXiv:1512.09300",
            config="ganzoo_vaegan.config:VAEGANConfig",
            factory="ganzoo_vaegan.model:build",
            encodes=True,
        )
    ]
