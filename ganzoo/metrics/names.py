"""Which metrics and extractors there are. Imports no torch: the command line lists and checks names first."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from ganzoo.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Metric:
    """One name that `--metrics` takes; it may give several figures.

    Args:
        title: For help and documentation.
        target: Dotted name of a function `(Comparison) -> dict of figures`, resolved when needed.
        features: It needs the features of every sample, `(N, D)`; without, only mean and covariance are kept.
        logits: It needs the logits of every fake.
    """

    title: str
    target: str
    features: bool = False
    logits: bool = False


METRICS = {
    "fid": Metric("Frechet distance of features", "ganzoo.metrics.fid:measure"),
    "kid": Metric("kernel distance, unbiased, with its standard error", "ganzoo.metrics.kid:measure", features=True),
    "prdc": Metric("precision, recall, density, coverage", "ganzoo.metrics.prdc:measure", features=True),
    "is": Metric("Inception Score, or classifier score", "ganzoo.metrics.classes:measure_score", logits=True),
    "modes": Metric("classes or modes covered, histogram and reverse KL", "ganzoo.metrics.classes:measure_modes"),
    "memorisation": Metric("distance to the nearest real", "ganzoo.metrics.memorisation:measure", features=True),
    "diversity": Metric("distances within batches", "ganzoo.metrics.diversity:measure", features=True),
}
"""By name, in the order of `--metrics all`. A plugin may add to it."""

DEFAULT_METRICS = ("fid", "kid", "prdc", "is", "modes")

EXTRACTORS = {
    "digits": "ganzoo.metrics.digits.extractor:load",
    "stacked-digits": "ganzoo.metrics.digits.stacked:load",
    "inception": "ganzoo.metrics.inception:load",
}
"""Dotted names of functions `(torch.device) -> Extractor`, by the name that `--extractor` takes."""


def parse_metrics(names: str | Iterable[str]) -> tuple[str, ...]:
    """Check names of metrics.

    Args:
        names: With commas between them, as `"fid,kid"`; `"all"` for every one; or a sequence of names.

    Returns:
        The names, each once, in the order given; of `all` that of `METRICS`.

    Raises:
        ConfigError: Naming the first that does not exist.
    """
    asked = [name.strip().lower() for name in (names.split(",") if isinstance(names, str) else names)]
    if asked == ["all"]:
        return tuple(METRICS)
    for name in asked:
        if name not in METRICS:
            near = difflib.get_close_matches(name, METRICS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ConfigError(f"no metric is called {name!r}: {hint}choose from {', '.join(METRICS)}, or all")
    return tuple(dict.fromkeys(asked))


def check_extractor(name: str) -> None:
    """Refuse a name that is neither `auto` nor an extractor's.

    Raises:
        ConfigError: Saying which there are.
    """
    if name != "auto" and name not in EXTRACTORS:
        raise ConfigError(f"no extractor is called {name!r}: choose from auto, {', '.join(EXTRACTORS)}")
