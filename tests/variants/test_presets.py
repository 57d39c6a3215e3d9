"""A default preset fits whatever pictures people have: it can be built for each usual size, on a CPU and a GPU."""

import pytest

from ganzoo import ClassLabels, DataSpec, plugins
from ganzoo.engine.meta import build_skeleton
from ganzoo.runs.plan import Plan

VARIANTS = [variant for variant in plugins.variants() if variant.data in ("image", "both") and variant.source == "none"]


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("resolution", [28, 32, 64, 128])
@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_the_default_preset_can_be_built(variant, resolution, channels, device):
    classes = ClassLabels(("a", "b")) if variant.labels == "required" else None
    size = variant.load_config().default_resolution(resolution)
    spec = DataSpec("photos", (channels, size, size), 500, condition=classes)
    plan = Plan.resolve(variant.name, None, {"device": device}, spec).settle(device, spec)
    game = build_skeleton(lambda: variant.build(plan.config, spec))
    assert sum(parameter.numel() for parameter in game.generator.parameters()) > 0
