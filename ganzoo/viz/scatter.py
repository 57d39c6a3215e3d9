"""Pictures of vectors: samples over the density that they should have, and how they spread over its modes.

The axes come from the data and never from the samples, so that the frames of a run compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.data.mixtures import Floats, Mixture, mixture_of
from ganzoo.metrics.modes import Counts, mode_counts, score_modes
from ganzoo.viz.grid import rasterize, save_image
from ganzoo.viz.progress import strip

if TYPE_CHECKING:
    from ganzoo.core.data_spec import DataSpec
    from ganzoo.sampling.generate import GenerativeModel

Points = NDArray[np.floating]

PIXELS = 480
_DPI = 100
_DENSITY_CELLS = 240
_BINS = 80
_LINE = 840
"""Points of a curve: a multiple of all up to 8, so that a discriminator of packs takes them and gives fewer scores."""


@dataclass(frozen=True, eq=False, slots=True)
class Backdrop:
    """What samples are drawn over.

    Args:
        limits: `(D, 2)`, lowest and highest value of each axis.
        mixture: The distribution of the data, where it is known.
        reals: `(N, D)` samples of the data, where its distribution is not known but they are.
    """

    limits: Floats
    mixture: Mixture | None = None
    reals: Points | None = None

    @classmethod
    def of(cls, spec: DataSpec, points: Points) -> Backdrop:
        """What suits a data set: its density if that is known, else the points.

        Args:
            spec: Of vectors.
            points: `(N, D)`: some of the data, or samples where the data is not at hand.
        """
        mixture = mixture_of(spec)
        if mixture is not None:
            return cls(mixture.limits(), mixture)
        low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
        # A constant coordinate still needs an axis of some length.
        margin = np.maximum(0.1 * (high - low), 1e-3)
        return cls(np.stack([low - margin, high + margin], axis=1), reals=points)


def scatter(samples: Points, backdrop: Backdrop, title: str, decision: Points | None = None) -> Image.Image:
    """Samples `(N, D)` over the density: a histogram where D is 1, else the first two coordinates.

    What lies outside the axes is counted in a corner, and not finite values with it. `decision` is as of `frame`.
    """
    figure, axes = _figure()
    (_draw_line if samples.shape[1] == 1 else _draw_plane)(axes, samples, backdrop)
    if decision is not None:
        _draw_decision(axes, decision, backdrop)
    limits = backdrop.limits[:2]
    shown = samples[:, : len(limits)]
    # Written so that NaN counts as outside.
    outside = len(samples) - int(((shown >= limits[:, 0]) & (shown <= limits[:, 1])).all(axis=1).sum())
    if outside:
        note = f"{outside:,} of {len(samples):,} outside"
        axes.text(0.01, 0.99, note, va="top", fontsize="small", transform=axes.transAxes)
    axes.set_xlim(*limits[0])
    axes.set_title(title, fontsize=9)
    return rasterize(figure)


def line(backdrop: Backdrop) -> Floats:
    """Points `(M, 1)` along the axis of one-dimensional data, where a discriminator's decision is drawn."""
    low, high = backdrop.limits[0]
    return np.linspace(float(low), float(high), _LINE)[:, None]


def frame(samples: Points, backdrop: Backdrop, name: str, images: int, decision: Points | None = None) -> Image.Image:
    """A `scatter` of a model's samples, with what is known of them above it.

    Args:
        samples: `(N, D)`.
        backdrop: Of the data that the model learned.
        name: Of the model.
        images: Real samples that it was shown.
        decision: `(M,)` in [0, 1]: how real the discriminator calls the points of `line`; of one-dimensional data only.
    """
    score = "" if backdrop.mixture is None else f"\n{score_modes(samples, backdrop.mixture)}"
    return scatter(samples, backdrop, f"{name}, {images:,} reals shown{score}", decision)


def mode_histogram(counts: Counts, frequencies: Floats, title: str) -> Image.Image:
    """Samples of each mode as bars, and how many there would be at the target's frequencies as a line.

    Args:
        counts: `(K,)` as of `ganzoo.metrics.modes.mode_counts`, or of classes.
        frequencies: `(K,)` of the target, summing to 1.
        title: Above the axes.
    """
    figure, axes = _figure()
    modes = np.arange(len(counts))
    axes.bar(modes, counts, width=1.0 if len(counts) > 50 else 0.8, color="tab:orange")
    edges = np.arange(len(counts) + 1) - 0.5
    axes.stairs(counts.sum() * frequencies, edges, color="black", linewidth=1, label="expected")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("mode")
    axes.set_ylabel("samples")
    axes.legend(fontsize="small")
    axes.set_title(title, fontsize=9)
    return rasterize(figure)


