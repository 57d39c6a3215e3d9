"""StyleGAN2 (arXiv:1912.04958) as a game."""

from __future__ import annotations

from ganzoo import Adam, DataSpec, Game, HalfLife, Optimizers
from ganzoo_stylegan2.config import StyleGAN2Config
from ganzoo_stylegan2.networks import StyleGAN2Discriminator, StyleGAN2Generator
from ganzoo_stylegan2.objective import MeanPathLength, StyleGAN2Objective


def build(config: StyleGAN2Config, data: DataSpec) -> Game:
    """Networks for `data` and the objective; Adam is corrected for lazy regularization by the engine."""
    return Game(
        generator=StyleGAN2Generator(config, data),
        discriminator=StyleGAN2Discriminator(config, data),
        objective=StyleGAN2Objective(config.gamma, config.path_length),
        optimizers=Optimizers.both(Adam(config.lr, (0.0, 0.99), 1e-8)),
        ema=HalfLife(config.ema_images, ramp_up=config.ema_ramp, buffers="copy"),
        auxiliary=MeanPathLength() if config.path_length else None,
    )
