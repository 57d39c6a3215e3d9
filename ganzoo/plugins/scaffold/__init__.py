"""A new plugin: what is asked of its author, and the distribution that is written."""
