"""What a model package is and how it is checked."""
