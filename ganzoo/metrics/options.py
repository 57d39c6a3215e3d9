"""`EvaluationOptions`: what an evaluation is asked for, by `ganzoo eval` and by `--eval-every`. Imports no torch."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from ganzoo.core.config import Count, Options
from ganzoo.core.evaluation import Settings
from ganzoo.metrics.names import DEFAULT_METRICS, check_extractor, parse_metrics

_USUAL = Settings()


class EvaluationOptions(Options):
    """The options of an evaluation that name no data; bounds are those of `Settings`."""

    metrics: str = Field(",".join(DEFAULT_METRICS), description="metrics with commas between them, or all")
    count: Count = Field(_USUAL.count, description="samples that are judged", json_schema_extra={"short": "-n"})
    seed: int = Field(_USUAL.seed, description="of the latents and of every random choice")
    extractor: str = Field(
        "auto",
        description="what looks at images (vectors are compared as they are); auto takes what the data's source names, "
        "else digits for gray ones up to 32 pixels, else photos",
    )
    nearest_k: int = Field(
        _USUAL.nearest_k, description="neighbors in prdc: 5 as Naeem et al., 3 as Kynkaanniemi et al."
    )
    kid_subsets: Count = Field(_USUAL.kid_subsets, description="subsets that KID is averaged over")
    kid_subset_size: Count = Field(_USUAL.kid_subset_size, description="samples in each")

    def check(self) -> None:
        """Refuse what cannot be done, before anything is loaded.

        Raises:
            ConfigError: If a metric or extractor does not exist, or a value is too small.
            PluginError: If the plugin that provides one is not used.
        """
        self.settings()
        parse_metrics(self.metrics)
        check_extractor(self.extractor)

    def settings(self) -> Settings:
        """What figures depend on.

        Raises:
            ConfigError: If a value is too small.
        """
        return Settings(self.count, self.seed, self.nearest_k, self.kid_subsets, self.kid_subset_size)


def while_training(name: str, default: Any, more: str = "", **bounds: Any) -> Any:
    """An option of `EvaluationOptions` as one of a training, where it has `eval_` in front.

    Args:
        name: Of the option.
        default: While training.
        more: What there is to say besides.
        **bounds: As of `Field`.
    """
    words = f"of --eval-every: {EvaluationOptions.model_fields[name].description}{more}"
    return Field(default, description=words, **bounds)
