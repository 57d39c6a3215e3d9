"""Least-squares GAN (arXiv:1611.04076)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="lsgan",
            title="Least-squares GAN",
            paper="arXiv:1611.04076",
            config="ganzoo_lsgan.config:LSGANConfig",
            factory="ganzoo_lsgan.model:build",
        )
    ]
