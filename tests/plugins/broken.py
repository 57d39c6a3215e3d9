"""Plugins that are broken, each in one way. Their module is called `bad`."""

from dataclasses import dataclass

from plugins.installed import GOOD

HEAD = "from ganzoo import Variant, hookimpl\n\n"
BAD = GOOD.format(variant="bad", module="bad")


@dataclass(frozen=True)
class Broken:
    """Args: source of the module; the status and (part of) the reason that are shown; the requirement on ganzoo."""

    source: str
    status: str
    reason: str
    requires: str | None = "torch-ganzoo>=0.1,<1"


BROKEN = {
    "raises at import": Broken("1 / 0", "failed", "import raised ZeroDivisionError: division by zero"),
    "missing module": Broken("import nowhere_to_be_found", "failed", "No module named 'nowhere_to_be_found'"),
    "syntax error": Broken("def broken(:", "failed", "import raised SyntaxError"),
    "exits at import": Broken("import sys; sys.exit(3)", "failed", "import raised SystemExit: 3"),
    "imports torch": Broken("import torch\n" + BAD, "failed", "must not import torch"),
    "imports torch, and takes it without": Broken(
        "try:\n    from torch import nn\nexcept ImportError:\n    nn = None\n" + BAD, "failed", "must not import torch"
    ),
    "wrong hook name": Broken(
        HEAD + "@hookimpl\ndef ganzoo_varients(): return []",
        "failed",
        "it implements ganzoo_varients, and there is no such hook: did you mean ganzoo_variants?",
    ),
    "wrong signature": Broken(HEAD + "@hookimpl\ndef ganzoo_variants(more): return []", "failed", "more"),
    "wrong type": Broken(
        HEAD + "@hookimpl\ndef ganzoo_variants(): return 'dcgan'",
        "failed",
        "ganzoo_variants returned 'dcgan', and must return a list of Variant",
    ),
    "wrong type of another hook": Broken(
        HEAD + "@hookimpl\ndef ganzoo_metrics(): return [Variant('bad', 'x', 'x', 'bad:C', 'bad:b')]",
        "failed",
        "must return a list of Metric",
    ),
    "hook raises": Broken(HEAD + "@hookimpl\ndef ganzoo_variants(): raise KeyError('oh')", "failed", "KeyError: 'oh'"),
    "hook exits": Broken(HEAD + "@hookimpl\ndef ganzoo_variants(): raise SystemExit(3)", "failed", "SystemExit: 3"),
    "hook imports torch": Broken(
        HEAD + "@hookimpl\ndef ganzoo_variants(): import torch", "failed", "must not import torch"
    ),
    "bad name": Broken(
        GOOD.format(variant="Bad Name", module="bad"), "failed", "variant name 'Bad Name' is not allowed"
    ),
    "one name twice": Broken(
        HEAD + "@hookimpl\ndef ganzoo_variants(): return [Variant('bad', 'x', 'x', 'bad:C', 'bad:b')] * 2",
        "failed",
        "returned 'bad' twice",
    ),
    "name of a built-in": Broken(
        GOOD.format(variant="dcgan", module="bad"), "conflict", "variant 'dcgan' is also provided by 'dcgan' of"
    ),
    "metric of ganzoo's own": Broken(
        "from ganzoo import hookimpl, Metric\n@hookimpl\ndef ganzoo_metrics(): return [Metric('fid', 'x', 'bad:fid')]",
        "conflict",
        "metric 'fid' is also provided by 'standard' of torch-ganzoo",
    ),
    "command of ganzoo's own": Broken(
        "from ganzoo import hookimpl, CommandGroup\n@hookimpl\n"
        "def ganzoo_commands(): return [CommandGroup('train', 'x', 'bad:app')]",
        "conflict",
        "command 'train' is also provided by 'ganzoo' of torch-ganzoo",
    ),
    "needs a newer one": Broken(
        BAD, "incompatible", "it requires torch-ganzoo>=99, and this is", requires="torch-ganzoo>=99"
    ),
    "needs an older one": Broken(
        BAD, "incompatible", "it requires torch-ganzoo<0.0.1, and this is", requires="Torch_Ganzoo<0.0.1"
    ),
}
"""All that can be seen without building a network."""

PRINTS = "print('hello')\n" + BAD
"""It works, so it is used; but what it prints would be in the middle of JSON."""

BREAKS_LATER = (
    BAD
    + """
from ganzoo import VariantConfig

class Config(VariantConfig):
    pass

def build(config, data):
    return {}["generator"]
"""
)
"""Nothing shows until a network is built."""
