"""`Journal`: the file `metrics.jsonl`, read and written here alone. Imports no torch.

A tick is one flat object, anything else has its kind as `event`: `eval`, `callback`, `diverged`, or that of an alarm.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import TypeAdapter, ValidationError

from ganzoo.core.entries import Alarm, CallbackFailure, Diverged, Entry, Evaluated, Tick
from ganzoo.errors import RunError, redacted_values
from ganzoo.utils.files import open_regular

_BLOCK_BYTES, _LONGEST_LINE = 2**16, 2**24

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
                file.write(json.dumps(redacted_values(to_record(entry))) + "\n")
        except OSError as error:
            if size is not None:
                # Half a line would spoil the next one.
                with suppress(OSError):
                    os.truncate(self.path, size)
            raise RunError(f"{self.path} cannot be written ({error.strerror or error})") from error

    def read(self, *, ticks: int | None = None) -> list[Entry]:
        """All whole lines; a last line that a kill cut short is left out.

        Args:
            ticks: Of a journal with more lines, at most so many ticks, evenly spread over its bytes, and all else; the
                lines between are not even told apart. None: all.

        Raises:
            RunError: Naming the first line that is no entry.
        """
        picked: Callable[[int, bytes], Iterable[int]] = _all_lines
        if ticks is not None and self.has_more_than(ticks):
            end = next((end for end, _ in self._backwards()), 0)
            picked = partial(_some_lines, end=end, every=-(-end // ticks) if ticks else 0)
        entries = []
        for place, block in self._blocks():
            for start in picked(place, block):
                end = block.index(b"\n", start)
                entries.append(self._parsed(place + end, block[start:end]))
        return entries

    def has_more_than(self, lines: int) -> bool:
        """Whether it has more lines than that; no more of it is read than shows it."""
        return self._count(most=lines) > lines

    def last(self, kinds: type[Entry] | tuple[type[Entry], ...]) -> Entry | None:
        """The last entry of a kind, of which only the end of the file is read.

        Raises:
            RunError: Naming a line behind it that is no entry.
        """
        return next((entry for _, entry in self._backwards() if isinstance(entry, kinds)), None)

    def cut_back(self, images: int) -> None:
        """Drop everything after `images`: that part of the run is done again.

        Raises:
            RunError: If it cannot be read or written.
        """
        kept = next((end for end, entry in self._backwards() if entry.images <= images), 0)
        try:
            if self.path.exists():
                os.truncate(self.path, kept)
        except OSError as error:
            raise RunError(f"{self.path} cannot be written ({error.strerror or error})") from error

    def news(self) -> Entry | None:
        """The last of the training; what befell a callback is none."""
        return self.last((Tick, Alarm, Evaluated, Diverged))

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """Whole lines in blocks: where the first begins, and all of them."""
        place = 0
        with self._opened() as file:
            while block := file.read(_BLOCK_BYTES):
                rest = file.readline(_LONGEST_LINE + 1)
                self._check_length(rest)
                block += rest
                # What follows the last line's end was cut short by a kill.
                yield place, block[: block.rfind(b"\n") + 1]
                place += len(block)

    def _check_length(self, line: bytes) -> None:
        if len(line) > _LONGEST_LINE:
            raise RunError(f"{self.path} has a line of more than {_LONGEST_LINE:,} bytes: remove it")

    def _backwards(self) -> Iterator[tuple[int, Entry]]:
        """From the last whole line to the first: where it ends, and what it says."""
        with self._opened() as file:
            position = end = file.seek(0, os.SEEK_END)
            tail, whole = b"", False
            while position > 0:
                step = min(_BLOCK_BYTES, position)
                position = file.seek(position - step)
                first, *lines = (file.read(step) + tail).split(b"\n")
                for line in reversed(lines):
                    if whole:
                        yield end + 1, self._parsed(end, line)
                    whole, end = True, end - len(line) - 1
                tail = first
                self._check_length(tail)
            if whole:
                yield end + 1, self._parsed(end, tail)

    def _count(self, *, end: int = sys.maxsize - 1, most: int = sys.maxsize) -> int:
        """How many lines there are, up to and with the one that ends at a byte; no longer counted beyond `most`."""
        lines, left = 0, end + 1
        with self._opened() as file:
            while lines <= most and (block := file.read(min(_BLOCK_BYTES, left))):
                lines, left = lines + block.count(b"\n"), left - len(block)
        return lines

    def _parsed(self, end: int, line: bytes) -> Entry:
        """A line as an entry; `end` is the byte at which it ends, for messages."""
        try:
            return from_record(json.loads(line))
        except (ValueError, RecursionError) as error:
            why = "it is nested too deeply" if isinstance(error, RecursionError) else error
            number = self._count(end=end)
            raise RunError(f"{self.path}, line {number}: {why}; repair the line, or remove it") from error

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        """The file; an empty one where there is none."""
        try:
            with open_regular(self.path) as file:
                yield file
        except FileNotFoundError:
            yield BytesIO()
        except OSError as error:
            raise RunError(f"{self.path} cannot be read ({error.strerror or error})") from error


def _all_lines(place: int, block: bytes) -> Iterable[int]:
    """Where lines begin in a block of whole lines, which begins at a byte of the file."""
    return [0, *(found.end() for found in re.finditer(b"\n", block))][:-1]


def _some_lines(place: int, block: bytes, *, end: int, every: int) -> Iterable[int]:
    """Those with an event, and one in `every` bytes (0: no others), counted from the end of the file's last line."""
    marks = range((end - 1 - place) % every, len(block), every) if every else ()
    events = (found.start() for found in re.finditer(b'"event"', block))
    return sorted({block.rfind(b"\n", 0, at) + 1 for at in (*marks, *events)})
