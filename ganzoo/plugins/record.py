"""`PluginRecord`: what `ganzoo plugins` shows of one plugin."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, Literal

from ganzoo.utils.shell import typed

Status = Literal["ok", "disabled", "incompatible", "failed", "conflict"]

_NOT_THE_PLUGINS = ("importlib", "contextlib", "pluggy", os.path.dirname(__file__))


@dataclass
class PluginRecord:
    """What is known of one plugin.

    Args:
        name: Of its entry point.
        distribution: The installed distribution that provides it, and `version` its version.
        package: The module that its entry point names.
        builtin: It comes with torch-ganzoo itself.
        status: `"ok"`, `"disabled"` (by the user, before it was imported), `"incompatible"` (its requirement on
            torch-ganzoo excludes this version), `"failed"` (it raised, or broke the contract) or `"conflict"` (a name
            that it provides is taken).
        reason: One sentence where the status is not `"ok"`.
        note: One sentence on something that is wrong though the plugin is used.
        provides: Names of what it provides, by hook.
        error: What it raised, if that is why it failed.
    """

    name: str
    distribution: str = ""
    version: str = ""
    package: str = ""
    builtin: bool = False
    status: Status = "ok"
    reason: str = ""
    note: str = ""
    provides: dict[str, list[str]] = field(default_factory=dict)
    error: BaseException | None = None

    @property
    def traceback(self) -> str:
        """Of what its own code raised, as Python shows it; empty otherwise."""
        # Not formatted before it is asked for: that takes longer than to discover the plugin.
        import traceback

        if self.error is None:
            return ""
        frames = self.error.__traceback__
        while frames is not None and any(part in frames.tb_frame.f_code.co_filename for part in _NOT_THE_PLUGINS):
            frames = frames.tb_next
        if frames is None and not isinstance(self.error, SyntaxError):
            return ""
        return "".join(traceback.format_exception(type(self.error), self.error, frames))

    @property
    def hooks(self) -> list[str]:
        """Names of the hooks that it implements."""
        return list(self.provides)

    @property
    def variants(self) -> list[str]:
        """Names of the variants that it provides."""
        return self.provides.get("ganzoo_variants", [])

    @property
    def complaint(self) -> str:
        """The line that `ganzoo list` adds for it; empty where all is well, or where it was disabled on purpose."""
        if self.status == "disabled":
            return ""
        if self.status != "ok":
            doctor = typed("ganzoo", "plugins", "doctor", self.name)
            return f"plugin {self.name!r} is not used ({self.status}): `{doctor}` says why"
        return f"plugin {self.name!r} {self.note}" if self.note else ""

    def refuse(self, status: Status, reason: str, error: BaseException | None = None) -> None:
        """Write down why it is not used."""
        self.status, self.reason, self.error = status, reason, error

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = ("name", "distribution", "version", "package", "builtin", "status", "reason", "note")
        fields = {name: getattr(self, name) for name in names}
        return fields | {"hooks": self.hooks, "variants": self.variants, "provides": self.provides}
