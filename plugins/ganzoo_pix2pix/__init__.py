"""Image-to-image translation from pairs (arXiv:1611.07004)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="pix2pix",
            title="Image-to-image translation from pairs",
            paper="arXiv:1611.07004",
            config="ganzoo_pix2pix.config:Pix2PixConfig",
            factory="ganzoo_pix2pix.model:build",
            source="paired",
        )
    ]
