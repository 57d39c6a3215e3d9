"""Plugins that are wrong in one place: edits of the sound one in `ganzoo-mygan/`, as real packages on disk."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

SOUND = Path(__file__).with_name("ganzoo-mygan")
INIT, CONFIG, MODEL, PROJECT = "__init__.py", "config.py", "model.py", "pyproject.toml"

HOOK = "@hookimpl\ndef ganzoo_variants() -> list[Variant]:"
FIRST_LINE = "from ganzoo import Variant, hookimpl\n"
REQUIREMENT = '"torch-ganzoo>=0.1,<1"'
FIELD = 'width: int = Field(64, gt=0, le=512, description="hidden units of both networks")'
SHELL = "import os\n\nos.system('echo DeprecationWarning >&2')\n"
METRIC = (
    "from ganzoo import hookimpl as mark\nfrom ganzoo.metrics import Metric\n\n\n@mark\n"
    'def ganzoo_metrics():\n    return [Metric("sharp", "Sharpness", "ganzoo_mygan.nowhere:measure")]\n'
)


@dataclass(frozen=True)
class Wrong:
    """An edit, the first check that fails for it, and a part of what that says."""

    check: str
    said: str
    file: str
    old: str
    new: str


PLUGINS = {
    "torch": Wrong("import", "imports torch (ganzoo_mygan/__init__.py line 3)", INIT, FIRST_LINE, "import torch\n"),
    "hidden-torch": Wrong(
        "import",
        "imports torch (ganzoo_mygan/model.py line 5)",
        INIT,
        FIRST_LINE,
        f"{FIRST_LINE}try:\n    import ganzoo_mygan.model\nexcept ImportError:\n    pass\n",
    ),
    "pydantic": Wrong(
        "import",
        "imports pydantic (ganzoo_mygan/__init__.py line 4)",
        INIT,
        FIRST_LINE,
        f"{FIRST_LINE}from ganzoo import VariantConfig\n",
    ),
    "numpy": Wrong("import", "imports numpy", INIT, FIRST_LINE, f"{FIRST_LINE}import numpy\n"),
    "prints": Wrong("import", "printed 'hello'", INIT, FIRST_LINE, f'{FIRST_LINE}print("hello")\n'),
    "warns": Wrong("import", "DeprecationWarning", INIT, FIRST_LINE, FIRST_LINE + SHELL),
    "raises": Wrong(
        "import",
        "raised ZeroDivisionError: division by zero in ganzoo_mygan/__init__.py line 4: make",
        INIT,
        FIRST_LINE,
        f"{FIRST_LINE}1 / 0\n",
    ),
    "exits": Wrong("import", "raised SystemExit: 3 in", INIT, FIRST_LINE, f"{FIRST_LINE}raise SystemExit(3)\n"),
    "syntax": Wrong(
        "import", "raised SyntaxError: invalid syntax", INIT, FIRST_LINE, f"{FIRST_LINE}def broken(:\n"
    ),
    "unrequired": Wrong(
        "requirement", 'ganzoo-mygan has no requirement on torch-ganzoo: write "torch-ganzoo>=0.1,<1"', PROJECT,
        REQUIREMENT, '"requests"',
    ),
    "unbounded": Wrong(
        "requirement", "requires torch-ganzoo>=0.1, which has no upper bound: write", PROJECT, REQUIREMENT,
        '"torch_ganzoo>=0.1"',
    ),
    "bottomless": Wrong("requirement", "has no lower bound: write", PROJECT, REQUIREMENT, '"torch-ganzoo<1"'),
    "tomorrow": Wrong(
        "requirement", "requires torch-ganzoo<9,>=8, and this is 0.1.0: write", PROJECT, REQUIREMENT,
        '"torch-ganzoo>=8,<9"',
    ),
    "unknown-hook": Wrong("hooks", "ganzoo_varients", INIT, "ganzoo_variants", "ganzoo_varients"),
    "arguments": Wrong("hooks", "'more'", INIT, "ganzoo_variants()", "ganzoo_variants(more)"),
    "wrong-type": Wrong("hooks", "must return a list of Variant", INIT, "return [", 'return "mygan" or ['),
    "unmarked": Wrong("hooks", "ganzoo_variants has no mark: write @ganzoo.hookimpl", INIT, "@hookimpl\n", ""),
    "hookless": Wrong("hooks", "implements no hook: the hooks are ganzoo_variants()", INIT, HOOK, "def helper():"),
    "taken": Wrong("hooks", "choose another name", INIT, 'name="mygan"', 'name="dcgan"'),
    "bad-name": Wrong("hooks", "'My GAN' is not allowed", INIT, 'name="mygan"', 'name="My GAN"'),
    "unresolved": Wrong("hooks", "metric 'sharp' names 'ganzoo_mygan.nowhere", INIT, FIRST_LINE, METRIC + FIRST_LINE),
    "private-module": Wrong(
        "public-names", "ganzoo_mygan/model.py line 7 uses ganzoo.engine.training.Training, which is private", MODEL,
        "import ganzoo.objectives\n", "from ganzoo.engine.training import Training\nimport ganzoo.objectives\n",
    ),
    "private-name": Wrong(
        "public-names", "uses ganzoo._HOME, which is private", MODEL, "import ganzoo.objectives\n",
        "import ganzoo.objectives\nfrom ganzoo import _HOME\n",
    ),
    "private-attribute": Wrong(
        "public-names", "line 20 uses ganzoo.objectives.losses, which is private", MODEL,
        "ganzoo.objectives.NonSaturating()", "ganzoo.objectives.losses.NonSaturating()",
    ),
}  # fmt: skip
"""At level "plugin"."""

VARIANTS = {
    "untitled": Wrong("descriptor", "the title is empty: say", INIT, "A GAN of two layers", " "),
    "paperless": Wrong("descriptor", "the paper is empty: give it", INIT, '"unpublished"', '""'),
    "config-torch": Wrong(
        "descriptor", "ganzoo_mygan.config imports torch (ganzoo_mygan/config.py line 3): keep", CONFIG,
        "from typing import ClassVar", "import torch\nfrom typing import ClassVar",
    ),
    "config-raises": Wrong(
        "descriptor", "raised NameError: name 'nothing' is not defined in ganzoo_mygan/config.py line 7: fix", CONFIG,
        "from ganzoo import", "nothing\nfrom ganzoo import",
    ),
    "config-missing": Wrong("descriptor", "no attribute 'OurConfig': fix", INIT, "MyConfig", "OurConfig"),
    "config-class": Wrong("descriptor", "make it a subclass of ganzoo.VariantConfig", CONFIG, "(VariantConfig)", ""),
    "factory": Wrong("descriptor", "name a function build(config, data)", INIT, "model:build", "model:__doc__"),
    "model-raises": Wrong(
        "descriptor", "raised ZeroDivisionError: division by zero in ganzoo_mygan/model.py line 12: fix", MODEL,
        "def build(", "1 / 0\ndef build(",
    ),
    "undescribed": Wrong(
        "options", "--width (MyConfig.width) has no description: write", CONFIG, FIELD, "width: int = 64"
    ),
    "required": Wrong(
        "options", "--width (MyConfig.width) has no default: give", CONFIG, "Field(64, ", "Field("
    ),
    "refused-default": Wrong(
        "options", "refuses its own default, --width (=64) must be less than or equal to 32: choose", CONFIG,
        "le=512", "le=32",
    ),
    "no-laptop": Wrong("options", "has no preset 'laptop': add", CONFIG, '"laptop"', '"notebook"'),
    "refused-preset": Wrong("options", "preset 'laptop' is refused, --lr (=0) must be", CONFIG, "1e-3", "0"),
    "refused-small": Wrong(
        "options", "`small` on top of preset 'paper' is refused, 'wide' is", CONFIG, '"width": 3', '"wide": 3'
    ),
    "fits-nothing": Wrong(
        "forms", "a preset fits no data that the kit tries, and says mygan makes images", CONFIG, "> 32", "> 0"
    ),
    "gray": Wrong("sizes", "of shape (12, 1, 24, 8) where (12, 3, 8, 8) belongs: end", MODEL, "data.shape)]",
        "(1, -1, data.resolution))]"),
    "no-game": Wrong("shapes", "returned None, and must return a Game: fix", MODEL, "return Game(", "Game("),
}  # fmt: skip
"""At levels "variant" and "form"."""


def lay_out(folder: Path, name: str = "mygan", wrong: Wrong | None = None) -> Path:
    """A source folder `ganzoo-NAME` of the package `ganzoo_NAME`, sound or wrong."""
    root = folder / f"ganzoo-{name}"
    shutil.copytree(SOUND, root, ignore=shutil.ignore_patterns("__pycache__"))
    package = root / "src" / "ganzoo_mygan"
    if wrong is not None:
        file = root / wrong.file if wrong.file == PROJECT else package / wrong.file
        text = file.read_text()
        assert wrong.old in text, wrong
        file.write_text(text.replace(wrong.old, wrong.new))
    for file in (root / PROJECT, *package.glob("*.py")):
        file.write_text(file.read_text().replace("mygan", name))
    package.rename(package.with_name(f"ganzoo_{name}"))
    return root
