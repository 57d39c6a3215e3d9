"""Names: of a package's files, of models, of revisions. Imports next to nothing, because `ganzoo list` reads it."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from ganzoo.errors import RegistryError

MANIFEST: Final = "ganzoo.json"
CONFIG: Final = "config.json"
WEIGHTS: Final = "model.safetensors"
ONNX: Final = "model.onnx"
DISCRIMINATOR: Final = "discriminator.safetensors"
CARD: Final = "README.md"
SAMPLES: Final = "samples.png"

LATEST = "latest"
"""The tag that a name without a revision stands for."""

MANIFEST_BYTES = 1024 * 1024
"""The largest manifest that is read."""

_NAME = re.compile(r"[a-z0-9]+([._-]+[a-z0-9]+)*")


def is_model_name(name: str) -> bool:
    """Whether it is fit for a folder, on any file system."""
    return bool(_NAME.fullmatch(name)) and len(name) <= 96


def check_model_name(name: str, what: str = "model") -> None:
    """Refuse what cannot name a model, or a `what`, outside the Hub.

    Raises:
        RegistryError: With what is allowed.
    """
    if not is_model_name(name):
        raise RegistryError(
            f"{name[:100]!r} cannot be the name of a {what}: use at most 96 lower-case letters and digits, with dots, "
            "hyphens or underscores between them"
        )


def digest_revision(manifest: bytes) -> str:
    """Revision of a package where its store has none: 16 hex digits of the sha256 of `ganzoo.json`.

    The manifest has the digests of all files that ganzoo reads, so equal content has an equal revision.
    """
    return hashlib.sha256(manifest).hexdigest()[:16]
