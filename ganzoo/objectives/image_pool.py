"""The image pool of CycleGAN (arXiv:1703.10593): what an objective keeps between its phases and rounds."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn


@final
class ImagePool(nn.Module):
    """Keeps the last translations, so that a discriminator does not chase the newest only (section 4).

    Until it is full it keeps every new image and returns it. Then, with probability 1/2, it returns a random one of its
    own and keeps the new one in its place; else it returns the new one, and keeps none (Shrivastava et al.,
    arXiv:1612.07828, section 2.3). All of it is in buffers, and nothing asks the device, so that it survives a resume
    bit for bit and is traced whole.

    What it returns waits in a queue of one batch for the discriminators' phase, whole or in micro-batches. With
    `--slices` each slice has a pool of its own.

    Args:
        size: Images that are kept; with 0 every image is returned as it comes.
        shape: Of one image.
        batch: Images of one step.
    """

    images: Tensor
    count: Tensor
    waiting: Tensor

    def __init__(self, size: int, shape: tuple[int, ...], batch: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))
        self.register_buffer("waiting", torch.zeros(batch, *shape))

    def keep_by_slice(self, slices: int) -> None:
        """Hold no more than one of so many slices of a batch."""
        self.waiting = self.waiting[: len(self.waiting) // slices].clone()

    @torch.no_grad()
    def put(self, images: Tensor) -> None:
        """Exchange translations `(N, *shape)`, N a share of the batch, one after the other."""
        returned = self._exchange(images) if self.size else images
        self.waiting.copy_(torch.cat([self.waiting, returned])[len(images) :])

    @torch.no_grad()
    def take(self, count: int) -> Tensor:
        """The next translations `(count, *shape)` of those that wait."""
        taken = self.waiting[:count].clone()
        self.waiting.copy_(self.waiting.roll(-count, 0))
        return taken

    def _exchange(self, images: Tensor) -> Tensor:
        device, returned = images.device, []
        places = torch.randint(self.size, (len(images),), device=device)
        chosen = torch.rand(len(images), device=device) < 0.5
        for image, place, wanted in zip(images, places, chosen, strict=True):
            full = self.count >= self.size
            place, swapped = torch.where(full, place, self.count)[None], full & wanted
            old = self.images.index_select(0, place)[0]
            returned.append(torch.where(swapped, old, image))
            self.images.index_copy_(0, place, torch.where(swapped | ~full, image, old)[None])
            self.count.add_(~full)
        return torch.stack(returned)
