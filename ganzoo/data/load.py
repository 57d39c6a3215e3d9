"""`inspect` and `load`: from the options to the `DataSpec` and the `Dataset`. Imports torch only to load."""

from __future__ import annotations

import pickle
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.core.data_spec import DataSpec, Note
from ganzoo.data import cache
from ganzoo.data.arrays import Labels
from ganzoo.data.decode import Decoded, Progress, cores, decode, refuse_dark
from ganzoo.data.images import Fit, Pixels
from ganzoo.data.memory import fits, stored_bytes
from ganzoo.data.options import DataOptions
from ganzoo.data.pairs import check_sizes, joined, source_options
from ganzoo.data.samples import describe as describe_samples
from ganzoo.data.samples import load_samples
from ganzoo.data.select import Selection, choose_fit, describe, select
from ganzoo.data.sources.base import ArraySource, SampleSource, Source
from ganzoo.data.sources.locate import Located, locate
from ganzoo.errors import DataError
from ganzoo.utils.figures import short_size
from ganzoo.utils.places import home

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset


def inspect(options: DataOptions, *, located: Located | None = None) -> DataSpec | None:
    """Describe a set without decoding it and without torch.

    Args:
        options: Which.
        located: What `locate` found of it before; None: it is looked for now.

    Returns:
        The spec. Unless the set was decoded before, its digest is None and bad files still count. None for a
        set of torchvision, or of a plugin that may ask the network, that was not decoded before: only `load` can tell.

    Raises:
        ConfigError: If an option does not fit the set, or the set does not exist.
        DataError: If the set cannot be used, as far as that shows without decoding.
    """
    located = located or locate(options)
    if located.sources is not None:
        sources = inspect(source_options(located, options), located=located.sources)
        targets = inspect(options, located=replace(located, sources=None))
        assert sources is not None
        assert targets is not None
        return joined(targets, sources, paired=options.source == "paired")
    entry = cache.recall(cache.fingerprint(located.identity, options))
    if entry is not None:
        return _with_notes(entry.spec, located.notes)
    if not located.cheap:
        return None
    with located.blamed():
        source = located.open()
        if isinstance(source, SampleSource):
            return describe_samples(source, options)
        selection = select(source, options)
        return _with_notes(describe(source, selection, *choose_fit(source, selection, options)), located.notes)


def load(
    options: DataOptions,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
    *,
    located: Located | None = None,
) -> Dataset:
    """Load a set: from the cache, or by decoding it in parallel.

    A set of more bytes than `options.data_memory` streams. It is decoded once all the same, so that a bad file is
    found now and not after hours, and so that the digest is that of the resident set. What was decoded is written to
    the cache and mapped from there; if `options.data_disk` does not allow it, files are decoded each time again.

    Args:
        options: What to load.
        device: Where batches are wanted.
        progress: Called from this thread, as decoding goes, with what is done, how many images, and of how many.
        located: As for `inspect`.

    Raises:
        ConfigError: If an option does not fit the set, or the set does not exist.
        DataError: Naming the file that cannot be used.
    """
    import torch

    located = located or locate(options)
    target, told = torch.device(device), progress or _silent
    if located.sources is None:
        dataset, _ = _load(located, options, target, told)
    else:
        dataset = _load_with_sources(located, options, target, told)
    dataset.spec = _with_notes(dataset.spec, located.notes)
    return dataset


def _load_with_sources(located: Located, options: DataOptions, device: torch.device, progress: Progress) -> Dataset:
    """Both sets. Of a pair of which one image was skipped, the other is left out too."""
    assert located.sources is not None
    paired, of_sources = options.source == "paired", source_options(located, options)
    keys = (cache.fingerprint(located.identity, options), cache.fingerprint(located.sources.identity, of_sources))
    if paired and not all(map(cache.recall, keys)):
        check_sizes(located)
    sources, lacking = _load(located.sources, of_sources, device, progress)
    targets, skipped = _load(located, options, device, progress)
    if not paired or set(lacking) == set(skipped):
        return targets.of_sources(sources, paired=paired)
    source = located.open()
    assert isinstance(source, Source)
    chosen = select(source, options).indices
    gone = [int(chosen[position]) for position in {*lacking, *skipped}]
    less = replace(located.without(gone), sources=located.sources.without(gone))
    return _load_with_sources(less, options, device, progress)


def _load(
    located: Located, options: DataOptions, device: torch.device, progress: Progress
) -> tuple[Dataset, tuple[int, ...]]:
    """One set, and the positions in the selection that were skipped."""
    key = cache.fingerprint(located.identity, options)
    entry = cache.recall(key)
    if entry is not None:
        found = cache.fetch(key, entry.spec)
        if found is not None:
            return _held(entry, *found, options, device), entry.skipped
    with located.blamed():
        source = located.open()
        if isinstance(source, SampleSource):
            return load_samples(source, options, device), ()
        if not located.cheap:
            # Its files may have been downloaded just now.
            key = cache.fingerprint(locate(options).identity, options)
        return _from_source(source, key, entry, options, device, progress, strict=located.source is None)


