"""All checks, in an order in which the first failure explains the others."""

from __future__ import annotations

from collections.abc import Callable

from ganzoo.testing import players, runs, samples
from ganzoo.testing.forms import Form

Check = Callable[[Form], None]

NETWORKS: tuple[Check, ...] = (
    samples.check_shapes,
    samples.check_range,
    players.check_gradients,
    players.check_bf16,
    players.check_state,
    players.check_round_trip,
    samples.check_seeds,
    samples.check_batch_size,
    samples.check_encoding,
    samples.check_labels,
)
"""For every form."""

TRAINING: tuple[Check, ...] = (runs.check_training, runs.check_resume)
"""They take a second or so: for the plain forms."""
