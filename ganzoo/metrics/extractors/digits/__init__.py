"""The extractor `digits`: a small classifier of MNIST that ships with the package and works offline."""
