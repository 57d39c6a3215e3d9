"""Several runs side by side: `Comparison`. Imports torch only where there are samples, to ask for their latents."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ganzoo.core.entries import Evaluated
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.metrics import known_metrics
from ganzoo.runs.plan import Plan
from ganzoo.runs.report.history import History
from ganzoo.runs.run import Run
from ganzoo.sampling.inputs import INPUTS
from ganzoo.utils.figures import number, value
from ganzoo.viz.panels import MOST_TICKS

MOST_RUNS = 10

Ranking = dict[str, float]
"""Figures by name of the run, the best first."""

_THE_MODELS = ("fakes", "images", "ema", "device", "versions")
"""What a protocol tells and two runs need not have in common: it is of the model, or of the machine."""

_BY_CHANCE = ("given", "spec", "system.launch", "system.platform")


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other, as they were at one moment.

    Args:
        runs: The runs.
        names: What they are called here, each another.
        histories: What their journals tell.
        differences: Values of each key of their configs that is not the same in all; None where a run has none.
        rankings: By `final` and `best`: names with the figure that decides, the best first; left out where they cannot
            be ranked.
        notes: Sentences: why there is no ranking.
        latents: Why their samples do not show the same latents; empty: they do.
    """

    runs: tuple[Run, ...]
    names: tuple[str, ...]
    histories: tuple[History, ...]
    differences: dict[str, tuple[Any, ...]]
    rankings: dict[str, Ranking]
    notes: tuple[str, ...]
    latents: str

    @classmethod
    def of(cls, runs: Sequence[Run]) -> Comparison:
        """Look at runs.

        Raises:
            ConfigError: If there are fewer than two, more than ten, or one twice.
            RunError: If a journal cannot be read.
        """
        if not 2 <= len(runs) <= MOST_RUNS:
            raise ConfigError(f"{len(runs)} run{'s' * (len(runs) != 1)} cannot be compared: name from 2 to {MOST_RUNS}")
        paths = [run.path.resolve() for run in runs]
        for path, run in zip(paths, runs, strict=True):
            if paths.count(path) > 1:
                raise ConfigError(f"{run.path} is named twice: name each run once")
        plain = [path.name for path in paths]
        names = tuple(name if plain.count(name) == 1 else str(run.path) for name, run in zip(plain, runs, strict=True))
        histories = tuple(History.of(run.journal.read(ticks=MOST_TICKS)) for run in runs)
        rankings, notes = {}, []
        for which in ("final", "best"):
            entries = {name: getattr(of, which) for name, of in zip(names, histories, strict=True)}
            ranked = rank({name: entry for name, entry in entries.items() if entry is not None})
            if isinstance(ranked, str):
                notes.append(f"{which} figures are not ranked: {ranked}")
            else:
                rankings[which] = ranked
        return cls(
            tuple(runs), names, histories, _differences(runs), rankings, tuple(notes), _latents_apart(runs, names)
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "runs": [
                {"name": name, "path": str(run.path), "variant": run.config.variant, "data": run.spec.name}
                | {"status": run.status(), "images": run.images(), "of": run.total_images}
                | {which: _told(getattr(history, which)) for which in ("final", "best")}
                for name, run, history in zip(self.names, self.runs, self.histories, strict=True)
            ],
            "differences": {key: list(values) for key, values in self.differences.items()},
            "rankings": {which: dict(ranking) for which, ranking in self.rankings.items()},
            "notes": list(self.notes),
            "same_latents": not self.latents,
        }


