"""A training on disk: its plan, directory, checkpoints and journal, and who drives it."""
