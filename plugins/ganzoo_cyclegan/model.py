"""Networks and objective of CycleGAN (arXiv:1703.10593, sections 3, 4 and 7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, final

from torch import Tensor, nn
from torch.nn.functional import l1_loss

from ganzoo import (
    Adam,
    Batch,
    DataSpec,
    Discriminator,
    Game,
    Generator,
    Latent,
    LinearDecay,
    Losses,
    Objective,
    Optimizers,
    Phase,
    Phases,
    Players,
    SamplingOption,
)
from ganzoo.layers import Jitter, initialize_normal, patch_encoder
from ganzoo.objectives import ImagePool, least_squares_discriminator, least_squares_generator
from ganzoo_cyclegan.config import CycleGANConfig

Direction = Literal["AtoB", "BtoA"]

Norm = Callable[[int], nn.Module]

NORMS: Mapping[str, Norm] = {"instance": nn.InstanceNorm2d, "batch": nn.BatchNorm2d}
"""Instance norm as it is in the paper: without scale, shift and running statistics."""


def convolution(inputs: int, outputs: int, kernel: int, norm: Norm) -> list[nn.Module]:
    """Of stride 1, padded by reflection, and normed."""
    padding = nn.ReflectionPad2d(kernel // 2)
    return [padding, nn.Conv2d(inputs, outputs, kernel, bias=False), norm(outputs)]


@final
class ResidualBlock(nn.Module):
    """Rk of section 7.2: two 3 x 3 convolutions, and what came in."""

    def __init__(self, maps: int, norm: Norm) -> None:
        super().__init__()
        self.layers = nn.Sequential(*convolution(maps, maps, 3, norm), nn.ReLU(), *convolution(maps, maps, 3, norm))

    def forward(self, maps: Tensor) -> Tensor:
        """`(N, maps, H, W)` -> the same shape."""
        added: Tensor = maps + self.layers(maps)
        return added


def translator(inputs: int, outputs: int, width: int, blocks: int, norm: Norm) -> nn.Sequential:
    """c7s1-64, d128, d256, R256 x blocks, u128, u64, c7s1-3 with tanh (section 7.2).

    From images `(N, inputs, H, W)`, H and W multiples of 4, to images `(N, outputs, H, W)` in [-1, 1].
    """
    layers = [*convolution(inputs, width, 7, norm), nn.ReLU()]
    for maps in (width, 2 * width):
        layers += [nn.Conv2d(maps, 2 * maps, 3, 2, 1, bias=False), norm(2 * maps), nn.ReLU()]
    layers += [ResidualBlock(4 * width, norm) for _ in range(blocks)]
    for maps in (2 * width, width):
        up = nn.ConvTranspose2d(2 * maps, maps, 3, 2, 1, output_padding=1, bias=False)
        layers += [up, norm(maps), nn.ReLU()]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, outputs, 7), nn.Tanh())


@final
class CycleGenerator(Generator):
    """Both translators: the paper's G from A to B and F from B to A.

    Args:
        a: Channels of domain A, that of the sources.
        b: Channels of domain B, that of the samples.
        width: Feature maps next to the image.
        blocks: Residual blocks of each.
        norm: A key of `NORMS`.
    """

    bounded = True
    sampling_options = MappingProxyType(
        {"direction": SamplingOption("AtoB", choices=("AtoB", "BtoA"), title="which way: sources to samples, or back")}
    )

    def __init__(self, a: int, b: int, width: int, blocks: int, norm: str) -> None:
        super().__init__()
        self.latent = Latent((0,))
        self.a_to_b = translator(a, b, width, blocks, NORMS[norm])
        self.b_to_a = translator(b, a, width, blocks, NORMS[norm])

    def forward(self, latents: Tensor, condition: Tensor | None = None, *, direction: Direction = "AtoB") -> Tensor:
        """Translate images `(N, C, H, W)` of one domain into the other, to the same size, in [-1, 1]."""
        assert condition is not None, "cyclegan makes images of sources"
        translated: Tensor = (self.a_to_b if direction == "AtoB" else self.b_to_a)(condition)
        return translated


@final
class DomainDiscriminators(Discriminator):
    """One discriminator of patches for each domain.

    Args:
        a: Judges images of domain A.
        b: Judges images of domain B.
    """

    def __init__(self, a: nn.Module, b: nn.Module) -> None:
        super().__init__()
        self.a = a
        self.b = b

    def forward(self, samples: Tensor, domain: Literal["a", "b"] = "b") -> Tensor:
        """Images of one domain `(N, C, H, W)` -> raw scores of patches `(N, 1, h, w)`."""
        scores: Tensor = (self.a if domain == "a" else self.b)(self.augment(samples))
        return scores


@final
class ImagePools(nn.Module):
    """One pool a domain: an auxiliary network without parameters."""

    def __init__(self, size: int, a: tuple[int, ...], b: tuple[int, ...], batch: int) -> None:
        super().__init__()
        self.a = ImagePool(size, a, batch)
        self.b = ImagePool(size, b, batch)


CyclePlayers = Players[CycleGenerator, DomainDiscriminators]


@final
class CycleObjective(Objective):
    """Two games of squared errors, bound by cycle consistency (eq. 1 to 3, section 5.2 for the identity).

        G: E (D_B(G(a)) - 1)^2 + E (D_A(F(b)) - 1)^2
           + cycle_weight (E |F(G(a)) - a| + E |G(F(b)) - b|)
           + identity_weight cycle_weight (E |G(b) - b| + E |F(a) - a|)
        D: (E (D_B(b) - 1)^2 + E D_B(G(a))^2) / 2, and the same of D_A

    The generators' phase comes first. Its translations go through the pools, where the discriminators' phase, of the
    same images in another jitter, finds what it judges: translations of the generators as they were before their step.

    Args:
        cycle_weight: The paper's lambda.
        identity_weight: Times `cycle_weight`.
        jitter: Each image has its own draw.
    """

    def __init__(self, cycle_weight: float, identity_weight: float, jitter: Jitter) -> None:
        self.cycle_weight = cycle_weight
        self.identity_weight = identity_weight * cycle_weight
        self.jitter = jitter

    def phases(self) -> Phases:
        return (
            Phase("generator", self.generator_loss, ("generator",), counts=True),
            Phase("discriminator", self.discriminator_loss, ("discriminator",), reals="last"),
        )

    def generator_loss(self, players: CyclePlayers, batch: Batch) -> Losses:
        a, b = self._images(batch)
        g, f, judge = players.generator.a_to_b, players.generator.b_to_a, players.discriminator
        fake_a, fake_b = f(b).to(a.dtype), g(a).to(b.dtype)
        players.auxiliary.a.put(fake_a)
        players.auxiliary.b.put(fake_b)
        terms = {
            # Without the half of arXiv:1611.04076.
            "adversarial_a": 2.0 * least_squares_generator(judge(fake_a, "a").to(a.dtype)),
            "adversarial_b": 2.0 * least_squares_generator(judge(fake_b, "b").to(b.dtype)),
            "cycle_a": self.cycle_weight * l1_loss(f(fake_b).to(a.dtype), a),
            "cycle_b": self.cycle_weight * l1_loss(g(fake_a).to(b.dtype), b),
        }
        if self.identity_weight:
            terms["identity_a"] = self.identity_weight * l1_loss(f(a).to(a.dtype), a)
            terms["identity_b"] = self.identity_weight * l1_loss(g(b).to(b.dtype), b)
        return Losses(terms)

    def discriminator_loss(self, players: CyclePlayers, batch: Batch) -> Losses:
        terms, measures = {}, {}
        for domain, images in zip(("a", "b"), self._images(batch), strict=True):
            fakes = getattr(players.auxiliary, domain).take(len(images))
            real = players.discriminator(images, domain).to(images.dtype)
            fake = players.discriminator(fakes, domain).to(images.dtype)
            terms[f"adversarial_{domain}"] = least_squares_discriminator(real, fake)
            measures[f"real_score_{domain}"] = real.detach().mean()
            measures[f"fake_score_{domain}"] = fake.detach().mean()
        return Losses(terms, measures)

    def _images(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Images of A and of B, each jittered on its own."""
        assert batch.reals is not None, "both phases have reals"
        assert batch.condition is not None, "Variant.source is 'unpaired'"
        return self.jitter(batch.condition), self.jitter(batch.reals)


def build(config: CycleGANConfig, data: DataSpec) -> Game:
    """Two translators and two discriminators of patches between sources (A) and samples (B)."""
    assert data.source is not None, "Variant.source is 'unpaired'"
    a, b = data.source.shape, data.shape
    generator = CycleGenerator(a[0], b[0], config.width, config.blocks, config.norm)
    discriminator = DomainDiscriminators(
        *(patch_encoder(shape[0], config.width, config.patch_halvings, norm=NORMS[config.norm]) for shape in (a, b))
    )
    start = round(config.images * config.decay_from)
    adam = Adam(config.lr, (config.beta1, 0.999), schedule=LinearDecay(start, config.images))
    return Game(
        generator=generator.apply(initialize_normal),
        discriminator=discriminator.apply(initialize_normal),
        objective=CycleObjective(config.cycle_weight, config.identity_weight, Jitter(config.jitter, config.flip)),
        optimizers=Optimizers.both(adam),
        auxiliary=ImagePools(config.pool, a, b, config.batch_size),
    )
