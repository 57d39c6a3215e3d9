"""`docs/zoo.md` from the results of `scripts/zoo.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ganzoo.core.entries import Evaluated
from ganzoo.runs.journal import from_record

Entry = dict[str, Any]
"""A table of `scripts/zoo.toml`."""

INTRODUCTION = """# The zoo

Every variant, trained by `python scripts/zoo.py train all`. The figures are of 10,000 samples of the average generator
at the end of the run; in brackets those of the best moment, where the evaluations on the way found another. FID and KID
are by [`digits`](evaluate.md#extractors): they compare these runs with each other, not with papers. One seed each.
Minutes are of one thread, those evaluations included; other work shared the machine.
"""


def page(entries: dict[str, Entry], docs: Path) -> str:
    """`docs/zoo.md`, from the table and the results that there are in `docs/zoo/`."""
    results = []
    for name, entry in entries.items():
        path = docs / "zoo" / f"{name}.json"
        if path.is_file():
            result = json.loads(path.read_text(encoding="utf-8"))
            results.append((entry, result | {when: evaluated(result[when]) for when in ("final", "best")}))
    lines = [INTRODUCTION]
    if not results:
        return "\n".join([*lines, "None is committed yet.", ""])
    lines += [
        "| | | FID | KID x 1000 | coverage | modes | images seen | minutes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [row(result) for _, result in results]
    machines = dict.fromkeys(machine(result["machine"]) for _, result in results)
    lines += ["", *(f"Machine: {text}." for text in machines), "", "## The runs"]
    lines += [section(entry, result) for entry, result in results]
    return "\n".join(lines)


def evaluated(record: dict[str, Any] | None) -> Evaluated | None:
    """An evaluation as it was written by `scripts/zoo.py`."""
    found = None if record is None else from_record(record)
    assert found is None or isinstance(found, Evaluated)
    return found


def row(result: dict[str, Any]) -> str:
    """One line of the table: final, and best in brackets where that is another moment."""
    name = result["entry"]
    picture = f"![samples of {name}](images/zoo/{name}.png){{ width=180 }}"
    cells = [f"[{name}](#{name})", picture]
    cells += [figure(result, key, scale) for key, scale in (("fid", 1), ("kid", 1000), ("coverage", 1))]
    cells.append(modes(result))
    cells += [f"{result['images']:,}", f"{result['minutes']:.0f}"]
    return f"| {' | '.join(cells)} |"


def figure(result: dict[str, Any], key: str, scale: float) -> str:
    """A figure of the final model; that of the best beside it unless they are one."""
    final, best = result["final"], result["best"]
    # Of points there is a Frechet distance too, but on another scale.
    if final is None or key not in final.metrics or final.provenance.extractor != "digits":
        return "-"
    text = f"{scale * final.metrics[key]:.3g}"
    if best is None or best.images == final.images:
        return text
    return f"{text} ({scale * best.metrics[key]:.3g})"


def modes(result: dict[str, Any]) -> str:
    """Classes or modes that the final model covers."""
    values = result["final"].metrics if result["final"] else {}
    return f"{values['modes']} of {values['modes_total']}" if "modes" in values else "-"


def option(key: str, value: object) -> str:
    """As it is typed."""
    name = key.replace("_", "-")
    return f"--{name} {value}" if not isinstance(value, bool) else f"--{name}" if value else f"--no-{name}"


def section(entry: Entry, result: dict[str, Any]) -> str:
    """What is told of one run."""
    name = result["entry"]
    data = entry.get("data", "mnist").replace("{data_root}/", "")
    images = result["config"]["options"]["images"]
    typed = {"data": data, "preset": result["preset"], **entry.get("options", {}), "images": images}
    line = f"ganzoo train {entry['variant']} {' '.join(option(key, value) for key, value in typed.items())}"
    told = [f"```sh\n{line}\n```"]
    told += [f"- {entry['remark']}"] if entry["remark"] else []
    told += [f"- The monitor warned: {message}" for message in dict.fromkeys(result["warnings"])]
    if result["final"] is None:
        seen = ", ".join(f"{key.removeprefix('monitor/')} {value:.2f}" for key, value in result["monitor"].items())
        told.append(
            f"- No extractor that comes with ganzoo knows such images, so there is no FID. The monitor: {seen}."
        )
    for title in ("final", "best"):
        if result[title] is not None and (title == "final" or result["best"] != result["final"]):
            values = {key: value for key, value in result[title].metrics.items() if not isinstance(value, list)}
            figures = ", ".join(f"{key} {value:.4g}" for key, value in values.items())
            told.append(f"- {title} at {result[title].images:,} images: {figures}")
    told += [f"- {result['final'].provenance.line()}"] if result["final"] else []
    command, *points = told
    curves = f"![curves of {name}](images/zoo/{name}-curves.png){{ width=480 }}"
    return "\n".join(["", f"### {name}", "", command, "", *points, "", curves, ""])


def machine(system: dict[str, Any]) -> str:
    """In words."""
    return (
        f"{system['device']}, {system['processor']}, {system['threads']} thread of {system['cores']} cores, "
        f"torch {system['torch']}, Python {system['python']}"
    )
