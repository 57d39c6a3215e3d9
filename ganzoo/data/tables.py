"""Tables: columns of numbers and of words as vectors, and the way back. Imports no torch."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import Column
from ganzoo.data.arrays import Floats
from ganzoo.data.notes import few
from ganzoo.errors import ConfigError, DataError

Cells = NDArray[np.str_]

MOST_WORDS = 50
"""Different words of one column: more are names, dates or numbers of another spelling, and no categories."""

MISSING = ("", "na", "n/a", "nan", "null", "none", "?", "-")
"""What stands for a value that is not there, in lower case."""

_DELIMITERS = ",;\t|"
_SPARSE = "a GAN cannot learn what is not there: fill them in, or leave out these rows or the column"


def read_table(path: Path) -> tuple[tuple[str, ...], list[Cells]]:
    """The names of the columns, and the cells of each, `(N,)` without spaces around them.

    Args:
        path: A `.csv`, or a `.csv.gz`; its first row names the columns. Commas, semicolons, tabs or bars part cells.

    Raises:
        DataError: If it is no such file, naming the first row that is not as the others.
    """
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if path.suffix.lower() == ".gz" else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read ({error}): save it as CSV in UTF-8") from error
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise DataError(f"{path} is no CSV: {error}") from error
    while rows and not rows[-1]:
        rows.pop()
    if len(rows) < 2:
        raise DataError(f"{path} has {len(rows)} rows, and needs one with the names of the columns and one of values")
    names = tuple(name.strip() for name in rows[0])
    if any(map(_is_number, names)) or not all(names):
        raise DataError(f"the first row of {path} is {few(names)}: it must name the columns, each with a word")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path} has several columns called {few(twice)}: call each differently")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise DataError(f"row {number} of {path} has {len(row)} cells, and the first has {len(names)}")
    return names, [np.char.strip(np.array(cells)) for cells in zip(*rows[1:], strict=True)]


def columns_of(names: Sequence[str], cells: Sequence[Cells], place: str) -> tuple[Column, ...]:
    """What each column is: numbers with their mean and standard deviation, or up to 50 words.

    Raises:
        DataError: If values are missing, or a column has too many words, naming both.
    """
    columns = []
    for name, values in zip(names, cells, strict=True):
        missing = np.flatnonzero(np.isin(np.char.lower(values), MISSING))
        if len(missing):
            found = f"{len(missing)} missing values in the column {name} (first: row {missing[0] + 2})"
            raise DataError(f"{place} has {found}: {_SPARSE}")
        numbers = _numbers(values)
        if numbers is not None and not np.isfinite(numbers).all():
            raise DataError(f"the column {name} of {place} has values that are infinite")
        columns.append(_words(name, values, place) if numbers is None else _scaled(name, numbers))
    return tuple(columns)


def encode(columns: Sequence[Column], names: Sequence[str], cells: Sequence[Cells], place: str) -> Floats:
    """A table as vectors `(N, D)` float32: numbers as (x - mean) / scale, words as one 1 among zeros.

    Raises:
        ConfigError: If these are not the columns, or a word is unknown.
    """
    if [column.name for column in columns] != list(names):
        wanted = few([column.name for column in columns])
        raise ConfigError(f"{place} has the columns {few(list(names))}, and {wanted} are needed, in this order")
    parts = []
    for column, values in zip(columns, cells, strict=True):
        if column.words:
            hot = values[:, None] == np.array(column.words)
            unknown = np.flatnonzero(~hot.any(axis=1))
            if len(unknown):
                seen = f"{str(values[unknown[0]])!r} in the column {column.name}"
                raise ConfigError(f"{place} has {seen}, and {few(column.words)} are known")
            parts.append(hot.astype(np.float32))
            continue
        numbers = _numbers(values)
        if numbers is None:
            raise ConfigError(f"{place} has words in the column {column.name}, and numbers are needed")
        parts.append(((numbers - column.mean) / column.scale).astype(np.float32)[:, None])
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def decode(columns: Sequence[Column], vectors: NDArray[np.floating]) -> list[list[str]]:
    """Rows of cells from vectors `(N, D)`: numbers in their units, whole ones rounded; the likeliest of words."""
    cells, start = [], 0
    for column in columns:
        part = vectors[:, start : start + column.width].astype(np.float64)
        start += column.width
        if column.words:
            cells.append([column.words[index] for index in part.argmax(axis=1)])
            continue
        numbers = part[:, 0] * column.scale + column.mean
        cells.append([f"{number:.0f}" if column.whole else f"{number:.7g}" for number in numbers.tolist()])
    return [list(row) for row in zip(*cells, strict=True)]


def write_table(columns: Sequence[Column], vectors: NDArray[np.floating]) -> str:
    """CSV of vectors `(N, D)`, with the names of the columns in its first row."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(decode(columns, vectors))
    return text.getvalue()


def _numbers(values: Cells) -> NDArray[np.float64] | None:
    try:
        return values.astype(np.float64)
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return _numbers(np.array([text])) is not None


def _scaled(name: str, numbers: NDArray[np.float64]) -> Column:
    # A constant column stays 0 by any scale.
    return Column(
        name, float(numbers.mean()), float(numbers.std()) or 1.0, whole=bool((numbers == numbers.round()).all())
    )


def _words(name: str, values: Cells, place: str) -> Column:
    words = tuple(str(word) for word in np.unique(values))
    if len(words) > MOST_WORDS:
        raise DataError(
            f"the column {name} of {place} has {len(words):,} different words ({few(words)}), and {MOST_WORDS} at most "
            "are categories: leave it out, or write it as a number"
        )
    return Column(name, words=words)
