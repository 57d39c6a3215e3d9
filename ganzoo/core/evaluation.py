"""What an evaluation is asked for, what it reports, and how its figures came about. Imports no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ganzoo.errors import ConfigError

Figure = float | int | list[int]
"""One value that a metric gives; a list is a histogram."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What figures depend on, besides model, data and extractor.

    Args:
        count: Fakes; fewer are used where a set has fewer.
        seed: Of the latents, and of every random choice of a metric.
        nearest_k: Neighbors that bound a ball in precision, recall, density and coverage. 5 as in Naeem et al.
            (2020); 3 as in Kynkaanniemi et al. (2019).
        kid_subsets: Random subsets that KID is averaged over.
        kid_subset_size: Samples in each; at most half of the samples there are.
        splits: Parts that the Inception Score is averaged over.
    """

    count: int = 10_000
    seed: int = 0
    nearest_k: int = 5
    kid_subsets: int = 100
    kid_subset_size: int = 1000
    splits: int = 10

    def __post_init__(self) -> None:
        for name, least in {"count": 2, "seed": 0, "nearest_k": 1, "kid_subsets": 2, "kid_subset_size": 2}.items():
            if getattr(self, name) < least:
                option = "-n" if name == "count" else f"--{name.replace('_', '-')}"
                raise ConfigError(f"{option} (={getattr(self, name)}) must be at least {least}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """How figures came about: what must be equal for two of them to be compared.

    Args:
        reference: Name and split of the real data, e.g. `mnist train`.
        reference_digest: sha256 of the real data as decoded.
        shape: Of an image, `(C, H, W)`, or of a vector, `(D,)`.
        fit: What decoding did to the real images to convert them to that shape; empty for nothing.
        fakes: Where the fakes come from.
        images: Real images that their model was trained on; None of a data set, or where it is not known.
        real_count: Real images behind mean and covariance, and all that KID draws from.
        neighbor_count: Real images in precision, recall, density and coverage; 0 where they were not asked for.
        fake_count: Fakes.
        extractor: Its name, with the library that provides it.
        extractor_digest: sha256 of its weights; empty where it has none.
        resizer: From the image to the extractor's input.
        precision: Of pixels, features and statistics.
        ema: What is known of the moving average, e.g. `half-life 10000 images`; `no` without one.
        settings: The seed and the parameters of the metrics.
        device: `cpu` or the accelerator's type.
        versions: Of ganzoo and torch.
    """

    reference: str
    reference_digest: str
    shape: tuple[int, ...]
    fit: str
    fakes: str
    images: int | None
    real_count: int
    neighbor_count: int
    fake_count: int
    extractor: str
    extractor_digest: str
    resizer: str
    precision: str
    ema: str
    settings: Settings
    device: str
    versions: dict[str, str]

    def line(self) -> str:
        """All of it as one line of text, for people."""
        settings = self.settings
        shape = "x".join(map(str, self.shape))
        versions = " ".join(f"{name} {version}" for name, version in self.versions.items())
        of_reals = f" (prdc {self.neighbor_count})" if self.neighbor_count else ""
        trained = "" if self.images is None else f" at {self.images} images"
        parts = [
            f"reference {self.reference} {self.reference_digest[:12]} {shape}{f' {self.fit}' if self.fit else ''}",
            f"{self.real_count} real{of_reals}, {self.fake_count} fake from {self.fakes}{trained}",
            f"extractor {self.extractor} {self.extractor_digest[:12]}".rstrip(),
            f"resizer {self.resizer}",
            f"precision {self.precision}",
            f"EMA {self.ema}",
            f"seed {settings.seed}",
            f"k {settings.nearest_k}",
            f"KID {settings.kid_subsets}x{settings.kid_subset_size}",
            f"IS splits {settings.splits}",
            f"{self.device}, {versions}",
        ]
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Report:
    """Figures with the protocol that they were taken by.

    Args:
        values: By name: `fid`, `kid`, `kid_se`, `precision`, ...
        notes: Sentences for the user: warnings, and what was left out and why.
        provenance: How the figures came about.
        first: Metric that the first number is of, which may decide what is best; empty where there is none.
    """

    values: dict[str, Figure]
    notes: tuple[str, ...]
    provenance: Provenance
    first: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, with the provenance also as a line."""
        return {**asdict(self), "provenance_line": self.provenance.line()}
