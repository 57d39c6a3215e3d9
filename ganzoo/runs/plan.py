"""`Plan`: a training with every option resolved and checked, before torch is imported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

from ganzoo import plugins
from ganzoo.core.config import Options, VariantConfig
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.variant import Variant
from ganzoo.data import inspect
from ganzoo.data.options import DataOptions
from ganzoo.data.sources.locate import Located, absolute, locate
from ganzoo.errors import ConfigError, RunError
from ganzoo.metrics import parse_metrics
from ganzoo.runs.config import PluginVersion, RunConfig, VariantOptions
from ganzoo.runs.observers.callbacks import check_callbacks
from ganzoo.runs.options import TrainOptions
from ganzoo.runs.run import Run
from ganzoo.utils.device_type import device_types
from ganzoo.utils.places import CONFIG

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Plan:
    """What a run will do.

    Args:
        variant: The descriptor.
        preset: Its name; None until device and data are known, where none was named.
        given: Options that were given, which presets do not touch.
        config: The variant's options, resolved: by the preset, or by the likeliest while that is None.
        data: Where the data comes from.
        training: Everything else.
        located: The set, where it was looked for: a folder of a million files is listed once.
    """

    variant: Variant
    preset: str | None
    given: dict[str, Any]
    config: VariantConfig
    data: DataOptions
    training: TrainOptions
    located: Located | None = None

    @classmethod
    def resolve(
        cls, variant_name: str, preset: str | None, given: Mapping[str, Any], spec: DataSpec | None = None
    ) -> Self:
        """Sort options to their owners and check each, and that they fit the data, or a `spec` of data in its place.

        Raises:
            PluginError: If there is no such variant.
            ConfigError: If an option is unknown, refused, or does not fit the data.
            DataError: If the data cannot be used.
        """
        variant = plugins.registry().find(variant_name)
        config_class = variant.load_config()
        own, data, training = _sort({"data": config_class.default_data, **given}, config_class)
        _check_source(variant, data)
        data["source"] = variant.source
        if training.get("epochs") is not None and "images" in own:
            raise ConfigError("--images and --epochs both set the length: give one of them")
        # Without a preset, device and data will decide which it is: what each refuses is refused now.
        presets = list(config_class.presets) if preset is None else [preset]
        config = _first(presets, lambda name: config_class.resolve(name, own))
        plan = cls(variant, preset, dict(given), config, DataOptions.parse(data), TrainOptions.parse(training))
        check_callbacks(plan.training)
        if plan.training.eval_metrics is not None:
            parse_metrics(plan.training.eval_metrics)
        if spec is None:
            plan = replace(plan, located=locate(plan.data))
            spec = inspect(plan.data, located=plan.located)
            if spec is None:
                return plan
            sized = plan.sized(spec)
            if sized is not plan:
                plan, spec = sized, inspect(sized.data, located=plan.located)
                assert spec is not None
        if preset is None:
            presets = [config_class.default_preset(type_, spec) for type_ in device_types(plan.training.device)]
        return _first(presets, lambda name: plan._checked(name, spec))

    def _checked(self, preset: str, spec: DataSpec) -> Self:
        """With the config of a preset, which is right if that is the one."""
        plan = replace(self, config=self._resolved(preset))
        plan.check(spec)
        return plan

    def _resolved(self, preset: str) -> VariantConfig:
        config_class = self.variant.load_config()
        own = {name: value for name, value in self.given.items() if name in config_class.model_fields}
        return config_class.resolve(preset, own)

    def sized(self, spec: DataSpec) -> Self:
        """With the resolution that the variant takes for this data, where `--res` was not given."""
        if self.data.res is not None or len(spec.shape) != 3 or spec.shape[1] != spec.shape[2]:
            return self
        resolution = self.variant.load_config().default_resolution(spec.resolution)
        if resolution == spec.resolution:
            return self
        return replace(self, data=self.data.model_copy(update={"res": resolution}))

    @classmethod
    def of_run(cls, run: Run) -> Self:
        """The plan that a run's config records.

        Raises:
            RunError: If its variant is not here, or refuses its options or its data.
        """
        recorded = run.config
        try:
            variant = plugins.registry().find(recorded.variant)
        except ConfigError as error:
            raise RunError(
                f"this run's variant {recorded.variant!r} is provided by no installed plugin; it was trained with "
                f"{recorded.plugin.distribution} {recorded.plugin.version}"
            ) from error
        try:
            config = variant.load_config().parse(recorded.options.model_dump())
            plan = cls(variant, recorded.preset, {}, config, recorded.data, recorded.training)
            plan.check(recorded.spec)
        except ConfigError as error:
            raise RunError(f"{run.path / CONFIG}: {error}") from error
        return plan

    def settle(self, device_type: str, spec: DataSpec) -> Plan:
        """Choose the preset if none was named, and turn `--epochs` into images: device and data are known now."""
        plan = self
        if self.preset is None:
            preset = self.variant.load_config().default_preset(device_type, spec)
            plan = replace(self, preset=preset, config=self._resolved(preset))
        plan.check(spec)
        config = plan.config
        if plan.training.epochs is not None:
            images = max(round(plan.training.epochs * spec.count), 1)
            config = config.model_copy(update={"images": images})
        return replace(plan, config=config.fitted(spec))

    def check(self, spec: DataSpec) -> None:
        """Refuse data that the variant cannot learn.

        Raises:
            ConfigError: If the data does not fit.
        """
        if spec.kind not in self.variant.kinds:
            raise ConfigError(
                f"{self.variant.name} learns {self.variant.data} data, and {spec.name} is {spec.kind} data"
            )
        if self.variant.labels == "required" and not spec.classes:
            raise ConfigError(
                f"{self.variant.name} needs labels, and {spec.name} has none: sort the images into one folder a class"
            )
        if self.variant.source != spec.pairing:
            raise ConfigError(_other_sources(self.variant, spec))
        self.config.check(spec)
        self._check_augmentation(spec)
        if self.training.from_ is None and (self.training.freeze_d or self.training.from_partial):
            option = "--freeze-d" if self.training.freeze_d else "--from-partial"
            raise ConfigError(f"{option} is about the weights of --from: name a run or model with it")

    def _check_augmentation(self, spec: DataSpec) -> None:
        settings = self.training.augmentation
        if self.training.mirror and spec.kind != "image":
            raise ConfigError(f"--mirror is for images, and {spec.name} is {spec.kind} data: leave it out")
        if self.training.augment_p is not None and (settings is None or settings.policy.method != "ada"):
            raise ConfigError("--augment-p is the probability of ada's operations: give --augment ada with it")
        if settings is None:
            return
        if spec.kind != "image":
            raise ConfigError(f"--augment is for images, and {spec.name} is {spec.kind} data: leave it out")
        if settings.policy.method == "ada" and "c" in settings.policy.operations and spec.channels not in (1, 3):
            raise ConfigError(
                f"the colors of --augment ada need 1 or 3 channels, and {spec.name} has {spec.channels}: "
                "give --augment ada:bg"
            )

    def conditional(self, spec: DataSpec) -> bool:
        """Whether the players are given labels."""
        return self.variant.takes_labels(self.config, spec)

    def to_config(self, spec: DataSpec, system: Mapping[str, Any]) -> RunConfig:
        """What the run's `config.json` records."""
        assert self.preset is not None
        owner = plugins.registry().plugin_of(self.variant.name)
        return RunConfig(
            variant=self.variant.name,
            plugin=PluginVersion(name=owner.name, distribution=owner.distribution, version=owner.version),
            preset=self.preset,
            options=VariantOptions.parse(self.config.model_dump(mode="json")),
            training=self.training,
            data=absolute(self.data),
            spec=spec,
            system=dict(system),
            given=tuple(sorted(self.given)),
        )


