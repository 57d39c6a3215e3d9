"""Commands that draw from a model."""
