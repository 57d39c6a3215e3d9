"""The model card, `README.md`: front matter that the Hub understands, a generated block, and people's own words.

A later push replaces the block between the markers and our keys of the front matter, and leaves all else as it is.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

from ganzoo.core.data_spec import Column
from ganzoo.errors import redacted
from ganzoo.registry.packages.manifest import Evaluation, Manifest
from ganzoo.registry.packages.names import DISCRIMINATOR, SAMPLES
from ganzoo.utils.figures import figure, leading, short_size

BEGIN, END = "<!-- ganzoo:begin -->", "<!-- ganzoo:end -->"
TITLES = {
    "fid": "Frechet distance",
    "kid": "Kernel distance (KID)",
    "precision": "Precision",
    "recall": "Recall",
    "density": "Density",
    "coverage": "Coverage",
    "inception_score": "Inception Score",
    "classifier_score": "Classifier score",
    "modes": "Modes",
    "high_quality": "High quality",
    "reverse_kl": "Reverse KL",
}
"""Figures that are known by more than the name that their metric gives them."""

_FRONT = re.compile(r"\A---\r?\n(.*?)\r?\n---\r?\n", re.DOTALL)


def write(manifest: Manifest, reference: str, title: str, paper: str) -> str:
    """A card with nothing but the generated parts.

    Args:
        manifest: Of the package.
        reference: What `ganzoo pull` is given to get the model.
        title: Of the variant, one line.
        paper: Of the variant, e.g. `arXiv:1511.06434`.

    Returns:
        Markdown with YAML front matter.
    """
    name = re.split(r"[/:]", reference)[-1]
    block = _block(manifest, name, reference, title, paper)
    return redacted(f"---\n{_front_matter(manifest, name)}\n---\n\n{block}\n")


def merge_files(old: bytes, new: bytes) -> bytes:
    """`merge` of two files; whatever bytes a person put into a card come out as they were.

    Args:
        old: As it is in the store; empty if there is none.
        new: Of the package; empty if it has none. Without a generated block it is a person's own, and taken as it is.
    """
    if not new or not old or BEGIN.encode() not in new:
        return new or old
    before, after = (data.decode("utf-8", "surrogateescape") for data in (old, new))
    return merge(before, after).encode("utf-8", "surrogateescape")


def merge(old: str, new: str) -> str:
    """The old card with the generated parts of the new one: a person's words and keys survive.

    Args:
        old: As it is in the store; empty if there is none.
        new: As `write` gives it.
    """
    ours, theirs = _FRONT.match(new), _FRONT.match(old)
    # A card that somebody wrote by hand into a package is taken as it is.
    if not old.strip() or ours is None or END not in new:
        return new
    front, kept = ours.group(1), _front_values(theirs)
    extra = {key: value for key, value in kept.items() if key not in _front_values(ours)}
    if extra:
        import yaml

        # What can be read can be too deep to be written.
        with contextlib.suppress(RecursionError):
            front += "\n" + yaml.safe_dump(extra, sort_keys=False, allow_unicode=True).rstrip()
    # Without the words of people that may follow it: those in the store are newer.
    block = new[ours.end() :].partition(END)[0].lstrip() + END
    body = old[theirs.end() :] if theirs else old
    if BEGIN in body and END in body.partition(BEGIN)[2]:
        before, _, rest = body.partition(BEGIN)
        body = before + block + rest.partition(END)[2]
    else:
        body = f"\n{block}\n\n{body.lstrip()}"
    return f"---\n{front}\n---\n{body}"


def _front_values(match: re.Match[str] | None) -> dict[str, Any]:
    """The front matter that was found; empty if it is none that can be read."""
    import yaml

    try:
        values = yaml.safe_load(match.group(1)) if match else {}
    # A person's own, or somebody's trap: depth ends in RecursionError, a date of the 99th month in ValueError.
    except (yaml.YAMLError, RecursionError, ValueError, TypeError, OverflowError, AttributeError):
        return {}
    return values if isinstance(values, dict) else {}


def _front_matter(manifest: Manifest, name: str) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    results = []
    # Names of the Hub's own list of tasks.
    task = "image-to-image" if manifest.data.to_data_spec().source else "unconditional-image-generation"
    evaluation = manifest.published()
    if evaluation is not None:
        results = [
            EvalResult(
                task_type=task,
                dataset_type=manifest.data.name,
                dataset_name=manifest.data.name,
                metric_type=metric,
                metric_name=f"{_title(metric)}{_extractor(evaluation)}",
                metric_value=round(float(evaluation.values[metric]), 5),
            )
            for metric in leading(evaluation.values)
        ]
    license = manifest.license
    named = license is not None and re.fullmatch(r"[a-z0-9.-]+", license.lower()) is not None
    data = ModelCardData(
        # The Hub knows licenses by identifiers in lower case; any other has its name beside the word "other".
        license=license.lower() if license and named else license and "other",
        license_name=None if named else license,
        library_name="ganzoo",
        pipeline_tag=task,
        tags=["gan", manifest.variant],
        datasets=[manifest.data.name],
        model_name=name if results else None,
        eval_results=results or None,
    )
    return str(data.to_yaml()).strip()


def _block(manifest: Manifest, name: str, reference: str, title: str, paper: str) -> str:
    data, shape = manifest.data, "x".join(map(str, manifest.data.shape))
    labels = f", {len(data.class_names)} classes" if data.class_names else ""
    lines = [
        BEGIN,
        f"# {name}",
        "",
        f"{title} ([{paper}]({_link(paper)})) on {data.name} ({shape}{labels}), trained with "
        "[ganzoo](https://github.com/ganzoo/ganzoo).",
        "",
        f"![samples of {name}]({SAMPLES})",
        "",
        f"    pip install {' '.join(sorted({'torch-ganzoo', manifest.plugin.distribution}, reverse=True))}",
        f"    ganzoo pull {reference} && ganzoo sample",
        "",
        f"- {manifest.images:,} images seen, seed {manifest.seed}, moving average: {manifest.ema}; "
        f"the run's {'last' if manifest.checkpoint == 'final' else 'best'} checkpoint",
        f"- data: {data.name}; {data.license or 'no license or origin is known'}",
        *([f"- columns: {', '.join(map(_column, data.columns))}"] if data.columns else []),
        f"- license of the weights: {manifest.license or 'not stated'}",
        f"- plugin: {manifest.plugin.distribution} {manifest.plugin.version}",
        *_origin(manifest),
        f"- weights: {', '.join(sorted({tensor.dtype for tensor in manifest.tensors.values()}))}, "
        f"{short_size(manifest.files['model.safetensors'].size)}",
        "",
        *_figures(manifest),
        END,
    ]
    return "\n".join(lines)


def _column(column: Column) -> str:
    """A column as words: its name, and its mean and deviation, or what it can be."""
    described = ", ".join(column.words) if column.words else f"{column.mean:.4g} ± {column.scale:.4g}"
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", f"{column.name} ({described})")


def _origin(manifest: Manifest) -> list[str]:
    """What the weights began with, and what is there to go on with."""
    training = manifest.training.get("training")
    start = training.get("from_") if isinstance(training, dict) else None
    lines = [f"- trained on from the weights of {start}"] if isinstance(start, str) else []
    if DISCRIMINATOR in manifest.files:
        size = short_size(manifest.files[DISCRIMINATOR].size)
        lines.append(f"- the discriminator is there too ({size}), for `ganzoo train {manifest.variant} --from`")
    return lines


def _figures(manifest: Manifest) -> list[str]:
    columns = {
        title: evaluation
        for title, evaluation in (("final", manifest.final), ("best", manifest.best))
        if evaluation is not None and (title == "final" or evaluation != manifest.final)
    }
    if not columns:
        return ["No figures: the run was not evaluated while it trained (`--eval-every`).", ""]
    head = [f"{title} ({found.images:,} images)" for title, found in columns.items()]
    lines = [f"| | {' | '.join(head)} |", f"| --- |{' --- |' * len(head)}"]
    for metric in leading(name for found in columns.values() for name in found.values):
        cells = [figure(found.values, metric) or "-" for found in columns.values()]
        lines.append(f"| {_title(metric)} | {' | '.join(cells)} |")
    protocols = dict.fromkeys(
        found.provenance.line() if found.provenance else "not recorded" for found in columns.values()
    )
    return [*lines, "", *(f"Protocol: {protocol}" for protocol in protocols), ""]


def _title(metric: str) -> str:
    """Of a figure, fit for a cell: the name may be a plugin's, or of a package that somebody made by hand."""
    return TITLES.get(metric) or metric.replace("|", "\\|").replace("\n", " ")


def _extractor(evaluation: Evaluation) -> str:
    return f" (extractor {evaluation.provenance.extractor})" if evaluation.provenance else ""


def _link(paper: str) -> str:
    return paper.replace("arXiv:", "https://arxiv.org/abs/") if paper.startswith("arXiv:") else paper
