"""The networks of PacGAN's two-dimensional experiments, layer by layer."""

import pytest
import torch
from torch import nn

from ganzoo.bench.modes import PACKS, game, score, train
from ganzoo.bench.networks import INITIAL_STD, Maxout, MaxoutDiscriminator, MixtureGenerator
from ganzoo.core.latent import Latent
from ganzoo.core.networks import Generator
from ganzoo.data.mixtures import MIXTURES


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_generator_is_four_layers_of_400_without_bias_and_an_output_with_one():
    generator = MixtureGenerator()
    assert [type(layer) for layer in generator.layers] == [nn.Linear, nn.BatchNorm1d, nn.ReLU] * 4 + [nn.Linear]
    linear = [layer for layer in generator.layers if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(2, 400), *[(400, 400)] * 3, (400, 2)]
    assert [layer.bias is not None for layer in linear] == [False] * 4 + [True]
    # 2 x 400, 3 x 400 x 400; 4 x (400 scales + 400 shifts); 400 x 2 + 2.
    assert count(generator) == 800 + 480_000 + 3_200 + 802
    assert generator.latent == Latent((2,))
    assert generator(torch.randn(7, 2)).shape == (7, 2)


@pytest.mark.parametrize("packing", [1, 2, 3, 4])
def test_the_discriminator_scores_packs(packing):
    discriminator = MaxoutDiscriminator(packing)
    assert [type(layer) for layer in discriminator.layers] == [Maxout] * 3 + [nn.Linear]
    # 2 m x 1000 + 1000; 2 x (200 x 1000 + 1000); 200 + 1.
    assert count(discriminator) == 2_000 * packing + 1_000 + 402_000 + 201
    samples = torch.randn(5 * packing, 2)
    scores = discriminator(samples)
    assert scores.shape == (5,)
    # A score depends on its own pack alone, on every sample of it, and on nothing else.
    for index in range(len(samples)):
        moved = samples.clone()
        moved[index] += 10
        changed = discriminator(moved) != scores
        assert changed.nonzero().flatten().tolist() == [index // packing]


def test_maxout_is_the_largest_of_its_pieces():
    layer = Maxout(2, 2, 3)
    assert layer.linear.weight.shape == (6, 2)
    with torch.no_grad():
        # Pieces 0, 1, 2 of output 0 are x, y, 0; of output 1: -x, -y, x + y. Pieces lie one after another.
        layer.linear.weight.copy_(torch.tensor([[1.0, 0], [-1, 0], [0, 1], [0, -1], [0, 0], [1, 1]]))
        layer.linear.bias.copy_(torch.tensor([0.0, 0, 0, 0, 0, 0.5]))
    values = layer(torch.tensor([[3.0, -2.0], [-1.0, -4.0], [2.0, 5.0]]))
    # max(3, -2, 0), max(-3, 2, 1.5); max(-1, -4, 0), max(1, 4, -4.5); max(2, 5, 0), max(-2, -5, 7.5).
    assert values.tolist() == [[3.0, 2.0], [0.0, 4.0], [5.0, 7.5]]


def test_first_weights_are_those_of_the_authors():
    torch.manual_seed(0)
    for network in (MixtureGenerator(), MaxoutDiscriminator(2)):
        for layer in network.modules():
            if isinstance(layer, nn.Linear):
                # Five standard errors of a standard deviation of n numbers: sigma / sqrt(2 n) each.
                slack = 5 * INITIAL_STD / (2 * layer.weight.numel()) ** 0.5
                assert abs(layer.weight.std(correction=0).item() - INITIAL_STD) < slack
                assert layer.bias is None or not layer.bias.any()


@pytest.mark.parametrize("packing", [1, 3])
def test_the_game_is_the_papers(packing):
    played = game(packing)
    assert played.objective.simultaneous
    assert played.stages[0].batch_size == PACKS * packing == 100 * packing
    for recipe in (played.optimisers.generator, played.optimisers.discriminator):
        assert (recipe.lr, recipe.betas, recipe.eps) == (1e-4, (0.8, 0.999), 1e-8)
    assert played.ema.decay(0, 100) == 0


def test_training_depends_on_the_seed_alone_and_gives_the_generator_itself():
    ticks = []
    first, again, other = (train(MIXTURES["ring"], 2, seed, 3, ticks.append) for seed in (4, 4, 5))
    assert ticks == [3, 3, 3]
    assert not first.training
    one, two, three = (torch.cat([p.flatten() for p in g.parameters()]) for g in (first, again, other))
    assert torch.equal(one, two)
    assert not torch.equal(one, three)


class Teleporter(Generator):
    """Puts every sample on the first mode."""

    def __init__(self, mean):
        super().__init__()
        self.latent, self.mean = Latent((2,)), torch.tensor(mean)

    def forward(self, latents, labels=None):
        assert latents.shape == (2500, 2)
        return self.mean.expand(len(latents), 2)


def test_a_collapsed_generator_covers_one_mode():
    scored = score(Teleporter([1.0, 0.0]), MIXTURES["ring"])
    assert (scored.covered, scored.modes, scored.high_quality) == (1, 8, 1.0)
    assert scored.reverse_kl == pytest.approx(2.0794415)  # log 8
