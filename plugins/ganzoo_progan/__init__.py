"""GAN that grows progressively (arXiv:1710.10196)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="progan",
            title="GAN that grows progressively",
            paper="arXiv:1710.10196",
            config="ganzoo_progan.config:ProGANConfig",
            factory="ganzoo_progan.model:build",
            labels="optional",
        )
    ]
