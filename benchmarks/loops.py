"""The loops that the engine is compared with: how fast can the same networks be trained by hand?

`bare` is the leanest loop that does a round's work: the uint8 data set on the device, a permutation and
`index_select`, fused Adam, one backward a player that computes only that player's gradients, and the average of
the generator in one call. It logs, measures, saves and draws nothing. Its forward passes are the objective's: two of
G, three of D, reals and fakes apart.

`usual` is the loop of most tutorials: a DataLoader over PIL images, ToTensor and Normalize, Adam as it comes, BCE with
logits, `detach`, `loss.backward()` of everything it reaches, and `.item()` on both losses at every step. It has no
average, and makes the fakes once for both players: one forward pass of G less than the others.

Both are generators: each `next` trains one round and gives the number of real images in it.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ganzoo import plugins
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.game import Adam, Game

Rounds = Iterator[int]


@dataclass(frozen=True)
class Job:
    """What all loops train.

    Args:
        variant: Its name.
        preset: Of the variant; its latents must be normal.
        images: The data set, uint8 `(N, 1, H, W)` on `device`.
        device: Where to train.
        bf16: Under autocast.
    """

    variant: str
    preset: str
    images: Tensor
    device: torch.device
    bf16: bool = False

    def game(self) -> Game:
        """Fresh networks from the variant's own factory."""
        variant = plugins.registry().find(self.variant)
        config = variant.load_config().resolve(self.preset, {})
        spec = DataSpec(name="mnist", shape=tuple(self.images.shape[1:]), count=len(self.images), kind="image")
        torch.manual_seed(0)
        game = variant.build(config, spec)
        assert game.generator.latent.distribution == "normal", "the loops draw normal latents"
        return game

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        return torch.autocast(self.device.type, torch.bfloat16) if self.bf16 else contextlib.nullcontext()


def bare(job: Job, *, channels_last: bool) -> Rounds:
    """The leanest loop, in the engine's memory layout (`channels_last`) or in torch's default one."""
    game, device, images, autocast = job.game(), job.device, job.images, job.autocast()
    layout = torch.channels_last if channels_last else torch.preserve_format
    generator = game.generator.to(device).to(memory_format=layout).train()
    discriminator = game.discriminator.to(device).to(memory_format=layout).train()
    batch_size, latent = game.stages[0].batch_size, game.generator.latent.shape
    g_parameters, d_parameters = list(generator.parameters()), list(discriminator.parameters())
    g_adam = _adam(g_parameters, game.optimizers.groups["generator"], fused=True)
    d_adam = _adam(d_parameters, game.optimizers.groups["discriminator"], fused=True)
    average = copy.deepcopy(generator).eval().requires_grad_(False)
    ours, theirs, weight = _floats(average), _floats(generator), 1 - 0.5 ** (batch_size / 10_000)
    while True:
        order = torch.randperm(len(images), device=device)
        for start in range(0, len(images) - batch_size + 1, batch_size):
            reals = images.index_select(0, order[start : start + batch_size]).float().mul_(1 / 127.5).sub_(1)
            with autocast:
                with torch.no_grad():
                    fakes = generator(torch.randn(batch_size, *latent, device=device))
                real_scores, fake_scores = discriminator(reals).float(), discriminator(fakes).float()
                loss = softplus(-real_scores).mean() + softplus(fake_scores).mean()
            d_adam.zero_grad()
            loss.backward(inputs=d_parameters)
            d_adam.step()

            with autocast:
                scores = discriminator(generator(torch.randn(batch_size, *latent, device=device))).float()
                loss = softplus(-scores).mean()
            g_adam.zero_grad()
            loss.backward(inputs=g_parameters)
            g_adam.step()
            torch._foreach_lerp_(ours, theirs, weight)
            yield batch_size


def usual(job: Job, *, workers: int) -> Rounds:
    """The loop of tutorials; `workers` are the DataLoader's processes, 0 being its default."""
    game, device, autocast = job.game(), job.device, job.autocast()
    generator, discriminator = game.generator.to(device), game.discriminator.to(device)
    batch_size, latent = game.stages[0].batch_size, game.generator.latent.shape
    g_adam = _adam(generator.parameters(), game.optimizers.groups["generator"])
    d_adam = _adam(discriminator.parameters(), game.optimizers.groups["discriminator"])
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(batch_size, device=device), torch.zeros(batch_size, device=device)
    loader = torch.utils.data.DataLoader(
        _PILImages(job.images.cpu()), batch_size, shuffle=True, num_workers=workers, drop_last=True
    )
    losses: list[tuple[float, float]] = []
    while True:
        for reals, _ in loader:
            reals = reals.to(device)
            d_adam.zero_grad()
            with autocast:
                fakes = generator(torch.randn(batch_size, *latent, device=device))
                real_loss = criterion(discriminator(reals).float(), ones)
                d_loss = real_loss + criterion(discriminator(fakes.detach()).float(), zeros)
            d_loss.backward()
            d_adam.step()

            g_adam.zero_grad()
            with autocast:
                g_loss = criterion(discriminator(fakes).float(), ones)
            g_loss.backward()
            g_adam.step()
            losses.append((d_loss.item(), g_loss.item()))
            yield batch_size


class _PILImages(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """Gray images as `torchvision.datasets.MNIST` gives them: through PIL, one by one."""

    def __init__(self, images: Tensor) -> None:
        # Here and not above: the memory of `bare` is measured without torchvision.
        from torchvision import transforms

        self.arrays = images[:, 0].numpy()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        from PIL import Image

        return self.transform(Image.fromarray(self.arrays[index])), 0


def _adam(parameters: object, recipe: object, **options: bool) -> torch.optim.Adam:
    assert isinstance(recipe, Adam), "the loops know Adam only"
    return torch.optim.Adam(parameters, lr=recipe.lr, betas=recipe.betas, eps=recipe.eps, **options)  # type: ignore[arg-type]


def _floats(network: nn.Module) -> list[Tensor]:
    tensors = [*(parameter.detach() for parameter in network.parameters()), *network.buffers()]
    return [tensor for tensor in tensors if tensor.is_floating_point()]
