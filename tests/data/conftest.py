from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture(autouse=True)
def _own_home(home):
    """Each test has a ganzoo home of its own."""


@pytest.fixture(scope="session")
def shared():
    """The data sets beside the checkout: the product does not need them, some tests do."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} does not exist")
    return SHARED


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "photos"
    path.mkdir()
    return path


@pytest.fixture
def paint() -> Callable[..., Path]:
    """Save noise as an image: `paint(path, size=(8, 8), mode="RGB", seed=0)`."""

    def save(path: Path, size: tuple[int, int] = (8, 8), mode: str = "RGB", seed: int = 0) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        shape = (size[1], size[0]) if mode == "L" else (size[1], size[0], len(mode))
        pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return save
