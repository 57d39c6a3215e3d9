"""How good samples are: FID, KID, precision, recall, density, coverage, class scores, memorisation, diversity.

    report = evaluate_generator(generator, dataset, ("fid", "kid"), Settings(count=10_000, seed=0))
    report.values["fid"], report.protocol.line()

Importing this package does not import torch: what needs it is loaded on first use (PEP 562).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ganzoo.core.extensions import Metric
from ganzoo.metrics.names import DEFAULT_METRICS, known_extractors, known_metrics, parse_metrics
from ganzoo.metrics.report import Figure, Protocol, Report, Settings

if TYPE_CHECKING:
    from ganzoo.metrics.comparison import Comparison, Side
    from ganzoo.metrics.evaluation import evaluate, evaluate_generator
    from ganzoo.metrics.extractors import Extractor, load_extractor
    from ganzoo.metrics.fid import Moments

_HOME = {
    "Comparison": "ganzoo.metrics.comparison",
    "Moments": "ganzoo.metrics.fid",
    "Side": "ganzoo.metrics.comparison",
    "Extractor": "ganzoo.metrics.extractors",
    "evaluate": "ganzoo.metrics.evaluation",
    "evaluate_generator": "ganzoo.metrics.evaluation",
    "load_extractor": "ganzoo.metrics.extractors",
}

__all__ = [
    "DEFAULT_METRICS",
    "Comparison",
    "Extractor",
    "Figure",
    "Metric",
    "Moments",
    "Protocol",
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


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'ganzoo.metrics' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)
