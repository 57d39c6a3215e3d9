"""Which model `ganzoo sample` means when none is named. Imports no torch."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ganzoo.core.home import home


def remember_model(path: Path) -> None:
    """Note the model that was trained last. A home that cannot be written loses only that."""
    try:
        home().mkdir(parents=True, exist_ok=True)
        aside = home() / f".last.{os.getpid()}"
        aside.write_text(json.dumps({"model": str(path.resolve())}), encoding="utf-8")
        aside.replace(home() / "last.json")
    except OSError:
        return


def last_model() -> Path | None:
    """The model that was trained last, if it is still there."""
    try:
        path = Path(json.loads((home() / "last.json").read_text(encoding="utf-8"))["model"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if path.exists() else None