def _check_source(variant: Variant, data: Mapping[str, Any]) -> None:
    """Refuse what contradicts the variant, before the data is looked for."""
    if data.get("source", variant.source) != variant.source:
        raise ConfigError(f"--source {data['source']}: {variant.name} decides it, as {variant.source}: leave it out")
    if variant.source == "none" and data.get("direction") is not None:
        raise ConfigError(
            f"--direction {data['direction']}: {variant.name} makes images of no other images: leave it out"
        )


def _other_sources(variant: Variant, spec: DataSpec) -> str:
    made = {
        "none": "images of nothing",
        "paired": "images of images that are paired with them",
        "unpaired": "images of images of another set",
    }
    return f"{variant.name} learns to make {made[variant.source]}, and {spec.name} is data to make {made[spec.pairing]}"


def _first(presets: Iterable[str], made: Callable[[str], _Made]) -> _Made:
    """What is made of the first preset that is not refused; the first refusal if all are."""
    refusals = []
    for preset in presets:
        try:
            return made(preset)
        except ConfigError as error:
            refusals.append(error)
    raise refusals[0]


def _sort(given: Mapping[str, Any], config_class: type[VariantConfig]) -> tuple[dict[str, Any], ...]:
    """Split options into the variant's, the data's and the training's."""
    owners: tuple[type[Options], ...] = (config_class, DataOptions, TrainOptions)
    sorted_options: tuple[dict[str, Any], ...] = ({}, {}, {})
    for name, value in given.items():
        for owner, options in zip(owners, sorted_options, strict=True):
            if name in owner.model_fields:
                options[name] = value
                break
        else:
            allowed = sorted({field for owner in owners for field in owner.model_fields})
            raise ConfigError(f"there is no option {name!r}: choose from {', '.join(allowed)}")
    return sorted_options
