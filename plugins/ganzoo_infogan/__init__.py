"""InfoGAN (arXiv:1606.03657)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="infogan",
            title="InfoGAN: codes that learn to mean something",
            paper="arXiv:1606.03657",
            config="ganzoo_infogan.config:InfoGANConfig",
            factory="ganzoo_infogan.model:build",
        )
    ]
