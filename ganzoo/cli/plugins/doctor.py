"""What `ganzoo plugins doctor` says of one plugin."""

from __future__ import annotations

import subprocess
import sys
import traceback

from ganzoo import plugins
from ganzoo.cli.output import console
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


def trial(record: PluginRecord) -> None:
    """Import all plugins in processes of their own, until one survives: then it can be done in this one.

    Each process that dies leaves a note of the plugin in which it did, and the next one leaves that alone.

    Args:
        record: The plugin that is asked for; what the process ended with is printed if it died in this one.
    """
    command = [sys.executable, "-c", _TRIAL.format(left_out=plugins.left_out())]
    for _ in plugins.installed():
        known = fatal()
        try:
            done = subprocess.run(command, capture_output=True, timeout=TRIAL_S)
        except subprocess.TimeoutExpired:
            how = f"was not over after {TRIAL_S:.0f} s"
        else:
            if done.returncode in (0, 1) and fatal() == known:
                return
            how = f"ended its process (with {done.returncode})"
        if record.name in fatal() - known:
            _print(f"trial         its import {how}")


def examine(record: PluginRecord) -> bool:
    """Print all that is known of a plugin.

    Returns:
        Whether it works, as far as that can be seen without training.
    """
    _print(f"plugin        {record.name}, from {record.package}")
    _print(f"distribution  {record.distribution or 'unknown'} {record.version}")
    _print(f"status        {record.status}{f': {record.reason}' if record.reason else ''}")
    if record.note:
        _print(f"note          it {record.note}")
    for hook, names in record.provides.items():
        _print(f"{hook.removeprefix('ganzoo_').replace('_', ' '):<13} {', '.join(names)}")
    if record.traceback:
        _print(f"\n{record.traceback.rstrip()}")
    if record.status != "ok":
        again = (
            "To use it again: " + typed("ganzoo", "plugins", "enable", record.name) if "enable" in record.reason else ""
        )
        sentence = WHAT_TO_DO[record.status].format(
            name=typed(record.name), distribution=typed(record.distribution), ganzoo=__version__, reason_again=again
        )
        _print(f"\nwhat to do    {sentence.strip()}")
        return record.status == "disabled"
    broken = [problem for name in record.variants if (problem := _try(plugins.registry().variants[name]))]
    broken += _unresolved(record)
    for problem in broken:
        _print(f"\n{problem}")
    if broken or record.note:
        sentence = WHAT_TO_DO["failed"].format(name=typed(record.name), distribution=typed(record.distribution))
        _print(f"\nwhat to do    {sentence}")
        return False
    check = typed("ganzoo", "plugins", "check", record.name)
    _print(f"\nnothing wrong was found; `{check}` runs the whole conformance kit")
    return True


def _try(variant: Variant) -> str:
    """Build a variant as small as it goes; the traceback of what it raised, or empty."""
    from ganzoo.testing import forms_of

    try:
        forms = forms_of(variant)
        forms[0].build()
    except GanzooError as error:
        cause = error.__cause__
        shown = "".join(traceback.format_exception(cause)) if cause is not None else ""
        return f"{shown}{error}"
    except Exception:
        return traceback.format_exc()
    _print(f"{variant.name:<13} can be built, as {forms[0].name}")
    return ""


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


def _print(text: str) -> None:
    console.print(text)
