"""The version of the distribution, read by the build and by `ganzoo --version`."""

__version__ = "0.1.0"
"""The version of the distribution."""
