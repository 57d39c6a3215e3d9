import pytest
import torch
from objectives.toys import LinearCritic, QuadraticCritic, SmoothDiscriminator, central_differences, scored
from torch import nn

from ganzoo.core.objective import Players
from ganzoo.errors import ConfigError
from ganzoo.objectives import R1, R2, Drift, GradientPenalty, Regularizer, WeightClip

POINTS = torch.tensor([[3.0, 4.0], [0.0, 2.0]], dtype=torch.float64)  # norms 5 and 2
OTHERS = torch.tensor([[1.0, 0.0], [0.0, 3.0]], dtype=torch.float64)  # norms 1 and 3


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (GradientPenalty(10.0), 160.0),  # ||w|| = sqrt(4 + 9 + 12) = 5: 10 * (5 - 1)^2
        (GradientPenalty(2.0, target=3.0), 8.0),  # 2 * (5 - 3)^2
        (R1(2.0), 25.0),  # 2 / 2 * 25
        (R2(6.0), 75.0),  # 6 / 2 * 25
    ],
    ids=repr,
)
def test_penalties_of_a_linear_critic(regularizer, expected):
    weight = torch.tensor([[[2.0, 3.0]], [[12.0**0.5, 0.0]]], dtype=torch.float64)
    images = torch.randn(2, 3, 2, 1, 2, dtype=torch.float64)
    term = regularizer.term(scored(LinearCritic(weight), *images))
    assert term.shape == ()
    assert term.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (R1(2.0), 14.5),  # (25 + 4) / 2
        (R1(1.0), 7.25),  # half of it: gamma / 2, not gamma
        (R2(2.0), 5.0),  # (1 + 9) / 2
        (Drift(0.1), 8.0125),  # scores 12.5 and 2: .1 * (156.25 + 4) / 2
    ],
    ids=repr,
)
def test_terms_are_means_over_their_own_samples(regularizer, expected):
    assert regularizer.term(scored(QuadraticCritic(), POINTS, OTHERS)).item() == pytest.approx(expected, rel=1e-12)


class Tripling(QuadraticCritic):
    """D(x) = ||3 x||^2 / 2 by an augmentation, whose gradient at x is 9 x."""

    def augment(self, samples):
        return 3.0 * samples

    def forward(self, samples, condition=None):
        return super().forward(self.augment(samples))


def test_penalties_are_of_the_image_before_its_augmentation():
    assert R1(2.0).term(scored(Tripling(), POINTS, OTHERS)).item() == pytest.approx(81 * 14.5, rel=1e-12)


def test_gradient_penalty_takes_the_norm_of_each_sample_and_the_mean_over_the_batch():
    # Reals and fakes are the same, so every interpolate is: 10 * ((5 - 1)^2 + (2 - 1)^2) / 2
    term = GradientPenalty(10.0).term(scored(QuadraticCritic(), POINTS, POINTS))
    assert term.item() == pytest.approx(85.0, rel=1e-12)
    # The same numbers as images: neither the channels nor the pixels are an axis of the mean.
    images = POINTS.view(2, 2, 1, 1)
    term = GradientPenalty(10.0).term(scored(QuadraticCritic(), images, images))
    assert term.item() == pytest.approx(85.0, rel=1e-12)


def test_gradient_penalty_draws_one_factor_per_sample():
    critic = QuadraticCritic()
    GradientPenalty().term(scored(critic, torch.ones(400, 3, 2, 2), torch.zeros(400, 3, 2, 2)))
    interpolates = critic.calls[-1][0].flatten(1)
    factors = interpolates[:, 0]
    assert torch.equal(interpolates, factors[:, None].expand_as(interpolates))
    assert factors.unique().numel() > 300
    assert 0.0 <= factors.min() < 0.1
    assert 0.9 < factors.max() <= 1.0


def test_gradient_penalty_pairs_real_and_fake_and_uses_the_labels_of_reals():
    critic = QuadraticCritic()
    reals, fakes = torch.tensor([[0.0], [10.0]]), torch.tensor([[1.0], [11.0]])
    labels, fake_labels = torch.tensor([0, 1]), torch.tensor([1, 0])
    GradientPenalty().term(scored(critic, reals, fakes, labels, fake_labels))
    interpolates, given = critic.calls[-1]
    assert torch.all((reals <= interpolates) & (interpolates <= fakes))
    assert given is labels


