"""`Search`: values of ranges, chosen by Optuna from how the trials before them went. Imports no torch.

Trials stand in a file of the sweep's folder, so that several processes, also on several machines, take part in one
search. A trial that nobody has finished belongs to all of them: its runs are shared as those of a grid are.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from ganzoo.errors import ConfigError
from ganzoo.metrics import known_metrics
from ganzoo.sweeps.configuration import Configuration
from ganzoo.utils.locks import waiting_lock

_NEEDED = "a range is searched by Optuna, which is not installed: `pip install 'torch-ganzoo[sweep]'`, or give a list"


class Search:
    """One configuration's ranges.

    Args:
        asked: The configuration; it has metrics.
        trials: That there shall be.
        folder: Of the sweep, which exists.

    Raises:
        ConfigError: If Optuna is not installed.
    """

    def __init__(self, asked: Configuration, trials: int, folder: Path) -> None:
        try:
            import optuna
        except ImportError as error:
            raise ConfigError(_NEEDED) from error
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._optuna, self._asked, self._trials = optuna, asked, trials
        self._lock_file = folder / "locks" / f"{asked.key}.study"
        self.higher = known_metrics()[asked.metrics[0]].higher_is_better
        with self._lock():
            self._study = optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(folder / "optuna.journal"))),
                study_name=asked.key,
                direction="maximize" if self.higher else "minimize",
                load_if_exists=True,
            )

    def _lock(self) -> AbstractContextManager[None]:
        return waiting_lock(self._lock_file, f"decides on a trial of {self._asked.key}")

    def configurations(self) -> Iterator[tuple[int, Configuration]]:
        """All trials so far, by number."""
        for trial in self._study.get_trials(deepcopy=False):
            # One whose values are not all there is being asked for now, or its process was killed just then.
            if len(trial.params) == len(self._asked.ranges):
                yield trial.number, self._asked.chosen(trial.params)

    def ask(self) -> bool:
        """Add a trial to `configurations`, if there are fewer than there shall be; gives whether it did."""
        with self._lock():
            there = len(list(self.configurations()))
            if there >= self._trials:
                return False
            # Seeded by the trial, so that a search that was stopped goes on as it would have.
            self._study.sampler = self._optuna.samplers.TPESampler(seed=there, constant_liar=True)
            self._study.ask({name: self._distribution(name) for name in self._asked.ranges})
            return True

    def tell(self, number: int, value: float | None) -> None:
        """The value of a trial, None if it failed; what another process said before stays."""
        with self._lock():
            if not self._study.get_trials(deepcopy=False)[number].state.is_finished():
                state = self._optuna.trial.TrialState
                self._study.tell(number, value, state.FAIL if value is None else state.COMPLETE)

    def _distribution(self, name: str) -> Any:
        of, kinds = self._asked.ranges[name], self._optuna.distributions
        if isinstance(of.min, int):
            return kinds.IntDistribution(of.min, int(of.max), log=of.log, step=int(of.step or 1))
        return kinds.FloatDistribution(of.min, of.max, log=of.log, step=of.step)
