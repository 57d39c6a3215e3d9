"""Scores of patches and of several scales, against plain formulas: means over elements, then over scales."""

import pytest
import torch
from objectives.toys import batch, scored
from torch import nn
from torch.nn.functional import avg_pool2d, relu, softplus

from ganzoo import Discriminator, Generator, Latent, Players
from ganzoo.errors import ConfigError
from ganzoo.objectives import (
    R1,
    R2,
    AdversarialLoss,
    AdversarialObjective,
    Drift,
    FDivergence,
    GradientPenalty,
    Hinge,
    Lazy,
    LeastSquares,
    NonSaturating,
    Relativistic,
    Wasserstein,
    WeightClip,
)


class Patches(Discriminator):
    """A map of what each patch is worth, `(N, 1, h, w)`."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv2d(1, 3, 3, bias=False), nn.Tanh(), nn.Conv2d(3, 1, 2)).double()
        self.passes = 0

    def forward(self, samples, condition=None):
        self.passes += 1
        return self.layers(samples)


class TwoScales(Patches):
    """Maps of 3 x 3 and of 1 x 1 patches: of the image, and of its half."""

    def forward(self, samples, condition=None):
        return super().forward(samples), self.layers(avg_pool2d(samples, 2)[..., :4, :4])


class PackedPatches(Patches):
    """A map for every two images."""

    def forward(self, samples, condition=None):
        one, other = super().forward(samples).unflatten(0, (-1, 2)).unbind(1)
        return one * other


class Fixed(Generator):
    latent = Latent((1, 8, 8))
    passes = 0

    def forward(self, latents, condition=None):
        self.passes += 1
        return latents


@pytest.fixture
def images():
    torch.manual_seed(0)
    return torch.randn(2, 4, 1, 8, 8, dtype=torch.float64)


def maps(discriminator, images):
    found = discriminator(images)
    return found if isinstance(found, tuple) else (found,)


def average(values):
    return sum(values) / len(values)


FORMULAS = {
    NonSaturating(): (lambda r, f: softplus(-r).mean() + softplus(f).mean(), lambda r, f: softplus(-f).mean()),
    LeastSquares(): (
        lambda r, f: ((r - 1) ** 2).mean() / 2 + (f**2).mean() / 2,
        lambda r, f: ((f - 1) ** 2).mean() / 2,
    ),
    Hinge(): (lambda r, f: relu(1 - r).mean() + relu(1 + f).mean(), lambda r, f: -f.mean()),
    Wasserstein(): (lambda r, f: f.mean() - r.mean(), lambda r, f: -f.mean()),
    # Patch by patch: each of a real is held against the same of its fake.
    Relativistic(): (lambda r, f: softplus(f - r).mean(), lambda r, f: softplus(r - f).mean()),
    FDivergence("kl"): (lambda r, f: -(r.mean() - (f - 1).exp().mean()), lambda r, f: -f.mean()),
}


@pytest.mark.parametrize("kind", [Patches, TwoScales, PackedPatches])
@pytest.mark.parametrize("loss", FORMULAS, ids=repr)
def test_losses_are_means_over_elements_then_over_scales(loss, kind, images):
    players, (reals, fakes) = Players(Fixed(), kind()), images
    of_reals, of_fakes = (maps(players.discriminator, samples) for samples in images)
    objective = AdversarialObjective(loss)
    pairs = list(zip(of_reals, of_fakes, strict=True))
    first, second = FORMULAS[loss]
    found = objective.discriminator_loss(players, batch(reals, fakes)).terms["adversarial"]
    torch.testing.assert_close(found, average([first(*pair) for pair in pairs]))
    found = objective.generator_loss(players, batch(reals, fakes)).terms["adversarial"]
    torch.testing.assert_close(found, average([second(*pair) for pair in pairs]))


def test_a_scale_counts_as_much_as_another_however_many_patches_it_has(images):
    large, small = TwoScales()(images[0])
    assert (large.numel(), small.numel()) == (4 * 25, 4)


def test_measures_are_shares_of_patches_averaged_over_scales(images):
    players = Players(Fixed(), TwoScales())
    shown = AdversarialObjective(Hinge()).discriminator_loss(players, batch(*images)).measures
    of_reals, of_fakes = (maps(players.discriminator, samples) for samples in images)
    assert shown["real_score"].item() == pytest.approx(average([scale.mean().item() for scale in of_reals]))
    called_real = average([(scale > 0).double().mean().item() for scale in of_reals])
    assert shown["real_accuracy"].item() == pytest.approx(called_real)
    called_fake = average([(scale <= 0).double().mean().item() for scale in of_fakes])
    assert shown["fake_accuracy"].item() == pytest.approx(called_fake)


def squared_norms(discriminator, samples):
    """For each scale, the squared norm of the gradient of each sample's mean score, by one backward a sample."""
    found = []
    for scale in range(len(maps(discriminator, samples))):
        norms = []
        for sample in samples:
            one = sample[None].clone().requires_grad_()
            maps(discriminator, one)[scale].mean().backward()
            norms.append((one.grad**2).sum())
        found.append(torch.stack(norms))
    return found


