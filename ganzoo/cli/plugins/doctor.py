"""What `ganzoo plugins doctor` says of one plugin."""

from __future__ import annotations

from ganzoo.cli.output import console
from ganzoo.testing.diagnosis import Diagnosis
from ganzoo.utils.shell import typed


def show(diagnosis: Diagnosis) -> None:
    """Print all that is known of a plugin."""
    record = diagnosis.record
    for sentence in diagnosis.trials:
        _print(f"trial         {sentence}")
    _print(f"plugin        {record.name}, from {record.package}")
    _print(f"distribution  {record.distribution or 'unknown'} {record.version}")
    _print(f"status        {record.status}{f': {record.reason}' if record.reason else ''}")
    if record.note:
        _print(f"note          it {record.note}")
    for hook, names in record.provides.items():
        _print(f"{hook.removeprefix('ganzoo_').replace('_', ' '):<13} {', '.join(names)}")
    if record.traceback:
        _print(f"\n{record.traceback.rstrip()}")
    for variant, form in diagnosis.built.items():
        _print(f"{variant:<13} can be built, as {form}")
    for problem in diagnosis.problems:
        _print(f"\n{problem}")
    if diagnosis.advice:
        _print(f"\nwhat to do    {diagnosis.advice}")
    else:
        check = typed("ganzoo", "plugins", "check", record.name)
        _print(f"\nnothing wrong was found; `{check}` runs the whole conformance kit")


def _print(text: str) -> None:
    console.print(text)
