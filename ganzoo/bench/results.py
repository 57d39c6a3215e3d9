"""The file of results: written again as each run ends, so that an interrupted table can be continued."""

from __future__ import annotations

import json
from pathlib import Path

from ganzoo.bench.plan import Result, Run
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.utils.files import write_atomically

_KIND = "ganzoo bench modes"


class Results:
    """Results in a JSON file.

    Args:
        path: Read if it exists; written at once, so that a place where nothing can be written is refused now and not
            after an hour.

    Raises:
        ConfigError: If the file is not a file of results.
        GanzooError: If it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write(self.all())

    def all(self) -> list[Result]:
        """What the file holds, in the order in which the runs ended; nothing if there is no file."""
        try:
            text = self.path.read_text()
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise GanzooError(f"{self.path} cannot be read: {_reason(error)}") from error
        try:
            content = json.loads(text)
            if content["kind"] != _KIND:
                raise ValueError(content["kind"])
            return [Result.parse(result) for result in content["results"]]
        except (ValueError, KeyError, TypeError, ConfigError) as error:
            raise ConfigError(f"{self.path} is not a file of `{_KIND}`: give another --out") from error

    def of(self, runs: list[Run]) -> list[Result]:
        """Results of these runs, in their order; those that did not end yet are left out."""
        found = {result.run: result for result in self.all()}
        return [found[run] for run in runs if run in found]

    def add(self, result: Result) -> None:
        """Keep a result. The file is read again, so that two commands may share it."""
        self._write([*(kept for kept in self.all() if kept.run != result.run), result])

    def _write(self, results: list[Result]) -> None:
        content = {"kind": _KIND, "results": [result.model_dump() for result in results]}
        try:
            write_atomically(self.path, json.dumps(content, indent=1) + "\n", parents=False)
        except OSError as error:
            raise GanzooError(f"{self.path} cannot be written: {_reason(error)}") from error


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
