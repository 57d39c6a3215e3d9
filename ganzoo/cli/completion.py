"""What the shell completes: variants, runs and models. Typer asks for it in a process of its own, so nothing heavy."""

from __future__ import annotations

from pathlib import Path


def complete_variant(incomplete: str) -> list[str]:
    """Names of variants."""
    from ganzoo import plugins

    return [variant.name for variant in plugins.variants() if variant.name.startswith(incomplete)]


def complete_run(incomplete: str) -> list[str]:
    """Runs in `./runs`, as paths; `sample`, `resume` and `report` take their bare names too."""
    from ganzoo.runs.run import all_runs
    from ganzoo.utils.places import RUNS

    paths = [str(run.path) for run in all_runs(RUNS)]
    return [path for path in paths if path.startswith(incomplete) or Path(path).name.startswith(incomplete or "/")]


def complete_model(incomplete: str) -> list[str]:
    """Built-in and pulled models, and runs."""
    from ganzoo.registry import library
    from ganzoo.registry.stores.builtin import BuiltinStore

    names = [*BuiltinStore().names(), *(receipt.reference for receipt in library.pulled())]
    return [name for name in names if name.startswith(incomplete)] + complete_run(incomplete)
