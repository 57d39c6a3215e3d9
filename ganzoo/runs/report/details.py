"""The tables of the page: metrics, configuration, hardware, and the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganzoo.core.config import Options, option_name
from ganzoo.core.entries import Evaluated
from ganzoo.data.options import DataOptions
from ganzoo.runs.options import TrainOptions
from ganzoo.runs.report import words
from ganzoo.runs.report.history import History
from ganzoo.runs.report.markup import Markup, join, table, tag
from ganzoo.runs.report.reproduce import Recipe
from ganzoo.runs.run import Run
from ganzoo.utils.figures import figure, leading

VERSIONS = ("python", "torch", "torchvision", "numpy", "ganzoo", "cuda")


def metrics(history: History) -> Markup | None:
    """Final and best figures, always both, under the protocol that they were taken by."""
    final, best = history.final, history.best
    if final is None:
        return None
    # Without a FID, and with no mark, nothing says which one was the best.
    columns = {"final": final} | ({"best": best} if best else {})
    names = leading(name for evaluated in columns.values() for name in evaluated.metrics)
    rows = [(name, *(figure(evaluated.metrics, name) for evaluated in columns.values())) for name in names]
    heads = [f"{title}, {evaluated.images:,} images" for title, evaluated in columns.items()]
    return join([table(["metric", *heads], rows), _protocols(columns)])


def configuration(run: Run, recipe: Recipe) -> Markup:
    """Options of the variant with where they came from, data, and training."""
    config, spec = run.config, run.spec
    options = [
        (_named(name, recipe.descriptions.get(name, "")), words.value(value), recipe.origins.get(name, ""))
        for name, value in config["options"].items()
    ]
    facts = {
        "name": spec.name,
        "samples": words.value(spec.count),
        "shape": " x ".join(map(str, spec.shape)),
        "kind": spec.kind,
        "classes": f"{spec.classes}: {words.value(spec.class_names)}" if spec.classes else "none",
        "fit": spec.fit or "as they are",
        "sha256": tag("code", spec.digest or "not known", class_="long"),
        "license": spec.license or "not known",
    }
    return join(
        [
            tag("h3", f"Options of {config['variant']}, preset {config['preset']}"),
            table(["option", "value", "from"], options),
            tag("h3", "Data"),
            table(["fact", "value"], facts.items()),
            _folded("Options of the data", config["data"], DataOptions),
            _folded("Options of the training", config["training"], TrainOptions),
        ]
    )


def hardware(config: Mapping[str, Any]) -> Markup:
    """What it ran on, and with which versions."""
    system = config.get("system")
    system = system if isinstance(system, dict) else {}
    plugin = config.get("plugin")
    plugin = plugin if isinstance(plugin, dict) else {}
    rows = [(name, words.value(value)) for name, value in system.items() if name not in VERSIONS]
    rows.append((f"plugin {plugin.get('name')}", f"{plugin.get('distribution')} {plugin.get('version')}"))
    rows += [(name, words.value(system[name])) for name in VERSIONS if name in system]
    return table(["what", "which"], rows)


def again(recipe: Recipe) -> Markup:
    """The command line, and what to know before typing it."""
    notes = (tag("p", note, class_="soft") for note in recipe.notes)
    return join([tag("pre", tag("code", recipe.command)), *notes])


def _protocols(columns: Mapping[str, Evaluated]) -> Markup:
    of_each: dict[str, list[str]] = {}
    for title, evaluated in columns.items():
        # The moment is told beside it: without, those of a run are equal if nothing else differs.
        found = evaluated.provenance and replace(evaluated.provenance, images=None).line()
        of_each.setdefault(found or "not recorded", []).append(title)
    lines = [f"Protocol of {' and '.join(titles)}: {protocol}" for protocol, titles in of_each.items()]
    lines += dict.fromkeys(note for evaluated in columns.values() for note in evaluated.notes)
    return join(tag("p", line, class_="soft") for line in lines)


def _folded(title: str, values: Mapping[str, Any], owner: type[Options]) -> Markup:
    """A table that opens when asked: most of it is defaults."""
    fields = owner.model_fields
    rows = [
        (_named(name, (fields[name].description or "") if name in fields else ""), words.value(value))
        for name, value in values.items()
    ]
    return tag("details", tag("summary", title), table(["option", "value"], rows))


def _named(option: str, description: str) -> Markup:
    return join([tag("code", option_name(option)), tag("small", description) if description else None])
