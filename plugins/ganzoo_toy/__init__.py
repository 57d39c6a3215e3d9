"""GAN in one dimension, as a tutorial (arXiv:1406.2661)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="toy",
            title="GAN in one dimension, as a tutorial",
            paper="arXiv:1406.2661",
            config="ganzoo_toy.config:ToyConfig",
            factory="ganzoo_toy.model:build",
            data="vector",
        )
    ]