@pytest.mark.parametrize("kind", [Patches, TwoScales])
def test_penalties_are_of_a_samples_mean_score_averaged_over_scales(kind, images):
    discriminator, (reals, fakes) = kind(), images
    terms = {
        R1(3.0): 1.5 * average([norms.mean() for norms in squared_norms(discriminator, reals)]),
        R2(3.0): 1.5 * average([norms.mean() for norms in squared_norms(discriminator, fakes)]),
        Drift(0.5): 0.5 * average([scale.square().mean() for scale in maps(discriminator, reals)]),
    }
    for regularizer, expected in terms.items():
        torch.testing.assert_close(regularizer.term(scored(discriminator, reals, fakes)), expected)
    # Reals and fakes are the same, and so is every point between them.
    expected = 10 * average([(norms.sqrt() - 1).square().mean() for norms in squared_norms(discriminator, reals)])
    torch.testing.assert_close(GradientPenalty().term(scored(discriminator, reals, reals)), expected)


def test_the_penalty_of_packed_maps_is_a_mean_over_samples(images):
    discriminator, reals = PackedPatches(), images[0].clone().requires_grad_()
    (gradients,) = torch.autograd.grad(discriminator(reals).mean((1, 2, 3)).sum(), reals)
    found = R1(2.0).term(scored(discriminator, *images))
    torch.testing.assert_close(found, gradients.square().sum() / 4)


def test_scales_whose_gradients_cancel_are_penalized_all_the_same(images):
    class Opposed(Patches):
        def forward(self, samples, condition=None):
            scores = super().forward(samples)
            return scores, -scores

    discriminator = Opposed()
    expected = squared_norms(discriminator, images[0])[0].mean()
    torch.testing.assert_close(R1(2.0).term(scored(discriminator, *images)), expected)


def test_the_decision_is_a_mean_over_patches_and_scales(images):
    players = Players(Fixed(), TwoScales())
    decision = AdversarialObjective(LeastSquares()).decision(players, images[0])
    large, small = (torch.sigmoid(scale - 0.5).mean((1, 2, 3)) for scale in players.discriminator(images[0]))
    torch.testing.assert_close(decision, (large + small) / 2)
    assert AdversarialObjective(Hinge()).decision(Players(Fixed(), PackedPatches()), images[0]) is None


@pytest.mark.parametrize(("regularizer", "drawn", "judged"), [(R1(1.0), 0, 1), (R2(1.0), 1, 1), (Drift(), 0, 1)])
def test_a_lazy_regularizer_costs_what_it_looks_at(regularizer, drawn, judged, images):
    objective, players = AdversarialObjective(Hinge(), Lazy(regularizer, 16)), Players(Fixed(), Patches())
    _, lazy, _ = objective.phases()
    found = lazy.loss(players, batch(*images)).terms[regularizer.name]
    assert (players.generator.passes, players.discriminator.passes) == (drawn, judged)
    torch.testing.assert_close(found, 16 * regularizer.term(scored(players.discriminator, *images)))


def test_what_acts_after_the_step_cannot_be_lazy():
    with pytest.raises(ConfigError, match=r"regularizer \(=WeightClip\(bound=0.01\)\) must only add a term"):
        Lazy(WeightClip(), 16)


def test_a_loss_of_ones_own_needs_to_know_of_no_scales(images):
    class Squares(AdversarialLoss):
        def discriminator(self, real, fake):
            return (real**2).mean() + (fake**2).mean()

        def generator(self, fake, real=None):
            return -(fake**2).mean()

    players = Players(Fixed(), TwoScales())
    found = AdversarialObjective(Squares()).generator_loss(players, batch(None, images[1])).terms["adversarial"]
    torch.testing.assert_close(found, -average([(scale**2).mean() for scale in players.discriminator(images[1])]))
