"""An ImageNet classifier's features, bundled: see `extractor.py`."""
