"""Many trainings from one file, and a table of them: `ganzoo sweep`."""
