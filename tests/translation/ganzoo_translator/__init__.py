"""Two variants that make images of images, as small as can be: of pairs, and between two sets."""

from ganzoo import Variant, hookimpl

PAIRED = Variant(
    "translator",
    "Images of images in pairs",
    "none",
    "ganzoo_translator.config:TranslatorConfig",
    "ganzoo_translator.model:build_translator",
    source="paired",
)
UNPAIRED = Variant(
    "turner",
    "There and back between two sets of images",
    "none",
    "ganzoo_translator.config:TurnerConfig",
    "ganzoo_translator.model:build_turner",
    source="unpaired",
)


@hookimpl
def ganzoo_variants():
    return [PAIRED, UNPAIRED]
