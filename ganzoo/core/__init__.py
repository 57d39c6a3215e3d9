"""The contracts: what a variant provides and what the engine expects of it."""
