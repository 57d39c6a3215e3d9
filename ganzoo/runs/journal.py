"""`Journal`: the file `metrics.jsonl`. Imports no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganzoo.utils.files import write_atomically

Record = dict[str, Any]
"""One line: `images`, and either values of a tick or an `event`."""


class Journal:
    """`metrics.jsonl`: one JSON object a line, appended at each tick, cut back on resume."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, record: Record) -> None:
        """Write one line; it is in the file when this returns."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def read(self) -> list[Record]:
        """All whole lines; a last line that a kill cut short is left out."""
        if not self.path.exists():
            return []
        records = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return records

    def cut_back(self, images: int) -> None:
        """Drop everything after `images`: that part of the run is done again."""
        kept = [record for record in self.read() if record["images"] <= images]
        write_atomically(self.path, "".join(json.dumps(record) + "\n" for record in kept))

    def last_event(self) -> str:
        """The `event` of the last line, empty if that is an ordinary tick."""
        # What befell a callback is no news of the run: a diverged one stays a diverged one.
        for record in reversed(self.read()):
            if record.get("event") != "callback":
                return str(record.get("event", ""))
        return ""
