"""`Variant`: what `ganzoo list` knows of a GAN. Imports neither torch nor pydantic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from ganzoo.core.dotted import check_dotted, check_name, resolve
from ganzoo.errors import GanzooError, PluginError, said, shown

if TYPE_CHECKING:
    from ganzoo.core.config import VariantConfig
    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.game import Game

LabelUse = Literal["none", "optional", "required"]
SourceUse = Literal["none", "paired", "unpaired"]


@dataclass(frozen=True, slots=True)
class Variant:
    """Descriptor of one GAN variant.

    Args:
        name: What is typed: `ganzoo train NAME`. Lower-case letters, digits and `-`.
        title: One line for people.
        paper: Where it comes from, e.g. `"arXiv:1511.06434"`.
        config: `"package.module:Class"` of its `VariantConfig`; the module must not import torch.
        factory: `"package.module:function"` of `build(config, data) -> Game`.
        data: The kind of samples it can learn, the name of a `DataModality`: `"image"`, `"vector"`; `"both"` of these.
        labels: `"none"` (labels are not given to it), `"optional"` or `"required"`.
        encodes: Its generator is an `EncodingGenerator`.
        source: Its generator makes images of other images: `"paired"` where each has its own (pix2pix), `"unpaired"`
            where they are two sets (CycleGAN); else `"none"`. Such a variant takes images and no labels.

    Raises:
        PluginError: If a field has a value that is not allowed.
    """

    name: str
    title: str
    paper: str
    config: str
    factory: str
    data: str = "image"
    labels: LabelUse = "none"
    encodes: bool = False
    source: SourceUse = "none"

    def __post_init__(self) -> None:
        check_name("variant", self.name)
        for field in ("config", "factory"):
            check_dotted(f"variant {self.name!r}: {field}", getattr(self, field))
        check_name(f"variant {self.name!r}: data", self.data)
        for field, allowed in (("labels", get_args(LabelUse)), ("source", get_args(SourceUse))):
            if getattr(self, field) not in allowed:
                raise PluginError(
                    f"variant {self.name!r}: {field} (={getattr(self, field)!r}) must be one of {', '.join(allowed)}"
                )
        if self.source != "none" and (self.labels != "none" or self.data != "image"):
            raise PluginError(
                f"variant {self.name!r}: source={self.source!r} is for data='image' and labels='none': its condition "
                "is the source, and there is one condition"
            )

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of samples it can learn, by name."""
        return ("image", "vector") if self.data == "both" else (self.data,)

    def load_config(self) -> type[VariantConfig]:
        """Import the config class. Does not import torch.

        Raises:
            PluginError: If it cannot be imported, or is something else.
        """
        from ganzoo.core.config import VariantConfig

        config = resolve(f"variant {self.name!r}", self.config)
        if not (isinstance(config, type) and issubclass(config, VariantConfig)):
            raise PluginError(
                f"variant {self.name!r}: {self.config} is {shown(config)}, and must be a class below VariantConfig"
            )
        return config

    def build(self, config: VariantConfig, data: DataSpec) -> Game:
        """Call the factory, and import torch with it; what the game leaves out is taken from the config.

        Raises:
            ConfigError: If the variant refuses config or data.
            PluginError: If it raises anything else, or returns something else.
        """
        from ganzoo.core.game import Game

        factory = resolve(f"variant {self.name!r}", self.factory)
        try:
            game = factory(config, data)
        except (GanzooError, MemoryError, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise PluginError(
                f"variant {self.name!r} could not be built: {said(error)}. This is a bug in its "
                f"plugin: `ganzoo plugins doctor {self.name}` shows where"
            ) from error
        if not isinstance(game, Game):
            raise PluginError(f"variant {self.name!r}: {self.factory} returned {shown(game)}, and must return a Game")
        return game.filled(config)

    def takes_labels(self, config: VariantConfig, data: DataSpec) -> bool:
        """Whether the players are given labels."""
        if self.labels == "optional" and not config.uses_labels():
            return False
        return self.labels != "none" and data.classes > 0
