"""`sweep`: all runs of a file, in parallel processes, to a table. Imports no torch."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock

from ganzoo.errors import ConfigError, GanzooError, RunError, TrainingInterrupted
from ganzoo.runs.signals import StopSignals
from ganzoo.sweeps.bar import Bar, bar
from ganzoo.sweeps.configuration import Configuration
from ganzoo.sweeps.outcome import Outcome, failed, outcome_of
from ganzoo.sweeps.pool import Ended, Pool
from ganzoo.sweeps.reading import SweepPlan, read
from ganzoo.sweeps.search import Search
from ganzoo.sweeps.table import Row, Table, run_name

SWEEPS = Path("sweeps")
_POLL_SECONDS = 0.3


def sweep(
    source: str | Path | Mapping[str, Any],
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    quiet: bool = False,
) -> Table:
    """Train every configuration of a file with every seed, and make a table of how they came out.

    What is there of an earlier start is kept: finished runs are read, others go on from their checkpoint.

    Args:
        source: A TOML, YAML or JSON file, or a mapping with the same keys; see docs/sweep.md.
        out: The sweep's folder; None: `sweeps/NAME`, by the file's name.
        jobs: Processes at once, each with one thread; None: one a core.
        quiet: Print nothing.

    Returns:
        The table, also written into the folder as `table.json`, `table.csv` and `table.md`. Runs that failed are in it.

    Raises:
        ConfigError: If the file is refused; nothing was started.
        TrainingInterrupted: After SIGINT or SIGTERM, with all runs saved.
    """
    plan = read(source if isinstance(source, Mapping) else Path(source))
    folder = SWEEPS / plan.name if out is None else Path(out)
    if jobs is not None and jobs < 1:
        raise ConfigError(f"--jobs (={jobs}) must be 1 or more")
    runner = _Sweep(plan, folder)
    with bar(quiet=quiet) as shown:
        try:
            runner.run(Pool(jobs or _cores(), folder / "logs"), shown)
        except TrainingInterrupted as error:
            typed = ["ganzoo", "sweep", str(source), *([] if out is None else ["--out", str(out)])]
            again = "the same call" if isinstance(source, Mapping) else shlex.join(typed)
            kept = f"{len(runner.outcomes)} of {runner.total} runs have ended and the others are saved"
            raise TrainingInterrupted(f"{error}: {kept}. Go on with: {again}", error.exit_code) from error
        finally:
            runner.table().save(folder)
    return runner.table()


@dataclass(frozen=True, slots=True)
class _Job:
    configuration: Configuration
    seed: int
    run: Path
    lock: Path
    options: Mapping[str, Any]


class _Sweep:
    """Which runs there are, which have ended, and which is next."""

    def __init__(self, plan: SweepPlan, folder: Path) -> None:
        self._plan, self._folder = plan, folder
        self._grid = [configuration for configuration in plan.configurations if not configuration.ranges]
        self._jobs: dict[Path, _Job] = {}
        self._pending: list[_Job] = []
        self._refused: list[GanzooError] = []
        self.outcomes: dict[Path, Outcome] = {}
        for configuration in self._grid:
            self._add(configuration)
        searched = [configuration for configuration in plan.configurations if configuration.ranges]
        if not self._pending and not searched:
            # A configuration that is refused is a row that failed, but nobody wants a table of these alone.
            raise self._refused[0]
        # Seed by seed, so that a sweep that is stopped has about as many of each.
        self._pending.sort(key=lambda job: plan.seeds.index(job.seed))
        try:
            (folder / "locks").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"{folder} cannot be made: {error.strerror}") from error
        self._searches = [Search(configuration, plan.trials, folder) for configuration in searched]
        self._trials: list[dict[int, Configuration]] = [{} for _ in searched]

    @property
    def total(self) -> int:
        """Runs that there will be."""
        return len(self._plan.seeds) * (len(self._grid) + len(self._searches) * self._plan.trials)

    def run(self, pool: Pool, shown: Bar) -> None:
        """Do all that is not done."""
        self._take_trials()
        for job in list(self._pending):
            if outcome := outcome_of(job.run):
                self._settle(job, outcome)
        self._greet(pool, shown)
        with StopSignals() as signals, pool:
            while signals.received is None:
                if pool.free and self._start_one(pool, shown):
                    continue
                if not pool.running and not self._pending:
                    return
                if not pool.running:
                    # Other processes are at all that is left.
                    time.sleep(_POLL_SECONDS)
                for ended in pool.wait(_POLL_SECONDS):
                    self._end(ended, shown)
                shown.advance(len(self.outcomes) + pool.done, self.total)
        raise TrainingInterrupted(f"stopped by {signals.received.name}", 128 + signals.received)

    def table(self) -> Table:
        """Of what has ended."""
        found = [self._row(configuration) for configuration in self._grid]
        for search, trials in zip(self._searches, self._trials, strict=True):
            values = [(self._value(configuration), configuration) for configuration in trials.values()]
            ended = [pair for pair in values if pair[0] is not None]
            ended.sort(key=lambda pair: pair[0] or 0.0, reverse=search.higher)
            rest = [pair for pair in values if pair[0] is None]
            found += [self._row(configuration) for _, configuration in (*ended, *rest)]
        return Table(self._plan.name, tuple(found))

    def _row(self, configuration: Configuration) -> Row:
        published = tuple(entry for entry in self._plan.published if entry.fits(configuration))
        return Row(configuration, self._plan.seeds, self._ended(configuration), published)

    def _ended(self, configuration: Configuration) -> dict[int, Outcome]:
        runs = self._runs(configuration)
        return {seed: self.outcomes[run] for seed, run in runs.items() if run in self.outcomes}

    def _runs(self, configuration: Configuration) -> dict[int, Path]:
        return {seed: self._folder / "runs" / run_name(configuration, seed) for seed in self._plan.seeds}

    def _add(self, configuration: Configuration) -> None:
        runs = self._runs(configuration)
        try:
            options = configuration.training()
        except GanzooError as error:
            self._refused.append(error)
            self.outcomes |= dict.fromkeys(runs.values(), failed(f"refused: {error}"))
            return
        for seed, run in runs.items():
            lock = self._folder / "locks" / run.name
            self._jobs[run] = _Job(configuration, seed, run, lock, {**options, "seed": seed})
            self._pending.append(self._jobs[run])

    def _take_trials(self) -> None:
        """Take up trials that are in a search's file: of this process, of others, and of those before."""
        for search, trials in zip(self._searches, self._trials, strict=True):
            for number, configuration in search.configurations():
                if number not in trials:
                    trials[number] = configuration
                    self._add(configuration)
                    self._tell(search, number, configuration)

    def _start_one(self, pool: Pool, shown: Bar) -> bool:
        """Start the first run that nobody is at, or ask for a trial; gives whether there was one."""
        self._take_trials()
        for job in list(self._pending):
            if outcome := outcome_of(job.run):
                self._settle(job, outcome, shown)
            elif not _held(job.lock):
                self._pending.remove(job)
                configuration = job.configuration
                pool.start(job.run, job.lock, configuration.variant, configuration.preset, dict(job.options))
                return True
        return any(search.ask() for search in self._searches)

    def _end(self, ended: Ended, shown: Bar) -> None:
        job = self._jobs[ended.run]
        if ended.busy:
            self._pending.append(job)
            return
        self._settle(job, outcome_of(job.run) or failed(ended.failure or "it ended too early"), shown)

    def _settle(self, job: _Job, outcome: Outcome, shown: Bar | None = None) -> None:
        self.outcomes[job.run] = outcome
        if job in self._pending:
            self._pending.remove(job)
        if shown:
            title = self.table().title(self._row(job.configuration))
            shown.log(f"{title}, seed {job.seed}: {outcome}")
        for search, trials in zip(self._searches, self._trials, strict=True):
            for number, configuration in trials.items():
                if configuration == job.configuration:
                    self._tell(search, number, configuration)

    def _tell(self, search: Search, number: int, configuration: Configuration) -> None:
        if len(self._ended(configuration)) == len(self._plan.seeds):
            search.tell(number, self._value(configuration))

    def _value(self, configuration: Configuration) -> float | None:
        """What is searched for: the mean over all seeds of the first figure of the first metric."""
        ended = list(self._ended(configuration).values())
        if len(ended) < len(self._plan.seeds) or any(of.metric != configuration.metrics[0] for of in ended):
            return None
        return sum(next(iter(outcome.final.values())) for outcome in ended) / len(ended)

    def _greet(self, pool: Pool, shown: Bar) -> None:
        there = {path for path in (self._folder / "runs").glob("*") if path.is_dir()}
        begun, left = len(there & set(self._jobs)), len(there - set(self._jobs))
        kept = sum(run in self.outcomes for run in self._jobs)
        before = f" ({kept} ended before, {begun - kept} to go on with)" if begun else ""
        shown.log(f"{self.total} run{'s' * (self.total > 1)}{before}, {pool.size} at a time, in {self._folder}")
        if left:
            shown.log(f"runs of another file in {self._folder / 'runs'}: {left}, which are left alone")
        plan = self._plan
        if apart := sum(not any(entry.fits(one) for one in plan.configurations) for entry in plan.published):
            shown.log(f"published figures of no configuration of this file: {apart}")


def _held(lock: Path) -> bool:
    try:
        with filelock.FileLock(lock, timeout=0):
            return False
    except filelock.Timeout:
        return True


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
