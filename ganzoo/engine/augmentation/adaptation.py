"""`Augmentation`: what `--augment` asked for, at work, and how p follows the discriminator (ADA, arXiv:2006.06676)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from ganzoo.engine.augmentation.ada import AdaptiveAugmentation
from ganzoo.engine.augmentation.diffaugment import DiffAugment
from ganzoo.engine.augmentation.policy import AugmentationSettings
from ganzoo.errors import ConfigError

WINDOW = 4
"""Batches between two adjustments of p (section 3)."""

SIGNS = ("real_accuracy", "pair_accuracy")
"""The measure that p follows: the share of reals that the discriminator calls real, or, where a relativistic loss knows
pairs alone, of the pairs whose real it holds to be more real than the fake. The second is ours; both go to 1 in a
discriminator that knows its reals by heart."""


class Augmentation:
    """The module that the discriminator's images go through, and the state of p.

    Args:
        settings: What was asked for.
        device: Where the module is.
    """

    def __init__(self, settings: AugmentationSettings, device: torch.device) -> None:
        self.settings = settings
        operations = settings.policy.operations
        self.module: nn.Module = (
            DiffAugment(operations)
            if settings.policy.method == "diffaug"
            else AdaptiveAugmentation(operations, settings.p or 0.0)
        ).to(device)
        self._window = torch.zeros((), device=device)
        self._batches = 0

    def observe(self, measures: Sequence[Mapping[str, Tensor]], images: int) -> dict[str, Tensor]:
        """Take in a batch of reals, and adjust p where a window ends. Asks nothing of the device.

        p moves by the window's images over `speed`, up where the discriminator is surer of the reals than `target`,
        and stays in [0, 1].

        Args:
            measures: Of the phase that saw the reals, of each micro-batch.
            images: Of the batch.

        Returns:
            Values to show, by name: `p` and `real_sign`; none where p is not adaptive.

        Raises:
            ConfigError: If the measures hold no sign.
        """
        if not self.settings.adaptive:
            return {}
        measured = next((name for name in SIGNS if name in measures[0]), None)
        if measured is None:
            raise ConfigError(
                f"an adaptive --augment ada follows the sign of the discriminator's scores, and this objective "
                f"measures no {SIGNS[0]} (a critic's scores have no zero): give a fixed --augment-p 0.2, or "
                "--augment diffaug"
            )
        p = self.module.p
        assert isinstance(p, Tensor)
        sign = 2 * torch.stack([part[measured].detach() for part in measures]).mean() - 1
        self._window += sign
        self._batches += 1
        if self._batches == WINDOW:
            step = images * WINDOW / self.settings.speed
            p.add_(torch.sign(self._window / WINDOW - self.settings.target) * step).clamp_(0, 1)
            self._window.zero_()
            self._batches = 0
        return {"p": p, "real_sign": sign}

    def state(self) -> dict[str, Tensor]:
        """Everything that the next batch depends on."""
        return {**self.module.state_dict(), "window": self._window, "batches": torch.tensor(self._batches)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Undo of `state`."""
        tensors = dict(tensors)
        self._window.copy_(tensors.pop("window"))
        self._batches = int(tensors.pop("batches"))
        self.module.load_state_dict(tensors)
