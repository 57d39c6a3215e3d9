"""A small sound plugin, which the tests spoil in one place at a time."""

from ganzoo import Variant, hookimpl


@hookimpl
def ganzoo_variants() -> list[Variant]:
    return [
        Variant(
            name="mygan",
            title="A GAN of two layers",
            paper="unpublished",
            config="ganzoo_mygan.config:MyConfig",
            factory="ganzoo_mygan.model:build",
        )
    ]
