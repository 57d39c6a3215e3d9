"""`TrainOptions`: everything about a run that is not the variant's business. Imports no torch."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue

from ganzoo.core.config import Count, Options
from ganzoo.engine.augmentation.policy import AugmentationSettings, Policy
from ganzoo.metrics.options import while_training

OUTPUT: dict[str, JsonValue] = {"panel": "output"}
"""Marks options that `--help` shows under "output" instead of "training"."""


def parse_names(value: Any) -> Any:
    """Turn `"a,b"` into `("a", "b")`, each once; leave anything else for pydantic to judge."""
    if not isinstance(value, str):
        return value
    return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))


Names = Annotated[tuple[str, ...], BeforeValidator(parse_names)]
"""Names that may be written `a,b`."""


def parse_off(value: Any) -> Any:
    """Turn 0 into None, which is never; leave anything else for pydantic to judge."""
    return None if value in (0, "0") and not isinstance(value, bool) else value


def _policy(text: str | None) -> str | None:
    """An augmentation, written out in full."""
    return None if text is None else str(Policy.parse(text))


class TrainOptions(Options):
    """Options of every training, whatever the variant."""

    device: str = Field(
        "auto", description="auto, cpu, cuda, cuda:1, mps, ...; auto takes an accelerator if there is one"
    )
    precision: Literal["fp32", "bf16"] = Field("fp32", description="bf16 runs the networks under autocast")
    compile: bool = Field(False, description="compile loss and backward of each player; gains little on a CPU")
    slices: int | None = Field(
        None,
        ge=1,
        description="equal slices that each batch is cut into, for less memory, or for the processes of torchrun to "
        "share; without it one a process. Batch norm sees a slice",
    )
    seed: int = Field(0, ge=0, lt=2**63, description="of weights, latents and order of the data")
    deterministic: bool = Field(False, description="only deterministic kernels on an accelerator; a CPU always is")
    epochs: float | None = Field(None, gt=0, description="length of the training in passes over the data")
    mirror: bool = Field(
        False, description="flip half of the images left to right: twice the data, where a mirror image is one too"
    )
    augment: Annotated[str | None, AfterValidator(_policy)] = Field(
        None,
        description="augmentation of what the discriminator sees: diffaug or ada, or with some operations "
        "(diffaug:color,translation,cutout, ada:bgc); for less than some thousands of images",
    )
    augment_p: float | None = Field(
        None, ge=0, le=1, description="fixed probability of ada's operations; without it p follows the discriminator"
    )
    augment_target: float = Field(0.6, gt=-1, lt=1, description="mean sign of the reals' scores that ada's p aims at")
    augment_speed: Count | None = Field(
        None, gt=0, description="images in which ada's p can go from 0 to 1 (default 500k, with --from 100k)"
    )
    from_: str | None = Field(
        None, description="begin with the weights of a run or model of the same variant, as vanilla-mnist or runs/NAME"
    )
    from_partial: bool = Field(False, description="of --from take what fits by name and shape, and nothing else")
    freeze_d: int = Field(
        0, ge=0, description="of --from keep so many layers of the discriminator as they are, from the image on"
    )
    stop_on_collapse: bool = Field(False, description="end the run when the monitor sees a collapse")
    eval_every: Annotated[Count | None, BeforeValidator(parse_off)] = Field(
        None,
        gt=0,
        description="images between two evaluations, 0 for none; keeps the best checkpoint beside the final one",
    )
    eval_metrics: str | None = while_training(
        "metrics",
        None,
        "; the first decides what is best (default: fid,kid,prdc,modes of images, modes,fid of mixtures with several "
        "modes, fid,prdc of other vectors)",
    )
    eval_samples: Count = while_training("count", 5_000, gt=1)
    checkpoint_every: Count = Field(
        50_000, gt=0, description="images between two checkpoints", json_schema_extra=OUTPUT
    )
    sample_every: Count | None = Field(
        None, gt=0, description="images between two sample grids; a twentieth of the run", json_schema_extra=OUTPUT
    )
    log_every: Count | None = Field(
        None, gt=0, description="images between two lines of metrics.jsonl; 1/200 of the run", json_schema_extra=OUTPUT
    )
    tensorboard: bool = Field(
        False,
        description="write TensorBoard events into the run too: --callbacks tensorboard",
        json_schema_extra=OUTPUT,
    )
    callbacks: Names = Field(
        (), description="callbacks of plugins that are told how the training gets on", json_schema_extra=OUTPUT
    )
    keep: int = Field(3, ge=1, description="checkpoints to keep", json_schema_extra=OUTPUT)

    @property
    def augmentation(self) -> AugmentationSettings | None:
        """What `augment` and its relatives ask for."""
        if self.augment is None:
            return None
        policy = Policy.parse(self.augment)
        speed = self.augment_speed or (500_000 if self.from_ is None else 100_000)
        return AugmentationSettings(policy, self.augment_p, self.augment_target, speed)
