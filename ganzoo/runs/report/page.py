"""The page of a run: what its template, `page.html`, is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ganzoo.core.config import option_name
from ganzoo.core.entries import Evaluated
from ganzoo.data.options import DataOptions
from ganzoo.errors import redacted
from ganzoo.runs.options import TrainOptions
from ganzoo.runs.report import panels
from ganzoo.runs.report.chart import Chart, draw
from ganzoo.runs.report.embed import Picture, embed
from ganzoo.runs.report.history import History, extractor_of, told
from ganzoo.runs.report.reproduce import Recipe
from ganzoo.runs.run import Run
from ganzoo.utils.figures import duration, figure, figure_title, leading, memory, number, value
from ganzoo.utils.files import write_atomically
from ganzoo.viz.panels import MOST_TICKS
from ganzoo.viz.progress import spread

VERSIONS = ("python", "torch", "torchvision", "numpy", "ganzoo", "cuda")
"""Of what it ran on, told last."""

SHEET = 10
LARGE_PIXELS, SMALL_PIXELS = 1024, 320

_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows: they make a text look like another one."""


def write_report(run: Run, path: Path) -> None:
    """Write the page of a run, in one move.

    Args:
        run: Any: finished, running, killed, without evaluations or checkpoints.
        path: Of the HTML file; folders above it are made.

    Raises:
        RunError: If its journal cannot be read.
        OSError: If the file cannot be written.
    """
    # JSON may hold half a surrogate pair, which no encoding has.
    write_atomically(path, render(run).encode("utf-8", "xmlcharrefreplace"), synced=False)


def render(run: Run) -> str:
    """The page of a run."""
    history = History.of(run.journal.read(ticks=MOST_TICKS))
    # Without a FID, and with no mark, nothing says which one was the best.
    judgments = {name: at for name, at in (("final", history.final), ("best", history.best)) if at}
    page = (
        templates()
        .get_template("page.html")
        .render(
            title=run.title,
            name=run.path.resolve().name,
            config=run.config.to_dict(),
            spec=run.spec,
            versions=VERSIONS,
            data_fields=DataOptions.model_fields,
            training_fields=TrainOptions.model_fields,
            recipe=Recipe.of(run.config),
            status=run.status(),
            images=max(history.images, run.images()),
            total=run.total_images,
            facts=_facts(history),
            samples=_samples(run, history),
            progress=_progress(run),
            history=history,
            thinned=f"{MOST_TICKS:,}" if run.journal.has_more_than(MOST_TICKS) else "",
            judgments=judgments,
            extractor=extractor_of(history.final),
            heads=["metric", *(f"{name}, {at.images:,} images" for name, at in judgments.items())],
            metric_names=leading(name for at in judgments.values() for name in at.metrics),
            protocols=_protocols(judgments),
            metric_curves=_drawn(panels.metric_charts(history), history),
            curves=_drawn(panels.training_charts(history), history),
        )
    )
    return page.lstrip()


def templates() -> Environment:
    """Of pages: whatever they are told is text, and never markup."""
    pages = Environment(
        loader=PackageLoader("ganzoo.runs", "report"),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"figure": figure, "figure_title": figure_title, "number": number}
    pages.filters |= {"option": option_name, "told": told, "value": value}
    return pages


def _visible(text: object) -> str:
    """A text without secrets, and with what hides in it written as Python writes it."""
    if isinstance(text, Markup):
        return text
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", redacted(str(text)))


def _facts(history: History) -> dict[str, str]:
    facts = {}
    if history.ticks:
        last, speed = history.ticks[-1], median(tick.images_per_second for tick in history.ticks)
        facts["time"] = duration(last.seconds)
        facts["speed"] = f"{speed:,.0f} images/s"
        facts["peak memory"] = memory(last.memory_bytes)
    best = history.best
    if best is not None and best.metrics:
        # The first figure is the one that decides what is best.
        name = next(iter(best.metrics))
        facts[f"best {figure_title(name, extractor_of(best))}"] = f"{figure(best.metrics, name)} at {best.images:,}"
    return facts


def _samples(run: Run, history: History) -> list[Picture]:
    """The last samples, those of the best evaluation, and the modes, large."""
    samples = run.samples()
    if not samples:
        return []
    final, best = samples[-1], history.best
    captions = {final: "Final"}
    if best is not None:
        # Samples and evaluations have rhythms of their own.
        nearest = min(samples, key=lambda sample: abs(int(sample.stem) - best.images))
        label = f"Nearest to the best evaluation (at {best.images:,} images)"
        captions[nearest] = label if nearest != final else f"Final. {label}"
    shown = {sample: f"{caption}: {_images(sample)}" for sample, caption in captions.items()}
    modes = run.path / "modes.png"
    if modes.is_file():
        shown[modes] = "Samples of each mode"
    return [embed(path, caption, LARGE_PIXELS, lossless=True) for path, caption in shown.items()]


def _progress(run: Run) -> list[Picture]:
    samples = run.samples()
    if len(samples) < 2:
        return []
    return [embed(sample, _images(sample), SMALL_PIXELS, lossless=False) for sample in spread(samples, SHEET)]


def _protocols(judgments: Mapping[str, Evaluated]) -> list[str]:
    of_each: dict[str, list[str]] = {}
    for title, evaluated in judgments.items():
        # The moment is told beside it: without, those of a run are equal if nothing else differs.
        found = evaluated.provenance and replace(evaluated.provenance, images=None).line()
        of_each.setdefault(found or "not recorded", []).append(title)
    lines = [f"Protocol of {' and '.join(titles)}: {protocol}" for protocol, titles in of_each.items()]
    return lines + list(dict.fromkeys(note for evaluated in judgments.values() for note in evaluated.notes))


def _drawn(charts: list[Chart], history: History) -> list[dict[str, Any]]:
    """All that have a line, up to the last thing that happened."""
    happened = (*history.ticks, *history.warnings, *history.evaluations)
    last, marks = max((entry.images for entry in happened), default=0), panels.marks(history)
    return [draw(chart, last, marks) for chart in charts if chart.lines]


def _images(sample: Path) -> str:
    return f"{int(sample.stem):,} images"
