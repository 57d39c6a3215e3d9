"""A trained generator, and what is done with it."""
