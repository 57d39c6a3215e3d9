"""The table of a sweep: a row a configuration, as data, JSON, CSV and Markdown. Imports no torch."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ganzoo.sweeps.configuration import Configuration
from ganzoo.sweeps.estimate import Estimate, Published
from ganzoo.sweeps.outcome import Figures, Outcome
from ganzoo.utils.files import write_atomically


@dataclass(frozen=True)
class Row:
    """One configuration.

    Args:
        configuration: Which.
        seeds: That it was asked for with.
        outcomes: Of those that ended, by seed.
        published: What others got.
    """

    configuration: Configuration
    seeds: tuple[int, ...]
    outcomes: Mapping[int, Outcome]
    published: tuple[Published, ...] = ()

    @property
    def failures(self) -> dict[int, str]:
        """Why a seed has no figures."""
        return {seed: outcome.failure for seed, outcome in self.outcomes.items() if outcome.failure}

    @property
    def runs(self) -> int:
        """Seeds with figures."""
        return len(self.outcomes) - len(self.failures)

    @property
    def final(self) -> dict[str, Estimate]:
        """Over the seeds, of their last evaluation."""
        return self._mean(lambda outcome: outcome.final)

    @property
    def best(self) -> dict[str, Estimate]:
        """Over the seeds, each of its own best evaluation."""
        return self._mean(lambda outcome: outcome.best)

    def _mean(self, figures: Callable[[Outcome], Figures]) -> dict[str, Estimate]:
        found = [figures(self.outcomes[seed]) for seed in self.seeds if seed in self.outcomes]
        names = dict.fromkeys(name for of_seed in found for name in of_seed)
        return {name: Estimate.of([of_seed[name] for of_seed in found if name in of_seed]) for name in names}


@dataclass(frozen=True)
class Table:
    """All rows of a sweep.

    Args:
        name: Of the sweep.
        rows: In the order of the file; trials of a search from the best on.
    """

    name: str
    rows: tuple[Row, ...]

    @property
    def failures(self) -> int:
        """Runs that failed."""
        return sum(len(row.failures) for row in self.rows)

    @property
    def columns(self) -> list[str]:
        """Options that differ between rows; those that a label stands for are left out."""
        seen: dict[tuple[str, str], set[str]] = {}
        labels = {row.configuration.label for row in self.rows}
        names = dict.fromkeys(name for row in self.rows for name in row.configuration.values)
        for name in names:
            for row in self.rows:
                value = json.dumps(row.configuration.values.get(name))
                seen.setdefault((name, row.configuration.label), set()).add(value)
        return [name for name in names if any(len(seen[name, label]) > 1 for label in labels)]

    def title(self, row: Row) -> str:
        """A row in words, as `GAN, data ring`."""
        values = row.configuration.values
        words = [f"{name} {_cell(values[name])}" for name in self.columns if name in values]
        return ", ".join([row.configuration.label] * bool(row.configuration.label) + words) or row.configuration.variant

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {"sweep": self.name, "columns": self.columns, "rows": [_plain(row) for row in self.rows]}

    def markdown(self) -> str:
        """Aligned, with what differs, means and standard errors, and sentences under it."""
        lines = self._lines()
        heads = list(lines[0]) if lines else ["runs"]
        cells = [["" if cell is None else str(cell) for cell in line.values()] for line in lines]
        widths = [max(len(line[column]) for line in (heads, *cells)) for column in range(len(heads))]
        table = [heads, ["-" * width for width in widths], *cells]
        notes = self.notes()
        shown = ["| " + " | ".join(map(str.ljust, line, widths)) + " |" for line in table]
        return "\n".join([*shown, *[""] * bool(notes), *notes]) + "\n"

    def csv(self) -> str:
        """As Markdown has it, with a column of its own for each standard error, and why runs failed."""
        lines = []
        for row, cells in zip(self.rows, self._lines(), strict=True):
            line: dict[str, Any] = {}
            for head, cell in cells.items():
                split = isinstance(cell, Estimate)
                line |= {head: cell.mean, f"{head} error": cell.error} if split else {head: cell}
            lines.append({**line, "failed": "; ".join(f"seed {seed}: {why}" for seed, why in row.failures.items())})
        file = io.StringIO()
        heads = dict.fromkeys(head for line in lines for head in line)
        writer = csv.DictWriter(file, list(heads), lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        return file.getvalue()

    def notes(self) -> list[str]:
        """Where published figures are from and differ from ours, what is of fewer runs, what failed."""
        sources = dict.fromkeys(entry.source for row in self.rows for entry in row.published)
        said = [f"published: {source}" for source in sources]
        for row in self.rows:
            final = row.final
            for entry in row.published:
                for name, theirs in entry.figures.items():
                    if name in final and final[name].differs(theirs):
                        said.append(f"differs: {self.title(row)}: {name} {final[name]}, published {theirs}")
            for name, ours in final.items():
                if ours.runs < row.runs:
                    said.append(f"{name} of {self.title(row)} is of {ours.runs} of {row.runs} runs: the rest have none")
        if any(entry.figures for row in self.rows for entry in row.published):
            said.append("differs: by more than two standard errors of the difference; of a lone run nothing is said.")
        for row in self.rows:
            for reason in dict.fromkeys(row.failures.values()):
                seeds = ", ".join(str(seed) for seed, why in row.failures.items() if why == reason)
                said.append(f"failed: {self.title(row)}, seed {seeds}: {reason}")
        return said

    def save(self, folder: Path) -> list[Path]:
        """Write `table.json`, `table.csv` and `table.md`, each in one move."""
        texts = {"json": json.dumps(self.to_dict(), indent=1) + "\n", "csv": self.csv(), "md": self.markdown()}
        for ending, text in texts.items():
            write_atomically(folder / f"table.{ending}", text)
        return [folder / f"table.{ending}" for ending in texts]

    def _lines(self) -> list[dict[str, Any]]:
        """Cells by head, which are the same in every row: text, estimates, and None where there is nothing."""
        labeled = any(row.configuration.label for row in self.rows)
        known = {name: None for row in self.rows for entry in row.published for name in entry.figures}
        # What was published has a column also where no run of ours has the figure.
        figures = {name: None for row in self.rows for name in (*row.final, *row.best)} | known
        several = {name for row in self.rows for name in figures if row.best.get(name) != row.final.get(name)}
        lines = []
        for row in self.rows:
            values, final, best = row.configuration.values, row.final, row.best
            theirs = {name: estimate for entry in row.published for name, estimate in entry.figures.items()}
            line: dict[str, Any] = {"row": row.configuration.label} if labeled else {}
            line |= {name: _cell(values.get(name)) for name in self.columns}
            line["runs"] = str(row.runs) if row.runs == len(row.seeds) else f"{row.runs} of {len(row.seeds)}"
            for name in figures:
                line[name] = final.get(name)
                line |= {f"best {name}": best.get(name)} if name in several else {}
                line |= {f"published {name}": theirs.get(name)} if name in known else {}
            lines.append(line)
        return lines


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(row: Row) -> dict[str, Any]:
    configuration = row.configuration
    return {
        "row": configuration.label,
        "options": configuration.values,
        "seeds": list(row.seeds),
        "final": {name: estimate.to_dict() for name, estimate in row.final.items()},
        "best": {name: estimate.to_dict() for name, estimate in row.best.items()},
        "runs": [
            {"seed": seed, "directory": f"runs/{run_name(configuration, seed)}", **_outcome(row.outcomes[seed])}
            for seed in row.seeds
            if seed in row.outcomes
        ],
        "published": [
            {"source": entry.source, **{name: estimate.to_dict() for name, estimate in entry.figures.items()}}
            for entry in row.published
        ],
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {"failed": outcome.failure} if outcome.failure else {"final": outcome.final, "best": outcome.best}


def run_name(configuration: Configuration, seed: int) -> str:
    """Name of a run's directory."""
    return f"{configuration.key}-{seed}"
