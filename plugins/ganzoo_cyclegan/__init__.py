"""Image-to-image translation without pairs (arXiv:1703.10593)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="cyclegan",
            title="Image-to-image translation without pairs",
            paper="arXiv:1703.10593",
            config="ganzoo_cyclegan.config:CycleGANConfig",
            factory="ganzoo_cyclegan.model:build",
            source="unpaired",
        )
    ]
