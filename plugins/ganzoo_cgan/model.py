"""Networks and objective of the conditional GAN (arXiv:1411.1784)."""

from __future__ import annotations

import math
from typing import final

import torch
from torch import Tensor, nn

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, Latent, Optimizers
from ganzoo.layers import Maxout, convolutional_decoder, convolutional_encoder, initialize_normal
from ganzoo.objectives import AdversarialObjective, NonSaturating
from ganzoo_cgan.config import CGANConfig


@final
class Conditioned(nn.Module):
    """Layers, then the label's embedding beside their features or multiplied with them, then more layers.

    Args:
        before: From the input to features `(N, F, ...)`.
        table: The embedding: one row a class.
        multiplied: A row is as large as the features and multiplies them; otherwise it is appended to them, beside
            an image as one more map.
        after: From the joined features to the output.
    """

    def __init__(self, before: nn.Module, table: nn.Embedding, multiplied: bool, after: nn.Module) -> None:
        super().__init__()
        self.before = before
        self.table = table
        self.multiplied = multiplied
        self.after = after

    def forward(self, values: Tensor, condition: Tensor | None) -> Tensor:
        """`(N, ...)` and labels `(N,)` -> what `after` gives."""
        assert condition is not None, "the descriptor says that labels are required"
        features, embedded = self.before(values), self.table(condition)
        if self.multiplied:
            joined = features * embedded.reshape(features.shape)
        else:
            joined = torch.cat([features, embedded.reshape(len(features), -1, *features.shape[2:])], 1)
        output: Tensor = self.after(joined)
        return output


@final
class CGANGenerator(Generator):
    """z and a class -> an image of that class."""

    bounded = True

    def __init__(self, latent: Latent, network: Conditioned) -> None:
        super().__init__()
        self.latent = latent
        self.network = network

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` and labels `(N,)` -> `(N, channels, height, width)` in [-1, 1]."""
        images: Tensor = self.network(latents, condition)
        return images


@final
class CGANDiscriminator(Discriminator):
    """An image and a class -> whether it is a real image of that class."""

    def __init__(self, network: Conditioned) -> None:
        super().__init__()
        self.network = network

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, height, width)` and labels `(N,)` -> raw scores `(N,)`."""
        scores: Tensor = self.network(self.augment(samples), condition).squeeze(1)
        return scores


def mlp_generator(config: CGANConfig, data: DataSpec) -> Conditioned:
    """From z to 200 units, from the label to `embedding_dim`; from both to 1200, then to the image (section 4.1)."""
    table, joined = _table(config, data, 200, config.embedding_dim)
    after = nn.Sequential(
        # Of the label's units too: its layer is a table, because a one-hot vector only picks a row of the weights.
        nn.ReLU(),
        nn.Dropout(config.dropout),
        nn.Linear(joined, 1200),
        nn.ReLU(),
        nn.Dropout(config.dropout),
        nn.Linear(1200, math.prod(data.shape)),
        nn.Tanh(),
        nn.Unflatten(1, data.shape),
    )
    return Conditioned(nn.Linear(config.latent_dim, 200), table, config.embedding == "multiplied", after)


def mlp_discriminator(config: CGANConfig, data: DataSpec) -> Conditioned:
    """From the image to 240 maxout units, from the label to 50; from both to 240, then to a score (section 4.1)."""
    before = nn.Sequential(nn.Flatten(), Maxout(math.prod(data.shape), 240, 5))
    table, joined = _table(config, data, 240, 50)
    after = nn.Sequential(
        nn.Dropout(config.dropout), Maxout(joined, 240, 4), nn.Dropout(config.dropout), nn.Linear(240, 1)
    )
    return Conditioned(before, table, config.embedding == "multiplied", after)


def conv_generator(config: CGANConfig, data: DataSpec) -> Conditioned:
    """DCGAN's generator, which begins with z and the label's embedding joined."""
    table, joined = _table(config, data, config.latent_dim, config.embedding_dim)
    after = convolutional_decoder(joined, data.channels, data.size, config.width, dropout=config.dropout)
    return Conditioned(nn.Identity(), table, config.embedding == "multiplied", after.apply(initialize_normal))


def conv_discriminator(config: CGANConfig, data: DataSpec) -> Conditioned:
    """DCGAN's discriminator: the embedding is one more map beside the image, or as large as it and multiplies it."""
    multiplied = config.embedding == "multiplied"
    maps = data.channels if multiplied else data.channels + 1
    table = nn.Embedding(data.classes, math.prod(data.shape) if multiplied else math.prod(data.size))
    # A map begins quiet, or it would drown the image. What multiplies begins around 1, so that an image stays an
    # image, and far enough from it that the classes differ from the start.
    nn.init.normal_(table.weight, *((1.0, 0.5) if multiplied else (0.0, 0.02)))
    after = convolutional_encoder(maps, data.size, config.width, 1, dropout=config.dropout)
    return Conditioned(nn.Identity(), table, multiplied, after.apply(initialize_normal))


def _table(config: CGANConfig, data: DataSpec, features: int, beside: int) -> tuple[nn.Embedding, int]:
    """The embedding that joins so many features, and how many there are when it has."""
    if config.embedding == "multiplied":
        return nn.Embedding(data.classes, features), features
    return nn.Embedding(data.classes, beside), features + beside


def build(config: CGANConfig, data: DataSpec) -> Game:
    """Networks for `data`, the non-saturating loss, and one stage."""
    latent = Latent((config.latent_dim,), config.latent, low=0.0)
    conv = config.network == "conv"
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=CGANGenerator(latent, (conv_generator if conv else mlp_generator)(config, data)),
        discriminator=CGANDiscriminator((conv_discriminator if conv else mlp_discriminator)(config, data)),
        objective=AdversarialObjective(NonSaturating(config.real_target)),
        optimizers=Optimizers.both(adam),
    )