def rank(judged: Mapping[str, Evaluated]) -> Ranking | str:
    """Names with the figure that decides, the best first; or in a sentence why there is no such order."""
    if len(judged) < 2:
        return "fewer than two of these runs were evaluated"
    (first, entry), *others = judged.items()
    for name, evaluated in judged.items():
        if evaluated.provenance is None:
            return f"the protocol of {name} is not recorded"
    for name, evaluated in others:
        if evaluated.decided_by != entry.decided_by:
            return f"{first} is judged by {entry.decided_by or '?'}, and {name} by {evaluated.decided_by or '?'}"
        if apart := _apart(entry, evaluated):
            return f"{first} and {name} were judged differently: {apart}"
    metric = known_metrics().get(entry.decided_by)
    if metric is None:
        return f"no plugin that is installed has the metric {entry.decided_by or 'that decides'}"
    figures = {name: next(iter(evaluated.metrics.values()), math.nan) for name, evaluated in judged.items()}
    numbers = {name: found for name, found in figures.items() if not isinstance(found, list) and math.isfinite(found)}
    if len(numbers) < len(figures):
        return f"{next(name for name in figures if name not in numbers)} has no finite figure of {entry.decided_by}"
    return dict(sorted(numbers.items(), key=lambda pair: pair[1], reverse=metric.higher_is_better))


def order_of(ranking: Ranking) -> str:
    """`one 3.1, other 4.5`: figures too, so that a tie is seen."""
    return ", ".join(f"{name} {number(found)}" for name, found in ranking.items())


def _apart(one: Evaluated, other: Evaluated) -> str:
    """What of two protocols differs, `fake_count 5,000 and 10,000`."""
    assert one.provenance is not None
    assert other.provenance is not None
    left, right = asdict(one.provenance), asdict(other.provenance)
    differ = [name for name in left if name not in _THE_MODELS and left[name] != right[name]]
    return "; ".join(f"{name} {value(left[name])} and {value(right[name])}" for name in differ)


def _told(evaluated: Evaluated | None) -> dict[str, Any] | None:
    if evaluated is None:
        return None
    protocol = evaluated.provenance and evaluated.provenance.line()
    return {"images": evaluated.images, "metrics": evaluated.metrics, "protocol": protocol}


def _differences(runs: Sequence[Run]) -> dict[str, tuple[Any, ...]]:
    flat = [_flat(run.config.to_dict()) for run in runs]
    for values, run in zip(flat, runs, strict=True):
        values |= {"data.digest": run.spec.digest, "data.shape": list(run.spec.shape)}
    keys = dict.fromkeys(key for values in flat for key in values)
    found = {key: tuple(values.get(key) for values in flat) for key in keys}
    return {key: values for key, values in found.items() if any(value != values[0] for value in values)}


def _flat(tree: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in tree.items():
        key = before + name
        if key in _BY_CHANCE:
            continue
        # Two levels: what is deeper is one value.
        found |= _flat(item, f"{key}.") if isinstance(item, dict) and not before else {key: item}
    return found


def _latents_apart(runs: Sequence[Run], names: Sequence[str]) -> str:
    """Why pictures of runs cannot be laid side by side; empty where they can."""
    checks: tuple[tuple[str, Callable[[Run], Any]], ...] = (
        ("kinds of data", lambda run: run.spec.kind),
        ("shapes of data", lambda run: run.spec.shape),
        ("classes", lambda run: Plan.of_run(run).conditional(run.spec) and run.spec.classes),
        ("held-out inputs", lambda run: run.spec.source and (run.path / INPUTS).read_bytes()),
        ("latents", _latent),
    )
    if missing := [name for name, run in zip(names, runs, strict=True) if not run.samples()]:
        return f"{missing[0]} has drawn no samples yet."
    for what, of in checks:
        try:
            found = [of(run) for run in runs]
        except (GanzooError, OSError) as error:
            return f"Whether these runs draw the same latents is not known: {error}"
        other = next((name for name, one in zip(names, found, strict=True) if one != found[0]), None)
        if other is not None:
            return f"{names[0]} and {other} have other {what}, so their samples are not of the same latents."
    return ""


def _latent(run: Run) -> Any:
    from ganzoo.engine.meta import build_skeleton

    plan = Plan.of_run(run)
    return build_skeleton(lambda: plan.variant.build(plan.config, run.spec)).generator.latent
