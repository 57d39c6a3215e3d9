"""The one-dimensional tutorial: its networks, its aligned minibatches, its pretraining, its figures."""

import numpy as np
import pytest
import torch
from ganzoo_toy.config import ToyConfig
from ganzoo_toy.model import Aligned, DensityRegression, build
from PIL import Image
from scipy.stats import norm

from ganzoo import Batch, ConfigError, DataSpec, Players, api, mixture_of, plugins
from ganzoo.data.mixtures import MIXTURES
from ganzoo.objectives import AdversarialObjective, NonSaturating, Wasserstein
from ganzoo.runs.observers.display import QuietDisplay
from ganzoo.runs.plan import Plan

SPEC = DataSpec("normal1d", (1,), 100_000, kind="vector", density=MIXTURES["normal1d"].to_density())


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GANZOO_HOME", str(tmp_path_factory.mktemp("home")))


def game(**options):
    torch.manual_seed(0)
    return build(ToyConfig.resolve("paper", options), SPEC)


def batch(reals, latents):
    return Batch(reals, None, latents, None, torch.zeros(()))


def gradients(objective, made, player, given):
    players = Players(made.generator, made.discriminator)
    loss = objective.discriminator_loss if player == "discriminator" else objective.generator_loss
    parameters = list(getattr(made, player).parameters())
    found = torch.autograd.grad(loss(players, given).terms["adversarial"], parameters)
    return torch.cat([gradient.flatten() for gradient in found])


def test_the_target_is_the_tutorials():
    mixture = mixture_of(SPEC)
    line = np.linspace(-6, 4, 50)
    assert np.exp(mixture.log_density(line[:, None])) == pytest.approx(norm(-1, 1).pdf(line), rel=1e-12)
    density = DensityRegression(mixture, 5.0).density(torch.from_numpy(line))
    assert density.numpy() == pytest.approx(norm(-1, 1).pdf(line), rel=1e-12)


def test_density_of_two_modes():
    mixture = mixture_of(DataSpec("cities", (1,), 100, kind="vector", density=MIXTURES["cities"].to_density()))
    line = np.linspace(-2, 4, 50)
    expected = 0.7 * norm(2.5, 0.3).pdf(line) + 0.3 * norm(0.5, 0.4).pdf(line)
    assert DensityRegression(mixture, 5.0).density(torch.from_numpy(line)).numpy() == pytest.approx(expected, rel=1e-9)


def test_networks_have_three_layers_and_eleven_hidden_units():
    made = game()
    parameters = 1 * 6 + 6 + 6 * 5 + 5 + 5 * 1 + 1
    for network in (made.generator, made.discriminator):
        assert sum(parameter.numel() for parameter in network.parameters()) == parameters
        assert [type(layer).__name__ for layer in network.layers] == ["Linear", "Tanh", "Linear", "Tanh", "Linear"]
    made.generator.layers[-1].bias.data.fill_(1e3)
    assert made.generator(torch.zeros(2, 1)).tolist() == [[5.0], [5.0]]
    assert made.discriminator(torch.zeros(3, 1)).shape == (3,)


def test_latents_are_linspace_and_a_little_noise_and_reals_are_sorted():
    aligned = game().objective
    given = aligned.align(batch(torch.randn(200, 1), game().generator.latent.sample(200)))
    noise = given.latents[:, 0] - torch.linspace(-5, 5, 200)
    assert noise.min() >= -1e-6
    assert noise.max() <= 0.01 + 1e-6
    assert noise.mean().item() == pytest.approx(0.005, abs=0.001)
    assert noise.std().item() == pytest.approx(0.01 / 12**0.5, rel=0.2)
    assert (given.latents.diff(dim=0) > 0).all()
    assert (given.reals.diff(dim=0) >= 0).all()
    assert aligned.align(batch(None, given.latents)).reals is None


