"""`Callbacks`: tells those of `--callbacks` how a training gets on, and shields it from them. Imports no torch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ganzoo import plugins
from ganzoo.core.callback import Callback, Outcome
from ganzoo.core.descriptors import TrainingCallback
from ganzoo.core.entries import CallbackFailure, Entry
from ganzoo.errors import (
    GanzooError,
    PluginError,
    RunError,
    TrainingCollapsed,
    TrainingDiverged,
    TrainingInterrupted,
    said,
)
from ganzoo.plugins.guard import blaming, described
from ganzoo.runs.options import TrainOptions
from ganzoo.utils.random_state import own_random_states

if TYPE_CHECKING:
    import torch

    from ganzoo.runs.run import Run

OUTCOMES: dict[type[BaseException], Outcome] = {
    TrainingInterrupted: "interrupted",
    KeyboardInterrupt: "interrupted",
    TrainingDiverged: "diverged",
    TrainingCollapsed: "collapsed",
}
"""Of what ends a training; anything else is `failed`."""

Named = tuple[TrainingCallback, Callback]


def check_callbacks(options: TrainOptions) -> list[TrainingCallback]:
    """The descriptors of the callbacks that are asked for.

    Raises:
        ConfigError: If there is none of a name, with the nearest that exists.
        PluginError: If the plugin that provides it is not used.
    """
    return [_find(name) for name in _names(options)]


def load_callbacks(options: TrainOptions) -> list[Named]:
    """Make the callbacks of a new run.

    Raises:
        ConfigError: As `check_callbacks`.
        PluginError: If one cannot be made, or is no `Callback`.
        GanzooError: What its factory raises of that kind.
    """
    return [_load(item) for item in check_callbacks(options)]


def reload_callbacks(options: TrainOptions, log: Callable[[str], None]) -> list[Named]:
    """Make the callbacks of a run that goes on: it does so without one that is not there any more, and says that."""
    loaded = []
    for name in _names(options):
        try:
            loaded.append(_load(_find(name)))
        except GanzooError as error:
            log(f"note: the run goes on without its callback {name}: {error}")
    return loaded


class Callbacks:
    """Of one training.

    Args:
        run: Whose journal gets a line for each that raised.
        device: Of the training.
        loaded: In the order in which they are told.
        log: Takes one line for the user.
    """

    def __init__(self, run: Run, device: torch.device, loaded: list[Named], log: Callable[[str], None]) -> None:
        self._run, self._device, self._log = run, device, log
        self._loaded = loaded

    @contextmanager
    def training(self, total: int, images: Callable[[], int]) -> Iterator[None]:
        """The training runs in here: its start and its end are told.

        Args:
            total: Length of the run.
            images: Gives the number of images so far.
        """
        outcome: Outcome = "failed"
        try:
            self.notify("start", images(), self._run.path, self._run.config.to_dict(), images(), total)
            yield
            outcome = "finished"
        except BaseException as error:
            outcome = OUTCOMES.get(type(error), "failed")
            raise
        finally:
            self.notify("end", images(), outcome, images())

    def tell(self, method: str, entry: Entry) -> None:
        """Call `method(entry)` of every callback."""
        self.notify(method, entry.images, entry)

    def notify(self, method: str, images: int, *arguments: Any) -> None:
        """Call a method of every callback, each with copies of its own.

        Args:
            method: Its name.
            images: For the journal.
            *arguments: Of the method.
        """
        for named in list(self._loaded):
            item, callback = named
            try:
                with blaming(item), own_random_states(self._device):
                    getattr(callback, method)(*copy.deepcopy(arguments))
            except (Exception, SystemExit) as error:
                self._loaded.remove(named)
                self._complain(item, method, images, error)

    def _complain(self, item: TrainingCallback, method: str, images: int, error: BaseException) -> None:
        raised = f"{described(item)} raised {said(error)}"
        message = f"{error if isinstance(error, PluginError) else raised} (in {method}); it is not called again"
        self._log(f"warning at {images:,} images: {message}")
        # A full disk ends the training elsewhere, or has ended it.
        with suppress(RunError):
            self._run.journal.append(CallbackFailure(images, message))


def _names(options: TrainOptions) -> list[str]:
    return list(dict.fromkeys([*options.callbacks, *(["tensorboard"] if options.tensorboard else [])]))


def _find(name: str) -> TrainingCallback:
    return plugins.registry().lookup(TrainingCallback, name)


def _load(item: TrainingCallback) -> Named:
    factory = item.load()
    with blaming(item):
        made = factory()
    if not isinstance(made, Callback):
        raise PluginError(f"{described(item)}: {item.factory} returned {made!r:.80}, and must return a ganzoo.Callback")
    return item, made
