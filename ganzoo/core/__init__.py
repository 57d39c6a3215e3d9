"""The contracts: what a variant brings and what the engine expects of it."""
