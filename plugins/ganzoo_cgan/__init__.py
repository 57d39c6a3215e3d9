"""Conditional GAN (arXiv:1411.1784)."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    """The one variant of this plugin."""
    return [
        Variant(
            name="cgan",
            title="Conditional GAN",
            paper="arXiv:1411.1784",
            config="ganzoo_cgan.config:CGANConfig",
            factory="ganzoo_cgan.model:build",
            labels="required",
        )
    ]
