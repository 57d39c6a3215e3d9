"""The losses of VAE-GAN (arXiv:1512.09300, algorithm 1), each of which reaches the parts it should and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, final

import torch
from torch import Tensor
from torch.nn.functional import pairwise_distance, softplus

from ganzoo import Batch, Losses, Objective, Players
from ganzoo.objectives import NonSaturating, minimax_generator, non_saturating_generator

if TYPE_CHECKING:
    from ganzoo_vaegan.model import VAEGANDiscriminator, VAEGANGenerator

    VAEGANPlayers = Players[VAEGANGenerator, VAEGANDiscriminator]


@final
class VAEGANObjective(Objective):
    """Algorithm 1 of the paper.

    With Dis_l(x) the features of x in a hidden layer of D,

        prior = KL(q(z|x) || N(0, 1))          recon = E_q[ |Dis_l(x) - Dis_l(Dec(z))|^2 / 2 ]
        encoder: prior + recon                 decoder: gamma * recon - L_GAN                  D: L_GAN

    The engine sums the generator's terms and goes backward once. That the encoder gets `recon` unweighted and
    nothing of the GAN loss, and the decoder no more than its share, is the work of `scale_gradient` and `detach`.

    Args:
        gamma: Weight of the reconstruction in the decoder, above 0.
        loss: What the decoder minimises for each fake: `"minimax"` log(1 - D), `"non_saturating"` -log D.
    """

    generator_sees_reals = True

    def __init__(self, gamma: float, loss: Literal["minimax", "non_saturating"]) -> None:
        self.gamma = gamma
        self._fool = {"minimax": minimax_generator, "non_saturating": non_saturating_generator}[loss]

    def discriminator_loss(self, players: VAEGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "a discriminator phase has reals"
        generator = players.generator
        with torch.no_grad():
            reconstructed = generator(draw(*generator.posterior(batch.reals)))
            sampled = generator(batch.latents)
        real, rebuilt, fake = _scores(players, batch.reals, reconstructed, sampled)
        terms = {
            "real": softplus(-real).mean(),
            "reconstructed": softplus(rebuilt).mean(),
            "sampled": softplus(fake).mean(),
        }
        return Losses(terms, NonSaturating().measures(real.detach(), torch.cat([rebuilt, fake]).detach()))

    def generator_loss(self, players: VAEGANPlayers, batch: Batch) -> Losses:
        assert batch.reals is not None, "generator_sees_reals"
        generator, reals = players.generator, batch.reals
        mean, log_variance = generator.posterior(reals)
        latents = draw(mean, log_variance)

        # The encoder divides gamma out again. To it this is the whole of the reconstruction, to the decoder a share.
        reconstructed = generator(scale_gradient(latents, 1.0 / self.gamma))
        features = players.discriminator.features(torch.cat([reconstructed, reals])).to(reals.dtype)
        difference = torch.sub(*features.flatten(1).chunk(2))
        reconstruction = 0.5 * difference.square().sum(1).mean()

        # A second pass through the decoder, because the encoder must not see this loss.
        _, rebuilt, fake = _scores(players, reals, generator(latents.detach()), generator(batch.latents))
        terms = {
            "prior": gaussian_divergence(mean, log_variance),
            "reconstruction": self.gamma * reconstruction,
            "adversarial": self._fool(rebuilt) + self._fool(fake),
        }
        distance = pairwise_distance(reals.flatten(1), reconstructed.detach().flatten(1), eps=0.0).mean()
        return Losses(terms, {"reconstruction_distance": distance})


def draw(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw mean + sigma * noise, differentiable in both (arXiv:1312.6114, section 2.4)."""
    return mean + (0.5 * log_variance).exp() * torch.randn_like(mean)


def gaussian_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, sigma^2) || N(0, 1)), summed over `(N, D)`'s latents, averaged over the batch (1312.6114, app. B)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance).sum(1).mean()


def scale_gradient(values: Tensor, factor: float) -> Tensor:
    """The same values; gradients that go back through them are multiplied by `factor`."""
    fixed = values.detach()
    return fixed + factor * (values - fixed)


def _scores(
    players: VAEGANPlayers, reals: Tensor, reconstructed: Tensor, sampled: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Raw scores of each kind, from one pass: D's batch norm sees all three together, as the authors' program has it.

    Without that, features and scores of the kinds would be measured on scales of their own.
    """
    scores = players.discriminator(torch.cat([reals, reconstructed, sampled])).to(reals.dtype)
    of_reals, of_reconstructed, of_sampled = scores.chunk(3)
    return of_reals, of_reconstructed, of_sampled
