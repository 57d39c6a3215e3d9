"""GAN that learns to encode (arXiv:1605.09782)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="bigan",
            title="GAN that learns to encode",
            paper="arXiv:1605.09782",
            config="ganzoo_bigan.config:BiGANConfig",
            factory="ganzoo_bigan.model:build",
            encodes=True,
        )
    ]
