"""The page of a run: which sections there are, and their order."""

from __future__ import annotations

import importlib.resources
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ganzoo.errors import RunError
from ganzoo.runs.report import details, words
from ganzoo.runs.report import panels as curves
from ganzoo.runs.report.chart import draw_all
from ganzoo.runs.report.embed import embed
from ganzoo.runs.report.history import History, told
from ganzoo.runs.report.markup import Markup, definitions, join, tag
from ganzoo.runs.report.reproduce import Recipe
from ganzoo.runs.run import Run
from ganzoo.utils.figures import figure
from ganzoo.utils.files import write_atomically
from ganzoo.utils.places import CONFIG
from ganzoo.viz.animation import spread

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""Whatever ends up in the page, a browser neither runs nor fetches anything for it."""

SHEET = 10
LARGE_PIXELS, SMALL_PIXELS = 1024, 320


@dataclass(frozen=True)
class Page:
    """A run with all that was read of it.

    Args:
        run: Any, however it ended.
        history: Its journal.
        recipe: How to train it again.
        status: As of `Run.status`.
    """

    run: Run
    history: History
    recipe: Recipe
    status: str

    def html(self) -> str:
        """The whole document."""
        sections = {
            "Samples": self._samples(),
            "Warnings": self._warnings(),
            "Metrics": self._metrics(),
            "Curves": self._curves(),
            "Progress": self._progress(),
            "Train it again": details.again(self.recipe),
            "Configuration": details.configuration(self.run, self.recipe),
            "Hardware and versions": details.hardware(self.run.config),
        }
        shown = {title: body for title, body in sections.items() if body is not None}
        links = (tag("li", tag("a", title, href=f"#{_anchor(title)}")) for title in shown)
        body = tag(
            "body",
            self._header(tag("nav", tag("ul", *links), aria_label="Sections")),
            tag("main", *(tag("section", tag("h2", title), body, id=_anchor(title)) for title, body in shown.items())),
        )
        return f"<!doctype html>\n{tag('html', self._head(), body, lang='en')}\n"

    @property
    def _title(self) -> str:
        return f"{self.run.config['variant']} on {self.run.spec.name}"

    def _head(self) -> Markup:
        style = importlib.resources.files("ganzoo.runs.report").joinpath("style.css").read_text(encoding="utf-8")
        return tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
            tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
            tag("title", f"{self._title}: {self.run.path.resolve().name}"),
            # Without it, browsers ask a server for /favicon.ico.
            tag("link", rel="icon", href="data:,"),
            tag("style", Markup(style)),
        )

    def _header(self, nav: Markup) -> Markup:
        variant, total = self.recipe.variant, self.run.total_images
        images = max(self.history.images, self.run.images())
        reached = f"{images:,} images" if images >= total else f"{images:,} of {total:,} images"
        state = tag("span", self.status, class_=f"state {_anchor(self.status)}")
        facts = [("run", self.run.path.resolve().name), ("preset", self.run.config["preset"])]
        facts += _speed(self.history)
        best = self.history.best
        if best is not None and best.metrics:
            # The first figure is the one that decides what is best.
            name = next(iter(best.metrics))
            facts.append((f"best {name}", f"{figure(best.metrics, name)} at {best.images:,}"))
        described = f"{variant.title}, {variant.paper}" if variant else "its plugin is not installed here"
        return tag(
            "header", tag("h1", self._title), tag("p", described, class_="soft"), tag("p", state, f", {reached}"),
            definitions(facts), nav,
        )  # fmt: skip

    def _samples(self) -> Markup | None:
        samples = self.run.samples()
        if not samples:
            return tag("p", "The run has drawn no samples yet.")
        final, best = samples[-1], self.history.best
        if best is None:
            chosen = {final: "Final"}
        else:
            # Samples and evaluations have rhythms of their own.
            nearest = min(samples, key=lambda sample: abs(int(sample.stem) - best.images))
            label = f"Nearest to the best evaluation (at {best.images:,} images)"
            chosen = {final: "Final", nearest: label if nearest != final else f"Final. {label}"}
        figures = [
            _figure(sample, f"{label}: {_images(sample)}", LARGE_PIXELS, lossless=True)
            for sample, label in chosen.items()
        ]
        modes = self.run.path / "modes.png"
        if modes.is_file():
            figures.append(_figure(modes, "Samples of each mode", LARGE_PIXELS, lossless=True))
        return tag("div", *figures, class_="large")

    def _progress(self) -> Markup | None:
        samples = spread(self.run.samples(), SHEET)
        if len(samples) < 2:
            return None
        figures = (_figure(sample, _images(sample), SMALL_PIXELS, lossless=False) for sample in samples)
        return join([tag("p", "The same latents through training."), tag("div", *figures, class_="sheet")])

    def _warnings(self) -> Markup | None:
        lines = [(warned.images, warned.kind, told(warned)) for warned in self.history.warnings]
        # Behind those that the curves mark by number: they are no news of the training.
        lines += [(failure.images, "callback", failure.message) for failure in self.history.failures]
        entries = (tag("li", tag("b", kind), f" at {images:,} images: {message}") for images, kind, message in lines)
        return tag("ol", *entries, class_="warnings") if lines else None

    def _metrics(self) -> Markup | None:
        table = details.metrics(self.history)
        if table is None:
            return None
        last = max(self.history.images, *(evaluation.images for evaluation in self.history.evaluations))
        return join([table, draw_all(curves.metric_charts(self.history), last, curves.marks(self.history))])

    def _curves(self) -> Markup:
        charts = curves.training_charts(self.history)
        if not any(chart.lines for chart in charts):
            return tag("p", "The run has logged nothing yet.")
        last = max([self.history.images, *(warned.images for warned in self.history.warnings)])
        return draw_all(charts, last, curves.marks(self.history))


def write_report(run: Run, path: Path) -> None:
    """Write the page of a run, in one move.

    Args:
        run: Any: finished, running, killed, without evaluations or checkpoints.
        path: Of the HTML file; folders above it are made.

    Raises:
        RunError: If its config lacks what every run has.
        OSError: If the file cannot be written.
    """
    _check(run.config, run.path / CONFIG)
    page = Page(run, History.of(run.journal.read()), Recipe.of(run.config), run.status())
    # JSON may hold half a surrogate pair, which no encoding has.
    write_atomically(path, page.html().encode("utf-8", "xmlcharrefreplace"), synced=False)


def _check(config: Mapping[str, Any], path: Path) -> None:
    for name in ("options", "training", "data"):
        if not isinstance(config.get(name), dict):
            raise RunError(f"{path} has no {name}: it was not written by ganzoo, or was changed since")
    for name in ("variant", "preset"):
        if name not in config:
            raise RunError(f"{path} has no {name}: it was not written by ganzoo, or was changed since")


def _figure(path: Path, caption: str, longest: int, *, lossless: bool) -> Markup:
    picture = embed(path, longest, lossless=lossless)
    if picture is None:
        return tag("figure", tag("figcaption", f"{caption}: {path.name} is no readable picture"))
    pixels = "pixels" if picture.pixelated and lossless else None
    size = {"width": picture.width, "height": picture.height}
    image = tag("img", src=picture.address, alt=f"Samples: {caption}", class_=pixels, **size)
    return tag("figure", image, tag("figcaption", caption))


def _images(sample: Path) -> str:
    return f"{int(sample.stem):,} images"


def _speed(history: History) -> list[tuple[str, str]]:
    if not history.ticks:
        return []
    last, speed = history.ticks[-1], median(tick.images_per_second for tick in history.ticks)
    return [
        ("time", words.duration(last.seconds)),
        ("speed", f"{speed:,.0f} images/s"),
        ("peak memory", words.memory(last.memory_bytes)),
    ]


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")