def finish(samples: Points, backdrop: Backdrop, frames: list[Path], folder: Path) -> str:
    """Write a run's `progress.png`, and its `modes.png` where there are modes.

    Args:
        samples: `(N, D)`, the last ones.
        backdrop: Of the data.
        frames: Pictures of the run, oldest first.
        folder: Of the run.

    Returns:
        The mode score as a sentence; empty where the distribution of the data is not known.
    """
    strip(frames, folder / "progress.png")
    if backdrop.mixture is None:
        return ""
    counts, score = mode_counts(samples, backdrop.mixture), str(score_modes(samples, backdrop.mixture))
    save_image(mode_histogram(counts, backdrop.mixture.weights, score), folder / "modes.png")
    return score


def of_model(model: GenerativeModel, points: Points) -> Image.Image:
    """What a model made, `(N, D)`, over what it learned."""
    return frame(points, Backdrop.of(model.spec, points), f"{model.variant} on {model.spec.name}", model.images)


def _draw_line(axes: Any, samples: Points, backdrop: Backdrop) -> None:
    low, high = backdrop.limits[0]
    bins = np.linspace(low, high, _BINS + 1)
    if backdrop.mixture is not None:
        points = line(backdrop)
        density = np.exp(backdrop.mixture.log_density(points))
        axes.fill_between(points[:, 0], density, color="tab:blue", alpha=0.25, linewidth=0, label="density")
        axes.set_ylim(0, 2 * density.max())
    elif backdrop.reals is not None:
        heights, *_ = axes.hist(backdrop.reals[:, 0], bins, density=True, color="tab:blue", alpha=0.25, label="data")
        axes.set_ylim(0, 2 * heights.max())
    # By hand and not density=True: samples outside the axes count, so a lost mass shows as lower bars.
    counts, _ = np.histogram(samples[:, 0], bins)
    axes.stairs(counts / (len(samples) * (bins[1] - bins[0])), bins, color="tab:orange", label="samples")
    axes.legend(fontsize="small", loc="upper right")


def _draw_decision(axes: Any, decision: Points, backdrop: Backdrop) -> None:
    """The discriminator's curve over the same points, on an axis of its own, and the line where it is undecided."""
    axes.set_position((0.14, 0.11, 0.74, 0.79))
    right = axes.twinx()
    right.set_ylim(0, 1)
    right.tick_params(labelsize=8)
    right.set_ylabel("discriminator", fontsize=8)
    right.axhline(0.5, color="tab:green", linewidth=0.8, linestyle=":")
    right.plot(line(backdrop)[:, 0], decision, color="tab:green", linewidth=1.5, label="discriminator")
    right.legend(fontsize="small", loc="upper left")


def _draw_plane(axes: Any, samples: Points, backdrop: Backdrop) -> None:
    (left, right), (bottom, top) = backdrop.limits[:2]
    mixture = backdrop.mixture
    if mixture is not None and mixture.dimensions == 2:
        axes.imshow(_shade(mixture), extent=(left, right, bottom, top), origin="lower", cmap="Blues", vmax=1.6)
        # Modes of a hundredth of the axes are too small to see: each has a circle of fixed size around it.
        axes.scatter(*mixture.means.T, s=90, facecolors="none", edgecolors="tab:blue", linewidths=0.8)
    elif backdrop.reals is not None:
        axes.scatter(backdrop.reals[:, 0], backdrop.reals[:, 1], s=4, color="tab:blue", alpha=0.25, linewidths=0)
    axes.scatter(samples[:, 0], samples[:, 1], s=4, color="tab:orange", alpha=0.5, linewidths=0)
    axes.set_ylim(bottom, top)
    axes.set_aspect("auto")


@cache
def _shade(mixture: Mixture) -> Floats:
    """Density at the cells of the plane, 0 to 1; the cube root makes slopes visible beside sharp peaks."""
    x, y = (np.linspace(low, high, _DENSITY_CELLS) for low, high in mixture.limits())
    points = np.stack([axis.ravel() for axis in np.meshgrid(x, y)], axis=1)
    density = np.exp(mixture.log_density(points)).reshape(_DENSITY_CELLS, _DENSITY_CELLS)
    shade: Floats = np.cbrt(density / density.max())
    return shade


def _figure() -> tuple[Any, Any]:
    # Imported here: matplotlib would cost every start a second.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(PIXELS / _DPI, PIXELS / _DPI), dpi=_DPI)
    axes = figure.add_axes((0.14, 0.11, 0.83, 0.79))
    axes.tick_params(labelsize=8)
    return figure, axes
