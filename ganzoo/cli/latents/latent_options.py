"""What the commands that work with latents share: seeds, labels, pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.cli.output import console
from ganzoo.core.latent import LARGEST_SEED
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.plugins.modalities import modality_of

if TYPE_CHECKING:
    from PIL import Image

    from ganzoo.models.model import Model
    from ganzoo.models.space import SpaceName
    from ganzoo.sampling.generate import GenerativeModel
    from ganzoo.sampling.latents import Latents

_MOST_SEEDS = 10_000


def parse_seeds(option: str, text: str) -> list[int]:
    """Seeds as `3,17,42` or `0-63` or both.

    Raises:
        ConfigError: If the text is something else.
    """
    seeds: list[int] = []
    for item in text.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", item.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if first > last or last > LARGEST_SEED or last - first >= _MOST_SEEDS:
            raise ConfigError(f"{option} (={text}) must be seeds from 0 to {LARGEST_SEED}, such as 3,17,42 or 0-63")
        seeds += range(first, last + 1)
    return seeds


@dataclass(frozen=True, slots=True)
class Choice:
    """Which latents a command works with.

    Args:
        seed: Of all, where neither seeds nor a file are given.
        seeds: A latent of each.
        file: An `.npz`.
        truncation: Of what is drawn.
    """

    seed: int = 0
    seeds: tuple[int, ...] | None = None
    file: Path | None = None
    truncation: float | None = None

    @classmethod
    def parse(cls, seed: int, seeds: str | None, file: Path | None, truncation: float | None = None) -> Choice:
        """Check options, without loading a model.

        Raises:
            ConfigError: If they contradict each other, or one is out of range.
        """
        from ganzoo.sampling.latents import check_truncation

        if seeds is not None and file is not None:
            raise ConfigError("--seeds and --latents both say which latents: give one of them")
        if file is not None and truncation is not None:
            raise ConfigError("--truncation changes latents that are drawn, and --latents has its own: leave it out")
        if truncation is not None:
            check_truncation(truncation)
        return cls(seed, None if seeds is None else tuple(parse_seeds("--seeds", seeds)), file, truncation)

    @property
    def names(self) -> list[str]:
        """What samples are called in a picture: their seeds, where each has its own."""
        return [str(seed) for seed in self.seeds or ()]

    @property
    def word(self) -> str:
        """For the name of a file."""
        return "seeds" if self.seeds else self.file.stem if self.file else f"seed{self.seed}"

    @property
    def space(self) -> SpaceName:
        """`"w"` where the file holds w, else `"z"`."""
        from ganzoo.sampling import latents

        return "w" if self.file is not None and latents.space_kept(self.file) == "w" else "z"

    def latents(self, model: GenerativeModel, count: int) -> tuple[Latents, list[int] | None]:
        """Latents `(N, *shape)`, N being `count` unless seeds or a file say otherwise, and the labels a file has.

        Of a file that holds w it is w.

        Raises:
            ConfigError: If the file holds w, and the model has none.
            DataError: If the file cannot be used.
        """
        from ganzoo.sampling import latents

        distribution = model.generator.latent
        if self.file is not None:
            shape = w_shape(model) if self.space == "w" else None
            read, labels = latents.read(self.file, distribution, w_shape=shape)
            return read, None if labels is None or not model.conditional else labels.tolist()
        drawn = latents.of_seeds(distribution, self.seeds) if self.seeds else distribution.draw(count, self.seed)
        return drawn if self.truncation is None else latents.truncate(drawn, distribution, self.truncation), None


def w_shape(model: GenerativeModel) -> tuple[int, ...]:
    """Of one w.

    Raises:
        ConfigError: If the model has none, or is an ONNX file.
    """
    from ganzoo.export.session import OnnxModel

    if isinstance(model, OnnxModel):
        raise ConfigError(f"--latents holds w, and {model.name} is an ONNX file, which takes latents: sample its model")
    from ganzoo.models.space import space_of
    from ganzoo.models.trained import Trained

    assert isinstance(model, Trained)
    return space_of(model, "w").shape


def space_name(asked: str | None) -> SpaceName | None:
    """What `--in` was given.

    Raises:
        ConfigError: If it is neither z nor w.
    """
    if asked is None or asked in ("z", "w"):
        return asked  # type: ignore[return-value]
    raise ConfigError(f"--in (={asked}) must be z, what latents are drawn from, or w, what they are mapped to")


def open_model(model: str | None, device: str, *, best: bool) -> Model:
    """Load a run, or the one that was trained last, and say which it is."""
    from ganzoo.models.model import load

    reference = reference_of(model)
    if is_onnx(reference):
        raise ConfigError(f"{reference} is an ONNX file, which only sample and translate take: name a run here")
    loaded = load(reference, device, best=best)
    _introduce(reference, loaded)
    return loaded


def open_sampled(model: str | None, device: str, *, best: bool) -> GenerativeModel:
    """As `open_model`, for `sample`, which takes an ONNX file too, and then imports no torch.

    Raises:
        ConfigError: If an option is for runs, and the model is a file.
    """
    reference = reference_of(model)
    if not is_onnx(reference):
        return open_model(reference, device, best=best)
    from ganzoo.export.session import load_onnx

    if best:
        raise ConfigError(f"--best chooses a run's checkpoint, and {reference} holds one model: leave it out")
    if device != "cpu":
        raise ConfigError(f"--device is for runs, and onnxruntime computes {reference} on the CPU: leave it out")
    loaded = load_onnx(Path(reference))
    _introduce(reference, loaded)
    return loaded


def is_onnx(reference: str) -> bool:
    """It means an ONNX file on this machine, there or not."""
    return reference.lower().endswith(".onnx") and "://" not in reference and not Path(reference).is_dir()


def _introduce(reference: str, model: GenerativeModel) -> None:
    console.print(f"{reference}: {model.variant} on {model.spec.name}, {model.images:,} images")


def images_only(model: Model, command: str) -> None:
    """Refuse a model whose samples are plotted together."""
    modality = modality_of(model.spec.kind)
    if modality.plotted:
        raise ConfigError(
            f"`ganzoo {command}` shows images, and {model.name} makes {modality.samples}: `ganzoo sample` draws those"
        )


@contextmanager
def writing(picture: Path) -> Iterator[None]:
    """Turn what the system says of a file that cannot be written into one sentence."""
    try:
        yield
    except OSError as error:
        raise GanzooError(f"{error.filename or picture} cannot be written: {error.strerror or error}") from error


def keep(image: Image.Image, path: Path, *, show: bool) -> None:
    """Write a picture, say where, and perhaps show it in the terminal."""
    from ganzoo.viz import terminal
    from ganzoo.viz.grid import save_image

    save_image(image, path)
    console.print(str(path))
    if show:
        terminal.show(image)


def reference_of(model: str | None) -> str:
    """The model that was named, or the one that was trained or pulled last."""
    if model is not None:
        return model
    from ganzoo.utils.last_model import last_model

    return last_model()
