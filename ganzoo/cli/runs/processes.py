"""`--processes N`: a command starts itself in N processes, by torchrun."""

from __future__ import annotations

import logging
import os
from signal import Signals

import typer

from ganzoo.cli.app import TYPED
from ganzoo.errors import ConfigError, RunError

HELP = "Start as many processes on this machine, by torchrun, which share the training."


def start(count: int) -> None:
    """Run the command that was typed in processes that share its training, and end as they end.

    Raises:
        ConfigError: If it cannot be shared.
        RunError: If a process was killed.
        typer.Exit: With the code of the process that failed first, which has said why.
    """
    if count < 1:
        raise ConfigError(f"--processes (={count}) must be at least 1")
    if "TORCHELASTIC_RUN_ID" in os.environ:
        raise ConfigError("--processes starts torchrun, and this is a process of torchrun's already: leave it out")
    from torch.distributed import run
    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError

    # It tells of each process that ends, which has told so itself.
    logging.getLogger("torch.distributed").setLevel(logging.CRITICAL)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(cores // count, 1)))
    arguments = ["--standalone", "--nproc-per-node", str(count), "-m", "ganzoo", *_without_processes(TYPED)]
    try:
        run.run(run.parse_args(arguments))  # type: ignore[no-untyped-call]
    except SignalException as error:
        raise typer.Exit(128 + error.sigval) from None
    except ChildFailedError as error:
        rank, failure = error.get_first_failure()
        if failure.exitcode < 0:
            raise RunError(f"process {rank} of the training was ended by {Signals(-failure.exitcode).name}") from None
        raise typer.Exit(failure.exitcode) from None


def _without_processes(arguments: list[str]) -> list[str]:
    kept, rest = [], iter(arguments)
    for argument in rest:
        if argument == "--processes":
            next(rest)
        elif not argument.startswith("--processes="):
            kept.append(argument)
    return kept
