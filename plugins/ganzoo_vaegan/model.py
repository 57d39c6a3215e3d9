"""Networks of VAE-GAN (arXiv:1512.09300, section 4 and table 1), in the form of `ganzoo.layers`."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo import (
    Adam,
    DataSpec,
    Discriminator,
    EncodingGenerator,
    Game,
    HalfLife,
    Latent,
    Optimisers,
    RMSprop,
    Stage,
)
from ganzoo.layers import convolutional_decoder, convolutional_encoder, initialise_normal
from ganzoo_vaegan.config import VAEGANConfig
from ganzoo_vaegan.objective import VAEGANObjective


class VAEGANGenerator(EncodingGenerator):
    """The decoder p(x|z), which is the GAN's generator, with the encoder q(z|x)."""

    bounded = True

    def __init__(self, config: VAEGANConfig, data: DataSpec) -> None:
        super().__init__()
        size = (data.channels, data.resolution, config.width)
        self.latent = Latent((config.latent_dim,))
        self.decoder = convolutional_decoder(config.latent_dim, *size)
        self.encoder = convolutional_encoder(*size, 2 * config.latent_dim)
        self.apply(initialise_normal)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, resolution, resolution)` in [-1, 1]."""
        images: Tensor = self.decoder(latents)
        return images

    def posterior(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each `(N, latent_dim)`, of the Gaussian q(z|x)."""
        # `to`: autocast makes them 16 bits wide, too few for a sum over z.
        mean, log_variance = self.encoder(samples).to(samples.dtype).chunk(2, 1)
        return mean, log_variance

    def encode(self, samples: Tensor) -> Tensor:
        """The mean of q(z|x): `(N, *sample.shape)` -> `(N, latent_dim)`."""
        return self.posterior(samples)[0]


class VAEGANDiscriminator(Discriminator):
    """Strided convolutions with leaky ReLU, cut at the hidden map in which reconstructions are compared."""

    def __init__(self, config: VAEGANConfig, data: DataSpec) -> None:
        super().__init__()
        layers = convolutional_encoder(data.channels, data.resolution, config.discriminator_width, 1)
        ends = [index + 1 for index, layer in enumerate(layers) if isinstance(layer, nn.LeakyReLU)]
        cut = ends[config.feature_level - 1]  # level 0 is the last
        self.body, self.head = layers[:cut], layers[cut:]
        self.apply(initialise_normal)

    def features(self, samples: Tensor) -> Tensor:
        """Dis_l(x): `(N, *sample.shape)` -> `(N, maps, height, width)`."""
        features: Tensor = self.body(samples)
        return features

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """`(N, *sample.shape)` -> raw scores `(N,)`."""
        scores: Tensor = self.head(self.body(samples)).flatten(0)
        return scores


def build(config: VAEGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the three losses of algorithm 1, and one stage."""
    adam, rmsprop = Adam(config.lr, (config.beta1, 0.999)), RMSprop(config.lr)
    recipe = adam if config.optimiser == "adam" else rmsprop
    return Game(
        generator=VAEGANGenerator(config, data),
        discriminator=VAEGANDiscriminator(config, data),
        objective=VAEGANObjective(config.gamma, config.loss),
        optimisers=Optimisers(recipe, recipe),
        stages=(Stage(config.batch_size),),
        ema=HalfLife(config.ema_images),
    )
