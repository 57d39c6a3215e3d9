"""The one check that the constructors of this room share."""

from __future__ import annotations

from ganzoo.errors import ConfigError


def require(holds: bool, name: str, value: object, rule: str) -> None:
    """Refuse a constructor's argument.

    Raises:
        ConfigError: `name (=value) must rule`, unless `holds`.
    """
    if not holds:
        raise ConfigError(f"{name} (={value}) must {rule}")
