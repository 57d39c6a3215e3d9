"""How good samples are: FID, KID, precision, recall, density, coverage, class scores, memorization, diversity.

    report = evaluate_generator(generator, dataset, ("fid", "kid"), Settings(count=10_000, seed=0))
    report.values["fid"], report.provenance.line()

Importing this package does not import torch: what needs it is loaded on first use (PEP 562).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo.core.descriptors import Metric
from ganzoo.core.evaluation import Figure, Provenance, Report, Settings
from ganzoo.metrics.names import DEFAULT_METRICS, known_extractors, known_metrics, parse_metrics
from ganzoo.utils.lazy import lazy_names

if TYPE_CHECKING:
    from ganzoo.metrics.comparison import Comparison, Side
    from ganzoo.metrics.evaluation import evaluate, evaluate_generator
    from ganzoo.metrics.extractors.loading import load_extractor
    from ganzoo.metrics.extractors.protocol import Extractor
    from ganzoo.metrics.moments import Moments


__all__ = [
    "DEFAULT_METRICS",
    "Comparison",
    "Extractor",
    "Figure",
    "Metric",
    "Moments",
    "Provenance",
    "Report",
    "Settings",
    "Side",
    "evaluate",
    "evaluate_generator",
    "known_extractors",
    "known_metrics",
    "load_extractor",
    "parse_metrics",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "ganzoo.metrics.comparison": (
            "Comparison",
            "Side",
        ),
        "ganzoo.metrics.evaluation": (
            "evaluate",
            "evaluate_generator",
        ),
        "ganzoo.metrics.extractors.loading": ("load_extractor",),
        "ganzoo.metrics.extractors.protocol": ("Extractor",),
        "ganzoo.metrics.moments": ("Moments",),
    },
)