@pytest.mark.parametrize("player", ["discriminator", "generator"])
def test_sorting_alone_changes_no_gradient(player):
    made = game(aligned=False)
    reals, latents = torch.randn(200, 1) - 1, made.generator.latent.sample(200)
    drawn = gradients(made.objective, made, player, batch(reals, latents))
    ordered = gradients(made.objective, made, player, batch(reals.sort(0).values, latents.sort(0).values))
    torch.testing.assert_close(ordered, drawn, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(("player", "share"), [("generator", 0.01), ("discriminator", 0.9)])
def test_evenly_spaced_latents_lower_the_variance(player, share):
    """All of the generator's noise comes from z; the discriminator keeps that of the reals."""
    made = game()
    plain = made.objective.objective
    variance = {}
    for name, objective in (("drawn", plain), ("aligned", made.objective)):
        torch.manual_seed(1)
        many = [
            gradients(objective, made, player, batch(torch.randn(200, 1) - 1, made.generator.latent.sample(200)))
            for _ in range(200)
        ]
        variance[name] = torch.stack(many).var(dim=0).sum().item()
    assert variance["aligned"] < share * variance["drawn"]


def test_the_pretrained_discriminator_is_the_density():
    made = game()
    stage, objective = made.stages[0], made.stages[0].objective
    assert (stage.images, stage.batch_size) == (200_000, 200)
    assert [phase.updates for phase in stage.objective.phases()] == [("discriminator",)]
    players = Players(made.generator, made.discriminator)
    optimizer = torch.optim.Adam(made.discriminator.parameters(), lr=stage.lr["discriminator"], betas=(0.5, 0.999))
    # The reals must not matter: the points are drawn from the whole line.
    given = batch(torch.full((200, 1), float("nan")), made.generator.latent.sample(200))
    for _ in range(1000):
        optimizer.zero_grad()
        objective.loss(players, given).terms["density"].backward()
        optimizer.step()
    line = torch.linspace(-5, 5, 101)[:, None]
    with torch.no_grad():
        decision = objective.decision(players, line).numpy()
    assert decision == pytest.approx(norm(-1, 1).pdf(line[:, 0].numpy()), abs=0.03)
    assert all(parameter.grad is None for parameter in made.generator.parameters())


def test_options_that_leave_the_pretraining_out():
    assert [stage.objective for stage in game(pretraining_steps=0).stages] == [None]
    assert [stage.objective is None for stage in game().stages] == [False, True]
    assert isinstance(game().objective, Aligned)
    assert isinstance(game(aligned=False).objective, AdversarialObjective)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (DataSpec("ring", (2,), 10, kind="vector"), {}, "ring has 2 coordinates: give --data normal1d"),
        (DataSpec("mine", (1,), 10, kind="vector"), {}, "not known of mine: give --pretraining-steps 0"),
        (SPEC, {"images": "200k"}, r"--images \(=200000\) must be more than the 200000 of the pretraining"),
    ],
)
def test_refused(data, options, message):
    with pytest.raises(ConfigError, match=message):
        ToyConfig.resolve("paper", options).check(data)


def test_unknown_densities_are_learned_without_pretraining():
    data = DataSpec("mine", (1,), 10, kind="vector")
    config = ToyConfig.resolve("paper", {"pretraining_steps": 0})
    config.check(data)
    assert len(build(config, data).stages) == 1


def test_default_data_is_the_variants():
    assert Plan.resolve("toy", None, {}).data.data == "normal1d"
    assert Plan.resolve("toy", None, {"data": "cities"}).data.data == "cities"
    assert Plan.resolve("vanilla", None, {}).data.data == "mnist"


def test_help_tells_the_variants_default_data():
    from ganzoo.cli.runs.train import _parameters

    for variant, default in (("toy", "(default normal1d)"), ("vanilla", "(default mnist)")):
        parameters = _parameters(plugins.registry().find(variant))
        option = next(parameter for parameter in parameters if parameter.name == "data").annotation.__metadata__[0]
        assert option.help.endswith(default)


def test_decision_is_the_probability_and_none_where_there_is_no_scale():
    made = game()
    players, line = Players(made.generator, made.discriminator), torch.linspace(-5, 5, 9)[:, None]
    plain = AdversarialObjective(NonSaturating())
    expected = torch.sigmoid(made.discriminator(line))
    torch.testing.assert_close(plain.decision(players, line), expected)
    torch.testing.assert_close(made.objective.decision(players, line), expected)
    assert AdversarialObjective(Wasserstein()).decision(players, line) is None
    packed = Players(made.generator, lambda samples, labels: samples[::3, 0])
    assert plain.decision(packed, line) is None


def green(path):
    """Where the discriminator's curve is: `(n, 2)` rows and columns."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    return np.argwhere((pixels[..., 1] > 130) & (pixels[..., 0] < 90) & (pixels[..., 2] < 90))


def test_a_run_draws_the_decision_before_and_after(tmp_path):
    run = api.train(
        "toy",
        out=tmp_path / "run",
        display=QuietDisplay(),
        device="cpu",
        images=4000,
        batch_size=20,
        pretraining_steps=100,
        pretraining_lr=0.05,
        sample_every=2000,
    )
    for name in ("curves.png", "progress.png", "progress.webp"):
        assert (run.path / name).is_file(), name
    first, pretrained, last = [green(path) for path in run.samples()]
    assert min(map(len, (first, pretrained, last))) > 300
    # After the pretraining the curve is a density: near 0, the bottom, on most of the line, and not before.
    assert np.median(pretrained[:, 0]) > np.median(first[:, 0]) + 80
    assert np.median(last[:, 0]) < np.median(pretrained[:, 0])


def test_looking_at_the_decision_changes_nothing(tmp_path):
    weights = []
    for name, every in (("often", 200), ("never", 10_000)):
        options = {"images": 1000, "batch_size": 20, "pretraining_steps": 20, "sample_every": every, "device": "cpu"}
        run = api.train("toy", out=tmp_path / name, display=QuietDisplay(), **options)
        weights.append((run.path / "checkpoints/0000001000/discriminator.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_every_variant_draws_the_curve_on_a_line_and_none_in_the_plane(tmp_path):
    options = {"data": "normal1d", "images": 100, "batch_size": 50, "device": "cpu", "latent_dim": 4}
    run = api.train("vanilla", out=tmp_path / "vanilla", display=QuietDisplay(), **options)
    assert len(green(run.samples()[-1])) > 100
    run = api.train("vanilla", out=tmp_path / "ring", display=QuietDisplay(), **(options | {"data": "ring"}))
    assert len(green(run.samples()[-1])) == 0
