"""`Journal`: the file `metrics.jsonl`, read and written here alone. Imports no torch.

A tick is one flat object, anything else has its kind as `event`: `eval`, `callback`, `diverged`, or that of an alarm.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ganzoo.core.entries import Alarm, CallbackFailure, Diverged, Entry, Evaluated, Tick
from ganzoo.errors import RunError
from ganzoo.utils.files import write_atomically

_NAMED = ("images", "seconds", "images_per_second", "memory_bytes", "resolution", "fade")
"""Fields of a tick; the rest of its line is values."""

_ON_DISK: dict[int | str, str] = {"kind": "event"}

_EVENTS: dict[str, type[Entry]] = {"eval": Evaluated, "callback": CallbackFailure, "diverged": Diverged}


def to_record(entry: Entry) -> dict[str, Any]:
    """An entry as the object of its line."""
    fields: dict[str, Any] = asdict(entry)
    match entry:
        case Tick():
            levels = {name: fields.pop(name) for name in ("resolution", "fade")}
            values = fields.pop("values")
            return {**fields, **values, **{name: level for name, level in levels.items() if level is not None}}
        case Alarm():
            return {"images": entry.images, "event": entry.kind, "message": entry.message}
        case Diverged():
            return {"images": entry.images, "event": "diverged", "reason": entry.message}
    event = next(event for event, kind in _EVENTS.items() if isinstance(entry, kind))
    return {"images": fields.pop("images"), "event": event, **fields}


def from_record(record: Any) -> Entry:
    """The inverse of `to_record`, after a round trip through JSON.

    Raises:
        ValueError: If it is no entry: field, value and what it must be.
    """
    if not isinstance(record, dict):
        raise ValueError(f"it is no object: {record!r:.80}")
    fields = dict(record)
    event = fields.pop("event", None)
    if event is None:
        kind: type[Entry] = Tick
        named = {name: fields.pop(name) for name in _NAMED if name in fields}
        fields = {**named, "values": fields}
    elif event in _EVENTS:
        kind = _EVENTS[event]
        if kind is Diverged and "reason" in fields:
            fields["message"] = fields.pop("reason")
    else:
        kind, fields["kind"] = Alarm, event
    try:
        # As JSON, in which a tuple is a list; half a surrogate pair, which JSON may hold, is no text.
        text = json.dumps(fields, ensure_ascii=False).encode("utf-8", "replace")
        entry: Entry = _ADAPTERS[kind].validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(_ON_DISK.get(part, str(part)) for part in first["loc"]).removeprefix("values.")
        raise ValueError(f"{place} (={first['input']!r:.80}): {first['msg']}") from error
    return entry


_ADAPTERS: dict[type[Entry], TypeAdapter[Any]] = {kind: TypeAdapter(kind) for kind in (Tick, Alarm, *_EVENTS.values())}


class Journal:
    """`metrics.jsonl`: one JSON object a line, appended at each tick, cut back on resume."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entry: Entry) -> None:
        """Write one line; it is in the file when this returns.

        Raises:
            RunError: If it cannot be written; nothing of it is.
        """
        size = None
        try:
            size = self.path.stat().st_size if self.path.exists() else 0
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(to_record(entry)) + "\n")
        except OSError as error:
            if size is not None:
                # Half a line would spoil the next one.
                with suppress(OSError):
                    os.truncate(self.path, size)
            raise RunError(f"{self.path} cannot be written ({error.strerror or error})") from error

    def read(self) -> list[Entry]:
        """All whole lines; a last line that a kill cut short is left out.

        Raises:
            RunError: Naming the first line that is no entry.
        """
        return [entry for _, entry in self._lines()]

    def cut_back(self, images: int) -> None:
        """Drop everything after `images`: that part of the run is done again.

        Raises:
            RunError: If it cannot be written.
        """
        kept = [line for line, entry in self._lines() if entry.images <= images]
        try:
            write_atomically(self.path, "".join(f"{line}\n" for line in kept))
        except OSError as error:
            raise RunError(f"{self.path} cannot be written ({error.strerror or error})") from error

    def diverged(self) -> bool:
        """Whether that is the last news of the training."""
        # What befell a callback is no news of the run: a diverged one stays a diverged one.
        news = [entry for entry in self.read() if not isinstance(entry, CallbackFailure)]
        return bool(news) and isinstance(news[-1], Diverged)

    def _lines(self) -> Iterator[tuple[str, Entry]]:
        """Each whole line, as it is and as what it says."""
        if not self.path.exists():
            return
        # What follows the last line's end was cut short by a kill.
        for number, line in enumerate(self.path.read_text(encoding="utf-8").split("\n")[:-1], start=1):
            try:
                yield line, from_record(json.loads(line))
            except ValueError as error:
                raise RunError(f"{self.path}, line {number}: {error}; repair the line, or remove it") from error
