"""`diagnose`: why a plugin is not used and what to do about it; or whether what it provides works."""

from __future__ import annotations

import subprocess
import sys
import traceback
from dataclasses import dataclass, field

from ganzoo import plugins
from ganzoo.core.variant import Variant
from ganzoo.errors import GanzooError
from ganzoo.plugins.record import PluginRecord
from ganzoo.plugins.survivors import fatal
from ganzoo.utils.shell import typed
from ganzoo.utils.version import __version__

WHAT_TO_DO = {
    "disabled": "It was left out on purpose, before it was imported. {reason_again}",
    "incompatible": "Install a version of {distribution} that was made for torch-ganzoo {ganzoo}, or the torch-ganzoo "
    "that it asks for: pip install --upgrade {distribution}",
    "conflict": "Two plugins provide the same name. Uninstall one of them, or leave one out: ganzoo plugins disable "
    "{name}",
    "failed": "If it is yours, fix it; `ganzoo plugins check` on its folder says more. If not, send its author the "
    "lines above. Until then: ganzoo plugins disable {name}, or pip uninstall {distribution}",
}


TRIAL_S = 60.0
"""How long all plugins together may take to be imported."""
_TRIAL = "from ganzoo import plugins; plugins.leave_out({left_out!r}); plugins.registry()"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is found of a plugin without training.

    Args:
        record: What is known of it: status, reason, traceback, what it provides.
        works: Nothing is wrong with it, or it was left out on purpose.
        advice: What to do, in a sentence; empty if nothing is wrong.
        built: The form that each of its variants could be built in.
        problems: The traceback of each variant that could not be built, and what cannot be imported.
        trials: What became of processes that died while they imported it.
    """

    record: PluginRecord
    works: bool
    advice: str = ""
    built: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    trials: tuple[str, ...] = ()


def diagnose(name: str) -> Diagnosis:
    """Say why a plugin is not used; of one that is used, try what it provides.

    Args:
        name: Of the plugin, of its distribution, or of one of its variants.

    Raises:
        ConfigError: If none is called that.
    """
    found = plugins.find_plugin(name)
    trials = _try_importing(found)
    record = next(one for one in plugins.registry().records if one.name == found.name)
    if record.status != "ok":
        again = typed("ganzoo", "plugins", "enable", record.name) if "enable" in record.reason else ""
        advice = _advice(record, record.status, f"To use it again: {again}" if again else "")
        return Diagnosis(record, record.status == "disabled", advice, trials=trials)
    built, problems = {}, []
    for variant in record.variants:
        form, problem = _try(plugins.registry().variants[variant])
        if problem:
            problems.append(problem)
        else:
            built[variant] = form
    problems += _unresolved(record)
    works = not problems and not record.note
    advice = "" if works else _advice(record, "failed")
    return Diagnosis(record, works, advice, built, tuple(problems), trials)


def _try_importing(record: PluginRecord) -> tuple[str, ...]:
    """Import all plugins in processes of their own, until one survives: then it can be done in this one.

    Each process that dies leaves a note of the plugin in which it did, and the next one leaves that alone.

    Args:
        record: The plugin that is asked for.

    Returns:
        How each process ended that died in it.
    """
    command, ends = [sys.executable, "-c", _TRIAL.format(left_out=plugins.left_out())], []
    for _ in plugins.installed():
        known = fatal()
        try:
            done = subprocess.run(command, capture_output=True, timeout=TRIAL_S)
        except subprocess.TimeoutExpired:
            how = f"was not over after {TRIAL_S:.0f} s"
        else:
            if done.returncode in (0, 1) and fatal() == known:
                break
            how = f"ended its process (with {done.returncode})"
        if record.name in fatal() - known:
            ends.append(f"its import {how}")
    return tuple(ends)


def _advice(record: PluginRecord, status: str, again: str = "") -> str:
    return (
        WHAT_TO_DO[status]
        .format(
            name=typed(record.name), distribution=typed(record.distribution), ganzoo=__version__, reason_again=again
        )
        .strip()
    )


def _try(variant: Variant) -> tuple[str, str]:
    """Build a variant as small as it goes; the form, or the traceback of what it raised."""
    from ganzoo.testing.forms import forms_of

    try:
        form = forms_of(variant)[0]
        form.build()
    except GanzooError as error:
        cause = error.__cause__
        shown = "".join(traceback.format_exception(cause)) if cause is not None else ""
        return "", f"{shown}{error}"
    except Exception:
        return "", traceback.format_exc()
    return form.name, ""


def _unresolved(record: PluginRecord) -> list[str]:
    """What the plugin names and cannot be imported, besides its variants."""
    problems = []
    for item in plugins.registry().items_of(record):
        try:
            if not isinstance(item, Variant):
                item.load()
        except GanzooError as error:
            problems.append(str(error))
    return problems
