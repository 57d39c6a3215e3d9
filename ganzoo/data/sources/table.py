"""A table as a data set: `--data FILE.csv` or `FILE.csv.gz`."""

from __future__ import annotations

import re
from pathlib import Path

from ganzoo.core.data_spec import Note
from ganzoo.data.notes import few
from ganzoo.data.sources.base import VectorSource
from ganzoo.data.tables import columns_of, encode, read_table


def table(path: Path) -> VectorSource:
    """Open a table: each row is a sample, numbers standardized, words one-hot.

    Raises:
        DataError: If it cannot be used, naming row or column.
    """
    names, cells = read_table(path)
    columns = columns_of(names, cells, str(path))
    vectors = encode(columns, names, cells, str(path))
    words = [column.name for column in columns if column.words]
    text = f"{len(columns) - len(words)} of {len(columns)} columns are numbers and were standardized"
    notes = [Note("columns", f"{text}; {few(words)} became one-hot" if words else text, len(columns))]
    constant = [name for name, values in zip(names, cells, strict=True) if (values == values[0]).all()]
    if constant:
        notes.append(Note("constant", f"{len(constant)} columns have one value only: {few(constant)}", len(constant)))
    return VectorSource(
        name=re.sub(r"\.csv(\.gz)?$", "", path.name, flags=re.IGNORECASE),
        shape=vectors.shape,
        read=lambda: vectors,
        place=str(path),
        notes=tuple(notes),
        columns=columns,
    )
