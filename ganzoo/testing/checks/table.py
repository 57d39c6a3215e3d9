"""`CHECKS`: all checks, in an order in which the first failure explains the others. Imports no torch."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["plugin", "variant", "form"]
Forms = Literal["all", "networks", "structures", "plain", "kinds", "sizes"]


@dataclass(frozen=True)
class Check:
    """One question that the kit asks.

    Args:
        name: What is typed: `--check round-trip`.
        why: One sentence on why it matters.
        level: Whether it is asked of the plugin, of each variant that it provides, or of each form of each variant.
        function: `"package.module:name"` of what is called with a `Plugin`, a `Variant` or a `Form`. It returns if all
            is well, and raises `Nonconforming` or `Skipped` if not.
        forms: `"all"` that the options name; `"networks"`: likewise, where each set of networks is looked at once,
            however many forms have it; `"structures"`: likewise, where sets that differ in numbers alone are one;
            `"plain"`: presets without another change; `"kinds"`: the first plain form of each kind of data, with
            labels and without; `"sizes"`: every shape of data that fits.
    """

    name: str
    why: str
    level: Level
    function: str
    forms: Forms = "all"

    @property
    def plain_only(self) -> bool:
        """It is asked of plain forms alone, because it takes a second or so."""
        return self.forms in ("plain", "kinds")

    def load(self) -> Callable[[Any], None]:
        """Import the function, and torch with it at level "form"."""
        module, _, name = self.function.partition(":")
        function: Callable[[Any], None] = getattr(importlib.import_module(module), name)
        return function


CHECKS: tuple[Check, ...] = (
    Check(
        "import",
        "Every command imports every plugin: torch, pydantic or numpy there would slow them all, and what is printed "
        "would end up in their output.",
        "plugin",
        "ganzoo.testing.checks.plugin:check_import",
    ),
    Check(
        "requirement",
        "The bounds on torch-ganzoo are the contract: a ganzoo that the plugin was not made for then says so, instead "
        "of failing in the middle of a training.",
        "plugin",
        "ganzoo.testing.checks.plugin:check_requirement",
    ),
    Check(
        "hooks",
        "A plugin reaches ganzoo by hooks alone: one with another name, other arguments or another type is not used.",
        "plugin",
        "ganzoo.testing.checks.plugin:check_hooks",
    ),
    Check(
        "public-names",
        "Only public names keep their meaning from one version to the next.",
        "plugin",
        "ganzoo.testing.checks.public_names:check_public_names",
    ),
    Check(
        "descriptor",
        "`ganzoo list`, `info` and `--help` know a variant by its descriptor and its config alone, and must not wait "
        "for torch.",
        "variant",
        "ganzoo.testing.checks.variant:check_descriptor",
    ),
    Check(
        "options",
        "The fields of the config are the options of `ganzoo train`: each needs a sentence for `--help`, a default "
        "that is allowed, and presets for a paper's machine and for a laptop.",
        "variant",
        "ganzoo.testing.checks.variant:check_options",
    ),
    Check(
        "forms",
        "A preset that fits no data cannot be trained, and cannot be checked either.",
        "variant",
        "ganzoo.testing.checks.variant:check_forms",
    ),
    Check(
        "shapes",
        "Everything that draws, measures or saves samples relies on their shape, and on finite float32.",
        "form",
        "ganzoo.testing.checks.samples:check_shapes",
        forms="networks",
    ),
    Check(
        "sizes",
        "What `check` of the config does not refuse must work: gray and color, at every resolution.",
        "form",
        "ganzoo.testing.checks.samples:check_shapes",
        forms="sizes",
    ),
    Check(
        "range",
        "Who declares a generator `bounded` gets its samples stored without a look at their range.",
        "form",
        "ganzoo.testing.checks.samples:check_range",
        forms="networks",
    ),
    Check(
        "gradients",
        "A parameter without a gradient is dead weight in every checkpoint, and one that both players move is a bug "
        "that no loss curve shows.",
        "form",
        "ganzoo.testing.checks.networks:check_gradients",
    ),
    Check(
        "bf16",
        "`--precision bf16` trains every variant: its losses stay finite and float32 under autocast.",
        "form",
        "ganzoo.testing.checks.networks:check_bf16",
    ),
    Check(
        "state",
        "What is in no parameter and in no persistent buffer is lost in a checkpoint, and does not move to the device.",
        "form",
        "ganzoo.testing.checks.networks:check_state",
        forms="networks",
    ),
    Check(
        "round-trip",
        "Runs resume and models are published by safetensors: what was loaded must be what was saved.",
        "form",
        "ganzoo.testing.checks.networks:check_round_trip",
        forms="networks",
    ),
    Check(
        "seeds",
        "A seed that gives the same networks and samples is what makes a result reproducible.",
        "form",
        "ganzoo.testing.checks.samples:check_seeds",
        forms="networks",
    ),
    Check(
        "batch-size",
        "A sample must not depend on the samples made beside it, or `ganzoo sample --seed` would mean nothing.",
        "form",
        "ganzoo.testing.checks.samples:check_batch_size",
        forms="networks",
    ),
    Check(
        "encoding",
        "`ganzoo reconstruct` asks the descriptor whether a variant encodes, and the generator for the latents.",
        "form",
        "ganzoo.testing.checks.samples:check_encoding",
        forms="networks",
    ),
    Check(
        "labels",
        "A conditional generator that ignores its labels looks like one that works, until somebody asks for a class.",
        "form",
        "ganzoo.testing.checks.samples:check_labels",
        forms="networks",
    ),
    Check(
        "augment",
        "`Discriminator.augment` is where an augmentation takes hold: images that go around it would tell reals from "
        "fakes by it.",
        "form",
        "ganzoo.testing.checks.augmentation:check_augment",
        forms="networks",
    ),
    Check(
        "trace",
        "`--compile` takes a phase whole, its backward included, or runs it eager.",
        "form",
        "ganzoo.testing.checks.tracing:check_trace",
        forms="structures",
    ),
    Check(
        "training",
        "A few rounds in the engine must move both players: a loss that moves nothing costs hours before it is seen.",
        "form",
        "ganzoo.testing.checks.training:check_training",
        forms="plain",
    ),
    Check(
        "resume",
        "A training that was stopped goes on as if it had never been, bit for bit.",
        "form",
        "ganzoo.testing.checks.training:check_resume",
        forms="plain",
    ),
    Check(
        "onnx",
        "`ganzoo export` takes every variant to where there is no torch, and refuses a file that gives other samples.",
        "form",
        "ganzoo.testing.checks.onnx:check_onnx",
        forms="kinds",
    ),
)
"""All checks, in an order in which the first failure explains those after it."""
