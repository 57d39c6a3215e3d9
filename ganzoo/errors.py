"""The errors that ganzoo raises on purpose.

Every message says what was seen, what is allowed and, where there is something to type, what to type. The
command line prints the message as one line and exits with `exit_code`; a traceback is only shown with `--debug`.

    GanzooError                  anything below; exit code 1
      ConfigError                an option, name or config value that is refused; exit code 2
      DataError                  a data set that cannot be found, read or used
      PluginError                a plugin that cannot be loaded or breaks its contract
      RunError                   a run directory that is missing, in use or not usable
        CheckpointError          a checkpoint that is broken or could not be written
        ProcessEnded             another process of the same training ended; this one cannot go on without it
      RegistryError              a model that cannot be found, pulled, pushed or removed
        PackageError             a model package that is broken, unsafe, or does not fit this ganzoo
      TrainingCollapsed          the monitor saw a collapse, and --stop-on-collapse was given
      TrainingDiverged           a loss or a weight became infinite or NaN
      TrainingInterrupted        a signal stopped the training, after a checkpoint was saved; exit code 130 or 143
"""

from __future__ import annotations

import json
import os
import re
from typing import Any
from urllib.parse import unquote

__all__ = [
    "CheckpointError",
    "ConfigError",
    "DataError",
    "GanzooError",
    "PackageError",
    "PluginError",
    "ProcessEnded",
    "RegistryError",
    "RunError",
    "TrainingCollapsed",
    "TrainingDiverged",
    "TrainingInterrupted",
]


class GanzooError(Exception):
    """Base of all errors that are a user's to fix. `str(error)` is one sentence, without secrets."""

    exit_code = 1

    def __init__(self, *arguments: object) -> None:
        super().__init__(*map(redacted_values, arguments))


class ConfigError(GanzooError):
    """An option, preset or config value was refused, or does not fit the data."""

    exit_code = 2


class DataError(GanzooError):
    """A data set cannot be found, read, decoded or used; the message names the file."""


class PluginError(GanzooError):
    """A plugin could not be loaded, or does not keep to the contract."""


class RunError(GanzooError):
    """A run directory does not exist, is in use by another process, or holds no run."""


class CheckpointError(RunError):
    """A checkpoint is broken, does not fit the run, or could not be written in full."""


class ProcessEnded(RunError):
    """Another process of the same training (torchrun's) has ended, and without it there is no next round."""


class RegistryError(GanzooError):
    """A model or a store cannot be found, reached, read or written."""


class PackageError(RegistryError):
    """A model package is broken, unsafe, or made for another ganzoo; nothing of it was loaded."""


class TrainingCollapsed(GanzooError):
    """The monitor saw a collapse and was asked to stop the run; a checkpoint was saved first."""


class TrainingDiverged(GanzooError):
    """A loss or a weight is no longer finite; the message names the last good checkpoint."""


class TrainingInterrupted(GanzooError):
    """SIGINT or SIGTERM ended the training between two rounds, and a checkpoint was saved first."""

    def __init__(self, message: str, exit_code: int = 130) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def said(error: BaseException) -> str:
    """An exception in words, `KeyError: 'z'`, without secrets, whatever a third party's `__str__` does."""
    kind = type(error).__name__
    try:
        return redacted(f"{kind}: {error!s:.1000}")
    except KeyboardInterrupt:
        raise
    except BaseException as raised:
        return f"{kind} (whose text raises {type(raised).__name__})"


def shown(value: object) -> str:
    """A value in words, of at most 200 characters, whatever a third party's `__repr__` does."""
    try:
        return f"{value!r:.200}"
    except KeyboardInterrupt:
        raise
    except BaseException as raised:
        return f"a {type(value).__name__} (whose repr raises {type(raised).__name__})"


_SECRET_NAME = re.compile(r"(HF|HUGGING_?FACE|GANZOO)\w*(TOKEN|PASSWORD|SECRET|KEY)")
_SHORTEST_SECRET = 6
_CONCEALED: set[str] = set()

_SECRETS = (
    (re.compile(r"\b(hf_|api_org_)[A-Za-z0-9]{16,}"), r"\1***"),
    (re.compile(r"(?i)\b(authorization\W{1,6})(?:(?:bearer|basic|token)\s+)?[\w.~+/=-]+"), r"\1***"),
    (re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{8,}"), r"\1***"),
    (re.compile(r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/?#\"'<>@]*:[^\s/?#\"'<>]*@"), r"\1***@"),
    (re.compile(r"(?i)\b(https?://)[^\s/?#\"'<>]+@"), r"\1***@"),
)  # fmt: skip
"""Tokens of the Hub, headers that log in, and users in addresses; what stands for each."""


def redacted(text: str) -> str:
    """A text without secrets: tokens, what stands behind `Authorization`, users and passwords in addresses.

    All text that leaves a process goes through here: that of errors when they are made, what is printed, and what is
    written for others to read.
    """
    for value in _known_secrets():
        text = text.replace(value, "***")
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def redacted_values(tree: Any) -> Any:
    """Plain data, as JSON has it, with every text in it `redacted`; keys are names of ours and stay."""
    if isinstance(tree, str):
        return redacted(tree)
    if isinstance(tree, dict):
        return {key: redacted_values(value) for key, value in tree.items()}
    return [redacted_values(value) for value in tree] if isinstance(tree, list | tuple) else tree


def conceal(secret: str | None) -> None:
    """Take a secret out of every text that is `redacted` from now on: a token that was read from a file."""
    if secret is not None:
        _CONCEALED.add(secret)


def _known_secrets() -> list[str]:
    """What was concealed, values of variables that hold a token, and the user in HF_ENDPOINT; the longest first."""
    found = {*_CONCEALED, *(value for name, value in os.environ.items() if _SECRET_NAME.fullmatch(name))}
    user = os.environ.get("HF_ENDPOINT", "").partition("://")[2].rpartition("@")[0]
    found |= {user, user.partition(":")[2]}
    found |= {unquote(value) for value in found}
    found |= {json.dumps(value)[1:-1] for value in found}
    return sorted((value for value in found if len(value) >= _SHORTEST_SECRET), key=len, reverse=True)
