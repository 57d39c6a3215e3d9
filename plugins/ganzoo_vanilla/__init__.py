"""The original GAN of fully connected layers (arXiv:1406.2661)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="vanilla",
            title="GAN of fully connected layers",
            paper="arXiv:1406.2661",
            data="both",
            config="ganzoo_vanilla.config:VanillaConfig",
            factory="ganzoo_vanilla.model:build",
        )
    ]
