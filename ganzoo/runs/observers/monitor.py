"""`Monitor`: sees what losses hide, at log ticks, and says it in one line.

It never touches what it watches: it draws latents of its own, and reads the gradients that the last round left.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from typing import Any

import numpy
import torch
from torch import Tensor
from torch.nn import functional

from ganzoo.core.entries import Alarm, AlarmKind
from ganzoo.data.dataset import Dataset
from ganzoo.engine.training import Training
from ganzoo.sampling import generate as sampling

SAMPLES = 64
HISTORY = 100
"""Ticks that are remembered."""

PATIENCE = 5
"""Ticks in a row that a condition must hold: one bad batch is no news."""

COLLAPSED = 0.3
"""Diversity of fakes, as a share of that of reals, below which they count as collapsed."""

DIVERSE = 0.6
"""A training that never reached this share has not collapsed: it has not learned yet."""

Classify = Callable[[Tensor], Tensor]
"""Samples `(N, *shape)` to the share of each class `(K,)`."""


class Monitor:
    """Watches one training.

    Args:
        training: What to watch.
        every_images: Samples are drawn no more often than this.
        classify: Names the class (or mode) of samples, where something can.
    """

    def __init__(self, training: Training, every_images: int, classify: Classify | None = None) -> None:
        self.training = training
        self._every = every_images
        self._classify = classify
        self._reals = _some_reals(training.sampler.dataset)
        self._sources = _some_sources(training.sampler.dataset)
        self._latents = training.players.generator.latent.draw(SAMPLES, seed=1)
        self._history: dict[str, list[float]] = {}
        self._streaks: dict[str, int] = {}
        self._best: dict[str, float] = {}
        self._last_look = -every_images

    def measure(self) -> dict[str, float]:
        """Gradient norms of both players, and every so many images how diverse fakes are beside reals."""
        norms = {}
        for name, optimizer in self.training.optimizers.items():
            gradients = [parameter.grad for parameter in optimizer.parameters if parameter.grad is not None]
            if gradients:
                norms[f"{name}/gradient_norm"] = torch.stack(torch._foreach_norm(gradients)).square().sum().sqrt()
        values = dict(zip(norms, torch.stack(list(norms.values())).tolist(), strict=True)) if norms else {}
        if self.training.images - self._last_look >= self._every:
            self._last_look = self.training.images
            values |= self._look()
        return values

    def judge(self, values: dict[str, float]) -> list[Alarm]:
        """Alarms that begin at this tick, from all its values; one that goes on is not raised again."""
        found = []
        for kind, message in self._conditions(values):
            patience = 2 if kind == "collapse" else PATIENCE
            streak = self._streaks.get(kind, 0) + 1 if message else 0
            self._streaks[kind] = streak
            if message and streak == patience:
                found.append(Alarm(self.training.images, kind, message))
        for name, value in values.items():
            self._history[name] = [*self._history.get(name, []), value][-HISTORY:]
        return found

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {
            "history": self._history,
            "streaks": self._streaks,
            "best": self._best,
            "last_look": self._last_look,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Undo of `state`."""
        self._history, self._streaks, self._best = state["history"], state["streaks"], state["best"]
        self._last_look = state["last_look"]

    def _look(self) -> dict[str, float]:
        # Not the average: it hides a collapse for as long as its half-life.
        generator = self.training.players.generator
        classes = self.training.sampler.dataset.spec.classes
        labels = numpy.arange(SAMPLES) % classes if self.training.labels is not None else None
        fakes = sampling.generate(generator.eval(), self._latents, labels if self._sources is None else self._sources)
        generator.train()
        side = min(fakes.shape[-1], 8)
        seen = {"monitor/diversity": _spread(fakes, side) / max(_spread(self._reals, side), 1e-12)}
        if self._classify is not None:
            shares = self._classify(fakes)
            seen["monitor/classes"] = float(torch.special.entr(shares).sum().exp()) / len(shares)
        for name, value in seen.items():
            self._best[name] = max(self._best.get(name, 0.0), value)
        return seen

    def _conditions(self, values: dict[str, float]) -> list[tuple[AlarmKind, str]]:
        conditions: list[tuple[AlarmKind, str]] = [
            ("saturation", self._saturation(values)),
            ("divergence", self._divergence(values)),
            ("vanishing generator", self._vanishing("generator", values)),
            ("exploding generator", self._exploding("generator", values)),
            ("vanishing discriminator", self._vanishing("discriminator", values)),
            ("exploding discriminator", self._exploding("discriminator", values)),
        ]
        if "monitor/diversity" in values:
            conditions.append(("collapse", self._collapse(values)))
        return conditions

    def _collapse(self, values: dict[str, float]) -> str:
        tried = "what is usually tried: a lower --lr, label smoothing, or another objective (a gradient penalty)"
        for name, what in (("monitor/diversity", "the diversity"), ("monitor/classes", "the effective classes")):
            value = values.get(name)
            if value is not None and value < COLLAPSED and self._best[name] > DIVERSE:
                return (
                    f"collapse: {what} of fakes fell to {value:.0%} of the reals', from {self._best[name]:.0%} before; "
                    f"{tried}"
                )
        return ""

    def _saturation(self, values: dict[str, float]) -> str:
        real, fake = (values.get(f"discriminator/{name}_accuracy", 0.0) for name in ("real", "fake"))
        gap = values.get("discriminator/real_score", 0.0) - values.get("discriminator/fake_score", 0.0)
        if min(real, fake) < 0.999 or gap < 10.0:
            return ""
        return (
            f"saturation: the discriminator is right on all images, with raw scores {gap:.0f} apart, and teaches the "
            "generator little; what is usually tried: --real-target 0.9, dropout or a lower rate for the discriminator"
        )

    def _divergence(self, values: dict[str, float]) -> str:
        for name, value in values.items():
            if name.endswith(("_norm", "_accuracy")) or "/" not in name:
                continue
            usual = self._usual(name)
            if usual is not None and abs(value) > 50.0 and abs(value) > 20.0 * usual:
                return (
                    f"divergence: {name} is {value:.3g}, and was about {usual:.3g}; what is usually tried: a lower "
                    "--lr, or a gradient penalty"
                )
        return ""

    def _vanishing(self, player: str, values: dict[str, float]) -> str:
        name = f"{player}/gradient_norm"
        value, usual = values.get(name), self._usual(name)
        if value is None or not (value < 1e-8 or (usual is not None and value < 1e-4 * usual)):
            return ""
        return (
            f"vanishing gradients: the {player}'s norm is {value:.1e}; what is usually tried: the non-saturating "
            "loss, or a discriminator that learns more slowly"
        )

    def _exploding(self, player: str, values: dict[str, float]) -> str:
        name = f"{player}/gradient_norm"
        value, usual = values.get(name), self._usual(name)
        if value is None or usual is None or value <= 100.0 * usual:
            return ""
        return (
            f"exploding gradients: the {player}'s norm is {value:.1e}, and was about {usual:.1e}; what is usually "
            "tried: a lower --lr, or spectral norm"
        )

    def _usual(self, name: str) -> float | None:
        """The median size of a value so far, None while there are too few."""
        history = self._history.get(name, [])
        return median(map(abs, history)) if len(history) >= 2 * PATIENCE else None


def evenly_spaced(dataset: Dataset, count: int) -> Tensor:
    """At most `count` indices from the first sample to the last: sets that are sorted by class give some of each."""
    return torch.linspace(0, len(dataset) - 1, min(count, len(dataset)), device=dataset.device).long()


def _some_sources(dataset: Dataset) -> numpy.ndarray | None:
    """As many sources as there are latents, again and again where there are fewer; None where there are none."""
    if dataset.sources is None:
        return None
    some = _some_reals(dataset.sources)
    return some[torch.arange(SAMPLES) % len(some)].numpy()


def _some_reals(dataset: Dataset) -> Tensor:
    """`(n, *shape)` on the CPU, in the range that the networks see."""
    return dataset.to_network(dataset.gather(evenly_spaced(dataset, SAMPLES)).cpu())


def _spread(samples: Tensor, side: int) -> float:
    """Mean distance between two samples; images are shrunk to `side` pixels, so that noise is no diversity."""
    if samples.ndim == 4:
        samples = functional.adaptive_avg_pool2d(samples, side)
    return float(torch.pdist(samples.flatten(1)).mean())
