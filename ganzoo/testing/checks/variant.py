"""Checks of a variant before anything is built: its descriptor, its options, its forms. Each raises `Nonconforming`."""

from __future__ import annotations

from ganzoo.core.config import VariantConfig, option_name
from ganzoo.core.dotted import resolve
from ganzoo.core.variant import Variant
from ganzoo.errors import ConfigError
from ganzoo.testing.forms import forms_of
from ganzoo.testing.outcome import Nonconforming, require
from ganzoo.testing.probe import look

PRESETS = ("paper", "laptop")


def check_descriptor(variant: Variant) -> None:
    """Title and paper are there, the config is a `VariantConfig` without torch, and the factory can be called."""
    name = variant.name
    require(bool(variant.title.strip()), f"{name}: the title is empty: say in one line what it is, for `ganzoo list`")
    require(
        bool(variant.paper.strip()), f'{name}: the paper is empty: give it as "arXiv:1511.06434", or say "unpublished"'
    )
    module = variant.config.partition(":")[0]
    seen = look(module, ("torch",))
    require(
        not seen.asked,
        f"{name}: the config's module {module} imports torch ({seen.where or 'by another module'}): keep the config in "
        "a file of its own, and the networks in another",
    )
    require(not seen.raised, f"{name}: importing the config's module {module} {seen.raised}: fix it")
    config = resolve(f"variant {name!r}", variant.config)
    require(
        isinstance(config, type) and issubclass(config, VariantConfig),
        f"{name}: {variant.config} is {config!r:.80}: make it a subclass of ganzoo.VariantConfig",
    )
    factory = resolve(f"variant {name!r}", variant.factory)
    require(
        callable(factory), f"{name}: {variant.factory} is {factory!r:.80}: name a function build(config, data) -> Game"
    )


def check_options(variant: Variant) -> None:
    """Every field has a description and an allowed default; `presets` and `small` name options and allowed values."""
    name, config = variant.name, variant.load_config()
    for field, info in config.model_fields.items():
        option = f"{name}: {option_name(field)} ({config.__name__}.{field})"
        require(
            bool((info.description or "").strip()),
            f'{option} has no description: write Field(..., description="...") for `--help`',
        )
        require(not info.is_required(), f"{option} has no default: give it the paper's value")
    for field, info in config.model_fields.items():
        option = f"{name}: {option_name(field)} ({config.__name__}.{field})"
        _accept(config, {field: info.get_default(call_default_factory=True)}, f"{option} refuses its own default")
    for preset in PRESETS:
        require(preset in config.presets, f"{name}: {config.__name__} has no preset {preset!r}: add it to `presets`")
    for preset, values in config.presets.items():
        _accept(config, values, f"{name}: preset {preset!r} is refused")
        _accept(config, {**values, **config.small}, f"{name}: `small` on top of preset {preset!r} is refused")


def check_forms(variant: Variant) -> None:
    """Every preset fits some data, can be made small, and what the descriptor says of the data is true."""
    name = variant.name
    try:
        forms = forms_of(variant)
    except ConfigError as error:
        raise Nonconforming(
            f"{name}: a preset fits no data that the kit tries, and says {error}: let `check` of the config accept "
            "images or vectors, as the descriptor's `data` says, or choose other values in `small`"
        ) from None
    kinds = {form.data.kind for form in forms}
    for kind in variant.kinds:
        require(
            kind in kinds,
            f"{name}: the descriptor says data={variant.data!r}, and no preset fits {kind} data: let `check` of the "
            f"config accept it, or say data={min(kinds)!r}",
        )


def _accept(config: type[VariantConfig], values: object, complaint: str) -> None:
    try:
        config.parse(dict(values))  # type: ignore[call-overload]
    except ConfigError as error:
        raise Nonconforming(f"{complaint}, {error}: choose a value that is allowed, or fix the bound") from None
