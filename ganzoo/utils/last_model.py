"""Which model `ganzoo sample` means when none is named. Imports no torch."""

from __future__ import annotations

import json
from pathlib import Path

from ganzoo.errors import RunError
from ganzoo.utils.files import write_atomically
from ganzoo.utils.places import home


def remember_model(model: str | Path) -> None:
    """Note the model that was trained or pulled last. A home that cannot be written loses only that.

    Args:
        model: A folder, or a reference to a model that is no folder.
    """
    values = {"path": str(model.resolve())} if isinstance(model, Path) else {"reference": model}
    try:
        write_atomically(home() / "last.json", json.dumps(values))
    except OSError:
        return


def last_model() -> str:
    """The model that was trained or pulled last, as a user would type it.

    Raises:
        RunError: If there is none, or its folder is gone.
    """
    try:
        values = json.loads((home() / "last.json").read_text(encoding="utf-8"))
        if "reference" in values:
            return str(values["reference"])
        path = Path(values["path"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        path = None
    if path is None or not path.exists():
        raise RunError(
            "no model was trained or pulled yet: name one, train one with `ganzoo train dcgan`, or type "
            "`ganzoo pull dcgan-mnist`"
        )
    if not path.is_relative_to(Path.cwd()):
        return str(path)
    shown = str(path.relative_to(Path.cwd()))
    # A bare name could mean other models too.
    return shown if "/" in shown else f"./{shown}"
