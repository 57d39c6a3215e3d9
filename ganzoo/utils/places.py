"""Where things lie: runs, and the home of pulled models, decoded data and settings."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

RUNS = Path("runs")
"""Where runs are made and looked for by name."""

CONFIG = "config.json"
"""What a run has been asked for; a folder with it is a run."""


def home() -> Path:
    """`$GANZOO_HOME` if set, else the platform's folder for user data. Need not exist yet."""
    given = os.environ.get("GANZOO_HOME")
    return Path(given).expanduser() if given else platformdirs.user_data_path("ganzoo", appauthor=False)
