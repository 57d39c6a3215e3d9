"""Commands that move models."""
