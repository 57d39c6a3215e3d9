"""Where everything of ganzoo's lives that is not a run: pulled models, decoded data, settings."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """`$GANZOO_HOME` if set, else the platform's folder for user data. Need not exist yet."""
    given = os.environ.get("GANZOO_HOME")
    return Path(given).expanduser() if given else platformdirs.user_data_path("ganzoo", appauthor=False)
