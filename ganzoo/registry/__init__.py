"""The model registry: references, stores, packages. Imports no torch."""
