"""What makes the commands of the documentation short enough to be run: the only thing in them that is changed.

A page says `--images 2M`, because that is what its reader wants; a test wants to know that the command does what the
page says. So options are added behind those that are typed, and win over them: fewer images, less data, and the small
networks that each variant names for its tests, where the page does not choose widths itself.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import tomlkit

IMAGES, MORE_IMAGES = "120", "240"
DATA = "400"
SAMPLES = "120"

ADDED = {
    "resume": ["--images", MORE_IMAGES],
    "eval": ["--count", SAMPLES, "--limit", DATA],
    "nearest": ["--steps", "3", "--starts", "2"],
    "reconstruct": ["--count", "16"],
}

EVALUATION = {"count": SAMPLES, "limit": DATA, "note": lambda sentence: None}
"""Keywords of `ganzoo.evaluate` that make it short."""


def command(arguments: list[str]) -> list[str]:
    """The arguments of `ganzoo` with what makes them short."""
    plain = [argument for argument in arguments if not argument.startswith("-")]
    if "--help" in arguments or not plain:
        return arguments
    if plain[0] == "train":
        return [*arguments, *_typed(_training(plain[1], arguments))]
    if plain[0] == "resume" and "--images" not in arguments:
        return arguments
    if plain[0] == "sweep":
        return [plain[0], _sweep(Path(plain[1])), *arguments[2:]]
    return [*arguments, *ADDED.get(plain[0], [])]


def _sweep(file: Path) -> str:
    """Write a file of the same name with one short run, out of the first of each list."""
    content = tomllib.loads(file.read_text(encoding="utf-8"))
    published = content.pop("published", [])
    first = {key: value[0] if isinstance(value, list) else value for key, value in content.items()}
    length = {"steps": 3} if "steps" in first else {"images": int(IMAGES)}
    rows = {"rows": [first["rows"]]} if "rows" in first else {}
    often = {"eval_every": IMAGES, "eval_samples": int(SAMPLES), "seeds": 1}
    short = {**first, **length, **often, **rows, "published": published[:1]}
    target = Path("short") / file.name
    target.parent.mkdir(exist_ok=True)
    target.write_text(tomlkit.dumps(short), encoding="utf-8")
    return str(target)


def training(variant: str, **options: Any) -> dict[str, Any]:
    """The options of `ganzoo.train` with what makes it short."""
    typed = [name.replace("_", "-") for name in options]
    return {**options, **_training(variant, [f"--{name}" for name in typed])}


def _training(variant: str, typed: list[str]) -> dict[str, Any]:
    from ganzoo import plugins

    there = plugins.registry().variants
    small = there[variant].load_config().small if variant in there else {}
    # Latents stay as long as pages say that they are.
    widths = {name: value for name, value in small.items() if name != "latent_dim"}
    chosen = {name: value for name, value in widths.items() if "--" + name.replace("_", "-") not in typed}
    often = {"sample_every": IMAGES, "log_every": "60", "eval_samples": SAMPLES}
    short = {"images": IMAGES, "limit": DATA, "batch_size": "20", **often, **chosen}
    return {name: value for name, value in short.items() if not (name == "limit" and "--classes" in typed)}


def _typed(options: dict[str, Any]) -> list[str]:
    words = []
    for name, value in options.items():
        spelled = name.replace("_", "-")
        if isinstance(value, bool):
            words.append(f"--{spelled}" if value else f"--no-{spelled}")
        else:
            words += [f"--{spelled}", ",".join(map(str, value)) if isinstance(value, tuple) else str(value)]
    return words
