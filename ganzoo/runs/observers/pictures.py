"""The pictures of a run: the same latents again and again, and at the end its curves and its progress."""

from __future__ import annotations

from pathlib import Path

import numpy
import torch
from torch import Tensor

from ganzoo.core.data_spec import DataSpec
from ganzoo.engine.training import Training
from ganzoo.plugins.modalities import modality_of
from ganzoo.runs.inputs import inputs_of
from ganzoo.runs.run import Run
from ganzoo.sampling import generate as sampling
from ganzoo.sampling.settings import grid_latents
from ganzoo.utils.random_state import own_random_states
from ganzoo.viz import scatter as sampling_vectors
from ganzoo.viz.animation import animate
from ganzoo.viz.curves import plot_curves
from ganzoo.viz.grid import caption, grid, label_rows, save_image
from ganzoo.viz.panels import MOST_TICKS
from ganzoo.viz.progress import contact_sheet
from ganzoo.viz.translations import Sheet, columns_of, translations


class Pictures:
    """Draws a run's samples: grids of images, or scatter plots of vectors.

    Args:
        run: Whose folder they go into.
        training: Whose average generator is drawn from.
    """

    def __init__(self, run: Run, training: Training) -> None:
        self.run, self.training = run, training
        self._modality = modality_of(run.spec.kind)
        self._points: numpy.ndarray | None = None
        self._inputs = inputs_of(run)

    def sample(self) -> Path:
        """Draw the same latents as always, into `samples/`; the path of the picture."""
        spec, images = self.run.spec, self.training.images
        if self._modality.plotted:
            # Kept for `finish`, which comes right after the last of them.
            points = self._points = self._draw(1, self._modality.count).numpy()
            backdrop = self._backdrop()
            decision = self._decision(backdrop) if spec.shape == (1,) else None
            picture = sampling_vectors.frame(points, backdrop, self.run.title, images, decision)
        elif self._inputs is not None:
            picture = self._translations().picture
        else:
            columns = sample_columns(spec)
            drawn = self._draw(columns, columns)
            shown = self._modality.pixels(drawn.numpy(), spec)
            # All grids of a growing network have one size, so that they lie side by side.
            picture = grid(enlarged(shown, spec.resolution // max(drawn.shape[2:])), columns)
            if len(self.training.game.stages) > 1:
                picture = caption(picture, self._level())
        path = self.run.path / "samples" / f"{images:010d}.png"
        save_image(picture, path)
        return path

    def _level(self) -> str:
        """Where a growing network stands, for people."""
        clock, images = self.training.clock, self.training.images
        return f"{images:,} images: {clock.resolution} of {clock.data_resolution} pixels, lod {clock.lod(images):.2f}"

    def finish(self) -> str | None:
        """After the last `sample`: draw curves, progress and animation.

        Returns:
            The mode counts of vectors, where there are any.
        """
        plot_curves(self.run.journal.read(ticks=MOST_TICKS), self.run.path / "curves.png")
        samples, spec = self.run.samples(), self.run.spec
        animate(samples, self.run.path / "progress.webp")
        if self._modality.plotted:
            if self._points is None:
                return None
            return sampling_vectors.finish(self._points, self._backdrop(), samples, self.run.path)
        path = self.run.path / "progress.png"
        if self._inputs is None:
            contact_sheet(samples, sample_columns(spec), path)
        else:
            contact_sheet(samples, columns_of(spec, len(self._inputs)), path, 1, self._translations().rows)
        return None

    def _translations(self) -> Sheet:
        """The run's inputs, and what the average makes of them."""
        assert self._inputs is not None
        generator, count = self.training.ema.generator, len(self._inputs)
        made = sampling.generate(generator, generator.latent.draw(count, seed=0), self._inputs.sources).numpy()
        return translations(self._inputs, made, self.run.spec, columns_of(self.run.spec, count))

    def _draw(self, columns: int, rows: int) -> Tensor:
        """The same latents each time, through the average; classes and codes get a row each."""
        generator = self.training.ema.generator
        plotted = self._modality.plotted
        latents = generator.latent.draw(rows, seed=0) if plotted else grid_latents(generator.latent, columns, rows)
        conditional = self.training.labels is not None
        labels = label_rows(columns, self.run.spec.classes, len(latents) // columns) if conditional else None
        return sampling.generate(generator, latents, labels)

    def _decision(self, backdrop: sampling_vectors.Backdrop) -> numpy.ndarray | None:
        """How real the discriminator calls the points of the axis, where its objective can say; changes nothing."""
        training = self.training
        if training.labels is not None:
            return None
        points = torch.from_numpy(sampling_vectors.line(backdrop)).float().to(training.device)
        with torch.no_grad(), own_random_states(training.device):
            training.players.discriminator.eval()
            decision = training.objective.decision(training.players, points)
            training.players.discriminator.train()
        return None if decision is None else decision.float().cpu().numpy()

    def _backdrop(self) -> sampling_vectors.Backdrop:
        """What vectors are drawn over; some of the data where its density is not known."""
        dataset = self.training.sampler.dataset
        some = torch.arange(min(len(dataset), self._modality.count), device=dataset.device)
        return sampling_vectors.Backdrop.of(dataset.spec, dataset.gather(some).cpu().numpy())


def enlarged(images: numpy.ndarray, factor: int) -> numpy.ndarray:
    """Images uint8 `(N, H, W, C)` with each pixel repeated so often in height and in width."""
    return images.repeat(factor, axis=1).repeat(factor, axis=2) if factor > 1 else images


def sample_columns(spec: DataSpec) -> int:
    """Columns (and rows) of a run's sample grids: 8, fewer where pictures are large."""
    return min(8, max(1024 // spec.resolution, 2)) if len(spec.shape) == 3 else 4
