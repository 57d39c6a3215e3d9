"""The pictures of a run: the same latents again and again, and at the end its curves and its progress."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo import sampling, sampling_vectors
from ganzoo.animation import animate
from ganzoo.core.data_spec import DataSpec
from ganzoo.engine import plots
from ganzoo.engine.run import Run
from ganzoo.engine.training import Training
from ganzoo.modes import SAMPLES as VECTOR_SAMPLES


class Pictures:
    """Draws a run's samples: grids of images, or scatter plots of vectors.

    Args:
        run: Whose folder they go into.
        training: Whose average generator is drawn from.
    """

    def __init__(self, run: Run, training: Training) -> None:
        self.run, self.training = run, training

    def sample(self) -> None:
        """Draw the same latents as always, into `samples/`."""
        spec, images = self.run.spec, self.training.images
        if spec.kind == "vector":
            points = self._draw(1, VECTOR_SAMPLES).numpy()
            picture = sampling_vectors.frame(points, self._backdrop(), self.run.title, images)
        else:
            columns = sample_columns(spec)
            picture = sampling.grid(sampling.to_uint8(self._draw(columns, columns)), columns)
        sampling.save_image(picture, self.run.path / "samples" / f"{images:010d}.png")

    def finish(self) -> str | None:
        """Draw curves, progress and animation; returns the mode counts of vectors, where there are any."""
        plots.plot_curves(self.run.journal.read(), self.run.path / "curves.png")
        samples, spec = self.run.samples(), self.run.spec
        animate(samples, self.run.path / "progress.webp")
        if spec.kind == "vector":
            points = self._draw(1, VECTOR_SAMPLES).numpy()
            return sampling_vectors.finish(points, self._backdrop(), samples, self.run.path)
        plots.contact_sheet(samples, sample_columns(spec), self.run.path / "progress.png")
        return None

    def _draw(self, columns: int, rows: int) -> Tensor:
        """The same latents each time, through the average; a conditional one gets one class a row."""
        generator = self.training.average.generator
        latents = generator.latent.draw(columns * rows, seed=0)
        conditional = self.training.labels is not None
        labels = sampling.label_rows(columns, self.run.spec.classes, rows) if conditional else None
        return sampling.generate(generator, latents, labels)

    def _backdrop(self) -> sampling_vectors.Backdrop:
        """What vectors are drawn over; some of the data where its density is not known."""
        dataset = self.training.sampler.dataset
        some = torch.arange(min(len(dataset), VECTOR_SAMPLES), device=dataset.device)
        return sampling_vectors.Backdrop.of(self.run.spec, dataset.gather(some).cpu().numpy())


def sample_columns(spec: DataSpec) -> int:
    """Columns (and rows) of a run's sample grids: 8, fewer where images are large."""
    return min(8, max(1024 // spec.resolution, 2))
