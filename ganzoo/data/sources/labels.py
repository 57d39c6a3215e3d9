"""Labels that lie in a file beside the images: StyleGAN's `dataset.json`, a CSV, or Hugging Face's metadata."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from ganzoo.core.data_spec import Note
from ganzoo.data.arrays import Labels, check_labels, class_order, number
from ganzoo.data.notes import few
from ganzoo.data.sources.containers import Container, File
from ganzoo.errors import DataError

_STYLEGAN, _JSONL, _CSV = "dataset.json", "metadata.jsonl", "metadata.csv"
_FILE_COLUMNS = ("file_name", "filename", "file", "image", "image_path", "path", "img")
_LABEL_COLUMNS = ("label", "labels", "class", "class_name", "category", "target")


@dataclass(frozen=True, slots=True)
class Table:
    """What label files say.

    Args:
        labels: By the name of the image in its container; empty where none of the files has labels.
        origin: Where they are from, for sentences: `metadata.csv (column label)`.
        notes: Why a file was not read.
    """

    labels: Mapping[str, str | int]
    origin: str
    notes: tuple[Note, ...]


def read_tables(container: Container, files: Sequence[File], folders: Iterable[str]) -> Table:
    """Read the label files of some folders: `""`, `"train"`, ...

    Raises:
        DataError: If one cannot be read, or what it says has two meanings.
    """
    allowed = set(folders)
    near = [file for file in files if file.name.rpartition("/")[0] in allowed]
    notes = [_unread(container, file, "lies below a class folder") for file in files if file not in near]
    labels: dict[str, str | int] = {}
    origins: dict[str, str] = {}
    for file in near:
        folder = file.name.rpartition("/")[0]
        rows, origin = _rows(container, file)
        if rows is None:
            notes.append(_unread(container, file, origin))
            continue
        if folder in origins:
            raise DataError(
                f"{container.title(folder) if folder else container.path} has labels in {origins[folder]} and in "
                f"{origin}: leave one of them there"
            )
        origins[folder] = origin
        for image, label in rows:
            path = _join(folder, image)
            if labels.setdefault(path, label) != label:
                raise DataError(f"{container.title(file.name)} gives {image} two labels: {labels[path]} and {label}")
    return Table(labels, ", ".join(dict.fromkeys(origins.values())), tuple(notes))


def apply_table(
    table: Table, names: Sequence[str], every: Sequence[str]
) -> tuple[Labels | None, tuple[str, ...], tuple[Note, ...]]:
    """Number the labels of the images `names`.

    Args:
        table: Of `read_tables`, with labels.
        names: Of the images that are used.
        every: Of all images, so that classes have one number in all splits.

    Returns:
        Labels, names of the classes, and notes. Labels are None where an image has none.
    """
    missing = [name for name in names if name not in table.labels]
    lost = len(table.labels.keys() - set(every))
    notes = []
    if lost:
        notes.append(Note("labels", f"{lost} rows of {table.origin} name no image that is there", lost))
    if missing:
        text = f"{len(missing)} of {len(names)} images have no label in {table.origin}, so all are used without labels"
        return None, (), (*notes, Note("labels", text, len(missing), missing[0]))
    values = {name: table.labels[name] for name in every if name in table.labels}
    if all(isinstance(value, int) for value in values.values()):
        numbers = np.array([int(values[name]) for name in (*names, *values)], object)
        checked = check_labels(numbers.astype(np.int64), len(numbers), None, f"the labels in {table.origin}")
        labels, classes, said = number(checked, f"the labels in {table.origin}")
        labels, notes = labels[: len(names)], [*notes, *said]
    else:
        classes = tuple(sorted({str(value) for value in values.values()}, key=class_order))
        index = {name: label for label, name in enumerate(classes)}
        labels = np.array([index[str(values[name])] for name in names], np.int64)
    notes.append(Note("labels", f"labels are those of {table.origin}: {len(classes)} classes", len(names)))
    return labels, classes, tuple(notes)


_Rows = list[tuple[str, str | int]]


def _rows(container: Container, file: File) -> tuple[_Rows | None, str]:
    """Image and label of each row, and where they are from; or None, and why not."""
    title = container.title(file.name)
    name = PurePosixPath(file.name).name
    try:
        text = container.read(file.name).decode("utf-8-sig")
        if name == _STYLEGAN:
            return _stylegan(json.loads(text), title)
        records = _json_lines(text) if name == _JSONL else _csv(text)
    except (OSError, ValueError, csv.Error, RecursionError) as error:
        raise DataError(f"{title} cannot be read as labels ({error}): correct it, or move it away") from error
    columns = list(dict.fromkeys(key for record in records for key in record))
    known = {column.strip().lower().replace(" ", "_").replace("-", "_"): column for column in columns}
    named = [known[column] for column in _FILE_COLUMNS if column in known]
    if not named:
        return None, f"none of its columns is called file_name, but {few(columns)}"
    labels = [known[column] for column in _LABEL_COLUMNS if column in known]
    if len(labels) > 1:
        raise DataError(
            f"{title} has the columns {' and '.join(labels)}, which both may be the label: leave one of them"
        )
    others = [column for column in columns if column != named[0]]
    if not labels:
        return None, f"none of its columns is called label, but {few(others) or 'there is no other'}"
    rows: _Rows = []
    for record in records:
        label = _label(record.get(labels[0]))
        if record.get(named[0]) and label is not None:
            rows.append((str(record[named[0]]), label))
    return rows, f"{name} (column {labels[0]})"


def _label(value: Any) -> str | int | None:
    """A label as a number where it is one; None for no label."""
    if isinstance(value, str):
        text = value.strip()
        return int(text) if text.isascii() and text.lstrip("-").isdecimal() else text or None
    if isinstance(value, float):
        return int(value) if value.is_integer() else str(value)
    if isinstance(value, bool | int):
        return int(value)
    if value is None:
        return None
    raise ValueError(f"a label is {value!r:.40}")


def _csv(text: str) -> list[dict[str, Any]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="(more)"))


def _json_lines(text: str) -> list[dict[str, Any]]:
    records = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not all(isinstance(record, dict) for record in records):
        raise ValueError("not every line is an object")
    return records


def _stylegan(content: Any, title: str) -> tuple[_Rows | None, str]:
    """`{"labels": [["00000/img00000000.png", 6], ...]}`, or null for a set without."""
    pairs = content.get("labels") if isinstance(content, dict) else None
    if pairs is None:
        return [], _STYLEGAN
    if isinstance(pairs, dict):
        pairs = list(pairs.items())
    if not isinstance(pairs, list) or not all(isinstance(pair, list | tuple) and len(pair) == 2 for pair in pairs):
        raise ValueError("`labels` is not a list of pairs of file and label")
    rows: _Rows = []
    for image, label in pairs:
        if isinstance(label, list):
            if sorted(label) != [0] * (len(label) - 1) + [1]:
                return None, "its labels are vectors, and ganzoo takes classes"
            label = label.index(1)
        value = _label(label)
        if value is not None:
            rows.append((str(image), value))
    return rows, _STYLEGAN


def _join(folder: str, image: str) -> str:
    return str(PurePosixPath(folder, image.strip().replace("\\", "/")))


def _unread(container: Container, file: File, reason: str) -> Note:
    return Note("labels", f"{container.title(file.name)} is not read for labels: {reason}", 1)