def _with_notes(spec: DataSpec, notes: tuple[Note, ...]) -> DataSpec:
    """What the look at the files told, which is told each time, before what is remembered."""
    return replace(spec, notes=(*notes, *spec.notes))


def _from_source(
    source: Source,
    key: str,
    entry: cache.Entry | None,
    options: DataOptions,
    device: torch.device,
    progress: Progress,
    *,
    strict: bool,
) -> tuple[Dataset, tuple[int, ...]]:
    """Decode a source, unless it streams and was checked before, and remember what was found."""
    selection = select(source, options)
    fit, seen = choose_fit(source, selection, options)
    spec = describe(source, selection, fit, seen)
    # An array is in the host's memory already, so only files are decoded again each time they are drawn.
    keep = isinstance(source, ArraySource) or fits(spec, options.data_memory, device)
    why = cache.refusal(spec, options.data_disk)
    if entry is None or keep or why is None:
        threads = max(1, cores() if options.workers is None else options.workers)
        with cache.Growing(key, spec) if why is None else nullcontext() as growing:
            decoded = decode(
                source,
                selection,
                fit,
                keep=keep,
                skip_bad=options.skip_bad,
                threads=threads,
                progress=progress,
                write=None if growing is None else growing.add,
            )
            if strict:
                refuse_dark(decoded.notes)
            entry, labels = _entry(spec, selection, decoded)
            why = cache.store(key, entry, growing, labels) or why
        if decoded.pixels is not None:
            told = _told(entry, why and f"{why}: the next run decodes again")
            return _held(told, decoded.pixels, labels, options, device), entry.skipped
        found = cache.fetch(key, entry.spec)
        if found is not None:
            size = short_size(stored_bytes(entry.spec))
            text = f"{entry.spec.count:,} decoded images, {size}, are kept in {home() / 'data'} and read from there"
            return _held(_told(entry, text), *found, options, device), entry.skipped
    entry = _told(entry, why and f"{why}: files are decoded each time they are drawn, which is slower")
    return _drawn(entry, source, selection, fit, options, device), entry.skipped


def _drawn(
    entry: cache.Entry, source: Source, selection: Selection, fit: Fit, options: DataOptions, device: torch.device
) -> Dataset:
    """Files that are decoded each time they are drawn."""
    from ganzoo.data.dataset import Dataset
    from ganzoo.data.stream import FileImages

    labels = None if selection.labels is None else np.delete(selection.labels, entry.skipped)
    reader = FileImages(source, np.delete(selection.indices, entry.skipped), fit)
    workers = cores() if options.workers is None else options.workers
    if workers:
        _check_pickles(source)
    return Dataset(entry.spec, reader, labels, device, workers)


def _told(entry: cache.Entry, text: str | None) -> cache.Entry:
    """With a note on what this run does with the decoded images, which is not remembered."""
    notes = (*entry.spec.notes, Note("cache", text)) if text else entry.spec.notes
    return replace(entry, spec=replace(entry.spec, notes=notes))


def _check_pickles(source: Source) -> None:
    """Refuse a source that cannot reach the worker processes: now, and not after a run began."""
    try:
        pickle.dumps(source)
    # What cannot be pickled says so by one of these, or by whatever a __reduce__ raises.
    except Exception as error:
        raise DataError(
            f"{source.name} cannot stream through worker processes, as it cannot be pickled ({error}): --workers 0 "
            "does without them"
        ) from error


def _entry(spec: DataSpec, selection: Selection, decoded: Decoded) -> tuple[cache.Entry, Labels | None]:
    """What is to be remembered, and the labels of the images that are left."""
    count = spec.count - len(decoded.skipped)
    notes = (*selection.notes, *decoded.notes)
    if count == 1:
        notes = (*notes, Note("few", f"{spec.name} is one image only: every batch repeats it"))
    spec = replace(spec, count=count, fit=decoded.words, digest=decoded.digest, notes=notes)
    labels = None if selection.labels is None else np.delete(selection.labels, decoded.skipped)
    return cache.Entry(spec, decoded.skipped), labels


def _held(
    entry: cache.Entry, images: Pixels, labels: Labels | None, options: DataOptions, device: torch.device
) -> Dataset:
    """Decoded images: on the device where they fit, else they stream from the host's memory or the cache file."""
    import torch

    from ganzoo.data.dataset import Dataset
    from ganzoo.data.stream import HeldImages

    tensor = torch.from_numpy(images)
    if not fits(entry.spec, options.data_memory, device):
        return Dataset(entry.spec, HeldImages(tensor), labels, device)
    # A mapped file is read in one go here, not page by page in the order of the first epoch.
    tensor = tensor.to(device, copy=isinstance(images, np.memmap))
    return Dataset(entry.spec, tensor, labels, device)


def _silent(label: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
