"""Energy-based GAN.

Every command of ganzoo imports this file, so it imports `ganzoo` and nothing else: no torch.
"""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="ebgan",
            title="Energy-based GAN",
            paper="arXiv:1609.03126",
            config="ganzoo_ebgan.config:Config",
            factory="ganzoo_ebgan.model:build",
        )
    ]
