"""`Form`: a variant with options and data, small enough to be built in a moment. Imports no torch until it is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from ganzoo.core.config import VariantConfig
from ganzoo.core.data_spec import DataSpec, ImageCondition, labels_named
from ganzoo.core.variant import Variant
from ganzoo.data.options import DataOptions
from ganzoo.errors import ConfigError
from ganzoo.plugins.modalities import modality_of
from ganzoo.runs.options import TrainOptions
from ganzoo.runs.plan import Plan

if TYPE_CHECKING:
    from ganzoo.core.game import Game

COUNT = 50
"""Samples of the data that a form stands before."""

CLASSES = ("cat", "dog", "owl")

# A batch of 12 is whole packs of 1, 2, 3, 4 and 6 samples.
SMALL: Mapping[str, Any] = {"images": 600, "batch_size": 12}
"""What every form has unless the variant's `small` says otherwise."""


@dataclass(frozen=True)
class Form:
    """A variant with all options chosen, for data of one shape.

    Args:
        name: Says what is special about it: `dcgan-paper-upsampling=nearest-28x28x1`.
        plan: Settled.
        data: What its networks are built for; there is no data behind it.
        plain: It is a preset as it stands, without another change.
    """

    name: str
    plan: Plan
    data: DataSpec
    plain: bool

    @property
    def variant(self) -> Variant:
        """The descriptor."""
        return self.plan.variant

    @property
    def conditional(self) -> bool:
        """The players are given labels."""
        return self.plan.conditional(self.data)

    def build(self, seed: int = 0) -> Game:
        """Call the factory after seeding torch."""
        import torch

        torch.manual_seed(seed)
        return self.variant.build(self.plan.config, self.data)

    @cached_property
    def networks(self) -> str:
        """What its networks are, see `fingerprint`; empty where they cannot be built."""
        from ganzoo.testing.fingerprint import fingerprint

        try:
            return fingerprint(self.build(), self.data, self.conditional)
        # The check that builds them says what is wrong.
        except (Exception, SystemExit):
            return ""

    @cached_property
    def structure(self) -> str:
        """What its networks are but for their numbers, see `fingerprint.structure`; empty as `networks` is."""
        from ganzoo.testing.fingerprint import structure

        try:
            return structure(self.build(), self.data, self.conditional)
        except (Exception, SystemExit):
            return ""

    def __str__(self) -> str:
        return self.name


def forms_of(variant: Variant) -> list[Form]:
    """Every form that a variant advertises, each for the smallest data of each kind that it can learn.

    A form is a preset, or a preset with one option changed: to another value of its Literal, to the other of a bool,
    to one of its `examples`. The variant's `small` makes all of them tiny. What `check` refuses is no form.

    Raises:
        ConfigError: If a preset itself is refused, or fits no data.
        PluginError: If the config cannot be imported.
    """
    config_class = variant.load_config()
    found: dict[tuple[VariantConfig, DataSpec], Form] = {}
    for preset in config_class.presets:
        small = {**SMALL, **config_class.small}
        config = config_class.resolve(preset, small)
        plain = list(_fitting(variant, preset, small, ""))
        if not plain:
            _settle(variant, preset, small, _candidates(variant)[0])  # raises, and says why
        for form in plain:
            found.setdefault((form.plan.config, form.data), form)
        for field, value in _alternatives(config):
            for form in _fitting(variant, preset, {**small, field: value}, f"-{field}={value}"):
                found.setdefault((form.plan.config, form.data), form)
    return list(found.values())


def sizes_of(variant: Variant) -> list[Form]:
    """The first form that fits, for each example of the modalities that it learns, such as each size of image."""
    config_class = variant.load_config()
    small = {**SMALL, **config_class.small}
    found = []
    for data in _candidates(variant, every=True):
        for preset in config_class.presets:
            form = _form(variant, preset, small, data, "")
            if form is not None:
                found.append(form)
                break
    return found


def _alternatives(config: VariantConfig) -> Iterator[tuple[str, Any]]:
    """Other values of a config's fields, as far as the fields themselves name them."""
    for name, field in type(config).model_fields.items():
        values: list[Any] = list(field.examples or ())
        if get_origin(field.annotation) is Literal:
            values += get_args(field.annotation)
        elif field.annotation is bool:
            values += [False, True]
        yield from ((name, value) for value in values if value != getattr(config, name))


def _fitting(variant: Variant, preset: str, given: Mapping[str, Any], change: str) -> Iterator[Form]:
    """A form for each kind of data, with labels and without: at the smallest size that fits."""
    kinds = set()
    for data in _candidates(variant):
        kind = (data.kind, data.classes > 0)
        form = None if kind in kinds else _form(variant, preset, given, data, change)
        if form is not None:
            kinds.add(kind)
            yield form


def _form(variant: Variant, preset: str, given: Mapping[str, Any], data: DataSpec, change: str) -> Form | None:
    try:
        plan = _settle(variant, preset, given, data)
    except ConfigError:
        return None
    return Form(f"{variant.name}-{preset}{change}-{data.name}", plan, data, plain=not change)


def _settle(variant: Variant, preset: str, given: Mapping[str, Any], data: DataSpec) -> Plan:
    config = variant.load_config().resolve(preset, given)
    return Plan(variant, preset, dict(given), config, DataOptions(), TrainOptions()).settle("cpu", data)


def _candidates(variant: Variant, *, every: bool = False) -> list[DataSpec]:
    """Data that a form may be for, the smallest first."""
    of_use: dict[str, list[tuple[str, ...]]] = {"none": [()], "optional": [(), CLASSES], "required": [CLASSES]}
    labels, config = of_use[variant.labels], variant.load_config()
    found: list[DataSpec] = []
    for kind in variant.kinds:
        own = [DataSpec("x".join(map(str, shape)), shape, COUNT, kind=kind) for shape in _shapes(config, kind)]
        for data in (*own, *modality_of(kind).examples(config, every=every)):
            for names in labels[-1:] if every else labels:
                name = f"{data.name}-labels" if names else data.name
                labeled = replace(data, name=name, count=COUNT, condition=labels_named(names))
                found += _with_sources(variant, labeled, every=every)
    return found


def _shapes(config: type[VariantConfig], kind: str) -> Iterator[tuple[int, ...]]:
    """Those of the config's own shapes that data of a kind can have."""
    for shape in config.shapes:
        try:
            modality_of(kind).check_shape(shape)
        except ValueError:
            continue
        yield shape


def _with_sources(variant: Variant, data: DataSpec, *, every: bool) -> list[DataSpec]:
    """The data as a variant takes it that makes images of images: of as many channels, and of others if it will."""
    if variant.source == "none":
        return [data]
    _, height, width = data.shape
    return [
        replace(
            data,
            name=data.name if channels == data.channels else f"{data.name}-of-{channels}",
            condition=ImageCondition((channels, height, width), paired=variant.source == "paired"),
        )
        for channels in ((1, 3) if every else (data.channels,))
    ]