def test_gradient_penalty_has_a_finite_gradient_where_the_critic_is_flat():
    critic = LinearCritic(torch.zeros(2))
    term = GradientPenalty(10.0).term(scored(critic, torch.randn(4, 2), torch.randn(4, 2)))
    (gradient,) = torch.autograd.grad(term, critic.weight)
    assert term.item() == 10.0
    assert gradient.isfinite().all()


@pytest.mark.parametrize(
    "regularizer", [GradientPenalty(10.0), GradientPenalty(3.0, target=0.0), R1(2.0), R2(2.0), Drift(0.5)], ids=repr
)
def test_gradients_of_terms_agree_with_finite_differences(regularizer):
    discriminator = SmoothDiscriminator().double()
    parameters = list(discriminator.parameters())
    reals, fakes = torch.randn(2, 5, 4, dtype=torch.float64)

    def term():
        torch.manual_seed(7)  # the same interpolates each time
        with torch.enable_grad():
            return regularizer.term(scored(discriminator, reals, fakes))

    gradients = torch.autograd.grad(term(), parameters, allow_unused=True, materialize_grads=True)
    expected = central_differences(lambda: term().item(), parameters)
    assert any(gradient.abs().max() > 1e-3 for gradient in gradients)
    for ours, reference in zip(gradients, expected, strict=True):
        torch.testing.assert_close(ours, reference, rtol=1e-6, atol=1e-8)


class NormalizedCritic(SmoothDiscriminator):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


def test_weight_clip_clips_parameters_and_no_buffers():
    critic = NormalizedCritic()
    critic(torch.randn(64, 4) * 9)
    buffers = {name: buffer.clone() for name, buffer in critic.named_buffers()}
    parameters = [parameter.detach().clone() for parameter in critic.parameters()]
    assert any(buffer.abs().max() > 0.05 for buffer in buffers.values())

    WeightClip(0.05).after_discriminator_step(Players(None, critic))
    for before, after in zip(parameters, critic.parameters(), strict=True):
        assert torch.equal(after, before.clamp(-0.05, 0.05))
    assert any(before.abs().max() > 0.05 for before in parameters)
    assert all(torch.equal(buffer, buffers[name]) for name, buffer in critic.named_buffers())


def test_weight_clip_adds_no_term_and_waits_for_the_step():
    critic = NormalizedCritic()
    before = {name: value.clone() for name, value in critic.named_parameters()}
    assert WeightClip(0.01).term(scored(critic, torch.randn(4, 4), torch.randn(4, 4))) is None
    assert all(torch.equal(value, before[name]) for name, value in critic.named_parameters())


@pytest.mark.parametrize("regularizer", [GradientPenalty(), R1(1.0), R2(1.0), Drift()], ids=repr)
def test_regularizers_of_the_loss_leave_the_weights_alone(regularizer):
    critic = SmoothDiscriminator()
    before = [value.clone() for value in critic.parameters()]
    regularizer.after_discriminator_step(Players(None, critic))
    assert all(torch.equal(*pair) for pair in zip(critic.parameters(), before, strict=True))


def test_names_and_defaults_are_those_of_the_papers():
    regularizers = (GradientPenalty(), R1(10.0), R2(10.0), Drift(), WeightClip())
    assert [regularizer.name for regularizer in regularizers] == [
        "gradient_penalty",
        "r1",
        "r2",
        "drift",
        "weight_clip",
    ]
    assert (GradientPenalty().weight, GradientPenalty().target) == (10.0, 1.0)
    assert Drift().weight == 0.001
    assert WeightClip().bound == 0.01


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: GradientPenalty(-1.0), r"weight \(=-1.0\) must be finite and at least 0"),
        (lambda: GradientPenalty(10.0, target=float("inf")), r"target \(=inf\) must be finite and at least 0"),
        (lambda: R1(-0.5), r"gamma \(=-0.5\) must be finite and at least 0"),
        (lambda: R2(float("nan")), r"gamma \(=nan\) must be finite and at least 0"),
        (lambda: Drift(-1e-3), r"weight \(=-0.001\) must be finite and at least 0"),
        (lambda: WeightClip(0.0), r"bound \(=0.0\) must be positive and finite"),
    ],
)
def test_bad_settings_are_refused(build, message):
    with pytest.raises(ConfigError, match=message):
        build()


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Regularizer()
