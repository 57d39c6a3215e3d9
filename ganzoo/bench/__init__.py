"""Published experiments, done again with their papers' own networks: `ganzoo bench`."""
