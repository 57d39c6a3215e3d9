"""GAN with a style in each layer (arXiv:1912.04958)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="stylegan2",
            title="GAN with a style in each layer",
            paper="arXiv:1912.04958",
            config="ganzoo_stylegan2.config:StyleGAN2Config",
            factory="ganzoo_stylegan2.model:build",
            labels="optional",
        )
    ]
