"""Networks and loss of ebgan; `build` puts them together."""

from __future__ import annotations

from typing import final

from ganzoo import Adam, DataSpec, Discriminator, Game, Generator, Latent, Optimizers
from ganzoo.objectives import AdversarialLoss, AdversarialObjective
from torch import Tensor, nn
from torch.nn.functional import relu

from ganzoo_ebgan.config import Config


@final
class ConvGenerator(Generator):
    """Project z onto a small map, then double it twice; batch norm and ReLU between."""

    bounded = True  # tanh keeps samples in [-1, 1]

    def __init__(self, config: Config, data: DataSpec) -> None:
        super().__init__()
        # Or Latent((config.latent_dim,), "uniform"): U(-1, 1).
        self.latent = Latent((config.latent_dim,))
        width, side = config.width, data.resolution // 4
        self.layers = nn.Sequential(
            nn.Linear(config.latent_dim, 2 * width * side**2, bias=False),
            nn.Unflatten(1, (2 * width, side, side)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            # Kernel 4, stride 2, padding 1: twice the height and width.
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, data.channels, 4, 2, 1),
            nn.Tanh(),
        )

    def forward(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, latent_dim)` -> `(N, channels, resolution, resolution)` in [-1, 1]."""
        samples: Tensor = self.layers(latents)
        return samples


@final
class AutoEncoder(Discriminator):
    """Section 2.2: encodes an image, decodes the code, and judges the image by how well it came back."""

    def __init__(self, config: Config, data: DataSpec) -> None:
        super().__init__()
        width, side = config.width, data.resolution // 4
        self.layers = nn.Sequential(
            nn.Conv2d(data.channels, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            # The code is short, so that not everything can come back.
            nn.Linear(2 * width * side**2, config.code_dim),
            nn.Linear(config.code_dim, 2 * width * side**2),
            nn.Unflatten(1, (2 * width, side, side)),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(2 * width, width, 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(width, data.channels, 4, 2, 1),
        )

    def forward(self, samples: Tensor, condition: Tensor | None = None) -> Tensor:
        """`(N, channels, resolution, resolution)` -> scores `(N,)`: minus the mean squared error of a pixel."""
        seen = self.augment(samples)
        errors: Tensor = (self.layers(seen) - seen).square()
        return -errors.flatten(1).mean(1)


@final
class MarginLoss(AdversarialLoss):
    """Equations 1 and 2 of arXiv:1609.03126, with the energy D(x) = -score."""

    def __init__(self, margin: float) -> None:
        self.margin = margin

    @property
    def threshold(self) -> None:
        """None: no score parts reals from fakes, so that no accuracies are shown."""

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """E[D(x)] + E[max(0, m - D(G(z)))], from scores `(N,)`."""
        return -real.mean() + relu(self.margin + fake).mean()

    def generator(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        """E[D(G(z))]."""
        return -fake.mean()


def build(config: Config, data: DataSpec) -> Game:
    """Two players, what they want, and how they are trained. ganzoo does the rest."""
    adam = Adam(config.lr, (config.beta1, 0.999))
    return Game(
        generator=ConvGenerator(config, data),
        discriminator=AutoEncoder(config, data),
        objective=AdversarialObjective(MarginLoss(config.margin)),
        optimizers=Optimizers.both(adam),
    )
