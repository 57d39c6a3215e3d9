"""`Notes`: collects what was read, ignored, converted or guessed, with how often and the first file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ganzoo.core.data_spec import Note

_SHOWN = 6


class Notes:
    """Collects while the files of a set are looked at, one after the other; `result` sums up.

    Args:
        sentences: By kind, the end of the sentence `3 of 500 images ...`. A kind that is not in it is its own sentence.
    """

    def __init__(self, sentences: Mapping[str, str]) -> None:
        self._sentences = sentences
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def add(self, kinds: Iterable[str], title: str, times: int = 1) -> None:
        """Count what was done to a file, or to `times` of which this is the first."""
        for kind in kinds:
            self._counts[kind] += times
            self._first.setdefault(kind, title)

    def result(self, total: int) -> tuple[Note, ...]:
        """One note a kind, in the order of the sentences, then in the order of appearance."""
        kinds = [kind for kind in self._sentences if kind in self._counts]
        kinds += [kind for kind in self._counts if kind not in self._sentences]
        return tuple(
            Note(
                kind if kind in self._sentences else "warning",
                f"{self._counts[kind]} of {total} images {self._sentences.get(kind, kind)}",
                self._counts[kind],
                self._first[kind],
            )
            for kind in kinds
        )


def as_notes(notes: Iterable[Note | str]) -> tuple[Note, ...]:
    """Notes of a source, of which a plugin's are sentences."""
    return tuple(note if isinstance(note, Note) else Note("source", note) for note in notes)


def counted(counts: Mapping[str, int], what: str = "") -> str:
    """`.heic 10, .txt 3`: the most first; `what` names the rest where there are many."""
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{name} {count}" for name, count in order[:_SHOWN]]
    if len(order) > _SHOWN:
        shown.append(f"{what or 'others'} {sum(count for _, count in order[_SHOWN:])}")
    return ", ".join(shown)


def few(names: Iterable[str], most: int = _SHOWN) -> str:
    """Names with commas between them, and `...` for those after the first."""
    names = list(names)
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")
